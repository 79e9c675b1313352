//! What is looked at: one file a screen.

pub mod charts;
pub mod dashboard;
pub mod infrastructure;
pub mod node;
pub mod tasks;
pub mod vm;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::table::Table;
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::text::{fit, put};

/// The heading of a table's panel: how many rows there are, and how many a filter leaves.
#[must_use]
pub fn table_title(name: &str, table: &Table, look: &Look<'_>) -> String {
    let total = table.total();
    let shown =
        if table.order().len() == total { total.to_string() } else { format!("{}/{total}", table.order().len()) };
    let filter = table.kept.filter.trim();
    if filter.is_empty() || table.typing.is_some() {
        format!("{name} {shown}")
    } else {
        format!("{name} {shown} {} /{filter}", look.symbols.dot())
    }
}

/// Draws the filter while it is typed, and gives the room below it.
pub fn filter_line(frame: &mut Frame<'_>, area: Rect, table: &Table, look: &Look<'_>) -> Rect {
    let Some(input) = &table.typing else { return area };
    let buffer = frame.buffer_mut();
    let x = put(buffer, area, area.x + 1, area.y, "/", look.theme.text(Role::Accent));
    let x = put(buffer, area, x, area.y, input.value(), look.theme.text(Role::Strong));
    let x = put(buffer, area, x, area.y, look.symbols.selected(), look.theme.text(Role::Accent));
    let (words, role) = match &table.complaint {
        Some(complaint) => (complaint.as_str(), Role::Warning),
        None if input.value().is_empty() => ("text  !text  state:running  cpu>80  node:pve1  tag:web", Role::Faint),
        None => ("", Role::Faint),
    };
    let words = fit(words, area.right().saturating_sub(x + 3), look.symbols.ellipsis());
    put(buffer, area, x + 2, area.y, &words, look.theme.text(role));
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
