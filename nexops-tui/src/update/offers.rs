//! Which keys do something now: footer and help offer no others.

use nexops_core::alert::AlertStatus;

use super::listing::{focused, meant};
use super::scopes::is_full_table;
use super::{acting, targets};
use crate::keymap::Action;
use crate::model::{Model, Screen};
use crate::view::Pane;

/// Whether an action whose key holds does anything now.
#[must_use]
pub fn offers(model: &Model, action: Action) -> bool {
    !model.modals.is_empty() || would_offer(model, action)
}

/// Whether an action whose key holds does anything on the screen as it is, whatever lies over it.
#[must_use]
pub fn would_offer(model: &Model, action: Action) -> bool {
    let pane = focused(model);
    let is_table = pane.is_some_and(is_full_table);
    let changes = !model.read_only;
    match action {
        Action::Start
        | Action::Shutdown
        | Action::Stop
        | Action::Restart
        | Action::Reset
        | Action::Suspend
        | Action::Resume => changes && !meant(model).is_empty(),
        Action::Open => targets::target(model).is_some() || acting::opens_form(model),
        Action::Filter | Action::Sort | Action::SortReverse | Action::Columns => is_table,
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last => {
            pane.is_some() || model.drawn.furthest > 0 || model.screen == Screen::Settings
        }
        Action::Zoom => matches!(model.screen, Screen::Vm(_) | Screen::Node(_) | Screen::Service(_)),
        Action::Copy => targets::copied(model).is_some(),
        Action::Forward => model.trail.leads_forward(),
        Action::Sidebar => model.size.0 >= crate::view::WIDE,
        Action::New => changes && acting::makes(model),
        Action::Edit | Action::Delete | Action::Toggle => changes && acting::has_subject(model),
        Action::Check => changes && acting::service(model).is_some(),
        Action::Test => changes && acting::has_subject(model) && model.screen == Screen::Settings,
        Action::Acknowledge => changes && model.selected_alert().is_some_and(|it| it.status == AlertStatus::Firing),
        Action::Resolve => changes && model.selected_alert().is_some_and(|it| it.status != AlertStatus::Resolved),
        Action::Silence => changes && model.selected_alert().is_some(),
        Action::Rule => model.selected_alert().is_some_and(|alert| alert.rule_id.is_some()),
        Action::Guest => acting::guest(model).is_some(),
        Action::Starters => changes && !super::starters::missing(model).is_empty(),
        Action::Mark | Action::MarkAll => pane == Some(Pane::Vms),
        Action::RangeShorter | Action::RangeLonger | Action::CursorLeft | Action::CursorRight => {
            model.charted().is_some() || model.screen == Screen::Dashboard
        }
        Action::Quit
        | Action::Help
        | Action::Palette
        | Action::Refresh
        | Action::Pause
        | Action::Back
        | Action::GoDashboard
        | Action::GoInfrastructure
        | Action::GoServices
        | Action::GoAlerts
        | Action::GoSettings
        | Action::GoAudit
        | Action::Tasks
        | Action::Messages
        | Action::SignIn
        | Action::Mouse
        | Action::NextTab
        | Action::PreviousTab
        | Action::Less
        | Action::More
        | Action::Yes
        | Action::No
        | Action::NextField
        | Action::PreviousField
        | Action::Submit
        | Action::Cancel
        | Action::Clear
        | Action::Try
        | Action::Pin
        | Action::Show
        | Action::MoveUp
        | Action::MoveDown => true,
    }
}
