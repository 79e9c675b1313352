//! A form over the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::panel;
use super::text::{fit, put, put_right, wrap};
use crate::form::{Form, Value};
use crate::theme::Role;
use crate::view::{Drawn, Look};

/// Cells of a form.
const WIDTH: u16 = 72;
/// Lines below the fields, for what may stand in the field that has the keys or what is wrong with it.
const HELP: u16 = 2;
/// Cells of the names of fields.
const LABEL: u16 = 20;

/// Draws a form in the middle. What does not fit in height is scrolled so that the field with the keys is in view.
pub fn draw(form: &Form, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let columns = WIDTH.min(area.width.saturating_sub(2));
    let complaint = form.complaint.as_deref().map(|text| wrap(text, columns - 4)).unwrap_or_default();
    let hint = if form.hint.is_empty() { Vec::new() } else { wrap(&form.hint, columns - 4) };
    let around = u16::try_from(complaint.len() + hint.len()).unwrap_or(0) + 5 + HELP;
    let visible = form.visible();
    let lines = u16::try_from(visible.len()).unwrap_or(0) + 1;
    let rows = (lines + around).min(area.height);
    let place = crate::view::centered(area, columns, rows);
    let inner = panel::dialog(frame, place, &form.title, Role::Accent, look);
    let mut y = inner.y;
    for line in &hint {
        put(frame.buffer_mut(), inner, inner.x + 1, y, line, look.theme.text(Role::Muted));
        y += 1;
    }
    y += 1;
    let below = u16::try_from(complaint.len()).unwrap_or(0) + 2 + HELP;
    let room = usize::from(inner.bottom().saturating_sub(y + below)).max(1);
    let focused_at = visible.iter().position(|place| *place == form.focus).unwrap_or(0);
    let first = (focused_at + 1).saturating_sub(room);
    for (number, field) in visible.iter().skip(first).take(room).map(|place| (*place, &form.fields[*place])) {
        let line = Rect { y, height: 1, ..inner };
        draw_field(form, number, frame, line, look);
        if let Some(complaint) = &field.complaint {
            let text = format!("{} {complaint}", look.symbols.failed());
            let text = fit(&text, line.width.saturating_sub(LABEL + 4) / 2, look.symbols.ellipsis());
            put_right(
                frame.buffer_mut(),
                Rect { width: line.width - 1, ..line },
                y,
                &text,
                look.theme.text(Role::Critical),
            );
        }
        y += 1;
    }
    let focused = form.fields.get(form.focus);
    let said = focused.and_then(|field| field.complaint.as_deref());
    let help = said.or(focused.map(|field| &*field.help)).unwrap_or_default();
    let help_role = if said.is_some() { Role::Critical } else { Role::Muted };
    let buffer = frame.buffer_mut();
    for (y, line) in (y + 1..y + 1 + HELP).zip(wrap(help, inner.width.saturating_sub(2))) {
        put(buffer, inner, inner.x + 1, y, &line, look.theme.text(help_role));
    }
    for (y, line) in (y + 1 + HELP..).zip(&complaint) {
        put(buffer, inner, inner.x + 1, y, line, look.theme.text(Role::Critical));
    }
    let verb = if form.sent.is_some() { " sending ".to_owned() } else { format!(" {} ", form.verb) };
    crate::view::buttons(frame, inner, &verb, Role::Accent, true, look, drawn);
}

fn draw_field(form: &Form, number: usize, frame: &mut Frame<'_>, line: Rect, look: &Look<'_>) {
    let field = &form.fields[number];
    let focused = number == form.focus;
    let buffer = frame.buffer_mut();
    if focused {
        buffer.set_style(line, look.theme.selected());
        put(buffer, line, line.x, line.y, look.symbols.selected(), look.theme.text(Role::Accent));
    }
    let label = fit(field.label, LABEL, look.symbols.ellipsis());
    put(buffer, line, line.x + 1, line.y, &label, look.theme.text(if focused { Role::Strong } else { Role::Muted }));
    let x = line.x + LABEL + 2;
    let room = line.right().saturating_sub(x + 2);
    let typed = |text: String, cursor: usize| {
        // The end that is typed at stays in view.
        let cells: Vec<char> = text.chars().collect();
        let from = (cursor + 1).saturating_sub(usize::from(room));
        (cells[from.min(cells.len())..].iter().collect::<String>(), cursor - from.min(cursor))
    };
    let (text, cursor) = match &field.value {
        Value::Text(input) => {
            let (text, cursor) = typed(input.value().to_owned(), input.cursor());
            (text, Some(cursor))
        }
        Value::Secret(input) => {
            let dots = if look.symbols == crate::symbols::Symbols::Ascii { "*" } else { "•" };
            let (text, cursor) = typed(dots.repeat(input.value().chars().count()), input.cursor());
            (text, Some(cursor))
        }
        Value::Choice(words, place) => {
            let word = words.get(*place).map_or("", String::as_str);
            let (before, after) = look.symbols.choices();
            (if focused { format!("{before} {word} {after}") } else { word.to_owned() }, None)
        }
        Value::Toggle(on) => ((if *on { "[x]" } else { "[ ]" }).to_owned(), None),
    };
    put(buffer, line, x, line.y, &fit(&text, room, ""), look.theme.text(Role::Text));
    if let Some(cursor) = cursor.filter(|_| focused) {
        let column = x + u16::try_from(cursor).unwrap_or(0).min(room);
        let place = Rect { x: column, width: 1, ..line }.intersection(line);
        buffer.set_style(place, look.theme.text(Role::Accent).add_modifier(Modifier::REVERSED));
    }
}
