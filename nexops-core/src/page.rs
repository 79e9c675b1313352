//! Pages and orders of lists.

pub mod cursor;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::FieldError;
use crate::text::UnknownWord;

/// Rows on a page when the caller does not say.
pub const DEFAULT_PER_PAGE: u32 = 20;
/// The most rows that a page can hold.
pub const MAX_PER_PAGE: u32 = 1000;

/// Which page of a list: a checked pair of page number and page size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    page: u32,
    per_page: u32,
}

impl Paging {
    /// Takes what the caller gave, or the defaults.
    ///
    /// # Errors
    /// One entry for each value that is out of range; nothing is clamped silently.
    pub fn new(page: Option<u32>, per_page: Option<u32>) -> Result<Self, Vec<FieldError>> {
        let page = page.unwrap_or(1);
        let per_page = per_page.unwrap_or(DEFAULT_PER_PAGE);
        let mut errors = Vec::new();
        if page == 0 {
            errors.push(FieldError::new("page", "0 is out of range: pages are counted from 1"));
        }
        if !(1..=MAX_PER_PAGE).contains(&per_page) {
            errors.push(FieldError::new("per_page", format!("{per_page} is out of range: 1 to {MAX_PER_PAGE}")));
        }
        if errors.is_empty() { Ok(Self { page, per_page }) } else { Err(errors) }
    }

    /// The page, counted from 1.
    #[must_use]
    pub const fn page(self) -> u32 {
        self.page
    }

    /// Rows on a full page, 1..=1000.
    #[must_use]
    pub const fn per_page(self) -> u32 {
        self.per_page
    }

    /// Rows before this page.
    #[must_use]
    pub const fn offset(self) -> u64 {
        (self.page as u64 - 1) * self.per_page as u64
    }
}

/// A column to sort by and the direction, written `name` or `-name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<Column> {
    /// What to sort by.
    pub column: Column,
    /// Largest first. Unknown values come last either way.
    pub descending: bool,
}

impl<Column: fmt::Display> fmt::Display for Sort<Column> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.descending {
            formatter.write_str("-")?;
        }
        self.column.fmt(formatter)
    }
}

impl<Column: FromStr<Err = UnknownWord>> FromStr for Sort<Column> {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        Ok(Self { column: name.parse()?, descending })
    }
}

impl<Column: fmt::Display> Serialize for Sort<Column> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, Column: FromStr<Err = UnknownWord>> Deserialize<'de> for Sort<Column> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::node::NodeColumn;

    proptest! {
        #[test]
        fn paging_accepts_exactly_the_documented_range(page: u32, per_page in 0_u32..2000) {
            let accepted = Paging::new(Some(page), Some(per_page)).is_ok();
            prop_assert_eq!(accepted, page >= 1 && (1..=1000).contains(&per_page));
        }

        #[test]
        fn consecutive_pages_leave_no_row_out_and_repeat_none(page in 1..u32::MAX, per_page in 1_u32..=1000) {
            let this = Paging::new(Some(page), Some(per_page)).unwrap();
            let next = Paging::new(Some(page + 1), Some(per_page)).unwrap();
            prop_assert_eq!(this.offset() + u64::from(per_page), next.offset());
        }

        #[test]
        fn a_sort_reads_back_what_it_writes(column in prop::sample::select(NodeColumn::ALL), descending: bool) {
            let sort = Sort { column, descending };
            prop_assert_eq!(sort.to_string().parse::<Sort<NodeColumn>>().unwrap(), sort);
        }
    }

    #[test]
    fn an_unknown_sort_column_names_the_known_ones() {
        let error = "-colour".parse::<Sort<NodeColumn>>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "'colour' is not one of hostname, status, cpu_usage, memory_usage, disk_usage, uptime_seconds"
        );
    }
}
