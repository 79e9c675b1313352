//! Samples: written in one statement for each collection, read in buckets.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::metric::{Metric, Point, Series, SourceType};
use uuid::Uuid;

use super::Result;
use super::latest::Observation;
use super::schema::{metric_series, nodes, vms};

/// The numbers of series that were met before, so that samples can be written without asking for them.
#[derive(Debug, Default)]
pub struct SeriesIndex(HashMap<(Uuid, Metric), i32>);

/// Stores every known figure of the observations as a sample and says how many there were. A sample that is there
/// already stays as it is.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    index: &mut SeriesIndex,
    observations: &[Observation],
) -> Result<usize> {
    let mut samples: Vec<(&Observation, Metric, f64)> = Vec::with_capacity(observations.len() * Metric::ALL.len());
    for observation in observations {
        for &metric in Metric::ALL {
            if let Some(value) = metric.of(&observation.usage) {
                samples.push((observation, metric, value));
            }
        }
    }
    let missing: Vec<(&Observation, Metric)> = samples
        .iter()
        .filter(|(observation, metric, _)| !index.0.contains_key(&(observation.source_id, *metric)))
        .map(|(observation, metric, _)| (*observation, *metric))
        .collect();
    number(conn, index, &missing).await?;

    // In the order of the primary key, so that the index grows at one place after the other.
    let mut rows: Vec<(i32, DateTime<Utc>, f64)> = samples
        .iter()
        .filter_map(|(observation, metric, value)| {
            let series = *index.0.get(&(observation.source_id, *metric))?;
            Some((series, observation.usage.observed_at?, *value))
        })
        .collect();
    rows.sort_unstable_by_key(|(series, ts, _)| (*series, *ts));
    let stored = diesel::sql_query(
        "INSERT INTO metric_samples (series_id, ts, value) \
         SELECT series_id, ts, value FROM unnest($1, $2, $3) AS row (series_id, ts, value) \
         ON CONFLICT DO NOTHING",
    )
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
async fn number(
    conn: &mut AsyncPgConnection,
    index: &mut SeriesIndex,
    missing: &[(&Observation, Metric)],
) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let sources: Vec<Uuid> = missing.iter().map(|(observation, _)| observation.source_id).collect();
    let names: Vec<&str> = missing.iter().map(|(_, metric)| metric.as_str()).collect();
    let given = diesel::sql_query(
        "INSERT INTO metric_series (source_type, source_id, metric_name, unit) \
         SELECT source_type, source_id, name, unit FROM unnest($1, $2, $3, $4) AS row (source_type, source_id, name, unit) \
         WHERE NOT EXISTS (SELECT FROM metric_series AS known \
             WHERE known.source_id = row.source_id AND known.metric_name = row.name) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<Text>, _>(missing.iter().map(|(o, _)| o.source_type.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(&sources)
    .bind::<Array<Text>, _>(&names)
    .bind::<Array<Text>, _>(missing.iter().map(|(_, metric)| metric.unit().as_str()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    if given > 0 {
        // The numbers are remembered as long as the daemon lives; a crash of PostgreSQL must not take them back.
        diesel::sql_query("SET LOCAL synchronous_commit = on").execute(conn).await?;
    }
    let rows: Vec<SeriesRow> = diesel::sql_query(
        "SELECT id, source_id, metric_name FROM metric_series \
         JOIN unnest($1, $2) AS row (source, name) ON source_id = row.source AND metric_name = row.name",
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
    Ok(is_node.then_some(SourceType::Node))
}

/// A stretch of time cut into buckets of equal length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    /// When the first begins.
    pub from: DateTime<Utc>,
    /// How long each is, in whole seconds.
    pub seconds: u32,
    /// How many there are.
    pub count: u32,
}

impl Buckets {
    /// Cuts the time from `from` to `to` into at most `max_points` buckets, none shorter than `shortest`, whose borders
    /// are the same whenever one asks: whole multiples of their length since 1970.
    #[must_use]
    pub fn cut(from: DateTime<Utc>, to: DateTime<Utc>, max_points: u32, shortest: u32) -> Self {
        const LENGTHS: [u32; 16] =
            [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
        let (start, end) = (from.timestamp(), to.timestamp().max(from.timestamp() + 1));
        let cut = |seconds: u32| {
            let length = i64::from(seconds);
            let first = start.div_euclid(length);
            let last = (end - 1).div_euclid(length);
            let count = u32::try_from(last - first + 1).unwrap_or(u32::MAX);
            (first * length, count)
        };
        let whole_days = (1_u32..).map(|days| days.saturating_mul(86_400));
        let seconds = LENGTHS
            .into_iter()
            .chain(whole_days)
            .find(|&seconds| seconds >= shortest && (cut(seconds).1 <= max_points || seconds == u32::MAX))
            .unwrap_or(u32::MAX);
        let (first, count) = cut(seconds);
        Self { from: DateTime::from_timestamp(first, 0).unwrap_or(from), seconds, count }
    }

    fn start_of(self, bucket: u32) -> DateTime<Utc> {
        self.from + Duration::seconds(i64::from(self.seconds) * i64::from(bucket))
    }
}

#[derive(QueryableByName)]
struct BucketRow {
    #[diesel(sql_type = Integer)]
    series_id: i32,
    #[diesel(sql_type = BigInt)]
    bucket: i64,
    #[diesel(sql_type = Nullable<Double>)]
    avg: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    min: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    max: Option<f64>,
}

/// The history of a source, one series for each of its metrics (or each of those asked for), in buckets without holes.
///
/// # Errors
/// When the database does not answer.
pub async fn history(
    conn: &mut AsyncPgConnection,
    source: Uuid,
    only: &[Metric],
    buckets: Buckets,
) -> Result<Vec<Series>> {
    let wanted: Vec<&str> = if only.is_empty() { Metric::ALL } else { only }.iter().map(|m| m.as_str()).collect();
    let mut known: Vec<(i32, Metric)> = metric_series::table
        .filter(metric_series::source_id.eq(source).and(metric_series::metric_name.eq_any(wanted)))
        .select((metric_series::id, metric_series::metric_name))
        .load::<(i32, String)>(conn)
        .await?
        .into_iter()
        .map(|(id, name)| Ok((id, super::word(&name)?)))
        .collect::<Result<_>>()?;
    known.sort_unstable_by_key(|(_, metric)| *metric);
    let rows: Vec<BucketRow> = diesel::sql_query(
        "SELECT series_id, floor(extract(epoch FROM ts - $2) / $4)::bigint AS bucket, \
             avg(value) AS avg, min(value) AS min, max(value) AS max \
         FROM metric_samples WHERE series_id = ANY($1) AND ts >= $2 AND ts < $3 GROUP BY 1, 2",
    )
    .bind::<Array<Integer>, _>(known.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(buckets.from)
    .bind::<Timestamptz, _>(buckets.start_of(buckets.count))
    .bind::<Double, _>(f64::from(buckets.seconds))
    .load(conn)
    .await?;

    let empty: Vec<Point> = (0..buckets.count)
        .map(|bucket| Point { t: buckets.start_of(bucket), avg: None, min: None, max: None })
        .collect();
    let mut points: HashMap<i32, Vec<Point>> = known.iter().map(|(id, _)| (*id, empty.clone())).collect();
    for BucketRow { series_id, bucket, avg, min, max } in rows {
        let point = usize::try_from(bucket).ok().and_then(|bucket| points.get_mut(&series_id)?.get_mut(bucket));
        if let Some(point) = point {
            *point = Point { t: point.t, avg, min, max };
        }
    }
    Ok(known
        .into_iter()
        .map(|(id, metric)| Series {
            metric_name: metric,
            unit: metric.unit(),
            resolution_seconds: buckets.seconds,
            points: points.remove(&id).unwrap_or_default(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn buckets_cover_the_time_within_the_limit(start in 0_i64..4_000_000_000, span in 1_i64..100_000_000, max in 2_u32..5000) {
            let from = DateTime::from_timestamp(start, 0).unwrap();
            let to = from + Duration::seconds(span);
            let buckets = Buckets::cut(from, to, max, 5);
            prop_assert!(buckets.count >= 1 && buckets.count <= max);
            prop_assert!(buckets.from <= from && buckets.start_of(1) > from);
            prop_assert!(buckets.start_of(buckets.count) >= to);
            prop_assert!(buckets.start_of(buckets.count - 1) < to);
            prop_assert_eq!(buckets.from.timestamp() % i64::from(buckets.seconds), 0);
        }
    }
}
