//! Nodes.

use nexops_core::node::{Node, NodeStatus};
use uuid::Uuid;

use crate::format::uptime;
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;
use crate::widgets::meter::role_of;

impl Filterable for Node {
    const PROPERTIES: &'static [&'static str] = &["name", "state", "cluster", "ip", "cpu", "mem", "disk"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "name" => Property::Text(self.hostname.as_str().into()),
            "state" => Property::Text(self.status.as_str().into()),
            "cluster" => Property::Text(self.connection.as_str().into()),
            "ip" => Property::Text(self.ip_address.as_deref().unwrap_or_default().into()),
            "cpu" => Property::Number(self.usage.cpu_usage),
            "mem" => Property::Number(self.usage.memory_usage),
            "disk" => Property::Number(self.usage.disk_usage),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.hostname) || visit(&self.connection) || self.ip_address.as_deref().is_some_and(visit)
    }
}

impl Row for Node {
    const COLUMNS: &'static [Column<Self>] = &[
        Column {
            key: "name",
            title: "NODE",
            width: 12,
            stretch: 8,
            right: false,
            priority: 0,
            cell: |node, _| Cell::text(node.hostname.clone()),
            order: Order::Text(|node| &node.hostname),
        },
        Column {
            key: "state",
            title: "STATE",
            width: 13,
            stretch: 0,
            right: false,
            priority: 1,
            cell: |node, look| {
                let (sign, role) = badge(node.status, look);
                Cell::Badge(sign, node.status.as_str().into(), role)
            },
            order: Order::Text(|node| node.status.as_str()),
        },
        Column {
            key: "cpu",
            title: "CPU",
            width: 5,
            stretch: 10,
            right: true,
            priority: 2,
            cell: |node, _| Cell::Percent(node.usage.cpu_usage, role_of(node.usage.cpu_usage)),
            order: Order::Number(|node| node.usage.cpu_usage),
        },
        Column {
            key: "mem",
            title: "MEM",
            width: 5,
            stretch: 10,
            right: true,
            priority: 2,
            cell: |node, _| Cell::Percent(node.usage.memory_usage, role_of(node.usage.memory_usage)),
            order: Order::Number(|node| node.usage.memory_usage),
        },
        Column {
            key: "disk",
            title: "DISK",
            width: 5,
            stretch: 10,
            right: true,
            priority: 3,
            cell: |node, _| Cell::Percent(node.usage.disk_usage, role_of(node.usage.disk_usage)),
            order: Order::Number(|node| node.usage.disk_usage),
        },
        Column {
            key: "uptime",
            title: "UPTIME",
            width: 9,
            stretch: 0,
            right: true,
            priority: 4,
            cell: |node, _| Cell::muted(uptime(node.usage.uptime_seconds)),
            #[expect(clippy::cast_precision_loss, reason = "seconds of uptime")]
            order: Order::Number(|node| node.usage.uptime_seconds.map(|seconds| seconds as f64)),
        },
        Column {
            key: "ip",
            title: "IP",
            width: 15,
            stretch: 0,
            right: false,
            priority: 5,
            cell: |node, _| Cell::muted(node.ip_address.clone().unwrap_or_else(|| "-".to_owned())),
            order: Order::Text(|node| node.ip_address.as_deref().unwrap_or_default()),
        },
        Column {
            key: "cluster",
            title: "CLUSTER",
            width: 10,
            stretch: 6,
            right: false,
            priority: 6,
            cell: |node, _| Cell::muted(node.connection.clone()),
            order: Order::Text(|node| &node.connection),
        },
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

/// The sign and the role of a node's status.
#[must_use]
pub const fn badge(status: NodeStatus, look: &Look<'_>) -> (&'static str, Role) {
    match status {
        NodeStatus::Online => (look.symbols.full(), Role::Ok),
        NodeStatus::Offline => (look.symbols.critical(), Role::Critical),
        NodeStatus::Maintenance => (look.symbols.half(), Role::Warning),
        NodeStatus::Unknown => (look.symbols.unknown(), Role::Unknown),
    }
}
