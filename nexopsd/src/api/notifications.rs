//! Channels, and what became of the messages on them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::id::{AlertId, DeliveryId};
use nexops_core::notification::{
    AlertDeliveriesQuery, Channel, ChannelDraft, Delivery, ListChannels, ListDeliveries, TestReport,
};

use super::error::{Error, Result};
use super::extract::{Body, Caller, Path, Query, paging};
use super::reply::{self, Known};
use crate::app::{App, now};
use crate::{channels, db};

/// Lists the channels by name. Secrets are never given.
#[utoipa::path(get, path = "/settings/notifications", tag = "notifications", params(ListChannels),
    responses((status = 200, description = "One page of the channels", body = ListEnvelope<Channel>)))]
pub async fn list_channels(
    State(app): State<Arc<App>>,
    Query(query): Query<ListChannels>,
    known: Known,
) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    reply::list(db::channel::list(conn, paging, now()).await?, paging, &known)
}

/// Makes a channel. Rules can name it from now on; try it with its test.
#[utoipa::path(post, path = "/settings/notifications", tag = "notifications", request_body = ChannelDraft,
    responses((status = 201, description = "The new channel", body = Envelope<Channel>)))]
pub async fn create_channel(
    State(app): State<Arc<App>>,
    Caller(origin): Caller,
    Body(draft): Body<ChannelDraft>,
) -> Result<Response> {
    let created = channels::create(&app, draft, &origin).await?;
    Ok((StatusCode::CREATED, reply::one(created)).into_response())
}

/// Gives one channel.
#[utoipa::path(get, path = "/settings/notifications/{name}", tag = "notifications",
    params(("name" = String, Path, description = "The channel's name", example = "discord")),
    responses((status = 200, description = "The channel", body = Envelope<Channel>)))]
pub async fn find_channel(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Json<Envelope<Channel>>> {
    Ok(reply::one(channels::find(&app, &name).await?.shown))
}

/// Changes a channel; the next message goes the new way. A secret that is not given is kept. One that rules use cannot be
/// renamed. Switched off, it cancels what waits.
#[utoipa::path(put, path = "/settings/notifications/{name}", tag = "notifications", request_body = ChannelDraft,
    params(("name" = String, Path, description = "The channel's name", example = "discord")),
    responses((status = 200, description = "The changed channel", body = Envelope<Channel>)))]
pub async fn update_channel(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Caller(origin): Caller,
    Body(draft): Body<ChannelDraft>,
) -> Result<Json<Envelope<Channel>>> {
    Ok(reply::one(channels::update(&app, &name, draft, &origin).await?))
}

/// Deletes a channel; what waits is cancelled. One that rules use cannot be deleted.
#[utoipa::path(delete, path = "/settings/notifications/{name}", tag = "notifications",
    params(("name" = String, Path, description = "The channel's name", example = "discord")),
    responses((status = 200, description = "The channel as it was", body = Envelope<Channel>)))]
pub async fn delete_channel(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Caller(origin): Caller,
) -> Result<Json<Envelope<Channel>>> {
    Ok(reply::one(channels::delete(&app, &name, &origin).await?))
}

/// Sends a test over a channel, the way that every message goes, and tells what the receiver said. It is tried once, also
/// on a channel that is switched off. That it does not get through is told in the answer, whose status is 200 all the
/// same.
#[utoipa::path(post, path = "/settings/notifications/{name}/test", tag = "notifications",
    params(("name" = String, Path, description = "The channel's name", example = "discord")),
    responses((status = 200, description = "What came of it", body = Envelope<TestReport>)))]
pub async fn test_channel(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Caller(origin): Caller,
) -> Result<Json<Envelope<TestReport>>> {
    Ok(reply::one(channels::test(&app, &name, &origin).await?))
}

/// Lists what became of messages, the latest first.
#[utoipa::path(get, path = "/notifications/deliveries", tag = "notifications", params(ListDeliveries),
    responses((status = 200, description = "One page of the deliveries", body = ListEnvelope<Delivery>)))]
pub async fn list_deliveries(
    State(app): State<Arc<App>>,
    Query(query): Query<ListDeliveries>,
    known: Known,
) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    reply::list(db::delivery::list(conn, &query, None, paging).await?, paging, &known)
}

/// Queues a delivery again that was given up.
#[utoipa::path(post, path = "/notifications/deliveries/{id}/requeue", tag = "notifications",
    params(("id" = DeliveryId, Path, description = "The delivery's id")),
    responses((status = 200, description = "The delivery, which waits again", body = Envelope<Delivery>)))]
pub async fn requeue_delivery(
    State(app): State<Arc<App>>,
    Path(id): Path<DeliveryId>,
    Caller(origin): Caller,
) -> Result<Json<Envelope<Delivery>>> {
    Ok(reply::one(channels::requeue(&app, id, &origin).await?))
}

/// Lists what became of an alert's messages, the latest first.
#[utoipa::path(get, path = "/alerts/{id}/deliveries", tag = "notifications",
    params(("id" = AlertId, Path, description = "The alert's id"), AlertDeliveriesQuery),
    responses((status = 200, description = "One page of the deliveries", body = ListEnvelope<Delivery>)))]
pub async fn alert_deliveries(
    State(app): State<Arc<App>>,
    Path(id): Path<AlertId>,
    Query(query): Query<AlertDeliveriesQuery>,
    known: Known,
) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    if !db::delivery::alert_exists(conn, id).await? {
        return Err(Error::not_found("alert", id));
    }
    reply::list(db::delivery::list(conn, &ListDeliveries::default(), Some(id), paging).await?, paging, &known)
}
