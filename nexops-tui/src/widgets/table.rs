//! Draws a table: heading, the rows in view, the selection, marks, and what the filter leaves.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use uuid::Uuid;

use super::cell::Cell;
use super::chart::resample;
use super::meter;
use super::text::{fit, put, width};
use crate::table::{Column, Row, Table};
use crate::theme::Role;
use crate::view::{Drawn, Hit, Look, Pane};

/// Cells before the first column: selection bar, mark.
const GUTTER: u16 = 3;
/// Cells after the last column.
const MARGIN: u16 = 1;
/// The cells of a meter beside its number, where there is room.
const METER: u16 = 8;

/// Draws the table into the room inside a panel.
pub fn table<R: Row>(
    frame: &mut Frame<'_>,
    area: Rect,
    pane: Pane,
    rows: &[R],
    state: &Table,
    look: &Look<'_>,
    drawn: &mut Drawn,
) {
    if area.height == 0 || area.width <= GUTTER + MARGIN {
        return;
    }
    let columns = lay_out(&state.columns::<R>(), area.width - GUTTER - MARGIN);
    let buffer = frame.buffer_mut();
    heading(buffer, area, pane, &columns, state, look, drawn);
    let view = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let height = usize::from(view.height);
    let first = state.first_in_view(height);
    drawn.tables.insert(pane, (first, height));
    for (y, (position, index)) in (view.y..view.bottom()).zip(state.order().iter().enumerate().skip(first)) {
        let Some(row) = rows.get(*index) else { continue };
        let line = Rect { y, height: 1, ..view };
        draw_row(buffer, line, row, position == state.position(), state, &columns, look);
        drawn.hits.push((line, Hit::Row(pane, row.id())));
    }
}

/// A column and the cells it was given.
struct Placed<R: 'static> {
    column: &'static Column<R>,
    x: u16,
    width: u16,
}

/// Chooses the columns that fit, the important ones first, and shares out what is left.
fn lay_out<R: Row>(wanted: &[&'static Column<R>], room: u16) -> Vec<Placed<R>> {
    let mut chosen: Vec<usize> = (0..wanted.len()).collect();
    let needed = |chosen: &[usize]| chosen.iter().map(|index| wanted[*index].width + 1).sum::<u16>().saturating_sub(1);
    while needed(&chosen) > room && chosen.len() > 1 {
        let least = chosen.iter().max_by_key(|index| (wanted[**index].priority, **index)).copied();
        chosen.retain(|index| Some(*index) != least);
    }
    let mut spare = room.saturating_sub(needed(&chosen));
    let mut widths: Vec<u16> = chosen.iter().map(|index| wanted[*index].width).collect();
    let mut by_priority: Vec<usize> = (0..chosen.len()).collect();
    by_priority.sort_by_key(|place| wanted[chosen[*place]].priority);
    for place in by_priority {
        let more = wanted[chosen[place]].stretch.min(spare);
        widths[place] += more;
        spare -= more;
    }
    let mut x = 0;
    chosen
        .into_iter()
        .zip(widths)
        .map(|(index, width)| {
            let placed = Placed { column: wanted[index], x, width: width.min(room.saturating_sub(x)) };
            x += width + 1;
            placed
        })
        .collect()
}

fn heading<R: Row>(
    buffer: &mut Buffer,
    area: Rect,
    pane: Pane,
    columns: &[Placed<R>],
    state: &Table,
    look: &Look<'_>,
    drawn: &mut Drawn,
) {
    let sorted = state.sort_column::<R>().key;
    for placed in columns {
        let place = Rect { x: area.x + GUTTER + placed.x, y: area.y, width: placed.width, height: 1 };
        let (title, style) = if placed.column.key == sorted {
            let sign = if state.kept.descending { look.symbols.descending() } else { look.symbols.ascending() };
            (format!("{}{sign}", placed.column.title), look.theme.text(Role::Accent))
        } else {
            (placed.column.title.to_owned(), look.theme.text(Role::Muted))
        };
        let title = fit(&title, place.width, "");
        let x = if placed.column.right { place.right().saturating_sub(width(&title)) } else { place.x };
        put(buffer, place, x, place.y, &title, style);
        drawn.hits.push((place, Hit::Heading(pane, placed.column.key)));
    }
}

fn draw_row<R: Row>(
    buffer: &mut Buffer,
    line: Rect,
    row: &R,
    selected: bool,
    state: &Table,
    columns: &[Placed<R>],
    look: &Look<'_>,
) {
    if selected {
        buffer.set_style(line, look.theme.selected());
        put(buffer, line, line.x, line.y, look.symbols.selected(), look.theme.text(Role::Accent));
    }
    if is_marked(state, row.id()) {
        put(buffer, line, line.x + 1, line.y, look.symbols.done(), look.theme.text(Role::Mark));
    }
    for placed in columns {
        let place = Rect { x: line.x + GUTTER + placed.x, y: line.y, width: placed.width, height: 1 };
        draw_cell(buffer, place, &(placed.column.cell)(row, look), placed.column.right, look);
    }
    if state.words().next().is_some() {
        light_up(buffer, line, state, look);
    }
    if selected && !look.theme.is_plain() {
        buffer.set_style(line, Style::new().bg(look.theme.color(Role::Selection)));
    }
}

fn is_marked(state: &Table, id: Uuid) -> bool {
    state.marks().contains(&id)
}

/// Draws what stands in a cell.
pub fn draw_cell(buffer: &mut Buffer, place: Rect, cell: &Cell, right: bool, look: &Look<'_>) {
    let put_text = |buffer: &mut Buffer, text: &str, style: Style| {
        let text = fit(text, place.width, look.symbols.ellipsis());
        let x = if right { place.right().saturating_sub(width(&text)) } else { place.x };
        put(buffer, place, x, place.y, &text, style);
    };
    match cell {
        Cell::Text(text, role) => put_text(buffer, text, look.theme.text(*role)),
        Cell::Badge(sign, text, role) => put_text(buffer, &format!("{sign} {text}"), look.theme.text(*role)),
        Cell::Percent(value, role) => {
            let number = crate::format::percent(*value);
            if place.width >= METER + 5 && value.is_some() {
                let bar = Rect { width: place.width - 5, ..place };
                meter::meter(buffer, bar, *value, *role, look);
            }
            let style = look.theme.text(if *role == Role::Accent { Role::Text } else { *role });
            let x = place.right().saturating_sub(width(&number));
            put(buffer, place, x, place.y, &number, style);
        }
        Cell::Levels(values, role) => {
            let columns = usize::from(place.width);
            let values = if values.len() > columns { resample(values, columns) } else { values.clone() };
            meter::levels(buffer, place, &values, *role, look);
        }
    }
}

/// Underlines what a filter looks for.
fn light_up(buffer: &mut Buffer, line: Rect, state: &Table, look: &Look<'_>) {
    let signs: Vec<String> = (line.x..line.right()).map(|x| buffer[(x, line.y)].symbol().to_lowercase()).collect();
    for word in state.words() {
        let word: Vec<String> = word.chars().map(String::from).collect();
        if word.is_empty() || word.len() > signs.len() {
            continue;
        }
        for start in (0..=signs.len() - word.len()).filter(|start| signs[*start..*start + word.len()] == word[..]) {
            let x = line.x + u16::try_from(start).unwrap_or(0);
            let found = Rect { x, width: u16::try_from(word.len()).unwrap_or(0), ..line };
            buffer.set_style(found, look.theme.text(Role::Accent).add_modifier(Modifier::UNDERLINED));
        }
    }
}
