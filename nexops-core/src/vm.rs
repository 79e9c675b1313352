//! Guests: virtual machines and containers, both called VM in the API.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::id::{ConnectionId, NodeId, VmId};
use crate::page::Sort;
use crate::text_enum;
use crate::usage::Usage;

text_enum! {
    /// What a guest does.
    pub enum VmStatus {
        /// It runs.
        Running = "running",
        /// It is off.
        Stopped = "stopped",
        /// It holds its memory but does not compute: paused, suspended, or in the middle of a start or migration.
        Paused = "paused",
        /// Proxmox reports an I/O or internal error; it has stopped computing.
        Error = "error",
        /// Nobody knows: its node is silent. Not the same as stopped.
        Unknown = "unknown",
    }
}

text_enum! {
    /// The kind of guest.
    pub enum VmType {
        /// A virtual machine.
        Qemu = "qemu",
        /// A container.
        Lxc = "lxc",
    }
}

text_enum! {
    /// How NexOps got on with a virtual machine's guest agent when it last asked. Only the agent knows the addresses and
    /// how full the disks are.
    pub enum AgentStatus {
        /// It answers.
        Answers = "answers",
        /// It is enabled in Proxmox, but nothing answers inside the guest.
        Silent = "silent",
        /// It answers, but refuses what was asked.
        Refuses = "refuses",
        /// It is not enabled in the guest's options.
        Absent = "absent",
        /// The token lacks the privilege to ask it.
        Forbidden = "forbidden",
    }
}

text_enum! {
    /// A power action on a guest, with Proxmox's meaning of the word.
    pub enum PowerAction {
        /// Switch on.
        Start = "start",
        /// Pull the plug.
        Stop = "stop",
        /// Ask the guest to shut down, then start it again.
        Restart = "restart",
        /// Ask the guest to shut down.
        Shutdown = "shutdown",
        /// Press the reset button.
        Reset = "reset",
        /// Freeze it in memory.
        Suspend = "suspend",
        /// Let a frozen guest go on.
        Resume = "resume",
    }
}

impl PowerAction {
    /// The status in which the guest is when the action has had its effect.
    #[must_use]
    pub const fn intended_status(self) -> VmStatus {
        match self {
            Self::Start | Self::Restart | Self::Reset | Self::Resume => VmStatus::Running,
            Self::Stop | Self::Shutdown => VmStatus::Stopped,
            Self::Suspend => VmStatus::Paused,
        }
    }

    /// What the guest is said to be when the action has had its effect: "shut down".
    #[must_use]
    pub const fn participle(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Stop => "stopped",
            Self::Restart => "restarted",
            Self::Shutdown => "shut down",
            Self::Reset => "reset",
            Self::Suspend => "suspended",
            Self::Resume => "resumed",
        }
    }
}

/// A guest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Vm {
    /// NexOps' own id. It stays when the guest moves to another node; another guest under the same number gets another id.
    pub id: VmId,
    /// The connection through which the guest is seen.
    pub connection_id: ConnectionId,
    /// That connection's name.
    pub connection: String,
    /// The node that owns it.
    pub node_id: NodeId,
    /// That node's name.
    pub node: String,
    /// Proxmox's number, unique within a connection.
    #[schema(minimum = 1)]
    pub vmid: i32,
    /// The name, which need not be unique.
    pub name: String,
    /// What it does.
    pub status: VmStatus,
    /// Proxmox's own word for the status; null when it said nothing beyond it.
    pub status_detail: Option<String>,
    /// The kind of guest.
    #[serde(rename = "type")]
    pub kind: VmType,
    /// CPUs it may use; a container may have a fraction.
    pub cpu_cores: f64,
    /// Memory it may use, MiB.
    pub memory_mb: i32,
    /// Size of its boot disk or root file system, GiB.
    pub disk_gb: f64,
    /// Its first address; null when nobody could tell, and while it is stopped.
    pub ip_address: Option<String>,
    /// How its guest agent fares; null for containers, and before it was first asked.
    pub agent: Option<AgentStatus>,
    /// The operating system as configured in Proxmox; null before the configuration was read.
    pub os_type: Option<String>,
    /// Its tags, in Proxmox's order.
    pub tags: Vec<String>,
    /// Whether it is a template, which can be copied but not started.
    pub template: bool,
    /// What holds Proxmox's lock on it ("backup", "migrate" …); null when nothing does.
    pub locked: Option<String>,
    /// The whole configuration with secrets masked; null in lists, and before it was first read.
    pub config: Option<serde_json::Value>,
    /// When it was found to be gone; null while it exists.
    pub gone_at: Option<DateTime<Utc>>,
    /// When NexOps first saw it.
    pub created_at: DateTime<Utc>,
    /// When a column of it last changed.
    pub updated_at: DateTime<Utc>,
    /// What it uses now.
    #[serde(flatten)]
    pub usage: Usage,
}

/// How a guest is named in a path: by Proxmox's number or by NexOps' id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VmRef {
    /// Proxmox's number.
    Vmid(i32),
    /// NexOps' id.
    Id(VmId),
}

/// A text that names no guest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither a vmid (a whole number from 1 to 999999999) nor an id (a UUID)")]
pub struct NotAVmRef(pub String);

impl fmt::Display for VmRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vmid(vmid) => vmid.fmt(formatter),
            Self::Id(id) => id.fmt(formatter),
        }
    }
}

impl PartialSchema for VmRef {
    fn schema() -> RefOr<Schema> {
        const PATTERN: &str = "^([1-9][0-9]{0,8}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$";
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(PATTERN)).build().into()
    }
}

impl ToSchema for VmRef {}

/// Proxmox gives no guest a larger number.
const LARGEST_VMID: i32 = 999_999_999;

impl FromStr for VmRef {
    type Err = NotAVmRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match (digits, text.parse::<i32>(), Uuid::try_parse(text)) {
            (true, Ok(vmid), _) if (1..=LARGEST_VMID).contains(&vmid) => Ok(Self::Vmid(vmid)),
            (false, _, Ok(id)) => Ok(Self::Id(VmId(id))),
            _ => Err(NotAVmRef(text.to_owned())),
        }
    }
}

impl From<VmId> for VmRef {
    fn from(id: VmId) -> Self {
        Self::Id(id)
    }
}

impl From<i32> for VmRef {
    fn from(vmid: i32) -> Self {
        Self::Vmid(vmid)
    }
}

/// Which guests to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVms {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// The column to sort by, with `-` before it for descending; by `vmid` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, example = "-cpu_usage", pattern = "^-?(vmid|name|status|node|type|cpu_usage|memory_usage|disk_usage|network_in|network_out|uptime_seconds)$")]
    pub sort: Option<Sort<VmColumn>>,
    /// Only guests in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<VmStatus>,
    /// Only guests of this kind.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[param(rename = "type")]
    pub kind: Option<VmType>,
    /// Only guests on the node with this name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Only guests that carry this tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Only guests of the connection with this name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Only guests whose name, number, address or node contains this, in any case of letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

text_enum! {
    /// A column that a list of guests can be sorted by.
    pub enum VmColumn {
        /// Proxmox's number.
        Vmid = "vmid",
        /// The name.
        Name = "name",
        /// The state.
        Status = "status",
        /// The node's name.
        Node = "node",
        /// The kind.
        Type = "type",
        /// CPU usage.
        CpuUsage = "cpu_usage",
        /// Memory usage.
        MemoryUsage = "memory_usage",
        /// Disk usage.
        DiskUsage = "disk_usage",
        /// Bytes received a second.
        NetworkIn = "network_in",
        /// Bytes sent a second.
        NetworkOut = "network_out",
        /// Uptime.
        UptimeSeconds = "uptime_seconds",
    }
}

/// How current figures are to be had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// Collect from Proxmox before answering, instead of giving the figures of the last collection.
    #[serde(default)]
    pub fresh: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_number_or_a_uuid_and_nothing_else() {
        assert_eq!("101".parse(), Ok(VmRef::Vmid(101)));
        let id = VmId::new();
        assert_eq!(id.to_string().parse(), Ok(VmRef::Id(id)));
        for bad in ["", "0", "-1", "+1", "1.5", "99999999999", "web-1", "0x10", " 101"] {
            assert!(bad.parse::<VmRef>().is_err(), "{bad:?} was accepted");
        }
    }
}
