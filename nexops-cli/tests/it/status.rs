//! `nexops status`.

use chrono::TimeDelta;
use nexops_core::error::ErrorCode;
use nexops_core::node::{Node, NodeStatus};
use nexops_core::system::{ConnectionError, ConnectionHealth, ConnectionStatus};
use nexops_core::vm::PowerAction;

use crate::daemon::{Daemon, connection, list, node, now, one, refuses, running_task, stopped, system, vm};

fn daemon(connections: Vec<ConnectionHealth>) -> Daemon {
    let daemon = Daemon::start();
    daemon.mount("GET", "/system", one(&system(connections)));
    let offline = Node { status: NodeStatus::Offline, ..node(3, "pve2") };
    daemon.mount("GET", "/infrastructure/nodes", list(&[node(2, "pve1"), offline]));
    daemon.mount("GET", "/infrastructure/vms", list(&[vm(101, "web-1"), vm(102, "web-2"), stopped(103, "db")]));
    daemon.mount("GET", "/tasks", list(&[running_task(PowerAction::Start, &vm(103, "db"))]));
    daemon
}

fn print(daemon: &Daemon, arguments: &str) -> String {
    let run = daemon.run(arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    run.stdout.replace(&daemon.server.uri(), "http://daemon")
}

#[test]
fn all_well() {
    insta::assert_snapshot!(print(&daemon(vec![connection("default")]), "status"), @"
    Daemon  nexopsd 0.1.0 at http://daemon
    Uptime  3d4h
    Nodes   2 (1 offline, 1 online)
    Guests  3 (2 running, 1 stopped)
    Tasks   1 running

    CONNECTION  STATUS  NODES  GUESTS  LAST ANSWER  CLUSTER  PVE
    default     ok      2      3       12s ago      homelab  9.0.3
    ");
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let failing = ConnectionHealth {
        status: ConnectionStatus::Failing,
        lag_seconds: Some(200),
        last_error: Some(ConnectionError {
            code: ErrorCode::ProxmoxForbidden,
            message: "the token may not see guests".to_owned(),
            since: now() - TimeDelta::seconds(200),
        }),
        quorate: Some(false),
        ..connection("default")
    };
    let warning = Some("200 but nothing to see: the token is privilege-separated".to_owned());
    let limited = ConnectionHealth { status: ConnectionStatus::Limited, warning, ..connection("office") };
    insta::assert_snapshot!(print(&daemon(vec![failing, limited]), "status -o wide"), @"
    Daemon          nexopsd 0.1.0 at http://daemon
    Uptime          3d4h
    Nodes           2 (1 offline, 1 online)
    Guests          3 (2 running, 1 stopped)
    Tasks           1 running
    Collects every  30 s
    Database        PostgreSQL 16.4 (private), 50.0 MiB

    CONNECTION  STATUS   NODES  GUESTS  LAST ANSWER  CLUSTER  PVE    QUORATE  HOSTS          ID
    default     failing  2      3       3m ago       homelab  9.0.3  false    10.0.0.2:8006  019aaf00-0000-7000-8000-000000000001
    office      limited  2      3       12s ago      homelab  9.0.3  true     10.0.0.2:8006  019aaf00-0000-7000-8000-000000000001

    default: the token may not see guests (for 3 m)
      grant NexOps' token the privilege in Proxmox under Datacenter, Permissions

    default: the cluster has no quorum: guests cannot be started until most of its nodes are back

    office: 200 but nothing to see: the token is privilege-separated
    ");
}

#[test]
fn no_connection_says_how_to_make_one() {
    let stdout = print(&daemon(Vec::new()), "status");
    assert!(stdout.contains("No connection to Proxmox: set PROXMOX_HOST"), "{stdout}");
}

#[test]
fn forms_for_programs() {
    let daemon = daemon(vec![connection("default")]);
    let status: serde_json::Value = serde_json::from_str(&print(&daemon, "status -o json")).unwrap();
    assert_eq!(status["system"]["connections"][0]["name"], "default");
    assert_eq!(status["vms"], serde_json::json!({"total": 3, "by_status": {"running": 2, "stopped": 1}}));
    assert_eq!(status["running_tasks"][0]["vmid"], 103);
    assert_eq!(print(&daemon, "status -o name"), "default\n");
    insta::assert_snapshot!(print(&daemon, "status -o csv"), @"
    id,name,status,hosts,cluster,pve_version,quorate,nodes,vms,last_success_at,lag_seconds,error_code,error,warning
    019aaf00-0000-7000-8000-000000000001,default,ok,10.0.0.2:8006,homelab,9.0.3,true,2,3,2026-03-15T10:30:00.000Z,12,,,
    ");
    assert!(serde_yaml_ng::from_str::<serde_json::Value>(&print(&daemon, "status -o yaml")).is_ok());
}

#[test]
fn what_cannot_be_counted_is_unknown_and_no_failure() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/system", one(&system(vec![connection("default")])));
    for route in ["/infrastructure/nodes", "/infrastructure/vms", "/tasks"] {
        daemon.mount("GET", route, refuses(ErrorCode::DatabaseUnavailable, "the database does not answer"));
    }
    let run = daemon.run("status");
    assert_eq!(run.code, 0);
    assert_eq!(run.stderr.lines().next(), Some("warning: cannot count nodes: the database does not answer"));
    assert!(run.stdout.contains("Nodes   -\n"), "{}", run.stdout);
}
