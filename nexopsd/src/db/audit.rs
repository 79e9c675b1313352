//! The audit log: who did what, from where, and how it ended.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::AuditId;
use nexops_core::text_enum;
use uuid::Uuid;

use super::Result;
use super::schema::audit_logs;

text_enum! {
    /// How an audited action ended.
    pub enum Outcome {
        /// Not known yet.
        Pending = "pending",
        /// It had its effect.
        Succeeded = "succeeded",
        /// It was refused, or failed.
        Failed = "failed",
        /// Nobody can tell.
        Unknown = "unknown",
    }
}

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
