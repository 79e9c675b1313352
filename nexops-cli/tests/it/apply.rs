//! Channels, services and rules as code.

use std::fs;

use nexops_core::alert::rule::AlertRule;
use nexops_core::error::ErrorCode;
use nexops_core::notification::{Channel, ChannelSettings};
use nexops_core::service::Service;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::daemon::{Daemon, Run, channel, list, one, refuses, rule, service};
use crate::examples::world;

const ALL: &str = "\
kind: channel
name: operators
settings:
  kind: discord
---
kind: service
name: wiki
health_check_url: https://wiki.example/health
metadata:
  owner: ann
---
kind: rule
name: cpu-high
metric_name: cpu_usage
condition: gt
threshold: 90.0
duration_seconds: 300
notification_channels:
- operators
source_type: vm
clear_threshold: 80.0
";

fn operators() -> Channel {
    channel(1, "operators", ChannelSettings::Discord { webhook_url: None })
}

/// A daemon that has these.
fn with(channels: &[Channel], services: &[Service], rules: &[AlertRule]) -> Daemon {
    let daemon = Daemon::start();
    daemon.mount("GET", "/settings/notifications", list(channels));
    daemon.mount("GET", "/services", list(services));
    daemon.mount("GET", "/alerts/rules", list(rules));
    daemon.mount("POST", "/settings/notifications", one(&operators()));
    daemon.mount("POST", "/services", one(&service(1, "wiki")));
    daemon.mount("POST", "/alerts/rules", one(&rule(1, "cpu-high")));
    for (route, answer) in [
        ("/settings/notifications/operators".to_owned(), one(&operators())),
        (format!("/services/{}", service(1, "wiki").id), one(&service(1, "wiki"))),
        (format!("/alerts/rules/{}", rule(1, "cpu-high").id), one(&rule(1, "cpu-high"))),
    ] {
        daemon.mount("PUT", &route, answer);
    }
    daemon
}

fn with_all() -> Daemon {
    with(&[operators()], &[service(1, "wiki")], &[rule(1, "cpu-high")])
}

/// Applies a file with this text, with more flags.
fn apply(daemon: &Daemon, text: &str, flags: &str) -> Run {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("nexops.yaml");
    fs::write(&file, text).unwrap();
    let mut command = daemon.command(&format!("apply -f nexops.yaml {flags}"));
    command.current_dir(directory.path()).output().unwrap().into()
}

fn writes(daemon: &Daemon) -> Vec<String> {
    daemon.requests().into_iter().filter(|request| !request.starts_with("GET")).collect()
}

#[test]
fn what_is_exported_says_no_more_than_it_must_and_no_secret() {
    let daemon = with_all();
    assert_eq!(daemon.run("export").stdout, ALL);
    assert_eq!(daemon.run("export -o name").stdout, "channel/operators\nservice/wiki\nrule/cpu-high\n");
    let rules: Value = serde_json::from_str(&daemon.run("export rule --name cpu-high -o json").stdout).unwrap();
    assert_eq!((&rules[0]["kind"], &rules[0]["threshold"]), (&json!("rule"), &json!(90.0)));
    assert_eq!(daemon.run("export rule --name disk").code, 3);
    assert_eq!(daemon.run("export -o csv").code, 2);
}

#[rstest]
#[case("")]
#[case("--dry-run")]
fn what_was_exported_is_unchanged_when_it_is_applied(#[case] flags: &str) {
    let daemon = with_all();
    let run = apply(&daemon, ALL, flags);
    let lines = "channel operators: unchanged\nservice wiki: unchanged\nrule cpu-high: unchanged\n";
    assert_eq!((run.code, run.stdout.as_str()), (0, lines), "{}", run.stderr);
    assert!(run.stderr.starts_with("3 unchanged"), "{}", run.stderr);
    assert_eq!(writes(&daemon), Vec::<String>::new());
}

#[test]
fn json_from_standard_input_will_do_too() {
    let daemon = with_all();
    let exported = daemon.run("export -o json").stdout;
    let run: Run = daemon.command("apply -f -").write_stdin(exported).output().unwrap().into();
    assert_eq!((run.code, run.stderr.as_str()), (0, "3 unchanged\n"), "{}", run.stdout);
}

#[test]
fn what_is_not_there_is_made_channels_first() {
    let daemon = with(&[], &[], &[]);
    let mut documents: Vec<&str> = ALL.split("---\n").collect();
    documents.reverse();
    let secret = "settings: {kind: discord, webhook_url: https://discord.com/api/webhooks/1/s3cret}\n";
    let text = documents.join("---\n").replace("settings:\n  kind: discord\n", secret);
    let run = apply(&daemon, &text, "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout, "channel operators: created\nservice wiki: created\nrule cpu-high: created\n");
    assert_eq!(run.stderr, "3 created\n");
    assert_eq!(
        writes(&daemon),
        ["POST /api/v1/settings/notifications", "POST /api/v1/services", "POST /api/v1/alerts/rules"]
    );
    assert!(daemon.bodies("POST")[0].contains("s3cret"));
}

#[test]
fn a_dry_run_shows_what_differs_and_sends_nothing() {
    let daemon = with(&[operators()], &[service(1, "wiki")], &[rule(1, "cpu-high")]);
    let text = ALL
        .replace("threshold: 90.0\nduration_seconds: 300", "threshold: 95\nenabled: false")
        .replace("  owner: ann\n", "  owner: bob\ncheck:\n  retries: 5\n");
    let run = apply(&daemon, &text, "--dry-run");
    insta::assert_snapshot!(run.stdout, @r#"
    channel operators: unchanged
    service wiki: changed
      - metadata.owner: "ann"
      + metadata.owner: "bob"
      - check.retries: 2
      + check.retries: 5
    rule cpu-high: changed
      - threshold: 90.0
      + threshold: 95.0
      - duration_seconds: 300
      + duration_seconds: 0
      - enabled: true
      + enabled: false
    "#);
    assert_eq!(run.stderr, "2 changed, 1 unchanged; nothing was sent, for this is a dry run\n");
    assert_eq!(writes(&daemon), Vec::<String>::new());
}

#[test]
fn a_change_is_sent_whole_and_only_to_the_version_that_was_seen() {
    let daemon = with_all();
    let run = apply(&daemon, &ALL.replace("threshold: 90.0", "threshold: 95.0"), "-o json");
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(printed[2]["outcome"], "changed");
    assert_eq!(printed[2]["changes"], json!([{"field": "threshold", "from": 90.0, "to": 95.0}]));
    assert_eq!(daemon.headers("if-match"), ["\"2\""]);
    let sent: Value = serde_json::from_str(&daemon.bodies("PUT")[0]).unwrap();
    assert_eq!((&sent["threshold"], &sent["notification_channels"]), (&json!(95.0), &json!(["operators"])));
}

#[test]
fn a_secret_that_nobody_has_is_asked_for_by_name() {
    let daemon = with(&[], &[service(1, "wiki")], &[rule(1, "cpu-high")]);
    let run = apply(&daemon, ALL, "--dry-run");
    assert_eq!(run.code, 9, "{}", run.stderr);
    insta::assert_snapshot!(run.stderr, @"
    2 unchanged, 1 failed; nothing was sent, for this is a dry run
    error: nexops.yaml, document 1: channel operators needs settings.webhook_url, which the daemon does not have
    hint: add it to the file, or run `nexops settings notify create operators --kind discord`
    error: 1 of 3 documents failed
    ");
}

#[test]
fn some_that_fail_do_not_hold_up_the_others() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/services", list::<Service>(&[]));
    daemon.mount_times("POST", "/services", refuses(ErrorCode::NameTaken, "the name is taken"), 1);
    daemon.mount("POST", "/services", one(&service(2, "blog")));
    let run = apply(&daemon, "[{kind: service, name: wiki}, {kind: service, name: blog}]", "");
    assert_eq!((run.code, run.stdout.as_str()), (9, "service wiki: failed\nservice blog: created\n"));
    assert!(run.stderr.contains("cannot create service wiki: the name is taken"), "{}", run.stderr);
    assert!(run.stderr.contains("1 created, 1 failed"), "{}", run.stderr);
}

#[rstest]
#[case("name: wiki", "document 1: 'kind' is missing")]
#[case("kind: guest", "document 1: 'kind' is 'guest'; it says what")]
#[case("kind: service\nname: a\n---\nkind: rule\nname: b\ntreshold: 5", "document 2: unknown field `treshold`")]
#[case("kind: service\nname: a\ncheck: {retries: 11}", "document 1: check.retries: it must be 0 to 10")]
#[case("kind: service\nname: a\n---\nkind: service\nname: a", "document 2: service a stands in these files twice")]
#[case("kind: channel\nsettings: {kind: discord}", "document 1: name: it is needed")]
#[case("- 5", "document 1: a document is a list of keys and values")]
#[case("kind: [", "nexops.yaml: ")]
fn what_is_wrong_is_said_with_its_place_before_anything_is_sent(#[case] text: &str, #[case] words: &str) {
    let daemon = with_all();
    let run = apply(&daemon, text, "");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains(words) && run.stderr.contains("nothing was sent"), "{}", run.stderr);
    assert!(daemon.requests().is_empty());
}

#[test]
fn a_file_that_is_not_there_and_one_that_is_empty_are_told_apart() {
    let daemon = with_all();
    assert_eq!(daemon.run("apply -f nowhere.yaml").code, 2);
    let run = apply(&daemon, "", "");
    assert_eq!((run.code, run.stderr.as_str()), (0, "the files hold no document\n"));
}

#[test]
fn the_rules_that_are_offered_can_be_applied_as_they_are_printed() {
    let daemon = world::daemon();
    let offered = daemon.run("alert rule starters").stdout;
    let run: Run = daemon.command("apply -f -").write_stdin(offered).output().unwrap().into();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("rule node-memory-high: created\n"), "{}", run.stdout);
}
