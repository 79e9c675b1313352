//! What the inside of a guest says.

use std::time::{Duration, Instant};

use pve_sim::{Agent, Config, Fault, FaultKind, GuestKind, State};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Sim, quick};

const AGENT: &str = "/nodes/pve2/qemu/101/agent";

#[tokio::test]
async fn an_agent_that_answers_is_wrapped_twice() {
    let sim = Sim::start().await;
    let ask = async |command: &str| sim.get(&format!("{AGENT}/{command}")).await.data()["result"].clone();
    assert_eq!(ask("get-host-name").await, json!({ "host-name": sim.control().guest(101).unwrap().name.unwrap() }));
    assert_eq!(ask("get-osinfo").await["id"], "debian");
    assert!(ask("info").await["supported_commands"].is_array());
    assert_eq!(sim.post(&format!("{AGENT}/ping"), &[]).await.data(), json!({ "result": {} }));
}

#[tokio::test]
async fn interfaces_include_loopback_and_one_that_is_down() {
    let sim = Sim::start().await;
    let rows = sim.get(&format!("{AGENT}/network-get-interfaces")).await.data()["result"].clone();
    assert_eq!(rows[0]["ip-addresses"][0]["ip-address"], "127.0.0.1");
    assert_eq!(rows[1]["ip-addresses"][0]["ip-address-type"], "ipv4");
    let config = sim.get("/nodes/pve2/qemu/101/config").await.data()["net0"].as_str().unwrap().to_lowercase();
    assert!(config.contains(rows[1]["hardware-address"].as_str().unwrap()));
    assert_eq!((rows[2].get("ip-addresses"), rows[2].get("statistics")), (None, None));
}

#[tokio::test]
async fn file_systems_know_what_the_lists_do_not() {
    let sim = Sim::start().await;
    let rows = sim.get(&format!("{AGENT}/get-fsinfo")).await.data()["result"].clone();
    let root = &rows[0];
    assert_eq!(root["mountpoint"], "/");
    assert!(root["used-bytes"].as_u64().unwrap() > 0);
    assert!(root["used-bytes"].as_u64() < root["total-bytes"].as_u64());
    let windows = sim.control().guests().into_iter().find(|guest| guest.tags == ["windows"]).unwrap();
    sim.control().set_guest_state(windows.vmid, State::Running);
    let path = format!("{}/agent/get-fsinfo", sim.guest_path(windows.vmid));
    let rows = sim.get(&path).await.data()["result"].clone();
    assert_eq!((&rows[1]["mountpoint"], rows[2].get("total-bytes")), (&json!("C:\\"), None));
}

#[rstest]
#[case(Agent::Absent, State::Running, "No QEMU guest agent configured")]
#[case(Agent::Absent, State::Stopped, "No QEMU guest agent configured")]
#[case(Agent::Answers, State::Stopped, "VM 101 is not running")]
#[case(Agent::Dead, State::Running, "QEMU guest agent is not running")]
#[case(Agent::Answers, State::Paused, "QEMU guest agent is not running")]
#[tokio::test]
async fn what_keeps_an_agent_from_answering_is_a_500(#[case] agent: Agent, #[case] state: State, #[case] reason: &str) {
    let sim = Sim::start().await;
    sim.control().set_agent(101, agent);
    sim.control().set_guest_state(101, state);
    let asked = sim.get(&format!("{AGENT}/get-osinfo")).await;
    let pinged = sim.post(&format!("{AGENT}/ping"), &[]).await;
    for reply in [asked, pinged] {
        assert_eq!((reply.status, reply.reason.as_str()), (500, reason));
        assert_eq!(reply.message(), format!("{reason}\n"));
    }
}

#[tokio::test]
async fn a_dead_agent_costs_three_seconds_of_the_simulator() {
    let sim = Sim::start_with(Config { time_scale: 0.05, ..quick() }).await;
    sim.control().set_agent(101, Agent::Dead);
    let begun = Instant::now();
    assert_eq!(sim.get(&format!("{AGENT}/info")).await.status, 500);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    sim.control().inject(Fault::new(AGENT, FaultKind::Garbage).times(1));
    assert!(sim.get(&format!("{AGENT}/info")).await.body.starts_with("<html>"));
}

#[tokio::test]
async fn asking_needs_a_privilege_of_its_own() {
    let sim = Sim::start().await;
    assert_eq!(sim.get_as("auditor", &format!("{AGENT}/info")).await.status, 200);
    let refused = sim.get_as("none", &format!("{AGENT}/info")).await;
    let text = "Permission check failed (/vms/101, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)";
    assert_eq!((refused.status, refused.reason.as_str()), (403, text));
}

#[tokio::test]
async fn what_is_no_question_is_not_there() {
    let sim = Sim::start().await;
    for path in ["ping", "get-secrets"] {
        assert_eq!(sim.get(&format!("{AGENT}/{path}")).await.status, 501, "{path}");
    }
    assert_eq!(sim.post(&format!("{AGENT}/info"), &[]).await.status, 501);
    let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
    let path = format!("{}/agent/info", sim.guest_path(container.vmid));
    assert_eq!(sim.get(&path).await.status, 501);
}

#[tokio::test]
async fn the_agent_is_configured_or_not_in_status_and_configuration() {
    let sim = Sim::start().await;
    let seen = async || {
        let current = sim.get("/nodes/pve2/qemu/101/status/current").await.data();
        let config = sim.get("/nodes/pve2/qemu/101/config").await.data();
        (current["agent"].clone(), config["agent"].clone())
    };
    sim.control().set_agent(101, Agent::Dead);
    assert_eq!(seen().await, (json!(1), json!("1")));
    sim.control().set_agent(101, Agent::Absent);
    assert_eq!(seen().await, (Value::Null, Value::Null));
    assert_eq!(sim.control().guest(101).unwrap().agent, Agent::Absent);
}

#[tokio::test]
async fn a_container_shows_its_interfaces_while_it_runs() {
    let sim = Sim::start().await;
    let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
    let path = format!("{}/interfaces", sim.guest_path(container.vmid));
    sim.control().set_guest_state(container.vmid, State::Running);
    let rows = sim.get(&path).await.rows();
    assert_eq!((&rows[0]["name"], &rows[1]["name"]), (&json!("lo"), &json!("eth0")));
    assert_eq!(rows[1]["ip-addresses"][0]["ip-address-type"], "inet");
    assert_eq!(rows[1]["hwaddr"], rows[1]["hardware-address"]);
    sim.control().set_guest_state(container.vmid, State::Stopped);
    assert!(sim.get(&path).await.data().is_null());
    let refused = sim.get_as("none", &path).await;
    assert_eq!(refused.reason, format!("Permission check failed (/vms/{}, VM.Audit)", container.vmid));
}
