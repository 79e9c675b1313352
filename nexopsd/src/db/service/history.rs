//! How services fared in the past.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Double, Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::ServiceId;
use nexops_core::service::{Service, ServiceHistory, StatusChange, Uptime, UptimeRange};
use uuid::Uuid;

use crate::db::schema::{service_status_changes, services};
use crate::db::{Result, word};

/// For how long statuses are kept: three times the longest span over which uptime is told.
const KEPT: TimeDelta = TimeDelta::days(90);

#[derive(QueryableByName)]
struct UptimeRow {
    #[diesel(sql_type = SqlUuid)]
    service_id: Uuid,
    #[diesel(sql_type = Integer)]
    hours: i32,
    #[diesel(sql_type = Double)]
    up: f64,
    #[diesel(sql_type = Double)]
    down: f64,
}

/// How long services were up and down within spans that end now, in seconds. A status lasted until the next one; the
/// last one until `gap` after the last check, for what comes after that nobody knows.
async fn uptimes(
    conn: &mut AsyncPgConnection,
    services: &[Uuid],
    ranges: &[UptimeRange],
    now: DateTime<Utc>,
    gap: TimeDelta,
) -> Result<HashMap<(Uuid, UptimeRange), (f64, f64)>> {
    let hours = |range: UptimeRange| i32::try_from(range.duration().num_hours()).unwrap_or(i32::MAX);
    let longest = ranges.iter().map(|range| range.duration()).max().unwrap_or_default();
    let rows: Vec<UptimeRow> = diesel::sql_query(
        "WITH spans AS ( \
             SELECT change.service_id, change.status, change.since, coalesce( \
                 lead(change.since) OVER (PARTITION BY change.service_id ORDER BY change.since), \
                 least($2, service.last_health_check + make_interval(secs => $4))) AS until \
             FROM service_status_changes AS change JOIN services AS service ON service.id = change.service_id \
             WHERE change.service_id = ANY($1) AND change.since >= coalesce(( \
                 SELECT max(older.since) FROM service_status_changes AS older \
                 WHERE older.service_id = change.service_id AND older.since <= $3), '-infinity') \
         ), cut AS ( \
             SELECT service_id, hours, status, extract(epoch FROM \
                 least(until, $2) - greatest(since, $2 - make_interval(hours => hours)))::float8 AS seconds \
             FROM spans CROSS JOIN unnest($5) AS hours \
             WHERE until > $2 - make_interval(hours => hours) AND since < $2 \
         ) \
         SELECT service_id, hours, \
             coalesce(sum(seconds) FILTER (WHERE status IN ('healthy', 'degraded')), 0) AS up, \
             coalesce(sum(seconds) FILTER (WHERE status = 'unhealthy'), 0) AS down \
         FROM cut WHERE seconds > 0 GROUP BY service_id, hours",
    )
    .bind::<Array<SqlUuid>, _>(services)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - longest)
    .bind::<Double, _>(gap.as_seconds_f64())
    .bind::<Array<Integer>, _>(ranges.iter().map(|range| hours(*range)).collect::<Vec<_>>())
    .load(conn)
    .await?;
    let range = |row: &UptimeRow| ranges.iter().copied().find(|range| hours(*range) == row.hours);
    Ok(rows.iter().filter_map(|row| Some(((row.service_id, range(row)?), (row.up, row.down)))).collect())
}

fn percent(up: f64, down: f64) -> Option<f64> {
    let known = up + down;
    (known > 0.0).then(|| (100.0 * up / known).clamp(0.0, 100.0))
}

/// Adds the last day's uptime to services.
pub(super) async fn add_uptime(
    conn: &mut AsyncPgConnection,
    list: &mut [Service],
    now: DateTime<Utc>,
    gap: TimeDelta,
) -> Result<()> {
    let ids: Vec<Uuid> = list.iter().map(|service| service.id.0).collect();
    let uptimes = uptimes(conn, &ids, &[UptimeRange::Day], now, gap).await?;
    for service in list {
        let known = uptimes.get(&(service.id.0, UptimeRange::Day));
        service.uptime_24h = known.and_then(|(up, down)| percent(*up, *down));
    }
    Ok(())
}

/// How a service fared: its uptime, and its last statuses.
///
/// # Errors
/// [`crate::db::Error::NotFound`], or when the database does not answer.
pub async fn history(
    conn: &mut AsyncPgConnection,
    id: ServiceId,
    limit: u32,
    now: DateTime<Utc>,
    gap: TimeDelta,
) -> Result<ServiceHistory> {
    let id = services::table.find(id.0).select(services::id).first::<Uuid>(conn).await?;
    let uptimes = uptimes(conn, &[id], UptimeRange::ALL, now, gap).await?;
    let uptime = UptimeRange::ALL.iter().map(|&range| {
        let (up_seconds, down_seconds) = uptimes.get(&(id, range)).copied().unwrap_or_default();
        let unknown_seconds = (range.duration().as_seconds_f64() - up_seconds - down_seconds).max(0.0);
        Uptime { range, percent: percent(up_seconds, down_seconds), up_seconds, down_seconds, unknown_seconds }
    });
    let rows: Vec<(DateTime<Utc>, String, Option<String>)> = service_status_changes::table
        .filter(service_status_changes::service_id.eq(id))
        .order_by(service_status_changes::since.desc())
        .limit(i64::from(limit))
        .select((service_status_changes::since, service_status_changes::status, service_status_changes::reason))
        .load(conn)
        .await?;
    let mut until = None;
    let changes = rows.into_iter().map(|(since, status, reason)| {
        let change = StatusChange { status: word(&status)?, reason, since, until };
        until = Some(since);
        Ok(change)
    });
    Ok(ServiceHistory { service_id: id.into(), uptime: uptime.collect(), changes: changes.collect::<Result<_>>()? })
}

/// Forgets statuses that ended long ago, and says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let forgotten = diesel::sql_query(
        "DELETE FROM service_status_changes AS change WHERE since < $1 AND EXISTS ( \
             SELECT FROM service_status_changes AS next \
             WHERE next.service_id = change.service_id AND next.since > change.since AND next.since < $1)",
    )
    .bind::<Timestamptz, _>(now - KEPT)
    .execute(conn)
    .await?;
    Ok(forgotten)
}
