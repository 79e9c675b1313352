//! What holds for every series of samples.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use nexops_alerting::{
    Acknowledgement, Change, Input, Message, MessageKind, Muting, Outcome, Poll, RuleDefinition, Sample, Setting,
    State, change, step,
};
use nexops_core::alert::rule::OnMissing;
use nexops_core::id::AlertId;
use proptest::prelude::*;
use uuid::Uuid;

const INTERVAL: i64 = 30;

/// What comes in at one evaluation.
#[derive(Debug, Clone)]
struct Tick {
    value: Option<f64>,
    stopped: bool,
    silenced: bool,
    acknowledge: bool,
}

fn ticks() -> impl Strategy<Value = Vec<Tick>> {
    let value = prop_oneof![
        4 => Just(Some(70.0)),
        4 => Just(Some(85.0)),
        1 => Just(Some(75.0)),
        2 => Just(None),
        1 => Just(Some(f64::NAN)),
    ];
    let tick = (value, prop::bool::weighted(0.03), prop::bool::weighted(0.1), prop::bool::weighted(0.05));
    let run = (tick, 1_usize..6).prop_map(|((value, stopped, silenced, acknowledge), times)| {
        vec![Tick { value, stopped, silenced, acknowledge }; times]
    });
    prop::collection::vec(run, 1..40).prop_map(|runs| runs.concat())
}

fn rules() -> impl Strategy<Value = RuleDefinition> {
    let missing = prop::sample::select(OnMissing::ALL);
    (
        prop::sample::select(vec![0_u32, 60, 120]),
        prop::sample::select(vec![0_u32, 60]),
        prop::bool::ANY,
        missing,
        prop::option::of(Just(120_u32)),
    )
        .prop_map(|(duration, clear, hysteresis, missing, repeat)| {
            let json = serde_json::json!({
                "name": "r", "metric_name": "cpu_usage", "condition": "gt", "threshold": 80.0,
                "duration_seconds": duration, "clear_duration_seconds": clear,
                "clear_threshold": hysteresis.then_some(72.0), "on_missing": missing,
                "repeat_interval_seconds": repeat, "notification_channels": ["discord", "email"],
            });
            serde_json::from_value(json).unwrap()
        })
}

fn at(start: i64, tick: usize) -> DateTime<Utc> {
    DateTime::from_timestamp(start + INTERVAL * i64::try_from(tick).unwrap(), 0).unwrap()
}

/// Everything that comes of a run, tick by tick.
fn run(rule: &RuleDefinition, ticks: &[Tick], start: i64, forget: impl Fn(State) -> State) -> (State, Vec<Outcome>) {
    let mut state = State::default();
    let mut ids = 0_u128;
    let mut outcomes = Vec::new();
    for (index, tick) in ticks.iter().enumerate() {
        let setting = Setting { now: at(start, index), interval: Duration::seconds(INTERVAL) };
        let muting = Muting { silenced: tick.silenced, ..Muting::default() };
        let samples: Vec<Sample> = tick.value.map(|value| Sample { at: setting.now, value }).into_iter().collect();
        let poll = if tick.stopped { Poll::Stopped } else { Poll::Present };
        let input = Input { samples: &samples, poll: Some(poll), muting, settled: true };
        let mut new_id = || {
            ids += 1;
            AlertId(Uuid::from_u128(ids))
        };
        let (next, mut outcome) = step(rule, forget(state), input, setting, &|_, _| false, &mut new_id);
        state = next;
        if tick.acknowledge {
            let by = Acknowledgement { at: setting.now, by: "ann".to_owned(), note: None };
            let (next, more) = change(rule, state, Change::Acknowledged(&by), muting, setting, &|_, _| false);
            state = next;
            outcome.add(more);
        }
        outcomes.push(outcome);
    }
    (state, outcomes)
}

fn messages(outcomes: &[Outcome]) -> Vec<Message> {
    outcomes.iter().flat_map(|outcome| outcome.messages.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn at_most_one_alert_is_open(rule in rules(), ticks in ticks()) {
        let (_, outcomes) = run(&rule, &ticks, 0, |state| state);
        let mut open: BTreeSet<AlertId> = BTreeSet::new();
        for alert in outcomes.iter().flat_map(|outcome| &outcome.alerts) {
            if alert.end.is_some() { open.remove(&alert.id); } else { open.insert(alert.id); }
            prop_assert!(open.len() <= 1, "{open:?}");
        }
    }

    #[test]
    fn a_channel_hears_of_a_beginning_then_perhaps_reminders_then_of_an_end(rule in rules(), ticks in ticks()) {
        let (_, outcomes) = run(&rule, &ticks, 0, |state| state);
        let mut knows: BTreeMap<String, bool> = BTreeMap::new();
        for message in messages(&outcomes) {
            let knows = knows.entry(message.channel.clone()).or_default();
            match message.kind {
                MessageKind::Firing | MessageKind::NoData => { prop_assert!(!*knows, "{message:?}"); *knows = true; }
                MessageKind::Flapping => *knows = true,
                MessageKind::Reminder | MessageKind::SeverityRaised => prop_assert!(*knows, "{message:?}"),
                MessageKind::Resolved | MessageKind::Closed => { prop_assert!(*knows, "{message:?}"); *knows = false; }
            }
        }
    }

    #[test]
    fn a_restart_at_any_time_without_downtime_changes_nothing(rule in rules(), ticks in ticks()) {
        let through_json = |state: State| serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        prop_assert_eq!(run(&rule, &ticks, 0, |state| state), run(&rule, &ticks, 0, through_json));
    }

    #[test]
    fn what_the_daemon_forgets_of_an_idle_state_changes_nothing_but_the_missing(rule in rules(), ticks in ticks()) {
        prop_assume!(rule.on_missing != OnMissing::Alert);
        let idle_is_forgotten = |state: State| if state.is_idle() { State::default() } else { state };
        let kept = messages(&run(&rule, &ticks, 0, |state| state).1);
        prop_assert_eq!(kept, messages(&run(&rule, &ticks, 0, idle_is_forgotten).1));
    }

    #[test]
    fn other_times_of_the_day_change_nothing(rule in rules(), ticks in ticks(), start in 0_i64..4_000_000_000) {
        let (mut state, _) = run(&rule, &ticks, start, |state| state);
        let (expected, outcomes) = run(&rule, &ticks, 0, |state| state);
        state.shift(Duration::seconds(-start));
        prop_assert_eq!(state, expected);
        let kinds = |outcomes: &[Outcome]| messages(outcomes).into_iter().map(|message| message.kind).collect::<Vec<_>>();
        prop_assert_eq!(kinds(&run(&rule, &ticks, start, |state| state).1), kinds(&outcomes));
    }

    #[test]
    fn one_batch_ends_in_the_same_phase_as_tick_by_tick_in_any_order(
        rule in rules(), ticks in ticks(), seed in any::<u64>()
    ) {
        let ticks: Vec<Tick> = ticks.into_iter().map(|tick| Tick { stopped: false, silenced: false, acknowledge: false, ..tick }).collect();
        let (expected, _) = run(&rule, &ticks, 0, |state| state);
        let mut samples: Vec<Sample> =
            ticks.iter().enumerate().filter_map(|(index, tick)| Some(Sample { at: at(0, index), value: tick.value? })).collect();
        let count = samples.len().max(1);
        for index in 0..samples.len() {
            let other = usize::try_from(seed.wrapping_mul(index as u64 + 1) % count as u64).unwrap();
            samples.swap(index, other);
        }
        let setting = Setting { now: at(0, ticks.len() - 1), interval: Duration::seconds(INTERVAL) };
        let input = Input { samples: &samples, poll: None, muting: Muting::default(), settled: true };
        let mut ids = 0_u128;
        let mut new_id = || { ids += 1; AlertId(Uuid::from_u128(ids)) };
        let (state, _) = step(&rule, State::default(), input, setting, &|_, _| false, &mut new_id);
        prop_assert_eq!(state.phase, expected.phase);
        prop_assert_eq!(state.last, expected.last);
        let open = |state: &State| state.open().map(|open| (open.kind, open.fired_at, open.value));
        prop_assert_eq!(open(&state), open(&expected));
    }

    #[test]
    fn an_evaluation_without_anything_new_tells_nothing(rule in rules(), ticks in ticks()) {
        let (state, _) = run(&rule, &ticks, 0, |state| state);
        let last = ticks.last().unwrap();
        let setting = Setting { now: at(0, ticks.len() - 1), interval: Duration::seconds(INTERVAL) };
        let muting = Muting { silenced: last.silenced, ..Muting::default() };
        let samples: Vec<Sample> = last.value.map(|value| Sample { at: setting.now, value }).into_iter().collect();
        let mut new_id = || AlertId(Uuid::nil());
        let input = Input { samples: &samples, poll: None, muting, settled: true };
        let (again, outcome) = step(&rule, state.clone(), input, setting, &|_, _| false, &mut new_id);
        prop_assert!(outcome.is_empty(), "{outcome:?}");
        prop_assert_eq!(again, state);
    }
}
