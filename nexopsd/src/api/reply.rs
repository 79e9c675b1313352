//! Answers in the envelope.

use axum::Json;
use chrono::{DateTime, Utc};
use nexops_core::envelope::{Envelope, Freshness, ListEnvelope, ListMeta, Meta};
use nexops_core::page::Paging;

use crate::app::{App, now};
use crate::db::{self, Conn};

/// One thing that does not come from Proxmox.
pub fn one<T>(data: T) -> Json<Envelope<T>> {
    Json(Envelope { data, meta: Meta { timestamp: now(), freshness: None } })
}

/// One thing that Proxmox was seen to say at a time.
pub fn observed<T>(data: T, app: &App, observed_at: Option<DateTime<Utc>>) -> Json<Envelope<T>> {
    let now = now();
    Json(Envelope { data, meta: Meta { timestamp: now, freshness: Some(freshness(app, observed_at, now)) } })
}

/// One page of a list that does not come from Proxmox.
pub fn list<T>((data, total): (Vec<T>, u64), paging: Paging) -> Json<ListEnvelope<T>> {
    Json(ListEnvelope { data, meta: meta(total, paging, now(), None) })
}

/// One page of a list that comes from Proxmox; it is as old as the oldest last answer of the connections.
pub async fn observed_list<T>(
    (data, total): (Vec<T>, u64),
    paging: Paging,
    app: &App,
    conn: &mut Conn,
) -> db::Result<Json<ListEnvelope<T>>> {
    let now = now();
    let observed_at = db::connection::observed_at(conn).await?;
    Ok(Json(ListEnvelope { data, meta: meta(total, paging, now, Some(freshness(app, observed_at, now))) }))
}

fn meta(total: u64, paging: Paging, timestamp: DateTime<Utc>, freshness: Option<Freshness>) -> ListMeta {
    ListMeta { total, page: paging.page(), per_page: paging.per_page(), timestamp, freshness }
}

fn freshness(app: &App, observed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Freshness {
    Freshness { observed_at, stale: app.staleness(now).is_stale(observed_at) }
}
