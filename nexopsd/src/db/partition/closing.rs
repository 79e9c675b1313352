//! Closing a partition: when nothing more can come to it, it is rewritten series by series.
//!
//! Rows arrive in the order of time, so that those of one series lie far apart, and each has an entry of its own in the
//! index that keeps it from being there twice. Afterwards a series lies on adjacent pages, and the index names it once
//! for many rows.

use chrono::{DateTime, Duration, NaiveTime, Utc};
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{Partition, Table, existing};
use crate::db::series::OLDEST_SAMPLE;
use crate::db::{Error, Result, rollup};

/// How long after its end a partition is closed, beside the age at which samples are refused.
const MARGIN: Duration = Duration::minutes(30);

/// Closes the oldest partition whose time is over, if there is one, and gives its name. What is to be made of its rows
/// must have been made.
///
/// # Errors
/// When the database does not answer, or somebody holds a lock on the partition for longer than two seconds.
pub async fn close_one(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Option<String>> {
    let progress = rollup::progress(conn).await?;
    for table in Table::ALL {
        let over = match table {
            Table::Samples => progress.five_minutes,
            Table::FiveMinutes => progress.hours,
            Table::Hours => now,
        };
        let over = over.min(now - OLDEST_SAMPLE - MARGIN);
        let ended = |partition: &Partition| partition.ends().and_time(NaiveTime::MIN).and_utc() <= over;
        let next = existing(conn, table).await?.into_iter().find(|(partition, open)| *open && ended(partition));
        if let Some((partition, _)) = next {
            close(conn, partition).await?;
            return Ok(Some(partition.name()));
        }
    }
    Ok(None)
}

async fn close(conn: &mut AsyncPgConnection, partition: Partition) -> Result<()> {
    let (table, name, (from, to)) = (partition.table.name(), partition.name(), partition.bounds());
    conn.transaction::<_, Error, _>(async |conn| {
        // A big cluster's day takes longer than anything else; only the last step keeps others from reading.
        conn.batch_execute(&format!(
            "SET LOCAL statement_timeout = '20min'; SET LOCAL lock_timeout = '2s'; \
             SET LOCAL work_mem = '64MB'; SET LOCAL maintenance_work_mem = '64MB'; \
             LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE"
        ))
        .await?;
        let still_open: super::super::CountRow =
            diesel::sql_query("SELECT count(*) FROM pg_index WHERE indrelid = $1::regclass AND indisunique")
                .bind::<Text, _>(&name)
                .get_result(conn)
                .await?;
        if still_open.count == 0 {
            return Ok(());
        }
        conn.batch_execute(&format!(
            "CREATE TABLE {name}_closed (LIKE {table} INCLUDING CONSTRAINTS, CHECK (ts >= {from} AND ts < {to})); \
             INSERT INTO {name}_closed SELECT * FROM {name} ORDER BY series_id, ts; \
             CREATE INDEX ON {name}_closed (series_id) WITH (fillfactor = 100); \
             ANALYZE {name}_closed; \
             DROP TABLE {name}; \
             ALTER TABLE {name}_closed RENAME TO {name}; \
             ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to})"
        ))
        .await?;
        Ok(())
    })
    .await
}
