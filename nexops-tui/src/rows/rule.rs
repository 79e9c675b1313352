//! Rules for alerts.

use nexops_core::alert::rule::AlertRule;
use nexops_core::metric::SourceType;
use uuid::Uuid;

use super::alert::badge;
use crate::format::span;
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;

impl Filterable for AlertRule {
    const PROPERTIES: &'static [&'static str] = &["name", "metric", "severity", "state", "of", "channel"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "name" => Property::Text(self.name.as_str().into()),
            "metric" => Property::Text(self.metric_name.as_str().into()),
            "severity" => Property::Text(self.severity.as_str().into()),
            "state" => Property::Text(state_of(self).into()),
            "of" => Property::Text(self.source_type.map_or("all", SourceType::as_str).into()),
            "channel" => Property::Texts(&self.notification_channels),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name)
            || visit(self.metric_name.as_str())
            || visit(&self.description)
            || self.notification_channels.iter().any(|channel| visit(channel))
    }
}

impl Row for AlertRule {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(("name", "RULE"), 20, 0, |rule, _| Cell::text(rule.name.clone()), by_name()).stretch(14),
        Column::new(("state", "STATE"), 6, 1, state, Order::Text(|rule| state_of(rule))),
        Column::new(("severity", "SEVERITY"), 10, 2, severity, Order::Text(|rule| rule.severity.as_str())),
        Column::new(("condition", "CONDITION"), 29, 1, |rule, _| Cell::text(condition(rule)), by_metric()).stretch(10),
        Column::new(("of", "APPLIES TO"), 13, 3, |rule, look| Cell::muted(source(rule, look)), by_source()).stretch(14),
        Column::new(("channels", "NOTIFIES"), 10, 4, |rule, _| channels(rule), by_channel()).stretch(16),
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

const fn by_name() -> Order<AlertRule> {
    Order::Text(|rule| &rule.name)
}

const fn by_metric() -> Order<AlertRule> {
    Order::Text(|rule| rule.metric_name.as_str())
}

const fn by_source() -> Order<AlertRule> {
    Order::Text(|rule| rule.source_type.map_or("", SourceType::as_str))
}

const fn by_channel() -> Order<AlertRule> {
    Order::Text(|rule| rule.notification_channels.first().map_or("", String::as_str))
}

fn state_of(rule: &AlertRule) -> &'static str {
    if rule.enabled { "on" } else { "off" }
}

fn state(rule: &AlertRule, look: &Look<'_>) -> Cell {
    let (sign, role) =
        if rule.enabled { (look.symbols.full(), Role::Ok) } else { (look.symbols.hollow(), Role::Muted) };
    Cell::Badge(sign, state_of(rule).into(), role)
}

fn severity(rule: &AlertRule, look: &Look<'_>) -> Cell {
    let (sign, role) = badge(rule.severity, look);
    Cell::Badge(sign, rule.severity.as_str().into(), if rule.enabled { role } else { Role::Muted })
}

/// When a rule fires, in a line.
#[must_use]
pub fn condition(rule: &AlertRule) -> String {
    let words = format!("{} {} {}", rule.metric_name, rule.condition.sign(), rule.threshold);
    if rule.duration_seconds == 0 { words } else { format!("{words} for {}", span(rule.duration_seconds)) }
}

/// What a rule looks at.
#[must_use]
pub fn source(rule: &AlertRule, look: &Look<'_>) -> String {
    match (rule.source_type, rule.source_id) {
        (Some(kind), Some(id)) => look.store.name_of(kind.into(), id),
        (Some(SourceType::Node), None) => "every node".to_owned(),
        (Some(SourceType::Vm), None) => "every guest".to_owned(),
        (Some(SourceType::Service), None) => "every service".to_owned(),
        (None, _) => "everything".to_owned(),
    }
}

fn channels(rule: &AlertRule) -> Cell {
    match rule.notification_channels.as_slice() {
        [] => Cell::muted("nobody"),
        names => Cell::muted(names.join(", ")),
    }
}
