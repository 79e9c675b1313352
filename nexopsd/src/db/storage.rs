//! What the database says of itself.

use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Result;

/// Version and sizes.
#[derive(Debug, Clone, PartialEq, Eq, diesel::QueryableByName)]
pub struct Sizes {
    /// PostgreSQL's version.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// The whole database, bytes.
    #[diesel(sql_type = BigInt)]
    pub database_bytes: i64,
    /// All samples with their indexes, bytes.
    #[diesel(sql_type = BigInt)]
    pub samples_bytes: i64,
    /// Samples stored, by PostgreSQL's own estimate.
    #[diesel(sql_type = BigInt)]
    pub samples_estimate: i64,
}

/// Asks for version and sizes.
///
/// # Errors
/// When the database does not answer.
pub async fn sizes(conn: &mut AsyncPgConnection) -> Result<Sizes> {
    let sizes = diesel::sql_query(
        "SELECT split_part(current_setting('server_version'), ' ', 1) AS version, \
             pg_database_size(current_database()) AS database_bytes, \
             coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint AS samples_bytes, \
             coalesce(sum(greatest(coalesce(pg_stat_get_live_tuples(inhrelid), 0), 0)), 0)::bigint AS samples_estimate \
         FROM pg_inherits WHERE inhparent = 'metric_samples'::regclass",
    )
    .get_result(conn)
    .await?;
    Ok(sizes)
}

/// Whether the database answers at all.
///
/// # Errors
/// When it does not.
pub async fn ping(conn: &mut AsyncPgConnection) -> Result<()> {
    diesel::sql_query("SELECT 1").execute(conn).await?;
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct QueueRow {
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many notifications wait, and how many were given up.
///
/// # Errors
/// When the database does not answer.
pub async fn queue(conn: &mut AsyncPgConnection) -> Result<Vec<(String, i64)>> {
    let rows: Vec<QueueRow> = diesel::sql_query(
        "SELECT 'pending' AS state, count(*) AS count FROM notification_deliveries WHERE state = 'pending' \
         UNION ALL SELECT 'dead', count(*) FROM notification_deliveries WHERE state = 'dead'",
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|QueueRow { state, count }| (state, count)).collect())
}

#[derive(diesel::QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = Text)]
    version: String,
}

/// PostgreSQL's version, as `15.18`.
///
/// # Errors
/// When the database does not answer.
pub async fn version(conn: &mut AsyncPgConnection) -> Result<String> {
    let row: VersionRow = diesel::sql_query("SELECT split_part(current_setting('server_version'), ' ', 1) AS version")
        .get_result(conn)
        .await?;
    Ok(row.version)
}
