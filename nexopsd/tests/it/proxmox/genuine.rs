//! What Proxmox's own API code (9.1.7, two nodes) answered, played back byte by byte.

use std::collections::BTreeMap;

use nexops_core::node::NodeStatus;
use nexops_core::vm::VmStatus;
use nexopsd::proxmox::{Error, Outcome, Refusal, TaskEnd, TaskState};
use serde::Deserialize;
use serde_json::Value;

use super::recordings::{Call, Seen, file, play};

/// Exchanges on paths of ours that the client cannot have, and why.
const EXCLUDED: &[(&str, &str)] = &[
    ("err-vmid-abc", "a guest's number is a number"),
    ("task-bad-upid", "a text that is no UPID is refused before it is sent"),
    (
        "task-wrong-node",
        "a task is asked of the node that its UPID names; the error is played below, on the right node",
    ),
];

#[derive(Debug, Clone, Deserialize)]
struct Exchange {
    name: String,
    request: String,
    status_line: String,
    headers: Vec<String>,
    body: String,
}

impl Exchange {
    fn method(&self) -> &str {
        self.request.split(' ').next().unwrap()
    }

    /// The path below the API's root; `None` for what is no request, or for another root.
    fn path(&self) -> Option<&str> {
        let target = self.request.split(' ').nth(1)?;
        target.split('?').next()?.strip_prefix("/api2/json")
    }

    fn call(&self) -> Option<Call> {
        Call::of(self.method(), self.path()?)
    }

    /// Status and reason; `None` when Proxmox hung up without a word.
    fn status(&self) -> Option<(u16, &str)> {
        let (status, reason) = self.status_line.split_once(' ')?.1.split_once(' ')?;
        Some((status.parse().unwrap(), reason))
    }

    fn bytes(&self) -> Vec<u8> {
        if self.status_line.is_empty() {
            return Vec::new();
        }
        let mut bytes = format!("{}\r\n{}\r\n\r\n", self.status_line, self.headers.join("\r\n")).into_bytes();
        match self.headers.iter().any(|header| header == "Content-Encoding: gzip") {
            // Compressed bodies are recorded with a character for each byte.
            true => bytes.extend(self.body.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap())),
            false => bytes.extend(self.body.as_bytes()),
        }
        bytes
    }

    /// What stands under `data`.
    fn data(&self) -> Value {
        serde_json::from_str::<Value>(&self.body).unwrap()["data"].take()
    }
}

fn exchanges() -> Option<Vec<Exchange>> {
    let (_, text) = file("pve-genuine-9.1.7.jsonl")?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Plays all exchanges that succeeded or all that did not, and checks that each asks for the recorded path.
async fn played(succeeded: bool) -> Vec<(Exchange, Call, Result<Seen, Error>)> {
    let mut all = Vec::new();
    for exchange in exchanges().unwrap_or_default() {
        let excluded = EXCLUDED.iter().any(|(name, _)| *name == exchange.name);
        let Some(call) = exchange.call().filter(|_| !excluded) else { continue };
        if matches!(exchange.status(), Some((200, _))) != succeeded {
            continue;
        }
        let (seen, path) = play(&call, exchange.bytes()).await;
        let recorded = exchange.path().unwrap().replace("%3A", ":").replace("%40", "@").replace("%21", "!");
        assert_eq!(path, format!("/api2/json{recorded}"), "{}", exchange.name);
        all.push((exchange, call, seen));
    }
    all
}

#[test]
fn every_excluded_exchange_exists_and_nothing_else_on_our_paths_is_left_out() {
    let Some(exchanges) = exchanges() else { return };
    for (name, why) in EXCLUDED {
        let exchange = exchanges.iter().find(|exchange| exchange.name == *name).unwrap_or_else(|| panic!("{name}"));
        assert!(exchange.call().is_none(), "{name} can be played, although {why}");
    }
    let paths_of_ours = exchanges.iter().filter(|exchange| {
        let segments: Vec<_> = exchange.path().unwrap_or_default().trim_start_matches('/').split('/').collect();
        match (exchange.method(), &segments[..]) {
            ("GET", ["version" | "nodes"] | ["cluster", "status" | "resources"] | ["access", "permissions"]) => true,
            ("GET", ["nodes", _, "tasks"] | ["nodes", _, "tasks", _, "status" | "log"]) => true,
            (
                "GET",
                ["nodes", _, "qemu" | "lxc", _, "config"] | ["nodes", _, "qemu" | "lxc", _, "status", "current"],
            ) => true,
            ("POST", ["nodes", _, "qemu" | "lxc", _, "status", _]) => true,
            _ => false,
        }
    });
    let left_out: Vec<_> =
        paths_of_ours.filter(|exchange| exchange.call().is_none()).map(|exchange| &exchange.name[..]).collect();
    assert_eq!(left_out, EXCLUDED.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let played = exchanges.iter().filter(|exchange| exchange.call().is_some()).count();
    assert!(played >= 200, "{played}");
}

#[tokio::test]
async fn every_refusal_is_named_and_has_proxmoxs_own_reason() {
    let mut kinds = BTreeMap::new();
    for (exchange, call, seen) in played(false).await {
        let name = &exchange.name;
        let error = seen.expect_err(name);
        let Some((status, reason)) = exchange.status() else {
            assert!(matches!(error, Error::Interrupted { .. }), "{name}: {error:?}");
            *kinds.entry("interrupted").or_insert(0) += 1;
            continue;
        };
        let token = "nexops@pve!nexops".to_owned();
        let (kind, expected) = match status {
            301 => {
                assert!(matches!(error, Error::Redirected { status: 301, .. }), "{name}: {error:?}");
                continue;
            }
            401 => ("unauthorized", Error::Unauthorized { reason: reason.to_owned(), token }),
            403 => {
                let (path, privilege) =
                    reason.split_once('(').unwrap().1.trim_end_matches(')').split_once(", ").unwrap();
                let (path, privilege) = (Some(path.to_owned()), Some(privilege.to_owned()));
                ("forbidden", Error::Forbidden { reason: reason.to_owned(), token, path, privilege })
            }
            400 => {
                let told: Value = serde_json::from_str(&exchange.body).unwrap();
                let fields = told["errors"].as_object().unwrap().iter();
                let fields =
                    fields.map(|(field, text)| (field.clone(), text.as_str().unwrap().trim().to_owned())).collect();
                ("invalid", Error::InvalidParameters { reason: reason.to_owned(), fields })
            }
            500 if reason.starts_with("Configuration file ") => {
                ("missing", Error::GuestMissing { reason: reason.to_owned() })
            }
            500 if reason.ends_with(" not running") => {
                ("not running", Error::Refused { status, reason: reason.to_owned(), refusal: Refusal::NotRunning })
            }
            501 => ("not implemented", Error::NotImplemented { reason: reason.to_owned() }),
            595 => {
                let node = call.node().unwrap().to_owned();
                ("unreachable", Error::NodeUnreachable { node, status, reason: reason.to_owned() })
            }
            506 => ("other", Error::Refused { status, reason: reason.to_owned(), refusal: Refusal::Other }),
            _ => panic!("{name}: {status} {reason} is a new kind"),
        };
        assert_eq!(error, expected, "{name}");
        assert_eq!(error.upstream().unwrap().status, Some(status), "{name}");
        *kinds.entry(kind).or_insert(0) += 1;
    }
    if exchanges().is_some() {
        let all = [
            "forbidden",
            "interrupted",
            "invalid",
            "missing",
            "not implemented",
            "not running",
            "other",
            "unauthorized",
            "unreachable",
        ];
        assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), all, "{kinds:?}");
    }
}

#[tokio::test]
async fn a_task_that_the_node_does_not_know_is_no_such_task() {
    let Some(exchanges) = exchanges() else { return };
    let find = |name: &str| exchanges.iter().find(|exchange| exchange.name == name).unwrap().clone();
    let upid = "UPID:pve1:0000FFFF:0000FFFF:60000000:qmstart:101:root@pam:".parse().unwrap();
    let status = play(&Call::TaskStatus(upid), find("task-wrong-node").bytes()).await.0;
    assert_eq!(status.unwrap_err(), Error::NoSuchTask);
    let log = find("task-unknown-upid-log");
    assert_eq!(play(&log.call().unwrap(), log.bytes()).await.0.unwrap_err(), Error::NoSuchTask);
}

#[tokio::test]
async fn every_answer_has_the_values_that_proxmox_meant() {
    let mut count = 0;
    for (exchange, call, seen) in played(true).await {
        let name = exchange.name.as_str();
        if name == "task-unknown-upid-log" {
            continue;
        }
        let seen = seen.unwrap_or_else(|error| panic!("{name}: {error}"));
        count += 1;
        match seen {
            Seen::Version(version) => {
                assert_eq!((version.text.as_str(), version.major, version.minor), ("9.1.7", 9, 1), "{name}");
            }
            Seen::Nodes(nodes) => check_nodes(name, &nodes),
            Seen::Status(status) => {
                assert_eq!((status.name.as_deref(), status.quorate), (Some("testcluster"), Some(true)), "{name}");
                let mut members: Vec<_> = status
                    .members
                    .iter()
                    .map(|member| (&member.name[..], member.ip.as_deref(), member.online, member.local))
                    .collect();
                members.sort();
                assert_eq!(
                    members,
                    [("pve1", Some("10.99.0.1"), true, true), ("pve2", Some("10.99.0.2"), true, false)],
                    "{name}"
                );
            }
            Seen::Resources(resources) => check_resources(name, &resources),
            Seen::Permissions(permissions) => check_permissions(name, &permissions),
            Seen::Current(current) => check_current(name, &current),
            Seen::Config(config) => {
                let data = exchange.data();
                assert_eq!(config.os_type.as_deref(), data["ostype"].as_str(), "{name}");
                assert_eq!(config.snapshot, data, "{name} has no secret, so nothing is masked");
            }
            Seen::Power(upid) => {
                assert_eq!(exchange.data(), upid.as_str(), "{name}");
                let Call::Power(at, _) = &call else { panic!("{call:?}") };
                assert_eq!((upid.node(), upid.subject()), (&at.node[..], &at.vmid.to_string()[..]), "{name}");
                assert!(upid.task_type().starts_with(if exchange.path().unwrap().contains("/lxc/") {
                    "vz"
                } else {
                    "qm"
                }));
            }
            Seen::TaskStatus(state) => check_task(name, &state),
            Seen::TaskLog(log) => check_log(name, &exchange, &log),
            Seen::Tasks(tasks) => {
                let data = exchange.data();
                assert_eq!(tasks.len(), data.as_array().unwrap().len(), "{name}");
                for task in &tasks {
                    let row = data.as_array().unwrap().iter().find(|row| row["upid"] == task.upid.as_str()).unwrap();
                    assert_eq!(row["starttime"], task.started_at.timestamp());
                    assert_eq!(row["type"], task.task_type.as_str());
                    assert!(task.user.starts_with(row["user"].as_str().unwrap()));
                    assert_eq!(Some(task.ended.as_ref().unwrap().exit_status.as_str()), row["status"].as_str());
                }
                assert!(tasks.is_sorted_by(|one, next| one.started_at >= next.started_at), "{name}");
            }
        }
    }
    if exchanges().is_some() {
        assert!(count >= 140, "{count}");
    }
}

fn check_nodes(name: &str, nodes: &[nexopsd::proxmox::NodeRow]) {
    let online = |name: &str| (name.to_owned(), NodeStatus::Online, true);
    let mut told: Vec<_> = nodes.iter().map(|node| (node.name.clone(), node.status, node.cpu.is_some())).collect();
    told.sort();
    let expected = match name {
        "off-cut-70s-nodes" => vec![online("pve1"), ("pve2".to_owned(), NodeStatus::Offline, false)],
        // Without Sys.Audit the figures are missing.
        "perm-alice-privsep-noacl-nodes" => {
            vec![("pve1".to_owned(), NodeStatus::Online, false), ("pve2".to_owned(), NodeStatus::Online, false)]
        }
        _ => vec![online("pve1"), online("pve2")],
    };
    assert_eq!(told, expected, "{name}");
    for node in nodes {
        assert!(node.fingerprint.as_ref().unwrap().parse::<nexopsd::proxmox::Fingerprint>().is_ok(), "{name}");
        assert_eq!(node.uptime.is_some(), node.cpu.is_some(), "{name}");
    }
}

fn check_resources(name: &str, resources: &nexopsd::proxmox::Resources) {
    assert_eq!(resources.skipped, 0, "{name}");
    let guests: BTreeMap<_, _> = resources.guests.iter().map(|guest| (guest.vmid, guest)).collect();
    match name {
        "read-resources-sdn" => assert!(guests.is_empty() && resources.nodes.is_empty()),
        "read-resources-storage" => assert_eq!(resources.storages.len(), 4),
        "perm-alice-privsep-noacl-cluster-resources" => {
            assert!(guests.is_empty() && resources.storages.is_empty());
            assert!(resources.nodes.iter().all(|node| node.cpu.is_none() && node.status == NodeStatus::Online));
        }
        _ => {
            let clone = i32::from(guests.contains_key(&120));
            assert_eq!(guests.len(), 11 + usize::try_from(clone).unwrap(), "{name}");
            assert_eq!((resources.nodes.len(), resources.storages.len()), (2, 4), "{name}");
            let status = |vmid: i32| guests[&vmid].status;
            assert_eq!(
                (status(100), status(101), status(104)),
                (VmStatus::Running, VmStatus::Stopped, VmStatus::Paused),
                "{name}"
            );
            assert_eq!(guests[&100].tags, Some(vec!["web".to_owned(), "prod".to_owned()]), "{name}");
            assert_eq!(guests[&102].template, Some(true), "{name}");
            assert_eq!(guests[&103].lock.as_deref(), Some("backup"), "{name}");
            assert_eq!(guests[&105].name.as_deref(), Some("VM 105"), "{name}");
            assert_eq!(guests[&100].disk_used, None, "{name}: nobody looks into a virtual machine");
            assert_eq!(guests[&200].disk_used, Some(0), "{name}: a container that is off");
            assert!(guests[&100].memory_used > guests[&100].memory_total, "{name}: figures stay as told");
            assert!(guests[&100].network_in > Some(0), "{name}");
            let away = if name.starts_with("off-cut") { NodeStatus::Offline } else { NodeStatus::Online };
            let node = resources.nodes.iter().find(|node| node.name == "pve2").unwrap();
            assert_eq!(
                (node.status, status(110)),
                (away, VmStatus::Running),
                "{name}: guests of a lost node seem to run at first"
            );
        }
    }
}

fn check_permissions(name: &str, permissions: &nexopsd::proxmox::Permissions) {
    let power = permissions.allows("/vms/100", "VM.PowerMgmt");
    let audit = permissions.allows("/vms/100", "VM.Audit");
    let expected = match name {
        "perm-alice-privsep-noacl-access-permissions" => (true, false, false),
        "perm-auditor-access-permissions" => (false, false, true),
        _ => (false, true, true),
    };
    assert_eq!((permissions.is_empty(), power, audit), expected, "{name}");
}

fn check_current(name: &str, current: &nexopsd::proxmox::GuestCurrent) {
    let status = match name {
        "act-start-101.current" | "err-dup-param-same" | "read-vm-110-current-proxied" => VmStatus::Running,
        "perm-auditor-nodes-pve1-qemu-100-status-current" => VmStatus::Running,
        "read-vm-104-current" => VmStatus::Paused,
        _ => VmStatus::Stopped,
    };
    let template = name.contains("102");
    let lock = (name == "read-vm-103-current").then_some("backup");
    assert_eq!((current.status, current.template, current.lock.as_deref()), (status, template, lock), "{name}");
    assert_eq!((current.ha_managed, current.uptime > Some(0)), (false, status != VmStatus::Stopped), "{name}");
}

/// How each task ended, and what that means, by the beginning of the exchange's name; every other one ended well.
const ENDS: &[(&str, &str, Refusal)] = &[
    ("act-lxc-start-fails", "unable to get PID for CT 200 (not running?)", Refusal::Other),
    ("act-reboot-timeout", "VM quit/powerdown failed - got timeout", Refusal::ShutdownTimedOut),
    ("act-snapshot-delete-missing", "snapshot 'nosuch' does not exist", Refusal::Other),
    ("act-snapshot-dup", "snapshot name 'rec1' already used", Refusal::Other),
    ("act-snapshot-rollback-missing", "snapshot 'nosuch' does not exist", Refusal::Other),
    ("act-start-110-proxied-already", "VM 110 already running", Refusal::AlreadyRunning),
    ("act-start-already-running", "VM 101 already running", Refusal::AlreadyRunning),
    ("act-start-bad-args", "start failed: QEMU exited with code 1", Refusal::Other),
    (
        "act-start-missing-999",
        "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
        Refusal::GuestMissing,
    ),
    ("act-start-template", "you can't start a vm if it's a template", Refusal::Template),
    ("act-start-while-paused", "VM 101 already running", Refusal::AlreadyRunning),
    ("act-stop-missing-999", "unable to find configuration file for VM 999 on node 'pve1'", Refusal::GuestMissing),
    ("task-long-aborted", "received interrupt", Refusal::Other),
    ("task-second-while-locked", "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout", Refusal::Busy),
];

/// Tasks that were still under way.
const RUNNING: &[&str] = &[
    "act-reboot-timeout.task-status-first",
    "act-start-101.task-status-first",
    "act-start-111-proxied.task-status-first",
    "task-long-running-status",
    "task-second-while-locked.task-status-first",
];

fn check_task(name: &str, state: &TaskState) {
    if RUNNING.contains(&name) {
        return assert_eq!(state, &TaskState::Running, "{name}");
    }
    let TaskState::Ended(TaskEnd { outcome, exit_status }) = state else { panic!("{name}: {state:?}") };
    if name.starts_with("act-start-locked") {
        let lock = "backup".to_owned();
        assert_eq!(
            (*outcome, Refusal::from_reason(exit_status)),
            (Outcome::Failed, Refusal::Locked { lock }),
            "{name}"
        );
        return;
    }
    match ENDS.iter().find(|(beginning, ..)| name.starts_with(beginning)) {
        Some((_, text, refusal)) => {
            assert_eq!((*outcome, exit_status.as_str()), (Outcome::Failed, *text), "{name}");
            assert_eq!(Refusal::from_reason(exit_status), *refusal, "{name}");
        }
        None => assert_eq!((*outcome, exit_status.as_str()), (Outcome::Succeeded, "OK"), "{name}"),
    }
}

fn check_log(name: &str, exchange: &Exchange, log: &nexops_core::task::TaskLog) {
    if name == "task-log-start-beyond" {
        assert_eq!((log.lines.len(), log.total), (0, Some(1)), "{name}");
        return;
    }
    let data = exchange.data();
    if data[0]["t"] == "no content" {
        assert_eq!((log.lines.len(), log.total), (0, Some(0)), "{name}");
        return;
    }
    let told: Vec<_> =
        log.lines.iter().map(|line| (Value::from(line.number), Value::from(line.text.clone()))).collect();
    let expected: Vec<_> = data.as_array().unwrap().iter().map(|line| (line["n"].clone(), line["t"].clone())).collect();
    assert_eq!((told, log.total), (expected, Some(log.lines.len() as u64)), "{name}");
    assert!(log.lines.last().unwrap().text.starts_with("TASK "), "{name}");
}
