//! What is looked at: one file a screen.

pub mod alerts;
pub mod audit;
pub mod charts;
pub mod dashboard;
pub mod infrastructure;
pub mod list;
pub mod node;
pub mod service;
pub mod services;
pub mod settings;
pub mod task;
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

/// Draws the filter while it is typed, and gives the room below it. Of the properties that can be asked for some are
/// named.
pub fn filter_line(
    frame: &mut Frame<'_>,
    area: Rect,
    table: &Table,
    properties: &[&'static str],
    look: &Look<'_>,
) -> Rect {
    let Some(input) = &table.typing else { return area };
    let buffer = frame.buffer_mut();
    let x = put(buffer, area, area.x + 1, area.y, "/", look.theme.text(Role::Accent));
    let x = put(buffer, area, x, area.y, input.value(), look.theme.text(Role::Strong));
    let x = put(buffer, area, x, area.y, look.symbols.selected(), look.theme.text(Role::Accent));
    let (words, role) = match &table.complaint {
        Some(complaint) => (complaint.clone(), Role::Warning),
        None if input.value().is_empty() => (format!("text  !text  {}:", properties.join(":  ")), Role::Faint),
        None => (String::new(), Role::Faint),
    };
    let words = fit(&words, area.right().saturating_sub(x + 3), look.symbols.ellipsis());
    put(buffer, area, x + 2, area.y, &words, look.theme.text(role));
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
