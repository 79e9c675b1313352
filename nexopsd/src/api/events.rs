//! What happens, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::sse::{self, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use nexops_core::error::{ErrorCode, FieldError};
use nexops_core::event::{Event, EventQuery, EventType};
use tokio::time::{Interval, MissedTickBehavior};

use super::error::{Error, Result};
use super::extract::Query;
use crate::app::App;
use crate::db::event::Stored;
use crate::events::{News, Reader, Reason};

/// How often a reader hears from the daemon when nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a reader whose connection broke waits before it comes back.
const COME_BACK_AFTER: Duration = Duration::from_secs(2);

/// Follows what happens, for as long as the caller listens.
///
/// The answer is a stream of server-sent events. Each has its `id`, as `event` its type, and as `data` one line of JSON.
/// Whoever comes back with the last `id` in `Last-Event-ID` gets what happened meanwhile; events are kept for 24 hours.
/// An event named `reset` says that something is missing: more happened than could be told, and the caller should ask
/// for everything anew. A comment comes every 15 seconds.
#[utoipa::path(get, path = "/events", tag = "events",
    params(EventQuery, ("Last-Event-ID" = Option<i64>, Header, minimum = 0,
        description = "The id of the last event that the caller has seen; without it only what happens from now on is told")),
    responses((status = 200, description = "What happens, as it happens", body = Event, content_type = "text/event-stream")))]
pub async fn events(
    State(app): State<Arc<App>>,
    Query(query): Query<EventQuery>,
    LastEventId(after): LastEventId,
) -> Result<Response> {
    let full = |error: crate::events::TooManyReaders| Error::new(ErrorCode::TooManyReaders, error.to_string());
    let seat = app.events.take_seat().map_err(full)?;
    let reader = Reader::new(Arc::clone(&app), seat, after).await?;
    let mut heart = tokio::time::interval(HEARTBEAT);
    heart.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let telling = Telling { app, reader, types: query.types, heart };
    let stream = stream::unfold(telling, async |mut telling| {
        let told = telling.next().await?;
        Some((Ok::<_, Infallible>(told), telling))
    });
    // A proxy that gathers what it passes on would keep events from those who wait for them.
    Ok(([("x-accel-buffering", "no")], Sse::new(stream)).into_response())
}

/// One reader's connection.
struct Telling {
    app: Arc<App>,
    reader: Reader,
    /// Types that are wanted; all if empty.
    types: Vec<EventType>,
    heart: Interval,
}

impl Telling {
    /// What to send next; nothing more when the daemon ends, or when the past cannot be read: whoever comes back is
    /// told why.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            let news = tokio::select! {
                biased;
                () = self.app.shutdown.cancelled() => return None,
                // The first beat comes at once, so that even who hears of no event knows where to go on.
                _ = self.heart.tick() => return Some(heartbeat(self.reader.last())),
                news = self.reader.next() => news.ok()?,
            };
            match news {
                News::Event(event) if self.wants(&event) => return Some(told(&event)),
                News::Event(_) => {}
                News::Reset { id, reason } => return Some(reset(id, reason)),
            }
        }
    }

    fn wants(&self, event: &Stored) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted.as_str() == event.kind)
    }
}

/// A comment, and where the reader is: it may want only events that did not happen for long.
fn heartbeat(last: i64) -> sse::Event {
    sse::Event::default().comment("").retry(COME_BACK_AFTER).id(last.to_string())
}

fn told(event: &Stored) -> sse::Event {
    sse::Event::default().id(event.id.to_string()).event(&event.kind).data(event.to_json())
}

fn reset(id: i64, reason: Reason) -> sse::Event {
    let data = serde_json::json!({"id": id, "type": "reset", "reason": reason.as_str()});
    sse::Event::default().id(id.to_string()).event("reset").data(data.to_string())
}

/// The last event that the caller has seen, if he says.
#[derive(Debug)]
pub struct LastEventId(Option<i64>);

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        let Some(given) = parts.headers.get("last-event-id").map(HeaderValue::to_str) else { return Ok(Self(None)) };
        match given.map(str::trim) {
            Ok("") => Ok(Self(None)),
            Ok(text) if text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<i64>().is_ok() => {
                Ok(Self(text.parse().ok()))
            }
            Ok(_) | Err(_) => {
                let reason = "it must be the id of an event, a whole number from 0 to 9223372036854775807";
                Err(Error::invalid(vec![FieldError::new("Last-Event-ID", reason)]))
            }
        }
    }
}
