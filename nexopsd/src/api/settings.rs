//! Connections to Proxmox as they are set up.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::id::ConnectionId;
use nexops_core::settings::{
    ListProxmoxConnections, ProxmoxConnection, ProxmoxConnectionDraft, ProxmoxTest, ProxmoxTrial,
};

use super::error::Result;
use super::extract::{Body, Caller, Path, Query, paging};
use super::reply::{self, Known};
use crate::app::App;
use crate::connections::{change, trial};
use crate::db;

/// Lists the connections to Proxmox, by name. Tokens are never given.
#[utoipa::path(get, path = "/settings/proxmox", tag = "settings", params(ListProxmoxConnections),
    responses((status = 200, description = "One page of the connections", body = ListEnvelope<ProxmoxConnection>)))]
pub async fn list_proxmox_connections(
    State(app): State<Arc<App>>,
    Query(query): Query<ListProxmoxConnections>,
    known: Known,
) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    reply::list(db::connection::settings::list(conn, paging).await?, paging, &known)
}

/// Makes a connection to Proxmox. It is watched at once, whether or not it works.
#[utoipa::path(post, path = "/settings/proxmox", tag = "settings", request_body = ProxmoxConnectionDraft,
    responses((status = 201, description = "The new connection", body = Envelope<ProxmoxConnection>)))]
pub async fn create_proxmox_connection(
    State(app): State<Arc<App>>,
    Caller(origin): Caller,
    Body(draft): Body<ProxmoxConnectionDraft>,
) -> Result<Response> {
    let created = change::create(&app, &draft, &origin).await?;
    Ok((StatusCode::CREATED, reply::one(created)).into_response())
}

/// Gives one connection to Proxmox.
#[utoipa::path(get, path = "/settings/proxmox/{id}", tag = "settings",
    params(("id" = ConnectionId, Path, description = "The connection's id")),
    responses((status = 200, description = "The connection", body = Envelope<ProxmoxConnection>)))]
pub async fn find_proxmox_connection(
    State(app): State<Arc<App>>,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Envelope<ProxmoxConnection>>> {
    Ok(reply::one(change::find(&app, id).await?.shown))
}

/// Changes a connection to Proxmox; a token that is not given is kept. It takes effect at once. What the environment
/// describes cannot be changed here.
#[utoipa::path(put, path = "/settings/proxmox/{id}", tag = "settings", request_body = ProxmoxConnectionDraft,
    params(("id" = ConnectionId, Path, description = "The connection's id")),
    responses((status = 200, description = "The changed connection", body = Envelope<ProxmoxConnection>)))]
pub async fn update_proxmox_connection(
    State(app): State<Arc<App>>,
    Path(id): Path<ConnectionId>,
    Caller(origin): Caller,
    Body(draft): Body<ProxmoxConnectionDraft>,
) -> Result<Json<Envelope<ProxmoxConnection>>> {
    Ok(reply::one(change::update(&app, id, &draft, &origin).await?))
}

/// Deletes a connection to Proxmox with all nodes, guests, tasks and histories that were seen through it. To stop
/// watching and keep them, disable it. What the environment describes cannot be deleted here.
#[utoipa::path(delete, path = "/settings/proxmox/{id}", tag = "settings",
    params(("id" = ConnectionId, Path, description = "The connection's id")),
    responses((status = 200, description = "The connection as it was", body = Envelope<ProxmoxConnection>)))]
pub async fn delete_proxmox_connection(
    State(app): State<Arc<App>>,
    Path(id): Path<ConnectionId>,
    Caller(origin): Caller,
) -> Result<Json<Envelope<ProxmoxConnection>>> {
    Ok(reply::one(change::delete(&app, id, &origin).await?))
}

/// Tries a connection to Proxmox, a stored one or a draft, for 25 s at most. Nothing is stored. That it does not work is
/// told in the answer, whose status is 200 all the same.
#[utoipa::path(post, path = "/settings/proxmox/test", tag = "settings", request_body = ProxmoxTest,
    responses((status = 200, description = "How the trial went", body = Envelope<ProxmoxTrial>)))]
pub async fn test_proxmox_connection(
    State(app): State<Arc<App>>,
    Body(test): Body<ProxmoxTest>,
) -> Result<Json<Envelope<ProxmoxTrial>>> {
    Ok(reply::one(trial::try_out(&app, &test).await?))
}
