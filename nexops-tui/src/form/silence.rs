//! The form of a silence.

use chrono::{DateTime, Duration, Utc};
use nexops_core::alert::silence::CreateSilence;
use nexops_core::alert::{Alert, AlertSource};
use nexops_core::error::FieldError;

use super::reader::Reader;
use super::{Field, Form, Purpose, source};
use crate::store::{Store, rows};

/// The choice that stands for no choice.
const NONE: &str = "anything";

/// A form for a silence about an alert, or about whatever is filled in.
#[must_use]
pub fn open(alert: Option<&Alert>, store: &Store) -> Form {
    let kind = alert.map_or(NONE, |alert| alert.source_type.as_str());
    let name = alert.map(|alert| store.name_of(alert.source_type, alert.source_id)).unwrap_or_default();
    let rule = alert.and_then(|alert| alert.rule_name.clone()).unwrap_or_default();
    let known: Vec<&str> = rows(&store.rules).iter().map(|rule| rule.name.as_str()).take(6).collect();
    let fields = vec![
        Field::text("ends_at", "For", "2h", "how long: 30m, 2h, 1d"),
        Field::text("reason", "Why", "", "for whoever wonders later"),
        Field::choice(
            "source_type",
            "About",
            [NONE].into_iter().chain(AlertSource::ALL.iter().map(|kind| kind.as_str())),
            kind,
            "what kind of thing; anything for a rule alone",
        ),
        Field::text("source_id", "Which", &name, "its name or number")
            .only("source_type", &["node", "vm", "service", "connection", "channel"]),
        Field::text("rule_id", "Of the rule", &rule, format!("empty for every rule; as {}", known.join(", "))),
    ];
    Form::new("Silence", "Silence", Purpose::Silence, fields)
}

/// What the form says.
///
/// # Errors
/// What is wrong, field by field.
pub fn read(form: &Form, store: &Store, now: DateTime<Utc>) -> Result<CreateSilence, Vec<FieldError>> {
    let mut reader = Reader::new(form);
    let source_type: Option<AlertSource> = reader.chosen("source_type");
    let source_id = source_type.zip(reader.filled("source_id")).and_then(|(kind, name)| {
        let found = source::find(store, kind, &name);
        reader.take("source_id", found)
    });
    let rule_id = reader.filled("rule_id").and_then(|name| {
        let found = source::rule(store, &name);
        reader.take("rule_id", found)
    });
    let seconds = reader.seconds("ends_at").unwrap_or(0);
    let silence = CreateSilence {
        source_type,
        source_id,
        rule_id,
        reason: reader.text("reason"),
        starts_at: None,
        ends_at: now + Duration::seconds(i64::from(seconds)),
    };
    reader.finish(silence, |silence| silence.faults(now))
}
