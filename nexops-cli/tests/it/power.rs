//! Power actions on one guest: waiting, not waiting, nothing to do, failing.

use nexops_core::error::ErrorCode;
use nexops_core::task::{Task, TaskStatus};
use nexops_core::vm::PowerAction;
use rstest::rstest;
use wiremock::ResponseTemplate;

use crate::daemon::{Daemon, accepted, failed_task, id, one, refuses, running_task, task, vm};

#[rstest]
#[case(PowerAction::Start, "started")]
#[case(PowerAction::Stop, "stopped")]
#[case(PowerAction::Restart, "restarted")]
#[case(PowerAction::Shutdown, "shut down")]
#[case(PowerAction::Reset, "reset")]
#[case(PowerAction::Suspend, "suspended")]
#[case(PowerAction::Resume, "resumed")]
fn an_action_waits_for_the_end_of_its_task(#[case] action: PowerAction, #[case] participle: &str) {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &task(action, &guest));
    let run = daemon.run(&format!("vm {action} 101 --yes"));
    assert_eq!(run.stderr, "");
    assert_eq!((run.code, run.stdout), (0, format!("vm 101 web-1: {participle} (1.8 s)\n")));
}

#[rstest]
#[case("start", ErrorCode::VmAlreadyRunning, "already running")]
#[case("resume", ErrorCode::VmAlreadyRunning, "already running")]
#[case("stop", ErrorCode::VmNotRunning, "already stopped")]
#[case("shutdown", ErrorCode::VmNotRunning, "already stopped")]
#[case("suspend", ErrorCode::VmPaused, "already paused")]
fn nothing_to_do_is_a_success(#[case] action: PowerAction, #[case] code: ErrorCode, #[case] reason: &str) {
    let daemon = Daemon::with_web_1();
    daemon.on(action, &vm(101, "web-1"), refuses(code, "no"));
    let run = daemon.run(&format!("vm {action} 101 --yes"));
    assert_eq!((run.code, run.stdout, run.stderr), (0, format!("vm 101 web-1: unchanged ({reason})\n"), String::new()));
    let run = daemon.run(&format!("vm {action} 101 --yes -o json"));
    let printed: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(printed["status"], "unchanged");
    assert_eq!(printed["vmid"], 101);
}

#[rstest]
#[case("restart", ErrorCode::VmNotRunning)]
#[case("reset", ErrorCode::VmNotRunning)]
#[case("suspend", ErrorCode::VmNotRunning)]
#[case("resume", ErrorCode::VmNotRunning)]
#[case("start", ErrorCode::VmNotRunning)]
#[case("start", ErrorCode::VmPaused)]
#[case("shutdown", ErrorCode::VmPaused)]
#[case("stop", ErrorCode::VmAlreadyRunning)]
fn the_wrong_state_is_a_conflict_where_the_goal_is_not_reached(#[case] action: PowerAction, #[case] code: ErrorCode) {
    let daemon = Daemon::with_web_1();
    daemon.on(action, &vm(101, "web-1"), refuses(code, "no"));
    assert_eq!(daemon.run(&format!("vm {action} 101 --yes")).code, 5);
}

#[test]
fn json_is_the_final_task() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    let ended = task(PowerAction::Start, &guest);
    daemon.accepts(&guest, &ended);
    let run = daemon.run("vm start 101 -o json");
    assert_eq!(serde_json::from_str::<Task>(&run.stdout).unwrap(), ended);
    assert_eq!(run.stderr, "");
}

#[rstest]
#[case("yaml", "status: succeeded")]
#[case("csv", ",succeeded,OK,,ann,2026-03-15T10:30:00.000Z,2026-03-15T10:30:01.800Z")]
#[case("name", "019aaf00-0000-7000-8000-00000000238d\n")]
fn other_forms_are_the_final_task_too(#[case] form: &str, #[case] part: &str) {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &task(PowerAction::Start, &guest));
    let run = daemon.run(&format!("vm start 101 -o {form}"));
    assert!(run.stdout.contains(part), "{}", run.stdout);
}

#[test]
fn not_waiting_prints_the_id_and_says_how_to_follow() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.on(PowerAction::Start, &guest, accepted(&running_task(PowerAction::Start, &guest)));
    let run = daemon.run("vm start 101 --no-wait");
    assert_eq!((run.code, run.stdout), (0, format!("{}\n", id(9101))));
    let hint = format!("vm 101 web-1: start is under way; follow it with: nexops task wait {}\n", id(9101));
    assert_eq!(run.stderr, hint);
    assert_eq!(daemon.run("vm start 101 --no-wait -q").stderr, "");
    let printed: Task = serde_json::from_str(&daemon.run("vm start 101 --no-wait -o json").stdout).unwrap();
    assert_eq!(printed.status, TaskStatus::Running);
}

#[test]
fn quiet_says_nothing_of_a_success() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &task(PowerAction::Start, &guest));
    let run = daemon.run("vm start 101 -q");
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
}

#[test]
fn a_task_that_fails_is_7_in_the_words_of_proxmox() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &failed_task(PowerAction::Start, &guest));
    let run = daemon.run("vm start 101");
    assert_eq!((run.code, run.stdout.as_str()), (7, ""));
    insta::assert_snapshot!(run.stderr, @"
    error: start vm 101 web-1 failed: start failed: QEMU exited with code 1
    hint: nexops task log 019aaf00-0000-7000-8000-00000000238d
    ");
}

#[test]
fn a_task_of_unknown_end_is_7_too() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    let ended = Task { status: TaskStatus::Unknown, exit_status: None, ..task(PowerAction::Start, &guest) };
    daemon.accepts(&guest, &ended);
    let run = daemon.run("vm start 101");
    assert_eq!(run.code, 7);
    assert!(run.stderr.contains("it has ended, but Proxmox cannot tell how"), "{}", run.stderr);
}

#[test]
fn a_failed_task_is_still_printed_as_json() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &failed_task(PowerAction::Start, &guest));
    let run = daemon.run("vm start 101 -o json");
    assert_eq!(serde_json::from_str::<Task>(&run.stdout).unwrap().status, TaskStatus::Failed);
    let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((error["code"].as_str(), error["kind"].as_str()), (Some("TASK_FAILED"), Some("task_failed")));
}

#[test]
fn patience_ends_with_8_and_the_command_that_goes_on_waiting() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    let running = running_task(PowerAction::Start, &guest);
    daemon.on(PowerAction::Start, &guest, accepted(&running));
    daemon.mount("GET", &format!("/tasks/{}", running.id), one(&running));
    let run = daemon.run("vm start 101 --timeout 400ms");
    assert_eq!((run.code, run.stdout.as_str()), (8, ""));
    insta::assert_snapshot!(run.stderr, @"
    error: start vm 101 web-1: task 019aaf00-0000-7000-8000-00000000238d has not ended after 0.4 s; it goes on
    hint: nexops task wait 019aaf00-0000-7000-8000-00000000238d
    ");
}

#[test]
fn a_daemon_that_is_away_for_a_while_is_waited_for() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    let ended = task(PowerAction::Start, &guest);
    daemon.on(PowerAction::Start, &guest, accepted(&running_task(PowerAction::Start, &guest)));
    let route = format!("/tasks/{}", ended.id);
    daemon.mount_times("GET", &route, refuses(ErrorCode::DatabaseUnavailable, "the database does not answer"), 1);
    daemon.mount_times("GET", &route, ResponseTemplate::new(502).set_body_string("<html>bad gateway</html>"), 1);
    daemon.mount("GET", &route, one(&ended));
    let run = daemon.run("vm start 101");
    assert_eq!((run.code, run.stdout.as_str()), (0, "vm 101 web-1: started (1.8 s)\n"));
    assert_eq!(run.stderr, "the database does not answer; the task goes on, still waiting\n");
}

#[test]
fn a_task_that_vanished_is_3() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    let running = running_task(PowerAction::Start, &guest);
    daemon.on(PowerAction::Start, &guest, accepted(&running));
    daemon.mount("GET", &format!("/tasks/{}", running.id), refuses(ErrorCode::NotFound, "no such task"));
    assert_eq!(daemon.run("vm start 101").code, 3);
}

#[test]
fn the_action_is_sent_by_id_and_once() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &task(PowerAction::Start, &guest));
    daemon.run("vm start 101");
    let posts: Vec<String> = daemon.requests().into_iter().filter(|request| request.starts_with("POST")).collect();
    assert_eq!(posts, [format!("POST /api/v1/infrastructure/vms/{}/start", guest.id)]);
}
