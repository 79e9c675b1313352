//! Trials: whether a connection would work, and what it would show.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ProxmoxConnectionDraft;
use crate::error::ErrorCode;
use crate::id::ConnectionId;

/// What to try: a stored connection as it is, a draft, or a change of a stored one. One of the two is needed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"draft": {
    "name": "homelab",
    "hosts": ["192.0.2.10"],
    "user": "nexops@pve",
    "token_name": "nexops",
    "token_value": "12345678-1234-1234-1234-123456789abc"
}}))]
pub struct ProxmoxTest {
    /// A stored connection. With a draft beside it, its token is used where the draft has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ConnectionId>,
    /// What to try in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<ProxmoxConnectionDraft>,
}

/// How a trial went. Nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProxmoxTrial {
    /// Whether Proxmox answered with what NexOps needs. Privileges may be missing all the same.
    pub works: bool,
    /// Why not; null when it works.
    pub problem: Option<TrialProblem>,
    /// The certificate that was presented; null when no host could be reached.
    pub certificate: Option<SeenCertificate>,
    /// Proxmox VE's version; null when it does not work.
    pub pve_version: Option<String>,
    /// The cluster's name; null for a standalone server, when nobody may tell, or when it does not work.
    pub cluster: Option<String>,
    /// Nodes that can be seen; null when it does not work.
    pub nodes: Option<u32>,
    /// Guests that can be seen; null when it does not work.
    pub vms: Option<u32>,
    /// Privileges that the token lacks.
    pub missing_privileges: Vec<MissingPrivilege>,
    /// The command lines that grant them, to be run on a Proxmox host; null when nothing is missing.
    pub grant: Option<String>,
    /// The name of a connection in use that leads to the same cluster; null if there is none.
    pub same_cluster_as: Option<String>,
    /// How long the trial took, milliseconds.
    pub took_ms: u64,
}

/// Why a connection does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialProblem {
    /// The kind of failure.
    pub code: ErrorCode,
    /// The failure in a sentence, and what to do.
    pub message: String,
}

/// A certificate that a host presented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeenCertificate {
    /// The host, `host:port`.
    pub host: String,
    /// The certificate's SHA-256 fingerprint, as `pvenode cert info` prints it. As `fingerprint` of the connection it
    /// pins the certificate.
    pub fingerprint: String,
    /// Whether the settings accept it.
    pub accepted: bool,
}

/// A privilege that the token lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissingPrivilege {
    /// The privilege, as Proxmox names it.
    pub privilege: String,
    /// Where it is needed.
    pub path: String,
    /// What goes without it.
    pub without_it: String,
}
