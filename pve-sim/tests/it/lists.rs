//! What lists show, and when they lag behind the truth.

use std::time::Duration;

use pve_sim::{Config, GuestKind, NewGuest, State};
use serde_json::{Value, json};

use crate::support::{Sim, quick, wait_until};

fn lagging() -> Config {
    Config { stat_interval: Duration::from_secs(3_600), ..quick() }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_cluster() {
    let (first, second) = (Sim::start().await, Sim::start().await);
    let other = Sim::start_with(Config { seed: 2, ..quick() }).await;
    assert_eq!(first.control().guests(), second.control().guests());
    assert_ne!(first.control().guests(), other.control().guests());
}

#[tokio::test]
async fn a_small_cluster_has_a_guest_of_every_sort() {
    for seed in 1..20 {
        let sim = Sim::start_with(Config { seed, ..quick() }).await;
        let guests = sim.control().guests();
        for vmid in [100, 101] {
            let guest = guests.iter().find(|guest| guest.vmid == vmid).unwrap();
            assert_eq!((guest.kind, guest.state, guest.template), (GuestKind::Qemu, State::Running, false));
            assert!(guest.lock.is_none() && !guest.ha && !guest.ignores_shutdown);
        }
        assert!(guests.iter().any(|guest| guest.kind == GuestKind::Lxc));
        assert!(guests.iter().any(|guest| guest.state == State::Paused));
        assert!(guests.iter().any(|guest| guest.state == State::Stopped && !guest.template));
        assert!(guests.iter().any(|guest| guest.template));
        assert!(guests.iter().any(|guest| guest.lock.as_deref() == Some("backup")));
        assert!(guests.iter().any(|guest| guest.ha));
        assert!(guests.iter().any(|guest| guest.ignores_shutdown));
    }
}

#[tokio::test]
async fn the_big_list_lags_and_the_status_is_live() {
    let sim = Sim::start_with(lagging()).await;
    sim.control().set_guest_state(101, State::Stopped);
    assert_eq!(sim.row(101).await["status"], "running");
    let current = sim.get(&format!("{}/status/current", sim.guest_path(101))).await.data();
    assert_eq!(current["status"], "stopped");
    sim.control().refresh_statistics();
    assert_eq!(sim.row(101).await["status"], "stopped");
}

#[tokio::test]
async fn the_big_list_catches_up_by_itself() {
    let sim = Sim::start_with(Config { stat_interval: Duration::from_millis(50), ..quick() }).await;
    sim.control().set_guest_state(101, State::Stopped);
    wait_until("the list shows the stop", async || sim.row(101).await["status"] == "stopped").await;
}

#[tokio::test]
async fn membership_and_locks_are_never_late() {
    let sim = Sim::start_with(lagging()).await;
    sim.get("/cluster/resources").await;
    sim.control().set_guest_lock(101, Some("migrate"));
    assert_eq!(sim.row(101).await["lock"], "migrate");
    sim.control().remove_guest(100);
    let new = NewGuest {
        vmid: 500,
        node: "pve1".to_owned(),
        kind: GuestKind::Lxc,
        name: "new".to_owned(),
        state: State::Running,
    };
    assert!(sim.control().add_guest(new.clone()));
    assert!(!sim.control().add_guest(new));
    let rows = sim.get("/cluster/resources?type=vm").await.rows();
    assert!(!rows.iter().any(|row| row["vmid"] == 100));
    let expected = json!({ "id": "lxc/500", "vmid": 500, "node": "pve1", "type": "lxc", "status": "unknown" });
    assert_eq!(rows.into_iter().find(|row| row["vmid"] == 500), Some(expected));
    sim.control().refresh_statistics();
    assert_eq!(sim.row(500).await["name"], "new");
}

#[tokio::test]
async fn a_paused_vm_is_running_in_its_status() {
    let sim = Sim::start().await;
    sim.control().set_guest_state(101, State::Paused);
    assert_eq!(sim.row(101).await["status"], "paused");
    let current = sim.get(&format!("{}/status/current", sim.guest_path(101))).await.data();
    assert_eq!((&current["status"], &current["qmpstatus"]), (&json!("running"), &json!("paused")));
    let find = |rows: Vec<Value>| rows.into_iter().find(|row| row["vmid"] == 101).unwrap();
    assert_eq!(find(sim.get("/nodes/pve2/qemu").await.rows()).get("qmpstatus"), None);
    assert_eq!(find(sim.get("/nodes/pve2/qemu?full=1").await.rows())["qmpstatus"], "paused");
}

#[tokio::test]
async fn the_types_on_the_wire_are_as_odd_as_the_real_ones() {
    let sim = Sim::start().await;
    let stopped = sim.control().guests().into_iter().find(|guest| guest.state == State::Stopped).unwrap();
    let row = sim.row(stopped.vmid).await;
    for key in ["cpu", "mem", "disk", "uptime", "netin", "netout", "diskread", "diskwrite", "memhost"] {
        assert_eq!(row[key], 0, "{key}");
    }
    assert_eq!(row["template"], 0);
    assert!(sim.get("/nodes/pve1/qemu/100/config").await.data()["memory"].is_string());
    assert!(sim.get(&format!("{}/config", sim.guest_path(102))).await.data()["memory"].is_u64());
    let limited = sim.control().guests().into_iter().find(|guest| guest.cpus == 1.5).unwrap();
    assert_eq!(sim.row(limited.vmid).await["maxcpu"], 1.5);
    let current = sim.get(&format!("{}/status/current", sim.guest_path(limited.vmid))).await.data();
    assert_eq!(current["cpus"], "1.5");
    assert_eq!(current["pressureiosome"], "0.00");
}

#[tokio::test]
async fn the_big_list_has_every_type_of_row() {
    let sim = Sim::start().await;
    let rows = sim.get("/cluster/resources").await.rows();
    for kind in ["qemu", "lxc", "node", "storage", "pool", "network"] {
        assert!(rows.iter().any(|row| row["type"] == kind), "{kind}");
    }
    let shared: Vec<&Value> = rows.iter().filter(|row| row["shared"] == 1).collect();
    assert_eq!(shared.len(), 3);
    assert!(shared.iter().all(|row| row["disk"] == shared[0]["disk"]));
    assert_eq!(sim.get("/cluster/resources?type=node").await.rows().len(), 3);
    assert_eq!(sim.get("/cluster/resources?type=sdn").await.rows().len(), 0);
}

fn of_pve2(rows: Vec<Value>) -> Value {
    rows.into_iter().find(|row| row["node"] == "pve2").unwrap()
}

#[tokio::test]
async fn a_silent_node_freezes_its_guests() {
    let sim = Sim::start_with(Config { time_scale: 1.0, ..quick() }).await;
    sim.control().set_node_online("pve2", false);
    let frozen = sim.row(101).await;
    assert_eq!(frozen["status"], "running");
    assert_eq!(sim.row(101).await, frozen);
    let node = of_pve2(sim.get("/nodes").await.rows());
    assert_eq!(node["status"], "offline");
    assert_eq!((node.get("cpu"), node.get("uptime")), (None, None));
    assert!(node["maxmem"].is_u64());
    let status = sim.get("/cluster/status").await.rows();
    assert_eq!((&status[0]["quorate"], &status[2]["online"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_node_silent_for_long_is_forgotten_until_it_returns() {
    let sim = Sim::start_with(Config { time_scale: 0.0, ..quick() }).await;
    sim.control().set_node_online("pve2", false);
    let row = sim.row(101).await;
    assert_eq!(row["status"], "unknown");
    let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "node", "pool", "status", "tags", "type", "vmid"]);
    assert_eq!(of_pve2(sim.get("/nodes").await.rows()).get("maxmem"), None);
    sim.control().set_node_online("pve2", true);
    assert_eq!(sim.row(101).await["status"], "running");
}
