//! `--columns`: which of a thing's columns are wanted.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{Cell, Column, Field, Row, unwritable};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::filter::field_named;

/// A column of a table: one that is made for people, or a field of the API under its own name.
pub enum Wanted<T: 'static> {
    /// One of the table's own.
    Column(&'static Column<T>),
    /// A field.
    Field(&'static Field<T>),
}

impl<T> Wanted<T> {
    /// What stands above it.
    pub fn header(&self) -> String {
        match self {
            Self::Column(column) => column.header.to_owned(),
            Self::Field(field) => field.name.to_uppercase().replace('_', " "),
        }
    }

    /// What it shows of a row.
    pub fn cell(&self, row: &T, now: DateTime<Utc>) -> Cell {
        match self {
            Self::Column(column) => (column.cell)(row, now),
            Self::Field(field) => Cell::maybe((field.value)(row)),
        }
    }
}

/// The columns of a table: those that are named, or else those of the form's sets.
///
/// # Errors
/// When a name is none of this thing's columns.
pub fn of_table<T: Row>(names: &[String], sets: &[&'static [Column<T>]]) -> Result<Vec<Wanted<T>>> {
    if names.is_empty() {
        return Ok(sets.iter().flat_map(|set| set.iter()).map(Wanted::Column).collect());
    }
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' ', '%'], "");
    let of_name = |name: &String| {
        let column = T::NARROW.iter().chain(T::WIDE).find(|column| plain(column.header) == plain(name));
        column.map_or_else(|| field_named(name, T::FIELDS).map(Wanted::Field), |column| Ok(Wanted::Column(column)))
    };
    names.iter().map(of_name).collect()
}

/// The fields that are named, or else all.
///
/// # Errors
/// When a name is none of this thing's fields.
pub fn fields<T: Row>(names: &[String]) -> Result<Vec<&'static Field<T>>> {
    if names.is_empty() {
        return Ok(T::FIELDS.iter().collect());
    }
    names.iter().map(|name| field_named(name, T::FIELDS)).collect()
}

/// The rows as documents with the named keys only.
///
/// # Errors
/// When a name is neither a field nor a key of the document.
pub fn picked<T: Row>(names: &[String], rows: &[T]) -> Result<Vec<Value>> {
    let pick = |row: &T| {
        let Value::Object(mut whole) = serde_json::to_value(row).map_err(|error| unwritable(&error))? else {
            return Err(Failure::new(Exit::Usage, "USAGE", "this has no columns"));
        };
        let mut part = Map::new();
        for name in names {
            let (key, value) = match whole.remove_entry(name.as_str()) {
                Some(entry) => entry,
                None => {
                    let key = field_named(name, T::FIELDS)?.name;
                    (key.to_owned(), whole.remove(key).or_else(|| part.remove(key)).unwrap_or(Value::Null))
                }
            };
            part.insert(key, value);
        }
        Ok(Value::Object(part))
    };
    rows.iter().map(pick).collect()
}
