//! Current figures of a node or guest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text_enum;

text_enum! {
    /// Who counted the memory in use, which says how far the figure can be trusted.
    pub enum MemorySource {
        /// The balloon driver inside a virtual machine: what the guest itself calls used, its file cache included.
        Balloon = "balloon",
        /// The kernel, for a container: without file cache.
        Cgroup = "cgroup",
        /// The node, for a virtual machine that tells nothing: what its process occupies there. It contains whatever the
        /// guest ever used and never gave back, and may stand at 100 % for good.
        Host = "host",
        /// The node, of itself.
        Node = "node",
    }
}

/// What a node or guest uses now.
///
/// Every figure is null when it is not known: the source is stopped, unreachable, or Proxmox has no such figure (the
/// disk usage of a virtual machine without guest agent, the network rates of a node).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Percent of the source's own CPUs, 0..=100.
    pub cpu_usage: Option<f64>,
    /// Percent of the source's memory, 0..=100.
    pub memory_usage: Option<f64>,
    /// Percent of the disk, 0..=100; of a node: its root file system; of a virtual machine: of all its file systems
    /// together, as its guest agent told at most 15 minutes ago.
    pub disk_usage: Option<f64>,
    /// Bytes per second received, between the last two observations.
    pub network_in: Option<f64>,
    /// Bytes per second sent, between the last two observations.
    pub network_out: Option<f64>,
    /// Seconds since the source started.
    pub uptime_seconds: Option<i64>,
    /// Memory in use, MiB.
    pub memory_used_mb: Option<i64>,
    /// Who counted the memory in use; null when that is not known (releases of Proxmox before 9 do not tell for virtual
    /// machines) or there is no such figure.
    pub memory_source: Option<MemorySource>,
    /// Disk in use, GiB. Of a virtual machine: of all file systems that its guest agent knows.
    pub disk_used_gb: Option<f64>,
    /// When Proxmox last gave these figures; null if it never did.
    pub observed_at: Option<DateTime<Utc>>,
    /// Whether that is more than two collection intervals ago (or never).
    pub stale: bool,
}
