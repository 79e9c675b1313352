//! Fills what was missed, while the daemon or its network was away, from Proxmox's own history.
//!
//! It comes before the present figures, so that whoever reads samples as they come reads them in the order of time.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use futures::stream;
use nexops_core::metric::{Metric, SourceType};
use nexops_core::node::NodeStatus;
use nexops_core::vm::{VmStatus, VmType};
use uuid::Uuid;

use super::memory::Memory;
use crate::app::{App, Connection};
use crate::db::latest::Observation;
use crate::db::series::{self, NEWEST_SAMPLE, Sample, Stored};
use crate::db::vm::record;
use crate::db::{self, node};
use crate::figures;
use crate::inventory::clean_name;
use crate::proxmox::{Error, GuestAddress, Minute, Remembered, Resources};

/// What was missed longer ago is not asked for: Proxmox remembers it in ever coarser pieces.
const LONGEST_GAP: TimeDelta = TimeDelta::hours(1);
/// What is shorter is no gap, however short the interval.
const SHORTEST_GAP: TimeDelta = TimeDelta::seconds(90);
/// How long the filling may hold up the present figures.
const PATIENCE: Duration = Duration::from_secs(30);
/// A sample from before the gap, from which the first rates are made, lies this close to it.
const LEAD: TimeDelta = TimeDelta::seconds(30);
/// How often Proxmox takes a sample, and how many figures a guest's has.
const PROXMOX_INTERVAL_SECONDS: i64 = 10;
const FIGURES_OF_A_GUEST: i64 = 11;
/// Figures that one answer may hold, about 100 bytes each.
const MOST_FIGURES: i64 = 300_000;
/// Guests and nodes that are asked one by one, where there is no other way.
const MOST_ASKED: usize = 200;
/// Questions at a time.
const QUESTIONS: usize = 2;

/// The time that was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Between two samples.
    interval: TimeDelta,
}

impl Gap {
    /// Whether a sample of this time belongs into it.
    fn wants(&self, at: DateTime<Utc>) -> bool {
        self.from + self.interval / 2 < at && at < self.until - self.interval / 2
    }
}

/// Who is known, by what Proxmox calls them.
struct Known {
    vms: HashMap<(VmType, i32), Uuid>,
    nodes: HashMap<String, Uuid>,
}

/// Fills the gap before `now`, if there is one. What cannot be filled stays a gap: this never fails a collection.
pub async fn fill(
    app: &App,
    connection: &Connection,
    memory: &mut Memory,
    resources: &Resources,
    now: DateTime<Utc>,
) -> Stored {
    match tokio::time::timeout(PATIENCE, try_fill(app, connection, memory, resources, now)).await {
        Ok(Ok(stored)) => stored,
        Ok(Err(error)) => {
            tracing::info!(connection.name = connection.name, "what was missed is not filled: {error:#}");
            Stored::default()
        }
        Err(_elapsed) => {
            tracing::info!(connection.name = connection.name, "what was missed is not filled: it takes too long");
            Stored::default()
        }
    }
}

async fn try_fill(
    app: &App,
    connection: &Connection,
    memory: &mut Memory,
    resources: &Resources,
    now: DateTime<Utc>,
) -> anyhow::Result<Stored> {
    let interval = TimeDelta::from_std(app.config.intervals.collect)?;
    let shortest = (interval * 3).max(SHORTEST_GAP);
    if memory.collected_at.is_some_and(|at| now - at < shortest) {
        return Ok(Stored::default());
    }
    let conn = &mut app.db.get().await?;
    // Another daemon may have collected meanwhile, and what waits in memory was not missed.
    let Some(collected_at) = db::connection::collected_at(conn, connection.id).await? else {
        return Ok(Stored::default());
    };
    let until = memory.backlog.since().unwrap_or(now);
    let gap = Gap { from: collected_at.max(now - LONGEST_GAP), until, interval };
    if gap.until - gap.from < shortest {
        return Ok(Stored::default());
    }
    let vms = record::known(conn, connection.id, now).await?.into_iter().filter(|vm| !vm.gone);
    let nodes = node::known_with_new(conn, connection.id, &[], now).await?;
    let known = Known {
        vms: vms.map(|vm| ((vm.state.kind, vm.vmid), vm.id.0)).collect(),
        nodes: nodes.into_iter().map(|node| (node.name, node.id.0)).collect(),
    };
    let version = connection.learn_version().await?;
    let told = if version >= (8, 2) { from_memory(connection, &known, resources, gap, now).await } else { Ok(None) };
    let (samples, refused) = match told? {
        Some(told) => told,
        None => (from_databases(connection, &known, resources, gap).await?, 0),
    };
    let mut index = std::mem::take(&mut memory.index);
    let mut stored = series::store(conn, Some(&connection.lease.fence()), &mut index, &samples, now).await?;
    memory.index = index;
    stored.refused += refused;
    tracing::info!(
        connection.name = connection.name,
        from = %gap.from,
        until = %gap.until,
        samples = stored.samples,
        refused = stored.refused,
        "filled what was missed from Proxmox's own history"
    );
    Ok(stored)
}

/// From what the nodes remember of the last half hour. `None` when this Proxmox, or its token, does not tell.
async fn from_memory(
    connection: &Connection,
    known: &Known,
    resources: &Resources,
    gap: Gap,
    now: DateTime<Utc>,
) -> Result<Option<(Vec<Sample>, usize)>, Error> {
    let (mut samples, mut refused) = (Vec::new(), 0);
    for (node, guests) in online(resources) {
        let figures = i64::try_from(guests).unwrap_or(i64::MAX).saturating_add(2).saturating_mul(FIGURES_OF_A_GUEST);
        let affordable = TimeDelta::seconds(MOST_FIGURES / figures * PROXMOX_INTERVAL_SECONDS);
        let since = (gap.from - LEAD).max(now - affordable);
        let remembered = match connection.proxmox.remembered(&node, since).await {
            Ok(remembered) => remembered,
            Err(Error::NotImplemented { .. } | Error::Forbidden { .. } | Error::InvalidParameters { .. }) => {
                return Ok(None);
            }
            Err(error) => {
                tracing::debug!(connection.name = connection.name, node, "nothing remembered: {error}");
                continue;
            }
        };
        match ahead(&remembered, now) {
            Some(ahead) => {
                refused += remembered.guests.len() + remembered.nodes.len();
                tracing::warn!(
                    connection.name = connection.name,
                    node,
                    ahead_seconds = ahead.num_seconds(),
                    "the node's clock is ahead, so that its history cannot be used; let it keep time (chronyc tracking)"
                );
            }
            None => samples.extend(series::samples(&observations(remembered, known, gap))),
        }
    }
    Ok(Some((samples, refused)))
}

/// The nodes that can be asked, and how many guests each has.
fn online(resources: &Resources) -> Vec<(String, usize)> {
    let guests_of = |name: &str| resources.guests.iter().filter(|guest| guest.node == name).count();
    let nodes = resources.nodes.iter().filter(|node| node.status == NodeStatus::Online);
    nodes.map(|node| (node.name.clone(), guests_of(&node.name))).collect()
}

/// How far a node's clock is ahead of ours, if it is so far that its times mean nothing.
fn ahead(remembered: &Remembered, now: DateTime<Utc>) -> Option<TimeDelta> {
    let guests = remembered.guests.iter().map(|(at, _)| *at);
    let newest = guests.chain(remembered.nodes.iter().map(|(at, _)| *at)).max()?;
    Some(newest - now).filter(|ahead| *ahead > NEWEST_SAMPLE)
}

/// One observation an interval of each guest and node, made as those of a collection are.
fn observations(remembered: Remembered, known: &Known, gap: Gap) -> Vec<Observation> {
    let mut tracks: HashMap<Uuid, Track> = HashMap::new();
    let mut observations = Vec::new();
    for (at, row) in remembered.guests {
        if let Some(&id) = known.vms.get(&(row.kind, row.vmid)) {
            let observe = |previous: Option<&Observation>| figures::of_guest(&row, id, previous, None, at);
            observations.extend(tracks.entry(id).or_default().follow(gap, at, observe));
        }
    }
    for (at, row) in remembered.nodes {
        if let Some(&id) = known.nodes.get(&clean_name(&row.name)) {
            let observe = |previous: Option<&Observation>| figures::of_node(&row, id, previous, at);
            observations.extend(tracks.entry(id).or_default().follow(gap, at, observe));
        }
    }
    observations
}

/// The last observation of one source.
#[derive(Default)]
struct Track(Option<Observation>);

impl Track {
    /// The observation of a time, if one is due; the one before the gap only makes rates of the first.
    fn follow(
        &mut self,
        gap: Gap,
        at: DateTime<Utc>,
        observe: impl Fn(Option<&Observation>) -> Option<Observation>,
    ) -> Option<Observation> {
        if at <= gap.from {
            self.0 = observe(None);
            return None;
        }
        // The first of each interval, counted from 1970: whoever fills the same gap again takes the same ones.
        let interval = gap.interval.num_seconds().max(1);
        let turn = |at: DateTime<Utc>| at.timestamp().div_euclid(interval);
        let last = self.0.as_ref().and_then(|observation| observation.usage.observed_at);
        if !gap.wants(at) || last.is_some_and(|last| last > gap.from && turn(last) == turn(at)) {
            return None;
        }
        let observation = observe(self.0.as_ref())?;
        self.0 = Some(observation.clone());
        Some(observation)
    }
}

/// A guest or node whose round-robin database is asked.
enum Asked {
    Vm(GuestAddress, Uuid),
    Node(String, Uuid),
}

/// The nodes and the running guests that are known, as many as may be asked.
fn asked(known: &Known, resources: &Resources) -> Vec<Asked> {
    let nodes = online(resources).into_iter();
    let nodes = nodes.filter_map(|(name, _)| known.nodes.get(&clean_name(&name)).map(|id| Asked::Node(name, *id)));
    let vms = resources.guests.iter().filter(|row| row.status == VmStatus::Running);
    let vms = vms.filter_map(|row| Some(Asked::Vm(row.address(), *known.vms.get(&(row.kind, row.vmid))?)));
    nodes.chain(vms).take(MOST_ASKED).collect()
}

/// From the round-robin databases, which every release has: one question for each guest and node.
async fn from_databases(
    connection: &Connection,
    known: &Known,
    resources: &Resources,
    gap: Gap,
) -> Result<Vec<Sample>, Error> {
    let ask = |asked: Asked| {
        let proxmox = connection.proxmox.clone();
        async move {
            match asked {
                // Of a virtual machine's disk nothing is known, which the database writes as 0.
                Asked::Vm(at, id) => (proxmox.minutes_of_guest(&at).await, id, SourceType::Vm, at.kind == VmType::Lxc),
                Asked::Node(name, id) => (proxmox.minutes_of_node(&name).await, id, SourceType::Node, true),
            }
        }
    };
    let mut answers = stream::iter(asked(known, resources)).map(ask).buffer_unordered(QUESTIONS);
    let mut samples = Vec::new();
    while let Some((minutes, id, source_type, is_disk_known)) = answers.next().await {
        let minutes = match minutes {
            Ok(minutes) => minutes,
            Err(
                Error::GuestMissing { .. } | Error::Forbidden { .. } | Error::Refused { .. } | Error::Payload { .. },
            ) => continue,
            Err(error) => return Err(error),
        };
        for minute in minutes.iter().filter(|minute| gap.wants(minute.at)) {
            samples.extend(of_minute(minute, id, source_type, is_disk_known));
        }
    }
    Ok(samples)
}

fn of_minute(minute: &Minute, source_id: Uuid, source_type: SourceType, is_disk_known: bool) -> Vec<Sample> {
    let Minute { at, cpu, memory, disk, network_in, network_out } = *minute;
    let is_vm = source_type == SourceType::Vm;
    let figures = [
        (Metric::CpuUsage, cpu.map(figures::percent_of_one)),
        (Metric::MemoryUsage, memory.map(figures::percent_of_one)),
        (Metric::DiskUsage, disk.filter(|_| is_disk_known).map(figures::percent_of_one)),
        (Metric::NetworkIn, network_in.filter(|_| is_vm)),
        (Metric::NetworkOut, network_out.filter(|_| is_vm)),
    ];
    let known = figures.into_iter().filter_map(|(metric, value)| Some((metric, value?)));
    known.map(|(metric, value)| Sample { source_id, source_type, metric, at, value }).collect()
}
