use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::outbound::HeaderMap;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn answer(status: u16, body: &str, milliseconds: u64) -> Answer {
    Answer {
        status,
        headers: HeaderMap::new(),
        body: body.as_bytes().to_vec(),
        is_cut: false,
        redirects: 0,
        certificate_expires_at: None,
        took: Duration::from_millis(milliseconds),
    }
}

fn verdict(settings: &CheckSettings, answer: &Answer) -> Verdict {
    judge(settings, Ok(answer), at(0)).verdict
}

#[test]
fn an_answer_is_good_by_its_status_and_text() {
    let settings = CheckSettings {
        expected_status: "200,401".parse().unwrap(),
        body_contains: Some("pong".to_owned()),
        ..CheckSettings::default()
    };
    assert_eq!(verdict(&settings, &answer(200, "ping pong", 5)), Verdict::Good);
    assert_eq!(verdict(&settings, &answer(401, "pong", 5)), Verdict::Good);
    assert!(matches!(verdict(&settings, &answer(204, "pong", 5)), Verdict::Bad(_)));
    let missing = verdict(&settings, &answer(200, "s3cret", 5));
    assert_eq!(missing, Verdict::Bad("the expected text is not in the body".to_owned()));
    let cut = Answer { is_cut: true, ..answer(200, "pon", 5) };
    assert_eq!(
        verdict(&settings, &cut),
        Verdict::Bad("the expected text is not in the first MiB of the body".to_owned())
    );
}

#[rstest]
#[case(None, 60_000, false)]
#[case(Some(100), 100, false)]
#[case(Some(100), 101, true)]
fn a_slow_answer_is_poor_and_not_bad(#[case] limit: Option<i32>, #[case] took: u64, #[case] poor: bool) {
    let settings = CheckSettings { degraded_above_ms: limit, ..CheckSettings::default() };
    assert_eq!(matches!(verdict(&settings, &answer(200, "", took)), Verdict::Poor(_)), poor);
}

#[rstest]
#[case(14, 15, None)]
#[case(14, 14, Some("its certificate ends in 14 days"))]
#[case(14, 1, Some("its certificate ends in 1 day"))]
#[case(14, 0, Some("its certificate ends within a day"))]
#[case(14, -3, Some("its certificate has ended"))]
#[case(0, -3, None)]
fn a_certificate_that_ends_soon_is_poor(#[case] warning: i32, #[case] days: i64, #[case] expected: Option<&str>) {
    let settings = CheckSettings { certificate_warning_days: warning, ..CheckSettings::default() };
    let expires_at = Some(at(0) + TimeDelta::days(days) + TimeDelta::seconds(if days == 0 { 60 } else { 0 }));
    let answer = Answer { certificate_expires_at: expires_at, ..answer(200, "", 5) };
    let expected = expected.map_or(Verdict::Good, |words| Verdict::Poor(words.to_owned()));
    assert_eq!(verdict(&settings, &answer), expected);
}

#[test]
fn a_fault_of_ours_is_inconclusive() {
    let error = Error::NoNetwork { host: "a.example".to_owned(), reason: "Network is unreachable".to_owned() };
    let finding = judge(&CheckSettings::default(), Err(&error), at(0));
    assert!(matches!(finding.verdict, Verdict::Inconclusive(_)));
    let error = Error::Timeout { after: Duration::from_secs(10) };
    let finding = judge(&CheckSettings::default(), Err(&error), at(0));
    assert_eq!(finding.verdict, Verdict::Bad("no answer within 10s".to_owned()));
}

fn good() -> Verdict {
    Verdict::Good
}

fn poor() -> Verdict {
    Verdict::Poor("slow".to_owned())
}

fn bad() -> Verdict {
    Verdict::Bad("refused".to_owned())
}

fn inconclusive() -> Verdict {
    Verdict::Inconclusive("no network".to_owned())
}

/// The statuses after each of the checks, one every 30 seconds.
fn run(retries: i32, verdicts: &[Verdict]) -> Vec<State> {
    let mut state = State::unknown("not checked yet", at(-1));
    let steps = verdicts.iter().zip(0..).map(|(verdict, index)| {
        state = state.after(verdict, retries, at(30 * index));
        state.clone()
    });
    steps.collect()
}

fn words(states: &[State]) -> String {
    states.iter().map(|state| state.status.as_str()).collect::<Vec<_>>().join(" ")
}

#[rstest]
// The third failure in a row, and not the third of all.
#[case(2, &[good(), bad(), good(), bad(), bad(), bad()], "healthy healthy healthy healthy healthy unhealthy")]
#[case(0, &[good(), bad(), good()], "healthy unhealthy healthy")]
#[case(2, &[good(), poor(), good()], "healthy degraded healthy")]
// A slow answer is an answer.
#[case(2, &[good(), bad(), bad(), poor(), bad(), bad()], "healthy healthy healthy degraded degraded degraded")]
// What was never seen up is not called up.
#[case(2, &[bad(), bad(), bad(), bad()], "unknown unknown unhealthy unhealthy")]
// What cannot be told counts neither way.
#[case(2, &[good(), bad(), bad(), inconclusive(), bad()], "healthy healthy healthy unknown unhealthy")]
#[case(2, &[good(), inconclusive(), inconclusive(), inconclusive(), good()], "healthy unknown unknown unknown healthy")]
fn failures_count_in_a_row(#[case] retries: i32, #[case] verdicts: &[Verdict], #[case] expected: &str) {
    assert_eq!(words(&run(retries, verdicts)), expected);
}

#[test]
fn it_went_down_when_the_first_of_the_checks_failed() {
    let states = run(2, &[good(), bad(), bad(), bad(), good()]);
    assert_eq!(states[3].since, at(30));
    assert_eq!(states[4].since, at(120));
    assert_eq!((states[4].failures, &states[4].last_error), (0, &None));
}

#[test]
fn a_first_failure_says_how_many_more_may_come() {
    let state = &run(2, &[bad()])[0];
    assert_eq!(state.reason.as_deref(), Some("failing (1 of 3): refused"));
    assert_eq!(state.up(), None);
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![Just(good()), Just(poor()), Just(bad()), Just(inconclusive())]
}

proptest! {
    /// Down means that more than the retries failed in a row; and statuses follow each other in time.
    #[test]
    fn a_service_is_down_only_after_enough_failures(retries in 0_i32..5, verdicts in prop::collection::vec(any_verdict(), 1..60)) {
        let states = run(retries, &verdicts);
        let mut failed = 0;
        let mut before = State::unknown("not checked yet", at(-1));
        for (state, verdict) in states.iter().zip(&verdicts) {
            failed = match verdict {
                Verdict::Bad(_) => failed + 1,
                Verdict::Inconclusive(_) => failed,
                Verdict::Good | Verdict::Poor(_) => 0,
            };
            prop_assert_eq!(state.failures, failed);
            if state.status == ServiceStatus::Unhealthy {
                prop_assert!(failed > retries);
            }
            if failed > retries && matches!(verdict, Verdict::Bad(_)) {
                prop_assert_eq!(state.status, ServiceStatus::Unhealthy);
            }
            prop_assert_eq!(state.status == before.status, state.since == before.since);
            prop_assert!(state.since >= before.since);
            before = state.clone();
        }
    }
}
