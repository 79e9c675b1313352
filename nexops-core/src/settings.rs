//! Connections to Proxmox as they are set up: what is watched, as whom, and whether that works.

mod trial;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use self::trial::{MissingPrivilege, ProxmoxTest, ProxmoxTrial, SeenCertificate, TrialProblem};
use crate::id::ConnectionId;
use crate::secret::WriteOnly;
use crate::system::ConnectionError;

/// Proxmox's own port.
pub const PROXMOX_PORT: u16 = 8006;

/// A connection to a Proxmox VE cluster or standalone server, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProxmoxConnection {
    /// Its id, which stays when it gets another name.
    pub id: ConnectionId,
    /// Its name, unique.
    pub name: String,
    /// The hosts of the cluster, each of which can answer for all.
    pub hosts: Vec<String>,
    /// The port of hosts that name none.
    pub port: u16,
    /// The user that owns the token, with realm.
    pub user: String,
    /// The token's name.
    pub token_name: String,
    /// Whether the token's secret is known: stored, or given by the environment.
    pub has_token: bool,
    /// Whether the hosts' certificates must be trusted by this machine. Of no effect while a fingerprint is pinned.
    pub verify_tls: bool,
    /// The SHA-256 fingerprints of the certificates that are accepted, separated by commas; null if none is pinned.
    pub fingerprint: Option<String>,
    /// Whether the cluster is watched. What was seen through a connection that is not is kept, but not shown.
    pub enabled: bool,
    /// Whether the `PROXMOX_*` variables of a daemon describe it, so that it can only be changed there.
    pub managed_by_environment: bool,
    /// The cluster's name; null for a standalone server and before the first sync.
    pub cluster: Option<String>,
    /// Proxmox VE's version; null before the first sync.
    pub pve_version: Option<String>,
    /// The name of another connection in use that leads to the same cluster, so that all of it is watched twice; null if
    /// there is none.
    pub same_cluster_as: Option<String>,
    /// When Proxmox last answered; null if it never did.
    pub last_success_at: Option<DateTime<Utc>>,
    /// What is wrong; null when nothing is.
    pub last_error: Option<ConnectionError>,
    /// What makes the picture incomplete, and how to mend it; null when nothing does.
    pub warning: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A connection as somebody wants it to be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxmoxConnectionDraft {
    /// Its name: 1 to 100 letters, digits, `.`, `-` and `_`, the first one a letter or a digit. Unique.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", example = "homelab")]
    pub name: String,
    /// The hosts of one cluster, 1 to 16: `name`, `name:port`, `address`, `[v6 address]:port`.
    #[schema(min_items = 1, max_items = 16, example = json!(["192.0.2.10"]))]
    pub hosts: Vec<String>,
    /// The port of hosts that name none.
    #[serde(default = "proxmox_port")]
    #[schema(minimum = 1, maximum = 65535, default = 8006)]
    pub port: u16,
    /// The user that owns the token, with realm.
    #[schema(min_length = 3, max_length = 255, example = "nexops@pve")]
    pub user: String,
    /// The token's name.
    #[schema(min_length = 1, max_length = 255, example = "nexops")]
    pub token_name: String,
    /// The token's secret. If it is not given, the stored one is kept; a new connection needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = Option<String>,
        write_only,
        min_length = 1,
        max_length = 1000,
        example = "12345678-1234-1234-1234-123456789abc"
    )]
    pub token_value: Option<WriteOnly>,
    /// Whether the hosts' certificates must be trusted by this machine. Of no effect while a fingerprint is pinned.
    #[serde(default = "crate::yes")]
    #[schema(default = true)]
    pub verify_tls: bool,
    /// The SHA-256 fingerprints of the certificates to accept, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub fingerprint: Option<String>,
    /// Whether the cluster is to be watched.
    #[serde(default = "crate::yes")]
    #[schema(default = true)]
    pub enabled: bool,
}

const fn proxmox_port() -> u16 {
    PROXMOX_PORT
}

impl From<ProxmoxConnection> for ProxmoxConnectionDraft {
    /// The draft that changes nothing, to begin a change with.
    fn from(connection: ProxmoxConnection) -> Self {
        let ProxmoxConnection { name, hosts, port, user, token_name, verify_tls, fingerprint, enabled, .. } =
            connection;
        Self { name, hosts, port, user, token_name, token_value: None, verify_tls, fingerprint, enabled }
    }
}

/// Which page of the connections.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListProxmoxConnections {
    /// The page, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows on a page; 20 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
}
