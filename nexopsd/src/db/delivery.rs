//! What became of every message.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::{AlertId, DeliveryId};
use nexops_core::notification::{AlertFacts, Delivery, ListDeliveries};
use nexops_core::page::Paging;
use serde_json::Value;
use uuid::Uuid;

use super::schema::{alerts, notification_deliveries};
use super::{Result, channel};

/// How long is remembered what became of a message.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = notification_deliveries)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct DeliveryRow {
    id: Uuid,
    alert_id: Option<Uuid>,
    event: String,
    channel: String,
    facts: Value,
    state: String,
    reason: Option<String>,
    message_id: Option<Uuid>,
    attempts: i32,
    last_error: Option<Value>,
    created_at: DateTime<Utc>,
    next_attempt_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

impl DeliveryRow {
    fn into_delivery(self) -> Result<Delivery> {
        let Self {
            id,
            alert_id,
            event,
            channel,
            facts,
            state,
            reason,
            message_id,
            attempts,
            last_error,
            created_at,
            next_attempt_at,
            finished_at,
        } = self;
        let facts: AlertFacts = channel::read(facts)?;
        Ok(Delivery {
            id: id.into(),
            message_id,
            alert_id: alert_id.map(AlertId::from),
            event: super::word(&event)?,
            channel,
            title: facts.title,
            state: super::word(&state)?,
            reason,
            attempts: attempts.unsigned_abs(),
            last_error: last_error.map(channel::read).transpose()?,
            created_at,
            next_attempt_at,
            finished_at,
        })
    }
}

/// One delivery.
///
/// # Errors
/// [`super::Error::NotFound`], or when the database does not answer.
pub async fn find(conn: &mut AsyncPgConnection, id: DeliveryId) -> Result<Delivery> {
    let row: DeliveryRow =
        notification_deliveries::table.find(id.0).select(DeliveryRow::as_select()).first(conn).await?;
    row.into_delivery()
}

/// One page of the deliveries, the latest first, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    query: &ListDeliveries,
    alert: Option<AlertId>,
    paging: Paging,
) -> Result<(Vec<Delivery>, u64)> {
    let ListDeliveries { page: _, per_page: _, state, channel } = query;
    macro_rules! filtered {
        () => {{
            let mut query = notification_deliveries::table.into_boxed();
            if let Some(state) = state {
                query = query.filter(notification_deliveries::state.eq(state.as_str()));
            }
            if let Some(channel) = channel {
                query = query.filter(notification_deliveries::channel.eq(channel));
            }
            if let Some(alert) = alert {
                query = query.filter(notification_deliveries::alert_id.eq(alert.0));
            }
            query
        }};
    }
    let total: i64 = filtered!().count().get_result(conn).await?;
    let rows: Vec<DeliveryRow> = filtered!()
        .order_by(notification_deliveries::position.desc())
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .select(DeliveryRow::as_select())
        .load(conn)
        .await?;
    Ok((rows.into_iter().map(DeliveryRow::into_delivery).collect::<Result<_>>()?, total.unsigned_abs()))
}

/// Whether there is such an alert.
///
/// # Errors
/// When the database does not answer.
pub async fn alert_exists(conn: &mut AsyncPgConnection, alert: AlertId) -> Result<bool> {
    let known = diesel::dsl::exists(alerts::table.find(alert.0));
    Ok(diesel::select(known).get_result(conn).await?)
}

/// Forgets what became of messages long ago, and says how many those were.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let old = notification_deliveries::finished_at.lt(now - REMEMBERED);
    Ok(diesel::delete(notification_deliveries::table.filter(old)).execute(conn).await?)
}
