//! Events, as lines that come one by one.

use nexops_core::event::{Change, Event};

use crate::format::{clean, timestamp};
use crate::output::{Cell, Column, Field, Row};
use crate::rows::task::label;

impl Row for Event {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "TIME", cell: |event, _| Cell::plain(timestamp(event.at)) },
        Column { header: "TYPE", cell: |event, _| Cell::plain(event.change.event_type().as_str()) },
        Column { header: "WHAT", cell: |event, _| Cell::plain(summary(event)) },
    ];
    const WIDE: &'static [Column<Self>] =
        &[Column { header: "NUMBER", cell: |event, _| Cell::plain(event.id.to_string()) }];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |event| Some(event.id.to_string()) },
        Field { name: "at", value: |event| Some(timestamp(event.at)) },
        Field { name: "type", value: |event| Some(event.change.event_type().to_string()) },
        Field { name: "deleted", value: |event| Some(event.deleted.to_string()) },
        Field { name: "summary", value: |event| Some(summary(event)) },
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }
}

/// An event as one line for people.
pub fn line(event: &Event) -> String {
    let (time, kind) = (timestamp(event.at), event.change.event_type());
    format!("{time}  {kind:<8} {}\n", clean(&summary(event)))
}

/// What happened, in a few words.
fn summary(event: &Event) -> String {
    let words = match &event.change {
        Change::Vm(vm) => {
            let state = if vm.gone_at.is_some() { "gone" } else { vm.status.as_str() };
            let lock = vm.locked.as_ref().map(|lock| format!(", locked ({lock})")).unwrap_or_default();
            format!("{} {} on {}: {state}{lock}", vm.vmid, vm.name, vm.node)
        }
        Change::Node(node) => {
            let state = if node.gone_at.is_some() { "gone" } else { node.status.as_str() };
            format!("{}: {state}", node.hostname)
        }
        Change::Task(task) => {
            let result = task.exit_status.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
            format!("{}: {}{result}", label(task), task.status)
        }
        Change::Service(service) => format!("{}: {}", service.name, service.status),
        Change::Alert(alert) => format!("{}: {}", alert.title, alert.status),
        Change::Metrics(collection) => format!("new figures of {} nodes and guests", collection.sources),
    };
    if event.deleted { format!("{words}; deleted") } else { words }
}
