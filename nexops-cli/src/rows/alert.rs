//! Alerts, and the rules that raise them.

use chrono::{DateTime, Utc};
use nexops_core::alert::preview::PreviewAlert;
use nexops_core::alert::rule::{AlertRule, RuleDefinition};
use nexops_core::alert::{Alert, AlertStatus, Severity};

use crate::color::Tone;
use crate::format::{ago, timestamp};
use crate::output::{Cell, Column, Field, Row};

impl Row for Alert {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "ID", cell: |alert, _| Cell::plain(alert.id.to_string()) },
        Column { header: "SEVERITY", cell: |alert, _| severity(alert.severity) },
        Column { header: "STATUS", cell: |alert, _| status(alert) },
        Column { header: "FIRED", cell: |alert, now| Cell::plain(ago(alert.fired_at, now)) },
        Column { header: "TITLE", cell: |alert, _| Cell::plain(&alert.title) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "RULE", cell: |alert, _| Cell::maybe(alert.rule_name.as_deref()) },
        Column { header: "SOURCE", cell: |alert, _| Cell::plain(source(alert)) },
        Column { header: "FLAGS", cell: |alert, _| Cell::plain(flags(alert)) },
        Column { header: "NOTE", cell: |alert, _| Cell::maybe(alert.note.as_deref()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |alert| Some(alert.id.to_string()) },
        Field { name: "kind", value: |alert| Some(alert.kind.to_string()) },
        Field { name: "severity", value: |alert| Some(alert.severity.to_string()) },
        Field { name: "status", value: |alert| Some(alert.status.to_string()) },
        Field { name: "resolution", value: |alert| alert.resolution.map(|resolution| resolution.to_string()) },
        Field { name: "title", value: |alert| Some(alert.title.clone()) },
        Field { name: "rule_name", value: |alert| alert.rule_name.clone() },
        Field { name: "source_type", value: |alert| Some(alert.source_type.to_string()) },
        Field { name: "source_id", value: |alert| Some(alert.source_id.to_string()) },
        Field { name: "source_name", value: |alert| alert.source_name.clone() },
        Field { name: "metric_name", value: |alert| alert.metric_name.map(|metric| metric.to_string()) },
        Field { name: "value", value: |alert| alert.value.map(|value| value.to_string()) },
        Field { name: "note", value: |alert| alert.note.clone() },
        Field { name: "fired_at", value: |alert| Some(timestamp(alert.fired_at)) },
        Field { name: "acknowledged_at", value: |alert| alert.acknowledged_at.map(timestamp) },
        Field { name: "acknowledged_by", value: |alert| alert.acknowledged_by.clone() },
        Field { name: "resolved_at", value: |alert| alert.resolved_at.map(timestamp) },
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }
}

impl Row for AlertRule {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "NAME", cell: |rule, _| Cell::plain(&rule.name) },
        Column { header: "CONDITION", cell: |rule, _| Cell::plain(condition(&rule.definition())) },
        Column { header: "SEVERITY", cell: |rule, _| severity(rule.severity) },
        Column { header: "ENABLED", cell: |rule, _| Cell::plain(if rule.enabled { "yes" } else { "no" }) },
        Column { header: "CHANNELS", cell: |rule, _| Cell::plain(rule.notification_channels.join(",")) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "MISSING", cell: |rule, _| Cell::plain(rule.on_missing.as_str()) },
        Column { header: "VERSION", cell: |rule, _| Cell::plain(rule.version.to_string()) },
        Column { header: "ID", cell: |rule, _| Cell::plain(rule.id.to_string()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |rule| Some(rule.id.to_string()) },
        Field { name: "name", value: |rule| Some(rule.name.clone()) },
        Field { name: "metric_name", value: |rule| Some(rule.metric_name.to_string()) },
        Field { name: "condition", value: |rule| Some(rule.condition.to_string()) },
        Field { name: "threshold", value: |rule| Some(rule.threshold.to_string()) },
        Field { name: "clear_threshold", value: |rule| rule.clear_threshold.map(|value| value.to_string()) },
        Field { name: "duration_seconds", value: |rule| Some(rule.duration_seconds.to_string()) },
        Field { name: "severity", value: |rule| Some(rule.severity.to_string()) },
        Field { name: "enabled", value: |rule| Some(rule.enabled.to_string()) },
        Field { name: "notification_channels", value: |rule| Some(rule.notification_channels.join(" ")) },
        Field { name: "on_missing", value: |rule| Some(rule.on_missing.to_string()) },
        Field { name: "version", value: |rule| Some(rule.version.to_string()) },
    ];

    fn name(&self) -> String {
        self.name.clone()
    }
}

impl Row for PreviewAlert {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "FIRED", cell: |alert, _| Cell::plain(timestamp(alert.fired_at)) },
        Column { header: "ENDED", cell: |alert, _| Cell::maybe(alert.resolved_at.map(timestamp)) },
        Column { header: "SOURCE", cell: |alert, _| Cell::maybe(alert.source_name.as_deref()) },
        Column { header: "VALUE", cell: |alert, _| Cell::maybe(alert.value.map(|value| format!("{value:.1}"))) },
    ];
    const WIDE: &'static [Column<Self>] =
        &[Column { header: "SOURCE ID", cell: |alert, _| Cell::plain(alert.source_id.to_string()) }];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "kind", value: |alert| Some(alert.kind.to_string()) },
        Field { name: "source_type", value: |alert| Some(alert.source_type.to_string()) },
        Field { name: "source_id", value: |alert| Some(alert.source_id.to_string()) },
        Field { name: "source_name", value: |alert| alert.source_name.clone() },
        Field { name: "value", value: |alert| alert.value.map(|value| value.to_string()) },
        Field { name: "fired_at", value: |alert| Some(timestamp(alert.fired_at)) },
        Field { name: "resolved_at", value: |alert| alert.resolved_at.map(timestamp) },
    ];

    fn name(&self) -> String {
        self.source_id.to_string()
    }
}

fn severity(severity: Severity) -> Cell {
    let tone = match severity {
        Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Odd,
        Severity::Critical => Tone::Bad,
    };
    Cell::new(severity.as_str(), tone)
}

fn status(alert: &Alert) -> Cell {
    let tone = match alert.status {
        AlertStatus::Firing => Tone::Bad,
        AlertStatus::Acknowledged => Tone::Odd,
        AlertStatus::Resolved => Tone::Good,
    };
    match alert.resolution {
        Some(resolution) => Cell::new(resolution.as_str(), tone),
        None => Cell::new(alert.status.as_str(), tone),
    }
}

fn source(alert: &Alert) -> String {
    let name = alert.source_name.clone().unwrap_or_else(|| alert.source_id.to_string());
    format!("{} {name}", alert.source_type)
}

fn flags(alert: &Alert) -> String {
    let all = [
        (alert.stale, "stale"),
        (alert.silenced, "silenced"),
        (alert.inhibited, "inhibited"),
        (alert.flapping, "flapping"),
    ];
    all.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(",")
}

/// What a rule wants, as `cpu_usage > 80 for 120 s`.
pub fn condition(rule: &RuleDefinition) -> String {
    let sign = rule.condition.sign();
    format!("{} {sign} {} for {} s", rule.metric_name, rule.threshold, rule.duration_seconds)
}

/// An alert, key by key.
pub fn describe(alert: &Alert, now: DateTime<Utc>) -> Vec<(&'static str, Cell)> {
    let when = |time: DateTime<Utc>| format!("{} ({})", timestamp(time), ago(time, now));
    vec![
        ("ID", Cell::plain(alert.id.to_string())),
        ("Title", Cell::plain(&alert.title)),
        ("Severity", severity(alert.severity)),
        ("Status", status(alert)),
        ("Flags", Cell::plain(flags(alert))),
        ("Source", Cell::plain(source(alert))),
        ("Rule", Cell::maybe(alert.rule_name.as_deref())),
        ("Description", Cell::plain(&alert.description)),
        ("Began", Cell::plain(when(alert.started_at))),
        ("Fired", Cell::plain(when(alert.fired_at))),
        ("Acknowledged", Cell::maybe(alert.acknowledged_at.map(when))),
        ("By", Cell::maybe(alert.acknowledged_by.as_deref())),
        ("Ended", Cell::maybe(alert.resolved_at.map(when))),
        ("Note", Cell::maybe(alert.note.as_deref())),
    ]
}

/// A rule, key by key.
pub fn describe_rule(rule: &AlertRule) -> Vec<(&'static str, Cell)> {
    vec![
        ("Name", Cell::plain(&rule.name)),
        ("Condition", Cell::plain(condition(&rule.definition()))),
        ("Clear threshold", Cell::maybe(rule.clear_threshold.map(|value| value.to_string()))),
        ("Clear duration", Cell::plain(format!("{} s", rule.clear_duration_seconds))),
        ("Missing", Cell::plain(rule.on_missing.as_str())),
        ("Severity", severity(rule.severity)),
        ("Enabled", Cell::plain(if rule.enabled { "yes" } else { "no" })),
        ("Channels", Cell::plain(rule.notification_channels.join(", "))),
        ("Description", Cell::plain(&rule.description)),
        ("Version", Cell::plain(rule.version.to_string())),
        ("ID", Cell::plain(rule.id.to_string())),
    ]
}
