//! Services: what people decide about them. How they fare is written down in `service/health.rs`.

pub mod health;
pub mod history;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::event::Change;
use nexops_core::id::{AuditId, ServiceId, VmId};
use nexops_core::page::{Paging, Sort};
use nexops_core::service::{
    CheckSettings, ListServices, Service, ServiceColumn, ServiceSettings, ServiceStatus, ServiceVm, StatusSet,
};
use serde_json::json;
use uuid::Uuid;

use super::audit::{self, Entry, Origin};
use super::event;
use super::schema::{services, vms};
use super::version::Expected;
use super::{Error, Result, contains};
use crate::health::State;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = services)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct ServiceRow {
    id: Uuid,
    name: String,
    description: String,
    kind: String,
    health_check_url: Option<String>,
    vm_id: Option<Uuid>,
    namespace: Option<String>,
    metadata: serde_json::Value,
    enabled: bool,
    expected_status: String,
    body_contains: Option<String>,
    timeout_seconds: i32,
    retries: i32,
    degraded_above_ms: Option<i32>,
    certificate_warning_days: i32,
    verify_tls: bool,
    status: String,
    status_reason: Option<String>,
    status_since: DateTime<Utc>,
    failures: i32,
    last_error: Option<String>,
    last_health_check: Option<DateTime<Utc>>,
    response_time_ms: Option<f64>,
    certificate_expires_at: Option<DateTime<Utc>>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

type VmColumns = (i32, String, String, Option<DateTime<Utc>>);
type Joined = (ServiceRow, Option<VmColumns>);

fn into_service((row, vm): Joined) -> Result<Service> {
    let ServiceRow {
        id,
        name,
        description,
        kind,
        health_check_url,
        vm_id,
        namespace,
        metadata,
        enabled,
        expected_status,
        body_contains,
        timeout_seconds,
        retries,
        degraded_above_ms,
        certificate_warning_days,
        verify_tls,
        status,
        status_reason,
        status_since,
        failures,
        last_error,
        last_health_check,
        response_time_ms,
        certificate_expires_at,
        version,
        created_at,
        updated_at,
    } = row;
    let vm = vm.map(|(vmid, name, status, gone_at)| {
        Ok::<_, Error>(ServiceVm { vmid, name, status: super::word(&status)?, gone_at })
    });
    let vm = vm.transpose()?;
    let status = super::word(&status)?;
    let fails = status == ServiceStatus::Unhealthy || failures > 0;
    Ok(Service {
        id: id.into(),
        name,
        description,
        kind: super::word(&kind)?,
        status,
        status_reason,
        status_since,
        explanation: vm.as_ref().filter(|_| fails).and_then(crate::health::explanation),
        health_check_url,
        vm_id: vm_id.map(VmId::from),
        vm,
        namespace,
        metadata,
        enabled,
        check: CheckSettings {
            expected_status: status_set(&expected_status)?,
            body_contains,
            timeout_seconds,
            retries,
            degraded_above_ms,
            certificate_warning_days,
            verify_tls,
        },
        last_health_check,
        failures,
        last_error,
        response_time_ms,
        certificate_expires_at,
        uptime_24h: None,
        version,
        created_at,
        updated_at,
    })
}

fn status_set(text: &str) -> Result<StatusSet> {
    text.parse().map_err(|error: nexops_core::service::NotAStatusSet| Error::Other(error.into()))
}

/// Joins a service with its guest.
macro_rules! joined {
    () => {
        services::table
            .left_join(vms::table)
            .select((ServiceRow::as_select(), (vms::vmid, vms::name, vms::status, vms::gone_at).nullable()))
    };
}

/// One page of the services, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    query: &ListServices,
    paging: Paging,
    now: DateTime<Utc>,
    gap: TimeDelta,
) -> Result<(Vec<Service>, u64)> {
    let ListServices { page: _, per_page: _, sort, status, kind, namespace, vm_id, search } = query;
    macro_rules! filtered {
        ($query:expr) => {{
            let mut query = $query.into_boxed();
            if let Some(status) = status {
                query = query.filter(services::status.eq(status.as_str()));
            }
            if let Some(kind) = kind {
                query = query.filter(services::kind.eq(kind.as_str()));
            }
            if let Some(namespace) = namespace {
                query = query.filter(services::namespace.eq(namespace));
            }
            if let Some(vm_id) = vm_id {
                query = query.filter(services::vm_id.eq(vm_id.0));
            }
            if let Some(search) = search {
                let pattern = contains(search);
                query = query.filter(
                    services::name.ilike(pattern.clone()).or(services::description.ilike(pattern.clone())).or(
                        services::health_check_url
                            .is_not_null()
                            .and(services::health_check_url.assume_not_null().ilike(pattern)),
                    ),
                );
            }
            query
        }};
    }
    let total: i64 = filtered!(services::table).count().get_result(conn).await?;
    let rows: Vec<Joined> = filtered!(joined!())
        .order_by((sql::<Bool>(order(*sort)), services::id))
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .load(conn)
        .await?;
    let mut list = rows.into_iter().map(into_service).collect::<Result<Vec<_>>>()?;
    history::add_uptime(conn, &mut list, now, gap).await?;
    Ok((list, total.unsigned_abs()))
}

/// The ORDER BY expression; what is not known comes last either way.
fn order(sort: Option<Sort<ServiceColumn>>) -> &'static str {
    let Some(Sort { column, descending }) = sort else {
        return "services.name";
    };
    match (column, descending) {
        (ServiceColumn::Name, false) => "services.name",
        (ServiceColumn::Name, true) => "services.name DESC",
        (ServiceColumn::Status, false) => "services.status",
        (ServiceColumn::Status, true) => "services.status DESC",
        (ServiceColumn::Type, false) => "services.type",
        (ServiceColumn::Type, true) => "services.type DESC",
        (ServiceColumn::ResponseTimeMs, false) => "services.response_time_ms",
        (ServiceColumn::ResponseTimeMs, true) => "services.response_time_ms DESC NULLS LAST",
        (ServiceColumn::LastHealthCheck, false) => "services.last_health_check",
        (ServiceColumn::LastHealthCheck, true) => "services.last_health_check DESC NULLS LAST",
        (ServiceColumn::CreatedAt, false) => "services.created_at",
        (ServiceColumn::CreatedAt, true) => "services.created_at DESC",
    }
}

/// One service.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn find(conn: &mut AsyncPgConnection, id: ServiceId, now: DateTime<Utc>, gap: TimeDelta) -> Result<Service> {
    let mut service = read(conn, id).await?;
    history::add_uptime(conn, std::slice::from_mut(&mut service), now, gap).await?;
    Ok(service)
}

/// One service, without its uptime.
async fn read(conn: &mut AsyncPgConnection, id: ServiceId) -> Result<Service> {
    let row: Joined = joined!().filter(services::id.eq(id.0)).first(conn).await?;
    into_service(row)
}

/// Whether a guest can be linked to: it is known, be it gone or not.
///
/// # Errors
/// When the database does not answer.
pub async fn knows_vm(conn: &mut AsyncPgConnection, vm: VmId) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(vms::table.find(vm.0))).get_result(conn).await?)
}

/// What stands in the columns that people decide about.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = services)]
#[diesel(treat_none_as_null = true)]
struct Decided<'a> {
    name: &'a str,
    description: &'a str,
    kind: &'a str,
    health_check_url: Option<&'a str>,
    vm_id: Option<Uuid>,
    namespace: Option<&'a str>,
    metadata: &'a serde_json::Value,
    enabled: bool,
    expected_status: String,
    body_contains: Option<&'a str>,
    timeout_seconds: i32,
    retries: i32,
    degraded_above_ms: Option<i32>,
    certificate_warning_days: i32,
    verify_tls: bool,
    updated_at: DateTime<Utc>,
}

impl<'a> Decided<'a> {
    fn of(settings: &'a ServiceSettings, now: DateTime<Utc>) -> Self {
        let ServiceSettings {
            name,
            description,
            kind,
            health_check_url,
            vm_id,
            namespace,
            metadata,
            enabled,
            check:
                CheckSettings {
                    expected_status,
                    body_contains,
                    timeout_seconds,
                    retries,
                    degraded_above_ms,
                    certificate_warning_days,
                    verify_tls,
                },
        } = settings;
        Self {
            name,
            description,
            kind: kind.as_str(),
            health_check_url: health_check_url.as_deref(),
            vm_id: vm_id.map(|id| id.0),
            namespace: namespace.as_deref(),
            metadata,
            enabled: *enabled,
            expected_status: expected_status.to_string(),
            body_contains: body_contains.as_deref(),
            timeout_seconds: *timeout_seconds,
            retries: *retries,
            degraded_above_ms: *degraded_above_ms,
            certificate_warning_days: *certificate_warning_days,
            verify_tls: *verify_tls,
            updated_at: now,
        }
    }
}

/// How a service fares before its first check, or while there is none.
fn unchecked(settings: &ServiceSettings, now: DateTime<Utc>) -> State {
    let reason = match (&settings.health_check_url, settings.enabled) {
        (None, _) => "it has no URL to check",
        (Some(_), false) => "its checks are paused",
        (Some(_), true) => "not checked yet",
    };
    State::unknown(reason, now)
}

/// Makes a service.
///
/// # Errors
/// [`Error::Unique`] when the name is taken, or when the database does not answer.
pub async fn create(
    conn: &mut AsyncPgConnection,
    settings: &ServiceSettings,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<Service> {
    let id = ServiceId::new();
    conn.transaction(async |conn| {
        let state = unchecked(settings, now);
        diesel::insert_into(services::table)
            .values((
                services::id.eq(id.0),
                Decided::of(settings, now),
                services::status.eq(state.status.as_str()),
                services::status_reason.eq(&state.reason),
                services::status_since.eq(state.since),
                services::created_at.eq(now),
            ))
            .execute(conn)
            .await?;
        health::note_change(conn, id, &state).await?;
        let details = json!({"name": settings.name, "settings": settings});
        audited(conn, id, "service.create", details, origin, now).await?;
        told(conn, id, now).await
    })
    .await
}

/// Replaces what people decided about a service. What is the same already stays as it is, and so does its version.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OtherVersion`], [`Error::Unique`] when the name is taken, or when the database does not
/// answer.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: ServiceId,
    settings: &ServiceSettings,
    expected: &Expected,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<Service> {
    conn.transaction(async |conn| {
        let before = lock(conn, id, expected).await?;
        let was = before.settings();
        if was == *settings {
            return Ok(before);
        }
        diesel::update(services::table.find(id.0))
            .set((Decided::of(settings, now), services::version.eq(services::version + 1)))
            .execute(conn)
            .await?;
        let asks_alike =
            |settings: &ServiceSettings| (settings.health_check_url.clone(), settings.enabled, settings.check.clone());
        if asks_alike(&was) != asks_alike(settings) {
            health::start_over(conn, id, &unchecked(settings, now)).await?;
        }
        let details = json!({"name": settings.name, "before": was, "settings": settings});
        audited(conn, id, "service.update", details, origin, now).await?;
        told(conn, id, now).await
    })
    .await
}

/// Deletes a service with its history of statuses. Its samples go with their partitions.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OtherVersion`], or when the database does not answer.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    id: ServiceId,
    expected: &Expected,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<Service> {
    conn.transaction(async |conn| {
        let before = lock(conn, id, expected).await?;
        diesel::delete(services::table.find(id.0)).execute(conn).await?;
        // The samples of a series without a name go with their partitions.
        for forget in
            ["DELETE FROM metric_series WHERE source_id = $1", "DELETE FROM alert_cursors WHERE scope_id = $1"]
        {
            diesel::sql_query(forget).bind::<diesel::sql_types::Uuid, _>(id.0).execute(conn).await?;
        }
        let details = json!({"name": before.name, "settings": before.settings()});
        audited(conn, id, "service.delete", details, origin, now).await?;
        event::record_deletion(conn, &[Change::Service(Box::new(before.clone()))], now).await?;
        Ok(before)
    })
    .await
}

/// Waits for the sole right to change a service, and gives it as it is then.
async fn lock(conn: &mut AsyncPgConnection, id: ServiceId, expected: &Expected) -> Result<Service> {
    let version: i64 = services::table.find(id.0).select(services::version).for_update().first(conn).await?;
    expected.check(version)?;
    read(conn, id).await
}

/// Tells those who follow how a service is now, and gives it.
async fn told(conn: &mut AsyncPgConnection, id: ServiceId, now: DateTime<Utc>) -> Result<Service> {
    let service = read(conn, id).await?;
    event::record(conn, &[Change::Service(Box::new(service.clone()))], now).await?;
    Ok(service)
}

async fn audited(
    conn: &mut AsyncPgConnection,
    id: ServiceId,
    action: &str,
    details: serde_json::Value,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<()> {
    let entry =
        Entry { id: AuditId::new(), origin, action, resource_type: "service", resource_id: id.0, details, at: now };
    audit::done(conn, &entry).await
}
