//! Clusters and databases that fail: nobody else suffers, everybody is told, and it mends itself.

use std::time::Duration;

use nexops_core::error::ErrorCode;
use nexops_core::system::ConnectionStatus;
use nexops_core::task::TaskStatus;
use nexops_core::vm::{PowerAction, VmStatus};
use pve_sim::{Fault, FaultKind, Method, State};
use rstest::rstest;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::{wait_for, wait_until};

/// A daemon that collects every five seconds from two clusters, "good" and "bad".
async fn two_clusters() -> Daemon {
    Wishes::default()
        .cluster("good", quick_cluster())
        .cluster("bad", pve_sim::Config { seed: 2, guests: 30, ..quick_cluster() })
        .variable("NEXOPS_METRICS_INTERVAL", "5s")
        .patience(Duration::from_secs(2))
        .start()
        .await
}

async fn guests_of(daemon: &Daemon, connection: &str) -> Vec<nexops_core::vm::Vm> {
    daemon.vms().await.into_iter().filter(|vm| vm.connection == connection).collect()
}

#[rstest]
#[case::hung(FaultKind::Hang, ErrorCode::ProxmoxTimeout)]
#[case::token_refused(FaultKind::Unauthorized, ErrorCode::ProxmoxUnauthorized)]
#[case::garbage(FaultKind::Garbage, ErrorCode::ProxmoxError)]
#[case::truncated(FaultKind::Truncated, ErrorCode::ProxmoxUnreachable)]
#[case::cut(FaultKind::CutConnection, ErrorCode::ProxmoxUnreachable)]
#[case::failing(FaultKind::Status { code: 500, reason: "got timeout".to_owned() }, ErrorCode::ProxmoxError)]
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_fails_is_named_and_harms_no_other(#[case] fault: FaultKind, #[case] code: ErrorCode) {
    let daemon = two_clusters().await;
    daemon.simulators[1].control().inject(Fault::new("/", fault));
    wait_until("the failure is told", async || daemon.health("bad").await.status == ConnectionStatus::Failing).await;
    let bad = daemon.health("bad").await;
    let error = bad.last_error.unwrap();
    assert_eq!(error.code, code, "{error:?}");
    assert!(bad.last_success_at.is_some());
    let good = daemon.health("good").await;
    assert_eq!((good.status, good.last_error), (ConnectionStatus::Ok, None));
    assert_eq!(guests_of(&daemon, "bad").await.len(), 30);

    // The good one goes on, as if it were alone.
    let seen = good.last_success_at;
    wait_until("the other is still collected from", async || daemon.health("good").await.last_success_at > seen).await;
    let first = guests_of(&daemon, "good").await.into_iter().find(|vm| vm.vmid == 101).unwrap();
    let task = daemon.client.stop_vm(first.id).await.unwrap().data;
    assert_eq!(daemon.end_of(task.id).await.status, TaskStatus::Succeeded);

    // A failure of the same kind keeps its beginning.
    wait_until("it fails again", async || {
        daemon.run(&daemon.app.connections()[1].collect).await;
        daemon.app.connections()[1].collect.health().failures >= 2
    })
    .await;
    assert_eq!(daemon.health("bad").await.last_error.unwrap().since, error.since);

    daemon.simulators[1].control().clear_faults();
    wait_until("it recovers by itself", async || daemon.health("bad").await.status == ConnectionStatus::Ok).await;
    assert_eq!(daemon.health("bad").await.last_error, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_longer_seen_is_stale_after_two_intervals() {
    let daemon = two_clusters().await;
    daemon.simulators[1].control().inject(Fault::new("/", FaultKind::CutConnection));
    assert!(guests_of(&daemon, "bad").await.iter().all(|vm| !vm.usage.stale));
    wait_for(Duration::from_secs(30), "the rows are stale", async || {
        guests_of(&daemon, "bad").await.iter().all(|vm| vm.usage.stale)
    })
    .await;
    let good = guests_of(&daemon, "good").await;
    let stale: Vec<_> = good.iter().filter(|vm| vm.usage.stale).collect();
    assert!(stale.is_empty(), "{stale:?}");
    let bad = guests_of(&daemon, "bad").await;
    assert!(bad.iter().any(|vm| vm.status == VmStatus::Running), "what was known is still shown");
    daemon.simulators[1].control().clear_faults();
    wait_until("the rows are fresh again", async || guests_of(&daemon, "bad").await.iter().all(|vm| !vm.usage.stale))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_has_not_looked_yet_is_not_ready() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).idle().start().await;
    let answer = daemon.raw().get(format!("{}/readyz", daemon.url)).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.unwrap().contains("NOT_READY"));
    assert_eq!(daemon.health("default").await.status, ConnectionStatus::Pending);
    assert_eq!(daemon.cluster().requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_was_never_reached_does_not_keep_the_daemon_from_being_ready() {
    let gone = pve_sim::start(quick_cluster()).await.unwrap();
    let connection = nexopsd::start::connection_to(&gone, "gone").unwrap();
    gone.stop().await;
    let daemon = Wishes::default().cluster("good", quick_cluster()).connection(connection).start().await;
    assert_eq!(daemon.health("gone").await.last_error.unwrap().code, ErrorCode::ProxmoxUnreachable);
    assert_eq!(daemon.vms().await.len(), 24);
    let ready = daemon.raw().get(format!("{}/readyz", daemon.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_the_pinned_one_is_refused_and_said() {
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let mut connection = nexopsd::start::connection_to(&simulator, "default").unwrap();
    let other = [7_u8; 32].map(|byte| format!("{byte:02X}")).join(":");
    connection.settings.tls = nexopsd::tls::Tls::Pinned(vec![other.parse().unwrap()]);
    let daemon = Wishes::default().connection(connection).start().await;
    let error = daemon.health("default").await.last_error.unwrap();
    assert_eq!(error.code, ErrorCode::ProxmoxCertificate);
    assert!(error.message.contains(simulator.fingerprint()), "{error:?}");
    assert_eq!(simulator.control().requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_may_go_and_come_back() {
    let daemon = Daemon::new().await;
    daemon.database.refuse().await;
    let error = daemon.client.list_vms(&nexops_core::vm::ListVms::default()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::DatabaseUnavailable), "{error}");
    let refusal = daemon.refusal(101, PowerAction::Stop).await;
    assert_eq!(refusal.code, ErrorCode::DatabaseUnavailable, "{refusal:?}");
    assert_eq!(daemon.posts(), Vec::<String>::new(), "what cannot be written down is not sent");
    daemon.database.admit().await;
    let all = nexops_core::vm::ListVms::default();
    wait_until("the API answers again", async || daemon.client.list_vms(&all).await.is_ok()).await;
    daemon.collect().await;
    let task = daemon.act(101, PowerAction::Stop).await;
    assert_eq!(daemon.end_of(task.id).await.status, TaskStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_under_way_survives_a_database_that_goes_and_comes_back() {
    let slow = pve_sim::Config { time_scale: 0.2, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", slow).start().await;
    let task = daemon.act(101, PowerAction::Shutdown).await;
    daemon.database.refuse().await;
    wait_until("the guest is down", async || daemon.cluster().guest(101).unwrap().state == State::Stopped).await;
    daemon.database.admit().await;
    let mut status = TaskStatus::Running;
    wait_until("the end is seen", async || {
        let found = daemon.client.find_task(task.id).await;
        status = found.map_or(TaskStatus::Running, |found| found.data.status);
        status != TaskStatus::Running
    })
    .await;
    assert_eq!(status, TaskStatus::Succeeded);
    assert_eq!(daemon.posts().len(), 1);
}

/// Everything that must be the same after a restart.
async fn rows(daemon: &Daemon) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["proxmox_connections", "nodes", "vms", "tasks", "audit_logs", "metric_series", "metric_latest"] {
        counts.push(daemon.database.number(&format!("SELECT count(*) FROM {table}")).await);
    }
    counts
}

async fn ids(daemon: &Daemon) -> Vec<(i32, nexops_core::id::VmId)> {
    daemon.vms().await.into_iter().map(|vm| (vm.vmid, vm.id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_in_the_middle_of_a_task_follows_it_to_its_end_afterwards() {
    let slow = pve_sim::Config { time_scale: 0.4, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", slow).start().await;
    // Rates come with the second reading, and make more series.
    wait_until("there are rates", async || {
        daemon.collect().await;
        daemon.vms().await.iter().all(|vm| vm.status != VmStatus::Running || vm.usage.network_in.is_some())
    })
    .await;
    let task = daemon.act(101, PowerAction::Shutdown).await;
    let (counts, who) = (rows(&daemon).await, ids(&daemon).await);
    let samples = "SELECT count(*) FROM metric_samples";
    let stored = daemon.database.number(samples).await;

    let daemon = daemon.restart_after_kill().await;
    let ended = daemon.end_of(task.id).await;
    assert_eq!((ended.status, ended.upid), (TaskStatus::Succeeded, task.upid));
    assert_eq!(daemon.vm(101).await.status, VmStatus::Stopped);
    assert_eq!(rows(&daemon).await, counts);
    assert_eq!(ids(&daemon).await, who);
    assert!(daemon.database.number(samples).await >= stored);
    let doubled =
        "SELECT count(*) FROM (SELECT series_id, ts FROM metric_samples GROUP BY 1, 2 HAVING count(*) > 1) AS d";
    assert_eq!(daemon.database.number(doubled).await, 0);
    assert_eq!(daemon.posts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_while_it_sends_finds_the_worker_afterwards() {
    let daemon = Daemon::new().await;
    let late = Fault::new("/", FaultKind::Delay(Duration::from_millis(1500))).method(Method::POST);
    daemon.cluster().inject(late);
    let caller = daemon.act_aside(101, PowerAction::Stop);
    wait_until("the action is sent", async || !daemon.posts().is_empty()).await;
    let daemon = daemon.restart_after_kill().await;
    caller.abort();
    let unbound = "SELECT count(*) FROM tasks WHERE upid IS NULL AND status = 'running'";
    assert_eq!(daemon.database.number(unbound).await, 1);
    let id = daemon.database.text("SELECT id FROM tasks").await.parse().unwrap();
    let task = daemon.end_of(id).await;
    assert_eq!(task.status, TaskStatus::Succeeded, "{task:?}");
    assert!(task.upid.is_some());
    assert_eq!(daemon.posts().len(), 1);
    assert_eq!(daemon.database.number("SELECT count(*) FROM tasks").await, 1);
    assert_eq!(daemon.vm(101).await.status, VmStatus::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_told_to_end_does_so_although_a_cluster_hangs() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).start().await;
    daemon.cluster().inject(Fault::new("/cluster/resources", FaultKind::Hang));
    let asked = || daemon.cluster().requests().iter().filter(|seen| seen.path == "/cluster/resources").count();
    let before = asked();
    daemon.connection().collect.ring();
    wait_until("the cluster is asked", async || asked() > before).await;
    let since = std::time::Instant::now();
    daemon.stop().await;
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}
