//! Forms: opened, checked, and sent.

use nexops_core::alert::preview::PreviewRequest;
use nexops_core::alert::{AlertNote, AlertStatus};
use nexops_core::error::FieldError;
use nexops_core::metric::Range;
use nexops_core::settings::ProxmoxTest;
use secrecy::SecretString;

use crate::command::{Command, Request};
use crate::form::{self, Field, Form, Purpose};
use crate::keymap::Action;
use crate::model::Model;
use crate::model::link::Link;
use crate::model::modal::Modal;
use crate::msg::Effect;
use crate::preferences::Identity;

/// Asks who speaks to the daemon, and for its token where it wants one.
pub fn sign_in(model: &mut Model, complaint: Option<String>) {
    let email = model.actor.clone().unwrap_or_default();
    let fields = vec![
        Field::text("email", "E-mail", &email, "who you are, for the audit log"),
        Field::secret("token", "Password", "the daemon's token, where it wants one; it is kept as nexops login does"),
    ];
    let mut form = Form::new("Sign in to NexOps", "Sign in", Purpose::SignIn, fields);
    form.hint = model.url.clone();
    form.complaint = complaint;
    form.focus = usize::from(!email.is_empty());
    model.modals.push(Modal::Form(Box::new(form)));
}

/// Opens the form for what is done to the alert that is selected.
pub fn about_alert(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(alert) = model.selected_alert() else { return Vec::new() };
    let (id, title) = (alert.id, alert.title.clone());
    let note = |help: &'static str| vec![Field::text("note", "Note", alert.note.as_deref().unwrap_or_default(), help)];
    let mut form = match action {
        Action::Acknowledge if alert.status == AlertStatus::Firing => {
            let fields = note("for whoever reads it later; may be empty");
            Form::new("Acknowledge the alert", "Acknowledge", Purpose::Acknowledge(id, title.clone()), fields)
        }
        Action::Resolve if alert.status != AlertStatus::Resolved => {
            let fields = note("why it is closed by hand; may be empty");
            Form::new("Resolve the alert", "Resolve", Purpose::Resolve(id, title.clone()), fields)
        }
        Action::Silence => form::silence::open(Some(alert), &model.store),
        _nothing_to_do => return Vec::new(),
    };
    form.hint = title;
    model.modals.push(Modal::Form(Box::new(form)));
    Vec::new()
}

/// Checks the form, and sends it; what is wrong with it is said at its fields.
pub fn submit(model: &mut Model, mut form: Box<Form>) -> Vec<Effect> {
    if form.sent.is_some() {
        model.modals.push(Modal::Form(form));
        return Vec::new();
    }
    if let Purpose::SignIn = form.purpose {
        return signed_in(model, &form);
    }
    let read = command(model, &form);
    let effects = number(model, &mut form, read);
    model.modals.push(Modal::Form(form));
    effects
}

/// Tries what the form says, without keeping it: a connection, or a rule on the last day.
pub fn attempt(model: &mut Model, form: &mut Form) -> Vec<Effect> {
    let read = match &form.purpose {
        Purpose::Connection(known) => form::connection::read(form).map(|draft| {
            let test = ProxmoxTest { id: known.as_ref().map(|known| known.id), draft: Some(draft) };
            Command::new(form.get("name"), Request::TestConnection(Box::new(test)))
        }),
        Purpose::Rule(_) => form::rule::read(form, &model.store).map(|rule| {
            let preview = PreviewRequest { rule, range: Range::Day };
            Command::new(form.get("name"), Request::PreviewRule(Box::new(preview)))
        }),
        Purpose::SignIn
        | Purpose::Service(_)
        | Purpose::Silence
        | Purpose::Acknowledge(..)
        | Purpose::Resolve(..)
        | Purpose::Channel(_) => return Vec::new(),
    };
    number(model, form, read)
}

/// Gives the form a number, and the command the same; or complains at the form.
fn number(model: &mut Model, form: &mut Form, read: Result<Command, Vec<FieldError>>) -> Vec<Effect> {
    match read {
        Ok(command) => {
            model.sent += 1;
            form.sent = Some(model.sent);
            form.complaint = None;
            vec![Effect::Do(Command { form: form.sent, ..command })]
        }
        Err(faults) => {
            form.complain(&faults);
            Vec::new()
        }
    }
}

fn command(model: &Model, form: &Form) -> Result<Command, Vec<FieldError>> {
    let store = &model.store;
    let named = |request| Command::new(form.get("name"), request);
    let note = || AlertNote { note: Some(form.get("note").to_owned()).filter(|note| !note.is_empty()) };
    Ok(match &form.purpose {
        Purpose::SignIn => return Err(Vec::new()),
        Purpose::Service(known) => {
            let settings = Box::new(form::service::read(form, known.as_deref(), store)?);
            named(match known {
                Some(known) => Request::UpdateService(known.id, known.version, settings),
                None => Request::CreateService(settings),
            })
        }
        Purpose::Rule(known) => {
            let rule = Box::new(form::rule::read(form, store)?);
            named(match known {
                Some(known) => Request::UpdateRule(known.id, i64::from(known.version), rule),
                None => Request::CreateRule(rule),
            })
        }
        Purpose::Connection(known) => {
            let draft = Box::new(form::connection::read(form)?);
            named(match known {
                Some(known) => Request::UpdateConnection(known.id, draft),
                None => Request::CreateConnection(draft),
            })
        }
        Purpose::Channel(known) => {
            let draft = Box::new(form::channel::read(form)?);
            named(match known {
                Some(known) => Request::UpdateChannel(known.name.clone(), draft),
                None => Request::CreateChannel(draft),
            })
        }
        Purpose::Silence => {
            let silence = form::silence::read(form, store, model.now)?;
            Command::new(silence.reason.clone(), Request::CreateSilence(Box::new(silence)))
        }
        Purpose::Acknowledge(id, title) => Command::new(title.clone(), Request::Acknowledge(*id, note())),
        Purpose::Resolve(id, title) => Command::new(title.clone(), Request::Resolve(*id, note())),
    })
}

fn signed_in(model: &mut Model, form: &Form) -> Vec<Effect> {
    let email = form.get("email").to_owned();
    let token = Some(form.get("token")).filter(|token| !token.is_empty());
    let token = token.map(|token| SecretString::from(token.to_owned()));
    model.actor = Some(email.clone()).filter(|email| !email.is_empty());
    model.preferences.email.clone_from(&model.actor);
    model.link = Link::Connecting;
    super::asking::expire(model);
    vec![Effect::SignIn(Box::new(Identity { actor: email, token }))]
}
