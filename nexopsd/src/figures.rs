//! Figures out of Proxmox's rows: percentages, and rates from two readings of a counter. Pure: no IO, no clock.

use chrono::{DateTime, Duration, Utc};
use nexops_core::metric::SourceType;
use nexops_core::node::NodeStatus;
use nexops_core::usage::{MemorySource, Usage};
use nexops_core::vm::{VmStatus, VmType};
use uuid::Uuid;

use crate::db::latest::Observation;
use crate::inventory::gibibytes;
use crate::proxmox::{DiskUse, GuestRow, NodeRow};

/// Uptime and our clock may disagree by this much between two readings: Proxmox gathers figures every 10 s, we ask at
/// any moment in between, and a slow storage holds the gathering up.
const CLOCK_TOLERANCE_SECONDS: f64 = 20.0;

/// For how long a virtual machine's disks count as being as full as its guest agent last told. It is asked every five
/// minutes, and once in vain is nothing.
pub const DISKS_HOLD: Duration = Duration::minutes(15);

/// What a row says of a guest's use.
///
/// `None` when it says nothing new: Proxmox shows the same reading as last time, so that what was known stays, with its
/// age. `inside` is how full a virtual machine's disks are, where its agent told.
#[must_use]
pub fn of_guest(
    row: &GuestRow,
    id: Uuid,
    previous: Option<&Observation>,
    inside: Option<DiskUse>,
    now: DateTime<Utc>,
) -> Option<Observation> {
    let alive = match row.status {
        VmStatus::Running | VmStatus::Paused | VmStatus::Error => true,
        VmStatus::Stopped => false,
        // Nothing is known of it, and that is worth no new row either: the last figures grow stale.
        VmStatus::Unknown => return None,
    };
    if !alive {
        return Some(nothing(id, SourceType::Vm, now));
    }
    if is_frozen(row.uptime, previous) {
        return None;
    }
    // Proxmox itself does not know how full a virtual machine's disks are and says 0.
    let (disk, disk_total) = match row.kind {
        VmType::Qemu => inside.map(|disk| (disk.used, disk.total)).unzip(),
        VmType::Lxc => (row.disk_used, row.disk_total),
    };
    let since = previous.and_then(|previous| seconds_between(previous, row.uptime, now));
    let rate = |now: Option<i64>, then: Option<i64>| per_second(now?, then?, since?);
    Some(Observation {
        source_id: id,
        source_type: SourceType::Vm,
        usage: Usage {
            cpu_usage: row.cpu.map(percent_of_one),
            memory_usage: percent(row.memory_used, row.memory_total),
            disk_usage: percent(disk, disk_total),
            network_in: rate(row.network_in, previous.and_then(|previous| previous.network_in_total)),
            network_out: rate(row.network_out, previous.and_then(|previous| previous.network_out_total)),
            uptime_seconds: row.uptime,
            memory_used_mb: row.memory_used.map(|bytes| bytes / 1_048_576),
            memory_source: row.memory_source,
            disk_used_gb: disk.map(gibibytes),
            observed_at: Some(now),
            stale: false,
        },
        network_in_total: row.network_in,
        network_out_total: row.network_out,
    })
}

/// What a row says of a node's use. `None` when it says nothing new, or nothing.
#[must_use]
pub fn of_node(row: &NodeRow, id: Uuid, previous: Option<&Observation>, now: DateTime<Utc>) -> Option<Observation> {
    match row.status {
        NodeStatus::Online | NodeStatus::Maintenance => {}
        NodeStatus::Offline => return Some(nothing(id, SourceType::Node, now)),
        NodeStatus::Unknown => return None,
    }
    if is_frozen(row.uptime, previous) {
        return None;
    }
    Some(Observation {
        source_id: id,
        source_type: SourceType::Node,
        usage: Usage {
            cpu_usage: row.cpu.map(percent_of_one),
            memory_usage: percent(row.memory_used, row.memory_total),
            disk_usage: percent(row.disk_used, row.disk_total),
            network_in: None,
            network_out: None,
            uptime_seconds: row.uptime,
            memory_used_mb: row.memory_used.map(|bytes| bytes / 1_048_576),
            memory_source: row.memory_used.map(|_| MemorySource::Node),
            disk_used_gb: row.disk_used.map(gibibytes),
            observed_at: Some(now),
            stale: false,
        },
        network_in_total: None,
        network_out_total: None,
    })
}

fn nothing(source_id: Uuid, source_type: SourceType, now: DateTime<Utc>) -> Observation {
    let usage = Usage { observed_at: Some(now), ..Usage::default() };
    Observation { source_id, source_type, usage, network_in_total: None, network_out_total: None }
}

/// Rows carry no time. A reading that did not get older is the same reading: whoever gathers it hangs, or we ask again
/// before it was gathered anew.
fn is_frozen(uptime: Option<i64>, previous: Option<&Observation>) -> bool {
    uptime.is_some() && previous.is_some_and(|previous| previous.usage.uptime_seconds == uptime)
}

/// Seconds between two readings of one guest, by its uptime, which is read together with the counters. `None` when it
/// was restarted in between, or the uptime did not grow as our own clock did.
#[expect(clippy::cast_precision_loss, reason = "uptimes are far below 2^53 seconds")]
fn seconds_between(previous: &Observation, uptime: Option<i64>, now: DateTime<Utc>) -> Option<f64> {
    let grown = uptime?.checked_sub(previous.usage.uptime_seconds?)? as f64;
    let passed = (now - previous.usage.observed_at?).num_milliseconds() as f64 / 1000.0;
    (grown > 0.0 && (grown - passed).abs() <= CLOCK_TOLERANCE_SECONDS).then_some(grown)
}

/// `None` when the counter fell: it began anew, and how much went before is not known.
#[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
fn per_second(now: i64, then: i64, seconds: f64) -> Option<f64> {
    let delta = now.checked_sub(then).filter(|delta| *delta >= 0)?;
    Some((delta as f64 / seconds * 10.0).round() / 10.0)
}

/// A fraction as percent, to the hundredth. Proxmox's fractions can be a little below 0 and above 1.
pub(crate) fn percent_of_one(fraction: f64) -> f64 {
    (fraction.clamp(0.0, 1.0) * 10_000.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "hundredths of a percent are far coarser than a double's steps")]
fn percent(used: Option<i64>, total: Option<i64>) -> Option<f64> {
    let (used, total) = (used?, total.filter(|total| *total > 0)?);
    Some(percent_of_one(used as f64 / total as f64))
}

#[cfg(test)]
mod tests;
