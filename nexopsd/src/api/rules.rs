//! Alert rules, and those that are offered.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use nexops_core::alert::preview::{Preview, PreviewRequest};
use nexops_core::alert::rule::{AlertRule, ListRules, RuleDefinition};
use nexops_core::alert::starter;
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::error::FieldError;
use nexops_core::id::RuleId;
use nexops_core::page::MAX_PER_PAGE;

use super::error::{Error, Result};
use super::extract::{Body, Caller, IfMatch, Path, Query, paging};
use super::reply::{self, Known};
use crate::alerting;
use crate::app::{App, now};
use crate::db::alert_rule::{self, Unknown};
use crate::db::{Conn, evaluation};

/// Lists alert rules.
#[utoipa::path(get, path = "/alerts/rules", tag = "alerts", params(ListRules),
    responses((status = 200, description = "One page of the rules", body = ListEnvelope<AlertRule>)))]
pub async fn list_alert_rules(
    State(app): State<Arc<App>>,
    Query(query): Query<ListRules>,
    known: Known,
) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    reply::list(alert_rule::list(conn, &query, paging).await?, paging, &known)
}

/// Gives the rules that are offered to begin with. None of them is in force until it is made.
#[utoipa::path(get, path = "/alerts/rules/starters", tag = "alerts",
    responses((status = 200, description = "All of them, as they could be made", body = ListEnvelope<RuleDefinition>)))]
pub async fn list_starter_rules(known: Known) -> Result<Response> {
    let rules = starter::rules();
    let total = rules.len() as u64;
    reply::list((rules, total), paging(None, Some(MAX_PER_PAGE))?, &known)
}

/// Makes an alert rule. It holds from the next figures on.
#[utoipa::path(post, path = "/alerts/rules", tag = "alerts", request_body = RuleDefinition,
    responses((status = 201, description = "The rule", body = Envelope<AlertRule>,
        headers(("ETag" = String, description = "The strong tag of its version, for If-Match"),
            ("Location" = String, description = "Its path")))))]
pub async fn create_alert_rule(
    State(app): State<Arc<App>>,
    Caller(origin): Caller,
    Body(definition): Body<RuleDefinition>,
) -> Result<Response> {
    let conn = &mut app.db.get().await?;
    check(conn, &definition).await?;
    let rule = alert_rule::create(conn, &definition, &origin, now()).await?;
    app.evaluate.ring();
    let (version, location) = (i64::from(rule.version), format!("/api/v1/alerts/rules/{}", rule.id));
    Ok(reply::created(rule, version, &location))
}

/// Gives one alert rule.
#[utoipa::path(get, path = "/alerts/rules/{id}", tag = "alerts",
    params(("id" = RuleId, Path, description = "The rule's id")),
    responses((status = 200, description = "The rule", body = Envelope<AlertRule>,
        headers(("ETag" = String, description = "The strong tag of its version, for If-Match")))))]
pub async fn find_alert_rule(State(app): State<Arc<App>>, Path(id): Path<RuleId>) -> Result<Response> {
    let conn = &mut app.db.get().await?;
    let rule = alert_rule::find(conn, id).await.map_err(|error| Error::missing(error, "alert rule", id))?;
    let version = i64::from(rule.version);
    Ok(reply::versioned(rule, version))
}

/// Replaces what an alert rule says. Where that changes when it fires, its open alerts are judged anew; a rule that says
/// the same already is left as it is.
#[utoipa::path(put, path = "/alerts/rules/{id}", tag = "alerts", request_body = RuleDefinition,
    params(("id" = RuleId, Path, description = "The rule's id"),
        ("If-Match" = Option<String>, Header, description = "The tags (ETag) of the versions that may be replaced, or *; \
            any if not given. Another version is 412")),
    responses((status = 200, description = "The rule", body = Envelope<AlertRule>,
        headers(("ETag" = String, description = "The strong tag of its version, for If-Match")))))]
pub async fn update_alert_rule(
    State(app): State<Arc<App>>,
    Path(id): Path<RuleId>,
    IfMatch(expected): IfMatch,
    Caller(origin): Caller,
    Body(definition): Body<RuleDefinition>,
) -> Result<Response> {
    let conn = &mut app.db.get().await?;
    check(conn, &definition).await?;
    let rule = alert_rule::update(conn, id, &definition, &expected, &origin, now()).await;
    let rule = rule.map_err(|error| Error::missing(error, "alert rule", id))?;
    app.evaluate.ring();
    let version = i64::from(rule.version);
    Ok(reply::versioned(rule, version))
}

/// Deletes an alert rule, and gives it as it was. Its open alerts are closed; the history stays.
#[utoipa::path(delete, path = "/alerts/rules/{id}", tag = "alerts",
    params(("id" = RuleId, Path, description = "The rule's id"),
        ("If-Match" = Option<String>, Header, description = "The tags (ETag) of the versions that may be deleted, or *; \
            any if not given. Another version is 412")),
    responses((status = 200, description = "The rule as it was", body = Envelope<AlertRule>)))]
pub async fn delete_alert_rule(
    State(app): State<Arc<App>>,
    Path(id): Path<RuleId>,
    IfMatch(expected): IfMatch,
    Caller(origin): Caller,
) -> Result<Json<Envelope<AlertRule>>> {
    let conn = &mut app.db.get().await?;
    let rule = alert_rule::delete(conn, id, &expected, &origin, now()).await;
    let rule = rule.map_err(|error| Error::missing(error, "alert rule", id))?;
    app.evaluate.ring();
    Ok(reply::one(rule))
}

/// Tells when a rule would have fired on the stored samples. Nothing is kept of it.
#[utoipa::path(post, path = "/alerts/rules/preview", tag = "alerts", request_body = PreviewRequest,
    responses((status = 200, description = "When it would have fired", body = Envelope<Preview>)))]
pub async fn preview_alert_rule(
    State(app): State<Arc<App>>,
    Body(request): Body<PreviewRequest>,
) -> Result<Json<Envelope<Preview>>> {
    let PreviewRequest { rule, range } = request;
    let faults = rule.faults();
    if !faults.is_empty() {
        let within = |fault: FieldError| FieldError::new(format!("rule.{}", fault.field), fault.reason);
        return Err(Error::invalid(faults.into_iter().map(within).collect()));
    }
    let interval = TimeDelta::from_std(app.config.intervals.collect).map_err(Error::internal)?;
    let to = now();
    let from = to - range.duration();
    let conn = &mut app.db.get().await?;
    let only = (rule.source_type, rule.source_id);
    let histories = evaluation::history(conn, rule.metric_name, only, from, to, alerting::MOST_SAMPLES).await?;
    let names = evaluation::names(conn, to).await?;
    // Millions of samples keep a processor busy for a while, and must not keep it from everybody else.
    let preview =
        tokio::task::spawn_blocking(move || alerting::preview(&rule, &histories, &names, interval, (from, to)));
    Ok(reply::one(preview.await.map_err(Error::internal)?))
}

/// Refuses a rule that cannot hold, with every field that is wrong.
async fn check(conn: &mut Conn, definition: &RuleDefinition) -> Result<()> {
    let mut faults = definition.faults();
    for unknown in alert_rule::unknown(conn, definition).await? {
        faults.push(match unknown {
            Unknown::Channel(name) => {
                let reason = format!("there is no notification channel '{name}'; make it first, or leave it out");
                FieldError::new("notification_channels", reason)
            }
            Unknown::Source(kind, id) => FieldError::new("source_id", format!("there is no {kind} with id '{id}'")),
        });
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}
