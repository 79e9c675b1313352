//! When a rule would have fired, on stored history.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use nexops_alerting::{Input, Muting, Occurrence, RuleDefinition, Setting, State, step};
use nexops_core::alert::preview::{Preview, PreviewAlert};
use nexops_core::id::AlertId;

use crate::db::evaluation::History;

/// Samples that are looked at, at most.
pub const MOST_SAMPLES: i64 = 2_000_000;
/// Alerts that are told one by one.
const MOST_ALERTS: usize = 500;

/// Tries a rule on stored samples, one evaluation a sample. `names` are what the sources are called.
#[must_use]
pub fn preview(
    rule: &RuleDefinition,
    histories: &[History],
    names: &HashMap<uuid::Uuid, String>,
    interval: TimeDelta,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Preview {
    // A rule that is tried is in force, and it tells one channel.
    let rule = RuleDefinition { enabled: true, notification_channels: vec!["preview".to_owned()], ..rule.clone() };
    let mut alerts: Vec<PreviewAlert> = Vec::new();
    let mut notifications = 0;
    for history in histories {
        let mut state = State::default();
        let mut raised: Vec<Occurrence> = Vec::new();
        let ends = history.samples.iter().map(|sample| sample.at).chain([to]);
        let samples = history.samples.iter().map(std::slice::from_ref).chain([&[][..]]);
        for (now, samples) in ends.zip(samples) {
            let input = Input { samples, poll: None, muting: Muting::default(), settled: true };
            let setting = Setting { now, interval };
            let (next, outcome) = step(&rule, state, input, setting, &|_, _| false, &mut AlertId::new);
            state = next;
            notifications += outcome.messages.len() as u64;
            for alert in outcome.alerts {
                match raised.iter_mut().find(|earlier| earlier.id == alert.id) {
                    Some(earlier) => *earlier = alert,
                    None => raised.push(alert),
                }
            }
        }
        alerts.extend(raised.into_iter().map(|alert| PreviewAlert {
            kind: alert.kind,
            source_type: history.kind,
            source_id: history.source,
            source_name: names.get(&history.source).cloned(),
            value: alert.value,
            fired_at: alert.fired_at,
            resolved_at: alert.end.as_ref().map(|end| end.at),
            resolution: alert.end.map(|end| end.resolution),
        }));
    }
    alerts.sort_by_key(|alert| (alert.fired_at, alert.source_id));
    let total = alerts.len() as u64;
    alerts.truncate(MOST_ALERTS);
    Preview {
        from,
        to,
        sources: histories.len() as u64,
        samples: histories.iter().map(|history| history.samples.len() as u64).sum(),
        alerts,
        total,
        notifications,
    }
}
