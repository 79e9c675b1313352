use nexops_core::usage::Usage;
use rstest::rstest;

use super::*;

fn guest(kind: VmType) -> Vm {
    let at = "2026-03-15T10:30:00Z".parse().unwrap();
    Vm {
        id: nexops_core::id::VmId::new(),
        connection_id: nexops_core::id::ConnectionId::new(),
        connection: "default".to_owned(),
        node_id: nexops_core::id::NodeId::new(),
        node: "pve1".to_owned(),
        vmid: 101,
        name: "web".to_owned(),
        status: VmStatus::Unknown,
        status_detail: None,
        kind,
        cpu_cores: 2.0,
        memory_mb: 2048,
        disk_gb: 32.0,
        ip_address: None,
        agent: None,
        os_type: None,
        tags: Vec::new(),
        template: false,
        locked: None,
        config: None,
        gone_at: None,
        created_at: at,
        updated_at: at,
        usage: Usage::default(),
    }
}

fn current(status: VmStatus, lock: Option<&str>) -> GuestCurrent {
    GuestCurrent {
        status,
        status_detail: None,
        name: None,
        lock: lock.map(str::to_owned),
        template: false,
        uptime: None,
        ha_managed: false,
    }
}

fn code(result: Result<(), Error>) -> Option<ErrorCode> {
    match result {
        Ok(()) => None,
        Err(Error::WrongState { code, message }) => {
            assert!(message.starts_with("guest 101 'web' "), "{message}");
            Some(code)
        }
        Err(other) => panic!("{other}"),
    }
}

#[rstest]
#[case(VmStatus::Running, [Some(ErrorCode::VmAlreadyRunning), None, None, None, None, None, Some(ErrorCode::VmAlreadyRunning)])]
#[case(VmStatus::Stopped, [
    None, Some(ErrorCode::VmNotRunning), Some(ErrorCode::VmNotRunning), Some(ErrorCode::VmNotRunning),
    Some(ErrorCode::VmNotRunning), Some(ErrorCode::VmNotRunning), Some(ErrorCode::VmNotRunning),
])]
#[case(VmStatus::Paused, [
    Some(ErrorCode::VmPaused), None, Some(ErrorCode::VmPaused), Some(ErrorCode::VmPaused), None,
    Some(ErrorCode::VmPaused), None,
])]
#[case(VmStatus::Error, [Some(ErrorCode::VmPaused), None, None, None, None, None, None])]
#[case(VmStatus::Unknown, [None; 7])]
fn an_action_needs_the_right_state(#[case] status: VmStatus, #[case] expected: [Option<ErrorCode>; 7]) {
    for (&action, expected) in PowerAction::ALL.iter().zip(expected) {
        for kind in [VmType::Qemu, VmType::Lxc] {
            assert_eq!(code(check_state(&guest(kind), &current(status, None), action)), expected, "{action} {kind}");
        }
    }
}

#[test]
fn a_lock_stops_everything_but_waking_what_was_suspended_to_disk() {
    for &action in PowerAction::ALL {
        for &status in VmStatus::ALL {
            for lock in ["backup", "migrate", "suspending", "suspended"] {
                let result = code(check_state(&guest(VmType::Qemu), &current(status, Some(lock)), action));
                let wakes = matches!(action, PowerAction::Start | PowerAction::Resume) && lock == "suspended";
                assert_eq!(result == Some(ErrorCode::VmLocked), !wakes, "{action} {status} {lock}: {result:?}");
            }
        }
        let asleep = current(VmStatus::Stopped, Some("suspended"));
        let wakes = matches!(action, PowerAction::Start | PowerAction::Resume);
        assert_eq!(check_state(&guest(VmType::Qemu), &asleep, action).is_ok(), wakes, "{action}");
    }
}

#[test]
fn a_template_is_never_acted_on_whoever_says_that_it_is_one() {
    for &action in PowerAction::ALL {
        for &status in VmStatus::ALL {
            let told = GuestCurrent { template: true, ..current(status, Some("backup")) };
            assert_eq!(code(check_state(&guest(VmType::Lxc), &told, action)), Some(ErrorCode::VmIsTemplate));
            let known = Vm { template: true, ..guest(VmType::Qemu) };
            assert_eq!(code(check_state(&known, &current(status, None), action)), Some(ErrorCode::VmIsTemplate));
        }
    }
}

#[test]
fn only_the_reset_of_a_container_is_unheard_of() {
    for &action in PowerAction::ALL {
        for kind in [VmType::Qemu, VmType::Lxc] {
            let unheard_of = kind == VmType::Lxc && action == PowerAction::Reset;
            let expected = unheard_of.then_some(ErrorCode::ActionNotSupported);
            assert_eq!(code(check_kind(&guest(kind), action)), expected, "{action} {kind}");
        }
    }
}

#[test]
fn an_error_names_the_task_that_may_be_under_way_all_the_same() {
    let task = TaskId::new();
    let error = || proxmox::Error::NodeUnreachable { node: "pve1".to_owned(), status: 596, reason: "gone".to_owned() };
    let message = Error::Proxmox { error: error(), task: Some(task) }.to_string();
    assert!(message.contains(&format!("as task {task}")) && message.contains("did not repeat it"), "{message}");
    assert_eq!(Error::from(error()).to_string(), error().to_string());
}
