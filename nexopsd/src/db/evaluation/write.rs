//! What the evaluation writes, all in the caller's transaction.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_alerting::{RuleDefinition, State};
use nexops_core::alert::{Alert, AlertSource, Resolution};
use nexops_core::id::RuleId;
use nexops_core::metric::Metric;
use uuid::Uuid;

use super::super::schema::alerts;
use super::super::{Error, Result, storable};
use super::Key;

/// Alerts written with one statement: each has twenty-odd parameters, of which there may be 65,535.
const AT_ONCE: usize = 1000;

/// Writes down where the evaluation stands. What is idle is forgotten.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn write_states(conn: &mut AsyncPgConnection, states: &[(Key, State)]) -> Result<()> {
    let (idle, kept): (Vec<_>, Vec<_>) = states.iter().partition(|(_, state)| state.is_idle());
    let keys = |states: &[&(Key, State)]| -> (Vec<Uuid>, Vec<&'static str>, Vec<Uuid>) {
        let (mut rules, mut kinds, mut sources) = (Vec::new(), Vec::new(), Vec::new());
        for (key, _) in states {
            rules.push(key.rule.0);
            kinds.push(key.kind.as_str());
            sources.push(key.source);
        }
        (rules, kinds, sources)
    };
    if !kept.is_empty() {
        let (rules, kinds, sources) = keys(&kept);
        let json = kept.iter().map(|(_, state)| serde_json::to_value(state));
        let json = json.collect::<std::result::Result<Vec<_>, _>>().map_err(|error| Error::Other(error.into()))?;
        diesel::sql_query(
            "INSERT INTO alert_states (rule_id, source_type, source_id, state) SELECT * FROM unnest($1, $2, $3, $4) \
             ON CONFLICT (rule_id, source_id, source_type) DO UPDATE SET state = excluded.state",
        )
        .bind::<Array<SqlUuid>, _>(rules)
        .bind::<Array<Text>, _>(kinds)
        .bind::<Array<SqlUuid>, _>(sources)
        .bind::<Array<Jsonb>, _>(json)
        .execute(conn)
        .await?;
    }
    if !idle.is_empty() {
        let (rules, kinds, sources) = keys(&idle);
        diesel::sql_query(
            "DELETE FROM alert_states USING unnest($1, $2, $3) AS idle (rule_id, source_type, source_id) \
             WHERE alert_states.rule_id = idle.rule_id AND alert_states.source_type = idle.source_type \
               AND alert_states.source_id = idle.source_id",
        )
        .bind::<Array<SqlUuid>, _>(rules)
        .bind::<Array<Text>, _>(kinds)
        .bind::<Array<SqlUuid>, _>(sources)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Writes alerts into the history as they are now, each with the id of the rule under which it is evaluated.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn write_alerts(conn: &mut AsyncPgConnection, rows: &[(RuleId, Alert)]) -> Result<()> {
    for rows in rows.chunks(AT_ONCE) {
        let values: Vec<_> = rows
            .iter()
            .map(|(evaluated_as, alert)| {
                (
                    alerts::id.eq(alert.id.0),
                    alerts::evaluated_as.eq(evaluated_as.0),
                    alerts::rule_id.eq(alert.rule_id.map(|id| id.0)),
                    alerts::kind.eq(alert.kind.as_str()),
                    alerts::source_type.eq(AlertSource::as_str(alert.source_type)),
                    alerts::source_id.eq(alert.source_id),
                    alerts::source_name.eq(alert.source_name.as_deref().map(storable)),
                    alerts::metric_name.eq(alert.metric_name.map(Metric::as_str)),
                    alerts::severity.eq(alert.severity.as_str()),
                    alerts::status.eq(alert.status.as_str()),
                    alerts::title.eq(storable(&alert.title)),
                    alerts::description.eq(storable(&alert.description)),
                    alerts::value.eq(alert.value),
                    alerts::resolution.eq(alert.resolution.map(Resolution::as_str)),
                    alerts::note.eq(alert.note.as_deref().map(storable)),
                    alerts::stale.eq(alert.stale),
                    alerts::silenced.eq(alert.silenced),
                    alerts::inhibited.eq(alert.inhibited),
                    alerts::flapping.eq(alert.flapping),
                    alerts::started_at.eq(alert.started_at),
                    alerts::fired_at.eq(alert.fired_at),
                    alerts::acknowledged_at.eq(alert.acknowledged_at),
                    alerts::acknowledged_by.eq(alert.acknowledged_by.as_deref().map(storable)),
                    alerts::resolved_at.eq(alert.resolved_at),
                )
            })
            .collect();
        diesel::insert_into(alerts::table)
            .values(values)
            .on_conflict(alerts::id)
            .do_update()
            .set((
                alerts::rule_id.eq(excluded(alerts::rule_id)),
                alerts::severity.eq(excluded(alerts::severity)),
                alerts::status.eq(excluded(alerts::status)),
                alerts::title.eq(excluded(alerts::title)),
                alerts::description.eq(excluded(alerts::description)),
                alerts::value.eq(excluded(alerts::value)),
                alerts::resolution.eq(excluded(alerts::resolution)),
                alerts::note.eq(excluded(alerts::note)),
                alerts::stale.eq(excluded(alerts::stale)),
                alerts::silenced.eq(excluded(alerts::silenced)),
                alerts::inhibited.eq(excluded(alerts::inhibited)),
                alerts::flapping.eq(excluded(alerts::flapping)),
                alerts::started_at.eq(excluded(alerts::started_at)),
                alerts::fired_at.eq(excluded(alerts::fired_at)),
                alerts::acknowledged_at.eq(excluded(alerts::acknowledged_at)),
                alerts::acknowledged_by.eq(excluded(alerts::acknowledged_by)),
                alerts::resolved_at.eq(excluded(alerts::resolved_at)),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Remembers the rules as they were evaluated now; of those that are gone nothing is kept.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn remember_rules(
    conn: &mut AsyncPgConnection,
    changed: &[(RuleId, RuleDefinition)],
    gone: &[RuleId],
) -> Result<()> {
    if !changed.is_empty() {
        let ids: Vec<Uuid> = changed.iter().map(|(id, _)| id.0).collect();
        let json = changed.iter().map(|(_, definition)| serde_json::to_value(definition));
        let json = json.collect::<std::result::Result<Vec<_>, _>>().map_err(|error| Error::Other(error.into()))?;
        diesel::sql_query(
            "INSERT INTO alert_rules_evaluated (rule_id, definition) SELECT * FROM unnest($1, $2) \
             ON CONFLICT (rule_id) DO UPDATE SET definition = excluded.definition",
        )
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Jsonb>, _>(json)
        .execute(conn)
        .await?;
    }
    if !gone.is_empty() {
        diesel::sql_query("DELETE FROM alert_rules_evaluated WHERE rule_id = ANY($1)")
            .bind::<Array<SqlUuid>, _>(gone.iter().map(|id| id.0).collect::<Vec<_>>())
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Writes down up to where samples have been evaluated.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn advance(conn: &mut AsyncPgConnection, cursors: &[(Uuid, DateTime<Utc>)]) -> Result<()> {
    let (scopes, times): (Vec<Uuid>, Vec<DateTime<Utc>>) = cursors.iter().copied().unzip();
    diesel::sql_query(
        "INSERT INTO alert_cursors (scope_id, evaluated_until) SELECT * FROM unnest($1, $2) \
         ON CONFLICT (scope_id) DO UPDATE SET evaluated_until = excluded.evaluated_until",
    )
    .bind::<Array<SqlUuid>, _>(scopes)
    .bind::<Array<Timestamptz>, _>(times)
    .execute(conn)
    .await?;
    Ok(())
}
