//! Histories: read in buckets, from rollups as far as these go, and only the latest from samples.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::metric::{Metric, Point, Series};
use uuid::Uuid;

use super::Result;
use super::partition::Kept;
use super::rollup::{self, Progress};
use super::schema::metric_series;

const FIVE_MINUTES: u32 = 300;
const HOUR: u32 = 3600;
/// The longest span that is told from samples.
const LONGEST_OF_SAMPLES: Duration = Duration::hours(6);
/// The longest span that is told in less than hours.
const LONGEST_OF_FIVE_MINUTES: Duration = Duration::days(7);

/// The shortest buckets in which a span is told, in seconds: what it is told from must still be kept, and the longer it
/// is the coarser that is. `interval` is the time between two samples.
#[must_use]
pub fn finest(from: DateTime<Utc>, to: DateTime<Utc>, kept: &Kept, interval: u32) -> u32 {
    if to - from > LONGEST_OF_FIVE_MINUTES || from < kept.five_minutes {
        HOUR
    } else if to - from > LONGEST_OF_SAMPLES || from < kept.samples {
        FIVE_MINUTES
    } else {
        interval
    }
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
        // From five minutes on, each length is a multiple of the rollup from which it is told.
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

    fn end(self) -> DateTime<Utc> {
        self.start_of(self.count)
    }

    /// From when on five-minute rollups are read, and from when on samples: what is rolled up is never read in finer
    /// pieces than the buckets want.
    fn finer_from(self, progress: &Progress) -> (DateTime<Utc>, DateTime<Utc>) {
        let within = |time: DateTime<Utc>| time.clamp(self.from, self.end());
        match self.seconds {
            HOUR.. => {
                let hours_until = within(progress.hours);
                (hours_until, within(progress.five_minutes).max(hours_until))
            }
            FIVE_MINUTES..HOUR => (self.from, within(progress.five_minutes)),
            0..FIVE_MINUTES => (self.from, self.from),
        }
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

/// The statement that fills buckets: $1 the series, $2 to $3 from rollups of an hour, to $4 from those of five minutes,
/// to $5 from samples; $6 the length of a bucket.
fn statement(buckets: Buckets, (five_minutes_from, samples_from): (DateTime<Utc>, DateTime<Utc>)) -> String {
    const HOURS: &str = "SELECT series_id, ts, count, sum, min, max FROM metric_rollups_1h \
        WHERE series_id = ANY($1) AND ts >= $2 AND ts < $3";
    const FIVE_MINUTES: &str = "SELECT series_id, ts, count, sum, min, max FROM metric_rollups_5m \
        WHERE series_id = ANY($1) AND ts >= $3 AND ts < $4";
    const SAMPLES: &str = "SELECT series_id, ts, 1, value, value, value FROM metric_samples \
        WHERE series_id = ANY($1) AND ts >= $4 AND ts < $5";
    let pieces = [
        (buckets.from < five_minutes_from, HOURS),
        (five_minutes_from < samples_from, FIVE_MINUTES),
        (samples_from < buckets.end(), SAMPLES),
    ];
    let pieces: Vec<&str> = pieces.into_iter().filter_map(|(wanted, piece)| wanted.then_some(piece)).collect();
    format!(
        "SELECT series_id, floor(date_part('epoch', ts - $2) / $6)::bigint AS bucket, \
             sum(sum) / sum(count) AS avg, min(min) AS min, max(max) AS max \
         FROM ({}) AS piece (series_id, ts, count, sum, min, max) GROUP BY 1, 2",
        pieces.join(" UNION ALL ")
    )
}

/// The history of a source, one series for each of its metrics (or each of those asked for), in buckets without holes.
///
/// # Errors
/// When the database does not answer.
pub async fn read(
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
    // When it goes on between this question and the next, only samples are read that were rolled up just now.
    let finer_from = buckets.finer_from(&rollup::progress(conn).await?);
    let rows: Vec<BucketRow> = diesel::sql_query(statement(buckets, finer_from))
        .bind::<Array<Integer>, _>(known.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(buckets.from)
        .bind::<Timestamptz, _>(finer_from.0)
        .bind::<Timestamptz, _>(finer_from.1)
        .bind::<Timestamptz, _>(buckets.end())
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
    use rstest::rstest;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    proptest! {
        #[test]
        fn buckets_cover_the_time_within_the_limit(start in 0_i64..4_000_000_000, span in 1_i64..100_000_000, max in 2_u32..5000) {
            let from = at(start);
            let to = from + Duration::seconds(span);
            let buckets = Buckets::cut(from, to, max, 5);
            prop_assert!(buckets.count >= 1 && buckets.count <= max);
            prop_assert!(buckets.from <= from && buckets.start_of(1) > from);
            prop_assert!(buckets.end() >= to);
            prop_assert!(buckets.start_of(buckets.count - 1) < to);
            prop_assert_eq!(buckets.from.timestamp() % i64::from(buckets.seconds), 0);
        }

        #[test]
        fn each_moment_is_read_from_one_place_alone(
            start in 0_i64..10_000_000, span in 1_i64..10_000_000, hours in 0_i64..6000, more in 0_i64..100, max in 2_u32..5000,
        ) {
            let buckets = Buckets::cut(at(start), at(start + span), max, 5);
            let progress = Progress { hours: at(hours * 3600), five_minutes: at(hours * 3600 + more * 300) };
            let (five_minutes_from, samples_from) = buckets.finer_from(&progress);
            prop_assert!(buckets.from <= five_minutes_from && five_minutes_from <= samples_from);
            prop_assert!(samples_from <= buckets.end());
            // A border between two places is a border of what lies before it.
            prop_assert!(five_minutes_from == buckets.from || five_minutes_from.timestamp() % 3600 == 0);
            prop_assert!(samples_from == buckets.from || samples_from.timestamp() % 300 == 0);
        }
    }

    #[rstest]
    #[case::an_hour(3600, 0, 30)]
    #[case::six_hours(6 * 3600, 0, 30)]
    #[case::a_day(24 * 3600, 0, 300)]
    #[case::a_week(7 * 86_400, 0, 300)]
    #[case::a_month(30 * 86_400, 0, 3600)]
    #[case::an_hour_whose_samples_are_gone(3600, 3 * 86_400, 300)]
    #[case::an_hour_of_which_only_hours_are_left(3600, 40 * 86_400, 3600)]
    fn a_longer_or_older_span_is_told_from_coarser_pieces(#[case] span: i64, #[case] ago: i64, #[case] shortest: u32) {
        let now = at(1_800_000_000);
        let kept = Kept {
            samples: now - Duration::days(2),
            five_minutes: now - Duration::days(30),
            hours: now - Duration::days(365),
        };
        let to = now - Duration::seconds(ago);
        assert_eq!(finest(to - Duration::seconds(span), to, &kept, 30), shortest);
    }
}
