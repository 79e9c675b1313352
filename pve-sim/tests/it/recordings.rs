//! Compares field names and JSON types with recorded answers of a real Proxmox VE 9.1.
//!
//! `NEXOPS_PVE_RECORDINGS` names the folder with the recordings. They are not part of the project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use pve_sim::{Config, GuestKind, PveVersion, State};
use serde_json::Value;

use crate::support::{Sim, quick, task_path};

/// Keys that are there or not for reasons other than the release.
const OPTIONAL: [&str; 26] = [
    // Set by the operator.
    "agent",
    "tags",
    "pool",
    "lock",
    "template",
    "hastate",
    "description",
    "onboot",
    "protection",
    "parent",
    "kvm",
    "scsihw",
    "sockets",
    "cores",
    "unprivileged",
    "ostype",
    "tokenid",
    "secureboot",
    // Only with a real machine inside: the recorded ones answered no such questions.
    "balloon",
    "ballooninfo",
    "freemem",
    "running-machine",
    "running-qemu",
    "diskread",
    "diskwrite",
    "nics",
];

/// The type of every field, with nested fields as `outer.inner`.
fn shape(value: &Value) -> BTreeMap<String, &'static str> {
    let mut fields = BTreeMap::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        fields.insert(key.clone(), kind(value));
        // Names of network devices are keys themselves.
        if key != "nics" {
            fields.extend(shape(value).into_iter().map(|(inner, kind)| (format!("{key}.{inner}"), kind)));
        }
    }
    fields
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_optional(key: &str) -> bool {
    key.split('.').any(|part| OPTIONAL.contains(&part))
}

#[track_caller]
fn compare(what: &str, recorded: &Value, simulated: &Value) {
    let (recorded, simulated) = (shape(recorded), shape(simulated));
    assert!(!recorded.is_empty(), "nothing recorded for {what}");
    let names = |fields: &BTreeMap<String, &str>| -> BTreeSet<String> {
        fields.keys().filter(|key| !is_optional(key)).cloned().collect()
    };
    assert_eq!(names(&simulated), names(&recorded), "fields of {what}");
    compare_types(what, &recorded, &simulated);
}

#[track_caller]
fn compare_types(what: &str, recorded: &BTreeMap<String, &'static str>, simulated: &BTreeMap<String, &'static str>) {
    for (key, kind) in simulated {
        assert_eq!(recorded.get(key).unwrap_or(kind), kind, "{key} of {what}");
    }
}

struct Recordings(BTreeMap<String, Value>);

impl Recordings {
    /// `None` when nobody named a folder.
    fn read() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("NEXOPS_PVE_RECORDINGS")?);
        let text = std::fs::read_to_string(folder.join("pve-genuine-9.1.7.jsonl")).unwrap();
        let exchanges = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let named = exchanges.map(|exchange| {
            let body = exchange["body"].as_str().unwrap_or_default();
            let body = serde_json::from_str(body).unwrap_or(Value::Null);
            (exchange["name"].as_str().unwrap().to_owned(), body)
        });
        Some(Self(named.collect()))
    }

    /// The data of an answer that lies in a file of its own, below the same folder.
    fn file(path: &str) -> Option<Value> {
        let folder = PathBuf::from(std::env::var_os("NEXOPS_PVE_RECORDINGS")?);
        let text = std::fs::read_to_string(folder.join("pve").join(path)).unwrap();
        Some(serde_json::from_str::<Value>(&text).unwrap()["data"].clone())
    }

    fn data(&self, name: &str) -> &Value {
        &self.0.get(name).unwrap_or_else(|| panic!("no recording {name}"))["data"]
    }

    fn row(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> &Value {
        self.data(name).as_array().unwrap().iter().find(|row| wanted(row)).unwrap()
    }
}

#[tokio::test]
async fn answers_have_the_fields_and_types_of_recorded_ones() {
    let Some(recordings) = Recordings::read() else {
        println!("nothing to read: NEXOPS_PVE_RECORDINGS is not set");
        return;
    };
    let sim = Sim::start().await;
    compare("/version", recordings.data("read-version"), &sim.get("/version").await.data());
    lists(&recordings, &sim).await;
    guests(&recordings, &sim).await;
    tasks(&recordings, &sim).await;
    let node = sim.get("/nodes/pve1/status").await.data();
    compare("node status", recordings.data("read-node-pve1-status"), &node);
}

async fn lists(recordings: &Recordings, sim: &Sim) {
    let nodes = sim.get("/nodes").await.rows();
    compare("/nodes", recordings.row("off-cut-immediately-nodes", |row| row["node"] == "pve1"), &nodes[0]);
    let status = sim.get("/cluster/status").await.rows();
    for kind in ["cluster", "node"] {
        let wanted = |row: &&Value| row["type"] == kind;
        let simulated = status.iter().find(wanted).unwrap();
        compare(kind, recordings.row("read-cluster-status", |row| row["type"] == kind), simulated);
    }
    let resources = sim.get("/cluster/resources").await.rows();
    for kind in ["qemu", "lxc", "storage", "pool", "network", "node"] {
        let wanted = |row: &Value| row["type"] == kind && row["status"] != "offline";
        let simulated = resources.iter().find(|row| wanted(row)).unwrap();
        let recorded = recordings.row("off-cut-resources", wanted);
        if kind == "pool" {
            // Pools of stopped guests, as recorded, have no sums at all.
            compare_types(kind, &shape(recorded), &shape(simulated));
        } else {
            compare(kind, recorded, simulated);
        }
    }
    sim.control().set_node_online("pve2", false);
    let nodes = sim.get("/nodes").await.rows();
    compare("offline node", recordings.row("off-cut-70s-nodes", |row| row["node"] == "pve2"), &nodes[1]);
    sim.control().set_node_online("pve2", true);
}

async fn guests(recordings: &Recordings, sim: &Sim) {
    let current = async |vmid| sim.get(&format!("{}/status/current", sim.guest_path(vmid))).await.data();
    let config = async |vmid| sim.get(&format!("{}/config", sim.guest_path(vmid))).await.data();
    compare("running VM", recordings.data("read-vm-110-current-proxied"), &current(101).await);
    compare("config of a VM", recordings.data("read-vm-100-config"), &config(101).await);
    let list = sim.get("/nodes/pve1/qemu").await.rows();
    let running = |row: &Value| row["status"] == "running";
    let simulated = list.iter().find(|row| running(row)).unwrap();
    compare("VM in a list", recordings.row("read-node-pve1-qemu", running), simulated);
    sim.control().set_guest_state(101, State::Stopped);
    compare("stopped VM", recordings.data("read-vm-111-current-proxied"), &current(101).await);
    let template = sim.control().guests().into_iter().find(|guest| guest.template).unwrap();
    compare("template", recordings.data("read-vm-102-current"), &current(template.vmid).await);

    let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
    sim.control().set_guest_state(container.vmid, State::Stopped);
    compare("stopped CT", recordings.data("read-lxc-200-current"), &current(container.vmid).await);
    compare("config of a CT", recordings.data("read-lxc-200-config"), &config(container.vmid).await);
    let list = sim.get(&format!("/nodes/{}/lxc", container.node)).await.rows();
    let stopped = |row: &Value| row["status"] == "stopped";
    let simulated = list.iter().find(|row| stopped(row)).unwrap();
    compare("CT in a list", recordings.row("read-node-pve1-lxc", stopped), simulated);
}

#[tokio::test]
async fn the_agent_answers_like_a_recorded_one() {
    let Some(recorded) = Recordings::file("node-d-pve9/nodes_pve_qemu_100_agent_network-get-interfaces.json") else {
        println!("nothing to read: NEXOPS_PVE_RECORDINGS is not set");
        return;
    };
    let sim = Sim::start().await;
    let simulated = sim.get("/nodes/pve2/qemu/101/agent/network-get-interfaces").await.data();
    compare("agent", &recorded, &simulated);
    for row in 0..2 {
        let (recorded, simulated) = (&recorded["result"][row], &simulated["result"][row]);
        compare("interface", recorded, simulated);
        compare("address", &recorded["ip-addresses"][0], &simulated["ip-addresses"][0]);
    }
}

#[tokio::test]
async fn history_has_the_fields_of_a_recorded_one() {
    let Some(recordings) = Recordings::read() else {
        println!("nothing to read: NEXOPS_PVE_RECORDINGS is not set");
        return;
    };
    let sim = Sim::start().await;
    let last = async |path: &str| sim.get(&format!("{path}/rrddata?timeframe=hour")).await.rows().pop().unwrap();
    for (name, path) in [
        ("read-vm-100-rrddata", "/nodes/pve2/qemu/101"),
        ("read-node-pve1-rrddata-timeframehour", "/nodes/pve1"),
        ("read-storage-rrd", "/nodes/pve1/storage/local"),
    ] {
        let recorded = recordings.data(name).as_array().unwrap();
        assert_eq!(recorded.len(), 60, "{name}");
        compare(name, recorded.last().unwrap(), &last(path).await);
    }
    let storage = sim.get("/nodes/pve1/storage/local/status").await.data();
    compare("storage", recordings.data("read-storage-status"), &storage);
    let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
    let path = format!("/nodes/{}/lxc/{}", container.node, container.vmid);
    let recorded = Recordings::file("rrd-pve9/pve9_lxc_rrddata.json").unwrap();
    compare("history of a CT", &recorded[0], &last(&path).await);
}

#[tokio::test]
async fn history_of_an_old_release_has_as_many_rows_as_a_recorded_one() {
    let Some(recorded) = Recordings::file("cluster-a-pve7.4/nodes_node1_qemu_101_rrddata_hour.json") else {
        println!("nothing to read: NEXOPS_PVE_RECORDINGS is not set");
        return;
    };
    let sim = Sim::start_with(Config { version: PveVersion::V7_4, ..quick() }).await;
    sim.control().set_guest_state(101, State::Stopped);
    let rows = sim.get("/nodes/pve2/qemu/101/rrddata?timeframe=hour").await.rows();
    assert_eq!(rows.len(), recorded.as_array().unwrap().len());
    compare("stopped VM", &recorded[0], &rows[60]);
}

#[tokio::test]
async fn an_old_release_answers_like_a_recorded_one() {
    let recorded = |name: &str| Recordings::file(&format!("cluster-a-pve7.4/{name}.json"));
    let Some(nodes) = recorded("nodes") else {
        println!("nothing to read: NEXOPS_PVE_RECORDINGS is not set");
        return;
    };
    let sim = Sim::start_with(Config { version: PveVersion::V7_4, ..quick() }).await;
    compare("/nodes", &nodes[0], &sim.get("/nodes").await.data()[0]);
    let status = sim.get("/nodes/pve1/status").await.data();
    compare("node status", &recorded("nodes_node1_status").unwrap(), &status);
    compare("/version", &Recordings::file("version_7.json").unwrap(), &sim.get("/version").await.data());
    let resources = recorded("cluster_resources").unwrap();
    let simulated = sim.get("/cluster/resources").await.rows();
    for kind in ["qemu", "node", "storage"] {
        let find = |rows: &[Value]| rows.iter().find(|row| row["type"] == kind).unwrap().clone();
        compare(kind, &find(resources.as_array().unwrap()), &find(&simulated));
    }
    let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
    sim.control().set_guest_state(container.vmid, State::Stopped);
    let current = sim.get(&format!("{}/status/current", sim.guest_path(container.vmid))).await.data();
    compare("stopped CT", &recorded("nodes_node1_lxc_101_status_current").unwrap(), &current);
    let list = sim.get(&format!("/nodes/{}/lxc", container.node)).await.rows();
    let stopped = |rows: &[Value]| rows.iter().find(|row| row["status"] == "stopped").unwrap().clone();
    let recorded_list = recorded("nodes_node1_lxc").unwrap();
    compare("CT in a list", &stopped(recorded_list.as_array().unwrap()), &stopped(&list));
}

async fn tasks(recordings: &Recordings, sim: &Sim) {
    sim.control().set_guest_state(101, State::Running);
    sim.control().set_guest_ignores_shutdown(101, true);
    let upid = sim.act(101, "shutdown", &[("timeout", "4000")]).await;
    let path = task_path(&upid);
    let running = sim.get(&format!("{path}/status")).await.data();
    compare("running task", recordings.data("task-long-running-status"), &running);
    sim.delete_as("full", &path).await;
    let ended = sim.get(&format!("{path}/status")).await.data();
    compare("ended task", recordings.data("task-long-aborted-status"), &ended);
    let log = sim.get(&format!("{path}/log")).await.rows();
    compare("log of a task", &recordings.data("task-long-aborted-log")[0], &log[0]);
    let list = sim.get("/nodes/pve2/tasks").await.rows();
    compare("task in a list", &recordings.data("task-list")[0], &list[0]);
    let cluster = sim.get("/cluster/tasks").await.rows();
    compare("task of the cluster", &recordings.data("read-cluster-tasks")[0], &cluster[0]);
}
