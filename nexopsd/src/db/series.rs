//! Samples: numbered by series and written in one statement for each collection.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Double, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::metric::{Metric, SourceType};
use uuid::Uuid;

use super::latest::Observation;
use super::lease::{self, Fence};
use super::schema::{nodes, services, vms};
use super::{Error, Result, rollup};

/// Samples that are older are refused: the place where they belong may have been closed.
pub const OLDEST_SAMPLE: TimeDelta = TimeDelta::minutes(90);
/// Samples that lie further in the future are refused: a clock is wrong, and they would hide the true ones to come.
pub const NEWEST_SAMPLE: TimeDelta = TimeDelta::seconds(60);

/// The numbers of series that were met before, so that samples can be written without asking for them.
///
/// Numbers that were given in a transaction which did not come to its end stand for nothing: whoever hands the index to
/// such a transaction throws it away.
#[derive(Debug, Default, Clone)]
pub struct SeriesIndex(HashMap<(Uuid, Metric), i32>);

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// What was measured.
    pub source_id: Uuid,
    /// Its kind.
    pub source_type: SourceType,
    /// Which of its metrics.
    pub metric: Metric,
    /// When.
    pub at: DateTime<Utc>,
    /// In the metric's unit.
    pub value: f64,
}

/// The known figures of observations, as samples.
#[must_use]
pub fn samples(observations: &[Observation]) -> Vec<Sample> {
    let mut samples = Vec::with_capacity(observations.len() * Metric::ALL.len());
    for Observation { source_id, source_type, usage, .. } in observations {
        let Some(at) = usage.observed_at else { continue };
        samples.extend(Metric::ALL.iter().filter_map(|&metric| {
            let value = metric.of(usage)?;
            Some(Sample { source_id: *source_id, source_type: *source_type, metric, at, value })
        }));
    }
    samples
}

/// What became of samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored {
    /// Written; one that was there already is not counted.
    pub samples: usize,
    /// Not written, because they were too old or from the future.
    pub refused: usize,
}

/// Stores samples. One that is there already stays as it is, so that it does no harm to store them again.
///
/// # Errors
/// When the database does not answer.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    index: &mut SeriesIndex,
    samples: &[Sample],
    now: DateTime<Utc>,
) -> Result<Stored> {
    let acceptable = now - OLDEST_SAMPLE..=now + NEWEST_SAMPLE;
    let is_acceptable = |sample: &&Sample| sample.value.is_finite() && acceptable.contains(&sample.at);
    let missing: Vec<&Sample> = samples
        .iter()
        .filter(is_acceptable)
        .filter(|sample| !index.0.contains_key(&(sample.source_id, sample.metric)))
        .collect();
    number(conn, index, &missing).await?;

    // In the order of the key, so that the index grows at one place after the other.
    let mut rows: Vec<Row> = samples
        .iter()
        .filter(is_acceptable)
        .filter_map(|sample| Some((*index.0.get(&(sample.source_id, sample.metric))?, sample.at, sample.value)))
        .collect();
    rows.sort_unstable_by_key(|(series, at, _)| (*series, *at));
    let refused = samples.len() - rows.len();
    let Some(earliest) = rows.iter().map(|(_, at, _)| *at).min() else { return Ok(Stored { samples: 0, refused }) };
    let stored = if earliest < now - rollup::LATE {
        rollup::reopen(conn, earliest).await?;
        write(conn, &rows, "ON CONFLICT DO NOTHING").await?
    } else {
        // New samples are new nearly always, and not asking costs half.
        match conn.transaction(async |conn| write(conn, &rows, "").await).await {
            Err(Error::Unique { .. }) => write(conn, &rows, "ON CONFLICT DO NOTHING").await?,
            written => written?,
        }
    };
    Ok(Stored { samples: stored, refused })
}

/// Stores samples in a transaction of their own, if the lease is held.
///
/// # Errors
/// [`Error::Superseded`], and as for [`insert`].
pub async fn store(
    conn: &mut AsyncPgConnection,
    fence: Option<&Fence>,
    index: &mut SeriesIndex,
    samples: &[Sample],
    now: DateTime<Utc>,
) -> Result<Stored> {
    conn.transaction(async |conn| {
        super::commit_lazily(conn).await?;
        lease::check(conn, fence).await?;
        insert(conn, index, samples, now).await
    })
    .await
}

type Row = (i32, DateTime<Utc>, f64);

async fn write(conn: &mut AsyncPgConnection, rows: &[Row], on_conflict: &str) -> Result<usize> {
    let stored = diesel::sql_query(format!(
        "INSERT INTO metric_samples (series_id, ts, value) \
         SELECT series_id, ts, value FROM unnest($1, $2, $3) AS row (series_id, ts, value) {on_conflict}"
    ))
    .bind::<Array<Integer>, _>(rows.iter().map(|row| row.0).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(rows.iter().map(|row| row.1).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(rows.iter().map(|row| row.2).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(stored)
}

#[derive(QueryableByName)]
struct SeriesRow {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = SqlUuid)]
    source_id: Uuid,
    #[diesel(sql_type = Text)]
    metric_name: String,
}

/// Gives numbers to series that have none, and learns the numbers of those that have.
async fn number(conn: &mut AsyncPgConnection, index: &mut SeriesIndex, missing: &[&Sample]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let sources: Vec<Uuid> = missing.iter().map(|sample| sample.source_id).collect();
    let names: Vec<&str> = missing.iter().map(|sample| sample.metric.as_str()).collect();
    let given = diesel::sql_query(
        "INSERT INTO metric_series (source_type, source_id, metric_name, unit) \
         SELECT DISTINCT source_type, source_id, name, unit \
         FROM unnest($1, $2, $3, $4) AS row (source_type, source_id, name, unit) \
         WHERE NOT EXISTS (SELECT FROM metric_series AS known \
             WHERE known.source_id = row.source_id AND known.metric_name = row.name) \
         ORDER BY source_id, name \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<Text>, _>(missing.iter().map(|sample| sample.source_type.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(&sources)
    .bind::<Array<Text>, _>(&names)
    .bind::<Array<Text>, _>(missing.iter().map(|sample| sample.metric.unit().as_str()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    if given > 0 {
        // The numbers are remembered as long as the daemon lives; a crash of PostgreSQL must not take them back.
        diesel::sql_query("SET LOCAL synchronous_commit = on").execute(conn).await?;
    }
    let rows: Vec<SeriesRow> = diesel::sql_query(
        "SELECT id, source_id, metric_name FROM metric_series \
         JOIN (SELECT DISTINCT source, name FROM unnest($1, $2) AS row (source, name)) AS wanted \
             ON source_id = source AND metric_name = name",
    )
    .bind::<Array<SqlUuid>, _>(&sources)
    .bind::<Array<Text>, _>(&names)
    .load(conn)
    .await?;
    for row in rows {
        index.0.insert((row.source_id, super::word(&row.metric_name)?), row.id);
    }
    Ok(())
}

/// Which kind of source an id belongs to; `None` when to none.
///
/// # Errors
/// When the database does not answer.
pub async fn source_type(conn: &mut AsyncPgConnection, source: Uuid) -> Result<Option<SourceType>> {
    let is_vm: bool = diesel::select(diesel::dsl::exists(vms::table.find(source))).get_result(conn).await?;
    if is_vm {
        return Ok(Some(SourceType::Vm));
    }
    let is_node: bool = diesel::select(diesel::dsl::exists(nodes::table.find(source))).get_result(conn).await?;
    if is_node {
        return Ok(Some(SourceType::Node));
    }
    let is_service: bool = diesel::select(diesel::dsl::exists(services::table.find(source))).get_result(conn).await?;
    Ok(is_service.then_some(SourceType::Service))
}
