//! What people do to the outbox themselves: try a channel, and have what was given up tried again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::id::{ChannelId, DeliveryId};
use nexops_core::notification::{AlertFacts, DeliveryEvent, DeliveryState};
use uuid::Uuid;

use super::super::audit::{self, Entry};
use super::super::schema::{notification_channels, notification_deliveries};
use super::super::{Error, Result, channel, word};
use super::lock;

/// Enqueues a test, ahead of everything that waits for the channel; it is tried once.
///
/// # Errors
/// [`Error::NotFound`] when there is no such channel; or when the database does not answer.
pub async fn enqueue_test(
    conn: &mut AsyncPgConnection,
    to: ChannelId,
    facts: &AlertFacts,
    audit: &Entry<'_>,
) -> Result<DeliveryId> {
    let id = DeliveryId::new();
    let facts = channel::write(facts)?;
    conn.transaction::<_, Error, _>(async |conn| {
        lock(conn).await?;
        let name: String =
            notification_channels::table.find(to.0).select(notification_channels::name).first(conn).await?;
        diesel::insert_into(notification_deliveries::table)
            .values((
                notification_deliveries::id.eq(id.0),
                notification_deliveries::event.eq(DeliveryEvent::Test.as_str()),
                notification_deliveries::sequence.eq(0),
                notification_deliveries::channel_id.eq(to.0),
                notification_deliveries::channel.eq(name),
                notification_deliveries::facts.eq(facts),
                notification_deliveries::state.eq(DeliveryState::Pending.as_str()),
                notification_deliveries::created_at.eq(audit.at),
                notification_deliveries::queued_at.eq(audit.at),
                notification_deliveries::next_attempt_at.eq(audit.at),
            ))
            .execute(conn)
            .await?;
        audit::begin(conn, audit).await?;
        Ok(id)
    })
    .await
}

/// Whether a delivery was queued again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requeued {
    /// It is tried again now, for as long as a new one.
    Yes,
    /// It cannot be: it is in this state.
    Not(DeliveryState),
    /// Its channel is not there any more, or switched off.
    NoChannel,
}

/// Queues a delivery again that was given up, behind everything that waits for its channel.
///
/// # Errors
/// [`Error::NotFound`] when there is no such delivery; or when the database does not answer.
pub async fn requeue(conn: &mut AsyncPgConnection, id: DeliveryId, entry: &Entry<'_>) -> Result<Requeued> {
    conn.transaction::<_, Error, _>(async |conn| {
        lock(conn).await?;
        let (state, channel): (String, Option<Uuid>) = notification_deliveries::table
            .find(id.0)
            .select((notification_deliveries::state, notification_deliveries::channel_id))
            .first(conn)
            .await?;
        let state: DeliveryState = word(&state)?;
        if state != DeliveryState::Dead {
            return Ok(Requeued::Not(state));
        }
        let enabled = notification_channels::table.filter(notification_channels::enabled);
        let enabled = enabled.filter(notification_channels::id.nullable().eq(channel));
        if !diesel::select(diesel::dsl::exists(enabled)).get_result::<bool>(conn).await? {
            return Ok(Requeued::NoChannel);
        }
        queue_again(conn, id, entry.at).await?;
        audit::done(conn, entry).await?;
        Ok(Requeued::Yes)
    })
    .await
}

/// It gets a new place in the queue and a new time to live, and stays the same event for those who know it.
async fn queue_again(conn: &mut AsyncPgConnection, id: DeliveryId, now: DateTime<Utc>) -> Result<()> {
    diesel::sql_query(
        "UPDATE notification_deliveries SET state = 'pending', position = DEFAULT, reason = NULL, attempts = 0, \
             queued_at = $2, next_attempt_at = $2, finished_at = NULL WHERE id = $1",
    )
    .bind::<diesel::sql_types::Uuid, _>(id.0)
    .bind::<diesel::sql_types::Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}
