//! A request taken apart: path segments, parameters from query and body, and what is wrong with them.

use std::collections::BTreeMap;
use std::pin::Pin;

use axum::body::Body;
use axum::extract::Request;
use hyper::Method;
use hyper::body::{Body as HttpBody, Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use serde_json::Value;

use crate::answers::Refusal;

/// The largest body the real server takes.
const LARGEST_BODY: usize = 512 * 1024;

/// A request below `/api2/json`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The decoded path below `/api2/json`, with a leading slash.
    pub(crate) path: String,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// The path of a call, carried beside the URI the router reads.
#[derive(Clone, Debug)]
pub(crate) struct ApiPath(pub(crate) String);

/// The request as the router takes it: its path is the one of the API, in the only spelling routes know.
pub(crate) fn for_router(mut parts: Parts, path: String, body: Incoming) -> Request {
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    // What this makes too long for a URI is answered as a path without an endpoint.
    parts.uri = format!("{}{query}", percent_encode(&path)).try_into().unwrap_or_default();
    parts.extensions.insert(ApiPath(path));
    Request::from_parts(parts, Body::new(body))
}

/// The decoded path below `/api2/json`, with single slashes.
pub(crate) fn api_path(parts: &Parts) -> Result<String, Refusal> {
    let mut segments = parts.uri.path().split('/').filter(|segment| !segment.is_empty());
    if segments.next() != Some("api2") {
        let text = format!("no such file '{}'", parts.uri.path());
        return Err(Refusal::Transport { code: 500, text, with_body: true });
    }
    let format = segments.next().unwrap_or_default();
    let path: String = segments.map(|segment| format!("/{}", percent_decode(segment))).collect();
    let path = if path.is_empty() { "/".to_owned() } else { path };
    if format == "json" {
        return Ok(path);
    }
    let text = format!("no formatter for uri {path}, {format}");
    Err(Refusal::Transport { code: 501, text, with_body: true })
}

pub(crate) fn authorization(parts: &Parts) -> Option<&str> {
    parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok())
}

/// Only these methods exist below the API; the refusal has no body at all.
pub(crate) fn check_method(method: &Method) -> Result<(), Refusal> {
    if [Method::GET, Method::POST, Method::PUT, Method::DELETE].contains(method) {
        return Ok(());
    }
    let text = format!("method '{method}' not available");
    Err(Refusal::Transport { code: 501, text, with_body: false })
}

/// Reads parameters from the query and the body, as unforgiving as the real server.
pub(crate) async fn read_parameters(parts: &Parts, body: Body) -> Result<BTreeMap<String, String>, Refusal> {
    let plain = |code, text: String| Refusal::Transport { code, text, with_body: true };
    if parts.headers.contains_key(TRANSFER_ENCODING) {
        return Err(plain(501, "chunked transfer encoding not supported".to_owned()));
    }
    let length =
        parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok()).unwrap_or(0);
    if length > LARGEST_BODY {
        return Err(plain(501, "for data too large".to_owned()));
    }
    if length > 0 && [Method::GET, Method::DELETE].contains(&parts.method) {
        return Err(plain(501, format!("Unexpected content for method '{}'", parts.method)));
    }
    let body = collect(body).await?;
    let mut parameters = BTreeMap::new();
    parse_form(parts.uri.query().unwrap_or_default(), &mut parameters);
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.map(|value| value.split(';').next().unwrap_or_default().trim());
    match essence {
        // An empty body with this type is malformed JSON: it surprises every new client once.
        Some("application/json") if [Method::POST, Method::PUT].contains(&parts.method) => {
            parse_json(&body, &mut parameters)?;
        }
        None | Some("" | "application/x-www-form-urlencoded" | "application/json") => {
            parse_form(&String::from_utf8_lossy(&body), &mut parameters);
        }
        Some(other) if !body.is_empty() => {
            return Err(plain(506, format!("upload 'Content-Type '{other}' not implemented")));
        }
        Some(_) => {}
    }
    Ok(parameters)
}

async fn collect(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let mut collected: Vec<u8> = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let broken = |_| Refusal::failed("connection broke while reading the request body");
        let data: Bytes = frame.map_err(broken)?.into_data().unwrap_or_default();
        collected.extend_from_slice(&data);
        if collected.len() > LARGEST_BODY {
            return Err(Refusal::Transport { code: 501, text: "for data too large".to_owned(), with_body: true });
        }
    }
    Ok(collected)
}

fn parse_json(body: &[u8], parameters: &mut BTreeMap<String, String>) -> Result<(), Refusal> {
    let place = "at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line";
    let malformed = |text: String| Refusal::Transport { code: 500, text, with_body: true };
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        malformed(format!(
            "malformed JSON string, neither tag, array, object, number, string or atom, at character \
             offset {} (before \"(end of string)\") {place} 934.",
            error.column()
        ))
    })?;
    let Value::Object(fields) = value else {
        return Err(malformed(format!("Not a HASH reference {place} 978.")));
    };
    for (name, value) in fields {
        let text = match value {
            Value::Bool(flag) => u8::from(flag).to_string(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        parameters.insert(name, text);
    }
    Ok(())
}

fn parse_form(text: &str, parameters: &mut BTreeMap<String, String>) {
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |part: &str| percent_decode(&part.replace('+', " "));
        parameters.insert(decode(name), decode(value));
    }
}

/// Decodes `%41`; a stray percent sign stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        let escaped = (bytes[position] == b'%')
            .then(|| text.get(position + 1..position + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(bytes[position]));
        position += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Spells a decoded path for a URI, without empty segments.
fn percent_encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        encoded.push('/');
        segment.chars().for_each(|character| push_encoded(&mut encoded, character));
    }
    if encoded.is_empty() { "/".to_owned() } else { encoded }
}

fn push_encoded(encoded: &mut String, character: char) {
    if character.is_ascii_alphanumeric() || !character.is_ascii() || "-._~!$&'()*+,;=:@".contains(character) {
        encoded.push(character);
    } else {
        encoded.push_str(&format!("%{:02X}", u32::from(character)));
    }
}
