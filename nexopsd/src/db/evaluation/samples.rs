//! Samples that have not been evaluated yet.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Double, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_alerting::Sample;
use nexops_core::metric::{Metric, SourceType};
use uuid::Uuid;

use super::super::Result;

/// Samples that lie further back are not evaluated any more when the evaluation was away for long.
const LONGEST_BACK: TimeDelta = TimeDelta::hours(6);
/// A sample this far ahead of the clock is taken in when its time has come.
const AHEAD: TimeDelta = TimeDelta::seconds(60);
/// How far back the last sample of a series is looked for.
const LONGEST_MISSING: TimeDelta = TimeDelta::hours(24);

/// Up to where the samples of each connection or service have been evaluated.
pub type Cursors = HashMap<Uuid, DateTime<Utc>>;

#[derive(QueryableByName)]
struct CursorRow {
    #[diesel(sql_type = SqlUuid)]
    scope_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    evaluated_until: DateTime<Utc>,
}

/// Where the evaluation stands in time.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn cursors(conn: &mut AsyncPgConnection) -> Result<Cursors> {
    let rows: Vec<CursorRow> =
        diesel::sql_query("SELECT scope_id, evaluated_until FROM alert_cursors").load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.scope_id, row.evaluated_until)).collect())
}

/// What is measured of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// Its number.
    pub id: i32,
    /// The kind of source.
    pub kind: SourceType,
    /// The source.
    pub source: Uuid,
    /// What is measured.
    pub metric: Metric,
}

#[derive(QueryableByName)]
struct SeriesRow {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Text)]
    source_type: String,
    #[diesel(sql_type = SqlUuid)]
    source_id: Uuid,
    #[diesel(sql_type = Text)]
    metric_name: String,
}

/// Every series of these metrics.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn series(conn: &mut AsyncPgConnection, metrics: &[Metric]) -> Result<Vec<Series>> {
    let names: Vec<&str> = metrics.iter().map(|metric| metric.as_str()).collect();
    let rows: Vec<SeriesRow> = diesel::sql_query(
        "SELECT id, source_type, source_id, metric_name FROM metric_series WHERE metric_name = ANY($1)",
    )
    .bind::<Array<Text>, _>(names)
    .load(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (kind, metric) = (super::super::word(&row.source_type)?, super::super::word(&row.metric_name)?);
            Ok(Series { id: row.id, kind, source: row.source_id, metric })
        })
        .collect()
}

#[derive(QueryableByName)]
struct SampleRow {
    #[diesel(sql_type = Integer)]
    series_id: i32,
    #[diesel(sql_type = Timestamptz)]
    ts: DateTime<Utc>,
    #[diesel(sql_type = Double)]
    value: f64,
}

/// New samples by series.
pub type Fresh = HashMap<i32, Vec<Sample>>;

/// The samples after a time, of series that share it.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn fresh(
    conn: &mut AsyncPgConnection,
    series: &[i32],
    after: Option<DateTime<Utc>>,
    interval: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Fresh> {
    let after = after.map_or(now - interval * 2, |after| after.max(now - LONGEST_BACK));
    let rows: Vec<SampleRow> = diesel::sql_query(
        "SELECT series_id, ts, value FROM metric_samples WHERE series_id = ANY($1) AND ts > $2 AND ts <= $3",
    )
    .bind::<Array<Integer>, _>(series)
    .bind::<Timestamptz, _>(after)
    .bind::<Timestamptz, _>(now + AHEAD)
    .load(conn)
    .await?;
    Ok(gathered(rows))
}

/// The last sample of each of these series, where there is one within a day.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn last_before(conn: &mut AsyncPgConnection, series: &[i32], now: DateTime<Utc>) -> Result<Fresh> {
    let rows: Vec<SampleRow> = diesel::sql_query(
        "SELECT wanted.series_id, sample.ts, sample.value FROM unnest($1) AS wanted (series_id) \
         CROSS JOIN LATERAL (SELECT ts, value FROM metric_samples \
             WHERE series_id = wanted.series_id AND ts > $2 AND ts <= $3 ORDER BY ts DESC LIMIT 1) AS sample",
    )
    .bind::<Array<Integer>, _>(series)
    .bind::<Timestamptz, _>(now - LONGEST_MISSING)
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?;
    Ok(gathered(rows))
}

fn gathered(rows: Vec<SampleRow>) -> Fresh {
    let mut fresh: Fresh = HashMap::new();
    for SampleRow { series_id, ts, value } in rows {
        fresh.entry(series_id).or_default().push(Sample { at: ts, value });
    }
    fresh
}

/// Stored samples of one source, and what it is called.
#[derive(Debug)]
pub struct History {
    /// The kind of source.
    pub kind: SourceType,
    /// The source.
    pub source: Uuid,
    /// Its samples, oldest first.
    pub samples: Vec<Sample>,
}

/// The stored samples of every source that has a metric, of those of a kind or one source if wished: `most` at most, the
/// latest of them.
///
/// # Errors
/// When the database does not answer.
pub async fn history(
    conn: &mut AsyncPgConnection,
    metric: Metric,
    only: (Option<SourceType>, Option<Uuid>),
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    most: i64,
) -> Result<Vec<History>> {
    let series = series(conn, &[metric]).await?;
    let (kind, source) = only;
    let series: Vec<Series> = series
        .into_iter()
        .filter(|series| kind.is_none_or(|kind| kind == series.kind) && source.is_none_or(|id| id == series.source))
        .collect();
    let rows: Vec<SampleRow> = diesel::sql_query(
        "SELECT series_id, ts, value FROM metric_samples WHERE series_id = ANY($1) AND ts > $2 AND ts <= $3 \
         ORDER BY ts DESC LIMIT $4",
    )
    .bind::<Array<Integer>, _>(series.iter().map(|series| series.id).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(to)
    .bind::<diesel::sql_types::BigInt, _>(most)
    .load(conn)
    .await?;
    let mut samples = gathered(rows);
    Ok(series
        .into_iter()
        .map(|series| {
            let mut samples = samples.remove(&series.id).unwrap_or_default();
            samples.sort_by_key(|sample| sample.at);
            History { kind: series.kind, source: series.source, samples }
        })
        .collect())
}
