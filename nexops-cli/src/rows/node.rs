//! Nodes.

use chrono::{DateTime, Utc};
use nexops_core::node::{Node, NodeStatus};
use nexops_core::usage::Usage;

use super::{figure, percentage};
use crate::color::Tone;
use crate::format::{UNKNOWN, ago, gibibytes, mebibytes, rate, share, size, timestamp, uptime};
use crate::output::{Cell, Column, Field, Row};

impl Row for Node {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "NAME", cell: |node, _| Cell::plain(&node.hostname) },
        Column { header: "STATUS", cell: |node, _| status(node) },
        Column { header: "CPU%", cell: |node, _| figure(node.usage.cpu_usage, &node.usage) },
        Column { header: "MEM%", cell: |node, _| figure(node.usage.memory_usage, &node.usage) },
        Column { header: "DISK%", cell: |node, _| figure(node.usage.disk_usage, &node.usage) },
        Column { header: "UPTIME", cell: |node, _| Cell::plain(uptime(node.usage.uptime_seconds)) },
        Column { header: "IP", cell: |node, _| Cell::maybe(node.ip_address.as_deref()) },
        Column { header: "CONNECTION", cell: |node, _| Cell::plain(&node.connection) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "CPUS", cell: |node, _| cpus(node) },
        Column { header: "MEMORY", cell: |node, _| memory(node) },
        Column { header: "DISK", cell: |node, _| disk(node) },
        Column { header: "LAST SEEN", cell: |node, now| Cell::maybe(node.last_seen_at.map(|time| ago(time, now))) },
        Column { header: "ID", cell: |node, _| Cell::plain(node.id.to_string()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |node| Some(node.id.to_string()) },
        Field { name: "hostname", value: |node| Some(node.hostname.clone()) },
        Field { name: "status", value: |node| Some(node.status.to_string()) },
        Field { name: "connection", value: |node| Some(node.connection.clone()) },
        Field { name: "provider", value: |node| Some(node.provider.to_string()) },
        Field { name: "ip_address", value: |node| node.ip_address.clone() },
        Field { name: "cpu_cores", value: |node| Some(node.cpu_cores.to_string()) },
        Field { name: "cpu_usage", value: |node| node.usage.cpu_usage.map(|value| value.to_string()) },
        Field { name: "memory_total_mb", value: |node| Some(node.memory_total_mb.to_string()) },
        Field { name: "memory_used_mb", value: |node| node.usage.memory_used_mb.map(|value| value.to_string()) },
        Field { name: "memory_usage", value: |node| node.usage.memory_usage.map(|value| value.to_string()) },
        Field { name: "disk_total_gb", value: |node| Some(node.disk_total_gb.to_string()) },
        Field { name: "disk_used_gb", value: |node| node.usage.disk_used_gb.map(|value| value.to_string()) },
        Field { name: "disk_usage", value: |node| node.usage.disk_usage.map(|value| value.to_string()) },
        Field { name: "uptime_seconds", value: |node| node.usage.uptime_seconds.map(|value| value.to_string()) },
        Field { name: "last_seen_at", value: |node| node.last_seen_at.map(timestamp) },
        Field { name: "observed_at", value: |node| node.usage.observed_at.map(timestamp) },
        Field { name: "stale", value: |node| Some(node.usage.stale.to_string()) },
        Field { name: "created_at", value: |node| Some(timestamp(node.created_at)) },
        Field { name: "updated_at", value: |node| Some(timestamp(node.updated_at)) },
    ];

    fn name(&self) -> String {
        crate::format::clean(&self.hostname)
    }

    fn observed(&self) -> Option<(&str, &Usage)> {
        Some((&self.connection, &self.usage))
    }
}

fn status(node: &Node) -> Cell {
    let tone = match node.status {
        NodeStatus::Online => Tone::Good,
        NodeStatus::Offline => Tone::Bad,
        NodeStatus::Maintenance | NodeStatus::Unknown => Tone::Odd,
    };
    match node.gone_at {
        Some(_) => Cell::new(format!("{} (gone)", node.status), tone),
        None => Cell::new(node.status.as_str(), tone),
    }
}

fn cpus(node: &Node) -> Cell {
    if node.cpu_cores > 0 { Cell::plain(node.cpu_cores.to_string()) } else { Cell::plain(UNKNOWN) }
}

fn memory(node: &Node) -> Cell {
    amount(node.usage.memory_used_mb.map(mebibytes), mebibytes(node.memory_total_mb))
}

fn disk(node: &Node) -> Cell {
    amount(node.usage.disk_used_gb.map(gibibytes), gibibytes(node.disk_total_gb.into()))
}

/// The total is 0 while Proxmox does not tell it.
fn amount(used: Option<f64>, total: f64) -> Cell {
    match (used, total > 0.0) {
        (used, true) => Cell::plain(share(used, total)),
        (Some(used), false) => Cell::plain(size(used)),
        (None, false) => Cell::plain(UNKNOWN),
    }
}

/// A node, key by key.
pub fn describe(node: &Node, now: DateTime<Utc>) -> Vec<(&'static str, Cell)> {
    vec![
        ("Name", Cell::plain(&node.hostname)),
        ("Status", status(node)),
        ("Connection", Cell::plain(&node.connection)),
        ("IP address", Cell::maybe(node.ip_address.as_deref())),
        ("CPUs", cpus(node)),
        ("CPU", percentage(node.usage.cpu_usage, &node.usage)),
        ("Memory", memory(node)),
        ("Memory usage", percentage(node.usage.memory_usage, &node.usage)),
        ("Disk", disk(node)),
        ("Disk usage", percentage(node.usage.disk_usage, &node.usage)),
        ("Network in", Cell::plain(rate(node.usage.network_in))),
        ("Network out", Cell::plain(rate(node.usage.network_out))),
        ("Uptime", Cell::plain(uptime(node.usage.uptime_seconds))),
        ("Last seen", Cell::maybe(node.last_seen_at.map(|time| ago(time, now)))),
        ("Figures from", Cell::maybe(node.usage.observed_at.map(|time| ago(time, now)))),
        ("First seen", Cell::plain(ago(node.created_at, now))),
        ("ID", Cell::plain(node.id.to_string())),
    ]
}
