//! `nexops events`.

use std::time::Duration;

use nexops_core::error::ErrorCode;
use nexops_core::event::{Change, Collection, Event};
use nexops_core::id::ConnectionId;
use nexops_core::vm::PowerAction;
use rstest::rstest;
use wiremock::ResponseTemplate;

use crate::daemon::{Daemon, id, refuses, running_task, then, vm};

/// A stream that ends after these messages.
pub fn stream(messages: &[String]) -> ResponseTemplate {
    let body = format!(": \nretry: 2000\nid: 3\n\n{}", messages.concat());
    ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")
}

pub fn message(event: &Event) -> String {
    let data = serde_json::to_string(event).unwrap();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", event.id, event.change.event_type())
}

pub fn events() -> Vec<Event> {
    let web = vm(101, "web-1");
    let collection = Collection { connection_id: ConnectionId(id(1)), observed_at: then(), sources: 27 };
    let changes = [
        Change::Task(Box::new(running_task(PowerAction::Stop, &web))),
        Change::Vm(Box::new(web)),
        Change::Metrics(collection),
    ];
    let numbered = changes.into_iter().zip(4..);
    numbered.map(|(change, id)| Event { id, at: then(), deleted: false, change }).collect()
}

fn daemon() -> Daemon {
    let daemon = Daemon::start();
    daemon.mount("GET", "/events", stream(&events().iter().map(message).collect::<Vec<_>>()));
    daemon
}

#[test]
fn each_event_is_a_line_for_people() {
    let run = daemon().run("events --limit 3");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lines: Vec<&str> = run.stdout.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(
        lines,
        [
            "task     stop of vm 101: running",
            "vm       101 web-1 on pve1: running",
            "metrics  new figures of 27 nodes and guests"
        ]
    );
}

#[test]
fn each_event_is_a_line_of_json_as_the_daemon_told_it() {
    let daemon = daemon();
    let run = daemon.run("events --type task --type vm --after 3 --limit 3 -o jsonl");
    let printed: Vec<Event> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(printed, events());
    assert_eq!(daemon.queries(), ["type=task&type=vm"]);
    assert_eq!(daemon.headers("last-event-id"), ["3"]);
}

#[test]
fn a_stream_that_ends_is_followed_on_after_the_last_event() {
    let daemon = daemon();
    let run = daemon.run("events --limit 7 -o name");
    assert_eq!((run.code, run.stdout.as_str()), (0, "4\n5\n6\n4\n5\n6\n4\n"), "{}", run.stderr);
    let asked = daemon.headers("last-event-id");
    assert!(asked.iter().all(|last| last == "6") && !asked.is_empty(), "{asked:?}");
}

#[test]
fn a_daemon_that_is_away_for_a_while_is_waited_for() {
    let daemon = Daemon::start();
    let messages: Vec<String> = events().iter().map(message).collect();
    daemon.mount_times("GET", "/events", stream(&messages[..1]), 1);
    daemon.mount_times("GET", "/events", refuses(ErrorCode::DatabaseUnavailable, "the database is away"), 1);
    daemon.mount("GET", "/events", stream(&messages[1..]));
    let run = daemon.run("events --limit 3 -o name");
    assert_eq!((run.code, run.stdout.as_str()), (0, "4\n5\n6\n"), "{}", run.stderr);
    assert!(run.stderr.contains("the database is away"), "{}", run.stderr);
}

#[rstest]
#[case("", "", "events are missing")]
#[case("-o jsonl", "{\"type\":\"reset\"}\n", "events are missing")]
fn missing_events_are_spoken_of(#[case] form: &str, #[case] printed: &str, #[case] said: &str) {
    let daemon = Daemon::start();
    let reset = "id: 9\nevent: reset\ndata: {\"id\":9,\"type\":\"reset\",\"reason\":\"too_old\"}\n\n".to_owned();
    daemon.mount("GET", "/events", stream(&[reset, message(&events()[2])]));
    let run = daemon.run(&format!("events --limit 1 {form}"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.starts_with(printed) && run.stderr.contains(said), "{} {}", run.stdout, run.stderr);
}

#[rstest]
#[case(ErrorCode::Unauthorized, 4)]
#[case(ErrorCode::TooManyReaders, 6)]
fn a_refusal_at_the_beginning_ends_it(#[case] code: ErrorCode, #[case] exit: i32) {
    let daemon = Daemon::start();
    daemon.mount("GET", "/events", refuses(code, "no"));
    assert_eq!(daemon.run("events").code, exit);
}

#[rstest]
#[case("events -o json", "-o jsonl")]
#[case("events --type vms", "metrics")]
#[case("events --after x", "--after")]
fn what_cannot_be_is_wrong_usage(#[case] arguments: &str, #[case] said: &str) {
    let run = Daemon::start().run(arguments);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains(said), "{}", run.stderr);
}

#[test]
fn it_ends_when_nobody_reads_any_more() {
    let daemon = daemon();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("nexops"));
    command.args(["events", "-o", "name"]).env("NEXOPS_API_URL", daemon.server.uri());
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        assert!(std::time::Instant::now() < deadline, "it goes on for nobody");
        std::thread::sleep(Duration::from_millis(20));
    }
}
