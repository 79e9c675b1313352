//! The audit log: who did what, from where, and how it ended.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::audit::{AuditColumn, AuditEntry, ListAuditLogs, Outcome};
use nexops_core::id::AuditId;
use nexops_core::page::cursor::Cursor;
use nexops_core::page::{Paging, Sort};
use uuid::Uuid;

use super::Result;
use super::schema::audit_logs;

/// Who asks for a change, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The person or program.
    pub actor: String,
    /// The address that the request came from.
    pub address: IpAddr,
    /// The request's id.
    pub request_id: String,
}

/// A row of the audit log, when its action begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// Its id.
    pub id: AuditId,
    /// Who asks.
    pub origin: &'a Origin,
    /// What is done, as `vm.start`.
    pub action: &'a str,
    /// To what kind of thing.
    pub resource_type: &'a str,
    /// To which one.
    pub resource_id: Uuid,
    /// What else a reader will want to know; no secrets.
    pub details: serde_json::Value,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a row whose outcome is not known yet.
///
/// # Errors
/// When the database does not answer.
pub async fn begin(conn: &mut AsyncPgConnection, entry: &Entry<'_>) -> Result<()> {
    insert(conn, entry, Outcome::Pending).await
}

/// Writes a row of what is done in the same transaction, and so succeeds if the row is ever seen.
///
/// # Errors
/// When the database does not answer.
pub async fn done(conn: &mut AsyncPgConnection, entry: &Entry<'_>) -> Result<()> {
    insert(conn, entry, Outcome::Succeeded).await
}

/// Writes a row of what was refused before anything was done.
///
/// # Errors
/// When the database does not answer.
pub async fn refused(conn: &mut AsyncPgConnection, entry: &Entry<'_>) -> Result<()> {
    insert(conn, entry, Outcome::Failed).await
}

async fn insert(conn: &mut AsyncPgConnection, entry: &Entry<'_>, outcome: Outcome) -> Result<()> {
    let Entry { id, origin, action, resource_type, resource_id, details, at } = entry;
    let Origin { actor, address, request_id } = origin;
    diesel::insert_into(audit_logs::table)
        .values((
            audit_logs::id.eq(id.0),
            audit_logs::actor.eq(actor),
            audit_logs::action.eq(action),
            audit_logs::resource_type.eq(resource_type),
            audit_logs::resource_id.eq(resource_id),
            audit_logs::details.eq(details),
            audit_logs::outcome.eq(outcome.as_str()),
            audit_logs::request_id.eq(request_id),
            audit_logs::ip_address.eq(address.to_string()),
            audit_logs::timestamp.eq(at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes down how an action ended, and adds to the details.
///
/// # Errors
/// When the database does not answer.
pub async fn end(conn: &mut AsyncPgConnection, id: Uuid, outcome: Outcome, details: serde_json::Value) -> Result<()> {
    diesel::sql_query("UPDATE audit_logs SET outcome = $2, details = details || $3 WHERE id = $1")
        .bind::<diesel::sql_types::Uuid, _>(id)
        .bind::<diesel::sql_types::Text, _>(outcome.as_str())
        .bind::<diesel::sql_types::Jsonb, _>(details)
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_logs)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct AuditRow {
    id: Uuid,
    actor: String,
    action: String,
    resource_type: String,
    resource_id: Uuid,
    details: serde_json::Value,
    outcome: String,
    request_id: Option<String>,
    ip_address: String,
    timestamp: DateTime<Utc>,
}

impl AuditRow {
    fn into_entry(self) -> Result<AuditEntry> {
        let Self { id, actor, action, resource_type, resource_id, details, outcome, request_id, ip_address, timestamp } =
            self;
        let (id, outcome) = (id.into(), super::word(&outcome)?);
        Ok(AuditEntry {
            id,
            actor,
            action,
            resource_type,
            resource_id,
            details,
            outcome,
            request_id,
            ip_address,
            timestamp,
        })
    }
}

/// One page of the audit log, how many rows there are in all, and where the next page begins if there is one.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    query: &ListAuditLogs,
    paging: Paging,
) -> Result<(Vec<AuditEntry>, u64, Option<Cursor>)> {
    let ListAuditLogs {
        page: _,
        per_page: _,
        cursor,
        sort,
        actor,
        action,
        resource_type,
        resource_id,
        outcome,
        since,
        until,
    } = query;
    macro_rules! filtered {
        () => {{
            let mut query = audit_logs::table.into_boxed();
            if let Some(actor) = actor {
                query = query.filter(audit_logs::actor.eq(actor));
            }
            if let Some(action) = action {
                query = match action.strip_suffix('.') {
                    Some(_) => query.filter(audit_logs::action.like(begins_with(action))),
                    None => query.filter(audit_logs::action.eq(action)),
                };
            }
            if let Some(resource_type) = resource_type {
                query = query.filter(audit_logs::resource_type.eq(resource_type));
            }
            if let Some(resource_id) = resource_id {
                query = query.filter(audit_logs::resource_id.eq(resource_id));
            }
            if let Some(outcome) = outcome {
                query = query.filter(audit_logs::outcome.eq(outcome.as_str()));
            }
            if let Some(since) = since {
                query = query.filter(audit_logs::timestamp.ge(super::storable_time(*since)));
            }
            if let Some(until) = until {
                query = query.filter(audit_logs::timestamp.lt(super::storable_time(*until)));
            }
            query
        }};
    }
    let total: i64 = filtered!().count().get_result(conn).await?;
    let Sort { column: AuditColumn::Timestamp, descending } =
        sort.unwrap_or(Sort { column: AuditColumn::Timestamp, descending: true });
    let mut page = filtered!();
    if let Some(Cursor { at, id, page: _ }) = cursor {
        let (same_time, at) = (audit_logs::timestamp.eq(*at), *at);
        page = if descending {
            page.filter(audit_logs::timestamp.lt(at).or(same_time.and(audit_logs::id.lt(*id))))
                .filter(audit_logs::timestamp.le(at))
        } else {
            page.filter(audit_logs::timestamp.gt(at).or(same_time.and(audit_logs::id.gt(*id))))
                .filter(audit_logs::timestamp.ge(at))
        };
    } else {
        page = page.offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX));
    }
    page = if descending {
        page.order_by((audit_logs::timestamp.desc(), audit_logs::id.desc()))
    } else {
        page.order_by((audit_logs::timestamp.asc(), audit_logs::id.asc()))
    };
    // One more than is given tells whether there is more.
    let rows: Vec<AuditRow> =
        page.limit(i64::from(paging.per_page()) + 1).select(AuditRow::as_select()).load(conn).await?;
    let there_is_more = rows.len() > paging.per_page() as usize;
    let entries: Vec<AuditEntry> =
        rows.into_iter().take(paging.per_page() as usize).map(AuditRow::into_entry).collect::<Result<_>>()?;
    let next = entries.last().filter(|_| there_is_more);
    let next = next.map(|last| Cursor { at: last.timestamp, id: last.id.0, page: paging.page() });
    Ok((entries, total.unsigned_abs(), next))
}

/// A pattern for LIKE.
fn begins_with(text: &str) -> String {
    super::contains(text).trim_start_matches('%').to_owned()
}

/// Rows that are forgotten in one statement.
const FORGOTTEN_AT_ONCE: i64 = 5000;

/// Forgets what was done before a time, together with the tasks that it was done by, and says how many rows that were.
/// A task that is still under way keeps its row.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> Result<usize> {
    let mut forgotten = 0;
    loop {
        let rows = diesel::sql_query(
            "WITH old AS MATERIALIZED (SELECT id FROM audit_logs WHERE timestamp < $1 \
                 AND NOT EXISTS (SELECT FROM tasks WHERE audit_id = audit_logs.id AND finished_at IS NULL) \
                 ORDER BY timestamp, id LIMIT $2), \
             done AS (DELETE FROM tasks USING old WHERE audit_id = old.id) \
             DELETE FROM audit_logs USING old WHERE audit_logs.id = old.id",
        )
        .bind::<diesel::sql_types::Timestamptz, _>(before)
        .bind::<diesel::sql_types::BigInt, _>(FORGOTTEN_AT_ONCE)
        .execute(conn)
        .await?;
        forgotten += rows;
        if i64::try_from(rows).is_ok_and(|rows| rows < FORGOTTEN_AT_ONCE) {
            return Ok(forgotten);
        }
    }
}
