//! What the answers of the recorded cluster mean, by the name of the exchange.

use std::collections::BTreeMap;

use nexops_core::node::NodeStatus;
use nexops_core::task::TaskLog;
use nexops_core::vm::VmStatus;
use nexopsd::proxmox::{GuestCurrent, NodeRow, Outcome, Permissions, Refusal, Resources, TaskEnd, TaskState};
use nexopsd::tls::Fingerprint;
use serde_json::Value;

pub fn nodes(name: &str, nodes: &[NodeRow]) {
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
        assert!(node.fingerprint.as_ref().unwrap().parse::<Fingerprint>().is_ok(), "{name}");
        assert_eq!(node.uptime.is_some(), node.cpu.is_some(), "{name}");
    }
}

pub fn resources(name: &str, resources: &Resources) {
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

pub fn permissions(name: &str, permissions: &Permissions) {
    let power = permissions.allows("/vms/100", "VM.PowerMgmt");
    let audit = permissions.allows("/vms/100", "VM.Audit");
    let expected = match name {
        "perm-alice-privsep-noacl-access-permissions" => (true, false, false),
        "perm-auditor-access-permissions" => (false, false, true),
        _ => (false, true, true),
    };
    assert_eq!((permissions.is_empty(), power, audit), expected, "{name}");
}

pub fn current(name: &str, current: &GuestCurrent) {
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

pub fn task(name: &str, state: &TaskState) {
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

pub fn log(name: &str, data: &Value, log: &TaskLog) {
    if name == "task-log-start-beyond" {
        assert_eq!((log.lines.len(), log.total), (0, Some(1)), "{name}");
        return;
    }
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
