//! Guests.

use chrono::{DateTime, Utc};
use nexops_core::usage::{MemorySource, Usage};
use nexops_core::vm::{AgentStatus, Vm, VmStatus};

use super::{figure, percentage};
use crate::color::Tone;
use crate::format::{UNKNOWN, ago, gibibytes, mebibytes, rate, share, size, timestamp, uptime};
use crate::output::{Cell, Column, Field, Row};

impl Row for Vm {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "VMID", cell: |vm, _| Cell::plain(vm.vmid.to_string()) },
        Column { header: "NAME", cell: |vm, _| Cell::plain(&vm.name) },
        Column { header: "STATUS", cell: |vm, _| status(vm) },
        Column { header: "NODE", cell: |vm, _| Cell::plain(&vm.node) },
        Column { header: "TYPE", cell: |vm, _| Cell::plain(vm.kind.as_str()) },
        Column { header: "CPU%", cell: |vm, _| figure(vm.usage.cpu_usage, &vm.usage) },
        Column { header: "MEM%", cell: |vm, _| figure(vm.usage.memory_usage, &vm.usage) },
        Column { header: "DISK%", cell: |vm, _| figure(vm.usage.disk_usage, &vm.usage) },
        Column { header: "UPTIME", cell: |vm, _| Cell::plain(uptime(vm.usage.uptime_seconds)) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "MEMORY", cell: |vm, _| memory(vm) },
        Column { header: "DISK", cell: |vm, _| disk(vm) },
        Column { header: "NET IN", cell: |vm, _| Cell::plain(rate(vm.usage.network_in)) },
        Column { header: "NET OUT", cell: |vm, _| Cell::plain(rate(vm.usage.network_out)) },
        Column { header: "IP", cell: |vm, _| Cell::maybe(vm.ip_address.as_deref()) },
        Column { header: "TAGS", cell: |vm, _| tags(vm) },
        Column { header: "LOCK", cell: |vm, _| Cell::maybe(vm.locked.as_deref()) },
        Column { header: "CONNECTION", cell: |vm, _| Cell::plain(&vm.connection) },
        Column { header: "ID", cell: |vm, _| Cell::plain(vm.id.to_string()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |vm| Some(vm.id.to_string()) },
        Field { name: "vmid", value: |vm| Some(vm.vmid.to_string()) },
        Field { name: "name", value: |vm| Some(vm.name.clone()) },
        Field { name: "status", value: |vm| Some(vm.status.to_string()) },
        Field { name: "status_detail", value: |vm| vm.status_detail.clone() },
        Field { name: "type", value: |vm| Some(vm.kind.to_string()) },
        Field { name: "node", value: |vm| Some(vm.node.clone()) },
        Field { name: "connection", value: |vm| Some(vm.connection.clone()) },
        Field { name: "template", value: |vm| Some(vm.template.to_string()) },
        Field { name: "locked", value: |vm| vm.locked.clone() },
        Field { name: "cpu_cores", value: |vm| Some(vm.cpu_cores.to_string()) },
        Field { name: "cpu_usage", value: |vm| vm.usage.cpu_usage.map(|value| value.to_string()) },
        Field { name: "memory_mb", value: |vm| Some(vm.memory_mb.to_string()) },
        Field { name: "memory_used_mb", value: |vm| vm.usage.memory_used_mb.map(|value| value.to_string()) },
        Field { name: "memory_usage", value: |vm| vm.usage.memory_usage.map(|value| value.to_string()) },
        Field { name: "memory_source", value: |vm| vm.usage.memory_source.map(|source| source.to_string()) },
        Field { name: "disk_gb", value: |vm| Some(vm.disk_gb.to_string()) },
        Field { name: "disk_used_gb", value: |vm| vm.usage.disk_used_gb.map(|value| value.to_string()) },
        Field { name: "disk_usage", value: |vm| vm.usage.disk_usage.map(|value| value.to_string()) },
        Field { name: "network_in", value: |vm| vm.usage.network_in.map(|value| value.to_string()) },
        Field { name: "network_out", value: |vm| vm.usage.network_out.map(|value| value.to_string()) },
        Field { name: "uptime_seconds", value: |vm| vm.usage.uptime_seconds.map(|value| value.to_string()) },
        Field { name: "ip_address", value: |vm| vm.ip_address.clone() },
        Field { name: "agent", value: |vm| vm.agent.map(|agent| agent.to_string()) },
        Field { name: "os_type", value: |vm| vm.os_type.clone() },
        Field { name: "tags", value: |vm| Some(vm.tags.join(";")) },
        Field { name: "observed_at", value: |vm| vm.usage.observed_at.map(timestamp) },
        Field { name: "stale", value: |vm| Some(vm.usage.stale.to_string()) },
        Field { name: "created_at", value: |vm| Some(timestamp(vm.created_at)) },
        Field { name: "updated_at", value: |vm| Some(timestamp(vm.updated_at)) },
    ];

    fn name(&self) -> String {
        self.vmid.to_string()
    }

    fn observed(&self) -> Option<(&str, &Usage)> {
        Some((&self.connection, &self.usage))
    }
}

/// A guest as sentences name it: "vm 101 web-1".
pub fn label(vm: &Vm) -> String {
    crate::format::clean(&format!("vm {} {}", vm.vmid, vm.name))
}

/// The status with what else decides what can be done: template, lock, Proxmox's own word.
pub fn status(vm: &Vm) -> Cell {
    let tone = match vm.status {
        VmStatus::Running => Tone::Good,
        VmStatus::Stopped => Tone::Dim,
        VmStatus::Paused | VmStatus::Unknown => Tone::Odd,
        VmStatus::Error => Tone::Bad,
    };
    let notes = [
        vm.status_detail.clone(),
        vm.template.then(|| "template".to_owned()),
        vm.locked.as_ref().map(|lock| format!("lock: {lock}")),
        vm.gone_at.map(|_| "gone".to_owned()),
    ];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    if notes.is_empty() {
        Cell::new(vm.status.as_str(), tone)
    } else {
        Cell::new(format!("{} ({})", vm.status, notes.join(", ")), tone)
    }
}

fn memory(vm: &Vm) -> Cell {
    Cell::plain(share(vm.usage.memory_used_mb.map(mebibytes), mebibytes(vm.memory_mb)))
}

fn disk(vm: &Vm) -> Cell {
    Cell::plain(share(vm.usage.disk_used_gb.map(gibibytes), gibibytes(vm.disk_gb)))
}

fn tags(vm: &Vm) -> Cell {
    Cell::maybe((!vm.tags.is_empty()).then(|| vm.tags.join(",")))
}

/// A guest, key by key.
pub fn describe(vm: &Vm, now: DateTime<Utc>) -> Vec<(&'static str, Cell)> {
    let mut pairs = vec![
        ("VMID", Cell::plain(vm.vmid.to_string())),
        ("Name", Cell::plain(&vm.name)),
        ("Status", status(vm)),
        ("Node", Cell::plain(&vm.node)),
        ("Connection", Cell::plain(&vm.connection)),
        ("Type", Cell::plain(vm.kind.as_str())),
        ("CPUs", Cell::plain(vm.cpu_cores.to_string())),
        ("CPU", percentage(vm.usage.cpu_usage, &vm.usage)),
        ("Memory", with_percentage(memory(vm), vm.usage.memory_usage)),
        ("Memory source", Cell::maybe(vm.usage.memory_source.map(MemorySource::as_str))),
        ("Disk", with_percentage(disk(vm), vm.usage.disk_usage)),
        ("Network in", Cell::plain(rate(vm.usage.network_in))),
        ("Network out", Cell::plain(rate(vm.usage.network_out))),
        ("Uptime", Cell::plain(uptime(vm.usage.uptime_seconds))),
        ("IP address", Cell::maybe(vm.ip_address.as_deref())),
        ("Guest agent", Cell::maybe(vm.agent.map(AgentStatus::as_str))),
        ("OS type", Cell::maybe(vm.os_type.as_deref())),
        ("Tags", tags(vm)),
        ("Figures from", Cell::maybe(vm.usage.observed_at.map(|time| ago(time, now)))),
        ("First seen", Cell::plain(ago(vm.created_at, now))),
        ("ID", Cell::plain(vm.id.to_string())),
    ];
    pairs.extend(vm.config.iter().filter_map(|config| config.as_object()).flatten().enumerate().map(
        |(index, (key, value))| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (if index == 0 { "Configuration" } else { "" }, Cell::plain(format!("{key}: {value}")))
        },
    ));
    pairs
}

fn with_percentage(cell: Cell, value: Option<f64>) -> Cell {
    match value {
        Some(value) => Cell { text: format!("{} ({value:.1} %)", cell.text), ..cell },
        None => cell,
    }
}

/// The current figures of a guest, key by key.
pub fn describe_usage(usage: &Usage, now: DateTime<Utc>) -> Vec<(&'static str, Cell)> {
    let size_or_unknown = |bytes: Option<f64>| Cell::plain(bytes.map_or_else(|| UNKNOWN.to_owned(), size));
    vec![
        ("CPU", percentage(usage.cpu_usage, usage)),
        ("Memory", percentage(usage.memory_usage, usage)),
        ("Memory used", size_or_unknown(usage.memory_used_mb.map(mebibytes))),
        ("Disk", percentage(usage.disk_usage, usage)),
        ("Disk used", size_or_unknown(usage.disk_used_gb.map(gibibytes))),
        ("Network in", Cell::plain(rate(usage.network_in))),
        ("Network out", Cell::plain(rate(usage.network_out))),
        ("Uptime", Cell::plain(uptime(usage.uptime_seconds))),
        ("Figures from", Cell::maybe(usage.observed_at.map(|time| ago(time, now)))),
    ]
}

/// The current figures of a guest for CSV.
pub const USAGE_FIELDS: &[Field<Usage>] = &[
    Field { name: "cpu_usage", value: |usage| usage.cpu_usage.map(|value| value.to_string()) },
    Field { name: "memory_usage", value: |usage| usage.memory_usage.map(|value| value.to_string()) },
    Field { name: "disk_usage", value: |usage| usage.disk_usage.map(|value| value.to_string()) },
    Field { name: "network_in", value: |usage| usage.network_in.map(|value| value.to_string()) },
    Field { name: "network_out", value: |usage| usage.network_out.map(|value| value.to_string()) },
    Field { name: "uptime_seconds", value: |usage| usage.uptime_seconds.map(|value| value.to_string()) },
    Field { name: "memory_used_mb", value: |usage| usage.memory_used_mb.map(|value| value.to_string()) },
    Field { name: "memory_source", value: |usage| usage.memory_source.map(|source| source.to_string()) },
    Field { name: "disk_used_gb", value: |usage| usage.disk_used_gb.map(|value| value.to_string()) },
    Field { name: "observed_at", value: |usage| usage.observed_at.map(timestamp) },
    Field { name: "stale", value: |usage| Some(usage.stale.to_string()) },
];
