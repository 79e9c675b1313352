//! Alerts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use nexops_core::alert::{Alert, ListAlerts};
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::id::AlertId;

use super::error::{Error, Result};
use super::extract::{Path, Query, paging};
use super::reply::{self, Known};
use crate::app::App;
use crate::db;

/// Lists alerts, active and past, the latest first.
#[utoipa::path(get, path = "/alerts", tag = "alerts", params(ListAlerts),
    responses((status = 200, description = "One page of the alerts", body = ListEnvelope<Alert>)))]
pub async fn list_alerts(
    State(app): State<Arc<App>>,
    Query(query): Query<ListAlerts>,
    known: Known,
) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    reply::list(db::alert::list(conn, &query, paging).await?, paging, &known)
}

/// Gives one alert.
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts",
    params(("id" = AlertId, Path, description = "The alert's id")),
    responses((status = 200, description = "The alert", body = Envelope<Alert>)))]
pub async fn find_alert(State(app): State<Arc<App>>, Path(id): Path<AlertId>) -> Result<Json<Envelope<Alert>>> {
    let conn = &mut app.db.get().await?;
    let alert = db::alert::find(conn, id).await;
    Ok(reply::one(alert.map_err(|error| Error::missing(error, "alert", id))?))
}
