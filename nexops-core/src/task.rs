//! Tasks: power actions under way and done, each bound to a worker process at Proxmox.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::id::{ConnectionId, TaskId, VmId};
use crate::page::Sort;
use crate::text_enum;
use crate::vm::{PowerAction, VmRef};

text_enum! {
    /// How far a task is.
    pub enum TaskStatus {
        /// Under way.
        Running = "running",
        /// Ended, and had its effect.
        Succeeded = "succeeded",
        /// Ended without its effect; `exit_status` says why.
        Failed = "failed",
        /// Ended, but nobody can tell how.
        Unknown = "unknown",
    }
}

/// A power action under way or done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// NexOps' own id.
    pub id: TaskId,
    /// Proxmox's id of the worker; null until Proxmox has answered, and for good when it never did.
    pub upid: Option<String>,
    /// What was asked for.
    pub action: PowerAction,
    /// The guest.
    pub vm_id: VmId,
    /// The guest's number.
    pub vmid: i32,
    /// The node on which the worker runs.
    pub node: String,
    /// The connection.
    pub connection_id: ConnectionId,
    /// How far it is.
    pub status: TaskStatus,
    /// How it ended, in Proxmox's words ("OK", or the error); null while it runs.
    pub exit_status: Option<String>,
    /// Percent done, 0..=100; null where Proxmox does not tell, which is the rule for power actions.
    #[schema(minimum = 0, maximum = 100)]
    pub progress: Option<i16>,
    /// Who asked for it.
    pub actor: String,
    /// When NexOps sent it to Proxmox.
    pub started_at: DateTime<Utc>,
    /// When it was seen to have ended; null while it runs.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A piece of a task's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskLog {
    /// The lines, oldest first. Proxmox writes the log of a power action only when it ends.
    pub lines: Vec<TaskLogLine>,
    /// How many lines Proxmox holds; null when it does not say.
    pub total: Option<u64>,
}

/// One line of a task's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskLogLine {
    /// Its number, counted from 1.
    pub number: u64,
    /// Its text.
    pub text: String,
}

/// Which tasks to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTasks {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// The column to sort by, with `-` before it for descending; latest first if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, example = "-started_at", pattern = "^-?(started_at|finished_at|status|vmid|action)$")]
    pub sort: Option<Sort<TaskColumn>>,
    /// Only tasks in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatus>,
    /// Only tasks of the guest with this number or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<VmRef>, inline)]
    pub vm: Option<String>,
    /// Only tasks on the node with this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Only tasks of the connection with this name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

text_enum! {
    /// A column that a list of tasks can be sorted by.
    pub enum TaskColumn {
        /// When it began.
        StartedAt = "started_at",
        /// When it ended.
        FinishedAt = "finished_at",
        /// Its state.
        Status = "status",
        /// The guest's number.
        Vmid = "vmid",
        /// The action.
        Action = "action",
    }
}

/// Which lines of a log to give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskLogQuery {
    /// Lines to leave out at the beginning; 0 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// Lines to give, 1 to 5000; 500 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 5000)]
    pub limit: Option<u32>,
}
