//! The control for other processes.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

use pve_sim::{Agent, Config, State};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Sim, quick};

struct Remote {
    sim: Sim,
    url: String,
}

impl Remote {
    async fn start() -> Self {
        let control = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let sim = Sim::start_with(Config { control, ..quick() }).await;
        let url = format!("http://{}", sim.simulator.control_address().unwrap());
        Self { sim, url }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request = self.sim.client.request(method.parse().unwrap(), format!("{}{path}", self.url));
        let request = if body.is_null() {
            request
        } else {
            request.header("Content-Type", "application/json").body(body.to_string())
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    /// An order that is carried out.
    async fn order(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(method, path, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

#[tokio::test]
async fn faults_come_and_go() {
    let remote = Remote::start().await;
    let fault = json!({ "path": "/version", "method": "GET", "times": 1, "kind": "status", "code": 596, "reason": "Broken pipe" });
    remote.order("POST", "/faults", fault).await;
    assert_eq!(remote.sim.get("/version").await.reason, "Broken pipe");
    assert_eq!(remote.sim.get("/version").await.status, 200);
    remote.order("POST", "/faults", json!({ "kind": "empty_list" })).await;
    assert_eq!(remote.sim.get("/nodes").await.body, r#"{"data":[]}"#);
    remote.order("DELETE", "/faults", Value::Null).await;
    assert_eq!(remote.sim.get("/nodes").await.rows().len(), 3);
}

#[tokio::test]
async fn guests_are_changed_added_and_removed() {
    let remote = Remote::start().await;
    let change =
        json!({ "state": "paused", "lock": "backup", "node": "pve3", "agent": "dead", "ignores_shutdown": true });
    remote.order("POST", "/guests/101", change).await;
    let facts = remote.sim.control().guest(101).unwrap();
    assert_eq!((facts.state, facts.node.as_str(), facts.agent), (State::Paused, "pve3", Agent::Dead));
    assert!(facts.ignores_shutdown);
    assert_eq!(remote.order("GET", "/guests/101", Value::Null).await["lock"], "backup");
    remote.order("POST", "/guests/101", json!({ "state": "running" })).await;
    assert_eq!(remote.sim.control().guest(101).unwrap().lock.as_deref(), Some("backup"));
    remote.order("POST", "/guests/101", json!({ "lock": null })).await;
    assert_eq!(remote.sim.control().guest(101).unwrap().lock, None);
    remote.order("POST", "/guests/101/reset-counters", Value::Null).await;

    let new = json!({ "vmid": 900, "node": "pve1", "kind": "lxc", "name": "added", "state": "stopped" });
    remote.order("POST", "/guests", new.clone()).await;
    assert_eq!(remote.send("POST", "/guests", new).await.0, 409);
    remote.order("DELETE", "/guests/900", Value::Null).await;
    assert_eq!(remote.order("GET", "/guests", Value::Null).await.as_array().unwrap().len(), 24);
}

#[tokio::test]
async fn nodes_and_the_cluster_are_taken_down_and_up_again() {
    let remote = Remote::start().await;
    remote.order("POST", "/nodes/pve2", json!({ "online": false })).await;
    assert_eq!(remote.sim.get("/nodes/pve2/status").await.status, 595);
    remote.order("POST", "/nodes/pve2", json!({ "online": true })).await;
    remote.order("POST", "/cluster", json!({ "quorum": false, "clock_skew_seconds": 90 })).await;
    assert_eq!(remote.sim.get("/cluster/status").await.rows()[0]["quorate"], 0);
    remote.order("POST", "/cluster", json!({ "quorum": true, "daemon": false })).await;
    assert_eq!(remote.sim.get("/cluster/status").await.status, 595);
    assert_eq!(remote.order("GET", "/nodes", Value::Null).await, json!(["pve1", "pve2", "pve3"]));
}

#[tokio::test]
async fn the_certificate_and_the_requests_can_be_asked_for() {
    let remote = Remote::start().await;
    let before = remote.order("GET", "/certificate", Value::Null).await;
    assert_eq!(before["fingerprint"], remote.sim.simulator.fingerprint());
    let after = remote.order("POST", "/certificate", Value::Null).await;
    assert_ne!(after["fingerprint"], before["fingerprint"]);
    assert_eq!(after["certificate_pem"], remote.sim.control().certificate_pem());
    remote.order("POST", "/statistics", Value::Null).await;
    remote.order("DELETE", "/requests", Value::Null).await;
    assert_eq!(remote.order("GET", "/requests", Value::Null).await, json!([]));
}

#[rstest]
#[case("POST", "/faults", json!({ "kind": "sulk" }), 400)]
#[case("POST", "/faults", json!({ "kind": "status" }), 400)]
#[case("POST", "/faults", json!({ "kind": "delay", "seconds": -1.0 }), 400)]
#[case("POST", "/faults", json!({ "kind": "hang", "method": "G E T" }), 400)]
#[case("POST", "/guests/101", json!({ "stat": "running" }), 400)]
#[case("POST", "/guests/101", Value::Null, 400)]
#[case("POST", "/guests/101", json!({ "node": "gone" }), 404)]
#[case("POST", "/guests/999", json!({}), 404)]
#[case("DELETE", "/guests/999", Value::Null, 404)]
#[case("POST", "/nodes/gone", json!({ "online": true }), 404)]
#[case("GET", "/guests/one", Value::Null, 404)]
#[case("GET", "/nosuch", Value::Null, 404)]
#[case("PUT", "/faults", Value::Null, 404)]
#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason(
    #[case] method: &str,
    #[case] path: &str,
    #[case] body: Value,
    #[case] status: u16,
) {
    let remote = Remote::start().await;
    let (found, answer) = remote.send(method, path, body).await;
    assert_eq!(found, status, "{answer}");
    assert!(!answer["error"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn it_listens_on_loopback_only_and_ends_with_the_simulator() {
    let control = Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
    let error = pve_sim::start(Config { control, ..quick() }).await.unwrap_err();
    assert_eq!(format!("{error:#}"), "control on 0.0.0.0:0: only a loopback address will do");
    assert_eq!(Sim::start().await.simulator.control_address(), None);
    let remote = Remote::start().await;
    remote.order("GET", "/nodes", Value::Null).await;
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), remote.sim.simulator.stop());
    ended.await.unwrap();
    assert!(remote.sim.client.get(format!("{}/nodes", remote.url)).send().await.is_err());
}

#[test]
fn the_program_says_where_it_takes_orders() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pve-sim"))
        .args(["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--pve-version", "8.4"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<String> =
        BufReader::new(child.stdout.take().unwrap()).lines().take(5).map(|line| line.unwrap()).collect();
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(lines[3].starts_with("control     http://127.0.0.1:"), "{lines:?}");
    assert_eq!(lines[4], "");
    assert!(killed.success() && child.wait().unwrap().success());
}
