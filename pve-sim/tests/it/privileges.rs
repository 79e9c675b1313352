//! What tokens with few privileges see.

use rstest::rstest;
use serde_json::json;

use crate::support::Sim;

#[tokio::test]
async fn lists_are_filtered_in_silence() {
    let sim = Sim::start().await;
    for path in ["/nodes/pve1/qemu", "/nodes/pve1/lxc", "/nodes/pve1/tasks", "/cluster/tasks", "/nodes/pve1/storage"] {
        assert!(!sim.get_as("auditor", path).await.rows().is_empty(), "{path}");
        assert_eq!(sim.get_as("none", path).await.rows(), [json!(null); 0], "{path}");
    }
    let rows = sim.get_as("none", "/cluster/resources").await.rows();
    let first =
        json!({ "id": "node/pve1", "node": "pve1", "type": "node", "status": "online", "level": "", "cgroup-mode": 2 });
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], first);
    let nodes = sim.get_as("none", "/nodes").await.rows();
    let keys: Vec<&String> = nodes[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "level", "node", "ssl_fingerprint", "status", "type"]);
}

#[rstest]
#[case("none", "/cluster/status", "/, Sys.Audit")]
#[case("none", "/nodes/pve1/status", "/nodes/pve1, Sys.Audit")]
#[case("none", "/nodes/pve1/qemu/100/status/current", "/vms/100, VM.Audit")]
#[case("none", "/nodes/pve1/qemu/999/config", "/vms/999, VM.Audit")]
#[tokio::test]
async fn a_refusal_names_path_and_privilege(#[case] token: &str, #[case] path: &str, #[case] text: &str) {
    let sim = Sim::start().await;
    let reply = sim.get_as(token, path).await;
    let text = format!("Permission check failed ({text})");
    assert_eq!((reply.status, reply.reason.as_str()), (403, text.as_str()));
    assert_eq!(reply.message(), format!("{text}\n"));
}

#[tokio::test]
async fn an_auditor_reads_everything_and_changes_nothing() {
    let sim = Sim::start().await;
    let full = sim.get("/cluster/resources").await.rows().len();
    assert_eq!(sim.get_as("auditor", "/cluster/resources").await.rows().len(), full);
    let url = sim.url("/nodes/pve1/qemu/100/status/stop");
    let request = sim.client.post(url).header("Authorization", crate::support::authorization("auditor"));
    let reply = crate::support::read(request.send().await.unwrap()).await;
    assert_eq!(reply.reason, "Permission check failed (/vms/100, VM.PowerMgmt)");
}

#[tokio::test]
async fn tasks_of_others_need_the_right_to_audit() {
    let sim = Sim::start().await;
    let upid = sim.act(101, "start", &[]).await;
    let path = format!("{}/status", crate::support::task_path(&upid));
    assert_eq!(sim.get_as("auditor", &path).await.status, 200);
    let refused = sim.get_as("none", &path).await;
    assert_eq!(refused.reason, "Permission check failed (/nodes/pve2, Sys.Audit)");
}

#[tokio::test]
async fn a_token_can_ask_what_it_may_do() {
    let sim = Sim::start().await;
    assert_eq!(sim.get_as("none", "/access/permissions").await.data(), json!({}));
    let auditor = sim.get_as("auditor", "/access/permissions?path=/vms/100").await.data();
    assert_eq!(auditor["/vms/100"]["VM.Audit"], 1);
    assert_eq!(auditor["/vms/100"].get("VM.PowerMgmt"), None);
    assert_eq!(sim.get("/access/permissions").await.data()["/"]["VM.PowerMgmt"], 1);
}
