//! Data on standard output, in the form that was asked for.

pub mod csv;
pub mod details;
pub mod table;

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::cli::Format;
use crate::color::Tone;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;

/// How data is printed.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// The form.
    pub format: Format,
    /// Whether tables and CSV begin with a header row.
    pub headers: bool,
    /// Whether colours are welcome.
    pub colored: bool,
    /// The time that ages are counted from.
    pub now: DateTime<Utc>,
}

/// One cell of a table, or one value of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// What its colour says.
    pub tone: Tone,
}

impl Cell {
    /// A cell in a tone. Control characters are replaced, since names come from outside.
    pub fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { text: clean(text.as_ref()), tone }
    }

    /// A cell without a tone.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::new(text, Tone::Plain)
    }

    /// A cell that may be unknown.
    pub fn maybe(text: Option<impl AsRef<str>>) -> Self {
        text.map_or_else(|| Self::plain(crate::format::UNKNOWN), Self::plain)
    }
}

/// A column of a table for people.
pub struct Column<T: 'static> {
    /// Its header.
    pub header: &'static str,
    /// What it shows of a row.
    pub cell: fn(&T, DateTime<Utc>) -> Cell,
}

/// A column of CSV.
pub struct Field<T: 'static> {
    /// Its header, named as in the API.
    pub name: &'static str,
    /// Its value; nothing when it is not known.
    pub value: fn(&T) -> Option<String>,
}

/// A thing that can be printed in every form.
pub trait Row: Serialize + Sized + 'static {
    /// Columns of `table`.
    const NARROW: &'static [Column<Self>];
    /// Columns that `wide` adds.
    const WIDE: &'static [Column<Self>];
    /// Columns of `csv`.
    const FIELDS: &'static [Field<Self>];

    /// What other commands call it.
    fn name(&self) -> String;
}

impl Output {
    /// Prints a list.
    pub fn list<T: Row>(&self, rows: &[T]) -> Result<()> {
        match self.format {
            Format::Table => emit(&table::render(self, rows, &[T::NARROW])),
            Format::Wide => emit(&table::render(self, rows, &[T::NARROW, T::WIDE])),
            Format::Json | Format::Yaml => self.document(rows),
            Format::Csv => emit(&csv::render(self.headers, rows)?),
            Format::Name => emit(&rows.iter().map(|row| row.name() + "\n").collect::<String>()),
        }
    }

    /// Prints one thing; `describe` makes the description for people.
    pub fn one<T: Row>(&self, row: &T, describe: impl FnOnce() -> Vec<(&'static str, Cell)>) -> Result<()> {
        match self.format {
            Format::Table | Format::Wide => emit(&details::render(&describe(), self.colored)),
            Format::Json | Format::Yaml => self.document(row),
            Format::Csv => emit(&csv::render(self.headers, std::slice::from_ref(row))?),
            Format::Name => emit(&(row.name() + "\n")),
        }
    }

    /// Prints a document: YAML if that was asked for, else JSON.
    pub fn document<T: Serialize + ?Sized>(&self, value: &T) -> Result<()> {
        let text = match self.format {
            Format::Yaml => serde_yaml_ng::to_string(value).map_err(|error| unwritable(&error))?,
            Format::Json | Format::Table | Format::Wide | Format::Csv | Format::Name => {
                serde_json::to_string_pretty(value).map_err(|error| unwritable(&error))? + "\n"
            }
        };
        emit(&text)
    }

    /// Whether the form is one for people.
    pub fn is_for_people(&self) -> bool {
        match self.format {
            Format::Table | Format::Wide => true,
            Format::Json | Format::Yaml | Format::Csv | Format::Name => false,
        }
    }
}

/// Writes to standard output. A reader that has left is no failure: it has seen what it wanted.
pub fn emit(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(unwritable(&error)),
    }
}

fn unwritable(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Generic, "OUTPUT_FAILED", format!("cannot write the output: {error}"))
}
