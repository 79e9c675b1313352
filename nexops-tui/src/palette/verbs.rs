//! What can be done to services, alerts, rules, connections and channels, in the words of the command line.

use nexops_core::alert::{Alert, AlertStatus};
use uuid::Uuid;

use super::{Entry, Target};
use crate::keymap::{Action, Scope};
use crate::model::{Model, Place, Screen};
use crate::store::rows;
use crate::view::Pane;

/// The alerts that are active, as a place.
const ALERTS: Place = (Screen::Alerts, 0);
/// The rules.
const RULES: Place = (Screen::Alerts, 2);
/// The silences.
const SILENCES: Place = (Screen::Alerts, 3);
/// The connections to Proxmox.
const CONNECTIONS: Place = (Screen::Settings, 0);
/// The notification channels.
const CHANNELS: Place = (Screen::Settings, 1);

/// Everything that can be done to what is known.
pub fn all(model: &Model) -> Vec<Entry> {
    let store = &model.store;
    let mut entries = made(model);
    for service in rows(&store.services) {
        let place = (Screen::Service(service.id), 0);
        let toggle = if service.enabled { "service disable" } else { "service enable" };
        for (verb, action) in [
            ("service check", Action::Check),
            ("service update", Action::Edit),
            (toggle, Action::Toggle),
            ("service delete", Action::Delete),
        ] {
            let words = format!("{verb} {}", service.name);
            entries.push(entry(model, words, service.status.as_str(), Target::On(place, None, action)));
        }
    }
    for alert in rows(&store.alerts) {
        entries.extend(verbs_of_alert(alert).map(|(verb, action)| {
            let words = format!("alert {verb} {}", alert.title);
            on_row(model, words, alert.severity.as_str(), ALERTS, (Pane::Alerts, alert.id.0), action)
        }));
    }
    for rule in rows(&store.rules) {
        let toggle = if rule.enabled { "disable" } else { "enable" };
        for (verb, action) in [("update", Action::Edit), (toggle, Action::Toggle), ("delete", Action::Delete)] {
            let words = format!("alert rule {verb} {}", rule.name);
            entries.push(on_row(model, words, rule.severity.as_str(), RULES, (Pane::Rules, rule.id.0), action));
        }
    }
    let settings = [("test", Action::Test), ("update", Action::Edit), ("delete", Action::Delete)];
    for connection in rows(&store.connections) {
        for (verb, action) in settings {
            let words = format!("settings proxmox {verb} {}", connection.name);
            let row = (Pane::Connections, connection.id.0);
            entries.push(on_row(model, words, "connection", CONNECTIONS, row, action));
        }
    }
    for channel in rows(&store.channels) {
        for (verb, action) in settings {
            let words = format!("settings notify {verb} {}", channel.name);
            let row = (Pane::Channels, crate::table::Row::id(channel));
            entries.push(on_row(model, words, "channel", CHANNELS, row, action));
        }
    }
    entries
}

/// What can be made new.
fn made(model: &Model) -> Vec<Entry> {
    [
        ("service create", "a form", (Screen::Services, 0), Action::New),
        ("alert rule create", "a form", RULES, Action::New),
        ("alert rule starters", "the rules that are offered", RULES, Action::Starters),
        ("alert silence", "a form", SILENCES, Action::New),
        ("settings proxmox create", "a form", CONNECTIONS, Action::New),
        ("settings notify create", "a form", CHANNELS, Action::New),
    ]
    .into_iter()
    .map(|(words, detail, place, action)| entry(model, words.to_owned(), detail, Target::On(place, None, action)))
    .collect()
}

/// What can be done to an alert as it is now.
fn verbs_of_alert(alert: &Alert) -> impl Iterator<Item = (&'static str, Action)> {
    let unknown = alert.status == AlertStatus::Firing;
    let active = alert.status != AlertStatus::Resolved;
    [("ack", Action::Acknowledge, unknown), ("resolve", Action::Resolve, active), ("silence", Action::Silence, active)]
        .into_iter()
        .filter(|(_, _, makes_sense)| *makes_sense)
        .map(|(verb, action, _)| (verb, action))
}

fn on_row(model: &Model, words: String, detail: &str, place: Place, row: (Pane, Uuid), action: Action) -> Entry {
    entry(model, words, detail, Target::On(place, Some(row), action))
}

fn entry(model: &Model, words: String, detail: &str, target: Target) -> Entry {
    let key = match target {
        Target::On((screen, pane), _, action) => model.keymap.key_of(&[scope(screen, pane)], action, model.symbols),
        Target::Act(_)
        | Target::Vm(_)
        | Target::Node(_)
        | Target::Service(_)
        | Target::Power(..)
        | Target::Context(_) => String::new(),
    };
    Entry { words, detail: detail.to_owned(), key, target }
}

/// Where the keys of these verbs hold.
const fn scope(screen: Screen, pane: usize) -> Scope {
    match (screen, pane) {
        (Screen::Alerts, 0 | 1) => Scope::Alerts,
        (Screen::Alerts, 2) => Scope::Rules,
        (Screen::Alerts, _) => Scope::Silences,
        (Screen::Settings, _) => Scope::Settings,
        (Screen::Services | Screen::Service(_), _) => Scope::Services,
        (
            Screen::Dashboard
            | Screen::Infrastructure
            | Screen::Node(_)
            | Screen::Vm(_)
            | Screen::Audit
            | Screen::Task(_),
            _,
        ) => Scope::Global,
    }
}
