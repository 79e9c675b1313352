//! Lists that are given again while nothing they show has changed.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use chrono::{DateTime, Utc};
use nexops_core::page::Paging;
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::reply::{self, Known};
use crate::app::{App, now};
use crate::cache::{Key, LONGEST};
use crate::db::{self, Conn};

/// What is kept beside the rows.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    total: u64,
    observed_at: Option<DateTime<Utc>>,
    /// When the first of the rows grows stale, which no write would tell; not given again after that.
    fresh_until: Option<DateTime<Utc>>,
}

/// Rows that came from Proxmox, and how they age.
pub struct Rows<T> {
    /// The rows of the page.
    pub page: Vec<T>,
    /// Rows on all pages.
    pub total: u64,
    /// When each was observed, where it counts as fresh.
    pub fresh: Vec<DateTime<Utc>>,
}

/// What the cache has.
pub enum Found {
    /// The answer: nothing has changed since it was made.
    Answer(Response),
    /// Nothing; the answer that is made now belongs under this key.
    Nothing(Key),
}

/// Looks for a list in the cache. `asked` is everything that the caller chose.
///
/// It comes before the reading of the rows: what is read later than the version is as new as that, or newer.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    app: &App,
    conn: &mut Conn,
    kind: &str,
    asked: &impl Serialize,
    paging: Paging,
    known: &Known,
) -> Result<Found> {
    let version = db::inventory::version(conn).await?;
    let key = Key::of(kind, &(version, asked, paging.page(), paging.per_page(), app.config.intervals.collect));
    let bytes = app.cache.get(&key).await;
    let kept = bytes.as_deref().and_then(read);
    match kept.filter(|(head, _)| head.fresh_until.is_none_or(|until| now() <= until)) {
        Some((Head { total, observed_at, .. }, rows)) => {
            reply::raw_list(rows, total, observed_at, paging, known, app).map(Found::Answer)
        }
        None => Ok(Found::Nothing(key)),
    }
}

/// Answers with a list, and keeps it under the key for as long as it is right.
///
/// # Errors
/// When the database does not answer.
pub async fn keep<T: Serialize>(
    app: &App,
    conn: &mut Conn,
    key: Key,
    list: Rows<T>,
    paging: Paging,
    known: &Known,
) -> Result<Response> {
    let Rows { page, total, fresh } = list;
    let now = now();
    let age = now - app.staleness(now).before;
    let observed_at = db::connection::observed_at(conn).await?;
    let fresh_until = fresh.into_iter().min().map(|oldest| oldest + age);
    let rows = serde_json::to_vec(&page).map_err(Error::internal)?;
    let answer = reply::raw_list(&rows, total, observed_at, paging, known, app)?;
    let time = fresh_until.map_or(LONGEST, |until| (until - now).to_std().unwrap_or(Duration::ZERO));
    app.cache.put(key, written(&Head { total, observed_at, fresh_until }, &rows)?, time).await;
    Ok(answer)
}

/// The head in one line, and then the rows.
fn written(head: &Head, rows: &[u8]) -> Result<Arc<[u8]>> {
    let mut bytes = serde_json::to_vec(head).map_err(Error::internal)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(rows);
    Ok(bytes.into())
}

fn read(bytes: &[u8]) -> Option<(Head, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, rows) = bytes.split_at(end);
    Some((serde_json::from_slice(head).ok()?, &rows[1..]))
}
