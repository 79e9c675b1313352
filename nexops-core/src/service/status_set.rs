//! Sets of HTTP statuses, written as numbers and ranges.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The most numbers and ranges in one set.
const MOST_PARTS: usize = 20;

/// A set of HTTP statuses: "200-299,401". Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<(u16, u16)>);

/// A text that is no set of HTTP statuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no set of HTTP statuses; write up to 20 numbers and ranges from 100 to 599, as in 200-299,401")]
pub struct NotAStatusSet(pub String);

impl StatusSet {
    /// Whether a status belongs to it.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|&(first, last)| (first..=last).contains(&status))
    }
}

impl Default for StatusSet {
    /// 200 to 299.
    fn default() -> Self {
        Self(vec![(200, 299)])
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if first == last {
                write!(formatter, "{comma}{first}")?;
            } else {
                write!(formatter, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for StatusSet {
    type Err = NotAStatusSet;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| {
            let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u16>().ok().filter(|status| digits && (100..=599).contains(status))
        };
        let part = |text: &str| match text.split_once('-') {
            None => number(text).map(|status| (status, status)),
            Some((first, last)) => {
                let (one, other) = (number(first)?, number(last)?);
                Some((one.min(other), one.max(other)))
            }
        };
        let parts: Option<Vec<_>> = text.split(',').take(MOST_PARTS + 1).map(part).collect();
        match parts {
            Some(parts) if parts.len() <= MOST_PARTS => Ok(Self(parts)),
            _ => Err(NotAStatusSet(text.chars().take(120).collect())),
        }
    }
}

impl Serialize for StatusSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StatusSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for StatusSet {
    fn schema() -> RefOr<Schema> {
        const PATTERN: &str = "^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?){0,19}$";
        let description = Some("Numbers and ranges from 100 to 599, up to 20 of them");
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(description)
            .examples([serde_json::json!("200-299,401")])
            .pattern(Some(PATTERN))
            .build()
            .into()
    }
}

impl ToSchema for StatusSet {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_set_holds_its_numbers_and_ranges() {
        let set: StatusSet = "204-200,301,401".parse().unwrap();
        let within: Vec<u16> = (100..600).filter(|status| set.contains(*status)).collect();
        assert_eq!(within, [200, 201, 202, 203, 204, 301, 401]);
        assert_eq!(set.to_string(), "200-204,301,401");
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for bad in
            ["", ",", "200,", "99", "600", "2xx", "200-", "200, 301", "200 - 299", "-200", "+20", "200 299", "0200"]
        {
            assert!(bad.parse::<StatusSet>().is_err(), "{bad:?} was accepted");
        }
        assert!(vec!["200"; 21].join(",").parse::<StatusSet>().is_err());
    }

    proptest! {
        #[test]
        fn a_set_reads_back_what_it_writes(parts in prop::collection::vec((100_u16..600, 0_u16..50), 1..20)) {
            let parts: Vec<_> = parts.into_iter().map(|(first, more)| (first, (first + more).min(599))).collect();
            let set = StatusSet(parts);
            prop_assert_eq!(set.to_string().parse::<StatusSet>().unwrap(), set);
        }
    }
}
