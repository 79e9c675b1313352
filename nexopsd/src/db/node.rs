//! Nodes.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::{ConnectionId, NodeId};
use nexops_core::node::{ListNodes, Node, NodeColumn, NodeStatus};
use nexops_core::page::{Paging, Sort};
use uuid::Uuid;

use super::latest::{LatestRow, Staleness};
use super::schema::{metric_latest, nodes, proxmox_connections};
use super::{Result, contains};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = nodes)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct NodeRow {
    id: Uuid,
    connection_id: Uuid,
    hostname: String,
    ip_address: Option<String>,
    provider: String,
    status: String,
    cpu_cores: i32,
    memory_total_mb: i32,
    disk_total_gb: i32,
    proxmox_node_name: String,
    metadata: serde_json::Value,
    last_seen_at: Option<DateTime<Utc>>,
    gone_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

type Joined = (NodeRow, String, Option<LatestRow>);

fn into_node((row, connection, latest): Joined, staleness: Staleness) -> Result<Node> {
    let NodeRow {
        id,
        connection_id,
        hostname,
        ip_address,
        provider,
        status,
        cpu_cores,
        memory_total_mb,
        disk_total_gb,
        proxmox_node_name,
        metadata,
        last_seen_at,
        gone_at,
        created_at,
        updated_at,
    } = row;
    Ok(Node {
        id: id.into(),
        connection_id: connection_id.into(),
        connection,
        hostname,
        ip_address,
        provider: super::word(&provider)?,
        status: super::word(&status)?,
        cpu_cores,
        memory_total_mb,
        disk_total_gb,
        proxmox_node_name,
        metadata,
        last_seen_at,
        gone_at,
        created_at,
        updated_at,
        usage: super::latest::usage(latest, staleness)?,
    })
}

/// Joins a node with the name of its connection and its figures.
macro_rules! joined {
    () => {
        nodes::table
            .inner_join(proxmox_connections::table)
            .left_join(metric_latest::table.on(metric_latest::source_id.eq(nodes::id)))
            .select((NodeRow::as_select(), proxmox_connections::name, Option::<LatestRow>::as_select()))
    };
}

/// One page of the nodes that exist, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    query: &ListNodes,
    paging: Paging,
    staleness: Staleness,
) -> Result<(Vec<Node>, u64)> {
    let ListNodes { page: _, per_page: _, sort, status, connection, search } = query;
    macro_rules! filtered {
        ($query:expr) => {{
            let mut query = $query.filter(nodes::gone_at.is_null().and(proxmox_connections::enabled)).into_boxed();
            if let Some(status) = status {
                query = query.filter(nodes::status.eq(status.as_str()));
            }
            if let Some(connection) = connection {
                query = match connection.parse::<Uuid>() {
                    Ok(id) => query.filter(nodes::connection_id.eq(id)),
                    Err(_) => query.filter(proxmox_connections::name.eq(connection)),
                };
            }
            if let Some(search) = search {
                let pattern = contains(search);
                query = query.filter(nodes::hostname.ilike(pattern.clone()).or(nodes::ip_address.ilike(pattern)));
            }
            query
        }};
    }
    let total: i64 = filtered!(nodes::table.inner_join(proxmox_connections::table)).count().get_result(conn).await?;
    let rows: Vec<Joined> = filtered!(joined!())
        .order_by((sql::<Bool>(order(*sort)), nodes::id))
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .load(conn)
        .await?;
    let list = rows.into_iter().map(|row| into_node(row, staleness)).collect::<Result<_>>()?;
    Ok((list, total.unsigned_abs()))
}

/// The ORDER BY expression; what is not known comes last either way.
fn order(sort: Option<Sort<NodeColumn>>) -> &'static str {
    let Some(Sort { column, descending }) = sort else {
        return "nodes.hostname";
    };
    match (column, descending) {
        (NodeColumn::Hostname, false) => "nodes.hostname",
        (NodeColumn::Hostname, true) => "nodes.hostname DESC",
        (NodeColumn::Status, false) => "nodes.status",
        (NodeColumn::Status, true) => "nodes.status DESC",
        (NodeColumn::CpuUsage, false) => "metric_latest.cpu_usage",
        (NodeColumn::CpuUsage, true) => "metric_latest.cpu_usage DESC NULLS LAST",
        (NodeColumn::MemoryUsage, false) => "metric_latest.memory_usage",
        (NodeColumn::MemoryUsage, true) => "metric_latest.memory_usage DESC NULLS LAST",
        (NodeColumn::DiskUsage, false) => "metric_latest.disk_usage",
        (NodeColumn::DiskUsage, true) => "metric_latest.disk_usage DESC NULLS LAST",
        (NodeColumn::UptimeSeconds, false) => "metric_latest.uptime_seconds",
        (NodeColumn::UptimeSeconds, true) => "metric_latest.uptime_seconds DESC NULLS LAST",
    }
}

/// One node, gone or not.
///
/// # Errors
/// [`super::Error::NotFound`], or when the database does not answer.
pub async fn find(conn: &mut AsyncPgConnection, id: NodeId, staleness: Staleness) -> Result<Node> {
    let row: Joined = joined!().filter(nodes::id.eq(id.0)).first(conn).await?;
    into_node(row, staleness)
}

/// The nodes that exist, `limit` at most, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn all(conn: &mut AsyncPgConnection, staleness: Staleness, limit: i64) -> Result<(Vec<Node>, u64)> {
    let exists = || nodes::gone_at.is_null().and(proxmox_connections::enabled);
    let rows: Vec<Joined> = joined!().filter(exists()).order_by(nodes::id).limit(limit).load(conn).await?;
    let total = if i64::try_from(rows.len()).is_ok_and(|rows| rows < limit) {
        rows.len() as u64
    } else {
        let total: i64 =
            nodes::table.inner_join(proxmox_connections::table).filter(exists()).count().get_result(conn).await?;
        total.unsigned_abs()
    };
    Ok((rows.into_iter().map(|row| into_node(row, staleness)).collect::<Result<_>>()?, total))
}

/// The nodes of a connection that changed, came or went at this very time.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn changed_at(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    at: DateTime<Utc>,
    staleness: Staleness,
) -> Result<Vec<Node>> {
    let rows: Vec<Joined> = joined!()
        .filter(nodes::connection_id.eq(connection.0).and(nodes::updated_at.eq(at)))
        .order_by(nodes::id)
        .load(conn)
        .await?;
    rows.into_iter().map(|row| into_node(row, staleness)).collect()
}

/// The nodes of a connection that exist.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn of_connection(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    staleness: Staleness,
) -> Result<Vec<Node>> {
    let exists = nodes::connection_id.eq(connection.0).and(nodes::gone_at.is_null());
    let rows: Vec<Joined> = joined!().filter(exists).order_by(nodes::id).load(conn).await?;
    rows.into_iter().map(|row| into_node(row, staleness)).collect()
}

/// What is known of a node before a new answer of Proxmox is taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownNode {
    /// NexOps' id.
    pub id: NodeId,
    /// Its name.
    pub name: String,
}

/// The nodes of a connection that are not gone.
async fn known(conn: &mut AsyncPgConnection, id: ConnectionId) -> Result<Vec<KnownNode>> {
    let rows: Vec<(Uuid, String)> = nodes::table
        .filter(nodes::connection_id.eq(id.0).and(nodes::gone_at.is_null()))
        .select((nodes::id, nodes::proxmox_node_name))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, name)| KnownNode { id: id.into(), name }).collect())
}

/// The nodes of a connection that are not gone, those among them that are seen for the first time: their figures need
/// an id to be stored under.
///
/// # Errors
/// When the database does not answer.
pub async fn known_with_new(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    seen: &[SeenNode],
    now: DateTime<Utc>,
) -> Result<Vec<KnownNode>> {
    let before = known(conn, connection).await?;
    if seen.iter().all(|node| before.iter().any(|known| known.name == node.name)) {
        return Ok(before);
    }
    upsert(conn, connection, seen, now).await?;
    known(conn, connection).await
}

/// What Proxmox says of a node now. Sizes that it does not tell are `None` and leave what was known.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenNode {
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub status: NodeStatus,
    /// CPU threads.
    pub cpu_cores: Option<i32>,
    /// Memory, MiB.
    pub memory_total_mb: Option<i32>,
    /// Root file system, GiB.
    pub disk_total_gb: Option<i32>,
}

/// Writes down the nodes as Proxmox shows them: new ones are added, returned ones revived. Those that are not given are
/// left alone.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn upsert(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    seen: &[SeenNode],
    now: DateTime<Utc>,
) -> Result<()> {
    let ids: Vec<Uuid> = seen.iter().map(|_| NodeId::new().0).collect();
    diesel::sql_query(
        "INSERT INTO nodes AS node (id, connection_id, hostname, proxmox_node_name, status, cpu_cores, \
             memory_total_mb, disk_total_gb, last_seen_at, created_at, updated_at) \
         SELECT id, $1, left(name, 255), left(name, 255), status, coalesce(cpu_cores, 0), coalesce(memory, 0), \
             coalesce(disk, 0), CASE WHEN status IN ('online', 'maintenance') THEN $8 END, $8, $8 \
         FROM unnest($2, $3, $4, $5, $6, $7) AS row (id, name, status, cpu_cores, memory, disk) \
         ON CONFLICT (connection_id, hostname) DO UPDATE SET \
             status = excluded.status, \
             cpu_cores = CASE WHEN excluded.cpu_cores > 0 THEN excluded.cpu_cores ELSE node.cpu_cores END, \
             memory_total_mb = CASE WHEN excluded.memory_total_mb > 0 THEN excluded.memory_total_mb \
                 ELSE node.memory_total_mb END, \
             disk_total_gb = CASE WHEN excluded.disk_total_gb > 0 THEN excluded.disk_total_gb \
                 ELSE node.disk_total_gb END, \
             last_seen_at = coalesce(excluded.last_seen_at, node.last_seen_at), \
             missed_syncs = 0, \
             gone_at = NULL, \
             updated_at = CASE WHEN (node.status, node.gone_at IS NULL) IS DISTINCT FROM (excluded.status, true) \
                 THEN $8 ELSE node.updated_at END",
    )
    .bind::<SqlUuid, _>(connection.0)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Text>, _>(seen.iter().map(|node| node.name.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(seen.iter().map(|node| node.status.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Integer>>, _>(seen.iter().map(|node| node.cpu_cores).collect::<Vec<_>>())
    .bind::<Array<Nullable<Integer>>, _>(seen.iter().map(|node| node.memory_total_mb).collect::<Vec<_>>())
    .bind::<Array<Nullable<Integer>>, _>(seen.iter().map(|node| node.disk_total_gb).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts a sync that did not mention these nodes; at the second in a row they are gone. Says how many went.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn miss(conn: &mut AsyncPgConnection, ids: &[NodeId], now: DateTime<Utc>) -> Result<i64> {
    let gone: super::CountRow = diesel::sql_query(
        "WITH missed AS (UPDATE nodes SET missed_syncs = missed_syncs + 1, \
             gone_at = CASE WHEN missed_syncs >= 1 THEN $2 END, \
             updated_at = CASE WHEN missed_syncs >= 1 THEN $2 ELSE updated_at END \
         WHERE id = ANY($1) RETURNING gone_at) \
         SELECT count(gone_at) AS count FROM missed",
    )
    .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(gone.count)
}

/// Writes down what only the sync learns: addresses and certificates' fingerprints, by node name.
///
/// # Errors
/// When the database does not answer.
pub async fn describe(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    name: &str,
    ip_address: Option<&str>,
    metadata: &serde_json::Value,
) -> Result<()> {
    // What is longer than any address is none.
    let ip_address = ip_address.filter(|address| address.len() <= 45);
    diesel::update(nodes::table.filter(nodes::connection_id.eq(connection.0).and(nodes::proxmox_node_name.eq(name))))
        .set((ip_address.map(|address| nodes::ip_address.eq(address.to_owned())), nodes::metadata.eq(metadata)))
        .execute(conn)
        .await?;
    Ok(())
}

/// How many nodes of a connection exist.
///
/// # Errors
/// When the database does not answer.
pub async fn count_of(conn: &mut AsyncPgConnection, connection: ConnectionId) -> Result<i64> {
    let count: i64 = nodes::table
        .filter(nodes::connection_id.eq(connection.0).and(nodes::gone_at.is_null()))
        .count()
        .get_result(conn)
        .await?;
    Ok(count)
}
