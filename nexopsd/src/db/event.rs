//! Events: written down in the transaction that makes the change, and read in sequence by those who follow.
//!
//! They get their numbers inside COMMIT (migration 100600, ADR 9), so that whoever has seen one has missed none before
//! it.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexops_core::event::{Change, EventType};

use super::schema::events;
use super::{Error, Result};

/// The channel on which PostgreSQL says that there are new events.
pub const CHANNEL: &str = "nexops_events";
/// So many changes at once are not told one by one: readers are told to look for themselves.
pub const TOO_MANY: i64 = 500;
/// For how long events are kept for readers that were away.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// The most that are kept.
const MOST_KEPT: i64 = 100_000;

/// Tells those who follow that these things are as given now. It belongs into the transaction that changed them: they
/// are told when that commits, and never if it does not.
///
/// It takes no lock before the commit, so that it may stand anywhere in a transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn record(conn: &mut AsyncPgConnection, changes: &[Change], now: DateTime<Utc>) -> Result<()> {
    write(conn, changes, false, now).await
}

/// Tells those who follow that these things, given as they were last, are gone for good. As [`record`].
///
/// # Errors
/// When the database does not answer.
pub async fn record_deletion(conn: &mut AsyncPgConnection, changes: &[Change], now: DateTime<Utc>) -> Result<()> {
    write(conn, changes, true, now).await
}

async fn write(conn: &mut AsyncPgConnection, changes: &[Change], deleted: bool, now: DateTime<Utc>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    // What somebody has been told must not be untold by a crash of the server, which would then give its number again.
    conn.batch_execute("SET LOCAL synchronous_commit TO DEFAULT").await?;
    let (types, data) = if changes.len() as i64 >= TOO_MANY {
        (vec![RESET], vec!["{}".to_owned()])
    } else {
        let types = changes.iter().map(|change| change.event_type().as_str()).collect();
        (types, changes.iter().map(data_of).collect::<Result<_>>()?)
    };
    diesel::sql_query(
        "INSERT INTO events (type, deleted, at, data) \
         SELECT type, $3, $4, data FROM unnest($1, $2) WITH ORDINALITY AS row (type, data, place) ORDER BY place",
    )
    .bind::<Array<Text>, _>(types)
    .bind::<Array<Text>, _>(data)
    .bind::<Bool, _>(deleted)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The `data` of an event.
fn data_of(change: &Change) -> Result<String> {
    let written = match change {
        Change::Vm(vm) => serde_json::to_string(vm),
        Change::Node(node) => serde_json::to_string(node),
        Change::Task(task) => serde_json::to_string(task),
        Change::Service(service) => serde_json::to_string(service),
        Change::Alert(alert) => serde_json::to_string(alert),
        Change::Metrics(collection) => serde_json::to_string(collection),
    };
    written.map_err(|error| Error::Other(error.into()))
}

/// What stands in the column `type` where too much changed at once.
const RESET: &str = "reset";

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its place in the sequence.
    pub id: i64,
    /// What it is about; `None` where too much changed at once and everything has to be looked at anew.
    pub event_type: Option<EventType>,
    /// Whether the thing is gone for good.
    pub deleted: bool,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The thing, as JSON.
    pub data: String,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = events)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct EventRow {
    id: Option<i64>,
    kind: String,
    deleted: bool,
    at: DateTime<Utc>,
    data: String,
}

impl EventRow {
    fn into_stored(self) -> Result<Stored> {
        let Self { id, kind, deleted, at, data } = self;
        let event_type = if kind == RESET { None } else { Some(super::word(&kind)?) };
        let id = id.ok_or_else(|| Error::Other(anyhow::anyhow!("an event without a number was read")))?;
        Ok(Stored { id, event_type, deleted, at, data })
    }
}

/// The events after this one, in sequence, `limit` at most.
///
/// # Errors
/// When the database does not answer.
pub async fn after(conn: &mut AsyncPgConnection, id: i64, limit: i64) -> Result<Vec<Stored>> {
    let rows: Vec<EventRow> = events::table
        .filter(events::id.gt(id))
        .order_by(events::id)
        .limit(limit)
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(EventRow::into_stored).collect()
}

/// Which events there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Everything after this one is still there.
    pub complete_after: i64,
    /// The last one that was given a number.
    pub last: i64,
}

/// Which events there are.
///
/// # Errors
/// When the database does not answer.
pub async fn extent(conn: &mut AsyncPgConnection) -> Result<Extent> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        oldest: i64,
        #[diesel(sql_type = BigInt)]
        last: i64,
    }
    // One snapshot shows both; the sequence itself would also count numbers that are being given just now.
    let Row { oldest, last } = diesel::sql_query(
        "SELECT coalesce((SELECT min(id) FROM events), 0) AS oldest, coalesce((SELECT max(id) FROM events), 0) AS last",
    )
    .get_result(conn)
    .await?;
    Ok(Extent { complete_after: (oldest - 1).max(0), last })
}

/// Forgets events whose time is over, and says how many. The last one stays, so that the sequence always has an end.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let forgotten = diesel::sql_query(
        "DELETE FROM events WHERE id < (SELECT max(id) FROM events) \
             AND (at < $1 OR id <= (SELECT max(id) FROM events) - $2)",
    )
    .bind::<Timestamptz, _>(now - KEPT)
    .bind::<BigInt, _>(MOST_KEPT)
    .execute(conn)
    .await?;
    Ok(forgotten)
}
