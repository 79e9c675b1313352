//! One look at a cluster: the one expensive question, and what is made of the answer.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use nexops_core::id::NodeId;
use uuid::Uuid;

use crate::app::{self, App, Connection};
use crate::db::latest::Observation;
use crate::db::vm::record::{self, RecordedCounts, Sighting};
use crate::db::{self, node};
use crate::figures;
use crate::inventory::{self, Plan};
use crate::proxmox::{DiskUse, Resources};

/// What a look is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// New figures; who is absent does not matter.
    Figures,
    /// Who is there and who is not.
    Inventory,
}

/// What a look brought.
#[derive(Debug)]
pub struct Looked {
    /// Nodes shown.
    pub nodes: usize,
    /// Guests shown.
    pub guests: usize,
    /// Rows that could not be understood.
    pub skipped: usize,
    /// Guests that are new.
    pub new: usize,
    /// Guests of which something changed.
    pub changed: usize,
    /// Guests that may be others than those that had their numbers before: only their configurations tell.
    pub uncertain: usize,
    /// What was written down.
    pub recorded: RecordedCounts,
    /// Why the absence of guests is not believed.
    pub suspicion: Option<String>,
    /// How long Proxmox's answer took, with the understanding of it.
    pub asking: Duration,
    /// How long the comparing and writing down took.
    pub recording: Duration,
}

/// Asks a cluster for everything at once and writes down what changed.
pub async fn look(app: &App, connection: &Connection, purpose: Purpose) -> anyhow::Result<Looked> {
    let mut index = connection.looking.lock().await;
    // Not when the run began: it may have waited for a look that hung.
    let now = app::now();
    let clock = Instant::now();
    let resources = match connection.proxmox.cluster_resources().await {
        Ok(resources) => resources,
        Err(error) => {
            connection.failed(&app.db, &error, now).await?;
            return Err(error.into());
        }
    };
    let asking = clock.elapsed();
    let conn = &mut app.db.get().await?;
    let known = record::known(conn, connection.id, now).await?;
    let seen_nodes = inventory::nodes(&resources.nodes, &resources.guests);
    let known_nodes = node::known_with_new(conn, connection.id, &seen_nodes, now).await?;
    let mut plan = inventory::compare(&known, &resources.guests, &resources.nodes, now);
    let observations = match purpose {
        Purpose::Inventory => {
            inventory::note_absences(&mut plan, &known, &known_nodes, &seen_nodes);
            Vec::new()
        }
        Purpose::Figures => {
            let nodes = known_nodes.into_iter().map(|node| (node.name, node.id)).collect();
            let previous = db::latest::of_connection(conn, connection.id).await?;
            let disks = db::inside::disks(conn, connection.id, now - figures::DISKS_HOLD).await?;
            let disks = disks.into_iter().map(|(id, (used, total))| (id, DiskUse { used, total })).collect();
            let known = KnownFigures { previous, disks };
            observe(&resources, &plan, &nodes, known, now)
        }
    };
    let storages = inventory::storages(&resources.storages);
    let sighting = Sighting {
        connection: connection.id,
        at: now,
        nodes: &seen_nodes,
        storages: &storages,
        plan: &plan,
        observations: &observations,
        staleness: app.staleness(now),
    };
    // Numbers that were given in a transaction which did not come to its end stand for nothing, so that the index is
    // only put back when it did.
    let mut numbered = std::mem::take(&mut *index);
    let recorded = record::record(conn, &sighting, &mut numbered).await?;
    *index = numbered;
    connection.answered();
    Ok(Looked {
        nodes: resources.nodes.len(),
        guests: resources.guests.len(),
        skipped: resources.skipped,
        new: plan.new.len(),
        changed: plan.changed.len(),
        uncertain: plan.uncertain,
        recorded,
        suspicion: plan.suspicion,
        asking,
        recording: clock.elapsed() - asking,
    })
}

/// What was known of guests and nodes before.
struct KnownFigures {
    /// The figures of the last look.
    previous: Vec<Observation>,
    /// How full virtual machines' disks are.
    disks: HashMap<Uuid, DiskUse>,
}

/// The figures that are new.
fn observe(
    resources: &Resources,
    plan: &Plan,
    nodes: &HashMap<String, NodeId>,
    known: KnownFigures,
    now: DateTime<Utc>,
) -> Vec<Observation> {
    let KnownFigures { previous, disks } = known;
    let previous: HashMap<Uuid, Observation> =
        previous.into_iter().map(|observation| (observation.source_id, observation)).collect();
    // A guest or node that is listed twice counts once, as it does in the plan.
    let mut once = HashSet::new();
    let mut observations = Vec::with_capacity(resources.guests.len() + resources.nodes.len());
    for row in resources.guests.iter().filter(|row| !plan.outdated.contains(&row.vmid)) {
        let id = plan.ids.get(&row.vmid).map(|id| id.0);
        if let Some(id) = id.filter(|id| once.insert(*id)) {
            observations.extend(figures::of_guest(row, id, previous.get(&id), disks.get(&id).copied(), now));
        }
    }
    for row in &resources.nodes {
        let id = nodes.get(&inventory::clean_name(&row.name)).map(|id| id.0);
        if let Some(id) = id.filter(|id| once.insert(*id)) {
            observations.extend(figures::of_node(row, id, previous.get(&id), now));
        }
    }
    observations
}
