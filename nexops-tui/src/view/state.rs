//! What stands where data is awaited, missing, or old.

use chrono::{DateTime, Utc};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Look;
use crate::remote::{Remote, View};
use crate::theme::Role;
use crate::widgets::text::{put, width, wrap};

/// A value to show, and when it came.
#[derive(Debug)]
pub struct Shown<'r, T> {
    /// The value.
    pub value: &'r T,
    /// When it came.
    pub at: DateTime<Utc>,
}

/// The value, if there is one; else says in its place that it is awaited, or why it could not be had.
pub fn show<'r, T>(
    remote: Option<&'r Remote<T>>,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) -> Option<Shown<'r, T>> {
    match remote.map(Remote::view) {
        Some(View::Ready(seen, _)) => Some(Shown { value: &seen.value, at: seen.at }),
        Some(View::Failed(failure)) => {
            sentence(frame, area, &failure.message, Role::Warning, look);
            None
        }
        Some(View::Loading) | None => {
            skeleton(frame, area, look);
            None
        }
    }
}

/// A sentence in the middle of an area.
pub fn sentence(frame: &mut Frame<'_>, area: Rect, text: &str, role: Role, look: &Look<'_>) {
    let lines = wrap(text, area.width.saturating_sub(4).max(1));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height);
    let top = area.y + (area.height - height) / 2;
    for (y, line) in (top..area.bottom()).zip(&lines) {
        let x = area.x + area.width.saturating_sub(width(line)) / 2;
        put(frame.buffer_mut(), area, x, y, line, look.theme.text(role));
    }
}

/// Dotted lines where the data will stand.
pub fn skeleton(frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let dots = look.symbols.rest().repeat(usize::from(area.width) * 2 / 3);
    for y in (area.y..area.bottom()).step_by(2).take(6) {
        put(frame.buffer_mut(), area, area.x + 1, y, &dots, look.theme.text(Role::Faint));
    }
}
