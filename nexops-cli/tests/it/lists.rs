//! What every list can: columns, filters, JSON lines, watching and waiting.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use nexops_core::error::ErrorCode;
use nexops_core::usage::Usage;
use nexops_core::vm::{Vm, VmStatus};
use rstest::rstest;

use crate::daemon::{Daemon, list, node, refuses, stopped, vm};

fn guests() -> Vec<Vm> {
    let busy = vm(102, "db");
    let busy = Vm { usage: Usage { cpu_usage: Some(91.0), ..busy.usage }, tags: Vec::new(), ..busy };
    vec![vm(101, "web-1"), busy, stopped(103, "web-2")]
}

fn daemon() -> Daemon {
    let daemon = Daemon::start();
    daemon.knows(&guests());
    daemon.mount("GET", "/infrastructure/nodes", list(&[node(2, "pve1"), node(3, "pve2")]));
    daemon
}

#[test]
fn columns_are_chosen_by_header_by_field_or_by_a_short_name() {
    insta::assert_snapshot!(daemon().run("vm list -c name,vmid,cpu,MEM%,net-in,os_type").stdout, @r"
    NAME   VMID  CPU%  MEM%  NET IN     OS TYPE
    web-1  101   12.3  37.5  1.5 MiB/s  l26
    db     102   91.0  37.5  1.5 MiB/s  l26
    web-2  103   -     -     -          l26
    ");
    insta::assert_snapshot!(daemon().run("node list -c name,hostname --no-headers").stdout, @r"
    pve1  pve1
    pve2  pve2
    ");
}

#[test]
fn columns_of_csv_and_json_are_fields_of_the_api() {
    assert_eq!(daemon().run("vm list -o csv -c vmid,cpu").stdout, "vmid,cpu_usage\n101,12.345\n102,91\n103,\n");
    let run = daemon().run("vm list -o json -c vmid,cpu,config");
    let printed: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(printed[2], serde_json::json!({"vmid": 103, "cpu_usage": null, "config": null}));
    let run = daemon().run("vm show 101 -o yaml -c name,tags");
    assert_eq!(run.stdout, "name: web-1\ntags:\n- prod\n- web\n");
}

#[test]
fn one_thing_under_chosen_columns_is_a_table_of_one_row() {
    assert_eq!(daemon().run("vm show 101 -c name,status --no-headers").stdout, "web-1  running\n");
}

#[rstest]
#[case("vm list -c colour")]
#[case("vm list -c colour -o csv")]
#[case("vm list -c colour -o json")]
#[case("vm list -c colour --no-headers -o jsonl")]
#[case("vm list --filter colour:red")]
#[case("vm list -o name -c vmid")]
#[case("vm list --filter cpu>")]
#[case("vm list --watch 1ms")]
#[case("vm list --watch -o json")]
#[case("vm list --watch -o yaml")]
fn what_makes_no_sense_is_wrong_usage_with_advice(#[case] arguments: &str) {
    let run = daemon().run(arguments);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    if arguments.contains("colour") {
        assert!(run.stderr.contains("vmid"), "{}", run.stderr);
    }
}

#[rstest]
#[case("vm list --filter web", "101\n103\n")]
#[case("vm list --filter cpu>80", "102\n")]
#[case("vm list --filter state:running", "101\n102\n")]
#[case("vm list --filter !tag:prod", "102\n")]
#[case("vm list --filter name:web-*", "101\n103\n")]
#[case("vm list --filter nothing", "")]
fn a_filter_leaves_rows_out(#[case] arguments: &str, #[case] expected: &str) {
    assert_eq!(daemon().run(&format!("{arguments} -o name")).stdout, expected);
}

#[test]
fn nothing_that_fits_is_said_as_for_any_other_filter() {
    let run = daemon().run("vm list --filter nothing");
    assert_eq!((run.code, run.stderr.as_str()), (0, "no guest matches\n"));
}

#[test]
fn json_lines_are_one_thing_a_line_also_where_there_is_one_or_none() {
    let run = daemon().run("vm list -o jsonl");
    let printed: Vec<Vm> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(printed, guests());
    assert_eq!(daemon().run("vm list -o jsonl --filter nothing").stdout, "");
    assert_eq!(daemon().run("vm show 101 -o jsonl").stdout.lines().count(), 1);
    let daemon = Daemon::start();
    daemon.mount("GET", "/infrastructure/vms/999", refuses(ErrorCode::NotFound, "VM with id '999' not found"));
    let run = daemon.run("vm show 999 -o jsonl");
    let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((run.code, error["kind"].as_str()), (3, Some("not_found")), "{error}");
}

/// The first lines that a watch prints; it is ended then.
fn watched(daemon: &Daemon, arguments: &str, lines: usize) -> Vec<String> {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("nexops"))
        .env("NEXOPS_API_URL", daemon.server.uri())
        .args(arguments.split_whitespace())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let read = BufReader::new(child.stdout.take().unwrap()).lines().take(lines).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    read
}

#[test]
fn a_watch_prints_what_is_new_and_what_has_changed() {
    let daemon = Daemon::start();
    daemon.mount_times("GET", "/infrastructure/vms", list(&[vm(101, "web-1"), vm(102, "db")]), 2);
    daemon.mount("GET", "/infrastructure/vms", list(&[stopped(101, "web-1"), vm(102, "db"), vm(103, "new")]));
    let lines = watched(&daemon, "vm list --watch 500ms -o csv -c vmid,status", 5);
    assert_eq!(lines, ["vmid,status", "101,running", "102,running", "101,stopped", "103,running"]);
}

#[test]
fn a_watched_table_is_printed_again_when_it_has_changed() {
    let daemon = Daemon::start();
    daemon.mount_times("GET", "/infrastructure/vms", list(&[vm(101, "web-1")]), 2);
    daemon.mount("GET", "/infrastructure/vms", list(&[stopped(101, "web-1")]));
    let lines = watched(&daemon, "vm list -w 500ms -c vmid,status", 5);
    assert_eq!(lines, ["VMID  STATUS", "101   running", "", "VMID  STATUS", "101   stopped"]);
}

#[test]
fn a_watch_outlives_a_daemon_that_is_away() {
    let daemon = Daemon::start();
    daemon.mount_times("GET", "/infrastructure/vms", list(&[vm(101, "web-1")]), 1);
    let away = refuses(ErrorCode::DatabaseUnavailable, "the database does not answer");
    daemon.mount_times("GET", "/infrastructure/vms", away, 2);
    daemon.mount("GET", "/infrastructure/vms", list(&[vm(101, "web-1"), vm(102, "db")]));
    assert_eq!(watched(&daemon, "vm list -w 500ms -o name", 2), ["101", "102"]);
}

#[test]
fn until_waits_for_every_row_and_then_prints_them() {
    let daemon = Daemon::start();
    let running = Vm { status: VmStatus::Running, ..stopped(102, "db") };
    daemon.mount_times("GET", "/infrastructure/vms", list(&[vm(101, "web-1"), stopped(102, "db")]), 1);
    daemon.mount("GET", "/infrastructure/vms", list(&[vm(101, "web-1"), running]));
    let run = daemon.run("vm list --until status:running -o name");
    assert_eq!((run.code, run.stdout.as_str()), (0, "101\n102\n"), "{}", run.stderr);
}

#[test]
fn until_gives_up_in_time() {
    let run = daemon().run("vm list --until status:running --watch 500ms --timeout 1s -o name");
    assert_eq!((run.code, run.stdout.as_str()), (8, "101\n102\n103\n"));
    assert_eq!(run.stderr, "error: not reached after 1.0 s: 2 of 3 rows fit\n");
}

#[test]
fn until_fails_at_once_where_waiting_does_not_help() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/infrastructure/vms", refuses(ErrorCode::Unauthorized, "a token is needed"));
    assert_eq!(daemon.run("vm list --until status:running").code, 4);
}
