//! The audit log.

use nexops_core::audit::{AuditEntry, Outcome};
use uuid::Uuid;

use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row, stamp};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;

impl Filterable for AuditEntry {
    const PROPERTIES: &'static [&'static str] = &["who", "action", "type", "outcome", "from", "id"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "who" => Property::Text(self.actor.as_str().into()),
            "action" => Property::Text(self.action.as_str().into()),
            "type" => Property::Text(self.resource_type.as_str().into()),
            "outcome" => Property::Text(self.outcome.as_str().into()),
            "from" => Property::Text(self.ip_address.as_str().into()),
            "id" => Property::Text(self.resource_id.to_string().into()),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.actor)
            || visit(&self.action)
            || visit(self.outcome.as_str())
            || visit(&self.ip_address)
            || visit(&subject(self))
    }
}

impl Row for AuditEntry {
    const COLUMNS: &'static [Column<Self>] = &[
        // The latest first.
        Column::new(("when", "WHEN"), 15, 0, when, Order::Number(|entry| Some(-stamp(entry.timestamp)))),
        Column::new(("who", "WHO"), 12, 0, |entry, _| Cell::text(entry.actor.clone()), by_actor()).stretch(10),
        Column::new(("action", "ACTION"), 17, 0, |entry, _| Cell::text(entry.action.clone()), by_action()).stretch(8),
        Column::new(("what", "WHAT"), 14, 1, |entry, _| Cell::text(subject(entry)), by_kind()).stretch(24),
        Column::new(("outcome", "OUTCOME"), 11, 1, outcome, Order::Text(|entry| entry.outcome.as_str())),
        Column::new(("why", "WHY"), 12, 3, |entry, _| Cell::muted(why(entry)), by_outcome()).stretch(60),
        Column::new(("from", "FROM"), 12, 2, |entry, _| Cell::muted(entry.ip_address.clone()), by_address()).stretch(4),
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

const fn by_actor() -> Order<AuditEntry> {
    Order::Text(|entry| &entry.actor)
}

const fn by_action() -> Order<AuditEntry> {
    Order::Text(|entry| &entry.action)
}

const fn by_kind() -> Order<AuditEntry> {
    Order::Text(|entry| &entry.resource_type)
}

const fn by_outcome() -> Order<AuditEntry> {
    Order::Text(|entry| entry.outcome.as_str())
}

const fn by_address() -> Order<AuditEntry> {
    Order::Text(|entry| &entry.ip_address)
}

fn when(entry: &AuditEntry, look: &Look<'_>) -> Cell {
    Cell::muted(entry.timestamp.with_timezone(&look.offset).format("%d %b %H:%M:%S").to_string())
}

/// What something was done to, in the words that the log kept.
#[must_use]
pub fn subject(entry: &AuditEntry) -> String {
    let text = |key: &str| entry.details.get(key).and_then(serde_json::Value::as_str);
    let number = entry.details.get("vmid").and_then(serde_json::Value::as_i64);
    let name = ["name", "title", "channel", "hostname", "reason"].iter().find_map(|key| text(key));
    match (number, name) {
        (Some(number), Some(name)) => format!("{number} {name}"),
        (Some(number), None) => number.to_string(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => entry.resource_type.replace('_', " "),
    }
}

/// Why something failed; empty when it did not.
#[must_use]
pub fn why(entry: &AuditEntry) -> String {
    let text = |key: &str| entry.details.get(key).and_then(serde_json::Value::as_str);
    let reason = ["error", "message", "exit_status"].iter().find_map(|key| text(key));
    match entry.outcome {
        Outcome::Failed | Outcome::Unknown => reason.unwrap_or_default().to_owned(),
        Outcome::Pending | Outcome::Succeeded => String::new(),
    }
}

/// The sign and the role of how something ended.
#[must_use]
pub const fn badge(outcome: Outcome, look: &Look<'_>) -> (&'static str, Role) {
    match outcome {
        Outcome::Pending => (look.symbols.running(), Role::Information),
        Outcome::Succeeded => (look.symbols.done(), Role::Ok),
        Outcome::Failed => (look.symbols.failed(), Role::Critical),
        Outcome::Unknown => (look.symbols.unknown(), Role::Unknown),
    }
}

fn outcome(entry: &AuditEntry, look: &Look<'_>) -> Cell {
    let (sign, role) = badge(entry.outcome, look);
    Cell::Badge(sign, entry.outcome.as_str().into(), role)
}
