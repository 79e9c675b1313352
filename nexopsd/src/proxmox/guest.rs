//! Guests: rows of `/cluster/resources` and the live status of one guest.

use nexops_core::usage::MemorySource;
use nexops_core::vm::{VmStatus, VmType};

use super::payload::{Row, tags};

/// Where a guest is to be found. It changes when the guest moves to another node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GuestAddress {
    /// The node that owns it.
    pub node: String,
    /// The kind of guest.
    pub kind: VmType,
    /// Its number.
    pub vmid: i32,
}

/// A guest as the cluster sees it. Only number, kind, node and status are certain.
///
/// A stopped guest's figures are 0, as Proxmox tells them; a silent node's guests have none.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestRow {
    /// Its number.
    pub vmid: i32,
    /// The kind of guest.
    pub kind: VmType,
    /// The node that owns it, be that there or not.
    pub node: String,
    /// What it does.
    pub status: VmStatus,
    /// Proxmox's own word, when it says more than `status`.
    pub status_detail: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Whether it is a template.
    pub template: Option<bool>,
    /// What holds its lock; `None` when nothing does.
    pub lock: Option<String>,
    /// Its tags; `None` when Proxmox lists none, as for every guest that has none.
    pub tags: Option<Vec<String>>,
    /// Seconds since it was started.
    pub uptime: Option<i64>,
    /// CPU in use, as a fraction of the guest's own CPUs; helper threads can take it above 1.
    pub cpu: Option<f64>,
    /// CPUs; a container may have a fraction.
    pub cpu_cores: Option<f64>,
    /// Memory in use, bytes; can exceed the total.
    pub memory_used: Option<i64>,
    /// Memory, bytes.
    pub memory_total: Option<i64>,
    /// Who counted the memory in use; `None` when the row does not tell.
    pub memory_source: Option<MemorySource>,
    /// Disk in use, bytes; not known for virtual machines.
    pub disk_used: Option<i64>,
    /// Size of the boot disk or root file system, bytes.
    pub disk_total: Option<i64>,
    /// Bytes received since it was started.
    pub network_in: Option<i64>,
    /// Bytes sent since it was started.
    pub network_out: Option<i64>,
    /// What the HA manager says of it; `None` when it does not manage it.
    pub ha_state: Option<String>,
}

impl GuestRow {
    /// Where the guest is.
    #[must_use]
    pub fn address(&self) -> GuestAddress {
        GuestAddress { node: self.node.clone(), kind: self.kind, vmid: self.vmid }
    }

    /// The row, if it says which guest it is about.
    pub(super) fn read(kind: VmType, row: Row<'_>) -> Option<Self> {
        let (status, status_detail) = status(row.text("status").as_deref());
        let disk_used = match kind {
            // Always 0, which means that nobody has looked inside.
            VmType::Qemu => row.count("disk").filter(|used| *used > 0),
            VmType::Lxc => row.count("disk"),
        };
        Some(Self {
            vmid: row.vmid()?,
            kind,
            node: row.node()?,
            status,
            status_detail,
            name: row.text("name"),
            template: row.flag("template"),
            lock: row.text("lock"),
            tags: row.value("tags").and_then(|value| value.as_str()).map(tags),
            uptime: row.count("uptime"),
            cpu: row.fraction("cpu"),
            cpu_cores: row.figure("maxcpu"),
            memory_used: row.count("mem"),
            memory_total: row.count("maxmem"),
            memory_source: memory_source(kind, row),
            disk_used,
            disk_total: row.count("maxdisk"),
            network_in: row.count("netin"),
            network_out: row.count("netout"),
            ha_state: row.text("hastate"),
        })
    }
}

/// Who counted the memory. Since release 9 a row has beside it what the machine's process occupies on the node, and
/// where the machine itself tells nothing, that figure stands in both places.
fn memory_source(kind: VmType, row: Row<'_>) -> Option<MemorySource> {
    let used = row.count("mem").filter(|used| *used > 0)?;
    match kind {
        VmType::Lxc => Some(MemorySource::Cgroup),
        VmType::Qemu => match row.count("memhost")? {
            host if host == used => Some(MemorySource::Host),
            _ => Some(MemorySource::Balloon),
        },
    }
}

/// What one guest does at this moment, asked of its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestCurrent {
    /// What it does. A container that is frozen still says that it runs.
    pub status: VmStatus,
    /// Proxmox's own word, when it says more than `status`.
    pub status_detail: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// What holds its lock; a virtual machine that was suspended to disk is stopped and has the lock `suspended`.
    pub lock: Option<String>,
    /// Whether it is a template.
    pub template: bool,
    /// Seconds since it was started.
    pub uptime: Option<i64>,
    /// Whether the HA manager is in charge of it, so that start and stop are requests which it fulfils later.
    pub ha_managed: bool,
}

impl From<GuestRow> for GuestCurrent {
    fn from(row: GuestRow) -> Self {
        Self {
            status: row.status,
            status_detail: row.status_detail,
            name: row.name,
            lock: row.lock,
            template: row.template.unwrap_or(false),
            uptime: row.uptime,
            ha_managed: row.ha_state.is_some(),
        }
    }
}

impl GuestCurrent {
    pub(super) fn read(row: Row<'_>) -> Self {
        // `status` tells only whether there is a process; the state of the machine in it is `qmpstatus`.
        let word = row.text("qmpstatus").or_else(|| row.text("status"));
        let (status, status_detail) = status(word.as_deref());
        Self {
            status,
            status_detail,
            name: row.text("name"),
            lock: row.text("lock"),
            template: row.flag("template").unwrap_or(false),
            uptime: row.count("uptime"),
            ha_managed: row.value("ha").and_then(Row::of).and_then(|ha| ha.flag("managed")).unwrap_or(false),
        }
    }
}

/// Our status for Proxmox's word, and the word itself when it says more.
fn status(word: Option<&str>) -> (VmStatus, Option<String>) {
    let Some(word) = word else { return (VmStatus::Unknown, None) };
    let status = match word {
        "running" => return (VmStatus::Running, None),
        "stopped" => return (VmStatus::Stopped, None),
        "paused" => return (VmStatus::Paused, None),
        "unknown" => return (VmStatus::Unknown, None),
        // In memory, but not computing, and about to be something else.
        "suspended" | "prelaunch" | "save-vm" | "restore-vm" | "inmigrate" | "postmigrate" | "finish-migrate"
        | "colo" | "debug" => VmStatus::Paused,
        // The system inside has shut down, but the process is still there: a start would fail with "already
        // running", so this is not stopped. It goes by in a moment, or hangs.
        "shutdown" => VmStatus::Paused,
        // The machine was stopped because of a fault: of its disk, of QEMU, or of the system inside.
        "io-error" | "internal-error" | "watchdog" | "guest-panicked" => VmStatus::Error,
        // A word of a release to come. Unknown raises no alarm, and the word itself is passed on.
        _ => VmStatus::Unknown,
    };
    (status, Some(word.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_of_proxmox_has_its_status() {
        let detail = |word: &str| Some(word.to_owned());
        assert_eq!(status(Some("running")), (VmStatus::Running, None));
        assert_eq!(status(Some("stopped")), (VmStatus::Stopped, None));
        assert_eq!(status(Some("paused")), (VmStatus::Paused, None));
        assert_eq!(status(Some("unknown")), (VmStatus::Unknown, None));
        assert_eq!(status(None), (VmStatus::Unknown, None));
        for word in ["suspended", "prelaunch", "save-vm", "inmigrate", "postmigrate", "shutdown"] {
            assert_eq!(status(Some(word)), (VmStatus::Paused, detail(word)));
        }
        for word in ["io-error", "internal-error", "watchdog", "guest-panicked"] {
            assert_eq!(status(Some(word)), (VmStatus::Error, detail(word)));
        }
        assert_eq!(status(Some("levitating")), (VmStatus::Unknown, detail("levitating")));
    }

    #[test]
    fn a_row_with_nothing_but_its_identity_is_a_guest_of_unknown_state() {
        let value = json!({"id": "qemu/110", "vmid": 110, "node": "pve2", "type": "qemu", "status": "unknown"});
        let row = GuestRow::read(VmType::Qemu, Row::of(&value).unwrap()).unwrap();
        assert_eq!((row.vmid, row.status), (110, VmStatus::Unknown));
        assert_eq!((row.name, row.template, row.memory_used, row.uptime), (None, None, None, None));
    }

    #[test]
    fn a_row_tells_who_counted_the_memory_where_it_can_be_known() {
        let source = |kind, row: serde_json::Value| memory_source(kind, Row::of(&row).unwrap());
        let host = json!({"mem": 900, "memhost": 900, "maxmem": 800});
        let balloon = json!({"mem": 500, "memhost": 900, "maxmem": 800});
        let release_8 = json!({"mem": 500, "maxmem": 800});
        let off = json!({"mem": 0, "memhost": 0, "maxmem": 800});
        assert_eq!(source(VmType::Qemu, host.clone()), Some(MemorySource::Host));
        assert_eq!(source(VmType::Qemu, balloon), Some(MemorySource::Balloon));
        assert_eq!(source(VmType::Qemu, release_8), None);
        assert_eq!(source(VmType::Qemu, off), None);
        assert_eq!(source(VmType::Lxc, host), Some(MemorySource::Cgroup));
    }

    #[test]
    fn figures_that_cannot_be_are_not_known() {
        let value = json!({
            "vmid": "101", "node": "n", "cpu": -5.75e-05, "maxcpu": "1.5", "mem": -1, "maxmem": 1e300,
            "disk": 0, "netin": u64::MAX, "uptime": "12", "tags": ""
        });
        let row = GuestRow::read(VmType::Lxc, Row::of(&value).unwrap()).unwrap();
        assert_eq!((row.vmid, row.cpu, row.cpu_cores), (101, Some(0.0), Some(1.5)));
        assert_eq!((row.memory_used, row.memory_total, row.network_in), (None, None, None));
        assert_eq!((row.disk_used, row.uptime, row.tags), (Some(0), Some(12), Some(Vec::new())));
        assert_eq!(GuestRow::read(VmType::Qemu, Row::of(&value).unwrap()).unwrap().disk_used, None);
    }

    #[test]
    fn a_paused_machine_says_so_only_in_its_second_status() {
        let value = json!({"status": "running", "qmpstatus": "paused", "ha": {"managed": 1}, "lock": "backup"});
        let current = GuestCurrent::read(Row::of(&value).unwrap());
        assert_eq!((current.status, current.ha_managed, current.template), (VmStatus::Paused, true, false));
        assert_eq!(current.lock.as_deref(), Some("backup"));
    }
}
