//! The partitions of samples and rollups: made ahead, rewritten when their time is over, dropped when they are too old.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::rollup::{self, Progress};
use super::{Error, Result};

mod closing;

pub use closing::close_one;

/// Partitions are kept ready for today and this many days to come, and for yesterday: samples come late.
const DAYS_AHEAD: u64 = 3;

/// From when on things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Samples.
    pub samples: DateTime<Utc>,
    /// Rollups of five minutes.
    pub five_minutes: DateTime<Utc>,
    /// Rollups of an hour.
    pub hours: DateTime<Utc>,
}

/// A table that is partitioned by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Samples,
    FiveMinutes,
    Hours,
}

impl Table {
    const ALL: [Self; 3] = [Self::Samples, Self::FiveMinutes, Self::Hours];

    const fn name(self) -> &'static str {
        match self {
            Self::Samples => "metric_samples",
            Self::FiveMinutes => "metric_rollups_5m",
            Self::Hours => "metric_rollups_1h",
        }
    }

    /// The partition of a time.
    fn partition(self, day: NaiveDate) -> Partition {
        let begins = match self {
            Self::Samples | Self::FiveMinutes => day,
            Self::Hours => day.with_day(1).unwrap_or(day),
        };
        Partition { table: self, begins }
    }

    /// From when on its rows are needed: by those who want to look at them, and by what is made of them.
    fn needed_from(self, kept: &Kept, progress: &Progress) -> DateTime<Utc> {
        match self {
            Self::Samples => kept.samples.min(progress.five_minutes),
            Self::FiveMinutes => kept.five_minutes.min(progress.hours),
            Self::Hours => kept.hours,
        }
    }
}

/// One partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Partition {
    table: Table,
    begins: NaiveDate,
}

impl Partition {
    fn format(table: Table) -> &'static str {
        match table {
            Table::Samples | Table::FiveMinutes => "%Y%m%d",
            Table::Hours => "%Y%m",
        }
    }

    fn name(self) -> String {
        format!("{}_{}", self.table.name(), self.begins.format(Self::format(self.table)))
    }

    /// The partition that has a name; `None` for the default partition.
    fn named(table: Table, name: &str) -> Option<Self> {
        let digits = name.strip_prefix(table.name())?.strip_prefix('_')?;
        let (text, format) = match table {
            Table::Samples | Table::FiveMinutes => (digits.to_owned(), "%Y%m%d"),
            Table::Hours => (format!("{digits}01"), "%Y%m%d"),
        };
        Some(Self { table, begins: NaiveDate::parse_from_str(&text, format).ok()? })
    }

    /// The day after its last.
    fn ends(self) -> NaiveDate {
        let next = match self.table {
            Table::Samples | Table::FiveMinutes => self.begins.checked_add_days(Days::new(1)),
            Table::Hours => self.begins.checked_add_months(Months::new(1)),
        };
        next.unwrap_or(self.begins)
    }

    /// Its bounds in SQL, in which no other partition of the table lies.
    fn bounds(self) -> (String, String) {
        (format!("'{} 00:00:00+00'", self.begins), format!("'{} 00:00:00+00'", self.ends()))
    }
}

/// What keeping the partitions in order did.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Upkeep {
    /// Partitions made.
    pub created: usize,
    /// Partitions dropped because all that was in them was too old.
    pub dropped: usize,
    /// Rows found outside every partition and put where they belong: a sign that the daemon was away for days.
    pub rescued: usize,
}

#[derive(diesel::QueryableByName)]
struct ChildRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    open: bool,
}

/// Makes the partitions that will be needed and drops those whose time is over. What is not yet rolled up stays.
///
/// # Errors
/// When the database does not answer, or somebody holds a lock on a partition for longer than two seconds.
pub async fn keep_in_order(conn: &mut AsyncPgConnection, now: DateTime<Utc>, kept: &Kept) -> Result<Upkeep> {
    let progress = rollup::progress(conn).await?;
    let mut upkeep = Upkeep::default();
    let today = now.date_naive();
    let yesterday = today.pred_opt().unwrap_or(today);
    for table in Table::ALL {
        let existing: Vec<Partition> =
            existing(conn, table).await?.into_iter().map(|(partition, _)| partition).collect();
        let days = (0..=DAYS_AHEAD + 1).filter_map(|days| yesterday.checked_add_days(Days::new(days)));
        let mut wanted: Vec<Partition> = days.map(|day| table.partition(day)).collect();
        wanted.dedup();
        for &partition in wanted.iter().filter(|partition| !existing.contains(partition)) {
            upkeep.rescued += create(conn, partition).await?;
            upkeep.created += 1;
        }
        let first_kept = table.partition(table.needed_from(kept, &progress).date_naive().min(yesterday));
        for partition in existing.into_iter().filter(|partition| partition.begins < first_kept.begins) {
            // A reader that holds the partition must not make every later reader wait behind us.
            let statement = format!("SET LOCAL lock_timeout = '2s'; DROP TABLE {}", partition.name());
            conn.transaction::<_, Error, _>(async |conn| Ok(conn.batch_execute(&statement).await?)).await?;
            upkeep.dropped += 1;
        }
    }
    Ok(upkeep)
}

/// Makes partitions for samples and rollups of a time that is over, as somebody needs who brings a history.
///
/// # Errors
/// When the database does not answer, or somebody holds a lock for longer than five seconds.
pub async fn make_room(conn: &mut AsyncPgConnection, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
    for table in Table::ALL {
        let existing: Vec<Partition> =
            existing(conn, table).await?.into_iter().map(|(partition, _)| partition).collect();
        let mut partition = table.partition(from.date_naive());
        while partition.begins <= until.date_naive() {
            if !existing.contains(&partition) {
                create(conn, partition).await?;
            }
            partition = table.partition(partition.ends());
        }
    }
    Ok(())
}

/// The partitions of a table, and whether rows may still come to each.
async fn existing(conn: &mut AsyncPgConnection, table: Table) -> Result<Vec<(Partition, bool)>> {
    let rows: Vec<ChildRow> = diesel::sql_query(
        "SELECT child.relname::text AS name, \
             EXISTS (SELECT FROM pg_index WHERE indrelid = child.oid AND indisunique) AS open \
         FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid \
         WHERE inhparent = $1::regclass ORDER BY 1",
    )
    .bind::<Text, _>(table.name())
    .load(conn)
    .await?;
    Ok(rows.iter().filter_map(|row| Some((Partition::named(table, &row.name)?, row.open))).collect())
}

/// Makes a partition, moves into it what had to go to the default partition, and says how much that was.
async fn create(conn: &mut AsyncPgConnection, partition: Partition) -> Result<usize> {
    let (table, name, (from, to)) = (partition.table.name(), partition.name(), partition.bounds());
    let range = format!("ts >= {from} AND ts < {to}");
    conn.transaction::<_, Error, _>(async |conn| {
        conn.batch_execute(&format!(
            "SET LOCAL lock_timeout = '5s'; \
             LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE; \
             CREATE TEMPORARY TABLE stray ON COMMIT DROP AS SELECT * FROM {table}_default WHERE {range}; \
             DELETE FROM {table}_default WHERE {range}; \
             CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} FOR VALUES FROM ({from}) TO ({to}); \
             CREATE UNIQUE INDEX IF NOT EXISTS {name}_series_ts_key ON {name} (series_id, ts); \
             CREATE INDEX IF NOT EXISTS {name}_ts_idx ON {name} USING brin (ts) WITH (pages_per_range = 32)"
        ))
        .await?;
        let rescued = diesel::sql_query(format!("INSERT INTO {table} SELECT * FROM stray ON CONFLICT DO NOTHING"))
            .execute(conn)
            .await?;
        conn.batch_execute("DROP TABLE stray").await?;
        Ok(rescued)
    })
    .await
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Table::Samples, "2026-12-31", "metric_samples_20261231", "2027-01-01")]
    #[case(Table::FiveMinutes, "2028-02-28", "metric_rollups_5m_20280228", "2028-02-29")]
    #[case(Table::Hours, "2026-12-31", "metric_rollups_1h_202612", "2027-01-01")]
    fn a_partition_is_known_by_its_name(
        #[case] table: Table,
        #[case] day: NaiveDate,
        #[case] name: &str,
        #[case] ends: NaiveDate,
    ) {
        let partition = table.partition(day);
        assert_eq!((partition.name().as_str(), partition.ends()), (name, ends));
        assert_eq!(Partition::named(table, name), Some(partition));
        assert_eq!(Partition::named(table, &format!("{}_default", table.name())), None);
    }

    #[test]
    fn what_is_not_rolled_up_yet_is_needed_however_old_it_is() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-06-10T00:00:00Z");
        let kept = Kept { samples: now, five_minutes: now, hours: now };
        let progress = Progress { five_minutes: at("2026-06-03T00:00:00Z"), hours: at("2026-06-02T00:00:00Z") };
        let needed = Table::ALL.map(|table| table.needed_from(&kept, &progress));
        assert_eq!(needed, [progress.five_minutes, progress.hours, now]);
    }
}
