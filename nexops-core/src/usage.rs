//! Current figures of a node or guest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Percent of the disk, 0..=100; of a node: its root file system.
    pub disk_usage: Option<f64>,
    /// Bytes per second received, between the last two observations.
    pub network_in: Option<f64>,
    /// Bytes per second sent, between the last two observations.
    pub network_out: Option<f64>,
    /// Seconds since the source started.
    pub uptime_seconds: Option<i64>,
    /// Memory in use, MiB.
    pub memory_used_mb: Option<i64>,
    /// Disk in use, GiB.
    pub disk_used_gb: Option<f64>,
    /// When Proxmox last gave these figures; null if it never did.
    pub observed_at: Option<DateTime<Utc>>,
    /// Whether that is more than two collection intervals ago (or never).
    pub stale: bool,
}
