//! Tasks.

use nexops_core::task::{Task, TaskStatus};
use uuid::Uuid;

use crate::format::{moment, took};
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;

impl Filterable for Task {
    const PROPERTIES: &'static [&'static str] = &["id", "action", "state", "node", "who"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "id" => Property::Number(Some(f64::from(self.vmid))),
            "action" => Property::Text(self.action.as_str().into()),
            "state" => Property::Text(self.status.as_str().into()),
            "node" => Property::Text(self.node.as_str().into()),
            "who" => Property::Text(self.actor.as_str().into()),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(self.action.as_str()) || visit(&self.vmid.to_string()) || visit(&self.node) || visit(&self.actor)
    }
}

impl Row for Task {
    const COLUMNS: &'static [Column<Self>] = &[
        Column {
            key: "started",
            title: "WHEN",
            width: 6,
            stretch: 0,
            right: false,
            priority: 2,
            cell: |task, look| Cell::muted(moment(task.started_at, look.now, look.offset)),
            // The newest first, as one looks for what was done last.
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
            order: Order::Number(|task| Some(-(task.started_at.timestamp_millis() as f64))),
        },
        Column {
            key: "state",
            title: "",
            width: 1,
            stretch: 0,
            right: false,
            priority: 0,
            cell: |task, look| {
                let (sign, role) = badge(task.status, look);
                Cell::Text(sign.into(), role)
            },
            order: Order::Text(|task| task.status.as_str()),
        },
        Column {
            key: "action",
            title: "ACTION",
            width: 9,
            stretch: 0,
            right: false,
            priority: 0,
            cell: |task, _| Cell::text(task.action.as_str()),
            order: Order::Text(|task| task.action.as_str()),
        },
        Column {
            key: "id",
            title: "ID",
            width: 6,
            stretch: 0,
            right: true,
            priority: 0,
            cell: |task, _| Cell::text(task.vmid.to_string()),
            order: Order::Number(|task| Some(f64::from(task.vmid))),
        },
        Column {
            key: "result",
            title: "RESULT",
            width: 12,
            stretch: 30,
            right: false,
            priority: 1,
            cell: result,
            order: Order::Text(|task| task.exit_status.as_deref().unwrap_or_default()),
        },
        Column {
            key: "took",
            title: "TOOK",
            width: 7,
            stretch: 0,
            right: true,
            priority: 3,
            cell: |task, look| Cell::muted(took(task.finished_at.unwrap_or(look.now) - task.started_at)),
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of a task")]
            order: Order::Number(|task| Some((task.finished_at? - task.started_at).num_milliseconds() as f64)),
        },
        Column {
            key: "who",
            title: "WHO",
            width: 8,
            stretch: 8,
            right: false,
            priority: 4,
            cell: |task, _| Cell::muted(task.actor.clone()),
            order: Order::Text(|task| &task.actor),
        },
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

/// The sign and the role of a task's status.
#[must_use]
pub const fn badge(status: TaskStatus, look: &Look<'_>) -> (&'static str, Role) {
    match status {
        TaskStatus::Running => (look.symbols.running(), Role::Information),
        TaskStatus::Succeeded => (look.symbols.done(), Role::Ok),
        TaskStatus::Failed => (look.symbols.failed(), Role::Critical),
        TaskStatus::Unknown => (look.symbols.unknown(), Role::Unknown),
    }
}

fn result(task: &Task, _look: &Look<'_>) -> Cell {
    match (task.status, task.progress, &task.exit_status) {
        (TaskStatus::Running, Some(progress), _) => Cell::Text(format!("{progress}%").into(), Role::Information),
        (TaskStatus::Running, None, _) => Cell::Text("under way".into(), Role::Information),
        (TaskStatus::Succeeded, _, _) => Cell::muted("done"),
        (TaskStatus::Failed, _, words) => {
            Cell::Text(words.clone().unwrap_or_else(|| "failed".to_owned()).into(), Role::Critical)
        }
        (TaskStatus::Unknown, _, words) => {
            Cell::Text(words.clone().unwrap_or_else(|| "nobody knows".to_owned()).into(), Role::Unknown)
        }
    }
}
