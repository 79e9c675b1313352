//! Nodes: rows of `/nodes` and of `/cluster/resources`.

use nexops_core::node::NodeStatus;

use super::payload::Row;

/// A node as the cluster sees it. Figures are missing while it is away, and without the privilege `Sys.Audit`.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRow {
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub status: NodeStatus,
    /// CPU in use, as a fraction of all threads, 0 to 1; an average of 10 seconds.
    pub cpu: Option<f64>,
    /// CPU threads.
    pub cpu_cores: Option<i64>,
    /// Memory in use, bytes.
    pub memory_used: Option<i64>,
    /// Memory, bytes.
    pub memory_total: Option<i64>,
    /// The root file system in use, bytes.
    pub disk_used: Option<i64>,
    /// The root file system, bytes.
    pub disk_total: Option<i64>,
    /// Seconds since it booted.
    pub uptime: Option<i64>,
    /// Its certificate's SHA-256 fingerprint; only `/nodes` tells.
    pub fingerprint: Option<String>,
}

impl NodeRow {
    /// The row, if it names a node.
    pub(super) fn read(row: Row<'_>) -> Option<Self> {
        let status = status(row.text("status").as_deref(), row.text("hastate").as_deref());
        Some(Self {
            name: row.node()?,
            status,
            cpu: row.fraction("cpu"),
            cpu_cores: row.count("maxcpu"),
            memory_used: row.count("mem"),
            memory_total: row.count("maxmem"),
            disk_used: row.count("disk"),
            disk_total: row.count("maxdisk"),
            uptime: row.count("uptime"),
            fingerprint: row.text("ssl_fingerprint"),
        })
    }
}

/// A node in maintenance still answers; one that is away is away, whatever it was told before.
fn status(word: Option<&str>, ha_state: Option<&str>) -> NodeStatus {
    match (word, ha_state) {
        (Some("online"), Some("maintenance")) => NodeStatus::Maintenance,
        (Some("online"), _) => NodeStatus::Online,
        (Some("offline"), _) => NodeStatus::Offline,
        (Some(_) | None, _) => NodeStatus::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintenance_is_a_state_of_a_node_that_is_there() {
        assert_eq!(status(Some("online"), Some("maintenance")), NodeStatus::Maintenance);
        assert_eq!(status(Some("online"), Some("online")), NodeStatus::Online);
        assert_eq!(status(Some("offline"), Some("maintenance")), NodeStatus::Offline);
        assert_eq!(status(Some("unknown"), None), NodeStatus::Unknown);
        assert_eq!(status(None, None), NodeStatus::Unknown);
    }
}
