//! Made-up content for the demo and for development databases. Everything is written only where nothing is yet.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::id::{ConnectionId, ServiceId, VmId};
use nexops_core::service::ServiceSettings;
use nexops_core::vm::VmStatus;
use uuid::Uuid;

use super::audit::Origin;
use super::schema::{services, vms};
use super::version::Expected;
use super::{Result, rollup, service};

/// A guest that content can be tied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenVm {
    /// Its id.
    pub id: VmId,
    /// Its number and name, as alerts call it.
    pub title: String,
    /// What it does.
    pub status: VmStatus,
    /// Whether it is a template.
    pub template: bool,
}

/// The guests of a connection, by their number.
///
/// # Errors
/// When the database does not answer.
pub async fn vms(conn: &mut AsyncPgConnection, connection: ConnectionId) -> Result<Vec<SeenVm>> {
    let rows: Vec<(Uuid, i32, String, String, bool)> = vms::table
        .filter(vms::connection_id.eq(connection.0).and(vms::gone_at.is_null()))
        .order_by(vms::vmid)
        .select((vms::id, vms::vmid, vms::name, vms::status, vms::template))
        .load(conn)
        .await?;
    let seen = rows.into_iter().map(|(id, vmid, name, status, template)| {
        Ok(SeenVm { id: id.into(), title: format!("{vmid} {name}"), status: super::word(&status)?, template })
    });
    seen.collect()
}

/// Whether there are services beside those of this group: somebody works with this database.
///
/// # Errors
/// When the database does not answer.
pub async fn holds_other_services(conn: &mut AsyncPgConnection, namespace: &str) -> Result<bool> {
    let others = services::table.filter(services::namespace.is_null().or(services::namespace.ne(namespace)));
    Ok(diesel::select(diesel::dsl::exists(others)).get_result(conn).await?)
}

/// Makes a service, or leads the one of this name to its URL again, for the ports of a demo are others each time. Says
/// whether it was made.
///
/// # Errors
/// When the database does not answer.
pub async fn keep_service(
    conn: &mut AsyncPgConnection,
    settings: &ServiceSettings,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<bool> {
    let known: Option<Uuid> =
        services::table.filter(services::name.eq(&settings.name)).select(services::id).first(conn).await.optional()?;
    match known {
        None => service::create(conn, settings, origin, now).await?,
        Some(id) => {
            let is = service::find(conn, id.into(), now, TimeDelta::zero()).await?.settings();
            let wanted = ServiceSettings { health_check_url: settings.health_check_url.clone(), ..is };
            service::update(conn, id.into(), &wanted, &Expected::Any, origin, now).await?
        }
    };
    Ok(known.is_none())
}

/// Services that are to be checked and never were.
///
/// # Errors
/// When the database does not answer.
pub async fn unchecked(conn: &mut AsyncPgConnection) -> Result<Vec<ServiceId>> {
    let ids: Vec<Uuid> = services::table
        .filter(
            services::enabled.and(services::last_health_check.is_null()).and(services::health_check_url.is_not_null()),
        )
        .select(services::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ServiceId::from).collect())
}

/// Name, metric, condition, threshold, seconds, severity, source type, where it clears.
type Rule = (&'static str, &'static str, &'static str, f64, i32, &'static str, Option<&'static str>, Option<f64>);

const RULES: &[Rule] = &[
    ("CPU busy", "cpu_usage", "gt", 90.0, 300, "warning", Some("vm"), Some(80.0)),
    ("Node memory nearly full", "memory_usage", "gt", 90.0, 300, "critical", Some("node"), Some(85.0)),
    ("Service down", "up", "lt", 1.0, 0, "critical", Some("service"), None),
    ("Certificate ends soon", "certificate_days", "lt", 14.0, 0, "warning", Some("service"), None),
];

/// Writes rules if there are none at all, and some past alerts of the first of them. Gives how many of both.
///
/// # Errors
/// When the database does not answer.
pub async fn keep_rules(conn: &mut AsyncPgConnection, vms: &[SeenVm], now: DateTime<Utc>) -> Result<(usize, usize)> {
    #[derive(QueryableByName)]
    struct Known {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let Known { count } = diesel::sql_query("SELECT count(*) AS count FROM alert_rules").get_result(conn).await?;
    if count > 0 {
        return Ok((0, 0));
    }
    let mut first = None;
    for (name, metric, condition, threshold, duration, severity, source_type, clear_threshold) in RULES {
        let id = Uuid::now_v7();
        first = first.or(Some(id));
        diesel::sql_query(
            "INSERT INTO alert_rules (id, name, metric_name, condition, threshold, duration_seconds, severity, \
                 source_type, clear_threshold, clear_duration_seconds, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 60, $10, $10) ON CONFLICT DO NOTHING",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(name)
        .bind::<Text, _>(metric)
        .bind::<Text, _>(condition)
        .bind::<Double, _>(threshold)
        .bind::<Integer, _>(duration)
        .bind::<Text, _>(severity)
        .bind::<Nullable<Text>, _>(source_type)
        .bind::<Nullable<Double>, _>(clear_threshold)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
    }
    let mut alerts = 0;
    let running = vms.iter().filter(|vm| vm.status == VmStatus::Running);
    for (vm, hours) in running.zip([9, 31, 77, 130]) {
        let fired = now - TimeDelta::hours(hours);
        alerts += diesel::sql_query(
            "INSERT INTO alerts (id, rule_id, evaluated_as, kind, source_type, source_id, source_name, metric_name, severity, status, \
                 title, description, value, resolution, started_at, fired_at, resolved_at) \
             VALUES ($1, $2, coalesce($2, $1), 'condition', 'vm', $3, $4, 'cpu_usage', 'warning', 'resolved', \
                 'CPU busy: ' || $4, 'cpu_usage was above 90 for 5 minutes', 96.5, 'recovered', \
                 $5 - interval '5 minutes', $5, $5 + interval '23 minutes')",
        )
        .bind::<SqlUuid, _>(Uuid::now_v7())
        .bind::<Nullable<SqlUuid>, _>(first)
        .bind::<SqlUuid, _>(vm.id.0)
        .bind::<Text, _>(&vm.title)
        .bind::<Timestamptz, _>(fired)
        .execute(conn)
        .await?;
    }
    Ok((RULES.len(), alerts))
}

/// Whether there is history from before this time.
///
/// # Errors
/// When the database does not answer.
pub async fn has_history(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Known {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        known: bool,
    }
    let Known { known } = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM metric_samples WHERE ts < $1) \
             OR EXISTS (SELECT FROM metric_rollups_1h WHERE ts < $1) AS known",
    )
    .bind::<Timestamptz, _>(before)
    .get_result(conn)
    .await?;
    Ok(known)
}

/// Makes up a sample every five minutes for each series that has a present value and nothing of that time: daily ups and
/// downs around the level of today, and some noise.
///
/// # Errors
/// When the database does not answer.
pub async fn history(conn: &mut AsyncPgConnection, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<usize> {
    conn.transaction(async |conn| {
        rollup::reopen(conn, from).await?;
        make_up(conn, from, until).await
    })
    .await
}

async fn make_up(conn: &mut AsyncPgConnection, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<usize> {
    let made = diesel::sql_query(
        "WITH series AS ( \
             SELECT series.id, series.metric_name, series.unit, \
                 (abs(hashint4(series.id)) % 1000) / 1000.0 AS phase, latest.value AS level \
             FROM metric_series AS series CROSS JOIN LATERAL ( \
                 SELECT value FROM metric_samples AS sample WHERE sample.series_id = series.id \
                 ORDER BY ts DESC LIMIT 1) AS latest \
             WHERE NOT EXISTS (SELECT FROM metric_samples AS old \
                 WHERE old.series_id = series.id AND old.ts >= $1 AND old.ts < $2 - interval '5 minutes') \
         ) \
         INSERT INTO metric_samples (series_id, ts, value) \
         SELECT id, ts, CASE unit \
             WHEN 'bool' THEN level \
             WHEN 'days' THEN level + extract(epoch FROM $2 - ts) / 86400 \
             ELSE least(CASE unit WHEN 'percent' THEN 100 ELSE 1e18 END, greatest(0, \
                 level * (1 + 0.25 * (sin(extract(epoch FROM ts) * 2 * pi() / 86400 + phase * 6) \
                                    - sin(extract(epoch FROM now()) * 2 * pi() / 86400 + phase * 6)) \
                            + 0.1 * (random() - 0.5)))) \
             END \
         FROM series CROSS JOIN generate_series($1, $2 - interval '5 minutes', interval '5 minutes') AS ts \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(until)
    .execute(conn)
    .await?;
    Ok(made)
}

/// Lets services that were made just now have had their present status for as long as the history goes, but for an hour
/// in between that went wrong.
///
/// # Errors
/// When the database does not answer.
pub async fn statuses(conn: &mut AsyncPgConnection, from: DateTime<Utc>) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO service_status_changes (service_id, since, status, reason) \
         SELECT service.id, $1 + past.after, past.status, past.reason \
         FROM services AS service CROSS JOIN (VALUES \
             (interval '0', 'healthy', NULL), \
             (interval '50 hours', 'unhealthy', 'no answer within 10s'), \
             (interval '51 hours', 'healthy', NULL)) AS past (after, status, reason) \
         WHERE service.enabled AND service.status <> 'unknown' AND NOT EXISTS ( \
             SELECT FROM service_status_changes AS old \
             WHERE old.service_id = service.id AND old.since < now() - interval '1 hour') \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Timestamptz, _>(from)
    .execute(conn)
    .await?;
    Ok(())
}
