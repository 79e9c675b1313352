//! Every exit code, provoked.

use std::time::Duration;

use nexops_core::error::{ErrorBody, ErrorCode, FieldError, Upstream};
use nexops_core::vm::PowerAction;
use rstest::rstest;
use wiremock::ResponseTemplate;

use crate::daemon::{Daemon, Run, nexops, refuses, refuses_with, vm};

#[rstest]
#[case(ErrorCode::InvalidRequest, 2)]
#[case(ErrorCode::Unauthorized, 4)]
#[case(ErrorCode::HostNotAllowed, 4)]
#[case(ErrorCode::ProxmoxForbidden, 4)]
#[case(ErrorCode::NotFound, 3)]
#[case(ErrorCode::MethodNotAllowed, 1)]
#[case(ErrorCode::AmbiguousVmid, 2)]
#[case(ErrorCode::VmLocked, 5)]
#[case(ErrorCode::VmNotRunning, 5)]
#[case(ErrorCode::VmIsTemplate, 5)]
#[case(ErrorCode::VmBusy, 5)]
#[case(ErrorCode::ActionNotSupported, 5)]
#[case(ErrorCode::PayloadTooLarge, 1)]
#[case(ErrorCode::UnsupportedMediaType, 1)]
#[case(ErrorCode::Internal, 1)]
#[case(ErrorCode::ProxmoxUnauthorized, 6)]
#[case(ErrorCode::ProxmoxUnreachable, 6)]
#[case(ErrorCode::ProxmoxCertificate, 6)]
#[case(ErrorCode::NodeOffline, 6)]
#[case(ErrorCode::ProxmoxError, 1)]
#[case(ErrorCode::DatabaseUnavailable, 6)]
#[case(ErrorCode::TooManyReaders, 6)]
#[case(ErrorCode::RequestTimeout, 6)]
#[case(ErrorCode::ProxmoxTimeout, 6)]
fn a_refused_action_exits_with_the_code_of_its_kind(#[case] code: ErrorCode, #[case] expected: i32) {
    let daemon = Daemon::with_web_1();
    daemon.on(PowerAction::Start, &vm(101, "web-1"), refuses(code, "the server's words"));
    let run = daemon.run("vm start 101");
    assert_eq!((run.code, run.stdout.as_str()), (expected, ""), "{}", run.stderr);
    assert!(run.stderr.starts_with("error: cannot start vm 101 web-1: the server's words\n"), "{}", run.stderr);
}

#[test]
fn a_daemon_that_is_not_there_is_6_and_says_where_it_was_sought() {
    let run = Run::from(nexops().args(["vm", "list", "--url", "http://127.0.0.1:1"]).output().unwrap());
    assert_eq!((run.code, run.stdout.as_str()), (6, ""));
    assert!(run.stderr.contains("http://127.0.0.1:1 does not answer: "), "{}", run.stderr);
    assert!(run.stderr.contains("hint: see whether nexopsd runs"), "{}", run.stderr);
}

#[test]
fn something_else_that_answers_is_6() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/infrastructure/vms", ResponseTemplate::new(200).set_body_string("<html>router</html>"));
    let run = daemon.run("vm list");
    assert_eq!(run.code, 6);
    assert!(run.stderr.contains("does not speak the NexOps API"), "{}", run.stderr);
}

#[test]
fn a_redirection_is_not_followed_but_told() {
    let daemon = Daemon::start();
    let answer = ResponseTemplate::new(308).insert_header("location", "https://nexops.example/");
    daemon.mount("GET", "/infrastructure/vms", answer);
    let run = daemon.run("vm list");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("it sends to https://nexops.example/; use that address"), "{}", run.stderr);
}

#[rstest]
#[case("")]
#[case("vm")]
#[case("vm start")]
#[case("vm bogus")]
#[case("vm list --status sleeping")]
#[case("vm list --sort colour")]
#[case("vm start 101 --timeout soon")]
#[case("vm start 0")]
#[case("task show 12")]
#[case("status --url ftp://x")]
fn a_command_line_that_makes_no_sense_is_2(#[case] arguments: &str) {
    let daemon = Daemon::start();
    let run = daemon.run(arguments);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(!run.stderr.is_empty());
    assert!(daemon.requests().is_empty());
}

#[rstest]
#[case("--help")]
#[case("--version")]
#[case("vm start --help")]
fn help_and_version_go_to_standard_output(#[case] arguments: &str) {
    let run = Daemon::start().run(arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("nexops") || run.stdout.contains("Switch guests on"));
}

#[test]
fn verbose_tells_the_request_id_and_proxmox_is_quoted() {
    let daemon = Daemon::with_web_1();
    let body = ErrorBody {
        code: ErrorCode::ProxmoxError,
        message: "Proxmox refused to start the guest".to_owned(),
        details: Vec::new(),
        request_id: Some("req-7".to_owned()),
        upstream: Some(Upstream { status: Some(500), reason: "no such disk".to_owned() }),
    };
    daemon.on(PowerAction::Start, &vm(101, "web-1"), refuses_with(body));
    insta::assert_snapshot!(daemon.run("vm start 101 -v").stderr, @"
    error: cannot start vm 101 web-1: Proxmox refused to start the guest (Proxmox: no such disk)
      HTTP 502 PROXMOX_ERROR
      Proxmox answered with HTTP 500
      request id req-7
    ");
}

#[test]
fn an_ambiguous_number_lists_the_candidates() {
    let daemon = Daemon::start();
    let body = ErrorBody {
        code: ErrorCode::AmbiguousVmid,
        message: "101 exists in 2 clusters".to_owned(),
        details: vec![FieldError::new("id-1", "web-1 on home"), FieldError::new("id-2", "web-1 on office")],
        request_id: None,
        upstream: None,
    };
    daemon.mount("GET", "/infrastructure/vms/101", refuses_with(body));
    let run = daemon.run("vm show 101");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr, @"
    error: cannot show guest 101: 101 exists in 2 clusters
      id-1: web-1 on home
      id-2: web-1 on office
    hint: name the guest by its id or as node/name
    ");
}

#[test]
fn errors_are_one_json_object_where_json_was_asked_for() {
    let daemon = Daemon::with_web_1();
    daemon.on(PowerAction::Start, &vm(101, "web-1"), refuses(ErrorCode::VmLocked, "locked (backup)"));
    let run = daemon.run("vm start 101 -o json");
    assert_eq!((run.code, run.stdout.as_str()), (5, ""));
    insta::assert_snapshot!(run.stderr, @r#"{"code":"VM_LOCKED","kind":"conflict","message":"cannot start vm 101 web-1: locked (backup)","hint":"wait until the backup, migration or snapshot that holds the lock has ended","request_id":"req-1"}"#);
}

#[test]
fn a_wrong_command_line_is_json_too_where_json_was_asked_for() {
    let run = Daemon::start().run("vm list --bogus -o json");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(run.stderr, @r#"{"code":"USAGE","kind":"usage","message":"unexpected argument '--bogus' found","hint":"--help shows what can be given","request_id":null}"#);
}

#[test]
fn the_token_of_the_environment_is_sent() {
    let daemon = Daemon::with_web_1();
    daemon.command("vm list").env("NEXOPS_API_TOKEN", "s3cret").assert().success();
    let requests = daemon.headers("authorization");
    assert_eq!(requests, ["Bearer s3cret"]);
}

#[test]
fn a_daemon_that_never_answers_does_not_outlast_the_timeout() {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.on(
        PowerAction::Start,
        &guest,
        crate::daemon::accepted(&crate::daemon::running_task(PowerAction::Start, &guest)),
    );
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    daemon.mount("GET", &format!("/tasks/{}", crate::daemon::id(9101)), slow);
    let began = std::time::Instant::now();
    assert_eq!(daemon.run("vm start 101 --timeout 500ms").code, 8);
    assert!(began.elapsed() < Duration::from_secs(10));
}
