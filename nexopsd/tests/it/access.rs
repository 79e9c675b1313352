//! Who may call, under which name, and from which pages.

use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};

const TOKEN: &str = "s3cret";
const VMS: &str = "/api/v1/infrastructure/vms";

async fn guarded() -> Daemon {
    Wishes::default().cluster("default", quick_cluster()).variable("NEXOPS_API_TOKEN", TOKEN).idle().start().await
}

/// Every documented operation: its method, and its path with an id in every hole.
fn operations() -> Vec<(Method, String, Value)> {
    let document = serde_json::to_value(nexopsd::api::document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let mut path = path.clone();
            while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
                path.replace_range(start..=end, "018f0000-0000-7000-8000-000000000000");
            }
            operations.push((method.to_uppercase().parse().unwrap(), path, operation.clone()));
        }
    }
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_operation_wants_the_token_but_those_of_health() {
    let daemon = guarded().await;
    let mut guarded = 0;
    for (method, path, operation) in operations() {
        let open = ["/healthz", "/readyz"].contains(&path.as_str());
        let securities = operation["security"].as_array().unwrap();
        assert_eq!(securities.is_empty(), open, "{method} {path} documents another rule than it follows");
        let ask = || daemon.raw().request(method.clone(), format!("{}{path}", daemon.url));
        let refusals = [
            ask(),
            ask().bearer_auth("wrong"),
            ask().bearer_auth("s3cre"),
            ask().bearer_auth("s3crett"),
            ask().bearer_auth(""),
            ask().header("authorization", TOKEN),
            ask().header("authorization", format!("Basic {TOKEN}")),
            ask().query(&[("token", TOKEN)]),
        ];
        for request in refusals {
            let answer = Answer::to(request).await;
            assert_eq!(answer.status == 401, !open, "{method} {path}: {}", answer.text);
            assert_eq!(answer.code() == "UNAUTHORIZED", !open, "{method} {path}: {}", answer.text);
        }
        for scheme in ["Bearer", "bearer"] {
            // The stream of events has no end to wait for.
            let answer = ask().header("authorization", format!("{scheme} {TOKEN}")).send().await.unwrap();
            assert_ne!(answer.status(), 401, "{method} {path}");
        }
        guarded += usize::from(!open);
    }
    assert!(guarded >= 18, "only {guarded} operations were tried");
}

#[rstest]
#[case("/healthz")]
#[case("/openapi.json")]
#[case("/docs/")]
#[case("/docs/swagger-ui-bundle.js")]
#[case("/docs/swagger-initializer.js")]
#[tokio::test(flavor = "multi_thread")]
async fn what_tells_nothing_of_the_infrastructure_needs_no_token(#[case] path: &str) {
    let daemon = guarded().await;
    assert_eq!(Answer::at(&daemon, path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_configured_none_is_wanted_and_any_is_accepted() {
    let daemon = Wishes::default().idle().start().await;
    assert_eq!(Answer::at(&daemon, VMS).await.status, 200);
    let request = daemon.raw().get(format!("{}{VMS}", daemon.url)).bearer_auth("anything");
    assert_eq!(Answer::to(request).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_holds_the_token() {
    let daemon = guarded().await;
    let request = daemon.raw().get(format!("{}/api/v1/system", daemon.url)).bearer_auth(TOKEN);
    let answer = Answer::to(request).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.text.contains(TOKEN) && !format!("{:?}", answer.headers).contains(TOKEN));
}

#[rstest]
#[case("127.0.0.1", 200)]
#[case("127.9.9.9:1", 200)]
#[case("localhost:8000", 200)]
#[case("[::1]:8000", 200)]
#[case("nexops.lan", 200)]
#[case("NEXOPS.lan:443", 200)]
#[case("evil.example", 403)]
#[case("evil.example:8000", 403)]
#[case("nexops.lan.evil.example", 403)]
#[case("127.0.0.1.evil.example", 403)]
#[case("localhost@evil.example", 403)]
#[case("192.0.2.1:8000", 403)]
#[case("0x7f.1", 403)]
#[tokio::test(flavor = "multi_thread")]
async fn only_hosts_of_ours_are_answered_to(#[case] host: &str, #[case] status: u16) {
    let daemon = Wishes::default().variable("NEXOPS_ALLOWED_HOSTS", "nexops.lan").idle().start().await;
    for path in ["/healthz", VMS, "/docs/", "/openapi.json"] {
        let request = daemon.raw().get(format!("{}{path}", daemon.url)).header("host", host);
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(answer.code() == "HOST_NOT_ALLOWED", status == 403, "{path}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_names_no_host_is_refused() {
    let daemon = Wishes::default().idle().start().await;
    let mut stream = tokio::net::TcpStream::connect(daemon.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 403"), "{answer}");
    assert!(answer.contains("HOST_NOT_ALLOWED"), "{answer}");
}

const UI: &str = "https://ui.example";

async fn preflight(daemon: &Daemon, origin: &str) -> Answer {
    let request = daemon.raw().request(Method::OPTIONS, format!("{}{VMS}/101/start", daemon.url));
    let request = request.header("origin", origin).header("access-control-request-method", "POST");
    Answer::to(request.header("access-control-request-headers", "authorization,x-nexops-actor")).await
}

async fn from_page(daemon: &Daemon, origin: &str) -> Answer {
    let request = daemon.raw().get(format!("{}{VMS}", daemon.url)).header("origin", origin);
    Answer::to(request.bearer_auth(TOKEN)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_are_kept_out_unless_told_otherwise() {
    let daemon = guarded().await;
    for origin in [UI, "null", "http://localhost:3000", daemon.url.as_str()] {
        assert_eq!(from_page(&daemon, origin).await.header("access-control-allow-origin"), "", "{origin}");
        let preflight = preflight(&daemon, origin).await;
        assert_eq!(preflight.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(preflight.header("access-control-allow-methods"), "", "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_configured_origin_may_call_and_no_others() {
    let daemon = Wishes::default()
        .variable("NEXOPS_CORS_ORIGINS", "https://ui.example,http://localhost:3000")
        .variable("NEXOPS_API_TOKEN", TOKEN)
        .idle()
        .start()
        .await;
    for origin in [UI, "http://localhost:3000"] {
        let answer = from_page(&daemon, origin).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin));
        assert!(answer.header("access-control-expose-headers").contains("x-request-id"), "{answer:?}");
        assert!(answer.header("vary").contains("origin"), "{answer:?}");
        let preflight = preflight(&daemon, origin).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (200, origin));
        assert!(preflight.header("access-control-allow-methods").contains("POST"), "{preflight:?}");
        for name in ["authorization", "x-nexops-actor", "content-type", "idempotency-key"] {
            assert!(preflight.header("access-control-allow-headers").contains(name), "{preflight:?}");
        }
    }
    for origin in ["https://evil.example", "https://ui.example.evil.example", "http://ui.example", "null"] {
        assert_eq!(from_page(&daemon, origin).await.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(preflight(&daemon, origin).await.header("access-control-allow-origin"), "", "{origin}");
    }
    let refusal = daemon.raw().get(format!("{}{VMS}", daemon.url)).header("origin", UI);
    let refusal = Answer::to(refusal).await;
    assert_eq!((refusal.status, refusal.header("access-control-allow-origin")), (401, UI));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_origin_can_change_anything() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).idle().start().await;
    let mut changes = 0;
    for (method, path, _) in operations().into_iter().filter(|(method, ..)| *method != Method::GET) {
        for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
        {
            let url = format!("{}{path}", daemon.url);
            let answer = daemon.raw().request(method.clone(), url).header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{method} {path} {name}: {value}");
            changes += 1;
        }
        // A page of the daemon's own gets as far as the thing that does not exist, or the body that is missing.
        let url = format!("{}{path}", daemon.url);
        let answer = daemon.raw().request(method.clone(), url).header("origin", &daemon.url).send().await.unwrap();
        assert!([404, 415].contains(&answer.status().as_u16()), "{method} {path}: {}", answer.status());
    }
    assert!(changes >= 3 * 7, "only {changes} were tried");
}
