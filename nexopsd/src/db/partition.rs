//! The daily partitions of the samples: made ahead, dropped when their time is over.

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{Error, Result};

/// Partitions of yesterday (for samples that come late), today and this many days to come are kept ready.
const DAYS_AHEAD: u64 = 3;
const PREFIX: &str = "metric_samples_";

/// What keeping the partitions in order did.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Upkeep {
    /// Partitions made.
    pub created: usize,
    /// Partitions dropped because all that was in them was too old.
    pub dropped: usize,
    /// Samples found outside every partition and put where they belong: a sign that the daemon was away for days.
    pub rescued: usize,
}

#[derive(diesel::QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Makes the partitions that will be needed and drops those that ended before `keep_from`.
///
/// # Errors
/// When the database does not answer, or somebody holds a lock on a partition for longer than two seconds.
pub async fn keep_in_order(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    keep_from: DateTime<Utc>,
) -> Result<Upkeep> {
    let existing = existing(conn).await?;
    let mut upkeep = Upkeep::default();
    let today = now.date_naive();
    let yesterday = today.pred_opt().unwrap_or(today);
    let wanted = (0..=DAYS_AHEAD + 1).filter_map(|days| yesterday.checked_add_days(Days::new(days)));
    for day in wanted.filter(|day| !existing.contains(day)) {
        upkeep.rescued += create(conn, day).await?;
        upkeep.created += 1;
    }
    let first_kept = keep_from.date_naive().min(yesterday);
    for day in existing.into_iter().filter(|day| *day < first_kept) {
        // A reader that holds the partition must not make every later reader wait behind us.
        let statement = format!("SET LOCAL lock_timeout = '2s'; DROP TABLE {PREFIX}{}", day.format("%Y%m%d"));
        conn.transaction::<_, Error, _>(async |conn| Ok(conn.batch_execute(&statement).await?)).await?;
        upkeep.dropped += 1;
    }
    Ok(upkeep)
}

/// The days that have a partition.
async fn existing(conn: &mut AsyncPgConnection) -> Result<Vec<NaiveDate>> {
    let rows: Vec<NameRow> = diesel::sql_query(
        "SELECT child.relname::text AS name FROM pg_inherits \
         JOIN pg_class AS child ON child.oid = inhrelid \
         WHERE inhparent = 'metric_samples'::regclass",
    )
    .load(conn)
    .await?;
    Ok(rows.iter().filter_map(|row| NaiveDate::parse_from_str(row.name.strip_prefix(PREFIX)?, "%Y%m%d").ok()).collect())
}

/// Makes the partition of a day, moves into it what had to go to the default partition, and says how much that was.
async fn create(conn: &mut AsyncPgConnection, day: NaiveDate) -> Result<usize> {
    let next = day.succ_opt().unwrap_or(day);
    let table = format!("{PREFIX}{}", day.format("%Y%m%d"));
    let range = format!("ts >= '{day} 00:00:00+00' AND ts < '{next} 00:00:00+00'");
    conn.transaction::<_, Error, _>(async |conn| {
        conn.batch_execute(&format!(
            "SET LOCAL lock_timeout = '5s'; \
             LOCK TABLE metric_samples_default IN ACCESS EXCLUSIVE MODE; \
             CREATE TEMPORARY TABLE stray ON COMMIT DROP AS SELECT * FROM metric_samples_default WHERE {range}; \
             DELETE FROM metric_samples_default WHERE {range}; \
             CREATE TABLE IF NOT EXISTS {table} PARTITION OF metric_samples \
                 FOR VALUES FROM ('{day} 00:00:00+00') TO ('{next} 00:00:00+00')"
        ))
        .await?;
        let rescued = diesel::sql_query("INSERT INTO metric_samples SELECT * FROM stray ON CONFLICT DO NOTHING")
            .execute(conn)
            .await?;
        conn.batch_execute("DROP TABLE stray").await?;
        Ok(rescued)
    })
    .await
}
