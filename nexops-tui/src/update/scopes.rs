//! Which scopes of keys hold now.

use super::focused;
use crate::form::{Form, Purpose};
use crate::keymap::Scope;
use crate::model::modal::Modal;
use crate::model::{Model, Screen};
use crate::view::Pane;

/// The scopes whose keys hold now, the innermost first.
#[must_use]
pub fn scopes(model: &Model) -> Vec<Scope> {
    match model.modals.last() {
        Some(Modal::Confirm(_)) => vec![Scope::Dialog],
        Some(Modal::Form(form)) => form_scopes(form).to_vec(),
        Some(Modal::Palette(_)) => vec![Scope::Palette, Scope::Text],
        Some(Modal::Report(report)) if report.pin.is_some() => vec![Scope::Pin, Scope::Reading],
        Some(Modal::Help(_) | Modal::Messages(_) | Modal::Report(_)) => vec![Scope::Reading],
        Some(Modal::Columns(_)) => vec![Scope::Columns],
        None => screen_scopes(model),
    }
}

/// The scopes whose keys hold in a form.
#[must_use]
pub const fn form_scopes(form: &Form) -> &'static [Scope] {
    match form.purpose {
        Purpose::Connection(_) | Purpose::Rule(_) => &[Scope::Trial, Scope::Form],
        Purpose::SignIn
        | Purpose::Service(_)
        | Purpose::Silence
        | Purpose::Acknowledge(..)
        | Purpose::Resolve(..)
        | Purpose::Channel(_) => &[Scope::Form],
    }
}

/// The scopes of the screen, whatever lies over it.
#[must_use]
pub fn screen_scopes(model: &Model) -> Vec<Scope> {
    if focused(model).is_some_and(|pane| model.tables.of(pane).typing.is_some()) {
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
        (Screen::Services | Screen::Service(_), _) => {
            vec![Scope::Services, Scope::Chart, Scope::List, Scope::Global]
        }
        (Screen::Alerts, 0 | 1) => vec![Scope::Alerts, Scope::Tabs, Scope::Chart, Scope::List, Scope::Global],
        (Screen::Alerts, 2) => vec![Scope::Rules, Scope::Tabs, Scope::List, Scope::Global],
        (Screen::Alerts, _) => vec![Scope::Silences, Scope::Tabs, Scope::List, Scope::Global],
        (Screen::Settings, 0 | 1) => vec![Scope::Settings, Scope::Tabs, Scope::List, Scope::Global],
        (Screen::Settings, _) => vec![Scope::Appearance, Scope::Tabs, Scope::List, Scope::Global],
        (Screen::Audit | Screen::Task(_), _) => vec![Scope::List, Scope::Global],
    }
}

/// Whether a table can be filtered and arranged: those of which only a part is drawn as a table cannot.
#[must_use]
pub const fn is_full_table(pane: Pane) -> bool {
    match pane {
        Pane::Nodes | Pane::Top => false,
        Pane::Vms
        | Pane::Tasks
        | Pane::Services
        | Pane::Alerts
        | Pane::AlertHistory
        | Pane::Rules
        | Pane::Silences
        | Pane::Audit
        | Pane::Connections
        | Pane::Channels => true,
    }
}
