//! What is done to services, alerts, rules, silences, connections and channels.

use nexops_core::alert::rule::AlertRule;
use nexops_core::alert::silence::Silence;
use nexops_core::id::VmId;
use nexops_core::notification::{Channel, ChannelDraft};
use nexops_core::service::{Service, ServiceSettings};
use nexops_core::settings::{ProxmoxConnection, ProxmoxConnectionDraft, ProxmoxTest};

use super::{forms, listing, starters};
use crate::command::{Command, Request};
use crate::form::{self, Form};
use crate::keymap::Action;
use crate::model::modal::{Confirm, Modal};
use crate::model::toast::Tone;
use crate::model::{Model, Screen};
use crate::msg::Effect;
use crate::store::rows;
use crate::view::Pane;

/// What an action is meant for.
#[derive(Debug, Clone)]
enum Subject {
    Service(Box<Service>),
    Rule(Box<AlertRule>),
    Silence(Silence),
    Connection(Box<ProxmoxConnection>),
    Channel(Box<Channel>),
}

/// What an action is meant for here; `None` where nothing is selected that these actions know.
fn subject(model: &Model) -> Option<Subject> {
    if let Some(service) = service(model) {
        return Some(Subject::Service(Box::new(service.clone())));
    }
    let (tables, store) = (&model.tables, &model.store);
    match listing::focused(model)? {
        Pane::Rules => tables.rules.selected_row(rows(&store.rules)).map(|rule| Subject::Rule(Box::new(rule.clone()))),
        Pane::Silences => tables.silences.selected_row(rows(&store.silences)).cloned().map(Subject::Silence),
        Pane::Connections => tables
            .connections
            .selected_row(rows(&store.connections))
            .map(|connection| Subject::Connection(Box::new(connection.clone()))),
        Pane::Channels => {
            tables.channels.selected_row(rows(&store.channels)).map(|it| Subject::Channel(Box::new(it.clone())))
        }
        Pane::Vms
        | Pane::Nodes
        | Pane::Tasks
        | Pane::Top
        | Pane::Services
        | Pane::Alerts
        | Pane::AlertHistory
        | Pane::Audit => None,
    }
}

/// Whether anything is selected that can be changed and deleted.
#[must_use]
pub fn has_subject(model: &Model) -> bool {
    subject(model).is_some()
}

/// Whether what is selected is opened as a form.
#[must_use]
pub fn opens_form(model: &Model) -> bool {
    match subject(model) {
        Some(Subject::Rule(_) | Subject::Connection(_) | Subject::Channel(_)) => !model.read_only,
        Some(Subject::Service(_) | Subject::Silence(_)) | None => false,
    }
}

/// Whether something new can be made here.
#[must_use]
pub fn makes(model: &Model) -> bool {
    match (model.screen, model.pane) {
        (Screen::Services, _) | (Screen::Alerts, 2 | 3) | (Screen::Settings, 0 | 1) => !model.drawer,
        _elsewhere => false,
    }
}

/// The service that is selected or shown.
#[must_use]
pub fn service(model: &Model) -> Option<&Service> {
    match model.screen {
        _ if model.drawer => None,
        Screen::Service(id) => model.store.service(id),
        Screen::Services => model.tables.services.selected_row(rows(&model.store.services)),
        Screen::Dashboard
        | Screen::Infrastructure
        | Screen::Node(_)
        | Screen::Vm(_)
        | Screen::Alerts
        | Screen::Settings
        | Screen::Audit
        | Screen::Task(_) => None,
    }
}

/// The guest that the service runs on which is selected or shown, or that the selected task is about.
#[must_use]
pub fn guest(model: &Model) -> Option<VmId> {
    if model.drawer {
        return model.tables.tasks.selected_row(rows(&model.store.tasks)).map(|task| task.vm_id);
    }
    service(model).and_then(|service| service.vm_id)
}

/// Whether nothing may be changed; says so if it is so.
pub fn is_read_only(model: &mut Model) -> bool {
    if model.read_only {
        model.toasts.say(Tone::Warning, "nothing can be changed: read_only is set in the configuration", model.now);
    }
    model.read_only
}

/// Has the daemon do it; marks have served.
pub fn send(model: &mut Model, commands: Vec<Command>) -> Vec<Effect> {
    model.tables.vms.unmark();
    commands.into_iter().map(Effect::Do).collect()
}

/// What a key does to what is selected here; `None` when it is no such key.
pub fn press(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let known = matches!(
        action,
        Action::New
            | Action::Edit
            | Action::Delete
            | Action::Toggle
            | Action::Check
            | Action::Test
            | Action::Acknowledge
            | Action::Resolve
            | Action::Silence
            | Action::Starters
    );
    if !known {
        return None;
    }
    if is_read_only(model) {
        return Some(Vec::new());
    }
    Some(match action {
        Action::New => make(model),
        Action::Edit => subject(model).map(|subject| edit(model, &subject)).unwrap_or_default(),
        Action::Delete => subject(model).map(|subject| delete(model, &subject)).unwrap_or_default(),
        Action::Toggle => {
            subject(model).and_then(toggled).map(|command| send(model, vec![command])).unwrap_or_default()
        }
        Action::Check => {
            let command = service(model).map(|it| Command::new(it.name.clone(), Request::CheckService(it.id)));
            command.map(|command| send(model, vec![command])).unwrap_or_default()
        }
        Action::Test => subject(model).and_then(tested).map(|command| begin(model, command)).unwrap_or_default(),
        Action::Starters => starters::ask(model),
        Action::Acknowledge | Action::Resolve | Action::Silence => forms::about_alert(model, action),
        _unknown => Vec::new(),
    })
}

/// Has the daemon do something that takes a while, and says so.
fn begin(model: &mut Model, command: Command) -> Vec<Effect> {
    model.toasts.say(Tone::Information, format!("testing {}", command.subject), model.now);
    send(model, vec![command])
}

fn show(model: &mut Model, form: Form) -> Vec<Effect> {
    model.modals.push(Modal::Form(Box::new(form)));
    Vec::new()
}

fn make(model: &mut Model) -> Vec<Effect> {
    let form = match listing::focused(model) {
        Some(Pane::Services) => form::service::open(None, &model.store),
        Some(Pane::Rules) => form::rule::open(None, &model.store),
        Some(Pane::Silences) => form::silence::open(None, &model.store),
        Some(Pane::Connections) => form::connection::open(None),
        Some(Pane::Channels) => form::channel::open(None),
        Some(Pane::Vms | Pane::Nodes | Pane::Tasks | Pane::Top | Pane::Alerts | Pane::AlertHistory | Pane::Audit)
        | None => return Vec::new(),
    };
    show(model, form)
}

/// Opens what is selected to be changed. A silence cannot be changed, only ended.
fn edit(model: &mut Model, subject: &Subject) -> Vec<Effect> {
    let form = match subject {
        Subject::Service(service) => form::service::open(Some(service), &model.store),
        Subject::Rule(rule) => form::rule::open(Some(rule), &model.store),
        Subject::Connection(connection) => form::connection::open(Some(connection)),
        Subject::Channel(channel) => form::channel::open(Some(channel)),
        Subject::Silence(_) => return Vec::new(),
    };
    show(model, form)
}

/// Opens what is selected to be changed, where that is what opening means; says whether it was.
pub fn open(model: &mut Model) -> bool {
    let opens = opens_form(model);
    if let Some(subject) = subject(model).filter(|_| opens) {
        edit(model, &subject);
    }
    opens
}

/// Asks before something is deleted: its name must be typed, for it does not come back.
fn delete(model: &mut Model, subject: &Subject) -> Vec<Effect> {
    let (kind, name, request, effect) = match subject {
        Subject::Service(service) => (
            "service",
            service.name.clone(),
            Request::DeleteService(service.id, service.version),
            "It is not checked any more, and its history is gone.",
        ),
        Subject::Rule(rule) => (
            "rule",
            rule.name.clone(),
            Request::DeleteRule(rule.id, i64::from(rule.version)),
            "Its alerts that are active are closed.",
        ),
        Subject::Connection(connection) => (
            "connection",
            connection.name.clone(),
            Request::DeleteConnection(connection.id),
            "Its nodes and guests are not watched any more, and everything that was seen of them is gone.",
        ),
        Subject::Channel(channel) => (
            "channel",
            channel.name.clone(),
            Request::DeleteChannel(channel.name.clone()),
            "Nothing is told over it any more.",
        ),
        Subject::Silence(silence) => {
            let command = Command::new(silence.reason.clone(), Request::EndSilence(silence.id));
            let lines = vec![silence.reason.clone(), "What it kept back and still fires is sent.".to_owned()];
            let confirm = Confirm {
                title: "End the silence".to_owned(),
                lines,
                verb: "End it".to_owned(),
                commands: vec![command],
                typed: None,
                agreed: false,
            };
            model.modals.push(Modal::Confirm(confirm));
            return Vec::new();
        }
    };
    model.modals.push(Modal::Confirm(Confirm {
        title: format!("Delete the {kind}"),
        lines: vec![name.clone(), effect.to_owned()],
        verb: "Delete".to_owned(),
        commands: vec![Command::new(name.clone(), request)],
        typed: Some((name, tui_input::Input::default())),
        agreed: false,
    }));
    Vec::new()
}

/// Switches off what is on, and on what is off.
fn toggled(subject: Subject) -> Option<Command> {
    let (name, request) = match subject {
        Subject::Service(service) => {
            let settings = ServiceSettings { enabled: !service.enabled, ..service.settings() };
            (service.name, Request::UpdateService(service.id, service.version, Box::new(settings)))
        }
        Subject::Rule(rule) => {
            let mut definition = rule.definition();
            definition.enabled = !rule.enabled;
            (rule.name, Request::UpdateRule(rule.id, i64::from(rule.version), Box::new(definition)))
        }
        Subject::Connection(connection) => {
            let (id, name, enabled) = (connection.id, connection.name.clone(), connection.enabled);
            let draft = ProxmoxConnectionDraft { enabled: !enabled, ..ProxmoxConnectionDraft::from(*connection) };
            (name, Request::UpdateConnection(id, Box::new(draft)))
        }
        Subject::Channel(channel) => {
            let Channel { name, settings, enabled, .. } = *channel;
            let draft = ChannelDraft { name: Some(name.clone()), settings, enabled: !enabled };
            (name.clone(), Request::UpdateChannel(name, Box::new(draft)))
        }
        Subject::Silence(_) => return None,
    };
    Some(Command::new(name, request))
}

fn tested(subject: Subject) -> Option<Command> {
    match subject {
        Subject::Connection(connection) => {
            let test = ProxmoxTest { id: Some(connection.id), draft: None };
            Some(Command::new(connection.name, Request::TestConnection(Box::new(test))))
        }
        Subject::Channel(channel) => Some(Command::new(channel.name.clone(), Request::TestChannel(channel.name))),
        Subject::Service(_) | Subject::Rule(_) | Subject::Silence(_) => None,
    }
}
