//! Services.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::error::{ErrorCode, FieldError};
use nexops_core::id::ServiceId;
use nexops_core::service::{HistoryQuery, ListServices, Service, ServiceHistory, ServiceSettings};

use super::error::{Error, Result};
use super::extract::{Body, Caller, IfMatch, Path, Query, paging};
use super::reply::{self, Known};
use crate::app::{App, now};
use crate::db::Conn;
use crate::outbound::parse_url;
use crate::{db, probe};

/// Statuses of a history when the caller does not say how many.
const DEFAULT_CHANGES: u32 = 100;
/// The most statuses of a history.
const MOST_CHANGES: u32 = 1000;

/// Lists services with their health.
#[utoipa::path(get, path = "/services", tag = "services", params(ListServices),
    responses((status = 200, description = "One page of the services", body = ListEnvelope<Service>)))]
pub async fn list_services(
    State(app): State<Arc<App>>,
    Query(query): Query<ListServices>,
    known: Known,
) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    let page = db::service::list(conn, &query, paging, now(), probe::gap(&app)).await?;
    reply::list(page, paging, &known)
}

/// Makes a service. Its first check follows at once.
#[utoipa::path(post, path = "/services", tag = "services", request_body = ServiceSettings,
    responses((status = 201, description = "The service", body = Envelope<Service>,
        headers(("ETag" = String, description = "The strong tag of its version, for If-Match"),
            ("Location" = String, description = "Its path")))))]
pub async fn create_service(
    State(app): State<Arc<App>>,
    Caller(origin): Caller,
    Body(settings): Body<ServiceSettings>,
) -> Result<Response> {
    let conn = &mut app.db.get().await?;
    check(&app, conn, &settings).await?;
    let service = db::service::create(conn, &settings, &origin, now()).await?;
    probe::check_soon(&app, service.id);
    let location = format!("/api/v1/services/{}", service.id);
    let version = service.version;
    Ok(reply::created(service, version, &location))
}

/// Gives one service with its health.
#[utoipa::path(get, path = "/services/{id}", tag = "services",
    params(("id" = ServiceId, Path, description = "The service's id")),
    responses((status = 200, description = "The service", body = Envelope<Service>,
        headers(("ETag" = String, description = "The strong tag of its version, for If-Match")))))]
pub async fn find_service(State(app): State<Arc<App>>, Path(id): Path<ServiceId>) -> Result<Response> {
    let conn = &mut app.db.get().await?;
    let service = db::service::find(conn, id, now(), probe::gap(&app)).await.map_err(|error| missing(error, id))?;
    let version = service.version;
    Ok(reply::versioned(service, version))
}

/// Replaces what is decided about a service. When something about its check changes, its health is unknown until the
/// next one, which follows at once.
#[utoipa::path(put, path = "/services/{id}", tag = "services", request_body = ServiceSettings,
    params(("id" = ServiceId, Path, description = "The service's id"),
        ("If-Match" = Option<String>, Header, description = "The tags (ETag) of the versions that may be replaced, or *; \
            any if not given. Another version is 412")),
    responses((status = 200, description = "The service", body = Envelope<Service>,
        headers(("ETag" = String, description = "The strong tag of its version, for If-Match")))))]
pub async fn update_service(
    State(app): State<Arc<App>>,
    Path(id): Path<ServiceId>,
    IfMatch(expected): IfMatch,
    Caller(origin): Caller,
    Body(settings): Body<ServiceSettings>,
) -> Result<Response> {
    let conn = &mut app.db.get().await?;
    check(&app, conn, &settings).await?;
    let service = db::service::update(conn, id, &settings, &expected, &origin, now()).await;
    let service = service.map_err(|error| missing(error, id))?;
    probe::check_soon(&app, service.id);
    let version = service.version;
    Ok(reply::versioned(service, version))
}

/// Deletes a service with its history, and gives it as it was.
#[utoipa::path(delete, path = "/services/{id}", tag = "services",
    params(("id" = ServiceId, Path, description = "The service's id"),
        ("If-Match" = Option<String>, Header, description = "The tags (ETag) of the versions that may be deleted, or *; \
            any if not given. Another version is 412")),
    responses((status = 200, description = "The service as it was", body = Envelope<Service>)))]
pub async fn delete_service(
    State(app): State<Arc<App>>,
    Path(id): Path<ServiceId>,
    IfMatch(expected): IfMatch,
    Caller(origin): Caller,
) -> Result<Json<Envelope<Service>>> {
    let conn = &mut app.db.get().await?;
    let service = db::service::delete(conn, id, &expected, &origin, now()).await;
    Ok(reply::one(service.map_err(|error| missing(error, id))?))
}

/// Checks a service now, and gives it as it is then. The check counts as any other.
#[utoipa::path(post, path = "/services/{id}/check", tag = "services",
    params(("id" = ServiceId, Path, description = "The service's id")),
    responses((status = 200, description = "The service after the check", body = Envelope<Service>)))]
pub async fn check_service(State(app): State<Arc<App>>, Path(id): Path<ServiceId>) -> Result<Json<Envelope<Service>>> {
    let find = async || {
        let conn = &mut app.db.get().await?;
        db::service::find(conn, id, now(), probe::gap(&app)).await.map_err(|error| missing(error, id))
    };
    let service = find().await?;
    if service.health_check_url.is_none() || !service.enabled {
        let message = format!("'{}' is not checked: give it a health_check_url, and enable it", service.name);
        return Err(Error::new(ErrorCode::NoHealthCheck, message));
    }
    probe::check_now(&app, id).await.map_err(|error| missing(error, id))?;
    Ok(reply::one(find().await?))
}

/// Gives how a service fared: its uptime, and its statuses.
#[utoipa::path(get, path = "/services/{id}/history", tag = "services",
    params(("id" = ServiceId, Path, description = "The service's id"), HistoryQuery),
    responses((status = 200, description = "Its uptime, and its statuses, latest first", body = Envelope<ServiceHistory>)))]
pub async fn service_history(
    State(app): State<Arc<App>>,
    Path(id): Path<ServiceId>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Envelope<ServiceHistory>>> {
    let limit = query.limit.unwrap_or(DEFAULT_CHANGES);
    if !(1..=MOST_CHANGES).contains(&limit) {
        let reason = format!("{limit} is out of range: 1 to {MOST_CHANGES}");
        return Err(Error::invalid(vec![FieldError::new("limit", reason)]));
    }
    let conn = &mut app.db.get().await?;
    let history = db::service::history::history(conn, id, limit, now(), probe::gap(&app)).await;
    Ok(reply::one(history.map_err(|error| missing(error, id))?))
}

/// Refuses settings that cannot be used, with every field that is wrong.
async fn check(app: &App, conn: &mut Conn, settings: &ServiceSettings) -> Result<()> {
    let mut problems = settings.problems();
    if let Some(url) = &settings.health_check_url
        && let Err(error) = parse_url(url).and_then(|url| app.outbound.check(&url))
    {
        problems.push(FieldError::new("health_check_url", error.to_string()));
    }
    if let Some(vm) = settings.vm_id
        && !db::service::knows_vm(conn, vm).await?
    {
        problems.push(FieldError::new("vm_id", format!("there is no VM with id '{vm}'")));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid(problems)) }
}

fn missing(error: db::Error, id: ServiceId) -> Error {
    match error {
        db::Error::NotFound => Error::not_found("service", id),
        db::Error::Unique { .. }
        | db::Error::OtherVersion { .. }
        | db::Error::Superseded { .. }
        | db::Error::Unavailable(_)
        | db::Error::Other(_) => error.into(),
    }
}
