//! The keys, as the table of keys has them: over the screen, and as the page in the documentation.

use std::fmt::Write;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::Look;
use crate::keymap::{BINDINGS, Chord, Keymap, Scope};
use crate::model::Model;
use crate::symbols::Symbols;
use crate::theme::Role;
use crate::update::{screen_scopes, would_offer};
use crate::widgets::panel;
use crate::widgets::text::put;

/// Draws the keys that do something on the screen beneath, the innermost scope first, and gives how far that can be
/// scrolled.
pub fn draw(model: &Model, at: u16, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) -> u16 {
    let place = super::centered(area, area.width.saturating_sub(4).min(96), area.height.saturating_sub(2));
    let inner = panel::dialog(frame, place, "Keys", Role::Accent, look);
    let mut lines: Vec<(String, &str, Role)> = Vec::new();
    let scopes = screen_scopes(model);
    for (depth, scope) in scopes.iter().enumerate() {
        // A key that an inner scope takes does not come here.
        let taken =
            |chord: &Chord| scopes[..depth].iter().any(|inner| model.keymap.action(&[*inner], *chord).is_some());
        let rows = model.keymap.rows().iter().filter(|row| row.binding.scope == *scope);
        let rows: Vec<(String, &str, Role)> = rows
            .filter(|row| would_offer(model, row.binding.action))
            .filter_map(|row| {
                let keys: Vec<String> =
                    row.chords.iter().filter(|chord| !taken(chord)).map(|chord| chord.label(look.symbols)).collect();
                (!keys.is_empty()).then(|| (keys.join(" "), row.binding.help, Role::Strong))
            })
            .collect();
        if !rows.is_empty() {
            lines.push((scope.title().to_owned(), "", Role::Accent));
            lines.extend(rows);
            lines.push((String::new(), "", Role::Text));
        }
    }
    lines.push(("docs/keys.md".to_owned(), "has the keys of all screens", Role::Muted));
    let furthest = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(inner.height);
    let first = usize::from(at.min(furthest));
    let buffer = frame.buffer_mut();
    for (y, (keys, help, role)) in (inner.y..inner.bottom()).zip(lines.iter().skip(first)) {
        put(buffer, inner, inner.x + 1, y, keys, look.theme.text(*role));
        put(buffer, inner, inner.x + 22, y, help, look.theme.text(Role::Text));
    }
    furthest
}

/// Those scopes first, the innermost first; then the others.
fn ordered(here: &[Scope]) -> Vec<Scope> {
    let mut all = here.to_vec();
    for binding in BINDINGS {
        if !all.contains(&binding.scope) {
            all.push(binding.scope);
        }
    }
    all
}

/// The page of the documentation: every key, in Markdown.
#[must_use]
pub fn keys_page() -> String {
    let keymap = Keymap::default();
    let mut page = String::from(
        "# Keys of the terminal UI\n\nWritten by `nexops-tui --keys`. Any of them can be given other keys in the \
         configuration file,\nby the name of its action.\n",
    );
    for scope in ordered(&[]) {
        let _infallible = write!(page, "\n## {}\n\n| keys | action | what it does |\n|---|---|---|\n", scope.title());
        for row in keymap.rows().iter().filter(|row| row.binding.scope == scope) {
            let keys: Vec<String> =
                row.chords.iter().map(|chord| format!("`{}`", chord.label(Symbols::Unicode))).collect();
            let keys = keys.join(" ").replace('|', "\\|");
            let _infallible = writeln!(page, "| {keys} | `{}` | {} |", row.binding.action.name(), row.binding.help);
        }
    }
    page
}
