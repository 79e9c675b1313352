//! Keys while something lies over the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use secrecy::SecretString;
use tui_input::{Input, InputRequest};

use super::{keys, navigation, power};
use crate::form::{Field, Form, Purpose};
use crate::keymap::{Action, Chord, Scope};
use crate::model::modal::{Columns, Confirm, Modal};
use crate::model::{Model, Screen};
use crate::msg::Effect;
use crate::palette::{Palette, Target};
use crate::preferences::Identity;
use crate::update::listing;

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

/// Gives a key to the topmost modal.
pub fn press(model: &mut Model, modal: Modal, key: KeyEvent) -> Vec<Effect> {
    match modal {
        Modal::Help(at) => scroll(model, at, key, Modal::Help),
        Modal::Messages(at) => scroll(model, at, key, Modal::Messages),
        Modal::Palette(palette) => palette_key(model, palette, key),
        Modal::Confirm(confirm) => confirm_key(model, confirm, key),
        Modal::Columns(columns) => columns_key(model, columns, key),
        Modal::Form(form) => form_key(model, form, key),
    }
}

fn scroll(model: &mut Model, at: u16, key: KeyEvent, again: fn(u16) -> Modal) -> Vec<Effect> {
    let page = model.size.1.saturating_sub(6).max(1);
    let next = match model.keymap.action(&[Scope::List, Scope::Global], key.into()) {
        Some(Action::Up) => at.saturating_sub(1),
        Some(Action::Down) => at.saturating_add(1),
        Some(Action::PageUp) => at.saturating_sub(page),
        Some(Action::PageDown) => at.saturating_add(page),
        Some(Action::First) => 0,
        Some(Action::Back | Action::Help | Action::Quit | Action::Messages | Action::Open) => return Vec::new(),
        _other => at,
    };
    model.modals.push(again(next));
    Vec::new()
}

fn palette_key(model: &mut Model, mut palette: Palette, key: KeyEvent) -> Vec<Effect> {
    match model.keymap.action(&[Scope::Text], key.into()) {
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
        Target::Power(id, action) => power::act(model, action, &[id]),
    }
}

fn confirm_key(model: &mut Model, mut confirm: Confirm, key: KeyEvent) -> Vec<Effect> {
    let action = model.keymap.action(&[Scope::Dialog], key.into());
    // While a name is typed, `y` and `n` are letters.
    let types = confirm.typed.is_some();
    match action {
        Some(Action::Cancel) => return Vec::new(),
        Some(Action::No) if !types => return Vec::new(),
        Some(Action::Yes) if !types => return power::send(model, confirm.commands),
        Some(Action::Submit) if types && confirm.is_ready() => return power::send(model, confirm.commands),
        Some(Action::Submit) if !types && confirm.agreed => return power::send(model, confirm.commands),
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
    let Columns { columns: list, position } = &mut columns;
    let last = list.len().saturating_sub(1);
    match key.code {
        KeyCode::Char(' ') => list[*position].2 = !list[*position].2,
        KeyCode::Char('K') if *position > 0 => {
            list.swap(*position, *position - 1);
            *position -= 1;
        }
        KeyCode::Char('J') if *position < last => {
            list.swap(*position, *position + 1);
            *position += 1;
        }
        _other => match model.keymap.action(&[Scope::List, Scope::Global], Chord::from(key)) {
            Some(Action::Up) => *position = position.saturating_sub(1),
            Some(Action::Down) => *position = (*position + 1).min(last),
            Some(Action::Open) => {
                let shown = list.iter().filter(|(_, _, shown)| *shown).map(|(key, _, _)| (*key).to_owned()).collect();
                if let Some(pane) = listing::focused(model) {
                    listing::table_mut(model, pane).kept.columns = shown;
                    listing::with_rows(model, pane, listing::Work::Arrange);
                }
                return Vec::new();
            }
            Some(Action::Back | Action::Quit | Action::Columns) => return Vec::new(),
            _else => {}
        },
    }
    model.modals.push(Modal::Columns(columns));
    Vec::new()
}

/// Asks who speaks to the daemon, and for its token where it wants one.
pub fn sign_in(model: &mut Model, complaint: Option<String>) {
    let email = model.preferences.email.clone().unwrap_or_default();
    let fields = vec![
        Field::text("email", "E-mail", &email, "who you are, for the audit log"),
        Field::secret("token", "Password", "the daemon's token, where it wants one"),
    ];
    let mut form = Form::new("Sign in to NexOps", "Sign in", Purpose::SignIn, fields);
    form.hint = model.url.clone();
    form.complaint = complaint;
    form.focus = usize::from(!email.is_empty());
    model.modals.push(Modal::Form(Box::new(form)));
}

fn form_key(model: &mut Model, mut form: Box<Form>, key: KeyEvent) -> Vec<Effect> {
    match model.keymap.action(&[Scope::Form], key.into()) {
        Some(Action::Cancel) => return Vec::new(),
        Some(Action::NextField) => form.step(true),
        Some(Action::PreviousField) => form.step(false),
        Some(Action::Submit) => return submit(model, &form),
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
    Vec::new()
}

fn submit(model: &mut Model, form: &Form) -> Vec<Effect> {
    match form.purpose {
        Purpose::SignIn => {
            let email = form.get("email").to_owned();
            let token = Some(form.get("token")).filter(|token| !token.is_empty());
            let identity =
                Identity { actor: email.clone(), token: token.map(|token| SecretString::from(token.to_owned())) };
            model.preferences.email = Some(email).filter(|email| !email.is_empty());
            model.link = crate::model::link::Link::Connecting;
            super::asking::expire(model);
            vec![Effect::SignIn(Box::new(identity))]
        }
    }
}

/// A button of the topmost dialog was clicked.
pub fn click(model: &mut Model, agree: bool) -> Vec<Effect> {
    match model.modals.pop() {
        Some(Modal::Confirm(confirm)) if agree && confirm.is_ready() => power::send(model, confirm.commands),
        Some(Modal::Confirm(confirm)) if agree => {
            model.modals.push(Modal::Confirm(confirm));
            Vec::new()
        }
        Some(Modal::Form(form)) if agree => submit(model, &form),
        Some(_) | None => Vec::new(),
    }
}
