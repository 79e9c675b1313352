//! Silences: while one holds, alerts are raised but not sent.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::alert::AlertSource;
use nexops_core::alert::silence::{CreateSilence, ListSilences, Silence};
use nexops_core::id::{AuditId, SilenceId};
use nexops_core::page::Paging;
use serde_json::json;
use uuid::Uuid;

use super::audit::{self, Entry, Origin};
use super::schema::silences;
use super::{Error, Result};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = silences)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct SilenceRow {
    id: Uuid,
    source_type: Option<String>,
    source_id: Option<Uuid>,
    rule_id: Option<Uuid>,
    reason: String,
    created_by: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
}

impl SilenceRow {
    fn into_silence(self) -> Result<Silence> {
        let Self { id, source_type, source_id, rule_id, reason, created_by, starts_at, ends_at, created_at } = self;
        Ok(Silence {
            id: id.into(),
            source_type: source_type.as_deref().map(super::word).transpose()?,
            source_id,
            rule_id: rule_id.map(Into::into),
            reason,
            created_by,
            starts_at,
            ends_at,
            created_at,
        })
    }
}

/// One page of the silences that hold or will hold, or of those that have ended; the one that ends first is first. And
/// how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    query: &ListSilences,
    paging: Paging,
    now: DateTime<Utc>,
) -> Result<(Vec<Silence>, u64)> {
    let ListSilences { page: _, per_page: _, ended } = query;
    macro_rules! filtered {
        () => {{
            let query = silences::table.into_boxed();
            if ended.unwrap_or(false) {
                query.filter(silences::ends_at.le(now))
            } else {
                query.filter(silences::ends_at.gt(now))
            }
        }};
    }
    let total: i64 = filtered!().count().get_result(conn).await?;
    let rows = filtered!()
        .order_by((silences::ends_at, silences::id))
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .select(SilenceRow::as_select())
        .load(conn)
        .await?;
    Ok((rows.into_iter().map(SilenceRow::into_silence).collect::<Result<_>>()?, total.unsigned_abs()))
}

/// Makes a silence.
///
/// # Errors
/// When the database does not answer.
pub async fn create(
    conn: &mut AsyncPgConnection,
    wanted: &CreateSilence,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<Silence> {
    let CreateSilence { source_type, source_id, rule_id, reason, starts_at, ends_at } = wanted;
    conn.transaction::<_, Error, _>(async |conn| {
        let id = SilenceId::new();
        let row: SilenceRow = diesel::insert_into(silences::table)
            .values((
                silences::id.eq(id.0),
                silences::source_type.eq(source_type.map(AlertSource::as_str)),
                silences::source_id.eq(source_id),
                silences::rule_id.eq(rule_id.map(|id| id.0)),
                silences::reason.eq(reason.trim()),
                silences::created_by.eq(&origin.actor),
                silences::starts_at.eq(starts_at.unwrap_or(now)),
                silences::ends_at.eq(ends_at),
                silences::created_at.eq(now),
            ))
            .returning(SilenceRow::as_select())
            .get_result(conn)
            .await?;
        let silence = row.into_silence()?;
        write_audit(conn, "silence.create", &silence, origin, now).await?;
        Ok(silence)
    })
    .await
}

/// Ends a silence and gives it as it ended. One that has not begun never holds, and is forgotten.
///
/// # Errors
/// [`Error::NotFound`] when there is none that has not ended, or when the database does not answer.
pub async fn end(conn: &mut AsyncPgConnection, id: SilenceId, origin: &Origin, now: DateTime<Utc>) -> Result<Silence> {
    conn.transaction::<_, Error, _>(async |conn| {
        let row: SilenceRow = silences::table
            .find(id.0)
            .filter(silences::ends_at.gt(now))
            .select(SilenceRow::as_select())
            .for_update()
            .first(conn)
            .await?;
        let mut silence = row.into_silence()?;
        if silence.starts_at < now {
            diesel::update(silences::table.find(id.0)).set(silences::ends_at.eq(now)).execute(conn).await?;
            silence.ends_at = now;
        } else {
            diesel::delete(silences::table.find(id.0)).execute(conn).await?;
        }
        write_audit(conn, "silence.end", &silence, origin, now).await?;
        Ok(silence)
    })
    .await
}

async fn write_audit(
    conn: &mut AsyncPgConnection,
    action: &str,
    silence: &Silence,
    origin: &Origin,
    at: DateTime<Utc>,
) -> Result<()> {
    let details = json!({ "silence": silence });
    let resource_id = silence.id.0;
    let entry = Entry { id: AuditId::new(), origin, action, resource_type: "silence", resource_id, details, at };
    audit::done(conn, &entry).await
}
