//! The names of a screen's panes, in a line above them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::text::{put, width};
use crate::theme::Role;
use crate::view::{Drawn, Hit, Look};

/// Draws the names, the one that has the keys lit.
pub fn tabs(frame: &mut Frame<'_>, area: Rect, names: &[String], lit: usize, look: &Look<'_>, drawn: &mut Drawn) {
    let buffer = frame.buffer_mut();
    let mut x = area.x + 1;
    for (number, name) in names.iter().enumerate() {
        if number > 0 {
            x = put(buffer, area, x, area.y, &format!(" {} ", look.symbols.bar()), look.theme.text(Role::Faint));
        }
        let style = if number == lit {
            look.theme.text(Role::Accent).add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        } else {
            look.theme.text(Role::Muted)
        };
        drawn.hits.push((Rect { x, width: width(name), height: 1, ..area }, Hit::Pane(number)));
        x = put(buffer, area, x, area.y, name, style);
    }
}
