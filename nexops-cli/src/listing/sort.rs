//! `--sort` where the daemon does not sort itself.

use std::cmp::Ordering;
use std::str::FromStr;

use crate::failure::Result;
use crate::filter::field_named;
use crate::output::Row;

/// A column to sort by, and in which direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortBy {
    column: String,
    is_descending: bool,
}

impl FromStr for SortBy {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (column, is_descending) = match text.strip_prefix('-') {
            Some(column) => (column, true),
            None => (text, false),
        };
        if column.is_empty() {
            return Err("name a column, with - before it for the largest first".to_owned());
        }
        Ok(Self { column: column.to_owned(), is_descending })
    }
}

impl SortBy {
    /// What sorts rows. What is not known comes last in both directions; what is the same keeps its order.
    ///
    /// # Errors
    /// When the rows have no such column.
    pub fn of<T: Row>(&self) -> Result<impl Fn(&mut Vec<T>) + use<T>> {
        let value = field_named(&self.column, T::FIELDS)?.value;
        let is_descending = self.is_descending;
        Ok(move |rows: &mut Vec<T>| {
            rows.sort_by(|one, other| match (value(one), value(other)) {
                (Some(one), Some(other)) if is_descending => order(&other, &one),
                (Some(one), Some(other)) => order(&one, &other),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            });
        })
    }
}

/// Numbers by their size, everything else letter by letter; times are written so that this is right for them too.
fn order(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) | (Err(_), Err(_)) => one.cmp(other),
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::output::{Column, Field};

    #[derive(Serialize)]
    struct Thing(Option<&'static str>);

    impl Row for Thing {
        const NARROW: &'static [Column<Self>] = &[];
        const WIDE: &'static [Column<Self>] = &[];
        const FIELDS: &'static [Field<Self>] = &[Field { name: "size", value: |thing| thing.0.map(str::to_owned) }];

        fn name(&self) -> String {
            String::new()
        }
    }

    fn sorted(by: &str) -> Vec<Option<&'static str>> {
        let mut things = vec![Thing(Some("10")), Thing(None), Thing(Some("9")), Thing(Some("1.5"))];
        by.parse::<SortBy>().unwrap().of().unwrap()(&mut things);
        things.into_iter().map(|thing| thing.0).collect()
    }

    #[test]
    fn numbers_are_sorted_by_size_and_what_is_not_known_comes_last() {
        assert_eq!(sorted("size"), [Some("1.5"), Some("9"), Some("10"), None]);
        assert_eq!(sorted("-size"), [Some("10"), Some("9"), Some("1.5"), None]);
    }

    #[test]
    fn a_column_that_is_not_there_is_refused() {
        assert!("colour".parse::<SortBy>().unwrap().of::<Thing>().is_err());
        assert!("-".parse::<SortBy>().is_err());
    }
}
