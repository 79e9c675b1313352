//! Everything at a glance: counted and summed by the database, without reading a single sample.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::overview::{
    AlertCounts, Consumer, CpuTotal, DiskTotal, MemoryTotal, NodeCounts, Overview, ServiceCounts, VmCounts,
};
use uuid::Uuid;

use super::Result;

/// Guests that are named.
const TOP: i32 = 5;
const BYTES_PER_GIB: f64 = 1_073_741_824.0;

/// Reads everything at a glance.
///
/// # Errors
/// When the database does not answer.
pub async fn read(conn: &mut AsyncPgConnection) -> Result<Overview> {
    let nodes = nodes(conn).await?;
    Ok(Overview {
        nodes: nodes.counts(),
        vms: vms(conn).await?,
        services: services(conn).await?,
        alerts: alerts(conn).await?,
        cpu: nodes.cpu(),
        memory: nodes.memory(),
        disk: disk(conn).await?,
        top_vms: top_vms(conn).await?,
    })
}

#[derive(QueryableByName)]
struct NodesRow {
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    online: i64,
    #[diesel(sql_type = BigInt)]
    offline: i64,
    #[diesel(sql_type = BigInt)]
    maintenance: i64,
    #[diesel(sql_type = BigInt)]
    unknown: i64,
    #[diesel(sql_type = Nullable<Double>)]
    used_cores: Option<f64>,
    #[diesel(sql_type = BigInt)]
    total_cores: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    used_mb: Option<i64>,
    #[diesel(sql_type = BigInt)]
    total_mb: i64,
}

impl NodesRow {
    fn counts(&self) -> NodeCounts {
        let Self { total, online, offline, maintenance, unknown, .. } = *self;
        NodeCounts { total, online, offline, maintenance, unknown }
    }

    #[expect(clippy::cast_precision_loss, reason = "cores are counted in thousands")]
    fn cpu(&self) -> CpuTotal {
        let used_cores = self.used_cores.map(hundredths);
        let usage = self.used_cores.and_then(|used| percent(used, self.total_cores as f64));
        CpuTotal { usage, used_cores, total_cores: self.total_cores }
    }

    #[expect(clippy::cast_precision_loss, reason = "hundredths of a percent are far coarser than a double's steps")]
    fn memory(&self) -> MemoryTotal {
        let usage = self.used_mb.and_then(|used| percent(used as f64, self.total_mb as f64));
        MemoryTotal { usage, used_mb: self.used_mb, total_mb: self.total_mb }
    }
}

async fn nodes(conn: &mut AsyncPgConnection) -> Result<NodesRow> {
    let row = diesel::sql_query(
        "SELECT count(*) AS total, \
             count(*) FILTER (WHERE nodes.status = 'online') AS online, \
             count(*) FILTER (WHERE nodes.status = 'offline') AS offline, \
             count(*) FILTER (WHERE nodes.status = 'maintenance') AS maintenance, \
             count(*) FILTER (WHERE nodes.status = 'unknown') AS unknown, \
             sum(cpu_usage * cpu_cores / 100) AS used_cores, \
             coalesce(sum(cpu_cores) FILTER (WHERE cpu_usage IS NOT NULL), 0)::bigint AS total_cores, \
             sum(memory_used_mb)::bigint AS used_mb, \
             coalesce(sum(memory_total_mb) FILTER (WHERE memory_used_mb IS NOT NULL), 0)::bigint AS total_mb \
         FROM nodes JOIN proxmox_connections AS connection ON connection.id = nodes.connection_id AND enabled \
         LEFT JOIN metric_latest ON source_id = nodes.id \
         WHERE gone_at IS NULL",
    )
    .get_result(conn)
    .await?;
    Ok(row)
}

#[derive(QueryableByName)]
struct VmsRow {
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    running: i64,
    #[diesel(sql_type = BigInt)]
    stopped: i64,
    #[diesel(sql_type = BigInt)]
    paused: i64,
    #[diesel(sql_type = BigInt)]
    error: i64,
    #[diesel(sql_type = BigInt)]
    unknown: i64,
    #[diesel(sql_type = BigInt)]
    templates: i64,
}

async fn vms(conn: &mut AsyncPgConnection) -> Result<VmCounts> {
    let VmsRow { total, running, stopped, paused, error, unknown, templates } = diesel::sql_query(
        "SELECT count(*) AS total, \
             count(*) FILTER (WHERE status = 'running') AS running, \
             count(*) FILTER (WHERE status = 'stopped') AS stopped, \
             count(*) FILTER (WHERE status = 'paused') AS paused, \
             count(*) FILTER (WHERE status = 'error') AS error, \
             count(*) FILTER (WHERE status = 'unknown') AS unknown, \
             count(*) FILTER (WHERE template) AS templates \
         FROM vms WHERE gone_at IS NULL AND connection_id = ANY(ARRAY(SELECT id FROM proxmox_connections WHERE enabled))",
    )
    .get_result(conn)
    .await?;
    Ok(VmCounts { total, running, stopped, paused, error, unknown, templates })
}

#[derive(QueryableByName)]
struct ServicesRow {
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    healthy: i64,
    #[diesel(sql_type = BigInt)]
    degraded: i64,
    #[diesel(sql_type = BigInt)]
    unhealthy: i64,
    #[diesel(sql_type = BigInt)]
    unknown: i64,
}

async fn services(conn: &mut AsyncPgConnection) -> Result<ServiceCounts> {
    let ServicesRow { total, healthy, degraded, unhealthy, unknown } = diesel::sql_query(
        "SELECT count(*) AS total, \
             count(*) FILTER (WHERE status = 'healthy') AS healthy, \
             count(*) FILTER (WHERE status = 'degraded') AS degraded, \
             count(*) FILTER (WHERE status = 'unhealthy') AS unhealthy, \
             count(*) FILTER (WHERE status = 'unknown') AS unknown \
         FROM services",
    )
    .get_result(conn)
    .await?;
    Ok(ServiceCounts { total, healthy, degraded, unhealthy, unknown })
}

#[derive(QueryableByName)]
struct AlertsRow {
    #[diesel(sql_type = BigInt)]
    active: i64,
    #[diesel(sql_type = BigInt)]
    firing: i64,
    #[diesel(sql_type = BigInt)]
    acknowledged: i64,
    #[diesel(sql_type = BigInt)]
    critical: i64,
    #[diesel(sql_type = BigInt)]
    warning: i64,
    #[diesel(sql_type = BigInt)]
    info: i64,
}

async fn alerts(conn: &mut AsyncPgConnection) -> Result<AlertCounts> {
    let AlertsRow { active, firing, acknowledged, critical, warning, info } = diesel::sql_query(
        "SELECT count(*) AS active, \
             count(*) FILTER (WHERE status = 'firing') AS firing, \
             count(*) FILTER (WHERE status = 'acknowledged') AS acknowledged, \
             count(*) FILTER (WHERE severity = 'critical') AS critical, \
             count(*) FILTER (WHERE severity = 'warning') AS warning, \
             count(*) FILTER (WHERE severity = 'info') AS info \
         FROM alerts WHERE status <> 'resolved'",
    )
    .get_result(conn)
    .await?;
    Ok(AlertCounts { active, firing, acknowledged, critical, warning, info })
}

#[derive(QueryableByName)]
struct DiskRow {
    #[diesel(sql_type = Nullable<Double>)]
    used: Option<f64>,
    #[diesel(sql_type = Double)]
    total: f64,
}

async fn disk(conn: &mut AsyncPgConnection) -> Result<DiskTotal> {
    // Of a shared storage, the row of the node that sees most of it.
    let DiskRow { used, total } = diesel::sql_query(
        "SELECT sum(used_bytes)::float8 AS used, coalesce(sum(total_bytes), 0)::float8 AS total FROM ( \
             SELECT DISTINCT ON (connection_id, name, CASE WHEN NOT shared THEN node END) used_bytes, total_bytes \
             FROM proxmox_storages \
             WHERE used_bytes IS NOT NULL AND total_bytes IS NOT NULL \
                 AND connection_id = ANY(ARRAY(SELECT id FROM proxmox_connections WHERE enabled)) \
             ORDER BY connection_id, name, CASE WHEN NOT shared THEN node END, total_bytes DESC, used_bytes DESC \
         ) AS once",
    )
    .get_result(conn)
    .await?;
    Ok(DiskTotal {
        usage: used.and_then(|used| percent(used, total)),
        used_gb: used.map(|used| hundredths(used / BYTES_PER_GIB)),
        total_gb: hundredths(total / BYTES_PER_GIB),
    })
}

#[derive(QueryableByName)]
struct ConsumerRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    vmid: i32,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    node: String,
    #[diesel(sql_type = Text)]
    connection: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Double>)]
    cpu_usage: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    memory_usage: Option<f64>,
    #[diesel(sql_type = Double)]
    load: f64,
}

async fn top_vms(conn: &mut AsyncPgConnection) -> Result<Vec<Consumer>> {
    // The few are found first, from the figures alone; only they are looked up.
    let rows: Vec<ConsumerRow> = diesel::sql_query(
        "SELECT vms.id, vmid, vms.name, nodes.hostname AS node, connection.name AS connection, vms.status, \
             cpu_usage, memory_usage, load \
         FROM (SELECT source_id, cpu_usage, memory_usage, greatest(cpu_usage, memory_usage) AS load \
               FROM metric_latest WHERE source_type = 'vm' AND greatest(cpu_usage, memory_usage) IS NOT NULL \
                   AND connection_id = ANY(ARRAY(SELECT id FROM proxmox_connections WHERE enabled)) \
               ORDER BY greatest(cpu_usage, memory_usage) DESC, source_id LIMIT $1) AS busiest \
         JOIN vms ON vms.id = source_id AND vms.gone_at IS NULL \
         JOIN nodes ON nodes.id = vms.node_id \
         JOIN proxmox_connections AS connection ON connection.id = vms.connection_id \
         ORDER BY load DESC, vms.id",
    )
    .bind::<Integer, _>(TOP)
    .load(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let ConsumerRow { id, vmid, name, node, connection, status, cpu_usage, memory_usage, load } = row;
            let status = super::word(&status)?;
            Ok(Consumer { id: id.into(), vmid, name, node, connection, status, cpu_usage, memory_usage, load })
        })
        .collect()
}

fn percent(used: f64, total: f64) -> Option<f64> {
    (total > 0.0).then(|| hundredths((used / total * 100.0).clamp(0.0, 100.0)))
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
