//! Silences.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use nexops_core::alert::silence::{CreateSilence, ListSilences, Silence};
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::error::FieldError;
use nexops_core::id::SilenceId;

use super::error::{Error, Result};
use super::extract::{Body, Caller, Path, Query, paging};
use super::reply::{self, Known};
use crate::app::{App, now};
use crate::db::{self, alert_rule, silence};

/// Lists the silences that hold or will hold, or those that have ended.
#[utoipa::path(get, path = "/alerts/silences", tag = "alerts", params(ListSilences),
    responses((status = 200, description = "One page of the silences", body = ListEnvelope<Silence>)))]
pub async fn list_silences(
    State(app): State<Arc<App>>,
    Query(query): Query<ListSilences>,
    known: Known,
) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    reply::list(silence::list(conn, &query, paging, now()).await?, paging, &known)
}

/// Makes a silence: until it ends, alerts of its source, rule or both are raised, but not sent.
#[utoipa::path(post, path = "/alerts/silences", tag = "alerts", request_body = CreateSilence,
    responses((status = 201, description = "The silence", body = Envelope<Silence>)))]
pub async fn create_silence(
    State(app): State<Arc<App>>,
    Caller(origin): Caller,
    Body(wanted): Body<CreateSilence>,
) -> Result<(StatusCode, Json<Envelope<Silence>>)> {
    let mut faults = wanted.faults(now());
    let conn = &mut app.db.get().await?;
    if let Some(rule) = wanted.rule_id
        && let Err(db::Error::NotFound) = alert_rule::find(conn, rule).await
    {
        faults.push(FieldError::new("rule_id", format!("there is no alert rule with id '{rule}'")));
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let silence = silence::create(conn, &wanted, &origin, now()).await?;
    app.evaluate.ring();
    Ok((StatusCode::CREATED, reply::one(silence)))
}

/// Ends a silence now, and gives it as it ended. An alert that is still firing and was never sent is sent then.
#[utoipa::path(delete, path = "/alerts/silences/{id}", tag = "alerts",
    params(("id" = SilenceId, Path, description = "The silence's id")),
    responses((status = 200, description = "The silence as it ended", body = Envelope<Silence>)))]
pub async fn end_silence(
    State(app): State<Arc<App>>,
    Path(id): Path<SilenceId>,
    Caller(origin): Caller,
) -> Result<Json<Envelope<Silence>>> {
    let conn = &mut app.db.get().await?;
    let ended = silence::end(conn, id, &origin, now()).await;
    let ended = ended.map_err(|error| Error::missing(error, "silence that has not ended", id))?;
    app.evaluate.ring();
    Ok(reply::one(ended))
}
