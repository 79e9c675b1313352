//! The figures for Prometheus: well formed, true, and documented.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use nexops_core::vm::PowerAction;
use pve_sim::{Fault, FaultKind};

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes};
use crate::support::wait_until;

/// One line with its labels.
#[derive(Debug, PartialEq)]
struct Line {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// Reads the text format strictly, as `promtool check metrics` does: each family once, described before its lines,
/// names and labels of the right letters, no line twice.
fn parse(text: &str) -> Vec<Line> {
    let (mut lines, mut seen) = (Vec::new(), BTreeSet::new());
    let (mut helped, mut typed) = (BTreeMap::new(), BTreeMap::new());
    let mut family = String::new();
    assert!(text.ends_with('\n'));
    for text in text.lines() {
        if let Some(help) = text.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(!words.trim().is_empty() && helped.insert(name, words).is_none(), "{text}");
            family = name.to_owned();
        } else if let Some(kind) = text.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(["gauge", "counter"].contains(&kind) && name == family, "{text}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{text}");
            assert!(typed.insert(name, kind).is_none(), "{text}");
        } else {
            let line = parse_line(text);
            assert_eq!(line.name, family, "{text}");
            assert!(typed.contains_key(line.name.as_str()), "{text}");
            assert!(seen.insert((line.name.clone(), line.labels.clone())), "{text} is there twice");
            assert!(line.value.is_finite(), "{text}");
            lines.push(line);
        }
    }
    lines
}

fn parse_line(text: &str) -> Line {
    let is_name = |name: &str| {
        let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        letters && name.starts_with(|first: char| !first.is_ascii_digit())
    };
    let end = text.find(['{', ' ']).unwrap();
    let (name, mut rest) = text.split_at(end);
    assert!(is_name(name), "{text}");
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        let mut inner = inner;
        loop {
            let (label, quoted) = inner.split_once("=\"").unwrap_or_else(|| panic!("{text}"));
            assert!(is_name(label), "{text}");
            let (mut value, mut characters) = (String::new(), quoted.char_indices());
            let end = loop {
                match characters.next().unwrap_or_else(|| panic!("{text} has no end")) {
                    (_, '\\') => match characters.next().unwrap().1 {
                        'n' => value.push('\n'),
                        escaped @ ('\\' | '"') => value.push(escaped),
                        other => panic!("\\{other} in {text}"),
                    },
                    (end, '"') => break end,
                    (_, other) => value.push(other),
                }
            };
            assert!(labels.insert(label.to_owned(), value).is_none(), "{text}");
            match &quoted[end + 1..] {
                more if more.starts_with(',') => inner = &more[1..],
                more => {
                    rest = more.strip_prefix('}').unwrap_or_else(|| panic!("{text}"));
                    break;
                }
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{text}")).parse().unwrap();
    Line { name: name.to_owned(), labels, value }
}

async fn scrape(daemon: &Daemon) -> Vec<Line> {
    let answer = Answer::at(daemon, "/metrics").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    parse(&answer.text)
}

fn value(lines: &[Line], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let fits = |line: &&Line| {
        let has = |(label, value): &(&str, &str)| line.labels.get(*label).is_some_and(|given| given == value);
        line.name == name && labels.iter().all(has)
    };
    let mut found = lines.iter().filter(fits);
    let first = found.next();
    assert!(found.next().is_none(), "{name} {labels:?} is not one line");
    first.map(|line| line.value)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_those_that_the_api_gives() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let lines = scrape(&daemon).await;
    for vm in daemon.vms().await {
        let number = vm.vmid.to_string();
        let labels = [("vmid", number.as_str()), ("connection", "default"), ("name", vm.name.as_str())];
        assert_eq!(value(&lines, "nexops_vm_cpu_usage_percent", &labels), vm.usage.cpu_usage, "{number}");
        let info = [&labels[..], &[("node", vm.node.as_str()), ("status", vm.status.as_str())]].concat();
        assert_eq!(value(&lines, "nexops_vm_info", &info), Some(1.0), "{number}");
    }
    assert_eq!(value(&lines, "nexops_node_up", &[("node", "pve1")]), Some(1.0));
    assert_eq!(value(&lines, "nexops_connection_up", &[("connection", "default")]), Some(1.0));
    assert_eq!(value(&lines, "nexops_database_up", &[]), Some(1.0));
    assert_eq!(value(&lines, "nexops_left_out", &[]), Some(0.0));
    assert_eq!(value(&lines, "nexops_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
    let asked = daemon.cluster().requests().iter().filter(|seen| !seen.path.starts_with("/nodes/")).count();
    let counted = value(&lines, "nexops_proxmox_requests_total", &[("node", ""), ("connection", "default")]);
    assert_eq!(counted, Some(asked as f64));
    let runs = value(&lines, "nexops_job_runs_total", &[("job", "collect"), ("connection", "default")]);
    assert_eq!(runs, Some(2.0));
    assert!(value(&lines, "nexops_job_last_success_timestamp_seconds", &[("job", "collect")]).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_counted_by_node_and_kind_and_what_is_old_is_not_told() {
    let daemon = Daemon::new().await;
    let refused = FaultKind::Status { code: 500, reason: "no way".to_owned() };
    daemon.cluster().inject(Fault::new("/nodes/pve2/qemu/101/status/current", refused));
    daemon.refusal(101, PowerAction::Stop).await;
    daemon.wait_as_if(3 * 3600).await;
    daemon.cluster().inject(Fault::new("/cluster/resources", FaultKind::Hang));
    daemon.cluster().set_node_online("pve3", false);
    let lines = scrape(&daemon).await;
    let errors = [("node", "pve2"), ("code", "PROXMOX_ERROR"), ("connection", "default")];
    assert_eq!(value(&lines, "nexops_proxmox_request_errors_total", &errors), Some(1.0));
    assert_eq!(value(&lines, "nexops_vm_cpu_usage_percent", &[("vmid", "101")]), None);
    assert_eq!(value(&lines, "nexops_vm_up", &[("vmid", "101")]), Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_would_break_a_line_do_not() {
    let daemon = Daemon::new().await;
    let name = "a\"b\\c\nd{e}=\u{e9},";
    daemon.database.execute("UPDATE vms SET name = E'a\"b\\\\c\\nd{e}=\u{e9},' WHERE vmid = 101").await;
    assert_eq!(value(&scrape(&daemon).await, "nexops_vm_info", &[("vmid", "101"), ("name", name)]), Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_the_daemon_tells_what_it_knows_itself() {
    let daemon = Daemon::new().await;
    daemon.database.refuse().await;
    let lines = scrape(&daemon).await;
    assert_eq!(value(&lines, "nexops_database_up", &[]), Some(0.0));
    assert!(value(&lines, "nexops_job_runs_total", &[("job", "sync")]).is_some());
    assert!(!lines.iter().any(|line| line.name.starts_with("nexops_vm_")));
    daemon.database.admit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_wanted() {
    let daemon = Wishes::default().variable("NEXOPS_API_TOKEN", "s3cret").idle().start().await;
    assert_eq!(Answer::at(&daemon, "/metrics").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_is_in_the_manual_and_the_manual_has_no_others() {
    let daemon = Daemon::new().await;
    // Rates are known from the second reading on.
    wait_until("rates are known", async || {
        daemon.collect().await;
        daemon.vm(101).await.usage.network_in.is_some()
    })
    .await;
    // Something of everything: an error of Proxmox's, and a message that waits.
    let refused = FaultKind::Status { code: 500, reason: "no way".to_owned() };
    daemon.cluster().inject(Fault::new("/nodes/pve2/qemu/101/status/current", refused));
    daemon.refusal(101, PowerAction::Stop).await;
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md")).unwrap();
    let documented: BTreeSet<&str> =
        manual.split('`').filter(|code| code.starts_with("nexops_") && !code.contains(['*', '{', ' '])).collect();
    let told: BTreeSet<String> = scrape(&daemon).await.into_iter().map(|line| line.name).collect();
    let told: BTreeSet<&str> = told.iter().map(String::as_str).collect();
    // Of nodes Proxmox does not tell the network rates.
    let silent = ["nexops_node_network_receive_bytes_per_second", "nexops_node_network_transmit_bytes_per_second"];
    let unknown: Vec<_> = told.difference(&documented).collect();
    let missing: Vec<_> = documented.difference(&told).filter(|name| !silent.contains(name)).collect();
    assert!(unknown.is_empty() && missing.is_empty(), "not documented: {unknown:?}; not told: {missing:?}");
}
