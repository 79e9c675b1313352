//! How everything that is watched fares. What is not known now, or is stale, has no line: a graph has a gap then, not a
//! flat line.

use std::fmt;

use nexops_core::node::{Node, NodeStatus};
use nexops_core::usage::Usage;
use nexops_core::vm::{Vm, VmStatus};

use super::Stored;
use super::page::{Labels, Page};

/// What a figure is called, what it means, and where it stands.
type Figure = (&'static str, &'static str, fn(&Usage) -> Option<f64>);

const MIB: f64 = 1024.0 * 1024.0;

/// What nodes and guests have in common.
const FIGURES: [Figure; 7] = [
    ("cpu_usage_percent", "CPU in use, 0 to 100", |usage| usage.cpu_usage),
    ("memory_usage_percent", "Memory in use, 0 to 100", |usage| usage.memory_usage),
    ("disk_usage_percent", "Disk in use, 0 to 100", |usage| usage.disk_usage),
    ("network_receive_bytes_per_second", "Bytes received a second", |usage| usage.network_in),
    ("network_transmit_bytes_per_second", "Bytes sent a second", |usage| usage.network_out),
    ("memory_used_bytes", "Memory in use", |usage| usage.memory_used_mb.map(|mib| whole(mib) * MIB)),
    ("uptime_seconds", "Since the last start", |usage| usage.uptime_seconds.map(whole)),
];

pub fn write(page: &mut Page<'_, '_>, stored: &Stored) -> fmt::Result {
    let Stored { connections, deliveries, nodes, vms, left_out } = stored;
    let lines = connections.iter().map(|(name, record)| {
        let up = record.last_success_at.is_some() && record.last_error.is_none();
        (vec![("connection", name.as_str())], Some(if up { 1.0 } else { 0.0 }))
    });
    page.gauges("nexops_connection_up", "Whether Proxmox answered when it was asked last", lines)?;
    let lines = connections.iter().map(|(name, record)| {
        let last = record.last_success_at.map(|at| whole(at.timestamp()));
        (vec![("connection", name.as_str())], last)
    });
    let help = "When Proxmox last answered, in seconds since 1970";
    page.gauges("nexops_connection_last_success_timestamp_seconds", help, lines)?;
    let lines = deliveries.iter().map(|(state, number)| (vec![("state", state.as_str())], Some(whole(*number))));
    page.gauges("nexops_notification_deliveries", "Notifications that wait, and those given up", lines)?;
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    let left_out = *left_out as f64;
    page.gauge("nexops_left_out", "Nodes and guests that are too many to be told of here", left_out)?;
    write_nodes(page, nodes)?;
    write_vms(page, vms)
}

fn write_nodes(page: &mut Page<'_, '_>, nodes: &[Node]) -> fmt::Result {
    let up = |node: &Node| match node.status {
        NodeStatus::Online | NodeStatus::Maintenance => Some(1.0),
        NodeStatus::Offline => Some(0.0),
        NodeStatus::Unknown => None,
    };
    let help = "1 while the node answers, 0 while it does not; no line while nobody knows";
    page.gauges("nexops_node_up", help, nodes.iter().map(|node| (of_node(node), up(node))))?;
    let size = |node: &Node| (node.memory_total_mb > 0).then(|| f64::from(node.memory_total_mb) * MIB);
    let lines = nodes.iter().map(|node| (of_node(node), size(node)));
    page.gauges("nexops_node_memory_size_bytes", "Memory of the node", lines)?;
    for (name, help, figure) in FIGURES {
        let lines = nodes.iter().map(|node| (of_node(node), current(&node.usage, figure)));
        page.gauges(&format!("nexops_node_{name}"), help, lines)?;
    }
    Ok(())
}

fn write_vms(page: &mut Page<'_, '_>, vms: &[Vm]) -> fmt::Result {
    let numbers: Vec<String> = vms.iter().map(|vm| vm.vmid.to_string()).collect();
    let each = || vms.iter().zip(&numbers);
    let lines = each().map(|(vm, number)| {
        let mut labels = of_vm(vm, number);
        labels.extend([("node", vm.node.as_str()), ("type", vm.kind.as_str()), ("status", vm.status.as_str())]);
        (labels, Some(1.0))
    });
    page.gauges("nexops_vm_info", "Where a guest is, what it is and what it does; always 1", lines)?;
    let up = |vm: &Vm| match vm.status {
        VmStatus::Running => Some(1.0),
        VmStatus::Stopped | VmStatus::Paused | VmStatus::Error => Some(0.0),
        VmStatus::Unknown => None,
    };
    let help = "1 while the guest runs, 0 while it does not; no line while nobody knows";
    page.gauges("nexops_vm_up", help, each().map(|(vm, number)| (of_vm(vm, number), up(vm))))?;
    let lines = each().map(|(vm, number)| (of_vm(vm, number), Some(f64::from(vm.memory_mb) * MIB)));
    page.gauges("nexops_vm_memory_size_bytes", "Memory that the guest may use", lines)?;
    for (name, help, figure) in FIGURES {
        let lines = each().map(|(vm, number)| (of_vm(vm, number), current(&vm.usage, figure)));
        page.gauges(&format!("nexops_vm_{name}"), help, lines)?;
    }
    Ok(())
}

fn current(usage: &Usage, figure: fn(&Usage) -> Option<f64>) -> Option<f64> {
    if usage.stale { None } else { figure(usage) }
}

fn of_node(node: &Node) -> Labels<'_> {
    vec![("connection", node.connection.as_str()), ("node", node.hostname.as_str())]
}

fn of_vm<'a>(vm: &'a Vm, number: &'a str) -> Labels<'a> {
    vec![("connection", vm.connection.as_str()), ("vmid", number), ("name", vm.name.as_str())]
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, which no size or time here reaches")]
const fn whole(number: i64) -> f64 {
    number as f64
}
