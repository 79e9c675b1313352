use nexops_core::alert::{AlertSource, Severity};
use nexops_core::notification::AlertFacts;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn taken(event: DeliveryEvent, attempts: u32, queued_at: DateTime<Utc>) -> Taken {
    let facts = AlertFacts {
        title: String::new(),
        description: String::new(),
        severity: Severity::Info,
        source_type: AlertSource::Vm,
        source_id: Uuid::nil(),
        source_name: String::new(),
        node: None,
        connection: None,
        rule: None,
        metric_name: None,
        value: None,
        condition: None,
        fired_at: START,
        ended_at: None,
        resolution: None,
        affected_guests: None,
    };
    let id = Uuid::now_v7();
    let delivery = TakenDelivery { id: id.into(), alert_id: None, event, facts, at: START, attempts, queued_at };
    Taken { id, deliveries: vec![delivery] }
}

#[test]
fn a_message_is_tried_for_more_than_six_hours_and_then_given_up() {
    let mut now = START;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let failure = Failure::before(FailureClass::Unreachable, "down");
        match next(&taken(DeliveryEvent::Firing, attempts, START), &failure, now) {
            Next::Again(at) => {
                assert!(at > now);
                now = at;
            }
            Next::GiveUp => break,
        }
    }
    let tried = now - START;
    assert!(tried > TimeDelta::hours(6) && tried <= TIME_TO_LIVE, "{tried}");
    assert!((50..200).contains(&attempts), "{attempts} attempts");
}

#[rstest]
#[case(FailureClass::Unauthorized, Some(60), true)]
#[case(FailureClass::Gone, None, true)]
#[case(FailureClass::RateLimited, Some(60), false)]
#[case(FailureClass::ServerError, Some(900), false)]
fn what_cannot_help_is_not_tried_again(#[case] class: FailureClass, #[case] wish: Option<u64>, #[case] over: bool) {
    let pause = wish.map(Duration::from_secs);
    let failure = Failure { pause, ..Failure::before(class, "no") };
    match next(&taken(DeliveryEvent::Firing, 1, START), &failure, START) {
        Next::GiveUp => assert!(over),
        Next::Again(at) => {
            assert!(!over);
            assert!(at - START >= TimeDelta::from_std(pause.unwrap()).unwrap(), "the receiver's wish counts");
        }
    }
}

#[test]
fn a_test_is_tried_once() {
    let failure = Failure::silent(Duration::from_secs(30));
    assert_eq!(next(&taken(DeliveryEvent::Test, 1, START), &failure, START), Next::GiveUp);
}

proptest! {
    #[test]
    fn pauses_grow_and_differ_by_a_quarter_at_most(attempts in 1_u32..100, id: u128) {
        let pause = pause(attempts, Uuid::from_u128(id)).as_secs_f64();
        let middle = (5.0 * 2_f64.powi(attempts.min(20) as i32 - 1)).min(600.0);
        prop_assert!(pause >= middle * 0.749 && pause <= middle * 1.251, "{pause} after {attempts}");
    }
}
