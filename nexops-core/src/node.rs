//! Nodes: the servers that carry guests.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::id::{ConnectionId, NodeId};
use crate::page::Sort;
use crate::text_enum;
use crate::usage::Usage;

text_enum! {
    /// Whether a node can be used.
    pub enum NodeStatus {
        /// A member of the cluster that answers.
        Online = "online",
        /// Known to the cluster, but not there.
        Offline = "offline",
        /// Taken out of service on purpose, through Proxmox's HA manager.
        Maintenance = "maintenance",
        /// Its own statistics are silent, or nobody could be asked.
        Unknown = "unknown",
    }
}

text_enum! {
    /// Who runs the node.
    pub enum Provider {
        /// A Proxmox VE server.
        Proxmox = "proxmox",
        /// Amazon Web Services.
        Aws = "aws",
        /// Microsoft Azure.
        Azure = "azure",
    }
}

/// A server that carries guests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// NexOps' own id.
    pub id: NodeId,
    /// The connection through which the node is seen.
    pub connection_id: ConnectionId,
    /// That connection's name.
    pub connection: String,
    /// The node's name, unique within its connection.
    pub hostname: String,
    /// Its address as the cluster knows it; null without the privilege to ask.
    pub ip_address: Option<String>,
    /// Who runs it.
    pub provider: Provider,
    /// Whether it can be used.
    pub status: NodeStatus,
    /// CPU threads; 0 while Proxmox does not tell.
    pub cpu_cores: i32,
    /// Memory, MiB; 0 while Proxmox does not tell.
    pub memory_total_mb: i32,
    /// Root file system, GiB; 0 while Proxmox does not tell.
    pub disk_total_gb: i32,
    /// The name under which Proxmox addresses it.
    pub proxmox_node_name: String,
    /// What else Proxmox said of it.
    pub metadata: serde_json::Value,
    /// When it was last online.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// When it was found to have left the cluster; null while it belongs to it.
    pub gone_at: Option<DateTime<Utc>>,
    /// When NexOps first saw it.
    pub created_at: DateTime<Utc>,
    /// When a column of it last changed.
    pub updated_at: DateTime<Utc>,
    /// What it uses now.
    #[serde(flatten)]
    pub usage: Usage,
}

/// Which nodes to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNodes {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// The column to sort by, with `-` before it for descending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, example = "-cpu_usage", pattern = "^-?(hostname|status|cpu_usage|memory_usage|disk_usage|uptime_seconds)$")]
    pub sort: Option<Sort<NodeColumn>>,
    /// Only nodes in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<NodeStatus>,
    /// Only nodes of the connection with this name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Only nodes whose name or address contains this, in any case of letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

text_enum! {
    /// A column that a list of nodes can be sorted by.
    pub enum NodeColumn {
        /// The name.
        Hostname = "hostname",
        /// The state.
        Status = "status",
        /// CPU usage.
        CpuUsage = "cpu_usage",
        /// Memory usage.
        MemoryUsage = "memory_usage",
        /// Disk usage.
        DiskUsage = "disk_usage",
        /// Uptime.
        UptimeSeconds = "uptime_seconds",
    }
}
