//! A guest: what it is, whether it runs, and what tests may know about it.

use serde::{Deserialize, Serialize};

use crate::agent::Agent;
use crate::clock::Moment;
use crate::random::fraction_of;

/// The two kinds of guests of Proxmox VE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestKind {
    /// A virtual machine.
    Qemu,
    /// A container.
    Lxc,
}

impl GuestKind {
    /// The name in paths, ids and the `type` field.
    pub fn key(self) -> &'static str {
        match self {
            Self::Qemu => "qemu",
            Self::Lxc => "lxc",
        }
    }

    /// The folder of configuration files, as error texts name it.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Qemu => "qemu-server",
            Self::Lxc => "lxc",
        }
    }
}

/// Whether a guest runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It runs.
    Running,
    /// Powered off.
    Stopped,
    /// In memory, but its processors stand still. Only virtual machines.
    Paused,
}

/// What is true about a guest, whatever the API says at the moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GuestFacts {
    /// The number, unique in the cluster.
    pub vmid: u32,
    /// The node that owns it.
    pub node: String,
    /// Virtual machine or container.
    pub kind: GuestKind,
    /// The name; `None` when the configuration has none.
    pub name: Option<String>,
    /// Whether it runs.
    pub state: State,
    /// A template cannot be started.
    pub template: bool,
    /// The lock in the configuration, for example `backup`.
    pub lock: Option<String>,
    /// Tags in the order of the configuration.
    pub tags: Vec<String>,
    /// The pool it belongs to.
    pub pool: Option<String>,
    /// Whether high availability looks after it.
    pub ha: bool,
    /// The guest agent.
    pub agent: Agent,
    /// Whether it lets a shutdown request run into its timeout.
    pub ignores_shutdown: bool,
    /// Virtual processors; a fraction for a container with only a limit.
    pub cpus: f64,
    /// Memory in bytes.
    pub max_memory_bytes: u64,
    /// Size of the boot disk in bytes.
    pub max_disk_bytes: u64,
}

/// A guest to add to a running simulator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewGuest {
    /// A number that is not taken, from 100 up.
    pub vmid: u32,
    /// The name of the node.
    pub node: String,
    /// Virtual machine or container.
    pub kind: GuestKind,
    /// The name.
    pub name: String,
    /// Whether it runs at once.
    pub state: State,
}

/// How long a guest has been up and how long its processors ran.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) started: Moment,
    /// Seconds the processors ran before the last pause.
    active_before: f64,
    /// Since when they run now; `None` while paused.
    active_since: Option<Moment>,
    /// Seconds of activity after which the counters began anew.
    pub(crate) counted_from: f64,
}

impl Run {
    pub(crate) fn from(started: Moment) -> Self {
        Self { started, active_before: 0.0, active_since: Some(started), counted_from: 0.0 }
    }

    /// Seconds of activity: what the counters are a function of.
    pub(crate) fn active_seconds(&self, now: Moment) -> f64 {
        let current = self.active_since.map_or(0.0, |since| now.since(since).max(0.0));
        self.active_before + current
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.active_since.is_none()
    }
}

/// A guest as the simulator keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) vmid: u32,
    /// Index into the nodes of the world.
    pub(crate) node: usize,
    pub(crate) kind: GuestKind,
    pub(crate) name: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) template: bool,
    pub(crate) lock: Option<String>,
    pub(crate) pool: Option<String>,
    pub(crate) ha: bool,
    pub(crate) agent: Agent,
    pub(crate) ignores_shutdown: bool,
    pub(crate) cores: u32,
    /// A container with a limit and no `cores`: its processors are this number, as text in places.
    pub(crate) cpu_limit: Option<f64>,
    pub(crate) max_memory_bytes: u64,
    pub(crate) max_disk_bytes: u64,
    /// Everything that varies between guests and is not stored comes from this number.
    pub(crate) seed: u64,
    pub(crate) created: Moment,
    pub(crate) run: Option<Run>,
    /// The task that holds the configuration lock, and until when.
    pub(crate) busy: Option<(u64, Moment)>,
}

impl Guest {
    pub(crate) fn state(&self) -> State {
        match &self.run {
            None => State::Stopped,
            Some(run) if run.is_paused() => State::Paused,
            Some(_) => State::Running,
        }
    }

    pub(crate) fn set_state(&mut self, state: State, now: Moment) {
        match state {
            State::Stopped => self.run = None,
            State::Running => match &mut self.run {
                None => self.run = Some(Run::from(now)),
                Some(run) if run.is_paused() => run.active_since = Some(now),
                Some(_) => {}
            },
            State::Paused => {
                let run = self.run.get_or_insert_with(|| Run::from(now));
                run.active_before = run.active_seconds(now);
                run.active_since = None;
            }
        }
    }

    /// The name as lists show it: Proxmox VE invents one for a guest without.
    pub(crate) fn display_name(&self) -> String {
        match (&self.name, self.kind) {
            (Some(name), _) => name.clone(),
            (None, GuestKind::Qemu) => format!("VM {}", self.vmid),
            (None, GuestKind::Lxc) => format!("CT{}", self.vmid),
        }
    }

    pub(crate) fn cpus(&self) -> f64 {
        self.cpu_limit.unwrap_or(f64::from(self.cores))
    }

    /// A number in 0..1 that belongs to this guest and the given trait.
    pub(crate) fn trait_of(&self, which: u64) -> f64 {
        fraction_of(self.seed.wrapping_add(which.wrapping_mul(0xA24B_AED4_963E_E407)))
    }

    pub(crate) fn facts(&self, node: &str) -> GuestFacts {
        GuestFacts {
            vmid: self.vmid,
            node: node.to_owned(),
            kind: self.kind,
            name: self.name.clone(),
            state: self.state(),
            template: self.template,
            lock: self.lock.clone(),
            tags: self.tags.clone(),
            pool: self.pool.clone(),
            ha: self.ha,
            agent: self.agent,
            ignores_shutdown: self.ignores_shutdown,
            cpus: self.cpus(),
            max_memory_bytes: self.max_memory_bytes,
            max_disk_bytes: self.max_disk_bytes,
        }
    }
}
