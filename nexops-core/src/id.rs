//! Identifiers: one type for each kind of thing, so that a node's id cannot be given where a guest's is wanted.
//!
//! All are UUIDv7 when NexOps makes them: they sort by the time of their making.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! ids {
    ($( $(#[$meta:meta])* $name:ident; )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, later in order than those made before.
            #[expect(clippy::new_without_default, reason = "every call gives another id, which Default does not promise")]
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+ };
}

ids! {
    /// A connection to one Proxmox VE cluster or standalone server.
    ConnectionId;
    /// A node of a cluster.
    NodeId;
    /// A guest: a virtual machine or a container. It keeps its id when it moves to another node.
    VmId;
    /// A power action under way or done.
    TaskId;
    /// A service.
    ServiceId;
    /// A row of the audit log.
    AuditId;
    /// A rule that says when an alert is raised.
    RuleId;
    /// One occurrence of an alert.
    AlertId;
    /// A silence.
    SilenceId;
    /// A way to tell people of alerts.
    ChannelId;
    /// One event on its way to one channel.
    DeliveryId;
}
