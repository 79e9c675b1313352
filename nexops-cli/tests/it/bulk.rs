//! Several guests in one command.

use nexops_core::error::ErrorCode;
use nexops_core::task::Task;
use nexops_core::vm::{PowerAction, Vm};

use crate::daemon::{Daemon, failed_task, refuses, task, vm};

fn guests() -> [Vm; 3] {
    [vm(101, "web-1"), vm(102, "web-2"), vm(103, "db")]
}

fn daemon_that_starts_all() -> Daemon {
    let daemon = Daemon::start();
    daemon.knows(&guests());
    for guest in guests() {
        daemon.accepts(&guest, &task(PowerAction::Start, &guest));
    }
    daemon
}

#[test]
fn each_guest_has_its_line_in_the_given_order() {
    let run = daemon_that_starts_all().run("vm start db 101 web-2");
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @"
    vm 103 db: started (1.8 s)
    vm 101 web-1: started (1.8 s)
    vm 102 web-2: started (1.8 s)
    ");
}

#[test]
fn json_is_a_list() {
    let run = daemon_that_starts_all().run("vm start 101 102 -o json");
    let tasks: Vec<Task> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(tasks.iter().map(|task| task.vmid).collect::<Vec<_>>(), [101, 102]);
}

#[test]
fn a_guest_that_is_named_twice_is_acted_on_once() {
    let daemon = daemon_that_starts_all();
    let run = daemon.run("vm start 101 web-1");
    assert_eq!((run.code, run.stdout.as_str()), (0, "vm 101 web-1: started (1.8 s)\n"));
    assert_eq!(daemon.posts(), 1);
}

#[test]
fn some_of_several_failing_is_9() {
    let daemon = Daemon::start();
    let [first, second, third] = guests();
    daemon.knows(&guests());
    daemon.mount("GET", "/infrastructure/vms/999", refuses(ErrorCode::NotFound, "VM with id '999' not found"));
    daemon.accepts(&first, &task(PowerAction::Start, &first));
    daemon.accepts(&second, &failed_task(PowerAction::Start, &second));
    daemon.on(PowerAction::Start, &third, refuses(ErrorCode::VmAlreadyRunning, "it runs"));
    let run = daemon.run("vm start 101 102 999 103");
    assert_eq!(run.code, 9);
    insta::assert_snapshot!(run.stdout, @"
    vm 101 web-1: started (1.8 s)
    vm 103 db: unchanged (already running)
    ");
    insta::assert_snapshot!(run.stderr, @"
    error: start vm 102 web-2 failed: start failed: QEMU exited with code 1
    hint: nexops task log 019aaf00-0000-7000-8000-00000000238e
    error: cannot find guest 999: VM with id '999' not found
    hint: `nexops vm list` shows what there is
    error: 2 of 4 guests failed
    ");
}

#[test]
fn some_of_several_failing_is_one_json_error_that_holds_all() {
    let daemon = Daemon::start();
    let [first, second, _] = guests();
    daemon.knows(&guests());
    daemon.accepts(&first, &task(PowerAction::Start, &first));
    daemon.on(PowerAction::Start, &second, refuses(ErrorCode::VmLocked, "locked (backup)"));
    let run = daemon.run("vm start 101 102 -o json");
    assert_eq!(run.code, 9);
    assert_eq!(serde_json::from_str::<Vec<Task>>(&run.stdout).unwrap().len(), 1);
    let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((error["code"].as_str(), error["kind"].as_str()), (Some("PARTIAL_FAILURE"), Some("partial")));
    assert_eq!(error["errors"][0]["code"], "VM_LOCKED");
}

#[test]
fn all_failing_has_the_code_of_the_first() {
    let daemon = Daemon::start();
    let [first, second, _] = guests();
    daemon.knows(&guests());
    daemon.on(PowerAction::Start, &first, refuses(ErrorCode::VmLocked, "locked (backup)"));
    daemon.on(PowerAction::Start, &second, refuses(ErrorCode::NodeOffline, "pve2 is offline"));
    assert_eq!(daemon.run("vm start 101 102").code, 5);
    assert_eq!(daemon.run("vm start 102 101").code, 6);
}

#[test]
fn a_filter_acts_on_all_that_fit() {
    let daemon = Daemon::start();
    let [first, second, third] = guests();
    let third = Vm { tags: vec!["lab".to_owned()], ..third };
    daemon.knows(&[first.clone(), second.clone(), third.clone()]);
    for guest in [&first, &second] {
        daemon.accepts(guest, &task(PowerAction::Start, guest));
    }
    let run = daemon.run("vm start --filter tag:prod --parallel 1");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout, "vm 101 web-1: started (1.8 s)\nvm 102 web-2: started (1.8 s)\n");
    assert_eq!(daemon.posts(), 2);
}

#[test]
fn a_filter_that_nothing_fits_sends_nothing_and_says_so() {
    let daemon = daemon_that_starts_all();
    let run = daemon.run("vm stop --filter tag:nothing --yes");
    assert_eq!((run.code, run.stdout.as_str(), daemon.posts()), (3, "", 0));
    assert!(run.stderr.contains("no guest fits; nothing was sent"), "{}", run.stderr);
    assert_eq!(daemon.run("vm stop --filter colour:red --yes").code, 2);
    assert_eq!(daemon.run("vm stop 101 --filter web --yes").code, 2);
    assert_eq!(daemon.run("vm stop --yes").code, 2);
}

#[test]
fn one_at_a_time_means_that_the_next_is_sent_when_the_last_has_ended() {
    let daemon = daemon_that_starts_all();
    assert_eq!(daemon.run("vm start 101 102 --parallel 1").code, 0);
    let order: Vec<String> = daemon.requests().into_iter().filter(|request| !request.contains("/vms/10")).collect();
    let (first, second) = (task(PowerAction::Start, &guests()[0]).id, task(PowerAction::Start, &guests()[1]).id);
    let posts: Vec<usize> =
        (order.iter().enumerate()).filter(|(_, one)| one.starts_with("POST")).map(|(at, _)| at).collect();
    let last_of_first = order.iter().rposition(|one| one.ends_with(&first.to_string())).unwrap();
    assert!(last_of_first < posts[1], "{order:?}");
    assert!(order.iter().any(|one| one.ends_with(&second.to_string())), "{order:?}");
}

#[test]
fn a_dry_run_shows_the_guests_and_sends_nothing_without_asking() {
    let daemon = daemon_that_starts_all();
    let run = daemon.run("vm stop 101 db --dry-run -o name");
    assert_eq!((run.code, run.stdout.as_str(), daemon.posts()), (0, "101\n103\n", 0), "{}", run.stderr);
    assert_eq!(run.stderr, "stop would be sent to 2 guests; nothing was sent\n");
}
