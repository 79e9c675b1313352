//! Whatever goes wrong, the answer is an error in the envelope.

use nexops_core::envelope::ErrorEnvelope;
use reqwest::Method;
use rstest::rstest;

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};

const NODES: &str = "/api/v1/infrastructure/nodes";
const VMS: &str = "/api/v1/infrastructure/vms";
const NOBODY: &str = "018f0000-0000-7000-8000-000000000000";

/// A request that must be refused.
struct Case {
    method: Method,
    path: String,
    header: Option<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
    field: Option<&'static str>,
}

fn refused(path: impl Into<String>, status: u16, code: &'static str) -> Case {
    Case { method: Method::GET, path: path.into(), header: None, body: Vec::new(), status, code, field: None }
}

/// A request with a value that cannot be used, and the field that the answer names.
fn invalid(path: impl Into<String>, field: &'static str) -> Case {
    Case { field: Some(field), ..refused(path, 400, "INVALID_REQUEST") }
}

fn cases() -> Vec<Case> {
    let post = |path: String, status, code| Case { method: Method::POST, ..refused(path, status, code) };
    let start = format!("{VMS}/101/start");
    let actor = |value: &[u8]| Case {
        header: Some(("x-nexops-actor", value.to_vec())),
        field: Some("X-Nexops-Actor"),
        ..post(start.clone(), 400, "INVALID_REQUEST")
    };
    let key = |value: &[u8]| Case {
        header: Some(("idempotency-key", value.to_vec())),
        field: Some("Idempotency-Key"),
        ..post(start.clone(), 400, "INVALID_REQUEST")
    };
    let history = |query: &str| format!("/api/v1/metrics/{NOBODY}?{query}");
    vec![
        invalid(format!("{VMS}?page=two"), "page"),
        invalid(format!("{VMS}?page=0"), "page"),
        invalid(format!("{VMS}?page="), "page"),
        invalid(format!("{VMS}?status=&page=1"), "status"),
        invalid(format!("{VMS}?page=-1"), "page"),
        invalid(format!("{VMS}?page=4294967296"), "page"),
        invalid(format!("{VMS}?per_page=0"), "per_page"),
        invalid(format!("{VMS}?per_page=1001"), "per_page"),
        invalid(format!("{NODES}?per_page=1001"), "per_page"),
        invalid("/api/v1/tasks?per_page=1001", "per_page"),
        invalid(format!("{VMS}?sort=colour"), "sort"),
        invalid(format!("{VMS}?sort=--name"), "sort"),
        invalid(format!("{VMS}?sort=name%3BDROP%20TABLE%20vms"), "sort"),
        invalid(format!("{NODES}?sort=vmid"), "sort"),
        invalid("/api/v1/tasks?sort=name", "sort"),
        invalid(format!("{VMS}?status=on"), "status"),
        invalid(format!("{VMS}?status=running&status=stopped"), "status"),
        invalid(format!("{VMS}?type=vm"), "type"),
        invalid(format!("{VMS}?colour=blue"), "colour"),
        invalid(format!("{NODES}?type=qemu"), "type"),
        invalid("/api/v1/tasks?search=x", "search"),
        invalid("/api/v1/tasks?vm=web-1", "vm"),
        invalid(format!("{VMS}?search=%00"), "query"),
        invalid(format!("{VMS}?search=a%00b&page=1"), "query"),
        invalid(format!("{VMS}/101/metrics?fresh=maybe"), "fresh"),
        invalid(history("range=2h"), "range"),
        invalid(history("metric=colour"), "metric"),
        invalid(history("metric=cpu_usage&metric=colour"), "metric"),
        invalid(history("from=yesterday"), "from"),
        invalid(history("max_points=1"), "max_points"),
        invalid(format!("/api/v1/tasks/{NOBODY}/log?limit=0"), "limit"),
        invalid(format!("/api/v1/tasks/{NOBODY}/log?limit=5001"), "limit"),
        invalid(format!("{NODES}/pve1"), "id"),
        invalid(format!("{NODES}/%00"), "id"),
        invalid(format!("{VMS}/web-1"), "vmid"),
        invalid(format!("{VMS}/0"), "vmid"),
        invalid(format!("{VMS}/2147483648"), "vmid"),
        invalid("/api/v1/tasks/7", "id"),
        invalid("/api/v1/metrics/7", "source_id"),
        refused(format!("{VMS}/%ff"), 400, "INVALID_REQUEST"),
        refused(format!("{NODES}/{NOBODY}"), 404, "NOT_FOUND"),
        refused(format!("{VMS}/9999"), 404, "NOT_FOUND"),
        refused(format!("{VMS}/{NOBODY}/metrics"), 404, "NOT_FOUND"),
        refused(format!("/api/v1/tasks/{NOBODY}"), 404, "NOT_FOUND"),
        refused(format!("/api/v1/tasks/{NOBODY}/log"), 404, "NOT_FOUND"),
        refused(format!("/api/v1/metrics/{NOBODY}"), 404, "NOT_FOUND"),
        post(format!("{VMS}/9999/start"), 404, "NOT_FOUND"),
        refused("/", 404, "NOT_FOUND"),
        refused("/api", 404, "NOT_FOUND"),
        refused("/api/v1", 404, "NOT_FOUND"),
        refused("/api/v1/nothing", 404, "NOT_FOUND"),
        refused("/api/v2/infrastructure/vms", 404, "NOT_FOUND"),
        refused(format!("{VMS}/"), 404, "NOT_FOUND"),
        refused(format!("{VMS}/101/explode"), 404, "NOT_FOUND"),
        refused("/docs/nothing.js", 404, "NOT_FOUND"),
        post(VMS.to_owned(), 405, "METHOD_NOT_ALLOWED"),
        Case { method: Method::DELETE, ..refused(format!("{VMS}/101"), 405, "METHOD_NOT_ALLOWED") },
        Case { method: Method::PUT, ..refused("/healthz", 405, "METHOD_NOT_ALLOWED") },
        post("/openapi.json".to_owned(), 405, "METHOD_NOT_ALLOWED"),
        post("/docs/".to_owned(), 405, "METHOD_NOT_ALLOWED"),
        refused(start.clone(), 405, "METHOD_NOT_ALLOWED"),
        Case { body: vec![b' '; 300 * 1024], ..post(start.clone(), 413, "PAYLOAD_TOO_LARGE") },
        actor(&[b'a'; 256]),
        actor(b""),
        actor(b"  "),
        actor(b"a\tb"),
        actor(b"\xff\xfe"),
        key(&[b'a'; 256]),
        key(b""),
        key(b"a b"),
        key(b"a\tb"),
        key(b"\xff\xfe"),
        Case { header: Some(("host", b"evil.example".to_vec())), ..refused(VMS, 403, "HOST_NOT_ALLOWED") },
        Case { header: Some(("host", b"evil.example".to_vec())), ..refused("/healthz", 403, "HOST_NOT_ALLOWED") },
        Case { header: Some(("authorization", b"Bearer wrong".to_vec())), ..refused(VMS, 401, "UNAUTHORIZED") },
        Case { header: Some(("authorization", b"Basic czNjcmV0".to_vec())), ..refused(VMS, 401, "UNAUTHORIZED") },
        Case { header: Some(("authorization", b"".to_vec())), ..refused(VMS, 401, "UNAUTHORIZED") },
    ]
}

async fn answer(daemon: &Daemon, case: &Case) -> Answer {
    let mut request = daemon.raw().request(case.method.clone(), format!("{}{}", daemon.url, case.path));
    if let Some((name, value)) = &case.header {
        request = request.header(*name, value.as_slice());
    }
    if case.header.as_ref().is_none_or(|(name, _)| *name != "authorization") {
        request = request.bearer_auth("s3cret");
    }
    if !case.body.is_empty() {
        request = request.body(case.body.clone());
    }
    Answer::to(request).await
}

/// What is wrong with the envelope of an error, whatever the error; nothing, when all is well.
fn faults(answer: &Answer) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |holds: bool, fault: &str| {
        if !holds {
            faults.push(fault.to_owned());
        }
    };
    let Ok(envelope) = serde_json::from_str::<ErrorEnvelope>(&answer.text) else {
        return vec![format!("the body is no error envelope: {}", answer.text)];
    };
    let error = envelope.error;
    expect(answer.header("content-type") == "application/json", "the content type is not application/json");
    expect(error.code.status() == answer.status, "the code belongs to another status");
    expect(!error.message.is_empty(), "the message is empty");
    expect(error.request_id.is_some_and(|id| id == answer.header("x-request-id")), "the request ids differ");
    expect((answer.status == 405) != answer.header("allow").is_empty(), "Allow belongs to 405, and only there");
    expect(answer.status != 401 || answer.header("www-authenticate") == "Bearer", "401 does not ask for a bearer");
    expect(answer.status != 503 || answer.header("retry-after") == "5", "503 does not say when to try again");
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_comes_in_the_envelope() {
    let daemon =
        Wishes::default().cluster("default", quick_cluster()).variable("NEXOPS_API_TOKEN", "s3cret").start().await;
    let mut report = Vec::new();
    for case in cases() {
        let answer = answer(&daemon, &case).await;
        let mut faults = faults(&answer);
        if (answer.status, answer.code().as_str()) != (case.status, case.code) {
            faults.push(format!("expected {} {}", case.status, case.code));
        }
        if let Some(field) = case.field
            && answer.fields() != [field]
        {
            faults.push(format!("expected a complaint about {field}"));
        }
        if !faults.is_empty() {
            let shown = case.header.map(|(name, value)| format!(" {name}: {}", String::from_utf8_lossy(&value)));
            let shown = format!("{} {}{}", case.method, case.path, shown.unwrap_or_default());
            report.push(format!("{shown}: {}\n    {} {}", faults.join("; "), answer.status, answer.text));
        }
    }
    assert!(report.is_empty(), "{} refusals are not as they should be:\n{}", report.len(), report.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_database_away_every_route_says_so_in_the_envelope() {
    let daemon = Daemon::new().await;
    let node = daemon.client.list_nodes(&nexops_core::node::ListNodes::default()).await.unwrap().data[0].id;
    daemon.database.refuse().await;
    let paths = [
        NODES.to_owned(),
        format!("{NODES}/{node}"),
        format!("{NODES}/{node}/metrics"),
        VMS.to_owned(),
        format!("{VMS}/101"),
        format!("{VMS}/101/metrics"),
        format!("/api/v1/metrics/{node}"),
        "/api/v1/tasks".to_owned(),
        format!("/api/v1/tasks/{NOBODY}"),
        format!("/api/v1/tasks/{NOBODY}/log"),
        "/api/v1/system".to_owned(),
    ];
    for path in paths {
        let answer = Answer::at(&daemon, &path).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "DATABASE_UNAVAILABLE"), "{path}: {}", answer.text);
        assert_eq!(faults(&answer), Vec::<String>::new(), "{path}");
    }
    let start = daemon.raw().post(format!("{}{VMS}/101/start", daemon.url));
    assert_eq!(Answer::to(start).await.code(), "DATABASE_UNAVAILABLE");
    daemon.database.admit().await;
}

#[rstest]
#[case::harmless("a1-b2_c3", true)]
#[case::as_long_as_allowed(&"a".repeat(128), true)]
#[case::too_long(&"a".repeat(129), false)]
#[case::with_a_space("a b", false)]
#[case::with_a_tab("a\tb", false)]
#[case::empty("", false)]
#[case::not_ascii("ä", false)]
#[tokio::test(flavor = "multi_thread")]
async fn a_harmless_request_id_is_taken_over_and_any_other_replaced(#[case] given: &str, #[case] harmless: bool) {
    let daemon = Wishes::default().idle().start().await;
    for path in ["/healthz", "/api/v1/nothing"] {
        let request = daemon.raw().get(format!("{}{path}", daemon.url)).header("x-request-id", given.as_bytes());
        let answer = Answer::to(request).await;
        let id = answer.header("x-request-id");
        if harmless {
            assert_eq!(id, given, "{path}");
        } else {
            let id: uuid::Uuid = id.parse().unwrap();
            assert_eq!(id.get_version_num(), 7, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_has_an_id_of_its_own() {
    let daemon = Wishes::default().idle().start().await;
    let (first, second) = (Answer::at(&daemon, "/healthz").await, Answer::at(&daemon, "/healthz").await);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_api_are_kept_by_no_public_cache_nor_taken_for_something_else() {
    let daemon = Wishes::default().idle().start().await;
    let refused_list = format!("{NODES}?page=0");
    for (path, kept) in [
        ("/api/v1/system", "no-store"),
        ("/api/v1/nothing", "no-store"),
        // A list has a tag, so that the caller's own cache can ask whether it has changed.
        (NODES, "private, no-cache"),
        (&refused_list, "no-store"),
    ] {
        let answer = Answer::at(&daemon, path).await;
        assert_eq!(answer.header("cache-control"), kept, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
    }
}
