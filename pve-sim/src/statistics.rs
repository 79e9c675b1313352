//! What pvestatd knows: figures taken at intervals, and the big list built from them once.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use hyper::body::Bytes;

use crate::clock::Moment;
use crate::figures::{Figures, figures};
use crate::guest::{Guest, GuestKind, State};
use crate::node::Node;
use crate::resources::Selection;

/// The last reported state of everything, and the lists already written from it.
#[derive(Debug)]
pub(crate) struct Statistics {
    interval_seconds: f64,
    taken: Moment,
    samples: HashMap<u32, Sample>,
    nodes: Vec<NodeSample>,
    /// Nodes silent for so long that their figures are forgotten.
    expired: Vec<bool>,
    lists: HashMap<Selection, Bytes>,
    lists_generation: u64,
}

/// A guest as its node last reported it.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) status: &'static str,
    pub(crate) template: bool,
    pub(crate) cpus: f64,
    pub(crate) max_memory_bytes: u64,
    pub(crate) max_disk_bytes: u64,
    pub(crate) figures: Figures,
}

/// A node as it last reported itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodeSample {
    pub(crate) cpu: f64,
    pub(crate) memory_bytes: u64,
    pub(crate) uptime_seconds: u64,
}

impl Statistics {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval_seconds: interval.as_secs_f64(),
            taken: Moment::at(0.0),
            samples: HashMap::new(),
            nodes: Vec::new(),
            expired: Vec::new(),
            lists: HashMap::new(),
            lists_generation: 0,
        }
    }

    /// Without an interval, figures are taken whenever somebody asks for them.
    pub(crate) fn is_always_fresh(&self) -> bool {
        self.interval_seconds <= 0.0
    }

    /// When the figures were taken last.
    pub(crate) fn taken(&self) -> Moment {
        self.taken
    }

    /// Seconds between two samples; those of a real server where figures are always fresh.
    pub(crate) fn usual_interval_seconds(&self) -> f64 {
        if self.is_always_fresh() { 10.0 } else { self.interval_seconds }
    }

    /// When the sample before the latest was taken. That does not depend on when it is asked for: where figures are always
    /// fresh, the earlier ones lie on whole tens of seconds.
    pub(crate) fn taken_before(&self) -> Moment {
        let step = self.usual_interval_seconds();
        if self.is_always_fresh() {
            let beyond = self.taken.epoch() as f64 % step;
            self.taken.plus(-if beyond > 0.0 { beyond } else { step })
        } else {
            self.taken.plus(-step)
        }
    }

    /// When the figures were due last, if they were not taken since.
    pub(crate) fn latest_tick(&self, now: Moment) -> Option<Moment> {
        if self.is_always_fresh() {
            return None;
        }
        let missed = (now.since(self.taken) / self.interval_seconds).floor();
        (missed >= 1.0).then(|| self.taken.plus(missed * self.interval_seconds))
    }

    /// Takes the figures of every node that answers; the others keep what they said last.
    pub(crate) fn take(&mut self, nodes: &[Node], guests: &BTreeMap<u32, Guest>, now: Moment) {
        self.taken = now;
        self.lists.clear();
        self.nodes.resize(nodes.len(), NodeSample::default());
        let mut loads = vec![(0.0, 0u64); nodes.len()];
        for guest in guests.values().filter(|guest| nodes[guest.node].is_online()) {
            let figures = figures(guest, now);
            let load = &mut loads[guest.node];
            load.0 += figures.cpu * guest.cpus();
            load.1 += figures.mem.max(figures.memhost);
            self.samples.insert(guest.vmid, sample(guest, figures));
        }
        self.samples.retain(|vmid, _| guests.contains_key(vmid));
        for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.is_online()) {
            self.nodes[index] = node_sample(node, loads[index], now);
        }
    }

    /// Forgets what long silent nodes said.
    pub(crate) fn expire(&mut self, nodes: &[Node], now: Moment, limit_seconds: f64) {
        let expired: Vec<bool> = nodes
            .iter()
            .map(|node| node.offline_since.is_some_and(|since| now.since(since) >= limit_seconds))
            .collect();
        if expired != self.expired {
            self.expired = expired;
            self.lists.clear();
        }
    }

    pub(crate) fn is_expired(&self, node: usize) -> bool {
        self.expired.get(node).copied().unwrap_or(false)
    }

    /// The last report about a guest, unless it was forgotten or never came.
    pub(crate) fn sample(&self, guest: &Guest) -> Option<&Sample> {
        if self.is_expired(guest.node) { None } else { self.samples.get(&guest.vmid) }
    }

    pub(crate) fn node(&self, index: usize) -> NodeSample {
        self.nodes.get(index).copied().unwrap_or_default()
    }

    /// A list written earlier from the same figures and the same membership.
    pub(crate) fn written(&mut self, selection: &Selection, generation: u64) -> Option<Bytes> {
        if self.lists_generation != generation {
            self.lists_generation = generation;
            self.lists.clear();
        }
        self.lists.get(selection).cloned()
    }

    pub(crate) fn keep(&mut self, selection: Selection, list: Bytes) {
        self.lists.insert(selection, list);
    }
}

fn sample(guest: &Guest, figures: Figures) -> Sample {
    Sample {
        name: guest.display_name(),
        status: match (guest.state(), guest.kind) {
            (State::Running, _) | (State::Paused, GuestKind::Lxc) => "running",
            (State::Paused, GuestKind::Qemu) => "paused",
            (State::Stopped, _) => "stopped",
        },
        template: guest.template,
        cpus: guest.cpus(),
        max_memory_bytes: guest.max_memory_bytes,
        max_disk_bytes: guest.max_disk_bytes,
        figures,
    }
}

/// The node itself takes a little on top of what its guests take.
pub(crate) fn node_sample(node: &Node, load: (f64, u64), now: Moment) -> NodeSample {
    let (busy_threads, guest_memory_bytes) = load;
    let uptime = now.since(node.started).max(0.0);
    let own_memory = (2u64 << 30) + node.memory_bytes / 50;
    NodeSample {
        cpu: (0.01 + busy_threads / f64::from(node.threads.max(1))).min(0.99),
        memory_bytes: (guest_memory_bytes + own_memory).min(node.memory_bytes / 100 * 98),
        uptime_seconds: uptime as u64,
    }
}
