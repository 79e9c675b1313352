//! `nexops task`.

use nexops_core::error::ErrorCode;
use nexops_core::task::{Task, TaskLog, TaskLogLine};
use nexops_core::vm::PowerAction;

use crate::daemon::{Daemon, failed_task, id, list, list_with, now, one, refuses, running_task, task, vm};

#[test]
fn a_list_shows_results_and_filters_are_passed_on() {
    let daemon = Daemon::with_web_1();
    let started = now() - chrono::TimeDelta::seconds(185);
    let tasks = [
        Task { started_at: started, finished_at: None, ..running_task(PowerAction::Restart, &vm(101, "web-1")) },
        Task { started_at: started, finished_at: Some(started), ..failed_task(PowerAction::Start, &vm(102, "db")) },
    ];
    daemon.mount("GET", "/tasks", list(&tasks));
    insta::assert_snapshot!(daemon.run("task list").stdout, @"
    ID                                    ACTION   VMID  NODE  STATUS   STARTED  TOOK   RESULT
    019aaf00-0000-7000-8000-00000000238d  restart  101   pve1  running  3m ago   -      -
    019aaf00-0000-7000-8000-00000000238e  start    102   pve1  failed   3m ago   0.0 s  start failed: QEMU exited with code 1
    ");
    daemon.run("task list --status failed --vm 101 --node pve1 --connection home");
    daemon.run("task list --vm web-1");
    let queries = daemon.queries();
    assert_eq!(queries[1], "page=1&per_page=1000&status=failed&vm=101&node=pve1&connection=home");
    assert_eq!(queries.last().unwrap(), &format!("page=1&per_page=1000&vm={}", id(101)));
}

#[test]
fn a_limit_asks_for_no_more() {
    let daemon = Daemon::start();
    let tasks = [task(PowerAction::Start, &vm(101, "a")), task(PowerAction::Start, &vm(102, "b"))];
    daemon.mount("GET", "/tasks", list_with(&tasks, 500, None));
    assert_eq!(daemon.run("task list --limit 2 -o name").stdout.lines().count(), 2);
    assert_eq!(daemon.queries(), ["page=1&per_page=2"]);
}

#[test]
fn one_task_is_described_key_by_key() {
    let daemon = Daemon::start();
    daemon.mount("GET", &format!("/tasks/{}", id(9101)), one(&task(PowerAction::Start, &vm(101, "web-1"))));
    let run = daemon.run(&format!("task show {}", id(9101)));
    let fixed: Vec<&str> = run.stdout.lines().filter(|line| !line.contains(" ago")).collect();
    insta::assert_snapshot!(fixed.join("\n"), @"
    ID       019aaf00-0000-7000-8000-00000000238d
    Action   start
    VMID     101
    VM ID    019aaf00-0000-7000-8000-000000000065
    Node     pve1
    Status   succeeded
    Result   OK
    Took     1.8 s
    Actor    ann
    UPID     UPID:pve1:000F:0001:65F4:qmstart:101:nexops@pve!nexops:
    ");
}

#[test]
fn waiting_ends_with_the_task() {
    let daemon = Daemon::start();
    let ended = task(PowerAction::Start, &vm(101, "web-1"));
    let route = format!("/tasks/{}", ended.id);
    daemon.mount_times("GET", &route, one(&running_task(PowerAction::Start, &vm(101, "web-1"))), 2);
    daemon.mount("GET", &route, one(&ended));
    let run = daemon.run(&format!("task wait {}", ended.id));
    assert_eq!((run.code, run.stdout.as_str()), (0, "start of vm 101: succeeded (1.8 s)\n"));
    let printed: Task = serde_json::from_str(&daemon.run(&format!("task wait {} -o json", ended.id)).stdout).unwrap();
    assert_eq!(printed, ended);
}

#[test]
fn waiting_for_several_is_7_when_all_fail_and_9_when_some_do() {
    let daemon = Daemon::start();
    let good = task(PowerAction::Start, &vm(101, "a"));
    let bad = failed_task(PowerAction::Start, &vm(102, "b"));
    let worse = failed_task(PowerAction::Start, &vm(103, "c"));
    for ended in [&good, &bad, &worse] {
        daemon.mount("GET", &format!("/tasks/{}", ended.id), one(ended));
    }
    let run = daemon.run(&format!("task wait {} {}", good.id, bad.id));
    assert_eq!((run.code, run.stdout.as_str()), (9, "start of vm 101: succeeded (1.8 s)\n"));
    insta::assert_snapshot!(run.stderr, @"
    error: start of vm 102 failed: start failed: QEMU exited with code 1
    hint: nexops task log 019aaf00-0000-7000-8000-00000000238e
    error: 1 of 2 tasks failed
    ");
    assert_eq!(daemon.run(&format!("task wait {} {}", bad.id, worse.id)).code, 7);
}

#[test]
fn waiting_for_a_task_that_goes_on_is_8_and_for_one_that_is_not_there_3() {
    let daemon = Daemon::start();
    let running = running_task(PowerAction::Start, &vm(101, "web-1"));
    daemon.mount("GET", &format!("/tasks/{}", running.id), one(&running));
    assert_eq!(daemon.run(&format!("task wait {} --timeout 100ms", running.id)).code, 8);
    daemon.mount("GET", &format!("/tasks/{}", id(1)), refuses(ErrorCode::NotFound, "no such task"));
    assert_eq!(daemon.run(&format!("task wait {}", id(1))).code, 3);
    assert_eq!(daemon.run(&format!("task show {}", id(1))).code, 3);
}

pub fn log(lines: &[&str]) -> TaskLog {
    let lines = lines.iter().zip(1..).map(|(text, number)| TaskLogLine { number, text: (*text).to_owned() });
    TaskLog { lines: lines.collect(), total: None }
}

#[test]
fn a_log_is_printed_as_it_is() {
    let daemon = Daemon::start();
    daemon.mount("GET", &format!("/tasks/{}/log", id(9101)), one(&log(&["starting", "TASK OK"])));
    let arguments = format!("task log {}", id(9101));
    assert_eq!(daemon.run(&arguments).stdout, "starting\nTASK OK\n");
    assert_eq!(daemon.run(&format!("{arguments} -o csv")).stdout, "number,text\n1,starting\n2,TASK OK\n");
    let printed: TaskLog = serde_json::from_str(&daemon.run(&format!("{arguments} -o json")).stdout).unwrap();
    assert_eq!(printed, log(&["starting", "TASK OK"]));
}

#[test]
fn following_a_log_ends_with_the_task() {
    let daemon = Daemon::start();
    let ended = task(PowerAction::Start, &vm(101, "web-1"));
    let route = format!("/tasks/{}", ended.id);
    daemon.mount_times("GET", &route, one(&running_task(PowerAction::Start, &vm(101, "web-1"))), 1);
    daemon.mount("GET", &route, one(&ended));
    daemon.mount_times("GET", &format!("{route}/log"), one(&log(&["starting"])), 1);
    daemon.mount("GET", &format!("{route}/log"), one(&log(&["TASK OK"])));
    assert_eq!(daemon.run(&format!("task log {} -f", ended.id)).stdout, "starting\nTASK OK\n");
    assert_eq!(daemon.queries().last().unwrap(), "start=1&limit=5000");
}

#[test]
fn an_empty_log_gives_the_reason() {
    let daemon = Daemon::start();
    daemon.mount("GET", &format!("/tasks/{}/log", id(9101)), one(&log(&[])));
    let run = daemon.run(&format!("task log {}", id(9101)));
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.contains("Proxmox has written nothing"), "{}", run.stderr);
}
