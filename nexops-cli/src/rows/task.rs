//! Tasks.

use chrono::{DateTime, Utc};
use nexops_core::task::{Task, TaskLogLine, TaskStatus};

use crate::color::Tone;
use crate::format::{ago, clean, elapsed, timestamp};
use crate::output::{Cell, Column, Field, Row};

impl Row for Task {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "ID", cell: |task, _| Cell::plain(task.id.to_string()) },
        Column { header: "ACTION", cell: |task, _| Cell::plain(task.action.as_str()) },
        Column { header: "VMID", cell: |task, _| Cell::plain(task.vmid.to_string()) },
        Column { header: "NODE", cell: |task, _| Cell::plain(&task.node) },
        Column { header: "STATUS", cell: |task, _| status(task) },
        Column { header: "STARTED", cell: |task, now| Cell::plain(ago(task.started_at, now)) },
        Column { header: "TOOK", cell: |task, _| took(task) },
        Column { header: "RESULT", cell: |task, _| Cell::maybe(task.exit_status.as_deref()) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "ACTOR", cell: |task, _| Cell::plain(&task.actor) },
        Column { header: "UPID", cell: |task, _| Cell::maybe(task.upid.as_deref()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |task| Some(task.id.to_string()) },
        Field { name: "upid", value: |task| task.upid.clone() },
        Field { name: "action", value: |task| Some(task.action.to_string()) },
        Field { name: "vm_id", value: |task| Some(task.vm_id.to_string()) },
        Field { name: "vmid", value: |task| Some(task.vmid.to_string()) },
        Field { name: "node", value: |task| Some(task.node.clone()) },
        Field { name: "connection_id", value: |task| Some(task.connection_id.to_string()) },
        Field { name: "status", value: |task| Some(task.status.to_string()) },
        Field { name: "exit_status", value: |task| task.exit_status.clone() },
        Field { name: "progress", value: |task| task.progress.map(|percent| percent.to_string()) },
        Field { name: "actor", value: |task| Some(task.actor.clone()) },
        Field { name: "started_at", value: |task| Some(timestamp(task.started_at)) },
        Field { name: "finished_at", value: |task| task.finished_at.map(timestamp) },
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }
}

/// The lines of a log for CSV.
pub const LOG_FIELDS: &[Field<TaskLogLine>] = &[
    Field { name: "number", value: |line| Some(line.number.to_string()) },
    Field { name: "text", value: |line| Some(line.text.clone()) },
];

/// A task as sentences name it: "start of vm 101".
pub fn label(task: &Task) -> String {
    format!("{} of vm {}", task.action, task.vmid)
}

/// How long it took, as " (1.8 s)"; nothing while it runs.
pub fn duration_note(task: &Task) -> String {
    task.finished_at.map(|end| format!(" ({})", elapsed(end - task.started_at))).unwrap_or_default()
}

/// How it ended, in Proxmox's words.
pub fn result(task: &Task) -> String {
    match (&task.exit_status, task.status) {
        (Some(words), _) => clean(words),
        (None, TaskStatus::Unknown) => "it has ended, but Proxmox cannot tell how".to_owned(),
        (None, TaskStatus::Failed | TaskStatus::Running | TaskStatus::Succeeded) => "Proxmox gave no reason".to_owned(),
    }
}

fn status(task: &Task) -> Cell {
    let tone = match task.status {
        TaskStatus::Running | TaskStatus::Unknown => Tone::Odd,
        TaskStatus::Succeeded => Tone::Good,
        TaskStatus::Failed => Tone::Bad,
    };
    match (task.status, task.progress) {
        (TaskStatus::Running, Some(percent)) => Cell::new(format!("{} ({percent} %)", task.status), tone),
        (TaskStatus::Running | TaskStatus::Succeeded | TaskStatus::Failed | TaskStatus::Unknown, _) => {
            Cell::new(task.status.as_str(), tone)
        }
    }
}

fn took(task: &Task) -> Cell {
    Cell::maybe(task.finished_at.map(|end| elapsed(end - task.started_at)))
}

/// A task, key by key.
pub fn describe(task: &Task, now: DateTime<Utc>) -> Vec<(&'static str, Cell)> {
    vec![
        ("ID", Cell::plain(task.id.to_string())),
        ("Action", Cell::plain(task.action.as_str())),
        ("VMID", Cell::plain(task.vmid.to_string())),
        ("VM ID", Cell::plain(task.vm_id.to_string())),
        ("Node", Cell::plain(&task.node)),
        ("Status", status(task)),
        ("Result", Cell::maybe(task.exit_status.as_deref())),
        ("Started", Cell::plain(format!("{} ({})", timestamp(task.started_at), ago(task.started_at, now)))),
        ("Took", took(task)),
        ("Actor", Cell::plain(&task.actor)),
        ("UPID", Cell::maybe(task.upid.as_deref())),
    ]
}
