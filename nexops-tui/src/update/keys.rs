//! What keys do where no modal has them.

use crossterm::event::{KeyEvent, KeyEventKind};
use nexops_core::id::{NodeId, VmId};
use nexops_core::metric::Range;
use tui_input::{Input, InputRequest};

use super::listing::{self, Work, focused, is_for_tables, table_mut, with_rows};
use super::{asking, dialog, navigation, power};
use crate::keymap::{Action, Scope};
use crate::model::modal::{Columns, Modal};
use crate::model::toast::Tone;
use crate::model::{Model, Screen};
use crate::msg::Effect;
use crate::palette::Palette;
use crate::table::Row;
use crate::view::Pane;

/// How many steps the read-out of charts can go.
pub const CURSOR_STEPS: u16 = 60;

/// The scopes whose keys hold now, the innermost first.
#[must_use]
pub fn scopes(model: &Model) -> Vec<Scope> {
    match model.modals.last() {
        Some(Modal::Confirm(_)) => return vec![Scope::Dialog],
        Some(Modal::Form(_)) => return vec![Scope::Form],
        Some(Modal::Palette(_)) => return vec![Scope::Text],
        Some(Modal::Help(_) | Modal::Messages(_) | Modal::Columns(_)) => return vec![Scope::List, Scope::Global],
        None => {}
    }
    screen_scopes(model)
}

/// The scopes of the screen, whatever lies over it.
#[must_use]
pub fn screen_scopes(model: &Model) -> Vec<Scope> {
    if is_typing(model) {
        return vec![Scope::Text];
    }
    if model.drawer {
        return vec![Scope::Tasks, Scope::List, Scope::Global];
    }
    match (model.screen, model.pane) {
        (Screen::Dashboard, _) => vec![Scope::Guest, Scope::Chart, Scope::List, Scope::Global],
        (Screen::Infrastructure, 0) => {
            vec![Scope::Infrastructure, Scope::Guest, Scope::Tabs, Scope::List, Scope::Global]
        }
        (Screen::Infrastructure, _) => vec![Scope::Tabs, Scope::List, Scope::Global],
        (Screen::Node(_), _) => vec![Scope::Chart, Scope::List, Scope::Global],
        (Screen::Vm(_), _) => vec![Scope::Guest, Scope::Chart, Scope::List, Scope::Global],
    }
}

fn is_typing(model: &Model) -> bool {
    focused(model).is_some_and(|pane| model.tables.of(pane).typing.is_some())
}

/// A key was pressed.
pub fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    if let Some(modal) = model.modals.pop() {
        return dialog::press(model, modal, key);
    }
    if let Some(pane) = focused(model).filter(|_| is_typing(model)) {
        type_filter(model, pane, key);
        return Vec::new();
    }
    let action = model.keymap.action(&scopes(model), key.into());
    action.map(|action| perform(model, action)).unwrap_or_default()
}

/// A text was pasted: into the field that has the keys, else nowhere.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let text: String = text.chars().filter(|character| !character.is_control()).collect();
    match model.modals.last_mut() {
        Some(Modal::Form(form)) => text.chars().for_each(|character| form.edit(InputRequest::InsertChar(character))),
        Some(Modal::Palette(palette)) => {
            for character in text.chars() {
                palette.input.handle(InputRequest::InsertChar(character));
            }
            palette.search();
        }
        // A name that is wanted as a proof of care is typed, not pasted.
        Some(Modal::Confirm(_) | Modal::Help(_) | Modal::Messages(_) | Modal::Columns(_)) => {}
        None => {
            if let Some(pane) = focused(model).filter(|_| is_typing(model)) {
                let table = table_mut(model, pane);
                if let Some(input) = &mut table.typing {
                    for character in text.chars() {
                        input.handle(InputRequest::InsertChar(character));
                    }
                    let filter = input.value().to_owned();
                    with_rows(model, pane, Work::Filter(&filter));
                }
            }
        }
    }
    Vec::new()
}

fn type_filter(model: &mut Model, pane: Pane, key: KeyEvent) {
    let action = model.keymap.action(&[Scope::Text], key.into());
    let table = table_mut(model, pane);
    let Some(input) = &mut table.typing else { return };
    match action {
        Some(Action::Submit) => table.typing = None,
        Some(Action::Cancel) => {
            table.typing = None;
            with_rows(model, pane, Work::Filter(""));
        }
        Some(move_by @ (Action::Up | Action::Down)) => with_rows(model, pane, Work::Key(move_by, 1)),
        Some(Action::Clear) => {
            *input = Input::default();
            with_rows(model, pane, Work::Filter(""));
        }
        _other => {
            if let Some(request) = dialog::typing(key) {
                input.handle(request);
                let filter = input.value().to_owned();
                with_rows(model, pane, Work::Filter(&filter));
            }
        }
    }
}

/// Does what an action says.
pub fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(effects) = power::press(model, action) {
        return effects;
    }
    if is_for_tables(action) {
        match focused(model) {
            Some(pane) => {
                let page = model.drawn.tables.get(&pane).map_or(1, |(_, height)| *height);
                with_rows(model, pane, Work::Key(action, page));
            }
            None => scroll(model, action),
        }
        return Vec::new();
    }
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Help => model.modals.push(Modal::Help(0)),
        Action::Messages => model.modals.push(Modal::Messages(0)),
        Action::Palette => {
            let palette = Palette::open(model);
            model.modals.push(Modal::Palette(palette));
        }
        Action::SignIn => dialog::sign_in(model, None),
        Action::Refresh => asking::expire(model),
        Action::Pause => model.paused = !model.paused,
        Action::Back => back(model),
        Action::Forward => navigation::forward(model),
        Action::GoDashboard => navigation::go(model, Screen::Dashboard),
        Action::GoInfrastructure => navigation::go(model, Screen::Infrastructure),
        Action::Tasks => model.drawer = !model.drawer,
        Action::Sidebar => model.preferences.sidebar = !model.preferences.sidebar,
        Action::Mouse => {
            model.preferences.mouse = !model.preferences.mouse;
            let text = if model.preferences.mouse { "the mouse is taken" } else { "the mouse is left to the terminal" };
            model.toasts.say(Tone::Information, text, model.now);
            return vec![Effect::Mouse(model.preferences.mouse)];
        }
        Action::Copy => return copy(model),
        Action::Open => open(model),
        Action::Filter => filter(model),
        Action::Columns => columns(model),
        Action::RangeShorter => step_range(model, false),
        Action::RangeLonger => step_range(model, true),
        Action::CursorLeft => model.cursor = Some(model.cursor.map_or(0, |at| (at + 1).min(CURSOR_STEPS))),
        Action::CursorRight => model.cursor = model.cursor.and_then(|at| at.checked_sub(1)),
        Action::Zoom => model.zoom = next_zoom(model.zoom),
        Action::NextTab | Action::PreviousTab => model.pane = 1 - model.pane.min(1),
        _elsewhere => {}
    }
    Vec::new()
}

/// Takes away what is closest: toasts, marks, a filter, the drawer; then goes back.
fn back(model: &mut Model) {
    if model.toasts.dismiss(model.now) {
        return;
    }
    if let Some(pane) = focused(model) {
        let table = table_mut(model, pane);
        if !table.marks().is_empty() {
            table.unmark();
            return;
        }
        if !table.kept.filter.is_empty() {
            with_rows(model, pane, Work::Filter(""));
            return;
        }
    }
    if std::mem::take(&mut model.drawer) || model.cursor.take().is_some() || model.zoom.take().is_some() {
        return;
    }
    navigation::back(model);
}

fn scroll(model: &mut Model, action: Action) {
    let page = model.size.1 / 2;
    model.scroll = match action {
        Action::Up => model.scroll.saturating_sub(1),
        Action::Down => model.scroll.saturating_add(1),
        Action::PageUp => model.scroll.saturating_sub(page),
        Action::PageDown => model.scroll.saturating_add(page),
        Action::First => 0,
        _other => model.scroll,
    };
}

const fn next_zoom(zoom: Option<usize>) -> Option<usize> {
    match zoom {
        None => Some(0),
        Some(at) if at < 3 => Some(at + 1),
        Some(_) => None,
    }
}

fn step_range(model: &mut Model, longer: bool) {
    let at = Range::ALL.iter().position(|range| *range == model.range).unwrap_or(0);
    let next = if longer { (at + 1).min(Range::ALL.len() - 1) } else { at.saturating_sub(1) };
    model.range = Range::ALL[next];
}

fn filter(model: &mut Model) {
    if let Some(pane) = focused(model).filter(|pane| *pane != Pane::Top) {
        let table = table_mut(model, pane);
        table.typing = Some(Input::from(table.kept.filter.clone()));
    }
}

fn columns(model: &mut Model) {
    fn of<R: Row>(table: &crate::table::Table) -> Modal {
        let shown = table.columns::<R>();
        let mut columns: Vec<_> = shown.iter().map(|column| (column.key, column.title, true)).collect();
        let hidden = R::COLUMNS.iter().filter(|column| !shown.iter().any(|other| other.key == column.key));
        columns.extend(hidden.map(|column| (column.key, column.title, false)));
        Modal::Columns(Columns { columns, position: 0 })
    }
    let modal = match focused(model) {
        Some(Pane::Vms) => of::<nexops_core::vm::Vm>(&model.tables.vms),
        Some(Pane::Nodes) => of::<nexops_core::node::Node>(&model.tables.nodes),
        Some(Pane::Tasks) => of::<nexops_core::task::Task>(&model.tables.tasks),
        Some(Pane::Top) | None => return,
    };
    model.modals.push(modal);
}

/// Opens what is selected.
fn open(model: &mut Model) {
    let target = match focused(model) {
        Some(pane @ (Pane::Vms | Pane::Top)) => model.tables.of(pane).selected().map(|id| Screen::Vm(VmId(id))),
        Some(Pane::Nodes) => model.tables.nodes.selected().map(|id| Screen::Node(NodeId(id))),
        Some(Pane::Tasks) => {
            let tasks = model.store.tasks.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
            model.tables.tasks.selected_row(tasks).map(|task| Screen::Vm(task.vm_id))
        }
        None => None,
    };
    if let Some(screen) = target {
        model.drawer = false;
        navigation::go(model, screen);
    }
}

/// Puts what is selected into the clipboard: a guest's address if it has one, else its name.
fn copy(model: &mut Model) -> Vec<Effect> {
    let text = match listing::meant(model).first() {
        Some(vm) => vm.ip_address.clone().unwrap_or_else(|| vm.name.clone()),
        None => {
            let nodes = model.store.nodes.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
            let node = match model.screen {
                Screen::Node(id) => nodes.iter().find(|node| node.id == id),
                Screen::Dashboard | Screen::Infrastructure | Screen::Vm(_) => model.tables.nodes.selected_row(nodes),
            };
            let Some(node) = node else { return Vec::new() };
            node.ip_address.clone().unwrap_or_else(|| node.hostname.clone())
        }
    };
    model.toasts.say(Tone::Information, format!("copied {text}"), model.now);
    vec![Effect::Copy(text)]
}
