//! Parameter verification: which parameters an endpoint knows and what they may hold.

use std::collections::BTreeMap;

use crate::answers::Refusal;

/// What a parameter may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// A whole number from a minimum up.
    Integer { minimum: i64 },
    /// 0, 1, yes, no, on, off, true, false.
    Boolean,
    /// One of the listed words.
    OneOf(&'static [&'static str]),
    /// Anything.
    Text,
    /// A boolean that API tokens may never use.
    RootOnly,
}

/// Parameters that passed verification.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verified(BTreeMap<String, String>);

impl Verified {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).and_then(parse_boolean).unwrap_or(false)
    }
}

/// Checks all parameters and reports every wrong one at once.
pub(crate) fn verify(parameters: &BTreeMap<String, String>, known: &[(&str, Rule)]) -> Result<Verified, Refusal> {
    let mut errors = BTreeMap::new();
    let mut verified = BTreeMap::new();
    for (name, value) in parameters {
        // Path parameters may be repeated in the query.
        if ["node", "vmid"].contains(&name.as_str()) && !known.iter().any(|(other, _)| other == name) {
            continue;
        }
        let rule = known.iter().find(|(other, _)| other == name).map(|(_, rule)| *rule);
        match complaint(rule, value) {
            Some(text) => errors.insert(name.clone(), text),
            None => verified.insert(name.clone(), value.clone()),
        };
    }
    if errors.is_empty() { Ok(Verified(verified)) } else { Err(Refusal::Parameters(errors)) }
}

/// The number of a guest in a path.
pub(crate) fn parse_vmid(text: &str) -> Result<u32, Refusal> {
    let number: i64 = text
        .parse()
        .map_err(|_| Refusal::parameter("vmid", format!("type check ('integer') failed - got '{text}'")))?;
    u32::try_from(number)
        .ok()
        .filter(|vmid| (100..=999_999_999).contains(vmid))
        .ok_or_else(|| Refusal::parameter("vmid", "invalid format - value does not look like a valid VM ID\n"))
}

fn complaint(rule: Option<Rule>, value: &str) -> Option<String> {
    let wrong_type = |kind: &str| Some(format!("type check ('{kind}') failed - got '{value}'"));
    match rule {
        None => {
            Some("property is not defined in schema and the schema does not allow additional properties".to_owned())
        }
        Some(Rule::Text) => None,
        Some(Rule::Integer { minimum }) => match value.parse::<i64>() {
            Err(_) => wrong_type("integer"),
            Ok(number) if number < minimum => Some(format!("value must have a minimum value of {minimum}")),
            Ok(_) => None,
        },
        Some(Rule::Boolean) => match parse_boolean(value) {
            None => wrong_type("boolean"),
            Some(_) => None,
        },
        Some(Rule::RootOnly) => match parse_boolean(value) {
            None => wrong_type("boolean"),
            Some(true) => Some("Only root may use this option.".to_owned()),
            Some(false) => None,
        },
        Some(Rule::OneOf(words)) if words.contains(&value) => None,
        Some(Rule::OneOf(words)) => {
            Some(format!("value '{value}' does not have a value in the enumeration '{}'", words.join(", ")))
        }
    }
}

fn parse_boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "on" | "yes" | "true" => Some(true),
        "0" | "off" | "no" | "false" => Some(false),
        _ => None,
    }
}
