//! The form of a rule for alerts.

use nexops_core::alert::rule::{AlertRule, Condition, OnMissing, RuleDefinition};
use nexops_core::alert::{AlertSource, Severity};
use nexops_core::error::FieldError;
use nexops_core::metric::{Metric, SourceType};

use super::reader::Reader;
use super::{Field, Form, Purpose, source};
use crate::format::span;
use crate::store::{Store, rows};

/// The choice that stands for no choice.
const EVERY: &str = "every kind";

/// A form for a new rule, or for one that there is.
#[must_use]
pub fn open(rule: Option<&AlertRule>, store: &Store) -> Form {
    let definition = rule.map_or_else(usual, AlertRule::definition);
    let seconds = |seconds: Option<u32>| seconds.map(span).unwrap_or_default();
    let kind = definition.source_type.map_or(EVERY, SourceType::as_str);
    let named = definition.source_type.zip(definition.source_id);
    let source = named.map(|(kind, id)| store.name_of(AlertSource::from(kind), id)).unwrap_or_default();
    let clear = definition.clear_threshold.map(|clear| clear.to_string()).unwrap_or_default();
    let channels: Vec<&str> = rows(&store.channels).iter().map(|channel| channel.name.as_str()).collect();
    let channels = match channels.as_slice() {
        [] => "there are no channels yet: make one in the settings".to_owned(),
        names => format!("separated by commas, of {}", names.join(", ")),
    };
    let words = |all: &'static [Metric]| all.iter().map(|metric| metric.as_str());
    let fields = vec![
        Field::text("name", "Name", &definition.name, "what it is called; unique"),
        Field::choice("metric_name", "Metric", words(Metric::ALL), definition.metric_name.as_str(), "what is measured"),
        Field::choice(
            "condition",
            "Is",
            Condition::ALL.iter().map(|condition| condition.sign()),
            definition.condition.sign(),
            "how it is compared",
        ),
        Field::text("threshold", "Threshold", &definition.threshold.to_string(), "in percent, bytes/s, ms or days"),
        Field::text(
            "duration_seconds",
            "For",
            &span(definition.duration_seconds),
            "how long it must last before it fires: 5m; 0s fires at once",
        ),
        Field::choice(
            "severity",
            "Severity",
            Severity::ALL.iter().map(|severity| severity.as_str()),
            definition.severity.as_str(),
            "how bad it is",
        ),
        Field::choice(
            "source_type",
            "Applies to",
            [EVERY].into_iter().chain(SourceType::ALL.iter().map(|kind| kind.as_str())),
            kind,
            "nodes, guests, services, or all that have the metric",
        ),
        Field::text("source_id", "Only", &source, "one of them by its name or number; empty for every one")
            .only("source_type", &["node", "vm", "service"]),
        Field::text("clear_threshold", "Clears at", &clear, "the value at which it is over; empty for the threshold"),
        Field::text(
            "clear_duration_seconds",
            "Clears after",
            &span(definition.clear_duration_seconds),
            "how long it must be good before it is over: 2m",
        ),
        Field::choice(
            "on_missing",
            "Without data",
            OnMissing::ALL.iter().map(|what| what.as_str()),
            definition.on_missing.as_str(),
            "nothing is measured: keep what was, take it as good, or alert",
        ),
        Field::text(
            "repeat_interval_seconds",
            "Repeat every",
            &seconds(definition.repeat_interval_seconds),
            "as 4h, while nobody has acknowledged it; empty for never",
        ),
        Field::text("notification_channels", "Notify", &definition.notification_channels.join(", "), channels),
        Field::text("description", "What to do", &definition.description, "for whoever is woken by it"),
        Field::toggle("enabled", "In force", definition.enabled, "whether it raises alerts"),
    ];
    let title = rule.map_or_else(|| "New rule".to_owned(), |rule| format!("Change {}", rule.name));
    let verb = if rule.is_some() { "Save" } else { "Make" };
    Form::new(title, verb, Purpose::Rule(rule.cloned().map(Box::new)), fields)
}

/// What a new rule says at first.
fn usual() -> RuleDefinition {
    RuleDefinition {
        name: String::new(),
        description: String::new(),
        metric_name: Metric::CpuUsage,
        condition: Condition::Gt,
        threshold: 90.0,
        duration_seconds: 300,
        severity: Severity::Warning,
        enabled: true,
        notification_channels: Vec::new(),
        source_type: None,
        source_id: None,
        clear_threshold: None,
        clear_duration_seconds: 60,
        on_missing: OnMissing::Keep,
        repeat_interval_seconds: None,
    }
}

/// What the form says.
///
/// # Errors
/// What is wrong, field by field.
pub fn read(form: &Form, store: &Store) -> Result<RuleDefinition, Vec<FieldError>> {
    let mut reader = Reader::new(form);
    let source_type: Option<SourceType> = reader.chosen("source_type");
    let source_id = source_type.zip(reader.filled("source_id")).and_then(|(kind, name)| {
        let found = source::find(store, AlertSource::from(kind), &name);
        reader.take("source_id", found)
    });
    let sign = reader.text("condition");
    let definition = RuleDefinition {
        name: reader.text("name"),
        description: reader.text("description"),
        metric_name: reader.chosen("metric_name").unwrap_or(Metric::CpuUsage),
        condition: Condition::ALL.iter().copied().find(|other| other.sign() == sign).unwrap_or(Condition::Gt),
        threshold: reader.number("threshold"),
        duration_seconds: reader.seconds("duration_seconds").unwrap_or(0),
        severity: reader.chosen("severity").unwrap_or(Severity::Warning),
        enabled: reader.is_on("enabled"),
        notification_channels: reader.list("notification_channels"),
        source_type,
        source_id,
        clear_threshold: reader.number_or_none("clear_threshold"),
        clear_duration_seconds: reader.seconds("clear_duration_seconds").unwrap_or(60),
        on_missing: reader.chosen("on_missing").unwrap_or(OnMissing::Keep),
        repeat_interval_seconds: reader.seconds("repeat_interval_seconds"),
    };
    reader.finish(definition, RuleDefinition::faults)
}
