//! Connections: TLS, HTTP/1.1 only, short keep-alive, and the faults that break them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONNECTION, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::answers::{Answer, HeldBack, Refusal, cut_short, garbage, without_message};
use crate::auth;
use crate::control::Shared;
use crate::faults::FaultKind;
use crate::request::{api_path, check_method, for_router};
use crate::version::PveVersion;

/// Idle connections are closed after this time, and so are those that do not finish their headers.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// The real server closes a connection after that many requests.
const REQUESTS_PER_CONNECTION: u32 = 100;
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What every connection needs.
pub(crate) struct Server {
    pub(crate) shared: Arc<Shared>,
    pub(crate) router: Router,
    pub(crate) version: PveVersion,
    pub(crate) auth_delay: Duration,
    pub(crate) offline_delay: Duration,
}

/// The connection is closed without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("connection cut on purpose")
    }
}

impl std::error::Error for Cut {}

/// Accepts connections until the token is cancelled.
pub(crate) async fn serve(server: Arc<Server>, listener: TcpListener, stop: CancellationToken, tracker: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        // Out of file descriptors, or the peer is gone already: neither ends the server.
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let connection = connection(server.clone(), stream, server.shared.acceptor(), peer);
        let stop = stop.clone();
        tracker.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = connection => {}
            }
        });
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream, acceptor: TlsAcceptor, peer: SocketAddr) {
    // Answers are small and asked for one by one: waiting to fill packets would only cost time.
    let _ = stream.set_nodelay(true);
    if !speaks_tls(&stream).await {
        redirect_to_https(stream).await;
        return;
    }
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else {
        return;
    };
    let count = AtomicU32::new(0);
    let service = service_fn(|request| {
        let last = count.fetch_add(1, Ordering::Relaxed) + 1 >= REQUESTS_PER_CONNECTION;
        answer(&server, request, last)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // Cut connections and silent clients end up here; a simulator has nobody to tell.
    drop((served, peer));
}

/// Looks at the first byte without taking it: 22 opens a TLS handshake.
async fn speaks_tls(stream: &TcpStream) -> bool {
    let mut first = [0u8; 1];
    let peeked = tokio::time::timeout(HANDSHAKE, stream.peek(&mut first)).await;
    matches!(peeked, Ok(Ok(1))) && first == [22]
}

async fn redirect_to_https(mut stream: TcpStream) {
    let Ok(address) = stream.local_addr() else {
        return;
    };
    let answer = format!(
        "HTTP/1.1 301 Moved Permanently\r\nLocation: https://{address}/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    // Whoever speaks plain HTTP may be gone already.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn answer(server: &Server, request: Request<Incoming>, last: bool) -> Result<Response, Cut> {
    let (parts, body) = request.into_parts();
    let path = api_path(&parts);
    let seen = path.as_deref().unwrap_or(parts.uri.path());
    server.shared.record(parts.method.as_str(), seen);
    let fault = server.shared.faults.strike(&parts.method, seen);
    if let Some(response) = before_handling(server, fault.as_ref()).await? {
        return Ok(as_of_release(server, response).await);
    }
    let admissible = path.and_then(|path| check_method(&parts.method).map(|()| path));
    let mut response = match admissible {
        Ok(path) => route(server, for_router(parts, path, body)).await,
        Err(refusal) => refusal.into_response(),
    };
    response = as_of_release(server, response).await;
    let pause = pause(server, &response);
    // Even a sleep of nothing costs a tick of the timer, a millisecond.
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    if fault == Some(FaultKind::CutAfterHandling) {
        return Err(Cut);
    }
    if fault == Some(FaultKind::Truncated) && response.status() == StatusCode::OK {
        response = cut_short(response).await;
    }
    if last {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

async fn route(server: &Server, request: Request<Body>) -> Response {
    let Ok(mut response) = server.router.clone().oneshot(request).await;
    // The router lists the methods a path does have; the real server keeps them to itself.
    response.headers_mut().remove(ALLOW);
    response
}

async fn as_of_release(server: &Server, response: Response) -> Response {
    if server.version.has_messages() { response } else { without_message(response).await }
}

/// How long an answer is held back beyond the work it took.
fn pause(server: &Server, response: &Response) -> Duration {
    if let Some(HeldBack(time)) = response.extensions().get() {
        return *time;
    }
    match response.status().as_u16() {
        401 => server.auth_delay,
        595 => server.offline_delay,
        _ => Duration::ZERO,
    }
}

/// Faults that strike instead of an answer, or before it.
async fn before_handling(server: &Server, fault: Option<&FaultKind>) -> Result<Option<Response>, Cut> {
    let Some(fault) = fault else { return Ok(None) };
    match fault {
        FaultKind::Status { code: code @ 595..=599, reason } => {
            Ok(Some(Refusal::Transport { code: *code, text: reason.clone(), with_body: false }.into_response()))
        }
        FaultKind::Status { code, reason } => {
            Ok(Some(Refusal::Custom { code: *code, reason: reason.clone() }.into_response()))
        }
        FaultKind::Unauthorized => {
            tokio::time::sleep(server.auth_delay).await;
            Ok(Some(auth::refused(server.version).into_response()))
        }
        FaultKind::Delay(delay) => {
            tokio::time::sleep(*delay).await;
            Ok(None)
        }
        FaultKind::Hang => {
            let never: Infallible = std::future::pending().await;
            match never {}
        }
        FaultKind::CutConnection => Err(Cut),
        FaultKind::Garbage => Ok(Some(garbage())),
        FaultKind::EmptyList => Ok(Some(Answer::data(Vec::<u8>::new()).into_response())),
        FaultKind::CutAfterHandling | FaultKind::Truncated => Ok(None),
    }
}
