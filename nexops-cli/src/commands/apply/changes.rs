//! What differs between how a thing is and how it shall be.

use serde::Serialize;
use serde_yaml_ng::{Mapping, Value};

use crate::code::Wanted;
use crate::color::{Tone, paint};
use crate::format::clean;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its name; what is inside others is named as `check.retries`.
    field: String,
    /// What it says now; null where there is nothing.
    from: Value,
    /// What it shall say.
    to: Value,
}

impl Change {
    /// The change as two lines, of which one may be missing.
    pub fn lines(&self, colored: bool) -> String {
        let line = |sign: char, value: &Value, tone| match value {
            Value::Null => String::new(),
            value => {
                let text = clean(&format!("  {sign} {}: {}", self.field, in_a_line(value)));
                paint(&text, tone, colored) + "\n"
            }
        };
        line('-', &self.from, Tone::Bad) + &line('+', &self.to, Tone::Good)
    }
}

/// JSON is YAML, and needs no more than a line.
fn in_a_line(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "…".to_owned())
}

/// What has to change. A secret that is given is always sent, as nobody can tell whether it is the stored one.
pub fn changes(before: Option<&Wanted>, wanted: &Wanted) -> Vec<Change> {
    let mut found = Vec::new();
    let from = before.map(Wanted::in_full).unwrap_or_default();
    compare("", &from, &wanted.in_full(), &mut found);
    if let Some(field) = given_secret(wanted) {
        let secret = Value::from("(not shown)");
        found.push(Change { field: format!("settings.{field}"), from: Value::Null, to: secret });
    }
    found
}

/// The name of the secret that a document holds.
pub fn given_secret(wanted: &Wanted) -> Option<&'static str> {
    match wanted {
        Wanted::Channel(draft) => {
            let mut settings = draft.settings.clone();
            let is_given = settings.secret_mut().is_some();
            settings.secret_field().filter(|_| is_given)
        }
        Wanted::Service(_) | Wanted::Rule(_) => None,
    }
}

fn compare(above: &str, from: &Mapping, to: &Mapping, found: &mut Vec<Change>) {
    let gone = from.keys().filter(|key| !to.contains_key(*key));
    for key in to.keys().chain(gone) {
        let field = format!("{above}{}", key.as_str().unwrap_or_default());
        let of = |mapping: &Mapping| mapping.get(key).cloned().unwrap_or(Value::Null);
        match (of(from), of(to)) {
            (Value::Mapping(from), Value::Mapping(to)) => compare(&format!("{field}."), &from, &to, found),
            (from, to) if from != to => found.push(Change { field, from, to }),
            (_, _) => {}
        }
    }
}
