//! What cron meets: no terminal, no home, nobody who reads, a daemon that is away; and every exit code.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nexops_core::error::ErrorCode;
use nexops_core::vm::PowerAction;
use rstest::rstest;

use crate::daemon::{Daemon, Run, accepted, failed_task, one, refuses, running_task, stopped, vm};
use crate::examples::world;

/// Twenty commands as a crontab might hold them.
const CRONTAB: [&str; 20] = [
    "status",
    "vm list -o json",
    "vm list --filter status:running -o name",
    "vm show 101",
    "vm start 103",
    "vm stop 101 --yes --timeout 1m",
    "vm shutdown --filter tag:web --yes",
    "vm restart 101 102 --yes -q",
    "vm metrics 101 -o csv",
    "node list --no-headers",
    "service list -o csv",
    "service check wiki blog",
    "metrics show 101 --range 24h",
    "alert list --all -o jsonl",
    "alert silence --vm 101 --for 2h --reason backup",
    "alert rule disable cpu-high",
    "export",
    "audit list --since 24h",
    "settings notify deliveries --state dead",
    "api POST /infrastructure/vms/101/start",
];

/// Runs as cron does: nothing in the environment, nothing to read, and standard output closed.
fn cron(url: &str, arguments: &str) -> Run {
    let nexops = assert_cmd::cargo::cargo_bin!("nexops");
    let line = format!("exec {} {arguments} >&-", nexops.display());
    let mut command = Command::new("sh");
    command.args(["-c", &line]).env_clear().env("NEXOPS_API_URL", url).current_dir("/");
    command.stdin(Stdio::null()).output().unwrap().into()
}

#[test]
fn twenty_commands_need_no_terminal_no_home_and_no_reader() {
    let daemon = world::daemon();
    for arguments in CRONTAB {
        let run = cron(&daemon.server.uri(), arguments);
        assert_eq!(run.code, 0, "{arguments}: {}", run.stderr);
        assert!(!run.stderr.contains("error:"), "{arguments}: {}", run.stderr);
    }
}

#[test]
fn with_a_dead_daemon_every_one_of_them_says_so_at_once() {
    let began = Instant::now();
    for arguments in CRONTAB {
        let run = cron("http://127.0.0.1:1", arguments);
        assert_eq!(run.code, 6, "{arguments}: {}", run.stderr);
        assert!(run.stderr.contains("http://127.0.0.1:1 does not answer"), "{arguments}: {}", run.stderr);
    }
    assert!(began.elapsed() < Duration::from_secs(20));
}

/// The world in which somebody is refused, a task fails and another never ends.
fn troubled() -> Daemon {
    let daemon = Daemon::start();
    let (fails, endures, locked) = (vm(201, "fails"), vm(202, "endures"), vm(203, "locked"));
    daemon.accepts(&fails, &failed_task(PowerAction::Stop, &fails));
    let running = running_task(PowerAction::Stop, &endures);
    daemon.on(PowerAction::Stop, &endures, accepted(&running));
    daemon.mount("GET", &format!("/tasks/{}", running.id), one(&running));
    daemon.on(PowerAction::Stop, &locked, refuses(ErrorCode::VmLocked, "it is locked (backup)"));
    let off = stopped(204, "off");
    daemon.on(PowerAction::Stop, &off, refuses(ErrorCode::VmNotRunning, "it is off already"));
    daemon.knows(&[fails, endures, locked, off]);
    let missing = refuses(ErrorCode::NotFound, "VM with id '999' not found");
    daemon.mount("GET", "/infrastructure/vms/999", missing);
    daemon.mount("GET", "/services", refuses(ErrorCode::Unauthorized, "a token is needed"));
    daemon.mount("GET", "/tasks", refuses(ErrorCode::Internal, "something went wrong"));
    daemon
}

#[rstest]
#[case("vm list", 0)]
#[case("task list", 1)]
#[case("vm list --bogus", 2)]
#[case("vm stop 201", 2)]
#[case("vm show 999", 3)]
#[case("service list", 4)]
#[case("vm stop 203 --yes", 5)]
#[case("vm list --url http://127.0.0.1:1", 6)]
#[case("vm stop 201 --yes", 7)]
#[case("vm stop 202 --yes --timeout 300ms", 8)]
#[case("vm stop 203 204 --yes", 9)]
fn every_exit_code_is_the_documented_one(#[case] arguments: &str, #[case] code: i32) {
    let daemon = troubled();
    let run = cron(&daemon.server.uri(), arguments);
    assert_eq!(run.code, code, "{}", run.stderr);
    assert_eq!(run.stderr.is_empty(), code == 0, "{}", run.stderr);
}
