//! Alert rules: what people decide about alerts. What follows from a change, the loop that evaluates finds out.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::alert::rule::{AlertRule, ListRules, RuleColumn, RuleDefinition};
use nexops_core::id::{AuditId, RuleId};
use nexops_core::metric::SourceType;
use nexops_core::page::{Paging, Sort};
use serde_json::json;
use uuid::Uuid;

use super::audit::{self, Entry, Origin};
use super::schema::{alert_rules, nodes, notification_channels, services, vms};
use super::version::Expected;
use super::{Error, Result};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = alert_rules)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct RuleRow {
    id: Uuid,
    name: String,
    description: String,
    metric_name: String,
    condition: String,
    threshold: f64,
    duration_seconds: i32,
    severity: String,
    enabled: bool,
    notification_channels: Vec<String>,
    source_type: Option<String>,
    source_id: Option<Uuid>,
    clear_threshold: Option<f64>,
    clear_duration_seconds: i32,
    on_missing: String,
    repeat_interval_seconds: Option<i32>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl RuleRow {
    fn into_rule(self) -> Result<AlertRule> {
        let Self {
            id,
            name,
            description,
            metric_name,
            condition,
            threshold,
            duration_seconds,
            severity,
            enabled,
            notification_channels,
            source_type,
            source_id,
            clear_threshold,
            clear_duration_seconds,
            on_missing,
            repeat_interval_seconds,
            version,
            created_at,
            updated_at,
        } = self;
        Ok(AlertRule {
            id: id.into(),
            name,
            description,
            metric_name: super::word(&metric_name)?,
            condition: super::word(&condition)?,
            threshold,
            duration_seconds: duration_seconds.unsigned_abs(),
            severity: super::word(&severity)?,
            enabled,
            notification_channels,
            source_type: source_type.as_deref().map(super::word).transpose()?,
            source_id,
            clear_threshold,
            clear_duration_seconds: clear_duration_seconds.unsigned_abs(),
            on_missing: super::word(&on_missing)?,
            repeat_interval_seconds: repeat_interval_seconds.map(i32::unsigned_abs),
            version,
            created_at,
            updated_at,
        })
    }
}

/// The columns that a definition decides.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = alert_rules)]
#[diesel(treat_none_as_null = true)]
struct Decided<'a> {
    name: &'a str,
    description: &'a str,
    metric_name: &'a str,
    condition: &'a str,
    threshold: f64,
    duration_seconds: i32,
    severity: &'a str,
    enabled: bool,
    notification_channels: &'a [String],
    source_type: Option<&'a str>,
    source_id: Option<Uuid>,
    clear_threshold: Option<f64>,
    clear_duration_seconds: i32,
    on_missing: &'a str,
    repeat_interval_seconds: Option<i32>,
}

impl<'a> From<&'a RuleDefinition> for Decided<'a> {
    fn from(definition: &'a RuleDefinition) -> Self {
        let RuleDefinition {
            name,
            description,
            metric_name,
            condition,
            threshold,
            duration_seconds,
            severity,
            enabled,
            notification_channels,
            source_type,
            source_id,
            clear_threshold,
            clear_duration_seconds,
            on_missing,
            repeat_interval_seconds,
        } = definition;
        // What is longer than a month was refused.
        let seconds = |seconds: u32| i32::try_from(seconds).unwrap_or(i32::MAX);
        Self {
            name,
            description,
            metric_name: metric_name.as_str(),
            condition: condition.as_str(),
            threshold: *threshold,
            duration_seconds: seconds(*duration_seconds),
            severity: severity.as_str(),
            enabled: *enabled,
            notification_channels,
            source_type: source_type.map(SourceType::as_str),
            source_id: *source_id,
            clear_threshold: *clear_threshold,
            clear_duration_seconds: seconds(*clear_duration_seconds),
            on_missing: on_missing.as_str(),
            repeat_interval_seconds: repeat_interval_seconds.map(seconds),
        }
    }
}

/// One page of the rules, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(conn: &mut AsyncPgConnection, query: &ListRules, paging: Paging) -> Result<(Vec<AlertRule>, u64)> {
    let ListRules { page: _, per_page: _, sort, enabled, severity, metric_name } = query;
    macro_rules! filtered {
        () => {{
            let mut query = alert_rules::table.into_boxed();
            if let Some(enabled) = enabled {
                query = query.filter(alert_rules::enabled.eq(enabled));
            }
            if let Some(severity) = severity {
                query = query.filter(alert_rules::severity.eq(severity.as_str()));
            }
            if let Some(metric) = metric_name {
                query = query.filter(alert_rules::metric_name.eq(metric.as_str()));
            }
            query
        }};
    }
    let total: i64 = filtered!().count().get_result(conn).await?;
    let page = filtered!()
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .select(RuleRow::as_select());
    let Sort { column, descending } = sort.unwrap_or(Sort { column: RuleColumn::Name, descending: false });
    // The words of severities are not in their order.
    let severity = diesel::dsl::sql::<diesel::sql_types::Integer>(
        "array_position(ARRAY['info', 'warning', 'critical'], alert_rules.severity::text)",
    );
    let rows = match (column, descending) {
        (RuleColumn::Name, false) => page.order_by((alert_rules::name.asc(), alert_rules::id.asc())),
        (RuleColumn::Name, true) => page.order_by((alert_rules::name.desc(), alert_rules::id.asc())),
        (RuleColumn::MetricName, false) => page.order_by((alert_rules::metric_name.asc(), alert_rules::id.asc())),
        (RuleColumn::MetricName, true) => page.order_by((alert_rules::metric_name.desc(), alert_rules::id.asc())),
        (RuleColumn::Severity, false) => page.order_by((severity.asc(), alert_rules::id.asc())),
        (RuleColumn::Severity, true) => page.order_by((severity.desc(), alert_rules::id.asc())),
        (RuleColumn::CreatedAt, false) => page.order_by((alert_rules::created_at.asc(), alert_rules::id.asc())),
        (RuleColumn::CreatedAt, true) => page.order_by((alert_rules::created_at.desc(), alert_rules::id.asc())),
    }
    .load(conn)
    .await?;
    Ok((rows.into_iter().map(RuleRow::into_rule).collect::<Result<_>>()?, total.unsigned_abs()))
}

/// Every rule, in the order of their making.
///
/// # Errors
/// When the database does not answer.
pub async fn all(conn: &mut AsyncPgConnection) -> Result<Vec<AlertRule>> {
    let rows = alert_rules::table.order_by(alert_rules::id).select(RuleRow::as_select()).load(conn).await?;
    rows.into_iter().map(RuleRow::into_rule).collect()
}

/// One rule.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn find(conn: &mut AsyncPgConnection, id: RuleId) -> Result<AlertRule> {
    let row: RuleRow = alert_rules::table.find(id.0).select(RuleRow::as_select()).first(conn).await?;
    row.into_rule()
}

/// What a definition names that there is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// A channel of this name.
    Channel(String),
    /// A source of this kind with this id.
    Source(SourceType, Uuid),
}

/// What a definition names that there is not.
///
/// # Errors
/// When the database does not answer.
pub async fn unknown(conn: &mut AsyncPgConnection, definition: &RuleDefinition) -> Result<Vec<Unknown>> {
    let names: Vec<String> = notification_channels::table
        .filter(notification_channels::name.eq_any(&definition.notification_channels))
        .select(notification_channels::name)
        .load(conn)
        .await?;
    let wanted = definition.notification_channels.iter().filter(|name| !names.contains(name));
    let mut unknown: Vec<Unknown> = wanted.cloned().map(Unknown::Channel).collect();
    if let (Some(kind), Some(id)) = (definition.source_type, definition.source_id) {
        let found: i64 = match kind {
            SourceType::Node => nodes::table.filter(nodes::id.eq(id)).count().get_result(conn).await?,
            SourceType::Vm => vms::table.filter(vms::id.eq(id)).count().get_result(conn).await?,
            SourceType::Service => services::table.filter(services::id.eq(id)).count().get_result(conn).await?,
        };
        unknown.extend((found == 0).then_some(Unknown::Source(kind, id)));
    }
    Ok(unknown)
}

/// Makes a rule.
///
/// # Errors
/// [`Error::Unique`] when another one has its name, or when the database does not answer.
pub async fn create(
    conn: &mut AsyncPgConnection,
    definition: &RuleDefinition,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<AlertRule> {
    conn.transaction::<_, Error, _>(async |conn| {
        let id = RuleId::new();
        let row: RuleRow = diesel::insert_into(alert_rules::table)
            .values((
                alert_rules::id.eq(id.0),
                Decided::from(definition),
                alert_rules::created_at.eq(now),
                alert_rules::updated_at.eq(now),
            ))
            .returning(RuleRow::as_select())
            .get_result(conn)
            .await?;
        write_audit(conn, "alert_rule.create", id, json!({ "after": definition }), origin, now).await?;
        row.into_rule()
    })
    .await
}

/// Replaces what a rule says. One that says the same already is left as it is, with its version.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OtherVersion`], [`Error::Unique`] when another one has its name, or when the database
/// does not answer.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: RuleId,
    definition: &RuleDefinition,
    expected: &Expected,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<AlertRule> {
    conn.transaction::<_, Error, _>(async |conn| {
        let before = lock(conn, id, expected).await?;
        if before.definition() == *definition {
            return Ok(before);
        }
        let row: RuleRow = diesel::update(alert_rules::table.find(id.0))
            .set((
                Decided::from(definition),
                alert_rules::version.eq(alert_rules::version + 1),
                alert_rules::updated_at.eq(now),
            ))
            .returning(RuleRow::as_select())
            .get_result(conn)
            .await?;
        let details = json!({ "before": before.definition(), "after": definition });
        write_audit(conn, "alert_rule.update", id, details, origin, now).await?;
        row.into_rule()
    })
    .await
}

/// Deletes a rule and gives it as it was. Its alerts stay in the history.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OtherVersion`], or when the database does not answer.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    id: RuleId,
    expected: &Expected,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<AlertRule> {
    conn.transaction::<_, Error, _>(async |conn| {
        let rule = lock(conn, id, expected).await?;
        diesel::delete(alert_rules::table.find(id.0)).execute(conn).await?;
        write_audit(conn, "alert_rule.delete", id, json!({ "before": rule.definition() }), origin, now).await?;
        Ok(rule)
    })
    .await
}

/// The rule, which nobody else changes until the transaction ends.
async fn lock(conn: &mut AsyncPgConnection, id: RuleId, expected: &Expected) -> Result<AlertRule> {
    let row: RuleRow = alert_rules::table.find(id.0).select(RuleRow::as_select()).for_update().first(conn).await?;
    let rule = row.into_rule()?;
    expected.check(i64::from(rule.version))?;
    Ok(rule)
}

async fn write_audit(
    conn: &mut AsyncPgConnection,
    action: &str,
    id: RuleId,
    details: serde_json::Value,
    origin: &Origin,
    at: DateTime<Utc>,
) -> Result<()> {
    let entry =
        Entry { id: AuditId::new(), origin, action, resource_type: "alert_rule", resource_id: id.0, details, at };
    audit::done(conn, &entry).await
}
