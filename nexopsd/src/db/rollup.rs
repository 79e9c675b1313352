//! Rollups: count, sum, smallest and largest of each series in each five minutes, and out of those of each hour.
//!
//! How far they are complete is written down. Whoever stores samples from before that sets it back in the same
//! transaction, so that a rollup and the samples it stands for never disagree for longer than until the next run.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexops_core::text_enum;

use super::lease::{self, Fence};
use super::{Error, Result};

/// A sample that is older when somebody begins to write it is late.
pub const LATE: TimeDelta = TimeDelta::seconds(30);
/// A bucket is rolled up so long after its end: when whatever began on time is written. No loop that stores samples may
/// run as long as this less [`LATE`].
const SETTLED: TimeDelta = TimeDelta::seconds(150);

text_enum! {
    /// How long the buckets of a rollup are.
    pub enum Resolution {
        /// Five minutes.
        FiveMinutes = "5m",
        /// An hour.
        Hour = "1h",
    }
}

impl Resolution {
    const fn width(self) -> TimeDelta {
        match self {
            Self::FiveMinutes => TimeDelta::minutes(5),
            Self::Hour => TimeDelta::hours(1),
        }
    }

    /// The most that is rolled up in one transaction.
    const fn step(self) -> TimeDelta {
        match self {
            Self::FiveMinutes => TimeDelta::hours(1),
            Self::Hour => TimeDelta::hours(24),
        }
    }

    /// The statement that rolls up what lies between $1 and $2, and the table that it fills.
    const fn statement(self) -> (&'static str, &'static str) {
        match self {
            Self::FiveMinutes => (
                "metric_rollups_5m",
                "INSERT INTO metric_rollups_5m (series_id, count, ts, sum, min, max) \
                 SELECT series_id, count(*), date_bin('5 minutes', ts, 'epoch') AS bucket, sum(value), min(value), \
                     max(value) \
                 FROM metric_samples WHERE ts >= $1 AND ts < $2 GROUP BY series_id, bucket ORDER BY bucket, series_id",
            ),
            Self::Hour => (
                "metric_rollups_1h",
                "INSERT INTO metric_rollups_1h (series_id, count, ts, sum, min, max) \
                 SELECT series_id, sum(count), date_bin('1 hour', ts, 'epoch') AS bucket, sum(sum), min(min), max(max) \
                 FROM metric_rollups_5m WHERE ts >= $1 AND ts < $2 GROUP BY series_id, bucket \
                 ORDER BY bucket, series_id",
            ),
        }
    }
}

/// Up to when the rollups are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Those of five minutes.
    pub five_minutes: DateTime<Utc>,
    /// Those of an hour.
    pub hours: DateTime<Utc>,
}

#[derive(diesel::QueryableByName)]
struct ProgressRow {
    #[diesel(sql_type = Timestamptz)]
    five_minutes: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    hours: DateTime<Utc>,
}

/// Up to when the rollups are complete.
///
/// # Errors
/// When the database does not answer.
pub async fn progress(conn: &mut AsyncPgConnection) -> Result<Progress> {
    let ProgressRow { five_minutes, hours } = diesel::sql_query(
        "SELECT five_minutes.rolled_until AS five_minutes, hours.rolled_until AS hours \
         FROM metric_rollup_progress AS five_minutes, metric_rollup_progress AS hours \
         WHERE five_minutes.resolution = '5m' AND hours.resolution = '1h'",
    )
    .get_result(conn)
    .await?;
    Ok(Progress { five_minutes, hours })
}

/// Waits until nobody rolls up, keeps others from it until the transaction ends, and has everything from a time on
/// rolled up again at the next run.
///
/// # Errors
/// When the database does not answer.
pub async fn reopen(conn: &mut AsyncPgConnection, from: DateTime<Utc>) -> Result<()> {
    diesel::sql_query("SELECT FROM metric_rollup_progress ORDER BY resolution FOR UPDATE").execute(conn).await?;
    diesel::sql_query(
        "UPDATE metric_rollup_progress SET rolled_until = date_bin( \
             CASE resolution WHEN '5m' THEN interval '5 minutes' ELSE interval '1 hour' END, $1, 'epoch') \
         WHERE rolled_until > $1",
    )
    .bind::<Timestamptz, _>(from)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets PostgreSQL know which pages hold which times, so that rolling up reads the latest alone.
///
/// # Errors
/// When the database does not answer.
pub async fn summarize(conn: &mut AsyncPgConnection) -> Result<()> {
    conn.batch_execute(
        "SELECT brin_summarize_new_values(index.indexrelid) FROM pg_inherits \
         JOIN pg_index AS index ON index.indrelid = inhrelid \
         JOIN pg_class AS class ON class.oid = index.indexrelid \
         JOIN pg_am ON pg_am.oid = class.relam AND amname = 'brin' \
         WHERE inhparent IN ('metric_samples'::regclass, 'metric_rollups_5m'::regclass)",
    )
    .await?;
    Ok(())
}

/// Rolls up a stretch of what can be rolled up, if the lease is held, and says how many rows that made; `None` when there
/// was nothing to do.
///
/// # Errors
/// [`Error::Superseded`], or when the database does not answer.
pub async fn advance(
    conn: &mut AsyncPgConnection,
    fence: Option<&Fence>,
    resolution: Resolution,
    now: DateTime<Utc>,
) -> Result<Option<usize>> {
    conn.transaction::<_, Error, _>(async |conn| {
        super::commit_lazily(conn).await?;
        lease::check(conn, fence).await?;
        // Where it has not looked at a table lately, PostgreSQL would read all of a day to find its last minutes.
        conn.batch_execute("SET LOCAL enable_seqscan = off").await?;
        // In the order of the key, as whoever sets it back does.
        diesel::sql_query("SELECT FROM metric_rollup_progress ORDER BY resolution FOR UPDATE").execute(conn).await?;
        let Progress { five_minutes, hours } = progress(conn).await?;
        let (from, ready) = match resolution {
            Resolution::FiveMinutes => (five_minutes, now - SETTLED),
            Resolution::Hour => (hours, five_minutes),
        };
        let until = ready.min(from + resolution.step()).duration_trunc(resolution.width()).unwrap_or(from);
        if until <= from {
            return Ok(None);
        }
        let (table, statement) = resolution.statement();
        // There is something only where samples came late.
        diesel::sql_query(format!("DELETE FROM {table} WHERE ts >= $1 AND ts < $2"))
            .bind::<Timestamptz, _>(from)
            .bind::<Timestamptz, _>(until)
            .execute(conn)
            .await?;
        let rows = diesel::sql_query(statement)
            .bind::<Timestamptz, _>(from)
            .bind::<Timestamptz, _>(until)
            .execute(conn)
            .await?;
        diesel::sql_query("UPDATE metric_rollup_progress SET rolled_until = $1 WHERE resolution = $2")
            .bind::<Timestamptz, _>(until)
            .bind::<Text, _>(resolution.as_str())
            .execute(conn)
            .await?;
        Ok(Some(rows))
    })
    .await
}

#[derive(diesel::QueryableByName)]
struct BytesRow {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// The size of all rollups with their indexes, bytes.
///
/// # Errors
/// When the database does not answer.
pub async fn bytes(conn: &mut AsyncPgConnection) -> Result<i64> {
    let BytesRow { bytes } = diesel::sql_query(
        "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint AS bytes FROM pg_inherits \
         WHERE inhparent IN ('metric_rollups_5m'::regclass, 'metric_rollups_1h'::regclass)",
    )
    .get_result(conn)
    .await?;
    Ok(bytes)
}
