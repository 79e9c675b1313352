//! Tasks from their beginning to their end, whatever happens to the nodes in between.

use nexops_core::task::TaskStatus;
use nexops_core::vm::{PowerAction, VmStatus};
use pve_sim::{Fault, FaultKind, Method, State};
use rstest::rstest;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_node_does_not_hold_up_the_tasks_of_others() {
    let daemon = Daemon::new().await;
    daemon.cluster().inject(Fault::new("/nodes/pve2/tasks", FaultKind::Hang));
    let silent = daemon.act(101, PowerAction::Stop).await;
    assert_eq!(silent.node, "pve2");
    wait_until("the silent node is asked", async || {
        daemon.cluster().requests().iter().any(|request| request.path.starts_with("/nodes/pve2/tasks"))
    })
    .await;
    let other = daemon.act(100, PowerAction::Stop).await;
    assert_eq!(other.node, "pve1");
    assert_eq!(daemon.end_of(other.id).await.status, TaskStatus::Succeeded);
    let find = async || daemon.client.find_task(silent.id).await.unwrap().data.status;
    assert_eq!(find().await, TaskStatus::Running);
    daemon.cluster().clear_faults();
    assert_eq!(daemon.end_of(silent.id).await.status, TaskStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_a_node_that_goes_and_comes_back_is_followed_to_its_end() {
    let slow = pve_sim::Config { time_scale: 0.2, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", slow).start().await;
    let task = daemon.act(101, PowerAction::Shutdown).await;
    daemon.cluster().set_node_online("pve2", false);
    for _ in 0..3 {
        daemon.run(&daemon.connection().follow).await;
    }
    let now = daemon.client.find_task(task.id).await.unwrap().data;
    assert_eq!(now.status, TaskStatus::Running, "{now:?}");
    daemon.cluster().set_node_online("pve2", true);
    assert_eq!(daemon.end_of(task.id).await.status, TaskStatus::Succeeded);
    assert_eq!(daemon.vm(101).await.status, VmStatus::Stopped);
}

#[rstest]
#[case::stopped(101, PowerAction::Stop, VmStatus::Stopped)]
#[case::restarted(101, PowerAction::Restart, VmStatus::Running)]
#[tokio::test(flavor = "multi_thread")]
async fn a_task_ends_with_a_look_at_the_guest_even_if_the_first_look_fails(
    #[case] vmid: i32,
    #[case] action: PowerAction,
    #[case] afterwards: VmStatus,
) {
    // Slow enough for a restarted guest to be down for a while after its worker ended.
    let slow = pve_sim::Config { time_scale: 0.5, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", slow).start().await;
    let path = "/nodes/pve2/qemu/101/status/current";
    // The action itself looks at the guest before.
    let held = Fault::new("/", FaultKind::Delay(std::time::Duration::from_millis(300))).method(Method::POST);
    daemon.cluster().inject(held.times(1));
    let acting = daemon.act_aside(vmid, action);
    wait_until("the action is sent", async || !daemon.posts().is_empty()).await;
    let gone = FaultKind::Status { code: 595, reason: "Connection refused".to_owned() };
    daemon.cluster().inject(Fault::new(path, gone).times(3));
    assert_eq!(acting.await.unwrap().unwrap().status(), 202);
    let id = daemon.database.text("SELECT id FROM tasks").await.parse().unwrap();
    assert_eq!(daemon.end_of(id).await.status, TaskStatus::Succeeded);
    assert_eq!(daemon.vm(vmid).await.status, afterwards);
    let state = daemon.cluster().guest(101).unwrap().state;
    assert_eq!(state == State::Running, afterwards == VmStatus::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_proxmox_has_forgotten_ends_unknown_and_frees_the_guest() {
    let slow = pve_sim::Config { time_scale: 1.0, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", slow).start().await;
    let task = daemon.act(115, PowerAction::Shutdown).await;
    // As after a crash of the node: the same guest, but no such worker.
    let forgotten = "UPDATE tasks SET upid = replace(upid, ':qmshutdown:', ':qmshutdownx:')";
    daemon.database.execute(forgotten).await;
    let task = daemon.end_of(task.id).await;
    assert_eq!(task.status, TaskStatus::Unknown, "{task:?}");
    assert!(task.exit_status.as_ref().is_some_and(|words| words.contains("does not know the task")), "{task:?}");
    assert_eq!(daemon.vm(115).await.status, VmStatus::Running);
    let suspend = daemon.act(115, PowerAction::Stop).await;
    assert_eq!(suspend.action, PowerAction::Stop);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_of_somebody_else_is_not_taken_for_ours() {
    let mut cluster = quick_cluster();
    let other = pve_sim::Token {
        user: "root@pam".to_owned(),
        name: "other".to_owned(),
        secret: "99999999-1234-1234-1234-123456789abc".to_owned(),
        privileges: pve_sim::Privileges::full(),
    };
    cluster.tokens.push(other.clone());
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    daemon.cluster().inject(Fault::new("/", FaultKind::CutConnection).method(Method::POST).times(1));
    let refusal = daemon.refusal(101, PowerAction::Suspend).await;
    assert!(refusal.message.contains("did not repeat it"), "{refusal:?}");
    let url = format!("{}/api2/json/nodes/pve2/qemu/101/status/suspend", daemon.simulators[0].url());
    let foreign = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).no_proxy().build().unwrap();
    let request = foreign.post(url).header("Authorization", other.authorization()).header("content-length", 0);
    assert!(request.send().await.unwrap().status().is_success());
    wait_until("the other's worker is through", async || daemon.cluster().guest(101).unwrap().state == State::Paused)
        .await;
    daemon.run(&daemon.connection().follow).await;
    assert_eq!(daemon.database.number("SELECT count(*) FROM tasks WHERE upid IS NULL AND status = 'running'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_tasks_at_once_are_all_followed() {
    let cluster = pve_sim::Config { guests: 60, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    let running: Vec<i32> = daemon
        .vms()
        .await
        .into_iter()
        .filter(|vm| vm.status == VmStatus::Running && vm.locked.is_none())
        .map(|vm| vm.vmid)
        .take(20)
        .collect();
    let tasks = futures::future::join_all(running.iter().map(|vmid| daemon.act(*vmid, PowerAction::Stop))).await;
    for task in tasks {
        let task = daemon.end_of(task.id).await;
        assert_eq!(task.status, TaskStatus::Succeeded, "{task:?}");
    }
    for vmid in running {
        assert_eq!(daemon.vm(vmid).await.status, VmStatus::Stopped, "{vmid}");
    }
}
