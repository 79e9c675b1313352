//! Tables: keeping them arranged, and moving in them.

use nexops_core::vm::Vm;

use crate::keymap::Action;
use crate::model::{Model, Screen};
use crate::remote::Remote;
use crate::table::{Row, Table};
use crate::view::Pane;

/// Works out anew what a table shows.
pub fn arrange(model: &mut Model, pane: Pane) {
    with_rows(model, pane, Work::Arrange);
}

/// The table that has the keys.
#[must_use]
pub fn focused(model: &Model) -> Option<Pane> {
    if model.drawer {
        return Some(Pane::Tasks);
    }
    match (model.screen, model.pane) {
        (Screen::Dashboard, _) => Some(Pane::Top),
        (Screen::Infrastructure, 0) => Some(Pane::Vms),
        (Screen::Infrastructure, _) => Some(Pane::Nodes),
        (Screen::Services, _) => Some(Pane::Services),
        (Screen::Alerts, 0) => Some(Pane::Alerts),
        (Screen::Alerts, 1) => Some(Pane::AlertHistory),
        (Screen::Alerts, 2) => Some(Pane::Rules),
        (Screen::Alerts, _) => Some(Pane::Silences),
        (Screen::Settings, 0) => Some(Pane::Connections),
        (Screen::Settings, 1) => Some(Pane::Channels),
        (Screen::Audit, _) => Some(Pane::Audit),
        (Screen::Settings | Screen::Node(_) | Screen::Vm(_) | Screen::Service(_) | Screen::Task(_), _) => None,
    }
}

/// The state of a table.
pub fn table_mut(model: &mut Model, pane: Pane) -> &mut Table {
    model.tables.of_mut(pane)
}

/// Does something with a table and its rows.
pub fn with_rows(model: &mut Model, pane: Pane, work: impl RowWork) {
    fn on<R: Row>(work: impl RowWork, table: &mut Table, list: &Remote<Vec<R>>) {
        if let Some(seen) = list.seen() {
            work.on(table, &seen.value);
        }
    }
    let Model { tables, store, .. } = model;
    match pane {
        Pane::Vms => on(work, &mut tables.vms, &store.vms),
        Pane::Nodes => on(work, &mut tables.nodes, &store.nodes),
        Pane::Tasks => on(work, &mut tables.tasks, &store.tasks),
        Pane::Services => on(work, &mut tables.services, &store.services),
        Pane::Alerts => on(work, &mut tables.alerts, &store.alerts),
        Pane::AlertHistory => on(work, &mut tables.alert_history, &store.alert_history),
        Pane::Rules => on(work, &mut tables.rules, &store.rules),
        Pane::Silences => on(work, &mut tables.silences, &store.silences),
        Pane::Audit => on(work, &mut tables.audit, &store.audit),
        Pane::Connections => on(work, &mut tables.connections, &store.connections),
        Pane::Channels => on(work, &mut tables.channels, &store.channels),
        Pane::Top => {
            if let Some(seen) = store.overview.seen() {
                work.on(&mut tables.top, &seen.value.top_vms);
            }
        }
    }
}

/// Something that is done with a table, whatever its rows are.
pub trait RowWork {
    /// Does it.
    fn on<R: Row>(self, table: &mut Table, rows: &[R]);
}

/// A movement, or another thing that every table can do.
#[derive(Debug, Clone, Copy)]
pub enum Work<'w> {
    /// What a key does, where a page has so many rows.
    Key(Action, usize),
    /// Selects a row.
    Select(uuid::Uuid),
    /// Sorts by a column.
    SortBy(&'w str),
    /// Sets the filter.
    Filter(&'w str),
    /// Moves by so many rows.
    Scroll(isize),
    /// Works it out anew.
    Arrange,
}

impl RowWork for Work<'_> {
    fn on<R: Row>(self, table: &mut Table, rows: &[R]) {
        match self {
            Self::Key(action, page) => key(table, rows, action, page),
            Self::Select(id) => table.select(id, rows),
            Self::SortBy(column) => table.sort_by(column, rows),
            Self::Filter(text) => table.filter(text, rows),
            Self::Scroll(delta) => table.move_by(delta, rows),
            Self::Arrange => table.arrange(rows),
        }
    }
}

fn key<R: Row>(table: &mut Table, rows: &[R], action: Action, page: usize) {
    let page = isize::try_from(page.max(2) - 1).unwrap_or(isize::MAX);
    match action {
        Action::Up => table.move_by(-1, rows),
        Action::Down => table.move_by(1, rows),
        Action::PageUp => table.move_by(-page, rows),
        Action::PageDown => table.move_by(page, rows),
        Action::First => table.select_at(0, rows),
        Action::Last => table.select_at(usize::MAX, rows),
        Action::Sort => table.sort_by_next(rows),
        Action::SortReverse => {
            let column = table.sort_column::<R>().key;
            table.sort_by(column, rows);
        }
        Action::Mark => table.mark(rows),
        Action::MarkAll => table.mark_all(rows),
        _other => {}
    }
}

/// Whether a key is for the table that has the keys.
#[must_use]
pub const fn is_for_tables(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Sort
            | Action::SortReverse
            | Action::Mark
            | Action::MarkAll
    )
}

/// The guests that an action is meant for: those that are marked, else the one that is selected or shown.
#[must_use]
pub fn meant(model: &Model) -> Vec<&Vm> {
    let Some(seen) = model.store.vms.seen() else { return Vec::new() };
    match (model.screen, focused(model)) {
        (Screen::Vm(id), _) => seen.value.iter().filter(|vm| vm.id == id).collect(),
        (Screen::Infrastructure, Some(Pane::Vms)) => {
            let marks = model.tables.vms.marks();
            if marks.is_empty() {
                model.tables.vms.selected_row(&seen.value).into_iter().collect()
            } else {
                seen.value.iter().filter(|vm| marks.contains(&vm.id.0)).collect()
            }
        }
        (Screen::Dashboard, Some(Pane::Top)) => {
            let selected = model.tables.top.selected();
            seen.value.iter().filter(|vm| Some(vm.id.0) == selected).collect()
        }
        (
            Screen::Dashboard
            | Screen::Infrastructure
            | Screen::Node(_)
            | Screen::Services
            | Screen::Service(_)
            | Screen::Alerts
            | Screen::Settings
            | Screen::Audit
            | Screen::Task(_),
            _,
        ) => Vec::new(),
    }
}
