//! What lies over a screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Drawn, Hit, Look, help};
use crate::format::moment;
use crate::model::Model;
use crate::model::modal::{Columns, Confirm, Modal, Report};
use crate::model::toast::Tone;
use crate::palette::{Palette, SHOWN};
use crate::theme::Role;
use crate::widgets::facts::{Fact, facts};
use crate::widgets::text::{fit, put, put_right, width, wrap};
use crate::widgets::{form, panel};

/// Draws a modal.
pub fn draw(model: &Model, modal: &Modal, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    match modal {
        Modal::Help(at) => drawn.furthest = help::draw(model, *at, frame, area, look),
        Modal::Messages(at) => drawn.furthest = messages(model, *at, frame, area, look),
        Modal::Report(report) => drawn.furthest = draw_report(report, frame, area, look),
        Modal::Palette(palette) => draw_palette(palette, frame, area, look),
        Modal::Confirm(confirm) => draw_confirm(confirm, frame, area, look, drawn),
        Modal::Columns(columns) => draw_columns(columns, frame, area, look),
        Modal::Form(form) => form::draw(form, frame, area, look, drawn),
    }
}

/// A rectangle of this size in the middle, never larger than the area.
#[must_use]
pub fn centered(area: Rect, columns: u16, rows: u16) -> Rect {
    let (columns, rows) = (columns.min(area.width), rows.min(area.height));
    Rect { x: area.x + (area.width - columns) / 2, y: area.y + (area.height - rows) / 2, width: columns, height: rows }
}

fn draw_confirm(confirm: &Confirm, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let columns = 66.min(area.width.saturating_sub(4));
    let lines: Vec<String> = confirm.lines.iter().flat_map(|line| wrap(line, columns.saturating_sub(4))).collect();
    let shown = &lines[..lines.len().min(usize::from(area.height.saturating_sub(7)))];
    let harsh = confirm.typed.is_some();
    let rows = u16::try_from(shown.len()).unwrap_or(0) + 4 + u16::from(harsh);
    let role = if harsh { Role::Critical } else { Role::Accent };
    let inner = panel::dialog(frame, centered(area, columns, rows), &confirm.title, role, look);
    let buffer = frame.buffer_mut();
    let mut y = inner.y;
    for line in shown {
        put(buffer, inner, inner.x + 1, y, line, look.theme.text(Role::Text));
        y += 1;
    }
    if let Some((wanted, input)) = &confirm.typed {
        let question = format!("Type {wanted} to go on: ");
        let x = put(buffer, inner, inner.x + 1, y, &question, look.theme.text(Role::Muted));
        let x = put(buffer, inner, x, y, input.value(), look.theme.text(Role::Strong));
        put(buffer, inner, x, y, look.symbols.selected(), look.theme.text(Role::Accent));
    }
    let ready = confirm.is_ready();
    let agreed = if harsh { ready } else { confirm.agreed };
    let act_role = if ready { role } else { Role::Faint };
    let verb = format!(" {} ", confirm.verb);
    buttons(frame, inner, &verb, act_role, agreed, look, drawn);
}

/// Draws the two buttons of a dialog at its lower right: the one that does nothing on the left.
pub fn buttons(
    frame: &mut Frame<'_>,
    inner: Rect,
    verb: &str,
    role: Role,
    agreed: bool,
    look: &Look<'_>,
    drawn: &mut Drawn,
) {
    let cancel = " Cancel ";
    let y = inner.bottom().saturating_sub(1);
    let style = |lit: bool, role: Role| {
        let style = look.theme.text(role);
        if lit { style.add_modifier(Modifier::BOLD | Modifier::REVERSED) } else { style }
    };
    let x = inner.right().saturating_sub(width(verb) + width(cancel) + 3);
    let next = x + width(cancel) + 2;
    put(frame.buffer_mut(), inner, x, y, cancel, style(!agreed, Role::Text));
    put(frame.buffer_mut(), inner, next, y, verb, style(agreed, role));
    drawn.hits.push((Rect { x, y, width: width(cancel), height: 1 }, Hit::Button(false)));
    drawn.hits.push((Rect { x: next, y, width: width(verb), height: 1 }, Hit::Button(true)));
}

fn draw_palette(palette: &Palette, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let rows = u16::try_from(palette.found.len().clamp(1, SHOWN)).unwrap_or(1) + 3;
    let columns = 84.min(area.width.saturating_sub(4));
    let place = Rect { y: area.y + 3.min(area.height / 4), ..centered(area, columns, rows) };
    let inner = panel::dialog(frame, place, "Command", Role::Accent, look);
    let buffer = frame.buffer_mut();
    let x = put(buffer, inner, inner.x + 1, inner.y, "> ", look.theme.text(Role::Accent));
    let x = put(buffer, inner, x, inner.y, palette.input.value(), look.theme.text(Role::Strong));
    put(buffer, inner, x, inner.y, look.symbols.selected(), look.theme.text(Role::Accent));
    let count = format!("{} / {} ", palette.found.len(), palette.entries.len());
    put_right(buffer, inner, inner.y, &count, look.theme.text(Role::Muted));
    if palette.found.is_empty() {
        let words = "nothing fits; try fewer letters";
        put(buffer, inner, inner.x + 1, inner.y + 1, words, look.theme.text(Role::Muted));
    }
    let first = (palette.position + 1).saturating_sub(SHOWN);
    for (y, (number, index)) in (inner.y + 1..inner.bottom()).zip(palette.found.iter().enumerate().skip(first)) {
        let entry = &palette.entries[*index];
        let line = Rect { y, height: 1, ..inner };
        if number == palette.position {
            buffer.set_style(line, look.theme.selected());
            put(buffer, line, line.x, y, look.symbols.selected(), look.theme.text(Role::Accent));
        }
        let room = line.width.saturating_sub(10) / 2;
        let words = fit(&entry.words, room, look.symbols.ellipsis());
        put(buffer, line, line.x + 1, y, &words, look.theme.text(Role::Text));
        let detail = fit(&entry.detail, line.width.saturating_sub(room + 11), look.symbols.ellipsis());
        put(buffer, line, line.x + room + 2, y, &detail, look.theme.text(Role::Muted));
        let key = Rect { width: line.width.saturating_sub(1), ..line };
        put_right(buffer, key, y, &entry.key, look.theme.text(Role::Accent));
    }
}

fn draw_columns(columns: &Columns, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let rows = u16::try_from(columns.columns.len()).unwrap_or(0) + 2;
    let inner = panel::dialog(frame, centered(area, 50, rows), "Columns", Role::Accent, look);
    let buffer = frame.buffer_mut();
    for (y, (number, (_, title, shown))) in (inner.y..inner.bottom()).zip(columns.columns.iter().enumerate()) {
        let line = Rect { y, height: 1, ..inner };
        if number == columns.position {
            buffer.set_style(line, look.theme.selected());
            put(buffer, line, line.x, y, look.symbols.selected(), look.theme.text(Role::Accent));
        }
        let (sign, role) = if *shown { ("[x]", Role::Accent) } else { ("[ ]", Role::Muted) };
        put(buffer, line, line.x + 2, y, sign, look.theme.text(role));
        put(buffer, line, line.x + 6, y, title, look.theme.text(Role::Text));
    }
}

fn draw_report(report: &Report, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) -> u16 {
    let lines: Vec<Fact> =
        report.lines.iter().map(|(text, tone)| Fact::new("", text.clone()).meant(role_of(*tone))).collect();
    let columns = area.width.saturating_sub(4).min(104);
    let needed: usize = lines.iter().map(|fact| wrap(&fact.value, columns.saturating_sub(4)).len().max(1)).sum();
    let rows = u16::try_from(needed).unwrap_or(u16::MAX).saturating_add(2).min(area.height.saturating_sub(2));
    let inner = panel::dialog(frame, centered(area, columns, rows), &report.title, Role::Accent, look);
    facts(frame, inner, &lines, report.scroll, look)
}

/// How a message of a tone is written.
const fn role_of(tone: Tone) -> Role {
    match tone {
        Tone::Information => Role::Text,
        Tone::Good => Role::Ok,
        Tone::Warning => Role::Warning,
        Tone::Bad => Role::Critical,
    }
}

/// What the toasts said, the latest first; gives how far that can be scrolled.
fn messages(model: &Model, at: u16, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) -> u16 {
    let place = centered(area, area.width.saturating_sub(4).min(110), area.height.saturating_sub(2));
    let inner = panel::dialog(frame, place, "Messages", Role::Accent, look);
    if model.toasts.all().is_empty() {
        super::state::sentence(frame, inner, "nothing was said yet", Role::Muted, look);
        return 0;
    }
    let said = model.toasts.all().iter().rev();
    let lines: Vec<Fact> = said
        .map(|it| Fact::new(moment(it.at, look.now, look.offset), it.text.clone()).meant(role_of(it.tone)))
        .collect();
    facts(frame, inner, &lines, at, look)
}
