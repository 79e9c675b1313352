//! Names with their values, line by line; what is long goes on in the next lines.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::text::{fit, put, width, wrap};
use crate::theme::Role;
use crate::view::Look;

/// The most cells that names take.
const WIDEST_NAME: u16 = 14;

/// A name with its value.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The name; empty for a value that stands for itself.
    pub name: String,
    /// The value.
    pub value: String,
    /// How the value is meant.
    pub role: Role,
}

impl Fact {
    /// A fact of the usual kind.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), role: Role::Text }
    }

    /// The same fact, meant like this.
    #[must_use]
    pub fn meant(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

/// Draws facts from a line on, and gives the furthest line that makes sense to begin with.
pub fn facts(frame: &mut Frame<'_>, area: Rect, facts: &[Fact], scroll: u16, look: &Look<'_>) -> u16 {
    let named = facts.iter().map(|fact| width(&fact.name)).max().unwrap_or(0).min(WIDEST_NAME);
    let column = if named == 0 { 1 } else { named + 2 };
    let room = area.width.saturating_sub(column + 1).max(1);
    let mut lines: Vec<(&str, u16, String, Role)> = Vec::new();
    for fact in facts {
        let mut name = fact.name.as_str();
        let column = if name.is_empty() { 1 } else { column };
        // What stands for itself has the whole width.
        let wrapped = wrap(&fact.value, if name.is_empty() { area.width.saturating_sub(2).max(1) } else { room });
        if wrapped.is_empty() {
            lines.push((name, column, String::new(), fact.role));
        }
        for line in wrapped {
            lines.push((name, column, line, fact.role));
            name = "";
        }
    }
    let furthest = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(area.height);
    let first = usize::from(scroll.min(furthest));
    let buffer = frame.buffer_mut();
    for (y, (name, column, value, role)) in (area.y..area.bottom()).zip(lines.iter().skip(first)) {
        let name = fit(name, named, look.symbols.ellipsis());
        put(buffer, area, area.x + 1, y, &name, look.theme.text(Role::Muted));
        put(buffer, area, area.x + column, y, value, look.theme.text(*role));
    }
    furthest
}
