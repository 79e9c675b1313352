//! The daemon's account of itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ErrorCode;
use crate::id::ConnectionId;
use crate::text_enum;

/// How the daemon is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct System {
    /// The daemon's version.
    pub version: String,
    /// What it calls itself where several share a database: its machine, process and address.
    #[serde(default)]
    pub daemon: String,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// Seconds since then.
    pub uptime_seconds: i64,
    /// Whether it shows a simulated cluster.
    pub demo: bool,
    /// Seconds between two collections of figures.
    pub collect_interval_seconds: u64,
    /// Every connection, by name.
    pub connections: Vec<ConnectionHealth>,
    /// Every loop, by name; loops that work per connection once for each.
    pub jobs: Vec<JobHealth>,
    /// Where and how much is stored.
    pub storage: Storage,
}

text_enum! {
    /// Whether a connection works.
    pub enum ConnectionStatus {
        /// The last request was answered.
        Ok = "ok",
        /// The last request was answered, but not everything may be seen; `warning` says what.
        Limited = "limited",
        /// The last request failed; `last_error` says how.
        Failing = "failing",
        /// Nothing was asked yet.
        Pending = "pending",
    }
}

/// How one connection to Proxmox is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConnectionHealth {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// The hosts that it may ask, `host:port`.
    pub hosts: Vec<String>,
    /// Whether it works.
    pub status: ConnectionStatus,
    /// The cluster's name; null for a standalone server and before the first sync.
    pub cluster: Option<String>,
    /// Proxmox VE's version; null before the first sync.
    pub pve_version: Option<String>,
    /// Whether the cluster has quorum; null for a standalone server or when nobody may tell.
    pub quorate: Option<bool>,
    /// Nodes that belong to it.
    pub nodes: i64,
    /// Guests that belong to it.
    pub vms: i64,
    /// When Proxmox last answered; null if it never did.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Seconds since then; null if it never did.
    pub lag_seconds: Option<i64>,
    /// What is wrong; null when nothing is.
    pub last_error: Option<ConnectionError>,
    /// What makes the picture incomplete, and how to mend it; null when nothing does.
    pub warning: Option<String>,
}

/// Why a connection fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConnectionError {
    /// The kind of failure.
    pub code: ErrorCode,
    /// The failure in a sentence, and what to do.
    pub message: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// How one loop is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobHealth {
    /// The loop's name.
    pub name: String,
    /// The connection it works for; null for loops that work for all.
    pub connection: Option<String>,
    /// Seconds between two runs.
    pub period_seconds: f64,
    /// The daemon that does the work, if several share the database and it is another one; the rest then tells of the time
    /// when this one did. Null if it is this one, or nobody for the moment.
    #[serde(default)]
    pub done_by: Option<String>,
    /// Runs since the daemon started.
    pub runs: u64,
    /// How many of them failed.
    pub failures: u64,
    /// When the last run began; null before the first.
    pub last_started_at: Option<DateTime<Utc>>,
    /// When a run last succeeded; null if none ever did.
    pub last_succeeded_at: Option<DateTime<Utc>>,
    /// How long the last finished run took, in milliseconds; null before the first.
    pub last_duration_ms: Option<u64>,
    /// Why the last run failed; null when it did not.
    pub last_error: Option<String>,
    /// What the last successful run did, in numbers.
    pub last_report: serde_json::Value,
}

/// Where and how much is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Storage {
    /// PostgreSQL's version.
    pub postgres_version: String,
    /// Whether it is the daemon's own private server.
    pub postgres_private: bool,
    /// The size of the whole database, bytes.
    pub database_bytes: i64,
    /// The size of all samples with their indexes, bytes.
    pub samples_bytes: i64,
    /// The size of all rollups with their indexes, bytes.
    pub rollups_bytes: i64,
    /// Samples stored, as PostgreSQL estimates it.
    pub samples_estimate: i64,
}
