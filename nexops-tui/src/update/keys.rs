//! What keys do where no modal has them.

use crossterm::event::{KeyEvent, KeyEventKind};
use nexops_core::metric::Range;
use tui_input::{Input, InputRequest};

use super::listing::{Work, focused, is_for_tables, table_mut, with_rows};
use super::scopes::{is_full_table, scopes};
use super::targets::{copied, target};
use super::{acting, appearance, asking, dialog, forms, navigation, power};
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
        Some(Modal::Confirm(_) | Modal::Help(_) | Modal::Messages(_) | Modal::Columns(_) | Modal::Report(_)) => {}
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
    if let Some(effects) = acting::press(model, action) {
        return effects;
    }
    if is_for_tables(action) {
        match focused(model) {
            Some(pane) => {
                let page = model.drawn.tables.get(&pane).map_or(1, |(_, height)| *height);
                with_rows(model, pane, Work::Key(action, page));
            }
            None if model.screen == Screen::Settings => appearance::step(model, action),
            None => model.scroll = scrolled(model, model.scroll, action),
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
        Action::SignIn => forms::sign_in(model, None),
        Action::Refresh => asking::expire(model),
        Action::Pause => {
            model.paused = !model.paused;
            // What was told meanwhile was let go.
            asking::expire(model);
        }
        Action::Back => back(model),
        Action::Forward => navigation::forward(model),
        Action::GoDashboard => navigation::go(model, Screen::Dashboard),
        Action::GoInfrastructure => navigation::go(model, Screen::Infrastructure),
        Action::GoServices => navigation::go(model, Screen::Services),
        Action::GoAlerts => navigation::go(model, Screen::Alerts),
        Action::GoSettings => navigation::go(model, Screen::Settings),
        Action::GoAudit => navigation::go(model, Screen::Audit),
        Action::Guest => {
            if let Some(id) = acting::guest(model) {
                navigation::go(model, Screen::Vm(id));
            }
        }
        Action::Rule => go_to_rule(model),
        Action::Less => return appearance::change(model, false),
        Action::More => return appearance::change(model, true),
        Action::Tasks => model.drawer = !model.drawer,
        Action::Sidebar => model.preferences.sidebar = !model.preferences.sidebar,
        Action::Mouse => return appearance::take_mouse(model, !model.mouse),
        Action::Copy => return copy(model),
        Action::Open => open(model),
        Action::Filter => filter(model),
        Action::Columns => columns(model),
        Action::RangeShorter => step_range(model, false),
        Action::RangeLonger => step_range(model, true),
        Action::CursorLeft => model.cursor = Some(model.cursor.map_or(0, |at| (at + 1).min(CURSOR_STEPS))),
        Action::CursorRight => model.cursor = model.cursor.and_then(|at| at.checked_sub(1)),
        Action::Zoom => model.zoom = next_zoom(model.zoom),
        Action::NextTab => navigation::show_pane(model, model.pane + 1),
        Action::PreviousTab => navigation::show_pane(model, model.pane + model.screen.panes() - 1),
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

/// How far a text is scrolled after a movement: never beyond its end.
#[must_use]
pub fn scrolled(model: &Model, at: u16, action: Action) -> u16 {
    let page = (model.size.1 / 2).max(1);
    let next = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => at.saturating_add(1),
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => at.saturating_add(page),
        Action::First => 0,
        Action::Last => u16::MAX,
        _other => at,
    };
    next.min(model.drawn.furthest)
}

/// Shows the rule of the alert that is selected.
fn go_to_rule(model: &mut Model) {
    let Some(id) = model.selected_alert().and_then(|alert| alert.rule_id) else { return };
    navigation::show_pane(model, 2);
    with_rows(model, Pane::Rules, Work::Select(id.0));
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
    if let Some(pane) = focused(model).filter(|pane| is_full_table(*pane)) {
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
        Some(Pane::Tasks) => of::<nexops_core::task::Task>(&model.tables.tasks),
        Some(Pane::Services) => of::<nexops_core::service::Service>(&model.tables.services),
        Some(Pane::Alerts) => of::<nexops_core::alert::Alert>(&model.tables.alerts),
        Some(Pane::AlertHistory) => of::<nexops_core::alert::Alert>(&model.tables.alert_history),
        Some(Pane::Rules) => of::<nexops_core::alert::rule::AlertRule>(&model.tables.rules),
        Some(Pane::Silences) => of::<nexops_core::alert::silence::Silence>(&model.tables.silences),
        Some(Pane::Audit) => of::<nexops_core::audit::AuditEntry>(&model.tables.audit),
        Some(Pane::Connections) => of::<nexops_core::settings::ProxmoxConnection>(&model.tables.connections),
        Some(Pane::Channels) => of::<nexops_core::notification::Channel>(&model.tables.channels),
        Some(Pane::Nodes | Pane::Top) | None => return,
    };
    model.modals.push(modal);
}

/// Opens what is selected.
fn open(model: &mut Model) {
    if acting::open(model) {
        return;
    }
    if let Some((screen, pane)) = target(model) {
        navigation::go(model, screen);
        model.pane = pane;
    }
}

/// Puts what is selected into the clipboard.
fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(text) = copied(model) else { return Vec::new() };
    model.toasts.say(Tone::Information, format!("copied {text}"), model.now);
    vec![Effect::Copy(text)]
}
