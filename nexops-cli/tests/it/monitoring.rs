//! `nexops check` and `nexops api`.

use nexops_core::alert::{Alert, AlertStatus, Severity};
use nexops_core::error::ErrorCode;
use nexops_core::node::{Node, NodeStatus};
use nexops_core::service::{Service, ServiceStatus};
use nexops_core::system::{ConnectionHealth, ConnectionStatus};
use nexops_core::usage::Usage;
use nexops_core::vm::{Vm, VmStatus};
use rstest::rstest;
use serde_json::Value;

use crate::daemon::{Daemon, alert, connection, id, list, node, one, refuses, service, stopped, system, vm};
use crate::examples::world;

fn daemon() -> Daemon {
    let daemon = Daemon::start();
    let broken = Vm { status: VmStatus::Error, ..vm(104, "broken") };
    let paused = Vm { status: VmStatus::Paused, ..vm(103, "paused") };
    let old = vm(105, "old");
    let old = Vm { usage: Usage { stale: true, ..old.usage }, ..old };
    daemon.knows(&[vm(101, "web-1"), stopped(102, "db"), paused, broken, old]);
    daemon.mount("GET", "/infrastructure/vms/999", refuses(ErrorCode::NotFound, "VM with id '999' not found"));
    daemon
}

#[rstest]
#[case("101", 0, "OK - 1 guests | ok=1;;;0;1\n")]
#[case("101 103", 1, "WARNING - 1 of 2 guests: 103 paused (paused) | ok=1;;;0;2\n")]
#[case("105", 1, "WARNING - 1 of 1 guests: 105 old (running, seen long ago) | ok=0;;;0;1\n")]
#[case("101 103 102", 2, "CRITICAL - 2 of 3 guests: 102 db (stopped), 103 paused (paused) | ok=1;;;0;3\n")]
#[case("999", 2, "CRITICAL - 1 of 1 guests: 999 (not there) | ok=0;;;0;1\n")]
#[case("", 2, "CRITICAL - 2 of 5 guests: 104 broken (error), 105 old (running, seen long ago) | ok=3;;;0;5\n")]
#[case("/", 3, "UNKNOWN - '/' names no guest: give a number from 1, a name, node/name or an id\n")]
fn guests_are_judged_in_one_line(#[case] guests: &str, #[case] code: i32, #[case] line: &str) {
    let run = daemon().run(&format!("check guests {guests}"));
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (code, line, ""));
}

#[rstest]
#[case(NodeStatus::Online, 0, "OK - 2 nodes | ok=2;;;0;2\n")]
#[case(NodeStatus::Offline, 2, "CRITICAL - 1 of 2 nodes: pve2 (offline) | ok=1;;;0;2\n")]
#[case(NodeStatus::Unknown, 1, "WARNING - 1 of 2 nodes: pve2 (unknown) | ok=1;;;0;2\n")]
fn nodes_are_judged(#[case] status: NodeStatus, #[case] code: i32, #[case] line: &str) {
    let daemon = Daemon::start();
    daemon.mount("GET", "/infrastructure/nodes", list(&[node(2, "pve1"), Node { status, ..node(3, "pve2") }]));
    let run = daemon.run("check nodes");
    assert_eq!((run.code, run.stdout.as_str()), (code, line));
}

#[rstest]
#[case(ConnectionStatus::Ok, 0)]
#[case(ConnectionStatus::Limited, 1)]
#[case(ConnectionStatus::Failing, 2)]
fn connections_are_judged(#[case] status: ConnectionStatus, #[case] code: i32) {
    let daemon = Daemon::start();
    let connection = ConnectionHealth { status, ..connection("default") };
    daemon.mount("GET", "/system", one(&system(vec![connection])));
    assert_eq!(daemon.run("check connections").code, code);
}

#[rstest]
#[case("", 2, "CRITICAL - 2 of 3 services: nas (unhealthy: no answer), blog (degraded) | ok=1;;;0;3\n")]
#[case("wiki", 0, "OK - 1 services | ok=1;;;0;1\n")]
#[case("blog wiki", 1, "WARNING - 1 of 2 services: blog (degraded) | ok=1;;;0;2\n")]
#[case("shop", 2, "CRITICAL - 1 of 1 services: shop (not there) | ok=0;;;0;1\n")]
fn services_are_judged_but_for_those_that_are_paused(#[case] names: &str, #[case] code: i32, #[case] line: &str) {
    let daemon = Daemon::start();
    let reason = Some("no answer".to_owned());
    let nas = Service { status: ServiceStatus::Unhealthy, status_reason: reason, ..service(3, "nas") };
    let blog = Service { status: ServiceStatus::Degraded, ..service(2, "blog") };
    let paused = Service { status: ServiceStatus::Unknown, enabled: false, ..service(4, "paused") };
    daemon.mount("GET", "/services", list(&[service(1, "wiki"), blog, nas, paused]));
    let run = daemon.run(&format!("check services {names}"));
    assert_eq!((run.code, run.stdout.as_str()), (code, line));
}

#[rstest]
#[case("", 1, "WARNING - 1 alerts: disk / full (warning) | critical=0;;;0 warning=1;;;0 info=1;;;0\n")]
#[case("--fail-on critical", 0, "OK - no alert | critical=0;;;0 warning=1;;;0 info=1;;;0\n")]
#[case(
    "--fail-on info",
    1,
    "WARNING - 2 alerts: disk / full (warning), slow (info) | critical=0;;;0 warning=1;;;0 info=1;;;0\n"
)]
#[case(
    "--all --fail-on critical",
    2,
    "CRITICAL - 1 alerts: down (critical) | critical=1;;;0 warning=1;;;0 info=1;;;0\n"
)]
fn alerts_are_judged_but_for_those_that_somebody_knows_of(#[case] flags: &str, #[case] code: i32, #[case] line: &str) {
    let daemon = Daemon::start();
    let known = Alert { status: AlertStatus::Acknowledged, severity: Severity::Critical, ..alert(1, "down") };
    let info = Alert { severity: Severity::Info, ..alert(3, "slow") };
    daemon.mount("GET", "/alerts", list(&[known, alert(2, "disk | full"), info]));
    let run = daemon.run(&format!("check alerts {flags}"));
    assert_eq!((run.code, run.stdout.as_str()), (code, line));
    assert_eq!(daemon.queries(), ["page=1&per_page=1000&status=active"]);
}

#[test]
fn silences_are_listed_and_ended() {
    let daemon = world::daemon();
    insta::assert_snapshot!(daemon.run("alert silences -c id,by,reason").stdout, @"
    ID                                    BY   REASON
    019aaf00-0000-7000-8000-000000000001  ann  kernel-update
    ");
    assert_eq!(daemon.queries().last().unwrap(), "page=1&per_page=1000&ended=false");
    let run = daemon.run(&format!("alert unsilence {} {}", id(1), id(7)));
    assert_eq!((run.code, run.stdout), (9, format!("silence {}: ended\n", id(1))), "{}", run.stderr);
}

#[test]
fn the_messages_about_an_alert_are_listed() {
    let daemon = world::daemon();
    assert_eq!(
        daemon.run(&format!("alert deliveries {} -c channel,state --no-headers", id(1))).stdout,
        "operators  sent\n"
    );
}

#[test]
fn when_nobody_can_tell_it_is_3_and_still_one_line() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/infrastructure/vms", list::<Vm>(&[]));
    assert_eq!(daemon.run("check guests").stdout, "UNKNOWN - no guest was ever seen: check `nexops status`\n");
    let run: crate::daemon::Run =
        crate::daemon::nexops().args(["check", "nodes", "--url", "http://127.0.0.1:1"]).output().unwrap().into();
    assert_eq!((run.code, run.stdout.lines().count()), (3, 1), "{}", run.stdout);
    assert!(run.stdout.starts_with("UNKNOWN - cannot list nodes: "), "{}", run.stdout);
}

#[test]
fn any_request_can_be_sent_and_its_answer_is_the_whole_envelope() {
    let daemon = Daemon::with_web_1();
    for path in ["/infrastructure/vms/101", "infrastructure/vms/101", "/api/v1/infrastructure/vms/101"] {
        let answer: Value = serde_json::from_str(&daemon.run(&format!("api get {path}")).stdout).unwrap();
        assert_eq!(answer["data"]["vmid"], 101);
        assert!(answer["meta"]["timestamp"].is_string());
    }
    assert!(daemon.run("api GET /infrastructure/vms/101 -o yaml").stdout.contains("\n  vmid: 101\n"));
}

#[rstest]
#[case("/events")]
#[case("/api/v1/events?types=vm")]
fn what_never_ends_is_refused_with_the_command_that_follows_it(#[case] path: &str) {
    let daemon = Daemon::start();
    let run = daemon.run(&format!("api GET {path}"));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("hint: `nexops events -o jsonl` follows"), "{}", run.stderr);
    assert!(daemon.requests().is_empty());
}

#[rstest]
#[case("alert show 019aaf00-0000-7000-8000-000000000001", "`nexops alert list --all`")]
#[case("vm show 101", "`nexops vm list`")]
#[case("task show 019aaf00-0000-7000-8000-000000000001", "`nexops task list`")]
#[case("service show 019aaf00-0000-7000-8000-000000000001", "`nexops service list`")]
#[case("alert rule show 019aaf00-0000-7000-8000-000000000001", "`nexops alert rule list`")]
#[case("api GET /nowhere", "`nexops api GET /openapi.json`")]
fn what_is_not_found_is_sought_with_the_command_that_lists_it(#[case] arguments: &str, #[case] command: &str) {
    let daemon = Daemon::start();
    let id = id(1);
    for route in ["alerts", "tasks", "services", "alerts/rules"] {
        daemon.mount("GET", &format!("/{route}/{id}"), refuses(ErrorCode::NotFound, "it is not there"));
    }
    daemon.mount("GET", "/infrastructure/vms/101", refuses(ErrorCode::NotFound, "it is not there"));
    daemon.mount("GET", "/nowhere", refuses(ErrorCode::NotFound, "it is not there"));
    let run = daemon.run(arguments);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains(&format!("hint: {command} shows")), "{}", run.stderr);
}

#[test]
fn a_body_comes_from_the_command_line_or_from_standard_input() {
    let daemon = Daemon::start();
    daemon.mount("POST", "/services", one(&serde_json::json!({"name": "web"})));
    assert_eq!(daemon.run(r#"api POST /services -d {"name":"web"}"#).code, 0);
    let output = daemon.command("api POST /services --data -").write_stdin("{\"name\":\"web\"}").output().unwrap();
    assert!(output.status.success());
    assert_eq!(daemon.bodies("POST"), [r#"{"name":"web"}"#; 2]);
    assert_eq!(daemon.headers("content-type"), ["application/json"; 2]);
}

#[test]
fn a_check_that_is_called_wrongly_knows_nothing() {
    let daemon = Daemon::start();
    assert_eq!(daemon.run("check guests --bogus").code, 3);
    assert_eq!(daemon.run("vm list --bogus").code, 2);
}

#[test]
fn a_refusal_of_any_request_has_its_exit_code() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/services/1", refuses(ErrorCode::NotFound, "there is no such service"));
    let run = daemon.run("api GET /services/1");
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(run.stderr.contains("there is no such service"), "{}", run.stderr);
    assert_eq!(daemon.run("api BREW /coffee").code, 2);
}
