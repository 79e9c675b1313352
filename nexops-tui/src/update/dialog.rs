//! Keys while something lies over the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};
use uuid::Uuid;

use super::listing::Work;
use super::{acting, contexts, forms, keys, listing, navigation, power};
use crate::form::{Form, connection};
use crate::keymap::{Action, Scope};
use crate::model::modal::{Columns, Confirm, Modal, Report};
use crate::model::toast::Tone;
use crate::model::{Model, Place, Screen};
use crate::msg::Effect;
use crate::palette::{Palette, Target};
use crate::update::scopes::form_scopes;
use crate::view::Pane;

/// The change to a text field that a key means.
#[must_use]
pub fn typing(key: KeyEvent) -> Option<InputRequest> {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match (key.code, plain) {
        (KeyCode::Char(character), true) => Some(InputRequest::InsertChar(character)),
        (KeyCode::Char('w'), false) => Some(InputRequest::DeletePrevWord),
        (KeyCode::Char('a'), false) => Some(InputRequest::GoToStart),
        (KeyCode::Char('e'), false) => Some(InputRequest::GoToEnd),
        (KeyCode::Backspace, _) => Some(InputRequest::DeletePrevChar),
        (KeyCode::Delete, _) => Some(InputRequest::DeleteNextChar),
        (KeyCode::Left, true) => Some(InputRequest::GoToPrevChar),
        (KeyCode::Right, true) => Some(InputRequest::GoToNextChar),
        (KeyCode::Home, _) => Some(InputRequest::GoToStart),
        (KeyCode::End, _) => Some(InputRequest::GoToEnd),
        _other => None,
    }
}

/// Gives a key to the topmost modal, which was taken away for it.
pub fn press(model: &mut Model, modal: Modal, key: KeyEvent) -> Vec<Effect> {
    match modal {
        Modal::Help(at) => read(model, at, key, Modal::Help),
        Modal::Messages(at) => read(model, at, key, Modal::Messages),
        Modal::Report(report) => report_key(model, report, key),
        Modal::Palette(palette) => palette_key(model, palette, key),
        Modal::Confirm(confirm) => confirm_key(model, confirm, key),
        Modal::Columns(columns) => columns_key(model, columns, key),
        Modal::Form(form) => form_key(model, form, key),
    }
}

/// Moves in a text, and shows it again unless it is closed.
fn read(model: &mut Model, at: u16, key: KeyEvent, again: impl FnOnce(u16) -> Modal) -> Vec<Effect> {
    let action = model.keymap.action(&[Scope::Reading], key.into());
    if action != Some(Action::Cancel) {
        let at = action.map_or(at, |action| keys::scrolled(model, at, action));
        model.modals.push(again(at));
    }
    Vec::new()
}

fn report_key(model: &mut Model, report: Report, key: KeyEvent) -> Vec<Effect> {
    let Report { title, lines, pin, scroll } = report;
    let pins = pin.is_some() && model.keymap.action(&[Scope::Pin], key.into()) == Some(Action::Pin);
    if let (Some(fingerprint), true) = (&pin, pins) {
        pin_in_form(model, fingerprint);
        return Vec::new();
    }
    read(model, scroll, key, |scroll| Modal::Report(Report { title, lines, pin, scroll }))
}

/// Writes a fingerprint into the form below; without one, a form for the connection is wanted first.
fn pin_in_form(model: &mut Model, fingerprint: &str) {
    if !matches!(model.modals.last(), Some(Modal::Form(_))) {
        acting::open(model);
    }
    if let Some(Modal::Form(form)) = model.modals.last_mut()
        && let Some(place) = form.fields.iter().position(|field| field.key == connection::FINGERPRINT)
    {
        form.fields[place].write(fingerprint);
        form.focus = place;
    }
}

fn palette_key(model: &mut Model, mut palette: Palette, key: KeyEvent) -> Vec<Effect> {
    match model.keymap.action(&[Scope::Palette, Scope::Text], key.into()) {
        Some(Action::Cancel) => return Vec::new(),
        Some(Action::Submit) => {
            let target = palette.selected().map(|entry| entry.target);
            return target.map(|target| run(model, target)).unwrap_or_default();
        }
        Some(Action::Up) => palette.step(false),
        Some(Action::Down) => palette.step(true),
        Some(Action::Clear) => {
            palette.input = Input::default();
            palette.search();
        }
        _other => {
            if typing(key).and_then(|request| palette.input.handle(request)).is_some() {
                palette.search();
            }
        }
    }
    model.modals.push(Modal::Palette(palette));
    Vec::new()
}

fn run(model: &mut Model, target: Target) -> Vec<Effect> {
    match target {
        Target::Act(action) => keys::perform(model, action),
        Target::Vm(id) => {
            navigation::go(model, Screen::Vm(id));
            Vec::new()
        }
        Target::Node(id) => {
            navigation::go(model, Screen::Node(id));
            Vec::new()
        }
        Target::Service(id) => {
            navigation::go(model, Screen::Service(id));
            Vec::new()
        }
        Target::Power(id, action) => power::act(model, action, &[id]),
        Target::On(place, row, action) => on(model, place, row, action),
        Target::Context(place) => contexts::switch(model, place),
    }
}

/// Goes to a place, selects the row there, and does what a key does to it; nothing where the row is gone.
fn on(model: &mut Model, place: Place, row: Option<(Pane, Uuid)>, action: Action) -> Vec<Effect> {
    navigation::go_to(model, place);
    if let Some((pane, id)) = row {
        listing::with_rows(model, pane, Work::Select(id));
        if model.tables.of(pane).selected() != Some(id) {
            // A filter hides it.
            listing::with_rows(model, pane, Work::Filter(""));
            listing::with_rows(model, pane, Work::Select(id));
        }
        if model.tables.of(pane).selected() != Some(id) {
            model.toasts.say(Tone::Warning, "it is gone meanwhile", model.now);
            return Vec::new();
        }
    }
    keys::perform(model, action)
}

fn confirm_key(model: &mut Model, mut confirm: Confirm, key: KeyEvent) -> Vec<Effect> {
    let action = model.keymap.action(&[Scope::Dialog], key.into());
    // While a name is typed, `y` and `n` are letters.
    let types = confirm.typed.is_some();
    match action {
        Some(Action::Cancel) => return Vec::new(),
        Some(Action::No) if !types => return Vec::new(),
        Some(Action::Yes) if !types => return acting::send(model, confirm.commands),
        Some(Action::Submit) if types && confirm.is_ready() => return acting::send(model, confirm.commands),
        Some(Action::Submit) if !types && confirm.agreed => return acting::send(model, confirm.commands),
        Some(Action::Submit) if !types => return Vec::new(),
        Some(Action::NextField | Action::PreviousField) if !types => confirm.agreed = !confirm.agreed,
        _other => {
            if let (Some((_, input)), Some(request)) = (&mut confirm.typed, typing(key)) {
                input.handle(request);
            }
        }
    }
    model.modals.push(Modal::Confirm(confirm));
    Vec::new()
}

fn columns_key(model: &mut Model, mut columns: Columns, key: KeyEvent) -> Vec<Effect> {
    let action = model.keymap.action(&[Scope::Columns], key.into());
    let Columns { columns: list, position } = &mut columns;
    let last = list.len().saturating_sub(1);
    match action {
        Some(Action::Cancel) => return Vec::new(),
        Some(Action::Submit) => {
            let shown = list.iter().filter(|(_, _, shown)| *shown).map(|(key, _, _)| (*key).to_owned()).collect();
            if let Some(pane) = listing::focused(model) {
                listing::table_mut(model, pane).kept.columns = shown;
                listing::with_rows(model, pane, listing::Work::Arrange);
            }
            return Vec::new();
        }
        Some(Action::Show) => list[*position].2 = !list[*position].2,
        Some(Action::MoveUp) if *position > 0 => {
            list.swap(*position, *position - 1);
            *position -= 1;
        }
        Some(Action::MoveDown) if *position < last => {
            list.swap(*position, *position + 1);
            *position += 1;
        }
        Some(Action::Up) => *position = position.saturating_sub(1),
        Some(Action::Down) => *position = (*position + 1).min(last),
        _other => {}
    }
    model.modals.push(Modal::Columns(columns));
    Vec::new()
}

fn form_key(model: &mut Model, mut form: Box<Form>, key: KeyEvent) -> Vec<Effect> {
    let mut effects = Vec::new();
    match model.keymap.action(form_scopes(&form), key.into()) {
        Some(Action::Cancel) => return Vec::new(),
        Some(Action::Submit) => return forms::submit(model, form),
        Some(Action::Try) if form.sent.is_none() => effects = forms::attempt(model, &mut form),
        Some(Action::NextField) => form.step(true),
        Some(Action::PreviousField) => form.step(false),
        Some(Action::Less) if form.choose(false) => {}
        Some(Action::More) if form.choose(true) => {}
        Some(Action::Clear) => form.edit(InputRequest::DeleteLine),
        _other => {
            if let Some(request) = typing(key) {
                form.edit(request);
            }
        }
    }
    model.modals.push(Modal::Form(form));
    effects
}

/// A button of the topmost dialog was clicked.
pub fn click(model: &mut Model, agree: bool) -> Vec<Effect> {
    match model.modals.pop() {
        Some(Modal::Confirm(confirm)) if agree && confirm.is_ready() => acting::send(model, confirm.commands),
        Some(Modal::Confirm(confirm)) if agree => {
            model.modals.push(Modal::Confirm(confirm));
            Vec::new()
        }
        Some(Modal::Form(form)) if agree => forms::submit(model, form),
        Some(_) | None => Vec::new(),
    }
}
