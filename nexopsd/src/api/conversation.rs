//! What every request goes through: it gets an id, it is not kept waiting for ever, and whatever goes wrong, the answer
//! is in the envelope.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use nexops_core::envelope::ErrorEnvelope;
use nexops_core::error::{ErrorBody, ErrorCode};
use uuid::Uuid;

use super::error::Error;

/// The longest that an answer may take. A power action may have to wait out Proxmox's own 30 s twice.
const PATIENCE: Duration = Duration::from_secs(100);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from a caller.
const LONGEST_REQUEST_ID: usize = 128;

/// The id of a request, as handlers find it among the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Marks an answer that stands as it is, though it is an error: it has been in the envelope before.
#[derive(Debug, Clone, Copy)]
pub struct Verbatim;

/// Holds one conversation.
pub async fn hold(mut request: Request, next: Next) -> Response {
    let clock = Instant::now();
    let id = request_id(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    request.extensions_mut().insert(RequestId(id.clone()));

    let answer = tokio::time::timeout(PATIENCE, AssertUnwindSafe(next.run(request)).catch_unwind());
    let response = match answer.await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => Error::internal(anyhow::anyhow!("the handler panicked")).into_response(),
        Err(_elapsed) => {
            let message = format!("the daemon did not finish the answer within {} s", PATIENCE.as_secs());
            Error::new(ErrorCode::RequestTimeout, message).into_response()
        }
    };
    let mut response = in_envelope(response, &id, &path).await;
    tracing::debug!(
        request.id = id, %method, path, status = response.status().as_u16(), address = ?address,
        duration_ms = clock.elapsed().as_secs_f64() * 1000.0, "answered"
    );
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if path.starts_with("/api/") {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

/// The caller's id for the request, if it is a harmless one, or a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let harmless =
        |id: &&str| !id.is_empty() && id.len() <= LONGEST_REQUEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic());
    given.filter(harmless).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Puts an error into the envelope, whoever made it: a handler, an extractor, or axum itself.
async fn in_envelope(response: Response, request_id: &str, path: &str) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.extensions().get::<Verbatim>().is_some() {
        return response;
    }
    let mut body = match response.extensions().get::<Arc<Error>>() {
        Some(error) => {
            if let Some(source) = &error.source {
                tracing::error!(request.id = request_id, path, code = %error.body.code, error = format!("{source:#}"), "a request failed");
            }
            error.body.clone()
        }
        None => foreign(status, path),
    };
    body.request_id = Some(request_id.to_owned());
    let soon = body.code == ErrorCode::IdempotencyInProgress;
    let later = body.code.status() == 503;
    let json = serde_json::to_vec(&ErrorEnvelope { error: body }).unwrap_or_default();
    let (mut parts, _foreign_body) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if soon || later {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from_static(if soon { "1" } else { "5" }));
    }
    Response::from_parts(parts, Body::from(json))
}

/// The error for an answer that is none of ours.
fn foreign(status: StatusCode, path: &str) -> ErrorBody {
    let (code, message) = match status {
        StatusCode::NOT_FOUND => (
            ErrorCode::NotFound,
            format!("there is no '{path}'; /docs lists what there is, and the API is below /api/v1"),
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            ErrorCode::MethodNotAllowed,
            format!("'{path}' does not know this method; the Allow header lists those it knows"),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::PayloadTooLarge, "the body is too large".to_owned()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            (ErrorCode::UnsupportedMediaType, "the body must be application/json".to_owned())
        }
        status if status.is_client_error() => {
            (ErrorCode::InvalidRequest, format!("the request cannot be understood ({status})"))
        }
        status => (ErrorCode::Internal, format!("this is a fault of NexOps ({status})")),
    };
    Error::new(code, message).body
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::to_bytes;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn answer(router: Router) -> (StatusCode, String, ErrorBody) {
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let response = router.layer(from_fn(hold)).oneshot(request).await.unwrap();
        let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        let status = response.status();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, id, serde_json::from_slice::<ErrorEnvelope>(&body).unwrap().error)
    }

    #[tokio::test]
    async fn a_panic_becomes_an_answer_that_does_not_tell_what_happened() {
        let handler = || async {
            if true {
                panic!("the secret is s3cret")
            }
        };
        let (status, id, error) = answer(Router::new().route("/", get(handler))).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(error.code, ErrorCode::Internal);
        assert_eq!(error.request_id, Some(id));
        assert!(!error.message.contains("s3cret"), "{}", error.message);
    }

    #[tokio::test]
    async fn an_error_that_is_none_of_ours_is_put_into_the_envelope_without_its_body() {
        let handler = || async { (StatusCode::UNSUPPORTED_MEDIA_TYPE, "s3cret") };
        let (status, _, error) = answer(Router::new().route("/", get(handler))).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(error.code, ErrorCode::UnsupportedMediaType);
        assert!(!error.message.contains("s3cret"), "{}", error.message);
    }
}
