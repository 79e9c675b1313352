//! Everything at a glance: how many of each kind are in which state, and how full the clusters are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::VmId;
use crate::vm::VmStatus;

/// The state of everything that is watched, in numbers.
///
/// Figures are the last known ones; the envelope says when all of it was last really seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// Nodes by status.
    pub nodes: NodeCounts,
    /// Guests by status.
    pub vms: VmCounts,
    /// Services by status.
    pub services: ServiceCounts,
    /// Alerts that are active, by status and by severity.
    pub alerts: AlertCounts,
    /// The CPUs of all nodes together.
    pub cpu: CpuTotal,
    /// The memory of all nodes together.
    pub memory: MemoryTotal,
    /// All storages together, each shared one counted once.
    pub disk: DiskTotal,
    /// The guests that take most of what they have, the busiest first; at most five.
    pub top_vms: Vec<Consumer>,
}

/// Nodes by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeCounts {
    /// All of them.
    pub total: i64,
    /// Those that work.
    pub online: i64,
    /// Those that do not answer.
    pub offline: i64,
    /// Those in maintenance.
    pub maintenance: i64,
    /// Those of which nobody knows.
    pub unknown: i64,
}

/// Guests by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VmCounts {
    /// All of them, templates included.
    pub total: i64,
    /// Those that run.
    pub running: i64,
    /// Those that are off, templates included.
    pub stopped: i64,
    /// Those that are on, but frozen.
    pub paused: i64,
    /// Those that are on, but halted by an error.
    pub error: i64,
    /// Those of which nobody knows.
    pub unknown: i64,
    /// How many of the stopped ones are templates.
    pub templates: i64,
}

/// Services by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceCounts {
    /// All of them.
    pub total: i64,
    /// Those that answer as they should.
    pub healthy: i64,
    /// Those that answer, but not as well as they should.
    pub degraded: i64,
    /// Those that do not answer as they should.
    pub unhealthy: i64,
    /// Those that were not checked yet.
    pub unknown: i64,
}

/// Active alerts: by status, and the same ones by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertCounts {
    /// All that are firing or acknowledged.
    pub active: i64,
    /// Those that nobody has acknowledged.
    pub firing: i64,
    /// Those that somebody has acknowledged.
    pub acknowledged: i64,
    /// Active ones of severity critical.
    pub critical: i64,
    /// Active ones of severity warning.
    pub warning: i64,
    /// Active ones of severity info.
    pub info: i64,
}

/// The CPUs of all nodes whose use is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CpuTotal {
    /// Percent in use, 0..=100; null when no node's use is known.
    pub usage: Option<f64>,
    /// CPU threads in use; null when no node's use is known.
    pub used_cores: Option<f64>,
    /// CPU threads in all.
    pub total_cores: i64,
}

/// The memory of all nodes whose use is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MemoryTotal {
    /// Percent in use, 0..=100; null when no node's use is known.
    pub usage: Option<f64>,
    /// MiB in use; null when no node's use is known.
    pub used_mb: Option<i64>,
    /// MiB in all.
    pub total_mb: i64,
}

/// All storages whose use is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiskTotal {
    /// Percent in use, 0..=100; null when no storage's use is known.
    pub usage: Option<f64>,
    /// GiB in use; null when no storage's use is known.
    pub used_gb: Option<f64>,
    /// GiB in all.
    pub total_gb: f64,
}

/// A guest and what it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Consumer {
    /// The guest's id.
    pub id: VmId,
    /// Proxmox's number.
    pub vmid: i32,
    /// Its name.
    pub name: String,
    /// The name of its node.
    pub node: String,
    /// The name of the connection through which it is seen.
    pub connection: String,
    /// What it does.
    pub status: VmStatus,
    /// Percent of its own CPUs, 0..=100; null when not known.
    pub cpu_usage: Option<f64>,
    /// Percent of its memory, 0..=100; null when not known.
    pub memory_usage: Option<f64>,
    /// The larger of both, by which it is ranked.
    pub load: f64,
}
