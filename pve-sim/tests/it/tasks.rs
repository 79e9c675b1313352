//! The life of a task.

use pve_sim::State;
use serde_json::json;

use crate::support::{Sim, task_path};

#[tokio::test]
async fn a_task_runs_then_ends_with_a_verdict() {
    let sim = Sim::start().await;
    sim.control().set_guest_ignores_shutdown(101, true);
    let upid = sim.act(101, "shutdown", &[("timeout", "100"), ("forceStop", "1")]).await;
    assert!(upid.starts_with("UPID:pve2:"), "{upid}");
    assert!(upid.ends_with(":qmshutdown:101:tester@pve!full:"), "{upid}");
    let running = sim.get(&format!("{}/status", task_path(&upid))).await.data();
    assert_eq!(running["status"], "running");
    assert_eq!(running.get("exitstatus"), None);
    assert_eq!((&running["user"], &running["tokenid"]), (&json!("tester@pve"), &json!("full")));
    assert_eq!(sim.log(&upid).await, ["no content"]);
    let active = sim.get("/nodes/pve2/tasks?source=active").await.rows();
    assert_eq!(active[0]["status"], "RUNNING");
    assert_eq!(active[0]["user"], "tester@pve!full");
    assert_eq!(active[0].get("tokenid"), None);

    let ended = sim.wait_for_task(&upid).await;
    assert_eq!((&ended["exitstatus"], &ended["id"]), (&json!("OK"), &json!("101")));
    assert_eq!(ended.get("endtime"), None);
    assert_eq!(sim.log(&upid).await, ["TASK OK"]);
    let archived = sim.get("/nodes/pve2/tasks?vmid=101").await;
    assert_eq!(archived.json()["total"], 1);
    assert_eq!(archived.rows()[0]["status"], "OK");
    assert_eq!(archived.rows()[0]["tokenid"], "full");
    assert!(archived.rows()[0]["endtime"].is_u64());
}

#[tokio::test]
async fn an_aborted_task_leaves_the_guest_alone() {
    let sim = Sim::start().await;
    sim.control().set_guest_ignores_shutdown(101, true);
    let upid = sim.act(101, "shutdown", &[("timeout", "4000")]).await;
    let refused = sim.delete_as("auditor", &task_path(&upid)).await;
    assert_eq!(refused.reason, "Permission check failed (/nodes/pve2, Sys.Modify)");
    assert!(sim.delete_as("full", &task_path(&upid)).await.data().is_null());
    assert_eq!(sim.wait_for_task(&upid).await["exitstatus"], "received interrupt");
    assert_eq!(sim.log(&upid).await, ["TASK ERROR: received interrupt"]);
    assert_eq!(sim.control().guest(101).unwrap().state, State::Running);
    assert!(sim.delete_as("full", &task_path(&upid)).await.data().is_null());
}

#[tokio::test]
async fn unknown_and_malformed_upids_are_told_apart() {
    let sim = Sim::start().await;
    let unknown = "/nodes/pve1/tasks/UPID:pve1:0000FFFF:0000FFFF:60000000:qmstart:101:root@pam:";
    let reply = sim.get(&format!("{unknown}/status")).await;
    assert_eq!((reply.status, &reply.json()["errors"]["upid"]), (400, &json!("no such task")));
    let log = sim.get(&format!("{unknown}/log")).await;
    assert_eq!(log.rows()[0]["t"], "unable to open file - No such file or directory");
    let reply = sim.get("/nodes/pve1/tasks/UPID:bogus/status").await;
    assert_eq!(reply.json()["errors"]["upid"], "unable to parse worker upid");
}

#[tokio::test]
async fn a_upid_works_percent_encoded_and_only_on_its_node() {
    let sim = Sim::start().await;
    let upid = sim.act(101, "start", &[]).await;
    sim.wait_for_task(&upid).await;
    let encoded = upid.replace(':', "%3A").replace('@', "%40").replace('!', "%21");
    assert_eq!(sim.get(&format!("/nodes/pve2/tasks/{encoded}/status")).await.data()["upid"], json!(upid));
    let elsewhere = sim.get(&format!("/nodes/pve1/tasks/{upid}/status")).await;
    assert_eq!(elsewhere.json()["errors"]["upid"], "no such task");
}

#[tokio::test]
async fn lists_of_tasks_can_be_narrowed() {
    let sim = Sim::start().await;
    for vmid in [100, 102] {
        sim.control().set_guest_state(vmid, State::Running);
    }
    let upid = sim.act(101, "start", &[]).await;
    sim.wait_for_task(&upid).await;
    let rows = sim.get("/nodes/pve2/tasks?errors=1").await.rows();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["status"], "VM 101 already running");
    assert_eq!(sim.get("/nodes/pve2/tasks?typefilter=startall").await.rows().len(), 1);
    assert_eq!(sim.get("/nodes/pve2/tasks?limit=1&start=1").await.rows()[0]["type"], "startall");
    let cluster = sim.get("/cluster/tasks").await.rows();
    assert_eq!(cluster.len(), 4);
    assert_eq!((&cluster[0]["saved"], &cluster[1]["saved"]), (&json!(1), &json!("1")));
    assert_eq!(cluster[0].get("pid"), None);
}
