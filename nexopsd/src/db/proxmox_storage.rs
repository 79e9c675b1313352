//! Storages, as each node sees them.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::ConnectionId;

use super::Result;

/// A storage as one node shows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenStorage {
    /// The node.
    pub node: String,
    /// The storage's name.
    pub name: String,
    /// Whether other nodes see the same one.
    pub shared: bool,
    /// Whether the node can use it.
    pub available: bool,
    /// Bytes in use, where known.
    pub used_bytes: Option<i64>,
    /// Bytes in all, where known.
    pub total_bytes: Option<i64>,
}

/// Puts the storages that are seen in the place of those that were. No pair of node and name may come twice.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn replace(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    seen: &[SeenStorage],
    now: DateTime<Utc>,
) -> Result<()> {
    let nodes: Vec<&str> = seen.iter().map(|storage| storage.node.as_str()).collect();
    let names: Vec<&str> = seen.iter().map(|storage| storage.name.as_str()).collect();
    diesel::sql_query(
        "DELETE FROM proxmox_storages AS known WHERE connection_id = $1 AND NOT EXISTS \
             (SELECT FROM unnest($2, $3) AS row (node, name) WHERE row.node = known.node AND row.name = known.name)",
    )
    .bind::<SqlUuid, _>(connection.0)
    .bind::<Array<Text>, _>(&nodes)
    .bind::<Array<Text>, _>(&names)
    .execute(conn)
    .await?;
    diesel::sql_query(
        "INSERT INTO proxmox_storages AS known \
             (connection_id, node, name, shared, available, used_bytes, total_bytes, updated_at) \
         SELECT $1, node, name, shared, available, used, total, $2 \
         FROM unnest($3, $4, $5, $6, $7, $8) AS row (node, name, shared, available, used, total) \
         ON CONFLICT (connection_id, node, name) DO UPDATE SET shared = excluded.shared, \
             available = excluded.available, used_bytes = excluded.used_bytes, \
             total_bytes = excluded.total_bytes, updated_at = excluded.updated_at \
         WHERE (known.shared, known.available, known.used_bytes, known.total_bytes) IS DISTINCT FROM \
             (excluded.shared, excluded.available, excluded.used_bytes, excluded.total_bytes)",
    )
    .bind::<SqlUuid, _>(connection.0)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(&nodes)
    .bind::<Array<Text>, _>(&names)
    .bind::<Array<Bool>, _>(seen.iter().map(|storage| storage.shared).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(seen.iter().map(|storage| storage.available).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(seen.iter().map(|storage| storage.used_bytes).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(seen.iter().map(|storage| storage.total_bytes).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}
