//! `nexops audit`.

use nexops_core::audit::{AuditEntry, Outcome};
use nexops_core::id::AuditId;
use serde_json::json;

use crate::daemon::{Daemon, id, list, now};

fn entry(number: u128, outcome: Outcome, details: serde_json::Value) -> AuditEntry {
    AuditEntry {
        id: AuditId(id(number)),
        actor: "ann".to_owned(),
        action: "vm.start".to_owned(),
        resource_type: "vm".to_owned(),
        resource_id: id(101),
        details,
        outcome,
        request_id: Some("r-1".to_owned()),
        ip_address: "10.0.0.7".to_owned(),
        timestamp: now() - chrono::TimeDelta::seconds(185),
    }
}

#[test]
fn a_list_says_who_did_what_and_why_it_failed() {
    let daemon = Daemon::start();
    let entries = [
        entry(1, Outcome::Succeeded, json!({"vmid": 101, "name": "web-1", "exit_status": "OK"})),
        entry(2, Outcome::Failed, json!({"vmid": 101, "name": "web-1", "refusal": "guest 101 'web-1' runs already"})),
        entry(3, Outcome::Pending, json!({})),
    ];
    daemon.mount("GET", "/audit-logs", list(&entries));
    insta::assert_snapshot!(daemon.run("audit list").stdout, @r"
    WHEN    ACTOR  ACTION    WHAT                                     OUTCOME    WHY
    3m ago  ann    vm.start  vm 101 web-1                             succeeded  -
    3m ago  ann    vm.start  vm 101 web-1                             failed     guest 101 'web-1' runs already
    3m ago  ann    vm.start  vm 019aaf00-0000-7000-8000-000000000065  pending    -
    ");
    let printed: Vec<AuditEntry> = serde_json::from_str(&daemon.run("audit list -o json").stdout).unwrap();
    assert_eq!(printed, entries);
}

#[test]
fn filters_are_passed_on() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/audit-logs", list::<AuditEntry>(&[]));
    let run = daemon.run(
        "audit list --actor ann --action vm. --resource-type vm --outcome failed --since 2026-01-01T00:00:00Z --limit 7",
    );
    assert_eq!((run.code, run.stdout.lines().count()), (0, 1), "{}", run.stdout);
    assert!(run.stderr.contains("no row of the audit log matches"), "{}", run.stderr);
    let expected =
        "page=1&per_page=7&actor=ann&action=vm.&resource_type=vm&outcome=failed&since=2026-01-01T00%3A00%3A00Z";
    assert_eq!(daemon.queries(), [expected]);
    assert_eq!(daemon.run("audit list --since yesterday").code, 2);
}

#[test]
fn a_time_after_until_is_led_to_the_flag_that_takes_one() {
    let daemon = Daemon::start();
    for time in ["1m", "2026-03-15T10:30:00Z"] {
        let run = daemon.run(&format!("audit list --until {time}"));
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("--before"), "{}", run.stderr);
    }
}
