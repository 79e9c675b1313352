//! The audit log: who changed what, and how it ended.

use nexops_core::audit::AuditEntry;
use ratatui::Frame;
use ratatui::layout::Rect;
use serde_json::Value;

use super::alerts::divide;
use super::list::{self, Shown};
use crate::model::Model;
use crate::rows::audit::{badge, subject, why};
use crate::store::rows;
use crate::theme::Role;
use crate::view::{Drawn, Look, Pane};
use crate::widgets::facts::{Fact, facts};
use crate::widgets::panel::panel;

/// Draws the screen.
pub fn view(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let log = rows(&model.store.audit);
    let selected = model.tables.audit.selected_row(log);
    let (table, detail) = divide(area, log.len(), selected.is_some(), 10);
    let shown = Shown {
        pane: Pane::Audit,
        name: "Audit log",
        summary: "the latest 500",
        empty: "nobody has changed anything yet",
        none_fits: "nothing in the log fits the filter; Esc clears it",
    };
    list::draw(&shown, &model.store.audit, model, frame, table, look, drawn);
    if let (Some(entry), Some(detail)) = (selected, detail) {
        about(entry, frame, detail, look);
    }
}

fn about(entry: &AuditEntry, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let (sign, role) = badge(entry.outcome, look);
    let inner = panel(frame, area, &format!("{} {}", entry.action, subject(entry)), "", false, look);
    let at = entry.timestamp.with_timezone(&look.offset).format("%Y-%m-%d %H:%M:%S %z");
    let mut lines = vec![
        Fact::new("outcome", format!("{sign} {}  {}", entry.outcome, why(entry))).meant(role),
        Fact::new("who", format!("{} from {}, {at}", entry.actor, entry.ip_address)),
        Fact::new(entry.resource_type.replace('_', " "), entry.resource_id.to_string()),
    ];
    let request = entry.request_id.as_ref().filter(|id| !id.is_empty());
    lines.extend(request.map(|id| Fact::new("request", id.clone()).meant(Role::Muted)));
    let details = &entry.details;
    if let Some(before) = details.get("before") {
        // What it is now has a name of its own, or stands beside what it was.
        let after = details.get("after").or_else(|| details.get("settings")).unwrap_or(details);
        changes("", before, after, look, &mut lines);
    } else if let Value::Object(details) = details {
        lines.extend(details.iter().map(|(name, value)| Fact::new(name.replace('_', " "), words(value))));
    }
    facts(frame, inner, &lines, 0, look);
}

/// What differs between two states of a thing, field by field, as far as the log kept both.
fn changes(name: &str, before: &Value, after: &Value, look: &Look<'_>, lines: &mut Vec<Fact>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Object(before), Value::Object(after)) => {
            let kept = after.iter().filter_map(|(key, value)| Some((key, before.get(key)?, value)));
            for (key, before, after) in kept {
                changes(key, before, after, look, lines);
            }
        }
        (before, after) => {
            let text = format!("{} {} {}", words(before), look.symbols.becomes(), words(after));
            lines.push(Fact::new(name.replace('_', " "), text));
        }
    }
}

/// A value as people read it.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
