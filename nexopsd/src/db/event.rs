//! Events: written down in the transaction that makes the change, and read in sequence by those who follow.
//!
//! They get their numbers inside COMMIT (migration 100600, ADR 9), so that whoever has seen one has missed none before
//! it.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::{FutureExt, StreamExt};
use nexops_core::event::Change;

use super::schema::events;
use super::{Error, Result};

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
    /// The word for what it is about. Text, for a daemon of a newer version may write of more than this one knows.
    pub kind: String,
    /// Whether the thing is gone for good.
    pub deleted: bool,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The thing, as JSON.
    pub data: String,
}

impl Stored {
    /// Whether too much changed at once, and everything has to be looked at anew.
    #[must_use]
    pub fn is_reset(&self) -> bool {
        self.kind == RESET
    }

    /// The whole event as JSON, as `nexops_core::event::Event` is written.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { id, kind, deleted, at, data } = self;
        let at = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let deleted = if *deleted { r#""deleted":true,"# } else { "" };
        format!(r#"{{"id":{id},"type":"{kind}","at":"{at}",{deleted}"data":{data}}}"#)
    }
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
        let id = id.ok_or_else(|| Error::Other(anyhow::anyhow!("an event without a number was read")))?;
        Ok(Stored { id, kind, deleted, at, data })
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

/// How long PostgreSQL may take to answer the follower. A server that is stopped in its tracks would else hold it.
const ANSWERING: Duration = Duration::from_secs(10);

/// A connection of its own on which PostgreSQL tells when there are new events.
pub struct Listener {
    conn: AsyncPgConnection,
}

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl Listener {
    pub(super) async fn on(mut conn: AsyncPgConnection) -> Result<Self> {
        in_time(async { Ok(conn.batch_execute("LISTEN nexops_events").await?) }).await?;
        Ok(Self { conn })
    }

    /// Waits until there may be new events, for so long at most.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn wait(&mut self, patience: Duration) -> Result<()> {
        let mut notifications = pin!(self.conn.notifications_stream());
        match tokio::time::timeout(patience, notifications.next()).await {
            Err(_elapsed) => Ok(()),
            Ok(Some(Ok(_first))) => {
                // However many came, they say the same.
                while let Some(Some(Ok(_other))) = notifications.next().now_or_never() {}
                Ok(())
            }
            Ok(Some(Err(error))) => Err(Error::Unavailable(error.into())),
            Ok(None) => Err(Error::Unavailable(anyhow::anyhow!("the connection was closed"))),
        }
    }

    /// As [`after`], on this connection.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn after(&mut self, id: i64, limit: i64) -> Result<Vec<Stored>> {
        in_time(after(&mut self.conn, id, limit)).await
    }

    /// As [`extent`], on this connection.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn extent(&mut self) -> Result<Extent> {
        in_time(extent(&mut self.conn)).await
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    let silent = |_elapsed| Err(Error::Unavailable(anyhow::anyhow!("no answer within {} s", ANSWERING.as_secs())));
    tokio::time::timeout(ANSWERING, answer).await.unwrap_or_else(silent)
}

#[cfg(test)]
mod tests {
    use nexops_core::event::{Collection, Event};
    use nexops_core::id::ConnectionId;

    use super::*;

    #[test]
    fn a_stored_event_is_written_as_its_type_reads_it() {
        let at = DateTime::from_timestamp(1_700_000_000, 5_000_000).unwrap();
        let collection = Collection { connection_id: ConnectionId::new(), observed_at: at, sources: 3 };
        for deleted in [false, true] {
            let event = Event { id: 7, at, deleted, change: Change::Metrics(collection.clone()) };
            let data = data_of(&event.change).unwrap();
            let stored = Stored { id: 7, kind: "metrics".to_owned(), deleted, at, data };
            assert_eq!(serde_json::from_str::<Event>(&stored.to_json()).unwrap(), event);
            let value: serde_json::Value = serde_json::from_str(&stored.to_json()).unwrap();
            assert_eq!(value, serde_json::to_value(&event).unwrap());
        }
    }
}
