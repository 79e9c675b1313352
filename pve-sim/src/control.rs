//! The hand behind the curtain: what is true, what changes outside the API, what breaks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio_rustls::TlsAcceptor;

use crate::agent::Agent;
use crate::clock::{Clock, Moment};
use crate::faults::{Fault, Faults};
use crate::guest::{GuestFacts, GuestKind, NewGuest, State};
use crate::seed;
use crate::tls::{self, Identity};
use crate::world::World;

/// Requests beyond this number are forgotten, oldest first.
const REQUESTS_KEPT: usize = 10_000;

/// Looks behind the API and changes the cluster beside it. Clones share one simulator.
#[derive(Clone, Debug)]
pub struct Control {
    pub(crate) shared: Arc<Shared>,
}

/// A request the server received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestSeen {
    /// The method, for example `GET`.
    pub method: String,
    /// The path below `/api2/json`, decoded, without the query.
    pub path: String,
}

/// What connections and controls share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    world: Mutex<World>,
    identity: Mutex<Identity>,
    requests: Mutex<VecDeque<RequestSeen>>,
}

impl Shared {
    pub(crate) fn new(clock: Clock, world: World, identity: Identity) -> Self {
        Self {
            clock,
            faults: Faults::default(),
            world: Mutex::new(world),
            identity: Mutex::new(identity),
            requests: Mutex::new(VecDeque::new()),
        }
    }

    /// Brings the world up to now and does something with it.
    pub(crate) fn with_world<T>(&self, action: impl FnOnce(&mut World, Moment) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        world.advance(now);
        action(&mut world, now)
    }

    /// Speaks TLS with the present certificate.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.identity().config)
    }

    fn identity(&self) -> Identity {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn record(&self, method: &str, path: &str) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == REQUESTS_KEPT {
            requests.pop_front();
        }
        requests.push_back(RequestSeen { method: method.to_owned(), path: path.to_owned() });
    }
}

impl Control {
    /// Every guest as it truly is, by number.
    pub fn guests(&self) -> Vec<GuestFacts> {
        self.shared.with_world(|world, _| {
            let numbers: Vec<u32> = world.guests.keys().copied().collect();
            numbers.into_iter().filter_map(|vmid| world.facts(vmid)).collect()
        })
    }

    /// One guest as it truly is.
    pub fn guest(&self, vmid: u32) -> Option<GuestFacts> {
        self.shared.with_world(|world, _| world.facts(vmid))
    }

    /// Starts, stops or pauses a guest as its own user would, without a task. Unknown numbers are ignored.
    pub fn set_guest_state(&self, vmid: u32, state: State) {
        self.shared.with_world(|world, now| {
            if let Some(guest) = world.guests.get_mut(&vmid) {
                guest.set_state(state, now);
            }
        });
    }

    /// Locks or unlocks a guest.
    pub fn set_guest_lock(&self, vmid: u32, lock: Option<&str>) {
        self.shared.with_world(|world, _| {
            world.generation += 1;
            if let Some(guest) = world.guests.get_mut(&vmid) {
                guest.lock = lock.map(str::to_owned);
            }
        });
    }

    /// Makes a guest let shutdown requests run into their timeout, or obey them again.
    pub fn set_guest_ignores_shutdown(&self, vmid: u32, ignores: bool) {
        self.shared.with_world(|world, _| {
            if let Some(guest) = world.guests.get_mut(&vmid) {
                guest.ignores_shutdown = ignores;
            }
        });
    }

    /// Changes the guest agent of a virtual machine. Containers have none and are left alone.
    pub fn set_agent(&self, vmid: u32, agent: Agent) {
        self.shared.with_world(|world, _| {
            if let Some(guest) = world.guests.get_mut(&vmid).filter(|guest| guest.kind == GuestKind::Qemu) {
                guest.agent = agent;
            }
        });
    }

    /// Destroys a guest.
    pub fn remove_guest(&self, vmid: u32) {
        self.shared.with_world(|world, _| {
            world.generation += 1;
            world.guests.remove(&vmid);
        });
    }

    /// Creates a guest; false when the number is taken or the node is unknown.
    ///
    /// Lists show it as `unknown` until the next refresh of the statistics, as a real server does.
    pub fn add_guest(&self, guest: NewGuest) -> bool {
        self.shared.with_world(|world, now| {
            let Some(node) = world.find_node(&guest.node) else {
                return false;
            };
            if world.guests.contains_key(&guest.vmid) {
                return false;
            }
            // Another one under the same number is another one.
            let seed = (u64::from(guest.vmid) + (world.generation << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mut added = seed::ordinary_guest(guest.vmid, guest.kind, seed, now);
            added.node = node;
            added.name = Some(guest.name);
            added.created = now;
            added.run = None;
            added.set_state(guest.state, now);
            world.generation += 1;
            world.guests.insert(guest.vmid, added);
            true
        })
    }

    /// Moves a guest to another node at once; false when either is unknown.
    pub fn migrate_guest(&self, vmid: u32, node: &str) -> bool {
        self.shared.with_world(|world, _| {
            let Some(node) = world.find_node(node) else {
                return false;
            };
            world.generation += 1;
            world.guests.get_mut(&vmid).map(|guest| guest.node = node).is_some()
        })
    }

    /// Cuts a node off from the cluster or brings it back. Its guests go on meanwhile, unseen.
    pub fn set_node_online(&self, name: &str, online: bool) {
        self.shared.with_world(|world, now| {
            world.generation += 1;
            if let Some(node) = world.nodes.iter_mut().find(|node| node.name == name) {
                node.offline_since = if online { None } else { node.offline_since.or(Some(now)) };
            }
        });
    }

    /// Sets the counters of a running guest back to zero while it runs on, as a live migration does. Unknown numbers are
    /// ignored.
    pub fn reset_counters(&self, vmid: u32) {
        self.shared.with_world(|world, now| {
            if let Some(run) = world.guests.get_mut(&vmid).and_then(|guest| guest.run.as_mut()) {
                run.counted_from = run.active_seconds(now);
            }
        });
    }

    /// Takes the quorum away although nodes are online, or leaves it to their number again.
    pub fn set_quorum(&self, present: bool) {
        self.shared.with_world(|world, _| world.quorum_lost = !present);
    }

    /// Stops the daemon behind the server, or starts it again. Without it most calls below a node are a 595, while
    /// `/version`, `/nodes` and `/cluster/resources` are answered.
    pub fn set_daemon_up(&self, up: bool) {
        self.shared.with_world(|world, _| world.daemon_down = !up);
    }

    /// Puts the clocks of the nodes ahead by these seconds, or back: tasks begin and end by them, and exported
    /// figures carry their time.
    pub fn set_clock_skew(&self, seconds: i32) {
        self.shared.with_world(|world, _| world.tasks.skew_seconds = f64::from(seconds));
    }

    /// The SHA-256 fingerprint of the present certificate, `AA:BB:…`.
    pub fn fingerprint(&self) -> String {
        self.shared.identity().fingerprint
    }

    /// The present certificate.
    pub fn certificate_pem(&self) -> String {
        self.shared.identity().certificate_pem
    }

    /// Shows a new certificate to everybody who connects from now on, and returns its fingerprint.
    ///
    /// # Errors
    ///
    /// When no certificate can be made.
    pub fn renew_certificate(&self) -> anyhow::Result<String> {
        let renewed = tls::identity(&self.shared.identity().names)?;
        let fingerprint = renewed.fingerprint.clone();
        *self.shared.identity.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
        self.shared.with_world(|world, _| {
            if let Some(first) = world.nodes.first_mut() {
                first.fingerprint.clone_from(&fingerprint);
            }
        });
        Ok(fingerprint)
    }

    /// The names of the nodes.
    pub fn nodes(&self) -> Vec<String> {
        self.shared.with_world(|world, _| world.nodes.iter().map(|node| node.name.clone()).collect())
    }

    /// Refreshes the figures of lists now instead of at the next interval.
    pub fn refresh_statistics(&self) {
        self.shared.with_world(|world, now| world.take_statistics(now));
    }

    /// The requests received, oldest first; at most ten thousand.
    pub fn requests(&self) -> Vec<RequestSeen> {
        let requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().cloned().collect()
    }

    /// Forgets the requests received.
    pub fn clear_requests(&self) {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Makes requests go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.inject(fault);
    }

    /// Ends all faults. Requests that hang already go on hanging.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }
}
