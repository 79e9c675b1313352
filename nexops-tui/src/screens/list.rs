//! A list in a panel: a table with its filter, or why there is nothing in it.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{filter_line, table_title};
use crate::model::Model;
use crate::remote::Remote;
use crate::table::Row;
use crate::theme::Role;
use crate::view::{Drawn, Look, Pane, sentence, show};
use crate::widgets::panel::panel;
use crate::widgets::table::table;

/// What a list is, and what it says when it is empty.
#[derive(Debug)]
pub struct Shown<'s> {
    /// Which table it is.
    pub pane: Pane,
    /// Its heading.
    pub name: &'s str,
    /// What stands at the right of the heading.
    pub summary: &'s str,
    /// Why there is nothing, and what to do about it.
    pub empty: &'s str,
    /// What it says when the filter leaves nothing.
    pub none_fits: &'s str,
}

/// Draws the list.
pub fn draw<R: Row>(
    shown: &Shown<'_>,
    list: &Remote<Vec<R>>,
    model: &Model,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
    drawn: &mut Drawn,
) {
    let state = model.tables.of(shown.pane);
    let focused = crate::update::focused(model) == Some(shown.pane);
    let title = table_title(shown.name, state, look);
    let inner = panel(frame, area, &title, shown.summary, focused, look);
    let inner = filter_line(frame, inner, state, R::PROPERTIES, look);
    let Some(seen) = show(Some(list), frame, inner, look) else { return };
    if seen.value.is_empty() {
        sentence(frame, inner, shown.empty, Role::Muted, look);
    } else if state.order().is_empty() {
        sentence(frame, inner, shown.none_fits, Role::Muted, look);
    } else {
        table(frame, inner, shown.pane, seen.value, state, look, drawn);
    }
}
