//! Taking messages out of the outbox, and writing down what came of them.
//!
//! A channel is leased to one sender at a time, which keeps its messages in order. The lease is short and renewed; when
//! the sender dies, another one goes on where it was.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::id::{AlertId, ChannelId, DeliveryId};
use nexops_core::notification::{AlertFacts, DeliveryEvent, DeliveryFailure, DeliveryState};
use serde_json::Value;
use uuid::Uuid;

use super::super::lease::Fence;
use super::super::schema::{notification_channels, notification_deliveries};
use super::super::{Error, Result, channel, word};
use super::grouping::{self, Waiting};
use super::{cancel_overtaken, lock};

/// How long a lease lasts unless it is renewed. Another daemon takes over soon after.
pub const LEASE_SECONDS: i32 = 8;
/// How many waiting deliveries of a channel are looked at for one message.
const QUEUE: i64 = 500;
/// How long a delivery is tried after it was queued.
pub const TIME_TO_LIVE: TimeDelta = TimeDelta::hours(12);

#[derive(Debug, diesel::QueryableByName)]
struct IdRow {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: Uuid,
}

#[derive(Debug, diesel::QueryableByName)]
struct DueRow {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>)]
    due: Option<DateTime<Utc>>,
}

/// The head of each channel's queue: a test goes before everything else.
const HEADS: &str = "FROM notification_channels c CROSS JOIN LATERAL ( \
         SELECT d.next_attempt_at FROM notification_deliveries d \
         WHERE d.channel_id = c.id AND d.state = 'pending' \
         ORDER BY d.event = 'test' DESC, d.position LIMIT 1) head";

/// Leases every channel that has something to send now, if this daemon is the one to deliver.
///
/// Those that are leased to somebody else are left out, and those that this process is at work on: a lease may run out
/// while the database is away.
///
/// # Errors
/// [`Error::Superseded`], or when the database does not answer.
pub async fn lease(
    conn: &mut AsyncPgConnection,
    fence: Option<&Fence>,
    holder: Uuid,
    busy: &[ChannelId],
    now: DateTime<Utc>,
) -> Result<Vec<ChannelId>> {
    let statement = format!(
        "UPDATE notification_channels SET lease_holder = $1, \
             leased_until = clock_timestamp() + make_interval(secs => {LEASE_SECONDS}) \
         WHERE id IN (SELECT c.id {HEADS} \
             WHERE head.next_attempt_at <= $2 AND coalesce(c.not_before <= $2, true) \
                 AND coalesce(c.leased_until < clock_timestamp(), true) AND c.id <> ALL($3) \
             FOR UPDATE OF c SKIP LOCKED) \
         RETURNING id"
    );
    conn.transaction::<_, Error, _>(async |conn| {
        super::super::lease::check(conn, fence).await?;
        let busy: Vec<Uuid> = busy.iter().map(|id| id.0).collect();
        let rows: Vec<IdRow> = diesel::sql_query(statement)
            .bind::<diesel::sql_types::Uuid, _>(holder)
            .bind::<diesel::sql_types::Timestamptz, _>(now)
            .bind::<diesel::sql_types::Array<diesel::sql_types::Uuid>, _>(busy)
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(|row| row.id.into()).collect())
    })
    .await
}

/// When the next message of a channel that nobody holds is due; `None` when none waits.
///
/// # Errors
/// When the database does not answer.
pub async fn next_due(conn: &mut AsyncPgConnection) -> Result<Option<DateTime<Utc>>> {
    let statement = format!(
        "SELECT min(greatest(head.next_attempt_at, c.not_before)) AS due {HEADS} \
         WHERE coalesce(c.leased_until < clock_timestamp(), true)"
    );
    let row: DueRow = diesel::sql_query(statement).get_result(conn).await?;
    Ok(row.due)
}

/// Renews a lease, and says whether it was still held.
///
/// # Errors
/// When the database does not answer.
pub async fn renew(conn: &mut AsyncPgConnection, channel: ChannelId, holder: Uuid) -> Result<bool> {
    let statement = format!(
        "UPDATE notification_channels SET leased_until = clock_timestamp() + make_interval(secs => {LEASE_SECONDS}) \
         WHERE id = $1 AND lease_holder = $2"
    );
    let renewed = diesel::sql_query(statement)
        .bind::<diesel::sql_types::Uuid, _>(channel.0)
        .bind::<diesel::sql_types::Uuid, _>(holder)
        .execute(conn)
        .await?;
    Ok(renewed == 1)
}

/// Gives a lease back.
///
/// # Errors
/// When the database does not answer.
pub async fn release(conn: &mut AsyncPgConnection, channel: ChannelId, holder: Uuid) -> Result<()> {
    let held = notification_channels::lease_holder.eq(holder);
    diesel::update(notification_channels::table.find(channel.0).filter(held))
        .set((
            notification_channels::lease_holder.eq(None::<Uuid>),
            notification_channels::leased_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = notification_deliveries)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct WaitingRow {
    id: Uuid,
    alert_id: Option<Uuid>,
    event: String,
    group_key: Option<String>,
    facts: Value,
    message_id: Option<Uuid>,
    attempts: i32,
    created_at: DateTime<Utc>,
    queued_at: DateTime<Utc>,
    next_attempt_at: Option<DateTime<Utc>>,
}

/// A message that was taken, to be sent once.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its id, the same at every try.
    pub id: Uuid,
    /// What it is made of.
    pub deliveries: Vec<TakenDelivery>,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The alert; `None` for a test.
    pub alert_id: Option<AlertId>,
    /// What happened.
    pub event: DeliveryEvent,
    /// What is said.
    pub facts: AlertFacts,
    /// When it was written down.
    pub at: DateTime<Utc>,
    /// How often it was tried, this time included.
    pub attempts: u32,
    /// When it was queued last.
    pub queued_at: DateTime<Utc>,
}

/// Takes the next message of a channel that this holder has leased. From here on the receiver may have it.
///
/// # Errors
/// When the database does not answer.
pub async fn take(
    conn: &mut AsyncPgConnection,
    channel: ChannelId,
    holder: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Taken>> {
    conn.transaction::<_, Error, _>(async |conn| {
        lock(conn).await?;
        if !renew(conn, channel, holder).await? {
            return Ok(None);
        }
        let not_before: Option<DateTime<Utc>> =
            notification_channels::table.find(channel.0).select(notification_channels::not_before).first(conn).await?;
        if not_before.is_some_and(|not_before| not_before > now) {
            return Ok(None);
        }
        let rows: Vec<WaitingRow> = notification_deliveries::table
            .filter(notification_deliveries::channel_id.eq(channel.0))
            .filter(notification_deliveries::state.eq(DeliveryState::Pending.as_str()))
            .order_by((
                notification_deliveries::event.eq(DeliveryEvent::Test.as_str()).desc(),
                notification_deliveries::position.asc(),
            ))
            .limit(QUEUE)
            .select(WaitingRow::as_select())
            .load(conn)
            .await?;
        if rows.as_slice().first().is_none_or(|head| head.next_attempt_at.is_none_or(|due| due > now)) {
            return Ok(None);
        }
        let queue = rows.iter().map(|row| {
            let WaitingRow { alert_id, event, group_key, message_id, .. } = row;
            let is_test = event == DeliveryEvent::Test.as_str();
            Waiting { alert_id: *alert_id, group: group_key.as_deref(), message_id: *message_id, is_test }
        });
        let chosen = grouping::together(&queue.collect::<Vec<_>>());
        let deliveries: Result<Vec<(Option<Uuid>, TakenDelivery)>> = rows
            .into_iter()
            .enumerate()
            .filter(|(index, _)| chosen.contains(index))
            .map(|(_, row)| row.into_taken())
            .collect();
        let deliveries = deliveries?;
        // A message is named after the first event in it, and keeps its name when that one is cancelled.
        let named = deliveries.iter().find_map(|(message_id, _)| *message_id);
        let Some(id) = named.or_else(|| deliveries.as_slice().first().map(|(_, first)| first.id.0)) else {
            return Ok(None);
        };
        let deliveries: Vec<TakenDelivery> = deliveries.into_iter().map(|(_, delivery)| delivery).collect();
        mark_taken(conn, id, &deliveries).await?;
        Ok(Some(Taken { id, deliveries }))
    })
    .await
}

impl WaitingRow {
    fn into_taken(self) -> Result<(Option<Uuid>, TakenDelivery)> {
        let Self {
            id,
            alert_id,
            event,
            group_key: _,
            facts,
            message_id,
            attempts,
            created_at,
            queued_at,
            next_attempt_at: _,
        } = self;
        let delivery = TakenDelivery {
            id: id.into(),
            alert_id: alert_id.map(AlertId::from),
            event: word(&event)?,
            facts: channel::read(facts)?,
            at: created_at,
            attempts: attempts.unsigned_abs() + 1,
            queued_at,
        };
        Ok((message_id, delivery))
    }
}

async fn mark_taken(conn: &mut AsyncPgConnection, id: Uuid, deliveries: &[TakenDelivery]) -> Result<()> {
    let taken = notification_deliveries::id.eq_any(ids(deliveries));
    diesel::update(notification_deliveries::table.filter(taken))
        .set((
            notification_deliveries::message_id.eq(id),
            notification_deliveries::attempts.eq(notification_deliveries::attempts + 1),
            // One that was in flight before belonged to a sender that died on it.
            notification_deliveries::uncertain
                .eq(notification_deliveries::uncertain.or(notification_deliveries::in_flight)),
            notification_deliveries::in_flight.eq(true),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

fn ids(deliveries: &[TakenDelivery]) -> Vec<Uuid> {
    deliveries.iter().map(|delivery| delivery.id.0).collect()
}

/// Writes down that a message was accepted, and how long its receiver wants no other.
///
/// # Errors
/// When the database does not answer.
pub async fn accepted(
    conn: &mut AsyncPgConnection,
    channel: ChannelId,
    taken: &Taken,
    not_before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<()> {
    conn.transaction::<_, Error, _>(async |conn| {
        lock(conn).await?;
        let sent = notification_deliveries::id.eq_any(ids(&taken.deliveries));
        let sent = sent.and(notification_deliveries::state.eq(DeliveryState::Pending.as_str()));
        diesel::update(notification_deliveries::table.filter(sent))
            .set((
                notification_deliveries::state.eq(DeliveryState::Sent.as_str()),
                notification_deliveries::in_flight.eq(false),
                notification_deliveries::last_error.eq(None::<Value>),
                notification_deliveries::next_attempt_at.eq(None::<DateTime<Utc>>),
                notification_deliveries::finished_at.eq(now),
            ))
            .execute(conn)
            .await?;
        let recovered: Option<Option<DateTime<Utc>>> = notification_channels::table
            .find(channel.0)
            .select(notification_channels::failed_since)
            .first(conn)
            .await
            .optional()?;
        diesel::update(notification_channels::table.find(channel.0))
            .set((
                notification_channels::last_success_at.eq(now),
                notification_channels::failed_since.eq(None::<DateTime<Utc>>),
                notification_channels::last_error.eq(None::<Value>),
                notification_channels::gave_up.eq(false),
                notification_channels::not_before.eq(not_before),
            ))
            .execute(conn)
            .await?;
        // The channel works again: what waits need not wait for its own next try.
        if recovered.flatten().is_some() {
            super::hurry(conn, channel, now).await?;
        }
        Ok(())
    })
    .await
}

/// What is to become of a message that was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is tried again then.
    Again(DateTime<Utc>),
    /// It is given up.
    GiveUp,
}

/// Writes down that a message was not accepted. What became pointless with that is cancelled.
///
/// # Errors
/// When the database does not answer.
pub async fn failed(
    conn: &mut AsyncPgConnection,
    channel_id: ChannelId,
    taken: &Taken,
    failure: &DeliveryFailure,
    may_be_known: bool,
    next: Next,
) -> Result<()> {
    let error = channel::write(failure)?;
    conn.transaction::<_, Error, _>(async |conn| {
        lock(conn).await?;
        let these = notification_deliveries::id.eq_any(ids(&taken.deliveries));
        let these = these.and(notification_deliveries::state.eq(DeliveryState::Pending.as_str()));
        let (state, again, end) = match next {
            Next::Again(at) => (DeliveryState::Pending, Some(at), None),
            Next::GiveUp => (DeliveryState::Dead, None, Some(failure.at)),
        };
        diesel::update(notification_deliveries::table.filter(these))
            .set((
                notification_deliveries::state.eq(state.as_str()),
                notification_deliveries::in_flight.eq(false),
                notification_deliveries::uncertain
                    .eq(notification_deliveries::uncertain.or(may_be_known.into_sql::<diesel::sql_types::Bool>())),
                notification_deliveries::reason.eq(end.map(|_| failure.message.as_str())),
                notification_deliveries::last_error.eq(&error),
                notification_deliveries::next_attempt_at.eq(again),
                notification_deliveries::finished_at.eq(end),
            ))
            .execute(conn)
            .await?;
        diesel::sql_query(
            "UPDATE notification_channels SET failed_since = coalesce(failed_since, $2), last_error = $3, \
                 gave_up = gave_up OR $4 WHERE id = $1",
        )
        .bind::<diesel::sql_types::Uuid, _>(channel_id.0)
        .bind::<diesel::sql_types::Timestamptz, _>(failure.at)
        .bind::<diesel::sql_types::Jsonb, _>(&error)
        .bind::<diesel::sql_types::Bool, _>(next == Next::GiveUp)
        .execute(conn)
        .await?;
        let mut alerts: Vec<AlertId> = taken.deliveries.iter().filter_map(|delivery| delivery.alert_id).collect();
        alerts.dedup();
        for alert in alerts {
            cancel_overtaken(conn, alert, failure.at).await?;
        }
        Ok(())
    })
    .await
}
