//! Power actions: from the request to the task that takes the lock, works and ends.

use crate::answers::Refusal;
use crate::clock::Moment;
use crate::guest::{Guest, GuestKind, State};
use crate::matrix::{Plan, plan, refused_at_once};
use crate::tasks::Actor;
use crate::world::{Event, World};

/// How long a task waits for the configuration lock another task holds.
const LOCK_WAIT_SECONDS: f64 = 10.0;
/// From the end of a reboot task until the guest is up again.
const BOOT_SECONDS: f64 = 2.0;

/// The last segment of a power request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Start,
    Stop,
    Shutdown,
    Reboot,
    Reset,
    Suspend,
    Resume,
}

impl Action {
    pub(crate) fn parse(kind: GuestKind, text: &str) -> Option<Self> {
        match (text, kind) {
            ("start", _) => Some(Self::Start),
            ("stop", _) => Some(Self::Stop),
            ("shutdown", _) => Some(Self::Shutdown),
            ("reboot", _) => Some(Self::Reboot),
            // Containers have no such endpoint.
            ("reset", GuestKind::Qemu) => Some(Self::Reset),
            ("suspend", _) => Some(Self::Suspend),
            ("resume", _) => Some(Self::Resume),
            _ => None,
        }
    }
}

/// A power action with its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) action: Action,
    pub(crate) timeout_seconds: Option<f64>,
    pub(crate) force_stop: bool,
    pub(crate) overrule_shutdown: bool,
    pub(crate) to_disk: bool,
}

impl Order {
    pub(crate) fn plain(action: Action) -> Self {
        Self { action, timeout_seconds: None, force_stop: false, overrule_shutdown: false, to_disk: false }
    }
}

/// What a task does and until when it may wait for the lock.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    node: usize,
    kind: GuestKind,
    vmid: u32,
    order: Order,
    lock_deadline: Moment,
}

/// Which guest on which node an action is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) node: usize,
    pub(crate) kind: GuestKind,
    pub(crate) vmid: u32,
}

/// What a successful task changes at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    Run,
    /// Start from a memory image on disk, which also releases the lock.
    Thaw,
    Pause,
    Stop,
    /// Stop into a memory image on disk, which leaves a lock.
    Hibernate,
    /// Stop; the host starts the guest a moment later, outside of the task.
    StopThenBoot,
    /// Stop and start in one.
    Restart,
}

/// Starts the task of a power action, or refuses at once; the answer is the UPID.
pub(crate) fn request(
    world: &mut World,
    target: Target,
    order: Order,
    actor: Actor,
    now: Moment,
) -> Result<String, Refusal> {
    let node_name = world.node_name(target.node).to_owned();
    let guest = find(world, target);
    let managed = guest.is_some_and(|guest| guest.ha);
    if let Some(text) = refused_at_once(guest, target, &node_name, &order) {
        return Err(Refusal::Failed(text));
    }
    let by_manager = match order.action {
        Action::Start => managed.then_some("hastart"),
        Action::Stop | Action::Shutdown => managed.then_some("hastop"),
        Action::Reboot | Action::Reset | Action::Suspend | Action::Resume => None,
    };
    if let Some(kind) = by_manager {
        let serial = start_task(world, target, kind, actor, now);
        let scale = world.time_scale;
        let done = Event::Finish { task: serial, result: Ok(Change::Nothing) };
        world.schedule(now.plus(scale), done);
        // The manager looks at its requests in rounds of ten seconds.
        world.schedule(now.plus(5.0 * scale), Event::Manage { vmid: target.vmid, order });
        return Ok(upid(world, serial));
    }
    if order.overrule_shutdown {
        abort_shutdowns(world, target.vmid, now);
    }
    let serial = start_job(world, target, order, actor, now);
    Ok(upid(world, serial))
}

/// The high-availability manager acts in its own name.
pub(crate) fn manage(world: &mut World, vmid: u32, order: Order, now: Moment) {
    if let Some(guest) = world.guests.get(&vmid) {
        let target = Target { node: guest.node, kind: guest.kind, vmid };
        start_job(world, target, order, Actor::root(), now);
    }
}

/// Ends a running task as an interrupt would.
pub(crate) fn abort(world: &mut World, serial: u64, now: Moment) {
    end(world, serial, "received interrupt", now);
}

/// A task gets the lock of its guest and finds out what will come of it, or waits.
pub(crate) fn begin(world: &mut World, serial: u64, now: Moment) {
    let Some(task) = world.tasks.get(serial).filter(|task| task.ended.is_none()) else {
        return;
    };
    let Some(job) = task.job.clone() else { return };
    let scale = world.time_scale;
    let target = Target { node: job.node, kind: job.kind, vmid: job.vmid };
    if let Some((_, until)) = find(world, target).and_then(|guest| guest.busy).filter(|(_, until)| *until > now) {
        if now >= job.lock_deadline {
            let folder = match job.kind {
                GuestKind::Qemu => format!("/var/lock/qemu-server/lock-{}.conf", job.vmid),
                GuestKind::Lxc => format!("/run/lock/lxc/pve-config-{}.lock", job.vmid),
            };
            end(world, serial, &format!("can't lock file '{folder}' - got timeout"), now);
            return;
        }
        if let Some(task) = world.tasks.get_mut(serial).filter(|task| task.lines.is_empty()) {
            task.lines.push("trying to acquire lock...".to_owned());
        }
        let next = if until < job.lock_deadline { until } else { job.lock_deadline };
        world.schedule(next, Event::Begin { task: serial });
        return;
    }
    let node_name = world.node_name(job.node).to_owned();
    let Plan { seconds, result } = plan(find(world, target), target, &node_name, &job.order);
    let until = now.plus(seconds * scale);
    if let Some(guest) = world.guests.get_mut(&job.vmid) {
        guest.busy = Some((serial, until));
    }
    world.schedule(until, Event::Finish { task: serial, result });
}

/// The work of a task is done.
pub(crate) fn finish(world: &mut World, serial: u64, result: Result<Change, String>, now: Moment) {
    // An aborted task changes nothing any more.
    let Some(task) = world.tasks.get(serial).filter(|task| task.ended.is_none()) else {
        return;
    };
    let vmid = task.job.as_ref().map(|job| job.vmid);
    match result {
        Err(text) => end(world, serial, &text, now),
        Ok(change) => {
            if let Some(vmid) = vmid {
                apply(world, vmid, change, now);
            }
            end(world, serial, "OK", now);
        }
    }
}

fn apply(world: &mut World, vmid: u32, change: Change, now: Moment) {
    let boot = now.plus(BOOT_SECONDS * world.time_scale);
    let Some(guest) = world.guests.get_mut(&vmid) else {
        return;
    };
    match change {
        Change::Nothing => {}
        Change::Run => guest.set_state(State::Running, now),
        Change::Thaw => {
            guest.lock = None;
            guest.set_state(State::Running, now);
            world.generation += 1;
        }
        Change::Pause => guest.set_state(State::Paused, now),
        Change::Stop => guest.set_state(State::Stopped, now),
        Change::Hibernate => {
            guest.lock = Some("suspended".to_owned());
            guest.set_state(State::Stopped, now);
            world.generation += 1;
        }
        Change::StopThenBoot => {
            guest.set_state(State::Stopped, now);
            world.schedule(boot, Event::Boot { vmid });
        }
        Change::Restart => {
            guest.set_state(State::Stopped, now);
            guest.set_state(State::Running, now);
        }
    }
}

fn end(world: &mut World, serial: u64, status: &str, now: Moment) {
    let skew = world.tasks.skew_seconds;
    let Some(task) = world.tasks.get_mut(serial).filter(|task| task.ended.is_none()) else {
        return;
    };
    task.end(status, now.plus(skew));
    let vmid = task.job.as_ref().map(|job| job.vmid);
    if let Some(guest) = vmid.and_then(|vmid| world.guests.get_mut(&vmid))
        && guest.busy.is_some_and(|(holder, _)| holder == serial)
    {
        guest.busy = None;
    }
}

fn abort_shutdowns(world: &mut World, vmid: u32, now: Moment) {
    let running: Vec<u64> = world
        .tasks
        .newest_first()
        .filter(|(_, task)| {
            task.ended.is_none()
                && ["qmshutdown", "vzshutdown"].contains(&task.kind)
                && task.job.as_ref().is_some_and(|job| job.vmid == vmid)
        })
        .map(|(serial, _)| serial)
        .collect();
    for serial in running {
        abort(world, serial, now);
    }
}

fn start_job(world: &mut World, target: Target, order: Order, actor: Actor, now: Moment) -> u64 {
    let kind = task_kind(target.kind, &order);
    let serial = start_task(world, target, kind, actor, now);
    let lock_deadline = now.plus(LOCK_WAIT_SECONDS * world.time_scale);
    let Target { node, kind, vmid } = target;
    if let Some(task) = world.tasks.get_mut(serial) {
        task.job = Some(Job { node, kind, vmid, order, lock_deadline });
    }
    begin(world, serial, now);
    serial
}

fn start_task(world: &mut World, target: Target, kind: &'static str, actor: Actor, now: Moment) -> u64 {
    let node = &world.nodes[target.node];
    world.tasks.start(node, kind, target.vmid.to_string(), actor, now)
}

fn upid(world: &World, serial: u64) -> String {
    world.tasks.get(serial).map(|task| task.upid.clone()).unwrap_or_default()
}

/// The guest, if it is of this kind and on this node: a mix-up counts as missing.
pub(crate) fn find(world: &World, target: Target) -> Option<&Guest> {
    let guest = world.guests.get(&target.vmid)?;
    (guest.node == target.node && guest.kind == target.kind).then_some(guest)
}

fn task_kind(kind: GuestKind, order: &Order) -> &'static str {
    match (kind, order.action) {
        (GuestKind::Qemu, Action::Start) => "qmstart",
        (GuestKind::Qemu, Action::Stop) => "qmstop",
        (GuestKind::Qemu, Action::Shutdown) => "qmshutdown",
        (GuestKind::Qemu, Action::Reboot) => "qmreboot",
        (GuestKind::Qemu, Action::Suspend) if order.to_disk => "qmsuspend",
        (GuestKind::Qemu, Action::Suspend) => "qmpause",
        (GuestKind::Qemu, Action::Resume) => "qmresume",
        (GuestKind::Qemu | GuestKind::Lxc, Action::Reset) => "qmreset",
        (GuestKind::Lxc, Action::Start) => "vzstart",
        (GuestKind::Lxc, Action::Stop) => "vzstop",
        (GuestKind::Lxc, Action::Shutdown) => "vzshutdown",
        (GuestKind::Lxc, Action::Reboot) => "vzreboot",
        (GuestKind::Lxc, Action::Suspend) => "vzsuspend",
        (GuestKind::Lxc, Action::Resume) => "vzresume",
    }
}
