//! The simulated cluster and its agenda: what happens when, replayed whenever somebody looks.
//!
//! Nothing runs in the background. Every look first plays everything that came due, in order, so
//! that ten thousand guests cost nothing between requests.

use std::collections::BTreeMap;

use crate::auth::Privileges;
use crate::clock::Moment;
use crate::config::Config;
use crate::guest::{Guest, GuestFacts, State};
use crate::node::Node;
use crate::power::{self, Order};
use crate::seed;
use crate::statistics::Statistics;
use crate::tasks::Tasks;
use crate::version::PveVersion;

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) version: PveVersion,
    pub(crate) cluster_name: String,
    pub(crate) time_scale: f64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) guests: BTreeMap<u32, Guest>,
    pub(crate) tasks: Tasks,
    /// Whether the nodes lost sight of each other, however many are online.
    pub(crate) quorum_lost: bool,
    /// What tokens may do by now, where that was changed.
    pub(crate) granted: BTreeMap<String, Privileges>,
    /// Whether the daemon behind the server does not run.
    pub(crate) daemon_down: bool,
    pub(crate) statistics: Statistics,
    /// Counts changes of what lists show at once: membership, node, lock, whether a node answers.
    pub(crate) generation: u64,
    agenda: BTreeMap<(u64, u64), (Moment, Event)>,
    agenda_serial: u64,
}

/// Something that will happen.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A task tries to take the lock of its guest and to start its work.
    Begin { task: u64 },
    /// A task is through; the change it made, or its error text.
    Finish { task: u64, result: Result<power::Change, String> },
    /// The host starts a guest again after a reboot task shut it down.
    Boot { vmid: u32 },
    /// The high-availability manager does what was requested.
    Manage { vmid: u32, order: Order },
}

impl World {
    pub(crate) fn new(config: &Config, now: Moment) -> Self {
        let (nodes, guests) = seed::build(config, now);
        let mut world = Self {
            version: config.version,
            cluster_name: config.cluster_name.clone(),
            time_scale: config.time_scale.max(0.0),
            nodes,
            guests: guests.into_iter().map(|guest| (guest.vmid, guest)).collect(),
            tasks: Tasks::default(),
            quorum_lost: false,
            granted: BTreeMap::new(),
            daemon_down: false,
            statistics: Statistics::new(config.stat_interval),
            generation: 0,
            agenda: BTreeMap::new(),
            agenda_serial: 0,
        };
        world.tasks.add_history(&world.nodes);
        world.take_statistics(now);
        world
    }

    /// Plays everything due until `now`, with the refreshes of the statistics at their own times.
    pub(crate) fn advance(&mut self, now: Moment) {
        if let Some(tick) = self.statistics.latest_tick(now) {
            self.play_until(tick);
            self.take_statistics(tick);
        }
        self.play_until(now);
        let offline_limit = self.offline_limit_seconds();
        let (nodes, statistics) = (&self.nodes, &mut self.statistics);
        statistics.expire(nodes, now, offline_limit);
    }

    /// Seconds after which the last figures of a silent node are forgotten.
    pub(crate) fn offline_limit_seconds(&self) -> f64 {
        300.0 * self.time_scale
    }

    /// What every list built from the statistics calls first.
    pub(crate) fn freshen(&mut self, now: Moment) {
        if self.statistics.is_always_fresh() {
            self.take_statistics(now);
        }
    }

    pub(crate) fn take_statistics(&mut self, now: Moment) {
        let (nodes, guests) = (&self.nodes, &self.guests);
        self.statistics.take(nodes, guests, now);
    }

    pub(crate) fn schedule(&mut self, due: Moment, event: Event) {
        self.agenda_serial += 1;
        self.agenda.insert((due.sort_key(), self.agenda_serial), (due, event));
    }

    fn play_until(&mut self, now: Moment) {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.get().0 > now {
                return;
            }
            let (due, event) = entry.remove();
            match event {
                Event::Begin { task } => power::begin(self, task, due),
                Event::Finish { task, result } => power::finish(self, task, result, due),
                Event::Boot { vmid } => {
                    if let Some(guest) = self.guests.get_mut(&vmid) {
                        guest.set_state(State::Running, due);
                    }
                }
                Event::Manage { vmid, order } => power::manage(self, vmid, order, due),
            }
        }
    }

    pub(crate) fn is_quorate(&self) -> bool {
        let online = self.nodes.iter().filter(|node| node.is_online()).count();
        !self.quorum_lost && online * 2 > self.nodes.len()
    }

    pub(crate) fn find_node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    pub(crate) fn node_name(&self, index: usize) -> &str {
        self.nodes.get(index).map_or("", |node| node.name.as_str())
    }

    pub(crate) fn facts(&self, vmid: u32) -> Option<GuestFacts> {
        let guest = self.guests.get(&vmid)?;
        Some(guest.facts(self.node_name(guest.node)))
    }
}
