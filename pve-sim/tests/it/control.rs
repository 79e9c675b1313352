//! The hand behind the curtain: what tests change beside the API.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pve_sim::{GuestKind, State};
use rstest::rstest;

use crate::support::{Sim, authorization, task_path, wait_until};

#[tokio::test]
async fn counters_start_anew_while_the_guest_runs_on() {
    let sim = Sim::start().await;
    let before = sim.row(101).await;
    sim.control().reset_counters(101);
    let after = sim.row(101).await;
    for counter in ["netin", "netout", "diskread", "diskwrite"] {
        assert!(after[counter].as_u64() < before[counter].as_u64(), "{counter}");
    }
    assert!(after["uptime"].as_u64() >= before["uptime"].as_u64());
    wait_until("the counter grows again", async || sim.row(101).await["netin"].as_u64() > after["netin"].as_u64())
        .await;
    let history = sim.get("/nodes/pve2/qemu/101/rrddata?timeframe=hour").await.rows();
    assert!(history[50]["netin"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn without_quorum_nothing_starts_and_everything_is_read() {
    let sim = Sim::start().await;
    sim.control().set_quorum(false);
    assert_eq!(sim.get("/cluster/status").await.rows()[0]["quorate"], 0);
    let start = sim.post("/nodes/pve2/qemu/101/status/start", &[]).await;
    assert_eq!((start.status, start.reason.as_str()), (500, "cluster not ready - no quorum?"));
    assert_eq!(sim.get("/nodes/pve2/qemu/101/status/current").await.status, 200);
    sim.control().set_quorum(true);
    assert_eq!(sim.get("/cluster/status").await.rows()[0]["quorate"], 1);
    sim.control().set_node_online("pve1", false);
    sim.control().set_node_online("pve2", false);
    assert_eq!(sim.get("/cluster/status").await.rows()[0]["quorate"], 0);
}

#[rstest]
#[case("/version", 200)]
#[case("/nodes", 200)]
#[case("/cluster/resources", 200)]
#[case("/cluster/tasks", 200)]
#[case("/nodes/pve1/status", 200)]
#[case("/nodes/pve2/qemu/101/config", 200)]
#[case("/cluster/status", 595)]
#[case("/nodes/pve1/qemu", 595)]
#[case("/nodes/pve1/storage", 595)]
#[case("/nodes/pve1/rrddata?timeframe=hour", 595)]
#[case("/nodes/pve2/qemu/101/status/current", 595)]
#[case("/nodes/pve2/qemu/101/agent/info", 595)]
#[tokio::test]
async fn without_its_daemon_the_server_answers_what_it_can(#[case] path: &str, #[case] status: u16) {
    let sim = Sim::start().await;
    sim.control().set_daemon_up(false);
    let reply = sim.get(path).await;
    assert_eq!(reply.status, status, "{reply:?}");
    if status == 595 {
        assert_eq!((reply.reason.as_str(), reply.body.as_str()), ("Connection refused", ""));
    }
    sim.control().set_daemon_up(true);
    assert_eq!(sim.get(path).await.status, 200);
}

#[tokio::test]
async fn a_dead_daemon_does_not_hide_that_a_right_is_missing() {
    let sim = Sim::start().await;
    sim.control().set_daemon_up(false);
    let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
    let interfaces = format!("{}/interfaces", sim.guest_path(container.vmid));
    for path in ["/cluster/status", "/nodes/pve2/qemu/101/status/current", interfaces.as_str()] {
        assert_eq!(sim.get_as("none", path).await.status, 403, "{path}");
    }
    assert_eq!(sim.post("/nodes/pve2/qemu/101/status/stop", &[]).await.status, 595);
    assert_eq!(sim.control().guest(101).unwrap().state, State::Running);
}

#[tokio::test]
async fn tasks_go_by_a_clock_that_is_wrong() {
    let sim = Sim::start().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    sim.control().set_clock_skew(-7_200);
    let upid = sim.act(101, "stop", &[]).await;
    let status = sim.wait_for_task(&upid).await;
    let started = status["starttime"].as_u64().unwrap();
    assert!(started.abs_diff(now - 7_200) < 60, "{started} {now}");
    assert_eq!(u64::from_str_radix(upid.split(':').nth(4).unwrap(), 16).unwrap(), started);
    let row = sim.get("/nodes/pve2/tasks?vmid=101").await.rows()[0].clone();
    assert!(row["endtime"].as_u64().unwrap().abs_diff(started) < 60);
    assert_eq!(sim.get(&format!("/nodes/pve2/tasks?vmid=101&since={}", now - 60)).await.rows().len(), 0);
    assert_eq!(sim.get(&format!("{}/log", task_path(&upid))).await.status, 200);
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_those_who_connect_anew() {
    let sim = Sim::start().await;
    let old = sim.simulator.fingerprint().to_owned();
    assert_eq!(sim.control().fingerprint(), old);
    let new = sim.control().renew_certificate().unwrap();
    assert_ne!(new, old);
    assert_eq!((sim.control().fingerprint(), sim.simulator.fingerprint()), (new.clone(), old.as_str()));
    let connect = async |pem: String| {
        let trusted = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([trusted]).timeout(Duration::from_secs(20));
        let request = client.build().unwrap().get(sim.url("/nodes")).header("Authorization", authorization("full"));
        request.send().await?.text().await
    };
    assert!(connect(sim.simulator.certificate_pem().to_owned()).await.is_err());
    assert!(connect(sim.control().certificate_pem()).await.unwrap().contains(&new));
}
