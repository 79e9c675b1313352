//! Clicks and the wheel: what lay where is known from the last drawing.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::keys::perform;
use super::listing::{Work, focused, with_rows};
use super::navigation;
use crate::model::modal::Modal;
use crate::model::{Model, Screen, TABS};
use crate::msg::Effect;
use crate::view::{Hit, Pane};

/// Rows that the wheel moves.
const WHEEL: isize = 3;

/// The mouse did something.
pub fn act(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    let at = Position::new(mouse.column, mouse.row);
    // What was drawn last lies on top.
    let hit = model.drawn.hits.iter().rev().find(|(area, _)| area.contains(at)).map(|(_, hit)| *hit);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => hit.map(|hit| click(model, hit)).unwrap_or_default(),
        MouseEventKind::ScrollDown => wheel(model, WHEEL),
        MouseEventKind::ScrollUp => wheel(model, -WHEEL),
        _other => Vec::new(),
    }
}

fn wheel(model: &mut Model, delta: isize) -> Vec<Effect> {
    let furthest = model.drawn.furthest;
    let moved = |at: u16| at.saturating_add_signed(i16::try_from(delta).unwrap_or(0)).min(furthest);
    match model.modals.last_mut() {
        Some(Modal::Help(at) | Modal::Messages(at)) => *at = moved(*at),
        Some(Modal::Report(report)) => report.scroll = moved(report.scroll),
        Some(Modal::Palette(palette)) => palette.step(delta > 0),
        Some(Modal::Confirm(_) | Modal::Columns(_) | Modal::Form(_)) => {}
        None => match focused(model) {
            Some(pane) => with_rows(model, pane, Work::Scroll(delta)),
            None => model.scroll = moved(model.scroll),
        },
    }
    Vec::new()
}

fn click(model: &mut Model, hit: Hit) -> Vec<Effect> {
    match hit {
        Hit::Act(action) if model.modals.is_empty() => return perform(model, action),
        Hit::Tab(tab) if model.modals.is_empty() => {
            if let Some(tab) = TABS.get(tab) {
                navigation::go(model, tab.screen);
            }
        }
        Hit::Heading(pane, column) if model.modals.is_empty() => with_rows(model, pane, Work::SortBy(column)),
        Hit::Row(pane, id) if model.modals.is_empty() => {
            focus(model, pane);
            let again = model.tables.of(pane).selected() == Some(id);
            with_rows(model, pane, Work::Select(id));
            // A click on what is selected already opens it.
            if again {
                return perform(model, crate::keymap::Action::Open);
            }
        }
        Hit::Pane(pane) if model.modals.is_empty() => navigation::show_pane(model, pane),
        Hit::Line(line) if model.modals.is_empty() => {
            let again = std::mem::replace(&mut model.line, line) == line;
            if again {
                return perform(model, crate::keymap::Action::More);
            }
        }
        Hit::Button(agree) => return super::dialog::click(model, agree),
        Hit::Act(_) | Hit::Tab(_) | Hit::Pane(_) | Hit::Line(_) | Hit::Heading(..) | Hit::Row(..) => {}
    }
    Vec::new()
}

fn focus(model: &mut Model, pane: Pane) {
    if model.screen == Screen::Infrastructure {
        model.pane = usize::from(pane == Pane::Nodes);
    }
}
