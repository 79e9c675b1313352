//! Guests, as they are asked for. How they are kept up to date is in `db/vm/record.rs`.

pub mod config;
pub mod record;
mod told;

pub(super) use self::told::tell_of;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::ConnectionId;
use nexops_core::page::{Paging, Sort};
use nexops_core::vm::{ListVms, Vm, VmColumn, VmRef, VmStatus};
use uuid::Uuid;

use super::latest::{LatestRow, Staleness};
use super::schema::{guest_insides, metric_latest, nodes, proxmox_connections, vms};
use super::{Result, contains};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = vms)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct VmRow {
    id: Uuid,
    connection_id: Uuid,
    node_id: Uuid,
    vmid: i32,
    name: String,
    status: String,
    status_detail: Option<String>,
    kind: String,
    cpu_cores: f64,
    memory_mb: i32,
    disk_gb: f64,
    ip_address: Option<String>,
    os_type: Option<String>,
    tags: Vec<String>,
    template: bool,
    locked: Option<String>,
    gone_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

type Joined = (VmRow, String, String, Option<LatestRow>, Option<String>);

fn into_vm((row, connection, node, latest, agent): Joined, staleness: Staleness) -> Result<Vm> {
    let VmRow {
        id,
        connection_id,
        node_id,
        vmid,
        name,
        status,
        status_detail,
        kind,
        cpu_cores,
        memory_mb,
        disk_gb,
        ip_address,
        os_type,
        tags,
        template,
        locked,
        gone_at,
        created_at,
        updated_at,
    } = row;
    let status = super::word(&status)?;
    Ok(Vm {
        id: id.into(),
        connection_id: connection_id.into(),
        connection,
        node_id: node_id.into(),
        node,
        vmid,
        name,
        status,
        status_detail,
        kind: super::word(&kind)?,
        cpu_cores,
        memory_mb,
        disk_gb,
        // What is off has no address, whatever it had.
        ip_address: ip_address.filter(|_| status != VmStatus::Stopped),
        agent: agent.as_deref().map(super::word).transpose()?,
        os_type,
        tags,
        template,
        locked,
        config: None,
        gone_at,
        created_at,
        updated_at,
        usage: super::latest::usage(latest, staleness)?,
    })
}

/// Joins a guest with the names of its connection and node, and with its figures.
macro_rules! joined {
    () => {
        vms::table
            .inner_join(proxmox_connections::table)
            .inner_join(nodes::table)
            .left_join(metric_latest::table.on(metric_latest::source_id.eq(vms::id)))
            .left_join(guest_insides::table)
            .select((
                VmRow::as_select(),
                proxmox_connections::name,
                nodes::hostname,
                Option::<LatestRow>::as_select(),
                guest_insides::agent.nullable(),
            ))
    };
}

/// One page of the guests that exist, without their configurations, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    query: &ListVms,
    paging: Paging,
    staleness: Staleness,
) -> Result<(Vec<Vm>, u64)> {
    let ListVms { page: _, per_page: _, sort, status, kind, node, tag, connection, search } = query;
    macro_rules! filtered {
        ($query:expr) => {{
            let mut query = $query.filter(vms::gone_at.is_null().and(proxmox_connections::enabled)).into_boxed();
            if let Some(status) = status {
                query = query.filter(vms::status.eq(status.as_str()));
            }
            if let Some(kind) = kind {
                query = query.filter(vms::kind.eq(kind.as_str()));
            }
            if let Some(node) = node {
                query = match node.parse::<Uuid>() {
                    Ok(id) => query.filter(vms::node_id.eq(id)),
                    Err(_) => query.filter(nodes::hostname.eq(node)),
                };
            }
            if let Some(tag) = tag {
                query = query.filter(vms::tags.contains(vec![tag.as_str()]));
            }
            if let Some(connection) = connection {
                query = match connection.parse::<Uuid>() {
                    Ok(id) => query.filter(vms::connection_id.eq(id)),
                    Err(_) => query.filter(proxmox_connections::name.eq(connection)),
                };
            }
            if let Some(search) = search {
                let pattern = contains(search);
                query = query.filter(
                    vms::name
                        .ilike(pattern.clone())
                        .or(nodes::hostname.ilike(pattern.clone()))
                        .or(vms::ip_address.ilike(pattern.clone()))
                        .or(sql::<Bool>("vms.vmid::text LIKE ").bind::<Text, _>(pattern)),
                );
            }
            query
        }};
    }
    let total: i64 = filtered!(vms::table.inner_join(proxmox_connections::table).inner_join(nodes::table))
        .count()
        .get_result(conn)
        .await?;
    let rows: Vec<Joined> = filtered!(joined!())
        .order_by((sql::<Bool>(order(*sort)), vms::id))
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .load(conn)
        .await?;
    let list = rows.into_iter().map(|row| into_vm(row, staleness)).collect::<Result<_>>()?;
    Ok((list, total.unsigned_abs()))
}

/// The ORDER BY expression; what is not known comes last either way.
fn order(sort: Option<Sort<VmColumn>>) -> &'static str {
    let Some(Sort { column, descending }) = sort else {
        return "vms.vmid";
    };
    match (column, descending) {
        (VmColumn::Vmid, false) => "vms.vmid",
        (VmColumn::Vmid, true) => "vms.vmid DESC",
        (VmColumn::Name, false) => "vms.name",
        (VmColumn::Name, true) => "vms.name DESC",
        (VmColumn::Status, false) => "vms.status",
        (VmColumn::Status, true) => "vms.status DESC",
        (VmColumn::Node, false) => "nodes.hostname",
        (VmColumn::Node, true) => "nodes.hostname DESC",
        (VmColumn::Type, false) => "vms.type",
        (VmColumn::Type, true) => "vms.type DESC",
        (VmColumn::CpuUsage, false) => "metric_latest.cpu_usage",
        (VmColumn::CpuUsage, true) => "metric_latest.cpu_usage DESC NULLS LAST",
        (VmColumn::MemoryUsage, false) => "metric_latest.memory_usage",
        (VmColumn::MemoryUsage, true) => "metric_latest.memory_usage DESC NULLS LAST",
        (VmColumn::DiskUsage, false) => "metric_latest.disk_usage",
        (VmColumn::DiskUsage, true) => "metric_latest.disk_usage DESC NULLS LAST",
        (VmColumn::NetworkIn, false) => "metric_latest.network_in",
        (VmColumn::NetworkIn, true) => "metric_latest.network_in DESC NULLS LAST",
        (VmColumn::NetworkOut, false) => "metric_latest.network_out",
        (VmColumn::NetworkOut, true) => "metric_latest.network_out DESC NULLS LAST",
        (VmColumn::UptimeSeconds, false) => "metric_latest.uptime_seconds",
        (VmColumn::UptimeSeconds, true) => "metric_latest.uptime_seconds DESC NULLS LAST",
    }
}

/// Every guest that a reference may mean: none, one, or one in each of several clusters. A number means guests that
/// exist; an id also one that is gone.
///
/// # Errors
/// When the database does not answer.
pub async fn candidates(conn: &mut AsyncPgConnection, vm: VmRef, staleness: Staleness) -> Result<Vec<Vm>> {
    let query = joined!().into_boxed();
    let query = match vm {
        VmRef::Vmid(vmid) => {
            query.filter(vms::vmid.eq(vmid).and(vms::gone_at.is_null()).and(proxmox_connections::enabled))
        }
        VmRef::Id(id) => query.filter(vms::id.eq(id.0)),
    };
    let rows: Vec<Joined> = query.order_by(proxmox_connections::name).load(conn).await?;
    rows.into_iter().map(|row| into_vm(row, staleness)).collect()
}

/// The guests that exist, `limit` at most, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn all(conn: &mut AsyncPgConnection, staleness: Staleness, limit: i64) -> Result<(Vec<Vm>, u64)> {
    let exists = || vms::gone_at.is_null().and(proxmox_connections::enabled);
    let rows: Vec<Joined> = joined!().filter(exists()).order_by(vms::id).limit(limit).load(conn).await?;
    let total = if i64::try_from(rows.len()).is_ok_and(|rows| rows < limit) {
        rows.len() as u64
    } else {
        let total: i64 =
            vms::table.inner_join(proxmox_connections::table).filter(exists()).count().get_result(conn).await?;
        total.unsigned_abs()
    };
    Ok((rows.into_iter().map(|row| into_vm(row, staleness)).collect::<Result<_>>()?, total))
}

/// The guests of a connection that changed, came or went at this very time, `limit` at most.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn changed_at(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    at: DateTime<Utc>,
    staleness: Staleness,
    limit: i64,
) -> Result<Vec<Vm>> {
    let rows: Vec<Joined> = joined!()
        .filter(vms::connection_id.eq(connection.0).and(vms::updated_at.eq(at)))
        .order_by(vms::id)
        .limit(limit)
        .load(conn)
        .await?;
    rows.into_iter().map(|row| into_vm(row, staleness)).collect()
}

/// The guests of a connection that exist, `limit` at most.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn of_connection(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    staleness: Staleness,
    limit: i64,
) -> Result<Vec<Vm>> {
    let exists = vms::connection_id.eq(connection.0).and(vms::gone_at.is_null());
    let rows: Vec<Joined> = joined!().filter(exists).order_by(vms::id).limit(limit).load(conn).await?;
    rows.into_iter().map(|row| into_vm(row, staleness)).collect()
}

/// A guest's whole configuration; null before it was first read.
///
/// # Errors
/// [`super::Error::NotFound`], or when the database does not answer.
pub async fn config(conn: &mut AsyncPgConnection, id: nexops_core::id::VmId) -> Result<Option<serde_json::Value>> {
    let (config, read_at): (serde_json::Value, Option<DateTime<Utc>>) =
        vms::table.find(id.0).select((vms::config, vms::config_read_at)).first(conn).await?;
    // A configuration is never empty; what could not be read has left the empty one.
    Ok(read_at.map(|_| config).filter(|config| config.as_object().is_none_or(|fields| !fields.is_empty())))
}

/// How many guests of a connection exist.
///
/// # Errors
/// When the database does not answer.
pub async fn count_of(conn: &mut AsyncPgConnection, connection: ConnectionId) -> Result<i64> {
    let count: i64 = vms::table
        .filter(vms::connection_id.eq(connection.0).and(vms::gone_at.is_null()))
        .count()
        .get_result(conn)
        .await?;
    Ok(count)
}
