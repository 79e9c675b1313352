//! Cursors: the place in a list by time where a page ended.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The place after a row in a list that is ordered by time and id. It travels as a text that says nothing to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The row's time.
    pub at: DateTime<Utc>,
    /// The row's id.
    pub id: Uuid,
    /// The number of the page that ended with it.
    pub page: u32,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a cursor; give the next_cursor of a page as it stands")]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, id, page } = self;
        write!(formatter, "{:016x}{}{page:08x}", at.timestamp_micros().cast_unsigned(), id.simple())
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let lower_case = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 56 || !text.bytes().all(lower_case) {
            return Err(NotACursor);
        }
        let micros = u64::from_str_radix(&text[..16], 16).map_err(|_| NotACursor)?.cast_signed();
        Ok(Self {
            at: DateTime::from_timestamp_micros(micros).filter(is_plausible).ok_or(NotACursor)?,
            id: Uuid::try_parse(&text[16..48]).map_err(|_| NotACursor)?,
            page: u32::from_str_radix(&text[48..], 16).map_err(|_| NotACursor)?,
        })
    }
}

/// Whether a row can have this time: databases know fewer years than numbers can hold.
fn is_plausible(at: &DateTime<Utc>) -> bool {
    (1970..=9999).contains(&at.year())
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_what_it_writes(micros in 0..4_000_000_000_000_000_i64, id: u128, page: u32) {
            let at = DateTime::from_timestamp_micros(micros).unwrap_or_default();
            let cursor = Cursor { at, id: Uuid::from_u128(id), page };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn no_other_text_is_taken_for_one_or_makes_it_fail(text in "\\PC{0,80}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }
}
