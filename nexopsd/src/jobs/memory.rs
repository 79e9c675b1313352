//! What the looks at a cluster remember: enough to go on measuring while the database is away.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use nexops_core::id::{NodeId, VmId};
use nexops_core::vm::VmType;
use uuid::Uuid;

use super::backlog::Backlog;
use crate::db::latest::Observation;
use crate::db::series::{SeriesIndex, samples};
use crate::figures;
use crate::inventory::clean_name;
use crate::proxmox::{DiskUse, GuestRow, Resources};

/// What is remembered of one connection.
#[derive(Debug, Default)]
pub struct Memory {
    /// The numbers of its series.
    pub index: SeriesIndex,
    /// Who was there at the last look that was written down; `None` before the first.
    pub picture: Option<Picture>,
    /// What could not be written down yet.
    pub backlog: Backlog,
    /// Up to when figures were collected, written down or not; `None` before the first.
    pub collected_at: Option<DateTime<Utc>>,
    /// The tenure of the lease under which all of that was seen.
    tenure: Option<i64>,
}

/// Who is who, and the last figures of each.
#[derive(Debug, Default)]
pub struct Picture {
    /// Guests, by kind and number.
    pub vms: HashMap<(VmType, i32), VmId>,
    /// Nodes, by name.
    pub nodes: HashMap<String, NodeId>,
    /// The last figures.
    pub latest: HashMap<Uuid, Observation>,
    /// How full virtual machines' disks are, where their agents told.
    pub disks: HashMap<Uuid, DiskUse>,
}

impl Memory {
    /// Begins to work in a tenure of the lease. What is remembered from an earlier one is out of date: another daemon has
    /// looked meanwhile, and has filled with Proxmox's own history what is missing, so that what waits goes as well.
    pub fn begin(&mut self, tenure: Option<i64>) {
        if self.tenure != tenure {
            self.backlog.clear();
            self.picture = None;
            self.collected_at = None;
            self.tenure = tenure;
        }
    }

    /// Measures with what is remembered, and lets the samples wait. Guests that nobody met before are left out: they
    /// get their id from the database.
    pub fn keep(&mut self, resources: &Resources, now: DateTime<Utc>) {
        let Some(picture) = &mut self.picture else { return };
        let vm = |row: &GuestRow| picture.vms.get(&(row.kind, row.vmid)).map(|id| id.0);
        let node = |name: &str| picture.nodes.get(name).map(|id| id.0);
        let observations = observe(resources, vm, node, picture, now);
        self.backlog.push(now, samples(&observations));
        picture.remember(observations);
        self.collected_at = Some(now);
    }
}

impl Picture {
    /// Puts new figures in the place of older ones.
    pub fn remember(&mut self, observations: impl IntoIterator<Item = Observation>) {
        self.latest.extend(observations.into_iter().map(|observation| (observation.source_id, observation)));
    }

    /// Takes the figures of another picture where they are younger: the database was away when they were taken.
    pub fn prefer_newer(&mut self, other: Option<&Self>) {
        for (id, other) in other.iter().flat_map(|picture| &picture.latest) {
            let known = self.latest.get(id).and_then(|known| known.usage.observed_at);
            if known < other.usage.observed_at {
                self.latest.insert(*id, other.clone());
            }
        }
    }
}

/// The figures that are new, of everybody who is known.
pub fn observe(
    resources: &Resources,
    vm: impl Fn(&GuestRow) -> Option<Uuid>,
    node: impl Fn(&str) -> Option<Uuid>,
    before: &Picture,
    now: DateTime<Utc>,
) -> Vec<Observation> {
    // A guest or node that is listed twice counts once, as it does in the plan.
    let mut once = HashSet::new();
    let mut observations = Vec::with_capacity(resources.guests.len() + resources.nodes.len());
    for row in &resources.guests {
        if let Some(id) = vm(row).filter(|id| once.insert(*id)) {
            observations.extend(figures::of_guest(
                row,
                id,
                before.latest.get(&id),
                before.disks.get(&id).copied(),
                now,
            ));
        }
    }
    for row in &resources.nodes {
        if let Some(id) = node(&clean_name(&row.name)).filter(|id| once.insert(*id)) {
            observations.extend(figures::of_node(row, id, before.latest.get(&id), now));
        }
    }
    observations
}
