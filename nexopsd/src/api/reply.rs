//! Answers in the envelope, and for lists that have not changed the answer that says so.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use nexops_core::envelope::{Envelope, Freshness, ListEnvelope, ListMeta, Meta};
use nexops_core::page::Paging;
use nexops_core::page::cursor::Cursor;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::{Error, Result};
use crate::app::{App, now};
use crate::db::{self, Conn};

/// Bytes of a hash that make a tag.
const TAG_BYTES: usize = 16;

/// One thing that does not come from Proxmox.
pub fn one<T>(data: T) -> Json<Envelope<T>> {
    Json(Envelope { data, meta: Meta { timestamp: now(), freshness: None } })
}

/// One thing that Proxmox was seen to say at a time.
pub fn observed<T>(data: T, app: &App, observed_at: Option<DateTime<Utc>>) -> Json<Envelope<T>> {
    let now = now();
    Json(Envelope { data, meta: Meta { timestamp: now, freshness: Some(freshness(app, observed_at, now)) } })
}

/// One thing that several people may change, with the tag of its version for `If-Match`.
pub fn versioned<T: Serialize>(data: T, version: i64) -> Response {
    ([(ETAG, format!("\"{version}\""))], one(data)).into_response()
}

/// The same, just made: where it is from now on stands in `Location`.
pub fn created<T: Serialize>(data: T, version: i64, location: &str) -> Response {
    (StatusCode::CREATED, [(LOCATION, location.to_owned())], versioned(data, version)).into_response()
}

/// One page of a list that does not come from Proxmox.
///
/// # Errors
/// When the rows cannot be written as JSON, which they can.
pub fn list<T: Serialize>((data, total): (Vec<T>, u64), paging: Paging, known: &Known) -> Result<Response> {
    unless_known(ListEnvelope { data, meta: meta(total, paging, now(), None) }, known)
}

/// One page of a list that is ordered by time and can be walked through with cursors.
///
/// # Errors
/// When the rows cannot be written as JSON, which they can.
pub fn list_by_time<T: Serialize>(
    (data, total, next_cursor): (Vec<T>, u64, Option<Cursor>),
    paging: Paging,
    known: &Known,
) -> Result<Response> {
    let meta = ListMeta { next_cursor, ..meta(total, paging, now(), None) };
    unless_known(ListEnvelope { data, meta }, known)
}

/// One page of rows that are written already, and come from Proxmox.
///
/// # Errors
/// When the rest cannot be written as JSON, which it can.
pub fn raw_list(
    rows: &[u8],
    total: u64,
    observed_at: Option<DateTime<Utc>>,
    paging: Paging,
    known: &Known,
    app: &App,
) -> Result<Response> {
    let now = now();
    let meta = meta(total, paging, now, Some(freshness(app, observed_at, now)));
    let tag = tag(rows, &meta).map_err(Error::internal)?;
    if known.has(&tag) {
        return Ok(tagged(&tag, StatusCode::NOT_MODIFIED));
    }
    let meta = serde_json::to_vec(&meta).map_err(Error::internal)?;
    let body = [b"{\"data\":", rows, b",\"meta\":", &meta, b"}"].concat();
    Ok(tagged(&tag, ([(CONTENT_TYPE, "application/json")], body)))
}

/// One page of a list that comes from Proxmox; it is as old as the oldest last answer of the connections.
///
/// # Errors
/// When the database does not answer.
pub async fn observed_list<T: Serialize>(
    (data, total): (Vec<T>, u64),
    paging: Paging,
    known: &Known,
    app: &App,
    conn: &mut Conn,
) -> Result<Response> {
    let now = now();
    let observed_at = db::connection::observed_at(conn).await?;
    let meta = meta(total, paging, now, Some(freshness(app, observed_at, now)));
    unless_known(ListEnvelope { data, meta }, known)
}

/// The tags of the answers that the caller has already, out of `If-None-Match`.
#[derive(Debug)]
pub struct Known(Vec<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self(parts.headers.get_all(IF_NONE_MATCH).iter().cloned().collect()))
    }
}

impl Known {
    /// Whether one of the tags is this one; compared weakly, so that `W/` makes no difference. What is no tag matches
    /// nothing.
    fn has(&self, tag: &str) -> bool {
        // Our tags hold no comma, so that a foreign one that does cannot come apart into one of ours.
        let mut given = self.0.iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
        let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        given.any(|given| given.trim() == "*" || opaque(given.trim()) == opaque(tag))
    }
}

/// The list with its tag, or that the caller knows it. Caches of the caller's own may keep it, and ask each time.
fn unless_known<T: Serialize>(envelope: ListEnvelope<T>, known: &Known) -> Result<Response> {
    let rows = serde_json::to_vec(&envelope.data).map_err(Error::internal)?;
    let tag = tag(&rows, &envelope.meta).map_err(Error::internal)?;
    Ok(if known.has(&tag) { tagged(&tag, StatusCode::NOT_MODIFIED) } else { tagged(&tag, Json(envelope)) })
}

fn tagged(tag: &str, answer: impl IntoResponse) -> Response {
    ([(ETAG, tag), (CACHE_CONTROL, "private, no-cache")], answer).into_response()
}

/// The weak tag of a list: the same for the same rows of the same age, whenever they are asked for.
fn tag(rows: &[u8], meta: &ListMeta) -> serde_json::Result<String> {
    let ListMeta { total, page, per_page, next_cursor, timestamp: _, freshness } = meta;
    let mut hasher = Sha256::new();
    hasher.update(rows);
    serde_json::to_writer(&mut hasher, &(total, page, per_page, next_cursor, freshness))?;
    let hash: String = hasher.finalize().iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("W/\"{hash}\""))
}

fn meta(total: u64, paging: Paging, timestamp: DateTime<Utc>, freshness: Option<Freshness>) -> ListMeta {
    let (page, per_page) = (paging.page(), paging.per_page());
    ListMeta { total, page, per_page, next_cursor: None, timestamp, freshness }
}

fn freshness(app: &App, observed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Freshness {
    Freshness { observed_at, stale: app.staleness(now).is_stale(observed_at) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::the_tag(&[r#"W/"ab12""#], true)]
    #[case::strong(&[r#""ab12""#], true)]
    #[case::one_of_several(&[r#""x", W/"ab12" ,"y""#], true)]
    #[case::one_of_several_lines(&[r#""x""#, r#"W/"ab12""#], true)]
    #[case::anything(&["*"], true)]
    #[case::nothing(&[], false)]
    #[case::empty(&[""], false)]
    #[case::another(&[r#"W/"ab13""#], false)]
    #[case::without_quotes(&["ab12"], false)]
    #[case::in_lower_case(&[r#"w/"ab12""#], false)]
    fn tags_are_compared_weakly(#[case] given: &[&'static str], #[case] known: bool) {
        let given = Known(given.iter().copied().map(HeaderValue::from_static).collect());
        assert_eq!(given.has(r#"W/"ab12""#), known);
    }

    #[test]
    fn a_tag_depends_on_the_rows_and_their_age_but_not_on_the_time_of_the_answer() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let list = |data: &[u8], total, answered, observed| {
            let freshness = Some(Freshness { observed_at: Some(at(observed)), stale: false });
            let meta = ListMeta { total, page: 1, per_page: 20, next_cursor: None, timestamp: at(answered), freshness };
            tag(data, &meta).unwrap()
        };
        let first = list(&[1, 2], 2, 100, 90);
        assert_eq!(first.len(), "W/\"\"".len() + 2 * TAG_BYTES);
        assert_eq!(first, list(&[1, 2], 2, 101, 90));
        for other in [list(&[2, 1], 2, 100, 90), list(&[1, 2], 3, 100, 90), list(&[1, 2], 2, 100, 91)] {
            assert_ne!(first, other);
        }
    }
}
