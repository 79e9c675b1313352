//! What changes in our picture of a cluster when Proxmox shows it again. Pure: no IO, no clock.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use nexops_core::id::{NodeId, VmId};
use nexops_core::node::NodeStatus;
use nexops_core::vm::{VmStatus, VmType};

use crate::db::node::{KnownNode, SeenNode};
use crate::db::proxmox_storage::SeenStorage;
use crate::db::vm::record::{KnownVm, VmState};
use crate::proxmox::{GuestRow, NodeRow, StorageRow};

/// For how long a status that was read from the guest itself goes before the cluster-wide list. The list is gathered
/// every 10 s and takes up to two more to arrive; a slow storage can hold it up a little longer.
const CONFIRMED_FOR: Duration = Duration::seconds(20);
/// An answer with fewer than this share of the known guests is not believed: it looks like lost privileges.
const BELIEVABLE_SHARE: f64 = 0.5;
/// A guest is gone when so many syncs in a row do not mention it.
pub const ABSENCES: i16 = 2;
/// The same, while so many guests are absent that it is not believed.
pub const SUSPICIOUS_ABSENCES: i16 = 288;
/// Below this many known guests a share says nothing; only an empty answer is then suspicious.
const FEW_GUESTS: usize = 4;

/// What is to be written down.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Guests that were not known, with the id they get.
    pub new: Vec<(VmId, i32, VmState)>,
    /// Guests of which something changed, or that came back.
    pub changed: Vec<(VmId, VmState)>,
    /// Guests that end because another one has their number now.
    pub replaced: Vec<VmId>,
    /// Guests that were not shown.
    pub missed: Vec<VmId>,
    /// Guests that were not shown, in an answer that is not believed.
    pub doubted: Vec<VmId>,
    /// Nodes that were not shown.
    pub missed_nodes: Vec<NodeId>,
    /// Which guest is which, for all that are shown.
    pub ids: HashMap<i32, VmId>,
    /// Guests whose row is older than what was read from the guest itself: its figures are not to be used.
    pub outdated: HashSet<i32>,
    /// Guests that have another name now, or come back after a sync without them: they may be others under the same
    /// number, and only their configurations tell.
    pub uncertain: usize,
    /// Why the absence of guests is not believed; it takes many more syncs then.
    pub suspicion: Option<String>,
}

/// Compares what was known with what is shown.
#[must_use]
pub fn compare(known: &[KnownVm], seen: &[GuestRow], nodes: &[NodeRow], now: DateTime<Utc>) -> Plan {
    let dark: HashSet<&str> = nodes
        .iter()
        .filter(|node| matches!(node.status, NodeStatus::Offline | NodeStatus::Unknown))
        .map(|node| node.name.as_str())
        .collect();
    let mut plan = Plan::default();
    let mut known_by_vmid: HashMap<i32, &KnownVm> = HashMap::with_capacity(known.len());
    for vm in known {
        // Those that exist before those that are gone; among the gone the latest, which comes first.
        let entry = known_by_vmid.entry(vm.vmid).or_insert(vm);
        if entry.gone && !vm.gone {
            *entry = vm;
        }
    }
    for row in seen {
        if plan.ids.contains_key(&row.vmid) {
            continue;
        }
        let previous = known_by_vmid.get(&row.vmid).copied();
        let same = previous.filter(|vm| is_same_guest(vm, row));
        let mut state = state(row, same.map(|vm| &vm.state), &dark);
        let id = match (previous, same) {
            (_, Some(vm)) => {
                if is_confirmed(vm, now) && vm.state.status != state.status {
                    state.status = vm.state.status;
                    state.status_detail.clone_from(&vm.state.status_detail);
                    plan.outdated.insert(row.vmid);
                }
                if vm.missed_syncs != 0 || vm.state.name != state.name {
                    plan.uncertain += 1;
                }
                if vm.gone || vm.missed_syncs != 0 || vm.state != state {
                    plan.changed.push((vm.id, state));
                }
                vm.id
            }
            (previous, None) => {
                plan.replaced.extend(previous.filter(|vm| !vm.gone).map(|vm| vm.id));
                let id = VmId::new();
                plan.new.push((id, row.vmid, state));
                id
            }
        };
        plan.ids.insert(row.vmid, id);
    }
    plan
}

/// Adds to a plan what a sync concludes from the absence of nodes and guests.
pub fn note_absences(plan: &mut Plan, known: &[KnownVm], known_nodes: &[KnownNode], nodes: &[SeenNode]) {
    let existing: Vec<&KnownVm> = known.iter().filter(|vm| !vm.gone).collect();
    let absent: Vec<VmId> = existing.iter().filter(|vm| !plan.ids.contains_key(&vm.vmid)).map(|vm| vm.id).collect();
    let shown = existing.len() - absent.len();
    #[expect(clippy::cast_precision_loss, reason = "guests are counted in thousands")]
    let too_few = existing.len() >= FEW_GUESTS && (shown as f64) < existing.len() as f64 * BELIEVABLE_SHARE;
    if !absent.is_empty() && (shown == 0 || too_few) {
        plan.suspicion = Some(format!(
            "Proxmox shows {shown} of {} known guests. That looks like lost privileges, so that the others are only \
             removed when {SUSPICIOUS_ABSENCES} syncs in a row agree (a day, at one every five minutes). If the token \
             lacks VM.Audit, grant it: pveum acl modify /vms -user USER -role PVEAuditor ; \
             pveum acl modify /vms -token 'USER!TOKEN' -role PVEAuditor",
            existing.len()
        ));
        plan.doubted = absent;
        return;
    }
    plan.missed = absent;
    let shown: HashSet<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    plan.missed_nodes =
        known_nodes.iter().filter(|node| !shown.contains(node.name.as_str())).map(|node| node.id).collect();
}

/// The nodes as they are to be written down: those that are listed, and those that only their guests speak of.
#[must_use]
pub fn nodes(listed: &[NodeRow], guests: &[GuestRow]) -> Vec<SeenNode> {
    let mut names: HashSet<String> = HashSet::new();
    let mut nodes: Vec<SeenNode> = listed
        .iter()
        .filter(|row| names.insert(clean_name(&row.name)))
        .map(|row| SeenNode {
            name: clean_name(&row.name),
            status: row.status,
            cpu_cores: row.cpu_cores.and_then(|cores| i32::try_from(cores).ok()),
            memory_total_mb: row.memory_total.map(mebibytes),
            disk_total_gb: row.disk_total.map(whole_gibibytes),
        })
        .collect();
    for guest in guests {
        if names.insert(clean_name(&guest.node)) {
            nodes.push(SeenNode {
                name: clean_name(&guest.node),
                status: NodeStatus::Unknown,
                cpu_cores: None,
                memory_total_mb: None,
                disk_total_gb: None,
            });
        }
    }
    nodes
}

/// The storages as they are to be written down. One that its node cannot use has no figures: Proxmox says 0.
#[must_use]
pub fn storages(listed: &[StorageRow]) -> Vec<SeenStorage> {
    let mut once: HashSet<(String, String)> = HashSet::new();
    let seen = listed.iter().map(|row| SeenStorage {
        node: clean_name(&row.node),
        name: clean_name(&row.name),
        shared: row.shared.unwrap_or(false),
        available: row.available,
        used_bytes: row.disk_used.filter(|_| row.available),
        total_bytes: row.disk_total.filter(|total| row.available && *total > 0),
    });
    seen.filter(|storage| once.insert((storage.node.clone(), storage.name.clone()))).collect()
}

/// A number belongs to one guest at a time. It is another guest when its kind changed, or when it had gone and comes
/// back under another name.
fn is_same_guest(known: &KnownVm, row: &GuestRow) -> bool {
    let same_name = row.name.as_ref().is_none_or(|name| clean_name(name) == known.state.name);
    known.state.kind == row.kind && (!known.gone || same_name)
}

fn is_confirmed(vm: &KnownVm, now: DateTime<Utc>) -> bool {
    // A clock that was set back must not make a confirmation last.
    vm.status_confirmed_at.is_some_and(|at| (now - at).abs() < CONFIRMED_FOR)
}

/// The state that a row stands for. What the row leaves out, as it does for guests of silent nodes, stays as it was.
fn state(row: &GuestRow, known: Option<&VmState>, dark: &HashSet<&str>) -> VmState {
    // The guests of a node that died go on being listed as they last were, for up to five minutes.
    let (status, status_detail) = match row.status {
        VmStatus::Running | VmStatus::Paused | VmStatus::Error if dark.contains(row.node.as_str()) => {
            (VmStatus::Unknown, Some(format!("{} when node {} was last heard", row.status, row.node)))
        }
        status => (status, row.status_detail.clone()),
    };
    let fallback_name = || match row.kind {
        VmType::Qemu => format!("VM {}", row.vmid),
        VmType::Lxc => format!("CT{}", row.vmid),
    };
    VmState {
        node: clean_name(&row.node),
        kind: row.kind,
        name: row
            .name
            .as_deref()
            .map(clean_name)
            .or_else(|| known.map(|vm| vm.name.clone()))
            .unwrap_or_else(fallback_name),
        status,
        status_detail: status_detail.as_deref().map(clean),
        cpu_cores: row.cpu_cores.or(known.map(|vm| vm.cpu_cores)).unwrap_or(0.0),
        memory_mb: row.memory_total.map(mebibytes).or(known.map(|vm| vm.memory_mb)).unwrap_or(0),
        disk_gb: row.disk_total.map(gibibytes).or(known.map(|vm| vm.disk_gb)).unwrap_or(0.0),
        // Tags and lock come from the configuration, which every node has: what is left out is not there.
        tags: row.tags.iter().flatten().map(|tag| clean(tag)).collect(),
        template: row.template.or(known.map(|vm| vm.template)).unwrap_or(false),
        locked: row.lock.as_deref().map(clean_lock),
    }
}

/// The longest name that is stored, in characters.
const LONGEST_NAME: usize = 255;
/// The longest lock that is stored, in characters.
const LONGEST_LOCK: usize = 50;

/// Text as PostgreSQL can store it: it knows no NUL.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Text as PostgreSQL can store it in a column of limited length.
fn shortened(text: &str, longest: usize) -> String {
    clean(text).chars().take(longest).collect()
}

/// A lock as it is stored.
pub(crate) fn clean_lock(text: &str) -> String {
    shortened(text, LONGEST_LOCK)
}

/// A name as it is stored.
pub(crate) fn clean_name(text: &str) -> String {
    shortened(text, LONGEST_NAME)
}

/// Bytes in MiB.
fn mebibytes(bytes: i64) -> i32 {
    i32::try_from(bytes / 1_048_576).unwrap_or(i32::MAX)
}

/// Bytes in whole GiB.
fn whole_gibibytes(bytes: i64) -> i32 {
    i32::try_from(bytes / 1_073_741_824).unwrap_or(i32::MAX)
}

/// Bytes in GiB, to the hundredth.
#[expect(clippy::cast_precision_loss, reason = "hundredths of a GiB are far coarser than a double's steps")]
pub(crate) fn gibibytes(bytes: i64) -> f64 {
    (bytes as f64 / 1_073_741_824.0 * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
