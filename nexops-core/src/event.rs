//! Events: what changed, in sequence, as it is told to whoever listens.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::alert::Alert;
use crate::id::ConnectionId;
use crate::node::Node;
use crate::task::Task;
use crate::text_enum;
use crate::vm::Vm;

text_enum! {
    /// What an event is about.
    pub enum EventType {
        /// A guest appeared, changed or went.
        Vm = "vm",
        /// A node appeared, changed or went.
        Node = "node",
        /// A task began, went on or ended.
        Task = "task",
        /// An alert fired, was acknowledged or was resolved.
        Alert = "alert",
        /// A service was made, changed or deleted, or its health changed.
        Service = "service",
        /// New figures were collected.
        Metrics = "metrics",
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Its place in the sequence of events. Later ones have greater numbers; not every number is used.
    pub id: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Whether the thing is gone for good: `data` is what it was. Absent when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// What it is about, and how that is now.
    #[serde(flatten)]
    pub change: Change,
}

/// A thing as it is after it changed, in the shape in which its own GET gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Change {
    /// A guest, without its configuration, as in lists. One that went has `gone_at`.
    Vm(Box<Vm>),
    /// A node. One that left its cluster has `gone_at`.
    Node(Box<Node>),
    /// A task.
    Task(Box<Task>),
    /// An alert.
    Alert(Box<Alert>),
    /// A collection of figures.
    Metrics(Collection),
}

impl Change {
    /// What it is about.
    #[must_use]
    pub const fn event_type(&self) -> EventType {
        match self {
            Self::Vm(_) => EventType::Vm,
            Self::Node(_) => EventType::Node,
            Self::Task(_) => EventType::Task,
            Self::Alert(_) => EventType::Alert,
            Self::Metrics(_) => EventType::Metrics,
        }
    }
}

/// That a connection's figures were collected: whoever shows them can ask for them anew.
///
/// It does not hold the figures: those of 10,000 guests every 30 seconds would be no news but a flood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Collection {
    /// The connection.
    pub connection_id: ConnectionId,
    /// When Proxmox was asked.
    pub observed_at: DateTime<Utc>,
    /// Nodes and guests of which there are new figures.
    pub sources: u64,
}

/// Which events to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only events of these types; may be repeated. All if not given.
    #[serde(rename = "type", default, skip_serializing_if = "Vec::is_empty")]
    #[param(rename = "type")]
    pub types: Vec<EventType>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_travels_as_it_is_documented() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
        let collection = Collection { connection_id: ConnectionId::new(), observed_at: at, sources: 27 };
        let event = Event { id: 7, at, deleted: false, change: Change::Metrics(collection.clone()) };
        let written = serde_json::to_value(&event).unwrap_or_default();
        let expected = serde_json::json!({
            "id": 7,
            "type": "metrics",
            "at": "2023-11-14T22:13:20Z",
            "data": {"connection_id": collection.connection_id, "observed_at": "2023-11-14T22:13:20Z", "sources": 27},
        });
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<Event>(written).ok(), Some(event));
    }
}
