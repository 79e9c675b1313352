//! Alerts as they are read. They are written by the loop that evaluates, together with its states.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::alert::{Alert, AlertColumn, AlertStatus, AlertStatusFilter, ListAlerts};
use nexops_core::id::AlertId;
use nexops_core::page::{Paging, Sort};
use uuid::Uuid;

use super::Result;
use super::schema::{alert_rules, alerts};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = alerts)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct AlertRow {
    id: Uuid,
    rule_id: Option<Uuid>,
    kind: String,
    source_type: String,
    source_id: Uuid,
    source_name: Option<String>,
    metric_name: Option<String>,
    severity: String,
    status: String,
    title: String,
    description: String,
    value: Option<f64>,
    resolution: Option<String>,
    note: Option<String>,
    stale: bool,
    silenced: bool,
    inhibited: bool,
    flapping: bool,
    started_at: DateTime<Utc>,
    fired_at: DateTime<Utc>,
    acknowledged_at: Option<DateTime<Utc>>,
    acknowledged_by: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
}

fn into_alert((row, rule_name): (AlertRow, Option<String>)) -> Result<Alert> {
    let AlertRow {
        id,
        rule_id,
        kind,
        source_type,
        source_id,
        source_name,
        metric_name,
        severity,
        status,
        title,
        description,
        value,
        resolution,
        note,
        stale,
        silenced,
        inhibited,
        flapping,
        started_at,
        fired_at,
        acknowledged_at,
        acknowledged_by,
        resolved_at,
    } = row;
    Ok(Alert {
        id: id.into(),
        kind: super::word(&kind)?,
        rule_id: rule_id.map(Into::into),
        rule_name,
        source_type: super::word(&source_type)?,
        source_id,
        source_name,
        metric_name: metric_name.as_deref().map(super::word).transpose()?,
        severity: super::word(&severity)?,
        status: super::word(&status)?,
        title,
        description,
        value,
        resolution: resolution.as_deref().map(super::word).transpose()?,
        note,
        stale,
        silenced,
        inhibited,
        flapping,
        started_at,
        fired_at,
        acknowledged_at,
        acknowledged_by,
        resolved_at,
    })
}

/// One page of the alerts, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(conn: &mut AsyncPgConnection, query: &ListAlerts, paging: Paging) -> Result<(Vec<Alert>, u64)> {
    let ListAlerts { page: _, per_page: _, sort, status, severity, source_type, source_id, rule_id, since, until } =
        query;
    macro_rules! filtered {
        () => {{
            let mut query = alerts::table.left_join(alert_rules::table).into_boxed();
            query = match status {
                None => query,
                Some(AlertStatusFilter::Active) => query.filter(alerts::status.ne(AlertStatus::Resolved.as_str())),
                Some(AlertStatusFilter::Firing) => query.filter(alerts::status.eq(AlertStatus::Firing.as_str())),
                Some(AlertStatusFilter::Acknowledged) => {
                    query.filter(alerts::status.eq(AlertStatus::Acknowledged.as_str()))
                }
                Some(AlertStatusFilter::Resolved) => query.filter(alerts::status.eq(AlertStatus::Resolved.as_str())),
            };
            if let Some(severity) = severity {
                query = query.filter(alerts::severity.eq(severity.as_str()));
            }
            if let Some(kind) = source_type {
                query = query.filter(alerts::source_type.eq(kind.as_str()));
            }
            if let Some(source) = source_id {
                query = query.filter(alerts::source_id.eq(source));
            }
            if let Some(rule) = rule_id {
                query = query.filter(alerts::rule_id.eq(rule.0));
            }
            if let Some(since) = since {
                query = query.filter(alerts::fired_at.ge(since));
            }
            if let Some(until) = until {
                query = query.filter(alerts::fired_at.lt(until));
            }
            query
        }};
    }
    let total: i64 = filtered!().count().get_result(conn).await?;
    let page = filtered!()
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .select((AlertRow::as_select(), alert_rules::name.nullable()));
    let Sort { column, descending } = sort.unwrap_or(Sort { column: AlertColumn::FiredAt, descending: true });
    // The words are not in the order of what they mean.
    let severity =
        diesel::dsl::sql::<Integer>("array_position(ARRAY['info', 'warning', 'critical'], alerts.severity::text)");
    let status =
        diesel::dsl::sql::<Integer>("array_position(ARRAY['firing', 'acknowledged', 'resolved'], alerts.status::text)");
    let rows = match (column, descending) {
        (AlertColumn::FiredAt, false) => page.order_by((alerts::fired_at.asc(), alerts::id.asc())),
        (AlertColumn::FiredAt, true) => page.order_by((alerts::fired_at.desc(), alerts::id.desc())),
        (AlertColumn::Severity, false) => page.order_by((severity.asc(), alerts::id.asc())),
        (AlertColumn::Severity, true) => page.order_by((severity.desc(), alerts::id.asc())),
        (AlertColumn::Status, false) => page.order_by((status.asc(), alerts::id.asc())),
        (AlertColumn::Status, true) => page.order_by((status.desc(), alerts::id.asc())),
    }
    .load(conn)
    .await?;
    Ok((rows.into_iter().map(into_alert).collect::<Result<_>>()?, total.unsigned_abs()))
}

/// One alert.
///
/// # Errors
/// [`super::Error::NotFound`], or when the database does not answer.
pub async fn find(conn: &mut AsyncPgConnection, id: AlertId) -> Result<Alert> {
    let row = alerts::table
        .left_join(alert_rules::table)
        .filter(alerts::id.eq(id.0))
        .select((AlertRow::as_select(), alert_rules::name.nullable()))
        .first(conn)
        .await?;
    into_alert(row)
}
