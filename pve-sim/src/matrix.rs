//! The power matrix: what is refused at once, what fails inside its task, and what works.

use crate::guest::{Guest, GuestKind, State};
use crate::power::{Action, Change, Order, Target};

/// How long a failing task takes to fail.
const INSTANT_SECONDS: f64 = 0.05;
/// How long a guest may take to shut down when the request names no timeout.
const SHUTDOWN_SECONDS: f64 = 60.0;

/// How long a task works and what comes of it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seconds: f64,
    pub(crate) result: Result<Change, String>,
}

impl Plan {
    fn fail(text: impl Into<String>) -> Self {
        Self { seconds: INSTANT_SECONDS, result: Err(text.into()) }
    }

    fn after(seconds: f64, change: Change) -> Self {
        Self { seconds, result: Ok(change) }
    }
}

/// What a task that has the lock of its guest will do.
pub(crate) fn plan(guest: Option<&Guest>, target: Target, node_name: &str, order: &Order) -> Plan {
    match (guest, target.kind) {
        (None, _) => Plan::fail(missing_text(target, node_name, order.action)),
        (Some(guest), GuestKind::Qemu) => plan_qemu(guest, order),
        (Some(guest), GuestKind::Lxc) => plan_lxc(guest, order),
    }
}

/// The text of an immediate 500; `None` means that a task is started, even if only to fail.
pub(crate) fn refused_at_once(guest: Option<&Guest>, target: Target, node_name: &str, order: &Order) -> Option<String> {
    let vmid = target.vmid;
    let state = guest.map(Guest::state);
    let running = state.is_some_and(|state| state != State::Stopped);
    let paused = state == Some(State::Paused);
    let hibernated = guest.is_some_and(|guest| guest.lock.as_deref() == Some("suspended"));
    match (target.kind, order.action) {
        (GuestKind::Qemu, Action::Start | Action::Stop) => None,
        (GuestKind::Qemu, Action::Shutdown) => {
            (paused && !order.force_stop).then(|| "VM is paused - cannot shutdown".to_owned())
        }
        (GuestKind::Qemu, action) => {
            if guest.is_none() {
                Some(missing_text(target, node_name, action))
            } else if action == Action::Resume && hibernated {
                None
            } else if !running {
                Some(format!("VM {vmid} not running"))
            } else if action == Action::Reboot && paused {
                Some("VM is paused - cannot shutdown".to_owned())
            } else {
                None
            }
        }
        (GuestKind::Lxc, Action::Start | Action::Resume) => running.then(|| format!("CT {vmid} already running")),
        // Not a slip of ours: the container code says VM here.
        (GuestKind::Lxc, Action::Reboot) => (!running).then(|| format!("VM {vmid} not running")),
        (GuestKind::Lxc, Action::Stop | Action::Shutdown | Action::Suspend | Action::Reset) => {
            (!running).then(|| format!("CT {vmid} not running"))
        }
    }
}

/// What Proxmox VE says about a guest whose configuration is not on the node.
fn missing_text(target: Target, node_name: &str, action: Action) -> String {
    let Target { kind, vmid, .. } = target;
    match (kind, action) {
        (GuestKind::Qemu, Action::Start) | (GuestKind::Lxc, _) => missing_configuration(kind, vmid, node_name),
        (GuestKind::Qemu, _) => {
            format!("unable to find configuration file for VM {vmid} on node '{node_name}'")
        }
    }
}

/// The 500 of every read of a guest that is not there.
pub(crate) fn missing_configuration(kind: GuestKind, vmid: u32, node_name: &str) -> String {
    format!("Configuration file 'nodes/{node_name}/{}/{vmid}.conf' does not exist", kind.folder())
}

fn plan_qemu(guest: &Guest, order: &Order) -> Plan {
    let state = guest.state();
    let hibernated = guest.lock.as_deref() == Some("suspended");
    let locked = guest.lock.as_ref().map(|lock| format!("VM is locked ({lock})"));
    match order.action {
        Action::Start if guest.template => Plan::fail("you can't start a vm if it's a template".to_owned()),
        Action::Start | Action::Resume if hibernated => Plan::after(2.0, Change::Thaw),
        Action::Stop | Action::Shutdown if state == State::Stopped => Plan::after(INSTANT_SECONDS, Change::Nothing),
        // A backup may pause and resume what it locks, so these two do not mind its lock.
        Action::Suspend | Action::Resume if guest.lock.as_deref() == Some("backup") && !order.to_disk => {
            plan_unlocked_qemu(guest, order)
        }
        Action::Start
        | Action::Stop
        | Action::Shutdown
        | Action::Reboot
        | Action::Reset
        | Action::Suspend
        | Action::Resume => match locked {
            Some(text) => Plan::fail(text),
            None if order.action == Action::Start && state != State::Stopped => {
                Plan::fail(format!("VM {} already running", guest.vmid))
            }
            None => plan_unlocked_qemu(guest, order),
        },
    }
}

fn plan_unlocked_qemu(guest: &Guest, order: &Order) -> Plan {
    match order.action {
        Action::Start => Plan::after(1.0 + 2.0 * slowness(guest), Change::Run),
        Action::Stop => Plan::after(1.0, Change::Stop),
        Action::Shutdown if guest.state() == State::Paused => Plan::after(1.0, Change::Stop),
        Action::Shutdown => plan_shutdown(guest, order, Change::Stop, "VM quit/powerdown failed - got timeout"),
        Action::Reboot => plan_shutdown(guest, order, Change::StopThenBoot, "VM quit/powerdown failed - got timeout"),
        // The process goes on, only the machine inside starts anew: no figure shows it.
        Action::Reset => Plan::after(0.3, Change::Nothing),
        Action::Suspend if order.to_disk => Plan::after(4.0, Change::Hibernate),
        Action::Suspend => Plan::after(0.5, Change::Pause),
        Action::Resume => Plan::after(0.5, Change::Run),
    }
}

fn plan_lxc(guest: &Guest, order: &Order) -> Plan {
    if order.action == Action::Start && guest.template {
        return Plan::fail("you can't start a CT if it's a template".to_owned());
    }
    if let Some(lock) = &guest.lock {
        return Plan::fail(format!("CT is locked ({lock})"));
    }
    match (order.action, guest.state()) {
        (Action::Start, State::Stopped) => Plan::after(1.0 + slowness(guest), Change::Run),
        (Action::Start, State::Running | State::Paused) => Plan::fail(format!("CT {} already running", guest.vmid)),
        (Action::Stop, _) => Plan::after(1.0, Change::Stop),
        (Action::Shutdown, _) => plan_shutdown(guest, order, Change::Stop, "container did not stop"),
        (Action::Reboot, _) => {
            // A container that does not stop in time is killed by its reboot.
            let order = Order { force_stop: true, ..order.clone() };
            plan_shutdown(guest, &order, Change::Restart, "container did not stop")
        }
        // Checkpointing containers is experimental and fails on most real hosts as well.
        (Action::Suspend | Action::Resume | Action::Reset, _) => {
            Plan::fail(format!("command 'lxc-checkpoint -n {} -s -D /var/lib/vz/dump' failed: exit code 1", guest.vmid))
        }
    }
}

fn plan_shutdown(guest: &Guest, order: &Order, change: Change, timeout_text: &str) -> Plan {
    let timeout = order.timeout_seconds.unwrap_or(SHUTDOWN_SECONDS);
    let natural = if guest.ignores_shutdown { f64::INFINITY } else { 2.5 + 3.0 * slowness(guest) };
    if natural <= timeout {
        Plan::after(natural, change)
    } else if order.force_stop {
        Plan::after(timeout + 1.0, change)
    } else {
        Plan { seconds: timeout, result: Err(timeout_text.to_owned()) }
    }
}

/// How slow a guest is, 0..1; the first two guests are quick, for those who wait for them in tests.
fn slowness(guest: &Guest) -> f64 {
    if guest.vmid <= 101 { 0.0 } else { guest.trait_of(40) }
}
