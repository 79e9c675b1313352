//! The latest figures of nodes and guests, and when they are too old to be called current.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::ConnectionId;
use nexops_core::metric::SourceType;
use nexops_core::usage::{MemorySource, Usage};
use uuid::Uuid;

use super::Result;
use super::schema::metric_latest;

/// From when on figures count as stale.
#[derive(Debug, Clone, Copy)]
pub struct Staleness {
    /// Figures observed before this are stale.
    pub before: DateTime<Utc>,
}

impl Staleness {
    /// Figures are stale when they are more than two collection intervals old.
    #[must_use]
    pub fn at(now: DateTime<Utc>, collect_interval: std::time::Duration) -> Self {
        let two_intervals = Duration::from_std(collect_interval * 2).unwrap_or(Duration::MAX);
        Self { before: now - two_intervals }
    }

    /// Whether something observed then is stale now. What was never observed is.
    #[must_use]
    pub fn is_stale(self, observed_at: Option<DateTime<Utc>>) -> bool {
        observed_at.is_none_or(|observed_at| observed_at < self.before)
    }
}

/// One source's figures together with the counters from which its next rates are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The node or guest.
    pub source_id: Uuid,
    /// Which of both.
    pub source_type: SourceType,
    /// Its figures; `usage.observed_at` is always set and `usage.stale` means nothing here.
    pub usage: Usage,
    /// Bytes received since the guest started.
    pub network_in_total: Option<i64>,
    /// Bytes sent since the guest started.
    pub network_out_total: Option<i64>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = metric_latest)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(super) struct LatestRow {
    source_id: Uuid,
    source_type: String,
    observed_at: DateTime<Utc>,
    cpu_usage: Option<f64>,
    memory_usage: Option<f64>,
    disk_usage: Option<f64>,
    network_in: Option<f64>,
    network_out: Option<f64>,
    uptime_seconds: Option<i64>,
    memory_used_mb: Option<i64>,
    memory_source: Option<String>,
    disk_used_gb: Option<f64>,
    network_in_total: Option<i64>,
    network_out_total: Option<i64>,
}

impl LatestRow {
    fn into_observation(self) -> Result<Observation> {
        let Self {
            source_id,
            source_type,
            observed_at,
            cpu_usage,
            memory_usage,
            disk_usage,
            network_in,
            network_out,
            uptime_seconds,
            memory_used_mb,
            memory_source,
            disk_used_gb,
            network_in_total,
            network_out_total,
        } = self;
        Ok(Observation {
            source_id,
            source_type: super::word(&source_type)?,
            usage: Usage {
                cpu_usage,
                memory_usage,
                disk_usage,
                network_in,
                network_out,
                uptime_seconds,
                memory_used_mb,
                memory_source: memory_source.as_deref().map(super::word).transpose()?,
                disk_used_gb,
                observed_at: Some(observed_at),
                stale: false,
            },
            network_in_total,
            network_out_total,
        })
    }
}

/// The figures of a row that may be missing, with their age judged.
pub(super) fn usage(row: Option<LatestRow>, staleness: Staleness) -> Result<Usage> {
    let usage = row.map(LatestRow::into_observation).transpose()?.map(|observation| observation.usage);
    let usage = usage.unwrap_or_default();
    Ok(Usage { stale: staleness.is_stale(usage.observed_at), ..usage })
}

/// The latest observations of everything that is seen through a connection.
///
/// # Errors
/// When the database does not answer.
pub async fn of_connection(conn: &mut AsyncPgConnection, id: ConnectionId) -> Result<Vec<Observation>> {
    let rows = metric_latest::table
        .filter(metric_latest::connection_id.eq(id.0))
        .select(LatestRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(LatestRow::into_observation).collect()
}

/// Replaces the latest figures of the given sources, unless they are younger. (By no more than a minute: a later time
/// was written by a clock that went wrong.)
///
/// # Errors
/// When the database does not answer.
pub(super) async fn store(conn: &mut AsyncPgConnection, id: ConnectionId, observations: &[Observation]) -> Result<()> {
    fn column<T>(observations: &[Observation], value: impl Fn(&Observation) -> T) -> Vec<T> {
        observations.iter().map(value).collect()
    }
    // The order of ids keeps two writers from waiting for each other's rows crosswise.
    let mut observations = observations.to_vec();
    observations.sort_unstable_by_key(|observation| observation.source_id);
    let all = observations.as_slice();
    diesel::sql_query(
        "INSERT INTO metric_latest AS latest (source_id, source_type, connection_id, observed_at, cpu_usage, \
             memory_usage, disk_usage, network_in, network_out, uptime_seconds, memory_used_mb, memory_source, \
             disk_used_gb, network_in_total, network_out_total) \
         SELECT source_id, source_type, $1, observed_at, cpu_usage, memory_usage, disk_usage, network_in, \
             network_out, uptime_seconds, memory_used_mb, memory_source, disk_used_gb, network_in_total, \
             network_out_total \
         FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
             AS row (source_id, source_type, observed_at, cpu_usage, memory_usage, disk_usage, network_in, \
                 network_out, uptime_seconds, memory_used_mb, memory_source, disk_used_gb, network_in_total, \
                 network_out_total) \
         ON CONFLICT (source_id) DO UPDATE SET \
             observed_at = excluded.observed_at, cpu_usage = excluded.cpu_usage, \
             memory_usage = excluded.memory_usage, disk_usage = excluded.disk_usage, \
             network_in = excluded.network_in, network_out = excluded.network_out, \
             uptime_seconds = excluded.uptime_seconds, memory_used_mb = excluded.memory_used_mb, \
             memory_source = excluded.memory_source, disk_used_gb = excluded.disk_used_gb, \
             network_in_total = excluded.network_in_total, network_out_total = excluded.network_out_total \
         WHERE latest.observed_at <= excluded.observed_at \
             OR latest.observed_at > excluded.observed_at + interval '1 minute'",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<Array<SqlUuid>, _>(column(all, |o| o.source_id))
    .bind::<Array<Text>, _>(column(all, |o| o.source_type.as_str()))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(all, |o| o.usage.observed_at))
    .bind::<Array<Nullable<Double>>, _>(column(all, |o| o.usage.cpu_usage))
    .bind::<Array<Nullable<Double>>, _>(column(all, |o| o.usage.memory_usage))
    .bind::<Array<Nullable<Double>>, _>(column(all, |o| o.usage.disk_usage))
    .bind::<Array<Nullable<Double>>, _>(column(all, |o| o.usage.network_in))
    .bind::<Array<Nullable<Double>>, _>(column(all, |o| o.usage.network_out))
    .bind::<Array<Nullable<BigInt>>, _>(column(all, |o| o.usage.uptime_seconds))
    .bind::<Array<Nullable<BigInt>>, _>(column(all, |o| o.usage.memory_used_mb))
    .bind::<Array<Nullable<Text>>, _>(column(all, |o| o.usage.memory_source.map(MemorySource::as_str)))
    .bind::<Array<Nullable<Double>>, _>(column(all, |o| o.usage.disk_used_gb))
    .bind::<Array<Nullable<BigInt>>, _>(column(all, |o| o.network_in_total))
    .bind::<Array<Nullable<BigInt>>, _>(column(all, |o| o.network_out_total))
    .execute(conn)
    .await?;
    Ok(())
}
