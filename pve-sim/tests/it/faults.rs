//! Faults on demand.

use std::time::{Duration, Instant};

use pve_sim::{Fault, FaultKind, Method, State};

use crate::support::{Sim, authorization, wait_until};

async fn attempt(sim: &Sim, path: &str) -> reqwest::Result<String> {
    let request = sim.client.get(sim.url(path)).header("Authorization", authorization("full"));
    request.send().await?.text().await
}

#[tokio::test]
async fn a_status_strikes_as_often_as_asked_and_only_where_asked() {
    let sim = Sim::start().await;
    let kind = FaultKind::Status { code: 500, reason: "got timeout".to_owned() };
    sim.control().inject(Fault::new("/cluster/resources", kind).times(2));
    assert_eq!(sim.get("/version").await.status, 200);
    for _ in 0..2 {
        let reply = sim.get("/cluster/resources").await;
        assert_eq!((reply.status, reply.reason.as_str()), (500, "got timeout"));
    }
    assert_eq!(sim.get("/cluster/resources").await.status, 200);
}

#[tokio::test]
async fn a_fault_may_be_bound_to_a_method() {
    let sim = Sim::start().await;
    sim.control().inject(Fault::new("/", FaultKind::Unauthorized).method(Method::POST));
    assert_eq!(sim.get("/version").await.status, 200);
    assert_eq!(sim.post("/nodes/pve1/qemu/100/status/stop", &[]).await.status, 401);
    sim.control().clear_faults();
    assert_eq!(sim.post("/nodes/pve1/qemu/100/status/stop", &[]).await.status, 200);
}

#[tokio::test]
async fn a_cut_connection_has_no_effect() {
    let sim = Sim::start().await;
    sim.control().inject(Fault::new("/nodes", FaultKind::CutConnection));
    let request = sim.client.post(sim.url("/nodes/pve2/qemu/101/status/stop"));
    let request = request.header("Authorization", authorization("full"));
    assert!(request.send().await.is_err());
    sim.control().clear_faults();
    assert_eq!(sim.get("/nodes/pve2/tasks?source=all&vmid=101").await.rows().len(), 0);
}

#[tokio::test]
async fn a_connection_cut_after_handling_has_its_effect() {
    let sim = Sim::start().await;
    sim.control().inject(Fault::new("/nodes", FaultKind::CutAfterHandling).times(1));
    let request = sim.client.post(sim.url("/nodes/pve2/qemu/101/status/stop"));
    let request = request.header("Authorization", authorization("full"));
    assert!(request.send().await.is_err());
    wait_until("101 is stopped", async || sim.control().guest(101).unwrap().state == State::Stopped).await;
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_in_the_body() {
    let sim = Sim::start().await;
    sim.control().inject(Fault::new("/cluster/resources", FaultKind::Truncated));
    assert!(attempt(&sim, "/cluster/resources").await.is_err());
}

#[tokio::test]
async fn garbage_and_empty_lists_look_like_success() {
    let sim = Sim::start().await;
    sim.control().inject(Fault::new("/version", FaultKind::Garbage));
    sim.control().inject(Fault::new("/cluster/resources", FaultKind::EmptyList));
    assert!(attempt(&sim, "/version").await.unwrap().starts_with("<html>"));
    assert_eq!(attempt(&sim, "/cluster/resources").await.unwrap(), r#"{"data":[]}"#);
}

#[tokio::test]
async fn a_delay_is_kept_and_a_hang_never_ends() {
    let sim = Sim::start().await;
    let delay = Duration::from_millis(60);
    sim.control().inject(Fault::new("/version", FaultKind::Delay(delay)).times(1));
    let begun = Instant::now();
    assert_eq!(sim.get("/version").await.status, 200);
    assert!(begun.elapsed() >= delay);
    sim.control().inject(Fault::new("/version", FaultKind::Hang));
    let request = sim.client.get(sim.url("/version")).timeout(Duration::from_millis(100));
    assert!(request.send().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_node_can_be_unreachable_for_a_single_request() {
    let sim = Sim::start().await;
    let kind = FaultKind::Status { code: 596, reason: "Broken pipe".to_owned() };
    sim.control().inject(Fault::new("/nodes/pve1/status", kind).times(1));
    let reply = sim.get("/nodes/pve1/status").await;
    assert_eq!((reply.status, reply.reason.as_str(), reply.body.as_str()), (596, "Broken pipe", ""));
}

#[tokio::test]
async fn the_requests_received_are_remembered_in_order() {
    let sim = Sim::start().await;
    sim.get("/version").await;
    sim.get("/cluster/resources?type=vm").await;
    let seen: Vec<String> =
        sim.control().requests().into_iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
    assert_eq!(seen, ["GET /version", "GET /cluster/resources"]);
    sim.control().clear_requests();
    assert!(sim.control().requests().is_empty());
}
