//! The outbox: what is to be said, written down in the transaction that makes it true.
//!
//! It has one writer at a time, so that the end of an alert and the sender of its beginning never miss each other.

pub mod by_hand;
mod grouping;
mod history;
pub mod sending;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::{AlertId, ChannelId, DeliveryId};
use nexops_core::notification::{AlertFacts, DeliveryEvent, DeliveryState};
use uuid::Uuid;

use self::history::{OVERTAKEN, Recipient, Said, UNANNOUNCED};
use super::Result;
use super::schema::{notification_channels, notification_deliveries};

/// How long an event waits for others that belong into the same message.
pub const GROUP_WAIT: TimeDelta = TimeDelta::seconds(30);

const SWITCHED_OFF: &str = "the channel is switched off";

/// Something that happened to an alert, for whom it may concern.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice<'a> {
    /// The alert.
    pub alert_id: AlertId,
    /// What happened.
    pub event: DeliveryEvent,
    /// Tells repetitions of one event apart: the same event with the same number is said once, however often it is
    /// enqueued.
    pub sequence: i32,
    /// What goes into one message with it, as `node/…` for the guests of one node; nothing if absent.
    pub group: Option<&'a str>,
    /// What is said.
    pub facts: &'a AlertFacts,
}

/// What became of a notice on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    /// It will be sent.
    Queued(DeliveryId),
    /// It will not be sent, which is written down with the reason.
    Cancelled(&'static str),
    /// It was enqueued before.
    Known,
    /// There is no such channel.
    NoChannel(String),
}

/// Enqueues a notice in the caller's transaction.
///
/// It goes to the channels that are named; an ending goes to those that heard what it ends instead, whatever is named.
/// When the announcement still waits at the end of the alert, both are cancelled.
///
/// # Errors
/// When the database does not answer.
pub async fn enqueue(
    conn: &mut AsyncPgConnection,
    notice: &Notice<'_>,
    channels: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<Enqueued>> {
    lock(conn).await?;
    if notice.event.is_ending() {
        conclude(conn, notice, now).await
    } else {
        announce(conn, notice, channels, now).await
    }
}

/// Waits for the sole right to change the outbox, until the transaction ends.
///
/// # Errors
/// As every statement.
pub(super) async fn lock(conn: &mut AsyncPgConnection) -> Result<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('nexops/outbox', 0))").execute(conn).await?;
    Ok(())
}

async fn announce(
    conn: &mut AsyncPgConnection,
    notice: &Notice<'_>,
    channels: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<Enqueued>> {
    let known: Vec<(Uuid, String, bool)> = notification_channels::table
        .filter(notification_channels::name.eq_any(channels))
        .select((notification_channels::id, notification_channels::name, notification_channels::enabled))
        .load(conn)
        .await?;
    let mut results = Vec::with_capacity(channels.len());
    for name in channels {
        results.push(match known.iter().find(|(_, known, _)| known == name) {
            None => Enqueued::NoChannel(name.clone()),
            Some((id, name, enabled)) => {
                let refusal = (!enabled).then_some(SWITCHED_OFF);
                insert(conn, notice, ChannelId(*id), name, refusal, now).await?
            }
        });
    }
    Ok(results)
}

/// Ends what was announced, on the channels where it was.
async fn conclude(conn: &mut AsyncPgConnection, notice: &Notice<'_>, now: DateTime<Utc>) -> Result<Vec<Enqueued>> {
    let said = said(conn, notice.alert_id).await?;
    let mut results = Vec::new();
    for Recipient { channel_id, name, enabled } in history::audience(&said) {
        let refusal = (!enabled).then_some(SWITCHED_OFF);
        results.push(insert(conn, notice, *channel_id, name, refusal, now).await?);
    }
    let overtaken = cancel_overtaken(conn, notice.alert_id, now).await?;
    for result in &mut results {
        if let Enqueued::Queued(id) = result
            && let Some((_, reason)) = overtaken.iter().find(|(overtaken, _)| overtaken == id)
        {
            *result = Enqueued::Cancelled(reason);
        }
    }
    Ok(results)
}

/// Cancels what an alert's end has made pointless, and says what that was.
///
/// # Errors
/// When the database does not answer.
async fn cancel_overtaken(
    conn: &mut AsyncPgConnection,
    alert: AlertId,
    now: DateTime<Utc>,
) -> Result<Vec<(DeliveryId, &'static str)>> {
    let overtaken = history::overtaken(&said(conn, alert).await?);
    for reason in [OVERTAKEN, UNANNOUNCED] {
        let ids: Vec<Uuid> = overtaken.iter().filter(|(_, why)| *why == reason).map(|(id, _)| id.0).collect();
        cancel(conn, &ids, reason, now).await?;
    }
    Ok(overtaken)
}

/// What was said of an alert, or is to be, on channels that exist: by channel, in order.
async fn said(conn: &mut AsyncPgConnection, alert: AlertId) -> Result<Vec<Said>> {
    type Row = (Uuid, String, String, bool, bool, (Uuid, String, bool));
    let rows: Vec<Row> = notification_deliveries::table
        .inner_join(notification_channels::table)
        .filter(notification_deliveries::alert_id.eq(alert.0))
        .order_by((notification_deliveries::channel_id, notification_deliveries::position))
        .select((
            notification_deliveries::id,
            notification_deliveries::event,
            notification_deliveries::state,
            notification_deliveries::in_flight,
            notification_deliveries::uncertain,
            (notification_channels::id, notification_channels::name, notification_channels::enabled),
        ))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(id, event, state, in_flight, uncertain, (channel_id, name, enabled))| {
            let to = Recipient { channel_id: channel_id.into(), name, enabled };
            let (event, state) = (super::word(&event)?, super::word(&state)?);
            Ok(Said { id: id.into(), to, event, state, under_way: in_flight || uncertain })
        })
        .collect()
}

/// Cancels deliveries that wait.
async fn cancel(conn: &mut AsyncPgConnection, ids: &[Uuid], reason: &str, now: DateTime<Utc>) -> Result<()> {
    let waiting = notification_deliveries::id.eq_any(ids);
    let waiting = waiting.and(notification_deliveries::state.eq(DeliveryState::Pending.as_str()));
    diesel::update(notification_deliveries::table.filter(waiting))
        .set((
            notification_deliveries::state.eq(DeliveryState::Cancelled.as_str()),
            notification_deliveries::reason.eq(reason),
            notification_deliveries::in_flight.eq(false),
            notification_deliveries::next_attempt_at.eq(None::<DateTime<Utc>>),
            notification_deliveries::finished_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Cancels everything that waits for a channel.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn cancel_all(
    conn: &mut AsyncPgConnection,
    channel: ChannelId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let waiting = notification_deliveries::channel_id.eq(channel.0);
    let waiting = waiting.and(notification_deliveries::state.eq(DeliveryState::Pending.as_str()));
    let ids: Vec<Uuid> =
        notification_deliveries::table.filter(waiting).select(notification_deliveries::id).load(conn).await?;
    cancel(conn, &ids, reason, now).await?;
    Ok(())
}

/// Has what was tried in vain over a channel tried again at once.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn hurry(conn: &mut AsyncPgConnection, channel: ChannelId, now: DateTime<Utc>) -> Result<()> {
    let tried = notification_deliveries::channel_id.eq(channel.0);
    let tried = tried.and(notification_deliveries::state.eq(DeliveryState::Pending.as_str()));
    let tried =
        tried.and(notification_deliveries::attempts.gt(0)).and(notification_deliveries::next_attempt_at.gt(now));
    diesel::update(notification_deliveries::table.filter(tried))
        .set(notification_deliveries::next_attempt_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a notice down for one channel; one that is refused is written down as cancelled.
async fn insert(
    conn: &mut AsyncPgConnection,
    notice: &Notice<'_>,
    channel_id: ChannelId,
    channel: &str,
    refusal: Option<&'static str>,
    now: DateTime<Utc>,
) -> Result<Enqueued> {
    let Notice { alert_id, event, sequence, group, facts } = notice;
    let id = DeliveryId::new();
    let state = if refusal.is_some() { DeliveryState::Cancelled } else { DeliveryState::Pending };
    let facts = super::channel::write(facts)?;
    let inserted = diesel::insert_into(notification_deliveries::table)
        .values((
            notification_deliveries::id.eq(id.0),
            notification_deliveries::alert_id.eq(alert_id.0),
            notification_deliveries::event.eq(event.as_str()),
            notification_deliveries::sequence.eq(sequence),
            notification_deliveries::channel_id.eq(channel_id.0),
            notification_deliveries::channel.eq(channel),
            notification_deliveries::group_key.eq(group),
            notification_deliveries::facts.eq(facts),
            notification_deliveries::state.eq(state.as_str()),
            notification_deliveries::reason.eq(refusal),
            notification_deliveries::created_at.eq(now),
            notification_deliveries::queued_at.eq(now),
            notification_deliveries::next_attempt_at.eq(refusal.is_none().then_some(now + GROUP_WAIT)),
            notification_deliveries::finished_at.eq(refusal.is_some().then_some(now)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(match (inserted, refusal) {
        (0, _) => Enqueued::Known,
        (_, Some(reason)) => Enqueued::Cancelled(reason),
        (_, None) => Enqueued::Queued(id),
    })
}
