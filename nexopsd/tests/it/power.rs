//! Power actions: what is accepted and what is refused, what becomes of the guest, and that nothing is sent twice.

use std::time::Duration;

use nexops_core::error::{ErrorBody, ErrorCode};
use nexops_core::task::{ListTasks, TaskLogQuery, TaskStatus};
use nexops_core::vm::{PowerAction, VmStatus};
use pve_sim::{Fault, FaultKind, Method, Privileges, State};
use rstest::rstest;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::{PATIENCE, wait_until};

/// A running virtual machine on pve2.
const QEMU: i32 = 101;
/// A running container.
const LXC: i32 = 102;
/// A virtual machine that is a template.
const TEMPLATE: i32 = 106;
/// A running virtual machine that high availability looks after.
const HIGHLY_AVAILABLE: i32 = 111;
/// A running virtual machine that does not listen to shutdown requests.
const DEAF: i32 = 115;

/// What an action leads to.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// It is accepted and succeeds; the guest is like this afterwards.
    Done(State),
    /// It is accepted and fails; the guest is like this afterwards.
    Fails(State),
    /// It is not even sent.
    Refused(ErrorCode),
}

use Expected::{Done, Fails, Refused};

fn number(vmid: i32) -> u32 {
    vmid.unsigned_abs()
}

fn status_of(state: State) -> VmStatus {
    match state {
        State::Running => VmStatus::Running,
        State::Stopped => VmStatus::Stopped,
        State::Paused => VmStatus::Paused,
    }
}

async fn running_tasks(daemon: &Daemon) -> i64 {
    daemon.database.number("SELECT count(*) FROM tasks WHERE status = 'running'").await
}

#[rstest]
#[case::running(QEMU, State::Running, None, [
    Refused(ErrorCode::VmAlreadyRunning), Done(State::Stopped), Done(State::Running), Done(State::Stopped),
    Done(State::Running), Done(State::Paused), Refused(ErrorCode::VmAlreadyRunning),
])]
#[case::stopped(QEMU, State::Stopped, None, [
    Done(State::Running), Refused(ErrorCode::VmNotRunning), Refused(ErrorCode::VmNotRunning),
    Refused(ErrorCode::VmNotRunning), Refused(ErrorCode::VmNotRunning), Refused(ErrorCode::VmNotRunning),
    Refused(ErrorCode::VmNotRunning),
])]
#[case::paused(QEMU, State::Paused, None, [
    Refused(ErrorCode::VmPaused), Done(State::Stopped), Refused(ErrorCode::VmPaused), Refused(ErrorCode::VmPaused),
    Done(State::Paused), Refused(ErrorCode::VmPaused), Done(State::Running),
])]
#[case::locked(QEMU, State::Running, Some("backup"), [Refused(ErrorCode::VmLocked); 7])]
#[case::locked_and_stopped(QEMU, State::Stopped, Some("migrate"), [Refused(ErrorCode::VmLocked); 7])]
#[case::hibernated(QEMU, State::Stopped, Some("suspended"), [
    Done(State::Running), Refused(ErrorCode::VmLocked), Refused(ErrorCode::VmLocked), Refused(ErrorCode::VmLocked),
    Refused(ErrorCode::VmLocked), Refused(ErrorCode::VmLocked), Done(State::Running),
])]
#[case::template(TEMPLATE, State::Stopped, None, [Refused(ErrorCode::VmIsTemplate); 7])]
#[case::container_running(LXC, State::Running, None, [
    Refused(ErrorCode::VmAlreadyRunning), Done(State::Stopped), Done(State::Running), Done(State::Stopped),
    Refused(ErrorCode::ActionNotSupported), Fails(State::Running), Refused(ErrorCode::VmAlreadyRunning),
])]
#[case::container_stopped(LXC, State::Stopped, None, [
    Done(State::Running), Refused(ErrorCode::VmNotRunning), Refused(ErrorCode::VmNotRunning),
    Refused(ErrorCode::VmNotRunning), Refused(ErrorCode::ActionNotSupported), Refused(ErrorCode::VmNotRunning),
    Refused(ErrorCode::VmNotRunning),
])]
#[case::container_locked(LXC, State::Running, Some("snapshot"), [
    Refused(ErrorCode::VmLocked), Refused(ErrorCode::VmLocked), Refused(ErrorCode::VmLocked),
    Refused(ErrorCode::VmLocked), Refused(ErrorCode::ActionNotSupported), Refused(ErrorCode::VmLocked),
    Refused(ErrorCode::VmLocked),
])]
#[tokio::test(flavor = "multi_thread")]
async fn every_action_in_every_state_has_its_outcome(
    #[case] vmid: i32,
    #[case] state: State,
    #[case] lock: Option<&str>,
    #[case] expected: [Expected; 7],
) {
    let daemon = Daemon::new().await;
    assert_eq!(PowerAction::ALL.len(), expected.len());
    for (&action, expected) in PowerAction::ALL.iter().zip(expected) {
        daemon.cluster().set_guest_lock(number(vmid), None);
        daemon.cluster().set_guest_state(number(vmid), state);
        daemon.cluster().set_guest_lock(number(vmid), lock);
        daemon.cluster().clear_requests();
        let (wanted, afterwards) = match expected {
            Refused(code) => {
                let refusal = daemon.refusal(vmid, action).await;
                assert_eq!(refusal.code, code, "{action}: {refusal:?}");
                assert!(refusal.message.contains(&vmid.to_string()), "{action}: {refusal:?}");
                assert_eq!(daemon.posts(), Vec::<String>::new(), "{action}");
                assert_eq!(daemon.cluster().guest(number(vmid)).unwrap().state, state, "{action}");
                assert_eq!(running_tasks(&daemon).await, 0, "{action}");
                continue;
            }
            Done(afterwards) => (TaskStatus::Succeeded, afterwards),
            Fails(afterwards) => (TaskStatus::Failed, afterwards),
        };
        let task = daemon.act(vmid, action).await;
        assert_eq!((task.status, task.action, task.vmid), (TaskStatus::Running, action, vmid));
        assert!(task.upid.is_some(), "{action}: {task:?}");
        let task = daemon.end_of(task.id).await;
        // The list must agree at this very moment, without a collection.
        let vm = daemon.vm(vmid).await;
        assert_eq!(task.status, wanted, "{action}: {task:?}");
        assert_eq!(daemon.cluster().guest(number(vmid)).unwrap().state, afterwards, "{action}: {task:?}");
        assert_eq!(vm.status, status_of(afterwards), "{action}: {task:?}");
        assert_eq!(daemon.posts().len(), 1, "{action}");
    }
}

#[rstest]
#[case::started(103, PowerAction::Start, VmStatus::Running)]
#[case::stopped(QEMU, PowerAction::Stop, VmStatus::Stopped)]
#[case::paused(QEMU, PowerAction::Suspend, VmStatus::Paused)]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_lags_behind_does_not_undo_what_a_task_did(
    #[case] vmid: i32,
    #[case] action: PowerAction,
    #[case] afterwards: VmStatus,
) {
    let lagging = pve_sim::Config { stat_interval: Duration::from_secs(3600), ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", lagging).start().await;
    let task = daemon.act(vmid, action).await;
    assert_eq!(daemon.end_of(task.id).await.status, TaskStatus::Succeeded);
    for _ in 0..2 {
        daemon.collect().await;
        daemon.sync().await;
        let vm = daemon.vm(vmid).await;
        assert_eq!(vm.status, afterwards);
        if afterwards != VmStatus::Paused {
            assert_eq!(vm.usage.cpu_usage, None, "figures of before the action are shown: {vm:?}");
        }
    }
    daemon.cluster().refresh_statistics();
    daemon.collect().await;
    let vm = daemon.vm(vmid).await;
    assert_eq!(vm.status, afterwards);
    assert_eq!(vm.usage.cpu_usage.is_some(), afterwards != VmStatus::Stopped, "{vm:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acted_from_where_and_how_it_ended_is_in_the_audit_log() {
    let daemon = Daemon::new().await;
    let url = format!("{}/api/v1/infrastructure/vms/{DEAF}/shutdown", daemon.url);
    let request = daemon.raw().post(url).header("x-nexops-actor", "bob").header("x-request-id", "night-shift-7");
    let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    let audit = "SELECT concat_ws(' ', actor, action, ip_address, request_id, outcome, details->>'exit_status') \
                 FROM audit_logs";
    assert_eq!(daemon.database.text(audit).await, "bob vm.shutdown 127.0.0.1 night-shift-7 pending");
    let id: nexops_core::id::TaskId = answer["data"]["id"].as_str().unwrap().parse().unwrap();
    let task = daemon.end_of(id).await;
    assert_eq!(task.actor, "bob");
    let words = "VM quit/powerdown failed - got timeout";
    assert_eq!((task.status, task.exit_status.as_deref()), (TaskStatus::Failed, Some(words)));
    assert_eq!(daemon.database.text(audit).await, format!("bob vm.shutdown 127.0.0.1 night-shift-7 failed {words}"));
    let details =
        "SELECT concat_ws(' ', details->>'vmid', details->>'task_id', details->>'upid', resource_id) FROM audit_logs";
    let expected = format!("{DEAF} {} {} {}", task.id, task.upid.unwrap(), task.vm_id);
    assert_eq!(daemon.database.text(details).await, expected);
    assert_eq!(daemon.vm(DEAF).await.status, VmStatus::Running);
    assert_eq!(daemon.cluster().guest(number(DEAF)).unwrap().state, State::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_overrules_a_shutdown_and_nothing_else_comes_in_between() {
    let slow = pve_sim::Config { time_scale: 0.5, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", slow).start().await;
    daemon.sync().await;
    let shutdown = daemon.act(DEAF, PowerAction::Shutdown).await;

    for action in [PowerAction::Shutdown, PowerAction::Restart, PowerAction::Suspend] {
        let refusal = daemon.refusal(DEAF, action).await;
        assert_eq!(refusal.code, ErrorCode::VmBusy, "{refusal:?}");
        assert!(refusal.message.contains(&shutdown.id.to_string()), "{refusal:?}");
    }

    let stop = daemon.act(DEAF, PowerAction::Stop).await;
    let again = daemon.refusal(DEAF, PowerAction::Stop).await;
    assert_eq!(again.code, ErrorCode::VmBusy, "{again:?}");
    assert!(again.message.contains(&stop.id.to_string()), "{again:?}");
    assert_eq!(daemon.end_of(stop.id).await.status, TaskStatus::Succeeded);
    let shutdown = daemon.end_of(shutdown.id).await;
    assert_eq!(shutdown.status, TaskStatus::Failed, "{shutdown:?}");
    assert_eq!(daemon.posts().len(), 2);
    assert_eq!(daemon.vm(DEAF).await.status, VmStatus::Stopped);
    assert_eq!(daemon.cluster().guest(number(DEAF)).unwrap().state, State::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_has_succeeded_only_when_the_guest_runs_again() {
    let slow = pve_sim::Config { time_scale: 0.3, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", slow).start().await;
    let task = daemon.act(QEMU, PowerAction::Restart).await;
    let state = || daemon.cluster().guest(number(QEMU)).unwrap().state;
    wait_until("the guest is down", async || state() == State::Stopped).await;
    let mut seen_ended = false;
    wait_until("the task has ended", async || {
        let was_up = state() == State::Running;
        seen_ended = daemon.client.find_task(task.id).await.unwrap().data.finished_at.is_some();
        assert!(!seen_ended || was_up || state() == State::Running, "ended while the guest was down");
        seen_ended
    })
    .await;
    assert_eq!(daemon.end_of(task.id).await.status, TaskStatus::Succeeded);
    assert_eq!(daemon.vm(QEMU).await.status, VmStatus::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_highly_available_guest_counts_as_stopped_when_it_is_not_when_that_was_requested() {
    let slow = pve_sim::Config { time_scale: 0.1, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", slow).start().await;
    let actions = [
        (PowerAction::Stop, State::Stopped),
        (PowerAction::Start, State::Running),
        (PowerAction::Shutdown, State::Stopped),
    ];
    for (action, afterwards) in actions {
        let task = daemon.act(HIGHLY_AVAILABLE, action).await;
        assert!(task.upid.as_ref().is_some_and(|upid| upid.contains(":ha")), "{task:?}");
        let task = daemon.end_of(task.id).await;
        assert_eq!(task.status, TaskStatus::Succeeded, "{task:?}");
        assert_eq!(daemon.cluster().guest(number(HIGHLY_AVAILABLE)).unwrap().state, afterwards);
        assert_eq!(daemon.vm(HIGHLY_AVAILABLE).await.status, status_of(afterwards));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_task_is_proxmoxs_own() {
    let daemon = Daemon::new().await;
    let task = daemon.act(QEMU, PowerAction::Stop).await;
    daemon.end_of(task.id).await;
    let log = daemon.client.task_log(task.id, &TaskLogQuery::default()).await.unwrap().data;
    assert_eq!(log.lines.last().unwrap().text, "TASK OK");
    let task = daemon.act(DEAF, PowerAction::Shutdown).await;
    daemon.end_of(task.id).await;
    let log = daemon.client.task_log(task.id, &TaskLogQuery::default()).await.unwrap().data;
    assert_eq!(log.lines.last().unwrap().text, "TASK ERROR: VM quit/powerdown failed - got timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_may_only_look_is_told_the_command_that_lets_it_act() {
    let mut cluster = quick_cluster();
    cluster.tokens[0].privileges = Privileges::auditor();
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    let refusal = daemon.refusal(QEMU, PowerAction::Stop).await;
    assert_eq!(refusal.code, ErrorCode::ProxmoxForbidden);
    let command = "pveum acl modify /vms/101 --users nexops@pve --tokens 'nexops@pve!nexops' --roles PVEVMUser";
    assert!(refusal.message.contains(command), "{refusal:?}");
    assert_eq!(refusal.upstream.unwrap().status, Some(403));
    assert_eq!(running_tasks(&daemon).await, 0);
    assert_eq!(daemon.database.text("SELECT outcome FROM audit_logs").await, "failed");
    assert_eq!(daemon.cluster().guest(number(QEMU)).unwrap().state, State::Running);
}

#[rstest]
#[case::cut(FaultKind::CutAfterHandling)]
#[case::broken_off(FaultKind::Truncated)]
#[tokio::test(flavor = "multi_thread")]
async fn an_action_whose_answer_is_lost_is_found_again_and_not_repeated(#[case] fault: FaultKind) {
    let daemon = Daemon::new().await;
    daemon.cluster().inject(Fault::new("/", fault).method(Method::POST));
    let refusal = daemon.refusal(QEMU, PowerAction::Stop).await;
    assert_eq!(refusal.code.status(), 502, "{refusal:?}");
    let task = only_task(&daemon, &refusal).await;
    assert_eq!(task.id, daemon.end_of(task.id).await.id);
    let task = daemon.end_of(task.id).await;
    assert_eq!(task.status, TaskStatus::Succeeded, "{task:?}");
    assert!(task.upid.is_some(), "{task:?}");
    assert_eq!(daemon.posts().len(), 1);
    assert_eq!(daemon.cluster().guest(number(QEMU)).unwrap().state, State::Stopped);
    assert_eq!(daemon.vm(QEMU).await.status, VmStatus::Stopped);
    assert_eq!(daemon.database.text("SELECT outcome FROM audit_logs").await, "succeeded");
}

/// The one task there is, which the refusal must name.
async fn only_task(daemon: &Daemon, refusal: &ErrorBody) -> nexops_core::task::Task {
    let tasks = daemon.client.list_tasks(&ListTasks::default()).await.unwrap().data;
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    assert!(refusal.message.contains(&tasks[0].id.to_string()), "{refusal:?}");
    tasks[0].clone()
}

#[rstest]
#[case::cut(FaultKind::CutConnection, 502)]
#[case::silent(FaultKind::Hang, 504)]
#[case::node_gone_meanwhile(FaultKind::Status { code: 596, reason: "Connection timed out".to_owned() }, 502)]
#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_never_arrived_is_not_repeated_either_and_given_up(
    #[case] fault: FaultKind,
    #[case] status: u16,
) {
    let wishes = Wishes::default().cluster("default", quick_cluster()).patience(Duration::from_secs(2));
    let daemon = wishes.start().await;
    daemon.cluster().inject(Fault::new("/", fault).method(Method::POST));
    let asked = tokio::time::timeout(PATIENCE, daemon.refusal(QEMU, PowerAction::Stop)).await;
    let refusal = asked.expect("an answer comes in any case");
    assert_eq!(refusal.code.status(), status, "{refusal:?}");
    let task = only_task(&daemon, &refusal).await;
    daemon.run(&daemon.connection().follow).await;
    assert_eq!(daemon.client.find_task(task.id).await.unwrap().data.status, TaskStatus::Running);

    // As if the time in which the worker may still appear had passed.
    daemon.database.execute("UPDATE tasks SET started_at = started_at - interval '91 seconds'").await;
    let task = daemon.end_of(task.id).await;
    assert_eq!(task.status, TaskStatus::Unknown, "{task:?}");
    assert_eq!(daemon.posts().len(), 1);
    assert_eq!(daemon.database.text("SELECT outcome FROM audit_logs").await, "unknown");
    assert_eq!(daemon.vm(QEMU).await.status, VmStatus::Running);
    // The guest is not blocked by it.
    daemon.cluster().clear_faults();
    let task = daemon.act(QEMU, PowerAction::Stop).await;
    assert_eq!(daemon.end_of(task.id).await.status, TaskStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_proxmox_refuses_is_over_at_once() {
    let daemon = Daemon::new().await;
    let reason = "cluster not ready - no quorum?".to_owned();
    let fault = Fault::new("/", FaultKind::Status { code: 500, reason: reason.clone() }).method(Method::POST);
    daemon.cluster().inject(fault.times(1));
    let refusal = daemon.refusal(QEMU, PowerAction::Stop).await;
    assert_eq!(refusal.upstream.unwrap().reason, reason);
    assert_eq!(running_tasks(&daemon).await, 0);
    assert_eq!(
        daemon.database.text("SELECT status || ': ' || exit_status FROM tasks").await,
        format!("failed: {reason}")
    );
    assert_eq!(daemon.posts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_press_at_once_one_is_obeyed() {
    let daemon = Daemon::new().await;
    let presses = (0..12).map(|_| daemon.client.stop_vm(QEMU));
    let answers = futures::future::join_all(presses).await;
    let accepted: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        let code = refused.code();
        assert!(matches!(code, Some(ErrorCode::VmBusy | ErrorCode::VmNotRunning)), "{refused}");
    }
    assert_eq!(accepted.len(), 1);
    assert_eq!(daemon.posts().len(), 1);
    assert_eq!(daemon.end_of(accepted[0].data.id).await.status, TaskStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_goes_on_when_the_caller_hangs_up() {
    let daemon = Daemon::new().await;
    let late = Fault::new("/", FaultKind::Delay(Duration::from_millis(500))).method(Method::POST);
    daemon.cluster().inject(late);
    let caller = daemon.act_aside(QEMU, PowerAction::Stop);
    wait_until("the action is sent", async || !daemon.posts().is_empty()).await;
    caller.abort();
    wait_until("the guest is seen stopped", async || daemon.vm(QEMU).await.status == VmStatus::Stopped).await;
    let tasks = daemon.client.list_tasks(&ListTasks::default()).await.unwrap().data;
    assert_eq!(tasks.iter().map(|task| task.status).collect::<Vec<_>>(), [TaskStatus::Succeeded]);
    assert_eq!(daemon.posts().len(), 1);
}

#[rstest]
#[case::virtual_machine(QEMU)]
#[case::container(LXC)]
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_moved_is_found_and_acted_on_once(#[case] vmid: i32) {
    let daemon = Daemon::new().await;
    let before = daemon.vm(vmid).await;
    let target = daemon.cluster().nodes().into_iter().find(|node| *node != before.node).unwrap();
    assert!(daemon.cluster().migrate_guest(number(vmid), &target));
    let task = daemon.act(vmid, PowerAction::Stop).await;
    assert_eq!(task.node, target);
    assert_eq!(daemon.end_of(task.id).await.status, TaskStatus::Succeeded);
    let posts = daemon.posts();
    assert_eq!(posts.len(), 1);
    assert!(posts[0].starts_with(&format!("/nodes/{target}/")), "{posts:?}");
    daemon.sync().await;
    let after = daemon.vm(vmid).await;
    assert_eq!((after.id, after.node.as_str(), after.status), (before.id, target.as_str(), VmStatus::Stopped));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_went_is_not_found_and_nothing_is_sent() {
    let daemon = Daemon::new().await;
    daemon.cluster().remove_guest(number(QEMU));
    let refusal = daemon.refusal(QEMU, PowerAction::Stop).await;
    assert_eq!(refusal.code, ErrorCode::NotFound, "{refusal:?}");
    assert_eq!(daemon.posts(), Vec::<String>::new());
    assert_eq!(daemon.database.number("SELECT count(*) FROM tasks").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_of_an_offline_node_is_not_acted_on_and_the_node_is_named() {
    let daemon = Daemon::new().await;
    daemon.cluster().set_node_online("pve2", false);
    let refusal = daemon.refusal(QEMU, PowerAction::Stop).await;
    assert_eq!(refusal.code, ErrorCode::NodeOffline, "{refusal:?}");
    assert!(refusal.message.contains("pve2"), "{refusal:?}");
    assert_eq!(daemon.posts(), Vec::<String>::new());
    assert_eq!(running_tasks(&daemon).await, 0);
}
