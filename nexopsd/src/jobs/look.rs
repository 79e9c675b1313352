//! One look at a cluster: the one expensive question, and what is made of the answer.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use nexops_core::id::NodeId;
use uuid::Uuid;

use super::backfill;
use super::memory::{Memory, Picture, observe};
use crate::app::{self, App, Connection};
use crate::db::lease::Fence;
use crate::db::series::{self, Stored};
use crate::db::vm::record::{self, RecordedCounts, Sighting};
use crate::db::{self, Conn, node};
use crate::figures::DISKS_HOLD;
use crate::inventory;
use crate::proxmox::{DiskUse, GuestRow, Resources};

/// How long the writing down may take before the database counts as away. A statement of ours may take 30 s.
const PATIENCE: Duration = Duration::from_secs(45);

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
    /// Samples that had waited for the database.
    pub waited: usize,
    /// Samples that had waited in vain.
    pub lost: usize,
    /// Samples out of Proxmox's own history, for a time that was missed.
    pub filled: Stored,
    /// Why the absence of guests is not believed.
    pub suspicion: Option<String>,
    /// How long Proxmox's answer took, with the understanding of it.
    pub asking: Duration,
    /// How long the understanding alone took.
    pub parsing: Duration,
    /// How long the comparing and writing down took.
    pub recording: Duration,
}

/// Asks a cluster for everything at once and writes down what changed. While the database is away, the figures wait in
/// memory.
pub async fn look(app: &App, connection: &Connection, purpose: Purpose) -> anyhow::Result<Looked> {
    let memory = &mut *connection.looking.lock().await;
    memory.begin(connection.lease.tenure());
    // Not when the run began: it may have waited for a look that hung.
    let now = app::now();
    let clock = Instant::now();
    let (resources, parsing) = match connection.proxmox.timed_resources().await {
        Ok(answer) => answer,
        Err(error) => {
            connection.failed(&app.db, &error, now).await?;
            return Err(error.into());
        }
    };
    let asking = clock.elapsed();
    let filled = match purpose {
        Purpose::Figures => backfill::fill(app, connection, memory, &resources, now).await,
        Purpose::Inventory => Stored::default(),
    };
    let clock = Instant::now();
    let writing = write_down(app, connection, memory, &resources, purpose, now);
    let written = match tokio::time::timeout(PATIENCE, writing).await {
        Ok(written) => written,
        Err(_elapsed) => Err(db::Error::Unavailable(anyhow!("it did not end within {} s", PATIENCE.as_secs()))),
    };
    match written {
        Ok(looked) => {
            connection.answered();
            Ok(Looked { filled, asking, parsing, recording: clock.elapsed(), ..looked })
        }
        Err(error) => {
            let is_away = matches!(error, db::Error::Unavailable(_));
            if is_away && purpose == Purpose::Figures {
                memory.keep(&resources, now);
            }
            Err(error.into())
        }
    }
}

async fn write_down(
    app: &App,
    connection: &Connection,
    memory: &mut Memory,
    resources: &Resources,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> db::Result<Looked> {
    let conn = &mut app.db.get().await?;
    let had_to_wait = !memory.backlog.is_empty();
    let fence = connection.lease.fence();
    let waited = write_backlog(conn, &fence, memory, now).await?;
    let known = record::known(conn, connection.id, now).await?;
    let seen_nodes = inventory::nodes(&resources.nodes, &resources.guests);
    let known_nodes = node::known_with_new(conn, connection.id, &seen_nodes, now).await?;
    let mut plan = inventory::compare(&known, &resources.guests, &resources.nodes, now);
    if purpose == Purpose::Inventory {
        inventory::note_absences(&mut plan, &known, &known_nodes, &seen_nodes);
    }
    let nodes: HashMap<String, NodeId> = known_nodes.into_iter().map(|node| (node.name, node.id)).collect();
    let mut picture = Picture::default();
    let observations = match purpose {
        Purpose::Inventory => Vec::new(),
        Purpose::Figures => {
            picture.remember(db::latest::of_connection(conn, connection.id).await?);
            if had_to_wait {
                picture.prefer_newer(memory.picture.as_ref());
            }
            let vm = |row: &GuestRow| -> Option<Uuid> {
                plan.ids.get(&row.vmid).filter(|_| !plan.outdated.contains(&row.vmid)).map(|id| id.0)
            };
            let disks = db::inside::disks(conn, connection.id, now - DISKS_HOLD).await?;
            picture.disks = disks.into_iter().map(|(id, (used, total))| (id, DiskUse { used, total })).collect();
            observe(resources, vm, |name| nodes.get(name).map(|id| id.0), &picture, now)
        }
    };
    let storages = inventory::storages(&resources.storages);
    let sighting = Sighting {
        fence: Some(&fence),
        connection: connection.id,
        at: now,
        nodes: &seen_nodes,
        storages: &storages,
        plan: &plan,
        observations: &observations,
        has_figures: purpose == Purpose::Figures,
        staleness: app.staleness(now),
    };
    // Numbers that were given in a transaction which did not come to its end stand for nothing, so that the index is
    // only put back when it did.
    let mut numbered = std::mem::take(&mut memory.index);
    let recorded = record::record(conn, &sighting, &mut numbered).await?;
    memory.index = numbered;
    let looked = Looked {
        nodes: resources.nodes.len(),
        guests: resources.guests.len(),
        skipped: resources.skipped,
        new: plan.new.len(),
        changed: plan.changed.len(),
        uncertain: plan.uncertain,
        recorded,
        waited,
        lost: memory.backlog.take_dropped(),
        filled: Stored::default(),
        suspicion: plan.suspicion,
        asking: Duration::ZERO,
        parsing: Duration::ZERO,
        recording: Duration::ZERO,
    };
    let vms = resources.guests.iter().filter_map(|row| Some(((row.kind, row.vmid), *plan.ids.get(&row.vmid)?)));
    (picture.vms, picture.nodes) = (vms.collect(), nodes);
    match purpose {
        Purpose::Figures => {
            picture.remember(observations);
            memory.collected_at = Some(now);
        }
        Purpose::Inventory => {
            let known = memory.picture.take().unwrap_or_default();
            (picture.latest, picture.disks) = (known.latest, known.disks);
        }
    }
    memory.picture = Some(picture);
    if looked.waited > 0 || looked.lost > 0 {
        tracing::info!(
            connection.name = connection.name,
            samples = looked.waited,
            lost = looked.lost,
            "the database is back: samples that had waited for it are written"
        );
    }
    Ok(looked)
}

/// Writes down what waits, the oldest first; what is written waits no more, whatever comes after it.
async fn write_backlog(conn: &mut Conn, fence: &Fence, memory: &mut Memory, now: DateTime<Utc>) -> db::Result<usize> {
    let mut written = 0;
    while let Some(samples) = memory.backlog.first() {
        let mut index = std::mem::take(&mut memory.index);
        written += series::store(conn, Some(fence), &mut index, samples, now).await?.samples;
        memory.index = index;
        memory.backlog.written();
    }
    Ok(written)
}
