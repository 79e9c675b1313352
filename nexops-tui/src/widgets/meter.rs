//! Meters and rows of levels.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::text::put;
use crate::theme::Role;
use crate::view::Look;

/// From here on a figure is worth a look.
pub const WARNING_FROM: f64 = 75.0;
/// From here on it is critical.
pub const CRITICAL_FROM: f64 = 90.0;

/// The role of a percentage.
#[must_use]
pub fn role_of(percent: Option<f64>) -> Role {
    match percent {
        Some(percent) if percent >= CRITICAL_FROM => Role::Critical,
        Some(percent) if percent >= WARNING_FROM => Role::Warning,
        Some(_) => Role::Accent,
        None => Role::Faint,
    }
}

/// Draws a meter over the whole width of a line: filled in eighths of a cell, the rest dotted.
pub fn meter(buffer: &mut Buffer, area: Rect, percent: Option<f64>, role: Role, look: &Look<'_>) {
    let filled = look.theme.text(role);
    let empty = look.theme.text(Role::Faint);
    let cells = f64::from(area.width) * percent.unwrap_or(0.0).clamp(0.0, 100.0) / 100.0;
    for column in 0..area.width {
        let part = cells - f64::from(column);
        let (sign, style) = match eighths(part) {
            0 => (look.symbols.rest(), empty),
            count => (look.symbols.eighths()[count - 1], filled),
        };
        put(buffer, area, area.x + column, area.y, sign, style);
    }
}

/// How many eighths of a cell a part fills, 0..=8.
fn eighths(part: f64) -> usize {
    let scaled = (part * 8.0).round().clamp(0.0, 8.0);
    (0..=8_u32).rev().find(|count| f64::from(*count) <= scaled).unwrap_or(0) as usize
}

/// Draws levels, one a cell, the newest on the right; what was not measured stays empty.
pub fn levels(buffer: &mut Buffer, area: Rect, values: &[Option<f64>], role: Role, look: &Look<'_>) {
    let shown = &values[values.len().saturating_sub(usize::from(area.width))..];
    let begin = area.right().saturating_sub(u16::try_from(shown.len()).unwrap_or(area.width));
    for (column, value) in (begin..).zip(shown) {
        if let Some(value) = value {
            let level = eighths(value.clamp(0.0, 1.0)).max(1);
            put(buffer, area, column, area.y, look.symbols.levels()[level - 1], look.theme.text(role));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_cell_are_counted_in_eighths() {
        for (part, expected) in [(-1.0, 0), (0.0, 0), (0.06, 0), (0.07, 1), (0.5, 4), (0.99, 8), (3.0, 8)] {
            assert_eq!(eighths(part), expected, "{part}");
        }
    }
}
