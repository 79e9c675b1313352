//! A screen without a terminal: as cells, and as text.

use std::fmt::Write;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::model::Model;
use crate::view::{Drawn, view};

/// The cells of the screen.
#[must_use]
pub fn buffer(model: &Model) -> Buffer {
    render(model).0
}

/// The cells of the screen, and where what was drawn.
#[must_use]
pub fn render(model: &Model) -> (Buffer, Drawn) {
    let (columns, rows) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap_or_else(|never| match never {});
    // Drawing through the terminal would look for what differs from nothing, and copy every cell twice.
    let drawn = view(model, &mut terminal.get_frame());
    (std::mem::take(terminal.current_buffer_mut()), drawn)
}

/// The screen as lines of text, without the spaces at their ends.
#[must_use]
pub fn text(model: &Model) -> String {
    let buffer = buffer(model);
    let mut text = String::new();
    for y in buffer.area.y..buffer.area.bottom() {
        let line: String = (buffer.area.x..buffer.area.right()).map(|x| buffer[(x, y)].symbol()).collect();
        let _infallible = writeln!(text, "{}", line.trim_end());
    }
    text
}
