//! Idempotency keys: who claimed one, for which request, and what was answered.
//!
//! A claim is written before the action and answered after it. The one that a killed daemon left behind unanswered lapses
//! in time; which of two claims on one key is meant is told by when it was made, so that whoever comes late with an
//! action for a lapsed claim begins nothing.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::id::TaskId;
use uuid::Uuid;

use super::schema::idempotency_keys;
use super::{Error, Result};

/// How long an answer is given again.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// How old an unanswered claim is when nobody can be at work on it any more; more than twice the longest answer.
const LAPSE: TimeDelta = TimeDelta::minutes(5);

/// The right to act under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    key: String,
    claimed_at: DateTime<Utc>,
}

/// What was answered, as it went over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What a key is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// To act; nothing was begun under it.
    New(Claim),
    /// To be told of this task: it was begun under a claim that was never answered.
    Begun(Claim, TaskId),
    /// To be given this answer again.
    Answered(Answer),
    /// To wait: the first request is still under way.
    InProgress,
    /// Nothing: it belongs to this other request.
    OtherRequest(String),
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct KeyRow {
    fingerprint: String,
    status: Option<i16>,
    body: Option<String>,
    task_id: Option<Uuid>,
    created_at: DateTime<Utc>,
}

/// Claims a key for a request, or says why it cannot be had. The key's row is locked meanwhile.
///
/// # Errors
/// When the database does not answer.
pub async fn claim(conn: &mut AsyncPgConnection, key: &str, fingerprint: &str, now: DateTime<Utc>) -> Result<Claimed> {
    let claim = Claim { key: key.to_owned(), claimed_at: now };
    conn.transaction::<_, Error, _>(async |conn| {
        let inserted = diesel::insert_into(idempotency_keys::table)
            .values((
                idempotency_keys::key.eq(key),
                idempotency_keys::fingerprint.eq(fingerprint),
                idempotency_keys::created_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if inserted == 1 {
            return Ok(Claimed::New(claim));
        }
        let row: Option<KeyRow> =
            idempotency_keys::table.find(key).select(KeyRow::as_select()).for_update().first(conn).await.optional()?;
        // Released just now: whoever asks again in a moment can have it.
        let Some(row) = row else { return Ok(Claimed::InProgress) };
        let KeyRow { fingerprint: first, status, body, task_id, created_at } = row;
        let age = now - created_at;
        if age >= KEPT {
            renew(conn, key, fingerprint, None, now).await?;
            return Ok(Claimed::New(claim));
        }
        if first != fingerprint {
            return Ok(Claimed::OtherRequest(first));
        }
        if let (Some(status), Some(body)) = (status, body) {
            return Ok(Claimed::Answered(Answer { status: status.unsigned_abs(), body }));
        }
        if age < LAPSE {
            return Ok(Claimed::InProgress);
        }
        renew(conn, key, fingerprint, task_id, now).await?;
        Ok(match task_id {
            Some(task) => Claimed::Begun(claim, task.into()),
            None => Claimed::New(claim),
        })
    })
    .await
}

/// Puts a new claim in the place of an old one.
async fn renew(
    conn: &mut AsyncPgConnection,
    key: &str,
    fingerprint: &str,
    task: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::update(idempotency_keys::table.find(key))
        .set((
            idempotency_keys::fingerprint.eq(fingerprint),
            idempotency_keys::status.eq(None::<i16>),
            idempotency_keys::body.eq(None::<String>),
            idempotency_keys::task_id.eq(task),
            idempotency_keys::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Binds a task that this transaction is about to write down to the claim it begins under; gives `false` when the claim
/// has lapsed.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn bind(conn: &mut AsyncPgConnection, claim: &Claim, task: TaskId) -> Result<bool> {
    let bound = diesel::update(idempotency_keys::table.find(&claim.key))
        .filter(idempotency_keys::created_at.eq(claim.claimed_at))
        .filter(idempotency_keys::task_id.is_null().and(idempotency_keys::status.is_null()))
        .set(idempotency_keys::task_id.eq(task.0))
        .execute(conn)
        .await?;
    Ok(bound == 1)
}

/// Writes down what was answered.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(conn: &mut AsyncPgConnection, claim: &Claim, answer: &Answer) -> Result<()> {
    let status = i16::try_from(answer.status).map_err(|error| Error::Other(error.into()))?;
    diesel::update(idempotency_keys::table.find(&claim.key))
        .filter(idempotency_keys::created_at.eq(claim.claimed_at).and(idempotency_keys::status.is_null()))
        .set((idempotency_keys::status.eq(status), idempotency_keys::body.eq(&answer.body)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives a claim back that will not be answered, so that the same request may try again; gives the task if one was begun
/// under it, for then the claim stays.
///
/// # Errors
/// When the database does not answer.
pub async fn release(conn: &mut AsyncPgConnection, claim: &Claim) -> Result<Option<TaskId>> {
    diesel::delete(idempotency_keys::table.find(&claim.key))
        .filter(idempotency_keys::created_at.eq(claim.claimed_at))
        .filter(idempotency_keys::task_id.is_null().and(idempotency_keys::status.is_null()))
        .execute(conn)
        .await?;
    let task: Option<Option<Uuid>> = idempotency_keys::table
        .find(&claim.key)
        .filter(idempotency_keys::created_at.eq(claim.claimed_at))
        .select(idempotency_keys::task_id)
        .first(conn)
        .await
        .optional()?;
    Ok(task.flatten().map(TaskId::from))
}

/// Forgets the keys whose time is over, and says how many those were.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.le(now - KEPT));
    Ok(diesel::delete(old).execute(conn).await?)
}
