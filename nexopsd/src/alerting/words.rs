//! Alerts in words: for the history, for messages, for events.

use nexops_alerting::{Occurrence, RuleDefinition, State};
use nexops_core::alert::{Alert, AlertKind, AlertStatus};
use nexops_core::metric::{Metric, Unit};
use nexops_core::notification::AlertFacts;

use super::own::Own;
use crate::db::evaluation::{Key, Source};

const LONGEST_TITLE: usize = 255;

/// What an alert is about, for whoever has to put it into words.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The rule and the source.
    pub key: Key,
    /// What the rule says.
    pub rule: &'a RuleDefinition,
    /// Whether the rule is still there.
    pub rule_exists: bool,
    /// What is known of the source.
    pub source: Option<&'a Source>,
    /// How many guests are on the node, where it is one.
    pub guests: Option<u32>,
}

/// An occurrence as the API shows it.
#[must_use]
pub fn alert(occurrence: &Occurrence, state: &State, subject: &Subject<'_>) -> Alert {
    let Subject { key, rule, rule_exists, source, guests: _ } = subject;
    let own = Own::find(key.rule);
    let kind = own.map_or(occurrence.kind, |own| own.kind);
    let is_current = state.occurrence.as_ref().is_some_and(|current| current.id == occurrence.id);
    let status = match (&occurrence.end, &occurrence.acknowledged) {
        (Some(_), _) => AlertStatus::Resolved,
        (None, Some(_)) => AlertStatus::Acknowledged,
        (None, None) => AlertStatus::Firing,
    };
    let name = source.map(|source| source.name.clone());
    let end_note = occurrence.end.as_ref().and_then(|end| end.note.clone());
    let acknowledged = occurrence.acknowledged.as_ref();
    let is_open = occurrence.end.is_none();
    Alert {
        id: occurrence.id,
        kind,
        rule_id: (own.is_none() && *rule_exists).then_some(key.rule),
        rule_name: (own.is_none() && *rule_exists).then(|| rule.name.clone()),
        source_type: key.kind,
        source_id: key.source,
        metric_name: own.is_none().then_some(rule.metric_name),
        severity: occurrence.severity,
        status,
        title: title(kind, rule, occurrence.value, name.as_deref().unwrap_or("?")),
        description: description(kind, rule, *source),
        source_name: name,
        value: if own.is_some() { None } else { occurrence.value },
        resolution: occurrence.end.as_ref().map(|end| end.resolution),
        note: end_note.or_else(|| acknowledged.and_then(|acknowledged| acknowledged.note.clone())),
        stale: is_open && state.flags.stale,
        silenced: is_open && state.flags.silenced,
        inhibited: is_open && state.flags.inhibited,
        flapping: is_current && state.is_flapping(),
        started_at: occurrence.started_at,
        fired_at: occurrence.fired_at,
        acknowledged_at: acknowledged.map(|acknowledged| acknowledged.at),
        acknowledged_by: acknowledged.map(|acknowledged| acknowledged.by.clone()),
        resolved_at: occurrence.end.as_ref().map(|end| end.at),
    }
}

/// What a message says about an alert.
#[must_use]
pub fn facts(alert: &Alert, subject: &Subject<'_>) -> AlertFacts {
    let is_own = Own::find(subject.key.rule).is_some();
    AlertFacts {
        title: alert.title.clone(),
        description: alert.description.clone(),
        severity: alert.severity,
        source_type: alert.source_type,
        source_id: alert.source_id,
        source_name: alert.source_name.clone().unwrap_or_else(|| alert.source_id.to_string()),
        node: subject.source.and_then(|source| source.node.as_ref()).map(|(_, name)| name.clone()),
        connection: subject.source.and_then(|source| source.connection.as_ref()).map(|(_, name)| name.clone()),
        rule: (!is_own).then(|| subject.rule.name.clone()),
        metric_name: alert.metric_name,
        value: alert.value,
        condition: (!is_own).then(|| condition(subject.rule)),
        fired_at: alert.fired_at,
        ended_at: alert.resolved_at,
        resolution: alert.resolution,
        affected_guests: subject.guests,
    }
}

fn title(kind: AlertKind, rule: &RuleDefinition, value: Option<f64>, name: &str) -> String {
    let metric = rule.metric_name;
    let title = match (kind, value) {
        (AlertKind::Condition, Some(value)) => {
            format!("{name}: {metric} is {}, {}", figure(metric, value), condition(rule))
        }
        (AlertKind::Condition, None) => format!("{name}: {metric} is {}", condition(rule)),
        (AlertKind::NoData, _) => format!("{name}: no figures for {metric}"),
        (AlertKind::NodeOffline, _) => format!("Node {name} is offline"),
        (AlertKind::RemoteUnreachable, _) => format!("Connection {name} does not answer"),
        (AlertKind::DeliveryFailing, _) => format!("Messages through {name} do not arrive"),
    };
    title.chars().take(LONGEST_TITLE).collect()
}

fn description(kind: AlertKind, rule: &RuleDefinition, source: Option<&Source>) -> String {
    let trouble = source.and_then(|source| source.trouble.clone()).unwrap_or_default();
    match kind {
        AlertKind::Condition | AlertKind::NoData => rule.description.clone(),
        AlertKind::NodeOffline => "Its guests are not judged meanwhile.".to_owned(),
        AlertKind::RemoteUnreachable if trouble.is_empty() => "What is shown of it is old.".to_owned(),
        AlertKind::RemoteUnreachable => format!("What is shown of it is old. {trouble}"),
        AlertKind::DeliveryFailing => {
            "Look at its last error in the settings of the notifications, and try it with a test message.".to_owned()
        }
    }
}

/// What the rule wants, as `> 80 %`.
fn condition(rule: &RuleDefinition) -> String {
    let sign = rule.condition.sign();
    format!("{sign} {}", figure(rule.metric_name, rule.threshold))
}

fn figure(metric: Metric, value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    match metric.unit() {
        Unit::Percent => format!("{rounded} %"),
        Unit::Bytes => format!("{rounded} B"),
        Unit::BytesPerSecond => format!("{rounded} B/s"),
        Unit::Milliseconds => format!("{rounded} ms"),
        Unit::Bool => format!("{value}"),
        Unit::Days => format!("{rounded} d"),
    }
}
