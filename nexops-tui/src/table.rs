//! A table's state: what is selected and marked, by id; how it is sorted, filtered, and which columns it shows.
//!
//! Which rows are shown in which order is worked out when rows, order or filter change, not when drawing.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tui_input::Input;
use uuid::Uuid;

use crate::query::{Filterable, Query};
use crate::view::Look;
use crate::widgets::cell::Cell;

/// A column of a table.
#[derive(Debug)]
pub struct Column<R: 'static> {
    /// Its name, in the state file and in messages.
    pub key: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Cells that it needs.
    pub width: u16,
    /// Cells more that it likes, when there is room.
    pub stretch: u16,
    /// Whether it stands on the right of its cells, as numbers do.
    pub right: bool,
    /// Narrow tables leave out the columns of the highest numbers first.
    pub priority: u8,
    /// What stands in it.
    pub cell: fn(&R, &Look<'_>) -> Cell,
    /// Its order; unknown values come last either way.
    pub order: Order<R>,
}

impl<R: 'static> Column<R> {
    /// A column on the left of its cells that takes no more room than it needs.
    #[must_use]
    pub const fn new(
        (key, title): (&'static str, &'static str),
        width: u16,
        priority: u8,
        cell: fn(&R, &Look<'_>) -> Cell,
        order: Order<R>,
    ) -> Self {
        Self { key, title, width, stretch: 0, right: false, priority, cell, order }
    }

    /// The same column, with cells more that it likes.
    #[must_use]
    pub const fn stretch(self, stretch: u16) -> Self {
        Self { stretch, ..self }
    }

    /// The same column, on the right of its cells, as numbers stand.
    #[must_use]
    pub const fn right(self) -> Self {
        Self { right: true, ..self }
    }
}

/// How a column is ordered.
#[derive(Debug)]
pub enum Order<R: 'static> {
    /// By a text.
    Text(fn(&R) -> &str),
    /// By a number, which may not be known.
    Number(fn(&R) -> Option<f64>),
}

/// A time as a number to order by.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
pub fn stamp(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64
}

/// Something that is shown in a table.
pub trait Row: Filterable + Sized + 'static {
    /// Its columns, in their usual order. The first is what the table is sorted by at first.
    const COLUMNS: &'static [Column<Self>];

    /// What tells it from the others.
    fn id(&self) -> Uuid;
}

/// A table's state.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What is remembered between two starts.
    pub kept: Kept,
    /// The filter while it is typed.
    pub typing: Option<Input>,
    /// What is wrong with the filter.
    pub complaint: Option<String>,
    query: Query,
    selected: Option<Uuid>,
    marks: BTreeSet<Uuid>,
    order: Vec<usize>,
    position: usize,
    offset: usize,
    total: usize,
}

/// What is remembered of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The key of the column that it is sorted by; the first where it is empty.
    pub sort: String,
    /// Largest first.
    pub descending: bool,
    /// The filter.
    pub filter: String,
    /// The columns that are shown, in their order; the usual ones where it is empty.
    pub columns: Vec<String>,
}

impl Table {
    /// Works out which rows are shown, in which order. Selection and marks stay with their rows.
    pub fn arrange<R: Row>(&mut self, rows: &[R]) {
        self.total = rows.len();
        match Query::parse::<R>(&self.kept.filter) {
            Ok(query) => {
                self.query = query;
                self.complaint = None;
            }
            // The last filter that could be understood holds while the next is typed.
            Err(complaint) => self.complaint = Some(complaint),
        }
        self.order.clear();
        self.order.extend((0..rows.len()).filter(|index| self.query.accepts(&rows[*index])));
        let column = self.sort_column::<R>();
        let descending = self.kept.descending;
        self.order.sort_by(|one, two| compare(&rows[*one], &rows[*two], column, descending));
        self.marks.retain(|id| rows.iter().any(|row| row.id() == *id));
        let found = self.selected.and_then(|id| self.order.iter().position(|index| rows[*index].id() == id));
        self.position = found.unwrap_or(self.position).min(self.order.len().saturating_sub(1));
        self.selected = self.order.get(self.position).map(|index| rows[*index].id());
    }

    /// The column that the table is sorted by.
    #[must_use]
    pub fn sort_column<R: Row>(&self) -> &'static Column<R> {
        R::COLUMNS.iter().find(|column| column.key == self.kept.sort).unwrap_or(&R::COLUMNS[0])
    }

    /// Sorts by the next column of those that are shown.
    pub fn sort_by_next<R: Row>(&mut self, rows: &[R]) {
        let current = self.sort_column::<R>().key;
        let at = R::COLUMNS.iter().position(|column| column.key == current).unwrap_or(0);
        let next = R::COLUMNS[(at + 1) % R::COLUMNS.len()].key;
        self.sort_by(next, rows);
    }

    /// Sorts by a column; by the one that it is sorted by already, in the other direction.
    pub fn sort_by<R: Row>(&mut self, key: &str, rows: &[R]) {
        if self.sort_column::<R>().key == key {
            self.kept.descending = !self.kept.descending;
        } else {
            let column = R::COLUMNS.iter().find(|column| column.key == key).unwrap_or(&R::COLUMNS[0]);
            key.clone_into(&mut self.kept.sort);
            // Whoever sorts by a figure looks for the largest, unless it is what the table counts by.
            self.kept.descending = matches!(column.order, Order::Number(_)) && column.key != R::COLUMNS[0].key;
        }
        self.arrange(rows);
    }

    /// Sets the filter.
    pub fn filter<R: Row>(&mut self, text: &str, rows: &[R]) {
        text.clone_into(&mut self.kept.filter);
        self.arrange(rows);
    }

    /// Moves the selection by so many rows, not beyond the ends.
    pub fn move_by<R: Row>(&mut self, delta: isize, rows: &[R]) {
        self.select_at(self.position.saturating_add_signed(delta), rows);
    }

    /// Selects the row at a place of the order; the last where it is beyond.
    pub fn select_at<R: Row>(&mut self, position: usize, rows: &[R]) {
        self.position = position.min(self.order.len().saturating_sub(1));
        self.selected = self.order.get(self.position).map(|index| rows[*index].id());
    }

    /// Selects a row by its id, if it is shown.
    pub fn select<R: Row>(&mut self, id: Uuid, rows: &[R]) {
        if let Some(position) = self.order.iter().position(|index| rows[*index].id() == id) {
            self.select_at(position, rows);
        }
    }

    /// The id of the selected row.
    #[must_use]
    pub fn selected(&self) -> Option<Uuid> {
        self.selected
    }

    /// The selected row.
    #[must_use]
    pub fn selected_row<'r, R: Row>(&self, rows: &'r [R]) -> Option<&'r R> {
        let row = rows.get(*self.order.get(self.position)?)?;
        (Some(row.id()) == self.selected).then_some(row)
    }

    /// Marks the selected row, or takes its mark away, and goes on to the next.
    pub fn mark<R: Row>(&mut self, rows: &[R]) {
        if let Some(id) = self.selected {
            if !self.marks.remove(&id) {
                self.marks.insert(id);
            }
            self.move_by(1, rows);
        }
    }

    /// Marks all that are shown; if they are, none.
    pub fn mark_all<R: Row>(&mut self, rows: &[R]) {
        let shown: BTreeSet<Uuid> = self.order.iter().map(|index| rows[*index].id()).collect();
        if shown.is_subset(&self.marks) {
            self.marks.clear();
        } else {
            self.marks.extend(shown);
        }
    }

    /// Takes all marks away.
    pub fn unmark(&mut self) {
        self.marks.clear();
    }

    /// What is marked.
    #[must_use]
    pub fn marks(&self) -> &BTreeSet<Uuid> {
        &self.marks
    }

    /// The places of the rows that are shown, in their order.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The place of the selected row in the order.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// How many rows there are, shown or not.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// The words that the filter looks for.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.query.words()
    }

    /// The first row of a view of this height: as before, but so that the selected one is in view.
    #[must_use]
    pub fn first_in_view(&self, height: usize) -> usize {
        let lowest = (self.position + 1).saturating_sub(height.max(1));
        let highest = self.order.len().saturating_sub(height);
        self.offset.clamp(lowest, self.position.max(lowest)).min(highest.max(lowest))
    }

    /// Notes which row was drawn first.
    pub fn drawn_from(&mut self, offset: usize) {
        self.offset = offset;
    }

    /// The columns that are wanted, in their order.
    #[must_use]
    pub fn columns<R: Row>(&self) -> Vec<&'static Column<R>> {
        let chosen: Vec<_> =
            self.kept.columns.iter().filter_map(|key| R::COLUMNS.iter().find(|column| column.key == key)).collect();
        if chosen.is_empty() { R::COLUMNS.iter().collect() } else { chosen }
    }
}

fn compare<R: Row>(one: &R, two: &R, column: &Column<R>, descending: bool) -> Ordering {
    let turn = |order: Ordering| if descending { order.reverse() } else { order };
    let order = match column.order {
        Order::Text(text) => turn(natural(text(one), text(two))),
        Order::Number(number) => match (number(one), number(two)) {
            (Some(one), Some(two)) => turn(one.total_cmp(&two)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        },
    };
    order.then_with(|| one.id().cmp(&two.id()))
}

/// Texts as people order them: in any case of letters.
fn natural(one: &str, two: &str) -> Ordering {
    let lower = |text: &str| text.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>();
    if one.is_ascii() && two.is_ascii() {
        return one.bytes().map(|b| b.to_ascii_lowercase()).cmp(two.bytes().map(|b| b.to_ascii_lowercase()));
    }
    lower(one).cmp(&lower(two))
}

#[cfg(test)]
mod tests;
