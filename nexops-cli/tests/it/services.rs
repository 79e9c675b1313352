//! `nexops service`.

use chrono::TimeDelta;
use nexops_core::error::ErrorCode;
use nexops_core::id::ServiceId;
use nexops_core::service::{Service, ServiceHistory, ServiceStatus, ServiceVm, StatusChange, Uptime, UptimeRange};
use nexops_core::vm::VmStatus;
use serde_json::json;

use crate::daemon::{Daemon, id, list, one, refuses, service, then, vm};

fn down(number: u128, name: &str) -> Service {
    Service {
        status: ServiceStatus::Unhealthy,
        status_reason: Some("no answer within 10s".to_owned()),
        explanation: Some("VM 103 'db' is stopped".to_owned()),
        vm: Some(ServiceVm { vmid: 103, name: "db".to_owned(), status: VmStatus::Stopped, gone_at: None }),
        failures: 7,
        last_error: Some("no answer within 10s".to_owned()),
        response_time_ms: None,
        certificate_expires_at: None,
        uptime_24h: None,
        ..service(number, name)
    }
}

/// A daemon with these services, in its list and under their ids.
fn with(services: &[Service]) -> Daemon {
    let daemon = Daemon::start();
    daemon.mount("GET", "/services", list(services));
    for service in services {
        daemon.mount("GET", &format!("/services/{}", service.id), one(service));
    }
    daemon
}

/// The body of the only request with this method.
fn body(daemon: &Daemon, method: &str) -> serde_json::Value {
    let bodies = daemon.bodies(method);
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    serde_json::from_str(&bodies[0]).unwrap()
}

#[test]
fn a_list_says_why_a_service_is_down() {
    let daemon = with(&[service(1, "wiki"), down(2, "shop")]);
    insta::assert_snapshot!(daemon.run("service list").stdout, @r"
    NAME  STATUS     UPTIME 24H  LATENCY  CHECKED  VM      REASON
    wiki  healthy    99.99 %     12 ms    0s ago   -       -
    shop  unhealthy  -           -        0s ago   103 db  VM 103 'db' is stopped
    ");
    daemon.run("service list --status unhealthy --type vm --namespace home --search x --sort -name");
    let expected = "page=1&per_page=1000&sort=-name&status=unhealthy&type=vm&namespace=home&search=x";
    assert_eq!(daemon.queries().last().unwrap(), expected);
}

#[test]
fn a_service_is_found_by_its_name_and_by_nothing_near_it() {
    let daemon = with(&[service(1, "wiki"), service(2, "wiki-2")]);
    let run = daemon.run("service show wiki -o json");
    assert_eq!((run.code, serde_json::from_str::<Service>(&run.stdout).unwrap().id), (0, ServiceId(id(1))));
    assert_eq!(daemon.run(&format!("service show {} -o name", id(2))).stdout, "wiki-2\n");
    let run = daemon.run("service show wikii");
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("did you mean wiki"), "{}", run.stderr);
}

#[test]
fn flags_become_settings() {
    let daemon = Daemon::with_web_1();
    daemon.mount("POST", "/services", one(&service(1, "wiki")));
    let run = daemon.run(
        "service create wiki --check-url http://10.0.0.7/ --type vm --vm web-1 --namespace home --expect 200,401 \
         --contains pong --patience 5s --retries 0 --slow-after 800ms --certificate-warning 0 --verify-tls false",
    );
    assert_eq!((run.code, run.stdout.as_str()), (0, "service wiki: created\n"), "{}", run.stderr);
    assert_eq!(
        body(&daemon, "POST"),
        json!({
            "name": "wiki", "description": "", "type": "vm", "health_check_url": "http://10.0.0.7/",
            "vm_id": vm(101, "web-1").id, "namespace": "home", "metadata": {}, "enabled": true,
            "check": {
                "expected_status": "200,401", "body_contains": "pong", "timeout_seconds": 5, "retries": 0,
                "degraded_above_ms": 800, "certificate_warning_days": 0, "verify_tls": false,
            },
        })
    );
}

#[test]
fn what_is_not_named_stays_as_it_is() {
    let mut before = service(1, "wiki");
    before.namespace = Some("home".to_owned());
    before.check.body_contains = Some("pong".to_owned());
    let daemon = with(std::slice::from_ref(&before));
    daemon.mount("PUT", &format!("/services/{}", before.id), one(&before));
    let run = daemon.run("service update wiki --retries 4 --clear contains");
    assert_eq!((run.code, run.stdout.as_str()), (0, "service wiki: updated\n"), "{}", run.stderr);
    let mut expected = before.settings();
    expected.check.retries = 4;
    expected.check.body_contains = None;
    assert_eq!(body(&daemon, "PUT"), serde_json::to_value(expected).unwrap());
    assert_eq!(daemon.headers("if-match"), ["\"3\""]);
}

#[test]
fn an_update_that_changes_nothing_sends_nothing() {
    let daemon = with(&[service(1, "wiki")]);
    let run = daemon.run("service update wiki --retries 2");
    assert_eq!((run.code, run.stdout.as_str()), (0, "service wiki: unchanged\n"));
    assert!(daemon.bodies("PUT").is_empty());
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    let wiki = service(1, "wiki");
    let daemon = with(std::slice::from_ref(&wiki));
    let answer = refuses(ErrorCode::PreconditionFailed, "somebody else changed it");
    daemon.mount("PUT", &format!("/services/{}", wiki.id), answer);
    assert_eq!(daemon.run("service update wiki --retries 4").code, 5);
}

#[test]
fn deleting_needs_a_yes() {
    let wiki = service(1, "wiki");
    let daemon = with(std::slice::from_ref(&wiki));
    daemon.mount("DELETE", &format!("/services/{}", wiki.id), one(&wiki));
    let run = daemon.run("service delete wiki");
    assert_eq!(run.code, 2);
    assert!(!daemon.requests().iter().any(|request| request.starts_with("DELETE")));
    let run = daemon.run("service delete wiki --yes");
    assert_eq!((run.code, run.stdout.as_str()), (0, "service wiki: deleted\n"));
    let run = daemon.run("service delete wiki nothing --yes");
    assert_eq!(run.code, 9, "{}", run.stderr);
}

#[test]
fn a_check_that_fails_is_a_failure() {
    let (wiki, shop) = (service(1, "wiki"), down(2, "shop"));
    let daemon = with(&[wiki.clone(), shop.clone()]);
    daemon.mount("POST", &format!("/services/{}/check", wiki.id), one(&wiki));
    daemon.mount("POST", &format!("/services/{}/check", shop.id), one(&shop));
    let run = daemon.run("service check wiki");
    assert_eq!((run.code, run.stdout.as_str()), (0, "service wiki: healthy, 12 ms\n"));
    let run = daemon.run("service check shop");
    assert_eq!((run.code, run.stdout.as_str()), (1, "service shop: unhealthy: VM 103 'db' is stopped\n"));
    assert!(run.stderr.contains("no answer within 10s"), "{}", run.stderr);
    assert_eq!(daemon.run("service check wiki shop -o json").code, 9);
}

#[test]
fn a_history_tells_uptime_and_statuses() {
    let wiki = service(1, "wiki");
    let daemon = with(std::slice::from_ref(&wiki));
    let uptime =
        |range, percent| Uptime { range, percent, up_seconds: 3600.0, down_seconds: 60.0, unknown_seconds: 120.0 };
    let change = |status, reason: Option<&str>, from, until: Option<i64>| StatusChange {
        status,
        reason: reason.map(str::to_owned),
        since: then() + TimeDelta::minutes(from),
        until: until.map(|until| then() + TimeDelta::minutes(until)),
    };
    let history = ServiceHistory {
        service_id: wiki.id,
        uptime: vec![uptime(UptimeRange::Day, Some(98.36)), uptime(UptimeRange::Week, None)],
        changes: vec![
            change(ServiceStatus::Unhealthy, Some("HTTP 503"), 5, Some(6)),
            change(ServiceStatus::Healthy, None, 0, Some(5)),
        ],
    };
    daemon.mount("GET", &format!("/services/{}/history", wiki.id), one(&history));
    insta::assert_snapshot!(daemon.run("service history wiki").stdout, @r"
    24h  98.36 % (down 1m, unknown 2m)
    7d   - (down 1m, unknown 2m)

    SINCE                     STATUS     FOR  REASON
    2026-03-15T10:35:00.000Z  unhealthy  1m   HTTP 503
    2026-03-15T10:30:00.000Z  healthy    5m   -
    ");
    let run = daemon.run("service history wiki --limit 2 -o json");
    assert_eq!(serde_json::from_str::<ServiceHistory>(&run.stdout).unwrap(), history);
    assert_eq!(daemon.queries().last().unwrap(), "limit=2");
}
