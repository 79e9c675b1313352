//! Alerts.

use nexops_core::alert::{Alert, AlertStatus, Severity};
use uuid::Uuid;

use crate::format::{moment, uptime};
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row, stamp};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;

impl Filterable for Alert {
    const PROPERTIES: &'static [&'static str] = &["severity", "state", "source", "type", "rule", "by"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "severity" => Property::Text(self.severity.as_str().into()),
            "state" => Property::Text(state_of(self).into()),
            "source" => Property::Text(self.source_name.as_deref().unwrap_or_default().into()),
            "type" => Property::Text(self.source_type.as_str().into()),
            "rule" => Property::Text(self.rule_name.as_deref().unwrap_or_default().into()),
            "by" => Property::Text(self.acknowledged_by.as_deref().unwrap_or_default().into()),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.title)
            || visit(self.severity.as_str())
            || visit(state_of(self))
            || self.source_name.as_deref().is_some_and(&mut *visit)
            || self.rule_name.as_deref().is_some_and(&mut *visit)
    }
}

impl Row for Alert {
    const COLUMNS: &'static [Column<Self>] = &[
        // The latest first, as one looks for what went wrong last.
        Column::new(("fired", "FIRED"), 6, 1, fired, Order::Number(|alert| Some(-stamp(alert.fired_at)))),
        Column::new(("severity", "SEVERITY"), 10, 0, severity, Order::Number(|alert| Some(-worth(alert.severity)))),
        Column::new(("source", "SOURCE"), 14, 2, |alert, _| Cell::text(source(alert)), by_source()).stretch(10),
        Column::new(("title", "WHAT"), 20, 0, |alert, _| Cell::text(alert.title.clone()), by_title()).stretch(60),
        Column::new(("lasted", "LASTED"), 7, 4, lasted, Order::Number(length)).right(),
        Column::new(("state", "STATE"), 12, 3, state, Order::Text(|alert| state_of(alert))),
        Column::new(("rule", "RULE"), 14, 6, |alert, _| Cell::muted(rule(alert).to_owned()), Order::Text(rule))
            .stretch(8),
        Column::new(("by", "BY"), 10, 5, |alert, _| Cell::muted(by(alert).to_owned()), Order::Text(by)).stretch(8),
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

const fn by_source() -> Order<Alert> {
    Order::Text(|alert| alert.source_name.as_deref().unwrap_or_default())
}

const fn by_title() -> Order<Alert> {
    Order::Text(|alert| &alert.title)
}

const fn worth(severity: Severity) -> f64 {
    match severity {
        Severity::Info => 0.0,
        Severity::Warning => 1.0,
        Severity::Critical => 2.0,
    }
}

/// The sign and the role of how bad something is.
#[must_use]
pub const fn badge(severity: Severity, look: &Look<'_>) -> (&'static str, Role) {
    match severity {
        Severity::Info => (look.symbols.full(), Role::Information),
        Severity::Warning => (look.symbols.warning(), Role::Warning),
        Severity::Critical => (look.symbols.critical(), Role::Critical),
    }
}

fn severity(alert: &Alert, look: &Look<'_>) -> Cell {
    let (sign, role) = badge(alert.severity, look);
    let role = if alert.status == AlertStatus::Resolved { Role::Muted } else { role };
    Cell::Badge(sign, alert.severity.as_str().into(), role)
}

fn fired(alert: &Alert, look: &Look<'_>) -> Cell {
    Cell::muted(moment(alert.fired_at, look.now, look.offset))
}

fn source(alert: &Alert) -> String {
    alert.source_name.clone().unwrap_or_else(|| alert.source_type.to_string())
}

fn length(alert: &Alert) -> Option<f64> {
    Some(stamp(alert.resolved_at?) - stamp(alert.fired_at))
}

fn lasted(alert: &Alert, look: &Look<'_>) -> Cell {
    let lasted = alert.resolved_at.unwrap_or(look.now) - alert.fired_at;
    Cell::muted(uptime(Some(lasted.num_seconds().max(0))))
}

/// How far an alert is, in a word: silenced and flapping ones say so, those that are over say how they ended.
#[must_use]
pub fn state_of(alert: &Alert) -> &'static str {
    match (alert.status, alert.resolution) {
        (AlertStatus::Resolved, Some(resolution)) => resolution.as_str(),
        (AlertStatus::Firing | AlertStatus::Acknowledged, _) if alert.silenced => "silenced",
        (AlertStatus::Firing, _) if alert.flapping => "flapping",
        (status, _) => status.as_str(),
    }
}

fn state(alert: &Alert, _look: &Look<'_>) -> Cell {
    let role = match alert.status {
        AlertStatus::Firing if alert.silenced || alert.inhibited => Role::Muted,
        AlertStatus::Firing => Role::Text,
        AlertStatus::Acknowledged => Role::Information,
        AlertStatus::Resolved => Role::Muted,
    };
    Cell::Text(state_of(alert).replace('_', " ").into(), role)
}

fn rule(alert: &Alert) -> &str {
    alert.rule_name.as_deref().unwrap_or("-")
}

fn by(alert: &Alert) -> &str {
    alert.acknowledged_by.as_deref().unwrap_or_default()
}
