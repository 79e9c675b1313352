//! What the server says: successful answers, refusals, and how both look on the wire.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Bytes, Frame};
use hyper::ext::ReasonPhrase;
use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, PRAGMA, SERVER};
use serde_json::{Value, json};

/// A successful answer: the JSON text of the whole body.
#[derive(Clone, Debug)]
pub(crate) struct Answer(pub(crate) Bytes);

impl Answer {
    pub(crate) fn data(data: impl Into<Value>) -> Self {
        Self(Bytes::from(json!({ "data": data.into() }).to_string()))
    }

    /// A list that tells beside it how many rows there are in all.
    pub(crate) fn page(rows: &[Value], total: usize) -> Self {
        Self(Bytes::from(json!({ "data": rows, "total": total }).to_string()))
    }
}

/// A number as Perl writes it: no fraction where there is none.
pub(crate) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

/// Why a request is not answered with 200.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// 401: empty body, after a delay.
    Unauthorized { reason: String },
    /// 403 with the path and the privilege in the text.
    Forbidden { path: String, privilege: String },
    /// 400 with one text per parameter.
    Parameters(BTreeMap<String, String>),
    /// 500: the text of the Perl `die`.
    Failed(String),
    /// 501 for a path or method this release does not know; JSON.
    NotImplemented { method: String, path: String },
    /// 5xx from below the API: the body is the plain text, or nothing.
    Transport { code: u16, text: String, with_body: bool },
    /// 500 after the wait for an agent that does not answer.
    AgentSilent { after: Duration },
    /// 595: the node does not answer; empty body, after a delay.
    NodeUnreachable,
    /// 595 at once: the daemon behind the server does not run.
    DaemonDown,
    /// Any status, asked for by a fault.
    Custom { code: u16, reason: String },
}

impl Refusal {
    /// A refusal of a single parameter.
    pub(crate) fn parameter(name: &str, text: impl Into<String>) -> Self {
        Self::Parameters(BTreeMap::from([(name.to_owned(), text.into())]))
    }

    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        with_json(200, None, self.0)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        refuse(self)
    }
}

/// How long the answer it comes with is held back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldBack(pub(crate) Duration);

/// A body that ends with an error instead of an end.
#[derive(Debug)]
struct CutShort(Option<Bytes>);

impl HttpBody for CutShort {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(match self.get_mut().0.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(std::io::Error::other("cut short on purpose")),
        }))
    }
}

/// The same response, promising the whole body and breaking off in the middle.
pub(crate) async fn cut_short(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    // Bodies are in memory already: nothing is waited for, nothing can fail.
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    Response::from_parts(parts, Body::new(CutShort(Some(whole.slice(..whole.len() / 2)))))
}

/// The same response as old releases give it: errors of the API without their text in the body.
pub(crate) async fn without_message(response: Response) -> Response {
    let is_json = response.headers().contains_key(CONTENT_TYPE);
    if response.status().as_u16() < 400 || !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    // Bodies are in memory already: nothing is waited for, nothing can fail.
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut object: serde_json::Map<String, Value> = serde_json::from_slice(&whole).unwrap_or_default();
    object.remove("message");
    Response::from_parts(parts, Body::from(Value::Object(object).to_string()))
}

/// A 200 that is no JSON, as a proxy or a captive portal would send.
pub(crate) fn garbage() -> Response {
    with_json(200, None, Bytes::from_static(b"<html><body>It works!</body></html>"))
}

fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Unauthorized { reason } => with_text(401, &reason, Bytes::new()),
        Refusal::Forbidden { path, privilege } => {
            failure(403, &format!("Permission check failed ({path}, {privilege})\n"), None)
        }
        Refusal::Parameters(errors) => failure(400, "Parameter verification failed.\n", Some(errors)),
        Refusal::Failed(text) => failure(500, &format!("{text}\n"), None),
        // The only error text without a newline at its end.
        Refusal::NotImplemented { method, path } => {
            failure(501, &format!("Method '{method} {path}' not implemented"), None)
        }
        Refusal::Transport { code, text, with_body } => {
            let body = if with_body { Bytes::from(text.clone()) } else { Bytes::new() };
            with_text(code, &text, body)
        }
        Refusal::AgentSilent { after } => {
            let mut response = failure(500, "QEMU guest agent is not running\n", None);
            response.extensions_mut().insert(HeldBack(after));
            response
        }
        Refusal::NodeUnreachable => with_text(595, "No route to host", Bytes::new()),
        Refusal::DaemonDown => {
            let mut response = with_text(595, "Connection refused", Bytes::new());
            response.extensions_mut().insert(HeldBack(Duration::ZERO));
            response
        }
        Refusal::Custom { code, reason } => failure(code, &format!("{reason}\n"), None),
    }
}

/// An error of the API itself: the text stands in the status line and again as `message`.
fn failure(code: u16, message: &str, errors: Option<BTreeMap<String, String>>) -> Response {
    let mut body = json!({ "data": null, "message": message });
    if let Some(errors) = errors {
        body["errors"] = json!(errors);
    }
    let reason = message.lines().next().unwrap_or_default();
    with_json(code, Some(reason), Bytes::from(body.to_string()))
}

fn with_json(code: u16, reason: Option<&str>, body: Bytes) -> Response {
    let mut response = with_text(code, reason.unwrap_or("OK"), body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

fn with_text(code: u16, reason: &str, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = hyper::StatusCode::from_u16(code).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(phrase) = ReasonPhrase::try_from(reason.as_bytes().to_vec()) {
        response.extensions_mut().insert(phrase);
    }
    let connection = if code < 400 { "Keep-Alive" } else { "close" };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=0"));
    headers.insert(CONNECTION, HeaderValue::from_static(connection));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(SERVER, HeaderValue::from_static("pve-api-daemon/3.0"));
    response
}
