//! Data on standard output, in the form that was asked for.

pub mod chart;
mod columns;
pub mod csv;
pub mod details;
pub mod table;

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use nexops_core::usage::Usage;
use serde::Serialize;

use crate::cli::Format;
use crate::color::Tone;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;

/// How data is printed.
#[derive(Debug, Clone)]
pub struct Output {
    /// The form.
    pub format: Format,
    /// Whether tables and CSV begin with a header row.
    pub headers: bool,
    /// Whether colours are welcome.
    pub colored: bool,
    /// The columns that are wanted and no others; empty for those of the form.
    pub columns: Vec<String>,
    /// Whether somebody looks at a terminal that can be drawn on.
    pub terminal: bool,
    /// How many letters a line of that terminal holds; `None` where nobody has to fit into one.
    pub width: Option<usize>,
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

/// A thing that can be printed in every form, and of which a list can be filtered and watched.
pub trait Row: Serialize + Sized + 'static {
    /// Columns of `table`.
    const NARROW: &'static [Column<Self>];
    /// Columns that `wide` adds.
    const WIDE: &'static [Column<Self>];
    /// Columns of `csv`, and what `--filter` and `--columns` can name.
    const FIELDS: &'static [Field<Self>];

    /// What other commands call it.
    fn name(&self) -> String;

    /// The connection that it is seen through and its current figures, where there are any.
    fn observed(&self) -> Option<(&str, &Usage)> {
        None
    }
}

impl Output {
    /// Prints a list.
    pub fn list<T: Row>(&self, rows: &[T]) -> Result<()> {
        emit(&self.text(rows)?)
    }

    /// A list as it is printed.
    pub fn text<T: Row>(&self, rows: &[T]) -> Result<String> {
        match self.format {
            Format::Table => table::render(self, rows, &[T::NARROW]),
            Format::Wide => table::render(self, rows, &[T::NARROW, T::WIDE]),
            Format::Json | Format::Yaml | Format::Jsonl if self.columns.is_empty() => self.document_text(rows),
            Format::Json | Format::Yaml | Format::Jsonl => self.document_text(&columns::picked(&self.columns, rows)?),
            Format::Csv => csv::render(self.headers, rows, &columns::fields(&self.columns)?),
            Format::Name if self.columns.is_empty() => Ok(rows.iter().map(|row| row.name() + "\n").collect()),
            Format::Name => Err(Failure::new(Exit::Usage, "USAGE", "-o name prints names and no columns")
                .with_hint("leave -o name or -c out")),
        }
    }

    /// Prints one thing; `describe` makes the description for people.
    pub fn one<T: Row>(&self, row: &T, describe: impl FnOnce() -> Vec<(&'static str, Cell)>) -> Result<()> {
        match self.format {
            Format::Table | Format::Wide if self.columns.is_empty() => {
                emit(&details::render(&describe(), self.colored))
            }
            Format::Json | Format::Yaml | Format::Jsonl if self.columns.is_empty() => self.document(row),
            Format::Json | Format::Yaml | Format::Jsonl => {
                self.document(&columns::picked(&self.columns, std::slice::from_ref(row))?.pop())
            }
            Format::Table | Format::Wide | Format::Csv | Format::Name => self.list(std::slice::from_ref(row)),
        }
    }

    /// Prints one thing that is not of a list: a description for people, or a document.
    pub fn thing<T: Serialize>(&self, value: &T, describe: impl FnOnce() -> Vec<(&'static str, Cell)>) -> Result<()> {
        if self.is_for_people() { emit(&details::render(&describe(), self.colored)) } else { self.document(value) }
    }

    /// Prints a document: YAML or JSON lines if that was asked for, else JSON.
    pub fn document<T: Serialize + ?Sized>(&self, value: &T) -> Result<()> {
        emit(&self.document_text(value)?)
    }

    fn document_text<T: Serialize + ?Sized>(&self, value: &T) -> Result<String> {
        match self.format {
            Format::Yaml => serde_yaml_ng::to_string(value).map_err(|error| unwritable(&error)),
            Format::Jsonl => match serde_json::to_value(value).map_err(|error| unwritable(&error))? {
                serde_json::Value::Array(list) => Ok(list.iter().map(|one| format!("{one}\n")).collect()),
                one => Ok(format!("{one}\n")),
            },
            Format::Json | Format::Table | Format::Wide | Format::Csv | Format::Name => {
                Ok(serde_json::to_string_pretty(value).map_err(|error| unwritable(&error))? + "\n")
            }
        }
    }

    /// Whether the form is one for people.
    pub fn is_for_people(&self) -> bool {
        match self.format {
            Format::Table | Format::Wide => true,
            Format::Json | Format::Jsonl | Format::Yaml | Format::Csv | Format::Name => false,
        }
    }
}

/// Writes to standard output. A reader that has left is no failure: it has seen what it wanted.
pub fn emit(text: &str) -> Result<()> {
    write(text).map(|_is_read| ())
}

/// Writes to standard output, and says whether anybody reads it still.
pub fn write(text: &str) -> Result<bool> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(unwritable(&error)),
    }
}

fn unwritable(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Generic, "OUTPUT_FAILED", format!("cannot write the output: {error}"))
}
