//! The audit log: who changed what, and how it ended.

use nexops_core::audit::AuditEntry;
use ratatui::Frame;
use ratatui::layout::Rect;

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
    lines.extend(entry.request_id.as_ref().map(|id| Fact::new("request", id.clone()).meant(Role::Muted)));
    if let serde_json::Value::Object(details) = &entry.details {
        lines.extend(details.iter().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Fact::new(name.replace('_', " "), value)
        }));
    }
    facts(frame, inner, &lines, 0, look);
}
