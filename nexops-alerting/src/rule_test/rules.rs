//! The rules of a file, with the fields, names and defaults of the API.

use nexops_core::alert::rule::RuleDefinition;
use nexops_core::metric::SourceType;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::fault::Fault;
use super::series::Source;
use super::time::Millis;
use super::yaml::{Content, Entry, Node};

/// Every key of a rule. A test compares them with what the API takes.
const KEYS: [&str; 15] = [
    "name",
    "description",
    "metric_name",
    "condition",
    "threshold",
    "duration_seconds",
    "severity",
    "enabled",
    "notification_channels",
    "source_type",
    "source_id",
    "clear_threshold",
    "clear_duration_seconds",
    "on_missing",
    "repeat_interval_seconds",
];

/// A rule as a test knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it says.
    pub definition: RuleDefinition,
    /// The one source that it is for, in the test's own words: `vm/101`, `101`, or an id.
    pub only: Option<String>,
}

impl Rule {
    /// Whether it is about what is measured here.
    pub fn concerns(&self, source: &Source) -> bool {
        let name = source.name.split_once('/').map_or("", |(_, name)| name);
        self.definition.source_type.is_none_or(|kind: SourceType| kind == source.kind)
            && self.only.as_ref().is_none_or(|only| *only == source.name || only == name)
    }

    /// The same rule with some fields set to other values.
    pub fn with(&self, set: Node, path: &str) -> Result<Self, Fault> {
        let mut fields = match serde_json::to_value(&self.definition) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) | Err(_) => Map::new(),
        };
        if let (Some(only), Some(field)) = (&self.only, fields.get_mut("source_id")) {
            *field = Value::String(only.clone());
        }
        read(set, path, fields)
    }
}

/// Reads a rule.
pub fn rule(node: Node, path: &str) -> Result<Rule, Fault> {
    read(node, path, Map::new())
}

fn read(node: Node, path: &str, mut fields: Map<String, Value>) -> Result<Rule, Fault> {
    let line = node.line;
    let Content::Map(entries) = node.content else {
        return Err(Fault::new(line, path, "it must be a map of a rule's fields"));
    };
    let lines: Vec<(String, usize)> = entries.iter().map(|entry| (entry.key.clone(), entry.line)).collect();
    let line_of = |key: &str| lines.iter().find(|(known, _)| known == key).map_or(line, |(_, line)| *line);
    for Entry { line, key, value } in entries {
        let at = format!("{path}.{key}");
        match key.as_str() {
            // A span may be given as text where the API takes seconds only.
            "repeat_interval" => {
                let seconds = repeat_interval(&value).map_err(|reason| Fault::new(line, at, reason))?;
                fields.insert("repeat_interval_seconds".to_owned(), seconds);
            }
            key if KEYS.contains(&key) => {
                let value = json(value, is_text(key)).map_err(|reason| Fault::new(line, at, reason))?;
                fields.insert(key.to_owned(), value);
            }
            _ => {
                let reason = format!("a rule has no such field; it has {}", KEYS.join(", "));
                return Err(Fault::new(line, at, reason));
            }
        }
    }
    let only = match fields.get_mut("source_id") {
        Some(id @ Value::String(_)) => {
            let text = id.as_str().unwrap_or_default().to_owned();
            // Sources of a test have names. For the evaluator it only matters whether the same one is meant as before.
            *id = Value::String(name_based_id(&text).to_string());
            Some(text)
        }
        Some(_) | None => None,
    };
    let definition: RuleDefinition = serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let key = error.path().to_string();
        let reason = error.into_inner().to_string();
        match key.as_str() {
            "" | "." | "?" => Fault::new(line, path, reason),
            key => Fault::new(line_of(key), format!("{path}.{key}"), reason),
        }
    })?;
    match definition.faults().into_iter().next() {
        None => Ok(Rule { definition, only }),
        Some(fault) => Err(Fault::new(line_of(&fault.field), format!("{path}.{}", fault.field), fault.reason)),
    }
}

fn is_text(key: &str) -> bool {
    matches!(key, "name" | "description" | "source_id" | "notification_channels")
}

fn repeat_interval(value: &Node) -> Result<Value, String> {
    match &value.content {
        Content::Scalar { .. } if value.is_null() => Ok(Value::Null),
        Content::Scalar { text, .. } => {
            let Millis(millis) = Millis::parse(text)?;
            Ok(Value::from(millis / 1000))
        }
        Content::List(_) | Content::Map(_) => Err("it must be a time".to_owned()),
    }
}

/// The value as JSON. Text is wanted where a number would do too, as in a channel that is called 1.
fn json(node: Node, text_wanted: bool) -> Result<Value, String> {
    if node.is_null() {
        return Ok(Value::Null);
    }
    Ok(match node.content {
        Content::Scalar { text, plain } if !plain || text_wanted => Value::String(text),
        Content::Scalar { text, .. } => match text.as_str() {
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ => number(text)?,
        },
        Content::List(items) => {
            Value::Array(items.into_iter().map(|item| json(item, text_wanted)).collect::<Result<_, _>>()?)
        }
        Content::Map(_) => return Err("no field of a rule is a map".to_owned()),
    })
}

fn number(text: String) -> Result<Value, String> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Value::from(number));
    }
    match text.to_ascii_lowercase().trim_start_matches(['.', '-', '+']) {
        "nan" | "inf" | "infinity" => Err("it must be a finite number".to_owned()),
        _ => match text.parse::<f64>() {
            Ok(number) if !number.is_finite() => Err("it must be a finite number".to_owned()),
            Ok(number) => Ok(Value::from(number)),
            Err(_) => Ok(Value::String(text)),
        },
    }
}

/// The same id for the same name.
fn name_based_id(name: &str) -> Uuid {
    // FNV-1a over 128 bits.
    let hash = name.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    Uuid::from_u128(hash)
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn read(text: &str) -> Result<Rule, Fault> {
        rule(yaml::parse(text).unwrap(), "rules[0]")
    }

    const BARE: &str = "name: a\nmetric_name: cpu_usage\ncondition: gt\nthreshold: 80\n";

    #[test]
    fn the_keys_are_those_of_the_api() {
        let rule = serde_json::to_value(read(BARE).unwrap().definition).unwrap();
        let mut keys: Vec<&str> = rule.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = KEYS;
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_key() {
        for (more, line, key) in [
            ("treshold: 90", 5, "rules[0].treshold"),
            ("duration_seconds: -1", 5, "rules[0].duration_seconds"),
            ("duration_seconds: two", 5, "rules[0].duration_seconds"),
            ("severity: bad", 5, "rules[0].severity"),
            ("clear_threshold: 90", 5, "rules[0].clear_threshold"),
            ("on_missing: nothing", 5, "rules[0].on_missing"),
            ("clear_threshold: .nan", 5, "rules[0].clear_threshold"),
            ("enabled: maybe", 5, "rules[0].enabled"),
        ] {
            let fault = read(&format!("{BARE}{more}\n")).unwrap_err();
            assert_eq!((fault.line, fault.key.as_str()), (line, key), "{fault}");
        }
        let fault = read("name: a\nmetric_name: heat\ncondition: gt\nthreshold: 1\n").unwrap_err();
        assert_eq!((fault.line, fault.key.as_str()), (2, "rules[0].metric_name"));
        let fault = read("name: a\nmetric_name: cpu_usage\ncondition: gt\n").unwrap_err();
        assert!(fault.reason.contains("threshold"), "{fault}");
    }
}
