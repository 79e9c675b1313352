//! Alerts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use nexops_alerting::{Acknowledgement, Change, Setting};
use nexops_core::alert::{Alert, AlertNote, ListAlerts};
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::error::{ErrorCode, FieldError};
use nexops_core::id::{AlertId, AuditId};
use serde_json::json;

use super::error::{Error, Result};
use super::extract::{Body, Caller, Path, Query, paging};
use super::reply::{self, Known};
use crate::alerting;
use crate::app::{App, now};
use crate::db::audit::{Entry, Origin};
use crate::db::{self, evaluation};

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

/// Notes that somebody knows of an alert: reminders stop, and while it comes and goes within ten minutes nothing more is
/// sent. Acknowledging it again replaces the note.
#[utoipa::path(post, path = "/alerts/{id}/acknowledge", tag = "alerts", request_body = AlertNote,
    params(("id" = AlertId, Path, description = "The alert's id")),
    responses((status = 200, description = "The alert", body = Envelope<Alert>)))]
pub async fn acknowledge_alert(
    State(app): State<Arc<App>>,
    Path(id): Path<AlertId>,
    Caller(origin): Caller,
    Body(note): Body<AlertNote>,
) -> Result<Json<Envelope<Alert>>> {
    let (now, note) = (now(), checked(note)?);
    let acknowledgement = Acknowledgement { at: now, by: origin.actor.clone(), note };
    act(&app, id, &origin, "alert.acknowledge", Change::Acknowledged(&acknowledgement), now).await
}

/// Closes an alert by hand. It is raised again when its condition is proven again.
#[utoipa::path(post, path = "/alerts/{id}/resolve", tag = "alerts", request_body = AlertNote,
    params(("id" = AlertId, Path, description = "The alert's id")),
    responses((status = 200, description = "The alert", body = Envelope<Alert>)))]
pub async fn resolve_alert(
    State(app): State<Arc<App>>,
    Path(id): Path<AlertId>,
    Caller(origin): Caller,
    Body(note): Body<AlertNote>,
) -> Result<Json<Envelope<Alert>>> {
    let note = checked(note)?;
    act(&app, id, &origin, "alert.resolve", Change::Closed { note: note.as_deref() }, now()).await
}

/// The longest note, in characters.
const LONGEST_NOTE: usize = 1000;

fn checked(note: AlertNote) -> Result<Option<String>> {
    let AlertNote { note } = note;
    match note {
        Some(text) if text.chars().count() > LONGEST_NOTE || text.contains('\0') => {
            let reason = format!("it must be at most {LONGEST_NOTE} characters, without NUL");
            Err(Error::invalid(vec![FieldError::new("note", reason)]))
        }
        note => Ok(note.filter(|text| !text.trim().is_empty())),
    }
}

async fn act(
    app: &App,
    id: AlertId,
    origin: &Origin,
    action: &str,
    what: Change<'_>,
    now: DateTime<Utc>,
) -> Result<Json<Envelope<Alert>>> {
    let interval = TimeDelta::from_std(app.config.intervals.collect).map_err(Error::internal)?;
    let setting = Setting { now, interval };
    let details = match what {
        Change::Acknowledged(acknowledgement) => json!({ "note": acknowledgement.note }),
        Change::Closed { note } => json!({ "note": note }),
        Change::Edited { .. } | Change::Deleted | Change::Gone => json!({}),
    };
    let resource_type = "alert";
    let entry = Entry { id: AuditId::new(), origin, action, resource_type, resource_id: id.0, details, at: now };
    let conn = &mut app.db.get().await?;
    let judge = |world: &evaluation::World, key| alerting::act(world, key, what, setting);
    let acted = evaluation::act(conn, id, &entry, judge).await;
    if !acted.map_err(|error| Error::missing(error, "alert", id))? {
        let message = format!("alert with id '{id}' is over already; list those that are not with status=active");
        return Err(Error::new(ErrorCode::AlertOver, message));
    }
    let alert = db::alert::find(conn, id).await;
    Ok(reply::one(alert.map_err(|error| Error::missing(error, "alert", id))?))
}
