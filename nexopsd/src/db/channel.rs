//! Channels: how people are told, and whether that works.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::id::ChannelId;
use nexops_core::notification::{Channel, ChannelSettings, ChannelStatus, DeliveryFailure, DeliveryState};
use nexops_core::page::Paging;
use serde_json::Value;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::schema::{alert_rules, notification_channels, notification_deliveries};
use super::{Error, Result, outbox};
use crate::secret::{Place, Sealed};

/// After this long without a success a channel counts as failing.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = notification_channels)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct ChannelRow {
    id: Uuid,
    name: String,
    settings: Value,
    secret: Option<Vec<u8>>,
    enabled: bool,
    last_success_at: Option<DateTime<Utc>>,
    failed_since: Option<DateTime<Utc>>,
    last_error: Option<Value>,
    gave_up: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A channel with its secret, as it is kept: sealed.
#[derive(Debug, Clone)]
pub struct Stored {
    /// As it is shown.
    pub shown: Channel,
    /// Its sealed secret.
    pub secret: Option<Sealed>,
}

impl ChannelRow {
    fn into_stored(self, pending: u64, now: DateTime<Utc>) -> Result<Stored> {
        let Self {
            id,
            name,
            settings,
            secret,
            enabled,
            last_success_at,
            failed_since,
            last_error,
            gave_up,
            created_at,
            updated_at,
        } = self;
        let failing_since = failed_since.filter(|since| gave_up || now - *since >= PATIENCE);
        let status = match (failing_since, last_success_at) {
            (Some(_), _) => ChannelStatus::Failing,
            (None, Some(_)) => ChannelStatus::Ok,
            (None, None) => ChannelStatus::Untried,
        };
        let shown = Channel {
            id: id.into(),
            name,
            settings: read(settings)?,
            has_secret: secret.is_some(),
            enabled,
            status,
            last_success_at,
            failing_since,
            last_error: last_error.map(read::<DeliveryFailure>).transpose()?,
            pending,
            created_at,
            updated_at,
        };
        Ok(Stored { shown, secret: secret.map(Sealed::from) })
    }
}

/// Reads JSON that we wrote.
pub(super) fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| Error::Other(error.into()))
}

/// Writes what we can read.
pub(super) fn write<T: serde::Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map(super::storable_json).map_err(|error| Error::Other(error.into()))
}

/// One page of the channels by name, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(conn: &mut AsyncPgConnection, paging: Paging, now: DateTime<Utc>) -> Result<(Vec<Channel>, u64)> {
    let total: i64 = notification_channels::table.count().get_result(conn).await?;
    let rows: Vec<ChannelRow> = notification_channels::table
        .order_by(notification_channels::name)
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .select(ChannelRow::as_select())
        .load(conn)
        .await?;
    let mut channels = Vec::with_capacity(rows.len());
    let pending = pending(conn, rows.iter().map(|row| row.id).collect()).await?;
    for row in rows {
        let waiting = pending.iter().find(|(id, _)| *id == row.id).map_or(0, |(_, count)| *count);
        channels.push(row.into_stored(waiting, now)?.shown);
    }
    Ok((channels, total.unsigned_abs()))
}

/// How many deliveries wait, by channel.
async fn pending(conn: &mut AsyncPgConnection, channels: Vec<Uuid>) -> Result<Vec<(Uuid, u64)>> {
    let of_these = notification_deliveries::channel_id.eq_any(channels);
    let counts: Vec<(Option<Uuid>, i64)> = notification_deliveries::table
        .filter(of_these.and(notification_deliveries::state.eq(DeliveryState::Pending.as_str())))
        .group_by(notification_deliveries::channel_id)
        .select((notification_deliveries::channel_id, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(counts.into_iter().filter_map(|(id, count)| id.map(|id| (id, count.unsigned_abs()))).collect())
}

/// One channel.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn find(conn: &mut AsyncPgConnection, name: &str, now: DateTime<Utc>) -> Result<Stored> {
    let row: ChannelRow = notification_channels::table
        .filter(notification_channels::name.eq(name))
        .select(ChannelRow::as_select())
        .first(conn)
        .await?;
    with_pending(conn, row, now).await
}

/// One channel, by its id.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn find_by_id(conn: &mut AsyncPgConnection, id: ChannelId, now: DateTime<Utc>) -> Result<Stored> {
    let row: ChannelRow = notification_channels::table.find(id.0).select(ChannelRow::as_select()).first(conn).await?;
    with_pending(conn, row, now).await
}

async fn with_pending(conn: &mut AsyncPgConnection, row: ChannelRow, now: DateTime<Utc>) -> Result<Stored> {
    let pending = pending(conn, vec![row.id]).await?.as_slice().first().map_or(0, |(_, count)| *count);
    row.into_stored(pending, now)
}

/// The place of a channel's secret.
#[must_use]
pub const fn place_of_secret(id: ChannelId) -> Place {
    Place { table: "notification_channels", field: "secret", row: id.0 }
}

/// What is written down of a channel.
#[derive(Debug, Clone)]
pub struct Values<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its settings, without the secret.
    pub settings: &'a ChannelSettings,
    /// Its sealed secret, or that it has none; `None` leaves the stored one, whoever may have changed it meanwhile.
    pub secret: Option<Option<&'a Sealed>>,
    /// Whether it is used.
    pub enabled: bool,
}

/// Makes a channel.
///
/// # Errors
/// [`Error::Unique`] when there is one of that name; or when the database does not answer.
pub async fn create(conn: &mut AsyncPgConnection, id: ChannelId, values: &Values<'_>, audit: &Entry<'_>) -> Result<()> {
    let Values { name, settings, secret, enabled } = values;
    let written = write(settings)?;
    conn.transaction::<_, Error, _>(async |conn| {
        diesel::insert_into(notification_channels::table)
            .values((
                notification_channels::id.eq(id.0),
                notification_channels::name.eq(name),
                notification_channels::kind.eq(settings.kind().as_str()),
                notification_channels::settings.eq(written),
                notification_channels::secret.eq(secret.flatten().map(Sealed::as_bytes)),
                notification_channels::enabled.eq(enabled),
                notification_channels::created_at.eq(audit.at),
                notification_channels::updated_at.eq(audit.at),
            ))
            .execute(conn)
            .await?;
        audit::done(conn, audit).await
    })
    .await
}

/// Changes a channel. What waits is tried again at once with the new settings; if it is switched off, that is cancelled.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unique`] when another one has the name; or when the database does not answer.
pub async fn change(conn: &mut AsyncPgConnection, id: ChannelId, values: &Values<'_>, audit: &Entry<'_>) -> Result<()> {
    let Values { name, settings, secret, enabled } = values;
    let written = write(settings)?;
    conn.transaction::<_, Error, _>(async |conn| {
        outbox::lock(conn).await?;
        let changed = diesel::update(notification_channels::table.find(id.0))
            .set((
                notification_channels::name.eq(name),
                notification_channels::kind.eq(settings.kind().as_str()),
                notification_channels::settings.eq(written),
                secret.map(|secret| notification_channels::secret.eq(secret.map(Sealed::as_bytes))),
                notification_channels::enabled.eq(enabled),
                notification_channels::not_before.eq(None::<DateTime<Utc>>),
                notification_channels::updated_at.eq(audit.at),
            ))
            .execute(conn)
            .await?;
        if changed == 0 {
            return Err(Error::NotFound);
        }
        if *enabled {
            outbox::hurry(conn, id, audit.at).await?;
        } else {
            outbox::cancel_all(conn, id, "the channel was switched off", audit.at).await?;
        }
        diesel::update(notification_deliveries::table)
            .filter(notification_deliveries::channel_id.eq(id.0).and(notification_deliveries::channel.ne(name)))
            .set(notification_deliveries::channel.eq(name))
            .execute(conn)
            .await?;
        audit::done(conn, audit).await
    })
    .await
}

/// Deletes a channel; what waits is cancelled, and what became of its messages stays.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn delete(conn: &mut AsyncPgConnection, id: ChannelId, audit: &Entry<'_>) -> Result<()> {
    conn.transaction::<_, Error, _>(async |conn| {
        outbox::lock(conn).await?;
        outbox::cancel_all(conn, id, "the channel was deleted", audit.at).await?;
        let deleted = diesel::delete(notification_channels::table.find(id.0)).execute(conn).await?;
        if deleted == 0 {
            return Err(Error::NotFound);
        }
        audit::done(conn, audit).await
    })
    .await
}

/// The names of the rules that tell over a channel, at most twenty.
///
/// # Errors
/// When the database does not answer.
pub async fn used_by(conn: &mut AsyncPgConnection, name: &str) -> Result<Vec<String>> {
    Ok(alert_rules::table
        .filter(alert_rules::notification_channels.contains(vec![name]))
        .order_by(alert_rules::name)
        .limit(20)
        .select(alert_rules::name)
        .load(conn)
        .await?)
}
