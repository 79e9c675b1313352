//! What Proxmox itself remembers: the last half hour of everything, and the last hour of each thing on its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use nexops_core::node::NodeStatus;
use nexops_core::vm::{VmStatus, VmType};

use super::guest::GuestRow;
use super::node::NodeRow;
use super::payload::{Answer, Row};

/// What one node remembers of itself and its guests.
#[derive(Debug, Default, PartialEq)]
pub struct Remembered {
    /// Guests at times, by the node's clock; the oldest first.
    pub guests: Vec<(DateTime<Utc>, GuestRow)>,
    /// Nodes likewise.
    pub nodes: Vec<(DateTime<Utc>, NodeRow)>,
}

/// The figures of one thing at one time.
#[derive(Debug, Default)]
struct Figures {
    cpu: Option<f64>,
    memory_used: Option<i64>,
    memory_total: Option<i64>,
    disk_used: Option<i64>,
    disk_total: Option<i64>,
    uptime: Option<i64>,
    network_in: Option<i64>,
    network_out: Option<i64>,
}

impl Figures {
    fn take(&mut self, metric: &str, row: Row<'_>) {
        match metric {
            "cpu_current" => self.cpu = row.fraction("value"),
            "mem_used" => self.memory_used = row.count("value"),
            "mem_total" => self.memory_total = row.count("value"),
            "disk_used" => self.disk_used = row.count("value"),
            "disk_total" => self.disk_total = row.count("value"),
            "uptime" => self.uptime = row.count("value"),
            "net_in" => self.network_in = row.count("value"),
            "net_out" => self.network_out = row.count("value"),
            _ => {}
        }
    }

    fn guest(self, kind: VmType, vmid: i32, node: &str) -> GuestRow {
        let runs = self.uptime.is_some_and(|uptime| uptime > 0);
        GuestRow {
            vmid,
            kind,
            node: node.to_owned(),
            status: if runs { VmStatus::Running } else { VmStatus::Stopped },
            status_detail: None,
            name: None,
            template: None,
            lock: None,
            tags: None,
            uptime: self.uptime,
            cpu: self.cpu,
            cpu_cores: None,
            memory_used: self.memory_used,
            memory_total: self.memory_total,
            memory_source: None,
            disk_used: self.disk_used,
            disk_total: self.disk_total,
            network_in: self.network_in,
            network_out: self.network_out,
            ha_state: None,
        }
    }

    fn node(self, name: &str) -> NodeRow {
        NodeRow {
            name: name.to_owned(),
            status: NodeStatus::Online,
            cpu: self.cpu,
            cpu_cores: None,
            memory_used: self.memory_used,
            memory_total: self.memory_total,
            disk_used: self.disk_used,
            disk_total: self.disk_total,
            uptime: self.uptime,
            fingerprint: None,
        }
    }
}

impl Remembered {
    pub(super) fn read(answer: &Answer, node: &str) -> Result<Self, String> {
        let rows = answer.row()?.value("data").and_then(|data| data.as_array()).ok_or("it holds no list of samples")?;
        let mut figures: BTreeMap<(DateTime<Utc>, String), Figures> = BTreeMap::new();
        for row in rows.iter().filter_map(Row::of) {
            let at = row.count("timestamp").and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            if let (Some(at), Some(id), Some(metric)) = (at, row.text("id"), row.text("metric")) {
                figures.entry((at, id)).or_default().take(&metric, row);
            }
        }
        let mut remembered = Self::default();
        for ((at, id), figures) in figures {
            match id.split_once('/') {
                Some(("node", name)) => remembered.nodes.push((at, figures.node(name))),
                Some(("qemu", vmid)) => remembered.push(at, VmType::Qemu, vmid, node, figures),
                Some(("lxc", vmid)) => remembered.push(at, VmType::Lxc, vmid, node, figures),
                Some(_) | None => {}
            }
        }
        Ok(remembered)
    }

    fn push(&mut self, at: DateTime<Utc>, kind: VmType, vmid: &str, node: &str, figures: Figures) {
        if let Some(vmid) = vmid.parse().ok().filter(|vmid| *vmid > 0) {
            self.guests.push((at, figures.guest(kind, vmid, node)));
        }
    }
}

/// The means of a minute, as the round-robin database of one guest or node keeps them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minute {
    /// Its end, by the clock of the node.
    pub at: DateTime<Utc>,
    /// CPU in use, as a fraction.
    pub cpu: Option<f64>,
    /// Memory in use, as a fraction.
    pub memory: Option<f64>,
    /// Disk in use, as a fraction.
    pub disk: Option<f64>,
    /// Bytes received a second.
    pub network_in: Option<f64>,
    /// Bytes sent a second.
    pub network_out: Option<f64>,
}

impl Minute {
    pub(super) fn read_all(answer: &Answer) -> Result<Vec<Self>, String> {
        let (rows, _) = answer.rows()?;
        Ok(rows.into_iter().filter_map(Self::read).collect())
    }

    /// `None` for a minute in which nothing was measured.
    fn read(row: Row<'_>) -> Option<Self> {
        let share = |used: &str, total: &str| {
            let total = row.figure(total).filter(|total| *total > 0.0)?;
            Some(row.figure(used)? / total)
        };
        let at = DateTime::from_timestamp(row.count("time")?, 0)?;
        row.figure("cpu")?;
        Some(Self {
            at,
            cpu: row.fraction("cpu"),
            memory: share("mem", "maxmem").or_else(|| share("memused", "memtotal")),
            disk: share("disk", "maxdisk").or_else(|| share("rootused", "roottotal")),
            network_in: row.figure("netin"),
            network_out: row.figure("netout"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(data: serde_json::Value) -> Answer {
        Answer { data, total: None, parsing: std::time::Duration::ZERO }
    }

    #[test]
    fn samples_of_one_thing_at_one_time_belong_together() {
        let row = |timestamp: i64, id: &str, metric: &str, value: serde_json::Value| json!({ "timestamp": timestamp, "id": id, "metric": metric, "value": value, "type": "gauge" });
        let data = json!({ "data": [
            row(20, "qemu/100", "uptime", json!(500)),
            row(10, "qemu/100", "cpu_current", json!("0.5")),
            row(10, "qemu/100", "uptime", json!(490)),
            row(10, "qemu/100", "net_in", json!(1000)),
            row(10, "lxc/101", "uptime", json!(0)),
            row(10, "node/pve1", "mem_used", json!(7)),
            row(10, "storage/pve1/local", "disk_used", json!(7)),
            row(10, "qemu/none", "uptime", json!(1)),
            json!({ "id": "qemu/100" }),
            json!("no row"),
        ] });
        let remembered = Remembered::read(&answer(data), "pve1").unwrap();
        let guests: Vec<_> = remembered
            .guests
            .iter()
            .map(|(at, row)| (at.timestamp(), row.vmid, row.status, row.uptime, row.cpu, row.network_in))
            .collect();
        assert_eq!(
            guests,
            [
                (10, 101, VmStatus::Stopped, Some(0), None, None),
                (10, 100, VmStatus::Running, Some(490), Some(0.5), Some(1000)),
                (20, 100, VmStatus::Running, Some(500), None, None),
            ]
        );
        assert_eq!(remembered.nodes.iter().map(|(_, node)| node.memory_used).collect::<Vec<_>>(), [Some(7)]);
        assert!(Remembered::read(&answer(json!([])), "pve1").is_err());
    }

    #[test]
    fn a_minute_without_figures_is_none() {
        let data = json!([
            { "time": 60, "cpu": 0.25, "mem": 5.0, "maxmem": 10, "disk": 0, "maxdisk": 0, "netin": 1.5, "netout": 2 },
            { "time": 120 },
            { "time": 180, "cpu": 0.5, "memused": 1, "memtotal": 4, "rootused": 1, "roottotal": 2 },
        ]);
        let minutes = Minute::read_all(&answer(data)).unwrap();
        let told: Vec<_> = minutes.iter().map(|m| (m.at.timestamp(), m.cpu, m.memory, m.disk, m.network_in)).collect();
        assert_eq!(told, [(60, Some(0.25), Some(0.5), None, Some(1.5)), (180, Some(0.5), Some(0.25), Some(0.5), None)]);
    }
}
