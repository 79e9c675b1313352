//! Guests, as they are kept up to date from what Proxmox shows.

use std::time::Instant;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexops_core::id::{ConnectionId, VmId};
use nexops_core::vm::{VmStatus, VmType};
use uuid::Uuid;

use super::super::latest::{self, Observation, Staleness};
use super::super::lease::{self, Fence};
use super::super::node::{self, SeenNode};
use super::super::proxmox_storage::{self, SeenStorage};
use super::super::schema::{metric_latest, nodes, vms};
use super::super::series::{self, SeriesIndex, Stored};
use super::super::{Error, Result, connection};
use super::told;
use crate::inventory::{ABSENCES, Plan, SUSPICIOUS_ABSENCES, clean_lock};

/// For how long a guest that is gone can come back as itself. After that its number is anybody's.
const REVIVAL: Duration = Duration::days(30);

/// So many new guests at once change what PostgreSQL should know of its tables.
const MANY: usize = 100;

/// Everything that NexOps keeps of a guest from Proxmox's list.
#[derive(Debug, Clone, PartialEq)]
pub struct VmState {
    /// The node that owns it.
    pub node: String,
    /// Its kind.
    pub kind: VmType,
    /// Its name.
    pub name: String,
    /// What it does.
    pub status: VmStatus,
    /// Proxmox's own word for that, where it says more.
    pub status_detail: Option<String>,
    /// CPUs.
    pub cpu_cores: f64,
    /// Memory, MiB.
    pub memory_mb: i32,
    /// Disk, GiB.
    pub disk_gb: f64,
    /// Tags.
    pub tags: Vec<String>,
    /// Whether it is a template.
    pub template: bool,
    /// What holds its lock.
    pub locked: Option<String>,
}

/// A guest as it was known before a new answer of Proxmox is taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownVm {
    /// NexOps' id.
    pub id: VmId,
    /// Proxmox's number.
    pub vmid: i32,
    /// What was known of it.
    pub state: VmState,
    /// When its status was last read from the guest itself.
    pub status_confirmed_at: Option<DateTime<Utc>>,
    /// Syncs in a row that did not mention it; negative while that is not believed.
    pub missed_syncs: i16,
    /// Whether it counts as gone.
    pub gone: bool,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = vms)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct KnownRow {
    id: Uuid,
    vmid: i32,
    name: String,
    status: String,
    status_detail: Option<String>,
    status_confirmed_at: Option<DateTime<Utc>>,
    kind: String,
    cpu_cores: f64,
    memory_mb: i32,
    disk_gb: f64,
    tags: Vec<String>,
    template: bool,
    locked: Option<String>,
    missed_syncs: i16,
    gone_at: Option<DateTime<Utc>>,
}

/// The guests of a connection, those that went lately among them, the latest first.
///
/// # Errors
/// When the database does not answer.
pub async fn known(conn: &mut AsyncPgConnection, connection: ConnectionId, now: DateTime<Utc>) -> Result<Vec<KnownVm>> {
    let rows: Vec<(KnownRow, String)> = vms::table
        .inner_join(nodes::table)
        .filter(vms::connection_id.eq(connection.0))
        .filter(vms::gone_at.is_null().or(vms::gone_at.gt(now - REVIVAL)))
        .order_by(vms::id.desc())
        .select((KnownRow::as_select(), nodes::proxmox_node_name))
        .load(conn)
        .await?;
    rows.into_iter().map(into_known).collect()
}

fn into_known((row, node): (KnownRow, String)) -> Result<KnownVm> {
    let KnownRow {
        id,
        vmid,
        name,
        status,
        status_detail,
        status_confirmed_at,
        kind,
        cpu_cores,
        memory_mb,
        disk_gb,
        tags,
        template,
        locked,
        missed_syncs,
        gone_at,
    } = row;
    let (kind, status) = (super::super::word(&kind)?, super::super::word(&status)?);
    let state =
        VmState { node, kind, name, status, status_detail, cpu_cores, memory_mb, disk_gb, tags, template, locked };
    Ok(KnownVm { id: id.into(), vmid, state, status_confirmed_at, missed_syncs, gone: gone_at.is_some() })
}

/// What one look at a cluster brought.
#[derive(Debug)]
pub struct Sighting<'a> {
    /// What proves that this daemon is the one to look; unproven only where nobody else can.
    pub fence: Option<&'a Fence>,
    /// The connection that was asked.
    pub connection: ConnectionId,
    /// When.
    pub at: DateTime<Utc>,
    /// Its nodes.
    pub nodes: &'a [SeenNode],
    /// Its storages.
    pub storages: &'a [SeenStorage],
    /// What changes among its guests.
    pub plan: &'a Plan,
    /// New figures of guests and nodes, to be stored as the latest and as samples.
    pub observations: &'a [Observation],
    /// Whether figures were collected, be there new ones or not.
    pub has_figures: bool,
    /// When the figures that are told with a change count as stale.
    pub staleness: Staleness,
}

/// Writes down what one look at a cluster brought: all of it, or nothing. Samples are numbered through `index`.
///
/// The commit may return before it is on disk: what a crash takes with it is seen again at the next look.
///
/// # Errors
/// When the database does not answer.
pub async fn record(
    conn: &mut AsyncPgConnection,
    sighting: &Sighting<'_>,
    index: &mut SeriesIndex,
) -> Result<RecordedCounts> {
    let Sighting {
        fence,
        connection: id,
        at,
        nodes: seen_nodes,
        storages,
        plan,
        observations,
        has_figures,
        staleness: _,
    } = *sighting;
    conn.transaction::<_, Error, _>(async |conn| {
        super::super::commit_lazily(conn).await?;
        lease::check(conn, fence).await?;
        super::super::lock_inventory(conn, id).await?;
        node::upsert(conn, id, seen_nodes, at).await?;
        proxmox_storage::replace(conn, id, storages, at).await?;
        retire(conn, &plan.replaced, at).await?;
        insert(conn, id, &plan.new, at).await?;
        update(conn, id, &plan.changed, at).await?;
        let gone_vms = miss(conn, &plan.missed, true, at).await? + miss(conn, &plan.doubted, false, at).await?;
        let gone_nodes = node::miss(conn, &plan.missed_nodes, at).await?;
        latest::store(conn, id, observations).await?;
        let clock = Instant::now();
        let Stored { samples, refused: _ } = series::insert(conn, index, &series::samples(observations), at).await?;
        let samples_took = clock.elapsed();
        connection::succeeded(conn, id, at, has_figures).await?;
        told::tell(conn, sighting, gone_vms).await?;
        if plan.new.len() >= MANY {
            // Until autovacuum comes by, PostgreSQL would go on planning for empty tables.
            conn.batch_execute("ANALYZE nodes; ANALYZE vms; ANALYZE metric_latest").await?;
        }
        Ok(RecordedCounts { samples, samples_took, gone_vms, gone_nodes })
    })
    .await
}

/// What writing down a sighting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedCounts {
    /// Samples stored.
    pub samples: usize,
    /// How long the storing of them took.
    pub samples_took: std::time::Duration,
    /// Guests that are gone from now on.
    pub gone_vms: i64,
    /// Nodes that are gone from now on.
    pub gone_nodes: i64,
}

async fn insert(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    new: &[(VmId, i32, VmState)],
    now: DateTime<Utc>,
) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let states: Vec<&VmState> = new.iter().map(|(_, _, state)| state).collect();
    diesel::sql_query(
        "INSERT INTO vms (id, connection_id, node_id, vmid, name, status, status_detail, type, cpu_cores, memory_mb, \
             disk_gb, tags, template, locked, created_at, updated_at) \
         SELECT row.id, $1, nodes.id, row.vmid, left(row.name, 255), row.status, row.detail, row.type, \
             row.cpu_cores, row.memory_mb, row.disk_gb, string_to_array(row.tags, ';'), row.template, \
             left(row.locked, 50), $2, $2 \
         FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) AS row (id, vmid, node, name, status, \
             detail, type, cpu_cores, memory_mb, disk_gb, tags, template, locked) \
         JOIN nodes ON nodes.connection_id = $1 AND nodes.proxmox_node_name = row.node",
    )
    .bind::<SqlUuid, _>(connection.0)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(new.iter().map(|(id, _, _)| id.0).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(new.iter().map(|(_, vmid, _)| *vmid).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.node.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.name.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.status.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(states.iter().map(|vm| vm.status_detail.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(states.iter().map(|vm| vm.cpu_cores).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(states.iter().map(|vm| vm.memory_mb).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(states.iter().map(|vm| vm.disk_gb).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.tags.join(";")).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(states.iter().map(|vm| vm.template).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(states.iter().map(|vm| vm.locked.as_deref()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

async fn update(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    changed: &[(VmId, VmState)],
    now: DateTime<Utc>,
) -> Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let states: Vec<&VmState> = changed.iter().map(|(_, state)| state).collect();
    // A guest that was renamed or away may be another one under the same number: its configuration, which tells, is to
    // be read before all others.
    // What a guest's node told while the list was on its way is younger than the list. (By no more than a minute: a
    // later time was written by a clock that went wrong.)
    diesel::sql_query(
        "UPDATE vms SET node_id = nodes.id, name = left(row.name, 255), \
             status = CASE WHEN vms.status_confirmed_at BETWEEN $2 AND $2 + interval '1 minute' \
                 THEN vms.status ELSE row.status END, \
             status_detail = CASE WHEN vms.status_confirmed_at BETWEEN $2 AND $2 + interval '1 minute' \
                 THEN vms.status_detail ELSE row.detail END, \
             locked = CASE WHEN vms.status_confirmed_at BETWEEN $2 AND $2 + interval '1 minute' \
                 THEN vms.locked ELSE left(row.locked, 50) END, \
             cpu_cores = row.cpu_cores, memory_mb = row.memory_mb, \
             disk_gb = row.disk_gb, tags = string_to_array(row.tags, ';'), template = row.template, \
             missed_syncs = 0, gone_at = NULL, updated_at = $2, \
             config_read_at = CASE WHEN vms.name = left(row.name, 255) AND vms.missed_syncs = 0 \
                 THEN vms.config_read_at ELSE least(vms.config_read_at, 'epoch'::timestamptz) END \
         FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS row (id, node, name, status, detail, \
             cpu_cores, memory_mb, disk_gb, tags, template, locked) \
         JOIN nodes ON nodes.connection_id = $1 AND nodes.proxmox_node_name = row.node \
         WHERE vms.id = row.id",
    )
    .bind::<SqlUuid, _>(connection.0)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(changed.iter().map(|(id, _)| id.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.node.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.name.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.status.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(states.iter().map(|vm| vm.status_detail.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(states.iter().map(|vm| vm.cpu_cores).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(states.iter().map(|vm| vm.memory_mb).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(states.iter().map(|vm| vm.disk_gb).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|vm| vm.tags.join(";")).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(states.iter().map(|vm| vm.template).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(states.iter().map(|vm| vm.locked.as_deref()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the existence of guests whose number another guest has now.
async fn retire(conn: &mut AsyncPgConnection, ids: &[VmId], now: DateTime<Utc>) -> Result<()> {
    diesel::update(vms::table.filter(vms::id.eq_any(ids.iter().map(|id| id.0))))
        .set((vms::gone_at.eq(now), vms::updated_at.eq(now)))
        .execute(conn)
        .await?;
    diesel::delete(metric_latest::table.filter(metric_latest::source_id.eq_any(ids.iter().map(|id| id.0))))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends the existence of a guest whose configuration turned out to be that of another, and begins the other's under a
/// new id. Gives that; `None` when the guest is gone already.
///
/// # Errors
/// When the database does not answer.
pub async fn replace(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    id: VmId,
    staleness: Staleness,
    now: DateTime<Utc>,
) -> Result<Option<VmId>> {
    conn.transaction::<_, Error, _>(async |conn| {
        super::super::lock_inventory(conn, connection).await?;
        let exists = vms::table.find(id.0).filter(vms::gone_at.is_null()).select(vms::id);
        if exists.first::<Uuid>(conn).await.optional()?.is_none() {
            return Ok(None);
        }
        retire(conn, &[id], now).await?;
        let new = VmId::new();
        diesel::sql_query(
            "INSERT INTO vms (id, connection_id, node_id, vmid, name, status, status_detail, status_confirmed_at, type, \
                 cpu_cores, memory_mb, disk_gb, tags, template, locked, created_at, updated_at) \
             SELECT $2, connection_id, node_id, vmid, name, status, status_detail, status_confirmed_at, type, \
                 cpu_cores, memory_mb, disk_gb, tags, template, locked, $3, $3 \
             FROM vms WHERE id = $1",
        )
        .bind::<SqlUuid, _>(id.0)
        .bind::<SqlUuid, _>(new.0)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
        told::tell_of(conn, &[id, new], staleness, now).await?;
        Ok(Some(new))
    })
    .await
}

/// Counts a sync that did not mention these guests: upwards where that is believed, downwards where it is not. When
/// enough in a row agree they are gone. Says how many went.
async fn miss(conn: &mut AsyncPgConnection, ids: &[VmId], is_believed: bool, now: DateTime<Utc>) -> Result<i64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let (counted, is_enough) = if is_believed {
        ("greatest(missed_syncs, 0) + 1", format!(">= {ABSENCES}"))
    } else {
        ("least(missed_syncs, 0) - 1", format!("<= -{SUSPICIOUS_ABSENCES}"))
    };
    let gone: super::super::CountRow = diesel::sql_query(format!(
        "WITH missed AS (UPDATE vms SET missed_syncs = {counted}, \
             gone_at = CASE WHEN {counted} {is_enough} THEN $2 END, \
             updated_at = CASE WHEN {counted} {is_enough} THEN $2 ELSE updated_at END \
             WHERE id = ANY($1) RETURNING id, gone_at), \
         forgotten AS (DELETE FROM metric_latest USING missed WHERE source_id = missed.id AND gone_at IS NOT NULL) \
         SELECT count(gone_at) AS count FROM missed"
    ))
    .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(gone.count)
}

/// A guest's state as the guest's own node told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedState {
    /// What it does.
    pub status: VmStatus,
    /// Proxmox's own word for that, where it says more.
    pub status_detail: Option<String>,
    /// What holds its lock.
    pub locked: Option<String>,
}

/// Writes down a guest's state as its own node told it. The figures of a guest that does not run are forgotten.
///
/// # Errors
/// When the database does not answer.
pub async fn confirm(conn: &mut AsyncPgConnection, id: VmId, state: &ConfirmedState, now: DateTime<Utc>) -> Result<()> {
    let ConfirmedState { status, status_detail, locked } = state;
    diesel::update(vms::table.find(id.0))
        .set((
            vms::status.eq(status.as_str()),
            vms::status_detail.eq(status_detail),
            vms::locked.eq(locked.as_deref().map(clean_lock)),
            vms::status_confirmed_at.eq(now),
            vms::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    if *status == VmStatus::Stopped {
        diesel::update(metric_latest::table.find(id.0))
            .set((
                metric_latest::observed_at.eq(now),
                metric_latest::cpu_usage.eq(None::<f64>),
                metric_latest::memory_usage.eq(None::<f64>),
                metric_latest::disk_usage.eq(None::<f64>),
                metric_latest::network_in.eq(None::<f64>),
                metric_latest::network_out.eq(None::<f64>),
                metric_latest::uptime_seconds.eq(None::<i64>),
                metric_latest::memory_used_mb.eq(None::<i64>),
                metric_latest::memory_source.eq(None::<String>),
                metric_latest::disk_used_gb.eq(None::<f64>),
                metric_latest::network_in_total.eq(None::<i64>),
                metric_latest::network_out_total.eq(None::<i64>),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}
