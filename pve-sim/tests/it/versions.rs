//! What sets the releases apart on the wire.

use pve_sim::{Config, Fault, FaultKind, GuestKind, Privileges, PveVersion, State};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Sim, quick, read, token};

const OLD: [PveVersion; 2] = [PveVersion::V7_4, PveVersion::V8_4];

async fn start(version: PveVersion) -> Sim {
    Sim::start_with(Config { version, ..quick() }).await
}

#[rstest]
#[case(PveVersion::V7_4, "7.4-16", "7.4", 8)]
#[case(PveVersion::V8_4, "8.4.1", "8.4", 16)]
#[case(PveVersion::V9_1, "9.1.7", "9.1", 16)]
#[tokio::test]
async fn a_release_introduces_itself(
    #[case] version: PveVersion,
    #[case] manager: &str,
    #[case] release: &str,
    #[case] digits: usize,
) {
    let sim = start(version).await;
    let told = sim.get("/version").await.data();
    assert_eq!((&told["version"], &told["release"]), (&json!(manager), &json!(release)));
    assert_eq!(told["repoid"].as_str().unwrap().len(), digits);
    let status = sim.get("/nodes/pve1/status").await.data();
    assert!(status["pveversion"].as_str().unwrap().starts_with(&format!("pve-manager/{manager}/")));
    assert_eq!(PveVersion::parse(release), Some(version));
}

#[tokio::test]
async fn errors_of_7_4_have_their_text_in_the_status_line_only() {
    let sim = start(PveVersion::V7_4).await;
    let missing = sim.get("/nodes/pve1/qemu/999/config").await;
    assert_eq!((missing.status, missing.json()), (500, json!({ "data": null })));
    assert!(missing.reason.ends_with("999.conf' does not exist"));
    let wrong = sim.get("/cluster/resources?foo=1").await.json();
    assert_eq!((wrong.get("message"), wrong["errors"]["foo"].is_string()), (None, true));
    sim.control().inject(Fault::new("/", FaultKind::Status { code: 500, reason: "got timeout".to_owned() }));
    assert_eq!(sim.get("/version").await.body, r#"{"data":null}"#);
    let newer = start(PveVersion::V8_4).await;
    assert!(newer.get("/nodes/pve1/qemu/999/config").await.message().ends_with("does not exist\n"));
}

#[rstest]
#[case("PVEAPIToken=tester@pve!full=wrong", "invalid token value!")]
#[case("PVEAPIToken=tester@pve!gone=wrong", "no such token 'gone' for user 'tester@pve'")]
#[case("PVEAPIToken=nobody@pve!full=wrong", "no such user ('nobody@pve')")]
#[case("PVEAPIToken=tester@pve!full", "no tokenid specified")]
#[case("Basic dGVzdDp0ZXN0", "No ticket")]
#[tokio::test]
async fn old_releases_say_what_is_wrong_with_a_token(#[case] header: &str, #[case] reason: &str) {
    for version in OLD {
        let sim = start(version).await;
        let request = sim.client.get(sim.url("/version")).header("Authorization", header);
        let reply = read(request.send().await.unwrap()).await;
        assert_eq!((reply.status, reply.reason.as_str(), reply.body.as_str()), (401, reason, ""));
    }
}

#[tokio::test]
async fn a_fault_refuses_a_token_in_the_words_of_the_release() {
    for (version, reason) in [(PveVersion::V8_4, "invalid token value!"), (PveVersion::V9_1, "Authentication failed!")]
    {
        let sim = start(version).await;
        sim.control().inject(Fault::new("/", FaultKind::Unauthorized));
        assert_eq!(sim.get("/version").await.reason, reason);
    }
}

#[tokio::test]
async fn new_figures_are_missing_from_old_releases() {
    for version in OLD {
        let sim = start(version).await;
        assert_eq!(sim.row(101).await.get("memhost"), None);
        let current = sim.get("/nodes/pve2/qemu/101/status/current").await.data();
        assert_eq!((current.get("memhost"), current.get("pressurecpusome")), (None, None));
        let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
        sim.control().set_guest_state(container.vmid, State::Running);
        let current = sim.get(&format!("{}/status/current", sim.guest_path(container.vmid))).await.data();
        assert_eq!(current.get("pressureiosome"), None);
        assert_eq!(sim.get("/nodes/pve1/status").await.data()["memory"].get("available"), None);
        let row = sim.get("/nodes/pve2/qemu").await.rows().into_iter().find(|row| row["vmid"] == 101).unwrap();
        assert_eq!((&row["diskread"], &row["diskwrite"]), (&json!(0), &json!(0)));
    }
}

#[rstest]
#[case(PveVersion::V7_4, true, true)]
#[case(PveVersion::V8_4, false, false)]
#[case(PveVersion::V9_1, false, false)]
#[tokio::test]
async fn numbers_are_text_where_the_release_writes_text(
    #[case] version: PveVersion,
    #[case] vmid_is_text: bool,
    #[case] memory_is_number: bool,
) {
    let sim = start(version).await;
    let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
    let rows = sim.get(&format!("/nodes/{}/lxc", container.node)).await.rows();
    assert!(rows.iter().all(|row| row["vmid"].is_string() == vmid_is_text));
    let current = sim.get(&format!("{}/status/current", sim.guest_path(container.vmid))).await.data();
    assert!(current["vmid"].is_u64());
    assert_eq!(sim.get("/nodes/pve2/qemu/101/config").await.data()["memory"].is_u64(), memory_is_number);
    let status = sim.get("/nodes/pve1/status").await.data();
    assert_eq!(status.get("current-kernel").is_none(), version == PveVersion::V7_4);
}

#[tokio::test]
async fn what_7_4_does_not_have_is_not_implemented() {
    let sim = start(PveVersion::V7_4).await;
    let container = sim.control().guests().into_iter().find(|guest| guest.kind == GuestKind::Lxc).unwrap();
    let interfaces = format!("{}/interfaces", sim.guest_path(container.vmid));
    for path in [interfaces.as_str(), "/cluster/metrics/export"] {
        let reply = sim.get_as("none", path).await;
        assert_eq!((reply.status, reply.reason), (501, format!("Method 'GET {path}' not implemented")));
    }
    let form = [("overrule-shutdown", "1")];
    let reply = sim.post("/nodes/pve2/qemu/101/status/stop", &form).await;
    assert_eq!((reply.status, reply.json()["errors"]["overrule-shutdown"].is_string()), (400, true));
    let newer = start(PveVersion::V8_4).await;
    assert_eq!(newer.post("/nodes/pve2/qemu/101/status/stop", &form).await.status, 200);
}

#[tokio::test]
async fn networks_have_the_rows_of_the_release() {
    let kinds = async |version: PveVersion, path: &str| -> Vec<Value> {
        let mut kinds: Vec<Value> = start(version).await.get(path).await.rows();
        kinds.retain(|row| row["type"] == "sdn" || row["type"] == "network");
        kinds.into_iter().map(|row| row["type"].clone()).collect()
    };
    assert_eq!(kinds(PveVersion::V7_4, "/cluster/resources").await, [json!(null); 0]);
    assert_eq!(kinds(PveVersion::V8_4, "/cluster/resources").await, ["sdn"; 3]);
    assert_eq!(kinds(PveVersion::V8_4, "/cluster/resources?type=sdn").await, ["sdn"; 3]);
    assert_eq!(kinds(PveVersion::V9_1, "/cluster/resources").await, ["network"; 3]);
}

#[tokio::test]
async fn old_releases_ask_for_the_old_privilege_before_the_agent_is_asked() {
    let path = "/nodes/pve2/qemu/101/agent/get-osinfo";
    for version in OLD {
        let monitor = token("monitor", Privileges::of(&["VM.Monitor"]));
        let tokens = quick().tokens.into_iter().chain([monitor]).collect();
        let sim = Sim::start_with(Config { version, tokens, ..quick() }).await;
        assert_eq!(sim.get(path).await.status, 200);
        assert_eq!(sim.get_as("monitor", path).await.status, 200);
        let refused = sim.get_as("auditor", path).await;
        assert_eq!(refused.reason, "Permission check failed (/vms/101, VM.Monitor)");
        let granted = sim.get("/access/permissions?path=/").await.data();
        assert_eq!((&granted["/"]["VM.Monitor"], granted["/"].get("VM.GuestAgent.Audit")), (&json!(1), None));
    }
}
