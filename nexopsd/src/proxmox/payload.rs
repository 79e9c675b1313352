//! Reading what Proxmox sends: numbers as text, text as numbers, keys that come and go.
//!
//! Nothing here fails on a single field. A figure that cannot be right (negative, not finite, beyond 63 bits) is not known.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

/// What stands under `data`, and its sibling `total`.
#[derive(Debug)]
pub struct Answer {
    pub data: Value,
    pub total: Option<u64>,
    /// How long the understanding of it took.
    pub parsing: Duration,
}

impl Answer {
    /// Takes the envelope off a body. The text says what is wrong with it.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        let clock = Instant::now();
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b'<') => {
                    "it is HTML, so something other than Proxmox's API answered (a portal or a proxy?)".to_owned()
                }
                None => "it is empty".to_owned(),
                Some(_) => format!("it is not JSON: {error}"),
            }
        })?;
        let Value::Object(mut envelope) = value else { return Err("it is not a JSON object".to_owned()) };
        let data = envelope.remove("data").ok_or("it has no 'data'")?;
        let total = envelope.get("total").and_then(count).and_then(|total| u64::try_from(total).ok());
        Ok(Self { data, total, parsing: clock.elapsed() })
    }

    /// The data as a list of rows; what is not an object is left out and counted.
    pub fn rows(&self) -> Result<(Vec<Row<'_>>, usize), String> {
        let Value::Array(items) = &self.data else { return Err("'data' is not a list".to_owned()) };
        let rows: Vec<_> = items.iter().filter_map(Row::of).collect();
        let skipped = items.len() - rows.len();
        Ok((rows, skipped))
    }

    /// The data as one row.
    pub fn row(&self) -> Result<Row<'_>, String> {
        Row::of(&self.data).ok_or_else(|| "'data' is not an object".to_owned())
    }
}

/// One JSON object, read field by field.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a>(&'a Map<String, Value>);

impl<'a> Row<'a> {
    /// The row, if the value is an object.
    pub fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// The raw value.
    pub fn value(self, key: &str) -> Option<&'a Value> {
        self.0.get(key)
    }

    /// The names of its fields.
    pub fn fields(self) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str)
    }

    /// A text that is not empty. A number or a flag is taken as its text.
    pub fn text(self, key: &str) -> Option<String> {
        match self.value(key)? {
            // Nobody means a NUL, and PostgreSQL cannot store it.
            Value::String(text) if !text.trim().is_empty() => Some(text.replace('\0', "\u{fffd}")),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A whole number of 0 or more.
    pub fn count(self, key: &str) -> Option<i64> {
        self.value(key).and_then(count)
    }

    /// A number of 0 or more, with a fraction.
    pub fn figure(self, key: &str) -> Option<f64> {
        self.value(key).and_then(number).filter(|figure| *figure >= 0.0)
    }

    /// A fraction that a counter reset may have made negative: such a one is 0.
    pub fn fraction(self, key: &str) -> Option<f64> {
        self.value(key).and_then(number).map(|fraction| fraction.max(0.0))
    }

    /// A flag, however it is written. An object counts as set: some releases put details in its place.
    pub fn flag(self, key: &str) -> Option<bool> {
        match self.value(key)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.is_empty() => Some(false),
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => number(&Value::String(text.clone())).map(|number| number != 0.0),
            },
            value @ Value::Number(_) => number(value).map(|number| number != 0.0),
            Value::Object(_) => Some(true),
            Value::Null | Value::Array(_) => None,
        }
    }

    /// A guest's number, in its own field or at the end of the row's id.
    pub fn vmid(self) -> Option<i32> {
        let told = self.value("vmid").and_then(count).or_else(|| self.text("id")?.rsplit_once('/')?.1.parse().ok())?;
        i32::try_from(told).ok().filter(|vmid| *vmid > 0)
    }

    /// A node's name that can stand in a path.
    pub fn node(self) -> Option<String> {
        self.text("node").filter(|name| is_node_name(name))
    }
}

/// Whether the text can be a node's name, which is a host name without dots.
pub fn is_node_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Tags as a list: a hand-written configuration may part them by comma or space instead of semicolon.
pub fn tags(text: &str) -> Vec<String> {
    text.split(|letter: char| letter == ',' || letter == ';' || letter.is_whitespace())
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}

fn count(value: &Value) -> Option<i64> {
    /// The first power of two that an i64 cannot hold.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let exact = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    exact
        .or_else(|| number(value).filter(|number| (0.0..LIMIT).contains(number)).map(|number| number as i64))
        .filter(|count| *count >= 0)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn in_row<T>(value: Value, read: impl FnOnce(Row<'_>) -> T) -> T {
        let object = Value::Object([("k".to_owned(), value)].into_iter().collect());
        read(Row::of(&object).unwrap())
    }

    #[test]
    fn a_count_is_read_from_whatever_it_is_written_as() {
        let cases = [
            (json!(7), Some(7)),
            (json!("7"), Some(7)),
            (json!(" 7 "), Some(7)),
            (json!(7.9), Some(7)),
            (json!("7.9"), Some(7)),
            (json!(337035946.666667), Some(337_035_946)),
            (json!(true), Some(1)),
            (json!(9223372036854775807i64), Some(i64::MAX)),
            (json!("9223372036854775807"), Some(i64::MAX)),
            (json!(""), None),
            (json!(null), None),
            (json!(-1), None),
            (json!("-5"), None),
            (json!(u64::MAX), None),
            (json!(1e300), None),
            (json!("NaN"), None),
            (json!("inf"), None),
            (json!([1]), None),
            (json!({"a": 1}), None),
        ];
        for (value, expected) in cases {
            assert_eq!(in_row(value.clone(), |row| row.count("k")), expected, "{value}");
        }
    }

    #[test]
    fn a_negative_fraction_is_the_reset_of_a_counter_and_counts_as_nothing() {
        assert_eq!(in_row(json!(-5.75e-05), |row| row.fraction("k")), Some(0.0));
        assert_eq!(in_row(json!("1.5"), |row| row.fraction("k")), Some(1.5));
        assert_eq!(in_row(json!("NaN"), |row| row.fraction("k")), None);
    }

    #[test]
    fn a_flag_is_read_from_whatever_it_is_written_as() {
        for set in [json!(1), json!("1"), json!(true), json!("yes"), json!({"enabled": 1})] {
            assert_eq!(in_row(set.clone(), |row| row.flag("k")), Some(true), "{set}");
        }
        for unset in [json!(0), json!("0"), json!(false), json!(""), json!("off")] {
            assert_eq!(in_row(unset.clone(), |row| row.flag("k")), Some(false), "{unset}");
        }
        for unknown in [json!(null), json!([]), json!("perhaps")] {
            assert_eq!(in_row(unknown.clone(), |row| row.flag("k")), None, "{unknown}");
        }
    }

    #[test]
    fn tags_are_parted_by_whatever_stands_between_them() {
        assert_eq!(tags("web;prod"), ["web", "prod"]);
        assert_eq!(tags("a, b  c;;d,"), ["a", "b", "c", "d"]);
        assert!(tags(" ; ").is_empty());
    }

    #[test]
    fn a_body_that_is_no_answer_of_the_api_says_what_it_is() {
        let reason = |body: &str| Answer::parse(body.as_bytes()).unwrap_err();
        assert!(reason("<html>").contains("HTML"));
        assert!(reason("").contains("empty"));
        assert!(reason("{\"data\":[{\"a\"").contains("not JSON"));
        assert!(reason("[]").contains("not a JSON object"));
        assert!(reason("{}").contains("no 'data'"));
    }

    #[test]
    fn a_node_name_that_would_change_the_path_is_none() {
        for bad in ["", ".", "..", "a/b", "a?b", "a%2F", "ä"] {
            assert!(!is_node_name(bad), "{bad:?}");
        }
        assert!(is_node_name("pve-1"));
    }

    /// Any JSON value, a few levels deep.
    pub fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            "[-0-9.e]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map("[a-z]{1,6}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_value_of_a_field_is_a_surprise(value in any_json()) {
            let (count, figure, fraction) = in_row(value.clone(), |row| {
                let _ = (row.text("k"), row.flag("k"), row.vmid(), row.node());
                (row.count("k"), row.figure("k"), row.fraction("k"))
            });
            prop_assert!(count.is_none_or(|count| count >= 0));
            prop_assert!(figure.is_none_or(|figure| figure.is_finite() && figure >= 0.0));
            prop_assert!(fraction.is_none_or(|fraction| fraction.is_finite() && fraction >= 0.0));
            prop_assert!(in_row(value.clone(), |row| row.vmid()).is_none_or(|vmid| vmid > 0));
        }

        #[test]
        fn no_body_is_a_surprise(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Answer::parse(&body);
        }
    }
}
