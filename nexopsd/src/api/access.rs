//! Who may call: the host that is called, the origins of web pages, and the token.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nexops_core::error::ErrorCode;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::error::Error;
use super::idempotency::REPLAYED;
use crate::app::App;
use crate::config::Access;

/// Paths that need no token: they tell nothing of the infrastructure.
const OPEN_PATHS: [&str; 2] = ["/healthz", "/readyz"];

/// Wants the bearer token, if one is configured.
pub async fn want_token(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Some(token) = &app.config.access.token else { return next.run(request).await };
    let is_open = OPEN_PATHS.contains(&request.uri().path());
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let message = match given {
        _ if is_open => return next.run(request).await,
        Some(given) if bool::from(given.as_bytes().ct_eq(token.expose_secret().as_bytes())) => {
            return next.run(request).await;
        }
        Some(_) => "the token is not the right one; set NEXOPS_API_TOKEN to the daemon's",
        None => "a token is needed: send 'Authorization: Bearer …', or set NEXOPS_API_TOKEN for the command line",
    };
    let mut response = Error::new(ErrorCode::Unauthorized, message).into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// Refuses to answer under a name that is not ours: a web page elsewhere could have made that name point here (DNS
/// rebinding) and would then be believed by the browser.
pub async fn check_host(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).map(HeaderValue::to_str);
    let host = match host {
        Some(Ok(host)) => host.to_owned(),
        Some(Err(_)) => String::new(),
        None => request.uri().authority().map(ToString::to_string).unwrap_or_default(),
    };
    if is_ours(&host, &app.config.access) {
        return next.run(request).await;
    }
    let name = name_of(&host);
    let message =
        format!("this daemon does not answer to the host '{name}'; if it should, add it to NEXOPS_ALLOWED_HOSTS");
    Error::new(ErrorCode::HostNotAllowed, message).into_response()
}

/// Refuses changes that a web page of another origin asks for.
///
/// A browser sends a plain POST across origins without asking first and only hides the answer, so that CORS alone would
/// let any page that somebody has open stop his guests.
pub async fn check_origin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match foreign_origin(&request, &app.config.access.cors_origins) {
        None => next.run(request).await,
        Some(origin) => {
            let message = format!(
                "pages of {origin} may not change anything here; if they should, add it to NEXOPS_CORS_ORIGINS"
            );
            Error::new(ErrorCode::OriginNotAllowed, message).into_response()
        }
    }
}

/// The origin of the page that asks for a change and may not.
fn foreign_origin(request: &Request, allowed: &[String]) -> Option<String> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let header = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    match header(ORIGIN) {
        Some(origin) if is_allowed_origin(origin, header(HOST).unwrap_or_default(), allowed) => None,
        Some(origin) => Some(format!("'{}'", origin.chars().take(200).collect::<String>())),
        None if header(HeaderName::from_static("sec-fetch-site")) == Some("cross-site") => {
            Some("another site".to_owned())
        }
        None => None,
    }
}

/// Whether a page belongs to the daemon itself, as `/docs` does, or to an origin that is configured.
fn is_allowed_origin(origin: &str, host: &str, allowed: &[String]) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
}

/// The host without its port, and an IPv6 address without its brackets.
fn name_of(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.split(':').next().unwrap_or_default()
}

fn is_ours(host: &str, access: &Access) -> bool {
    let name = name_of(host);
    if let Ok(address) = name.parse::<IpAddr>() {
        let listen = access.listen.ip();
        // An address cannot be made to point elsewhere, so that on all addresses any will do.
        return address.to_canonical().is_loopback() || address == listen || listen.is_unspecified();
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || access.allowed_hosts.iter().any(|allowed| name_of(allowed).eq_ignore_ascii_case(name))
}

/// Lets pages of the configured origins call from a browser, and no others.
pub fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    let header = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            axum::http::header::CONTENT_TYPE,
            axum::http::header::IF_MATCH,
            axum::http::header::IF_NONE_MATCH,
            header("x-nexops-actor"),
            header("x-request-id"),
            header("idempotency-key"),
            header("last-event-id"),
        ])
        .expose_headers([axum::http::header::ETAG, RETRY_AFTER, REPLAYED, header("x-request-id")])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1:8000", true)]
    #[case("localhost", true)]
    #[case("LOCALHOST.:8000", true)]
    #[case("[::1]:8000", true)]
    #[case("10.0.0.5:8000", true)]
    #[case("10.0.0.6:8000", false)]
    #[case("nexops.lan:8000", true)]
    #[case("evil.example", false)]
    #[case("localhost.evil.example", false)]
    #[case("", false)]
    fn only_names_of_ours_are_answered(#[case] host: &str, #[case] ours: bool) {
        let access = Access {
            listen: "10.0.0.5:8000".parse().unwrap(),
            token: None,
            allowed_hosts: vec!["nexops.lan".to_owned()],
            cors_origins: Vec::new(),
        };
        assert_eq!(is_ours(host, &access), ours);
    }

    #[rstest]
    #[case("http://127.0.0.1:8000", true)]
    #[case("https://nexops.example", true)]
    #[case("http://127.0.0.1:3000", false)]
    #[case("https://evil.example", false)]
    #[case("null", false)]
    #[case("", false)]
    fn only_our_own_pages_and_configured_ones_may_change_things(#[case] origin: &str, #[case] allowed: bool) {
        assert_eq!(is_allowed_origin(origin, "127.0.0.1:8000", &["https://nexops.example".to_owned()]), allowed);
    }

    #[test]
    fn on_all_addresses_any_address_is_ours_but_no_unknown_name() {
        let listen = "0.0.0.0:8000".parse().unwrap();
        let access = Access { listen, token: None, allowed_hosts: Vec::new(), cors_origins: Vec::new() };
        assert!(is_ours("192.168.1.9:8000", &access));
        assert!(!is_ours("evil.example:8000", &access));
    }
}
