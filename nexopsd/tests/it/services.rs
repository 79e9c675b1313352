//! Services over the API: what people decide about them.

mod checks;
mod history;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use nexops_core::error::ErrorCode;
use nexops_core::id::{ServiceId, VmId};
use nexops_core::page::Sort;
use nexops_core::service::{ListServices, Service, ServiceColumn, ServiceSettings, ServiceStatus, ServiceType};
use nexopsd::db;
use nexopsd::db::audit::Origin;
use rstest::rstest;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};

/// A daemon without clusters that may check what listens on loopback.
async fn daemon() -> Daemon {
    Wishes::default().variable("NEXOPS_ALLOW_LOOPBACK_TARGETS", "true").start().await
}

fn named(name: &str) -> ServiceSettings {
    ServiceSettings::named(name)
}

/// Makes services without the checks that follow when the API makes them.
async fn make(daemon: &Daemon, settings: impl IntoIterator<Item = ServiceSettings>) -> Vec<ServiceId> {
    let conn = &mut daemon.app.db.get().await.unwrap();
    let address = std::net::Ipv4Addr::LOCALHOST.into();
    let origin = Origin { actor: "ann".to_owned(), address, request_id: String::new() };
    let mut made = Vec::new();
    for settings in settings {
        made.push(db::service::create(conn, &settings, &origin, nexopsd::app::now()).await.unwrap().id);
    }
    made
}

async fn create(daemon: &Daemon, settings: &ServiceSettings) -> Service {
    daemon.client.create_service(settings).await.unwrap().data
}

fn code(error: &nexops_core::client::Error) -> ErrorCode {
    error.body().unwrap_or_else(|| panic!("{error}")).code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_made_found_changed_and_deleted() {
    let daemon = daemon().await;
    let made = create(&daemon, &ServiceSettings { kind: ServiceType::Container, ..named("wiki") }).await;
    assert_eq!((made.version, made.status, made.kind), (1, ServiceStatus::Unknown, ServiceType::Container));
    assert_eq!(made.status_reason.as_deref(), Some("it has no URL to check"));
    assert_eq!(daemon.client.find_service(made.id).await.unwrap().data, made);

    let changed = ServiceSettings { namespace: Some("home".to_owned()), ..made.settings() };
    let changed = daemon.client.update_service(made.id, &changed, Some(1)).await.unwrap().data;
    assert_eq!((changed.version, changed.namespace.as_deref()), (2, Some("home")));

    let deleted = daemon.client.delete_service(made.id, Some(2)).await.unwrap().data;
    assert_eq!(deleted, changed);
    assert_eq!(code(&daemon.client.find_service(made.id).await.unwrap_err()), ErrorCode::NotFound);
    assert_eq!(code(&daemon.client.delete_service(made.id, None).await.unwrap_err()), ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_service_is_told_where_it_is_and_which_version_it_has() {
    let daemon = daemon().await;
    let url = format!("{}/api/v1/services", daemon.url);
    let made = Answer::to(daemon.raw().post(&url).json(&json!({"name": "wiki"}))).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""));
    let found = Answer::at(&daemon, made.header("location")).await;
    assert_eq!((found.status, found.header("etag")), (200, "\"1\""));
    assert_eq!(found.json()["data"], made.json()["data"]);
    assert_eq!(found.json()["data"]["check"]["expected_status"], "200-299");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_version_that_was_seen_is_changed_or_deleted() {
    let daemon = daemon().await;
    let made = create(&daemon, &named("wiki")).await;
    let changed = ServiceSettings { description: "notes".to_owned(), ..made.settings() };
    daemon.client.update_service(made.id, &changed, Some(1)).await.unwrap();
    let other = ServiceSettings { description: "other notes".to_owned(), ..made.settings() };
    let late = daemon.client.update_service(made.id, &other, Some(1)).await.unwrap_err();
    assert_eq!(code(&late), ErrorCode::PreconditionFailed);
    let late = daemon.client.delete_service(made.id, Some(1)).await.unwrap_err();
    assert_eq!(code(&late), ErrorCode::PreconditionFailed);
    assert_eq!(daemon.client.find_service(made.id).await.unwrap().data.description, "notes");
    let weak = daemon.raw().delete(format!("{}/api/v1/services/{}", daemon.url, made.id)).header("if-match", "W/\"2\"");
    assert_eq!(Answer::to(weak).await.status, 412);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_same_already_makes_no_new_version() {
    let daemon = daemon().await;
    let made = create(&daemon, &named("wiki")).await;
    for _ in 0..3 {
        let same = daemon.client.update_service(made.id, &made.settings(), None).await.unwrap().data;
        assert_eq!(same, made);
    }
    assert_eq!(audited(&daemon, made.id).await, ["service.create ann succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_do_not_share_a_name() {
    let daemon = daemon().await;
    create(&daemon, &named("wiki")).await;
    let other = create(&daemon, &named("blog")).await;
    for error in [
        daemon.client.create_service(&named("wiki")).await.unwrap_err(),
        daemon.client.update_service(other.id, &named("wiki"), None).await.unwrap_err(),
    ] {
        assert_eq!(code(&error), ErrorCode::NameTaken);
        assert_eq!(error.body().unwrap().details[0].field, "name");
    }
}

#[rstest]
#[case(json!({}), "name")]
#[case(json!({"name": ""}), "name")]
#[case(json!({"name": " wiki"}), "name")]
#[case(json!({"name": "a\nb"}), "name")]
#[case(json!({"name": "x".repeat(256)}), "name")]
#[case(json!({"name": "x", "colour": "blue"}), "colour")]
#[case(json!({"name": "x", "type": "cloud"}), "type")]
#[case(json!({"name": "x", "description": "x".repeat(2001)}), "description")]
#[case(json!({"name": "x", "health_check_url": "wiki.example"}), "health_check_url")]
#[case(json!({"name": "x", "health_check_url": "ftp://wiki.example"}), "health_check_url")]
#[case(json!({"name": "x", "health_check_url": "http://ann:pw@wiki.example"}), "health_check_url")]
#[case(json!({"name": "x", "health_check_url": "http://169.254.169.254/"}), "health_check_url")]
#[case(json!({"name": "x", "health_check_url": "http://[fd00:ec2::254]/"}), "health_check_url")]
#[case(json!({"name": "x", "health_check_url": "http://metadata.google.internal/"}), "health_check_url")]
#[case(json!({"name": "x", "health_check_url": format!("http://a.example/{}", "x".repeat(500))}), "health_check_url")]
#[case(json!({"name": "x", "vm_id": "101"}), "vm_id")]
#[case(json!({"name": "x", "vm_id": "018f0000-0000-7000-8000-000000000000"}), "vm_id")]
#[case(json!({"name": "x", "namespace": ""}), "namespace")]
#[case(json!({"name": "x", "metadata": []}), "metadata")]
#[case(json!({"name": "x", "check": {"expected_status": "2xx"}}), "check.expected_status")]
#[case(json!({"name": "x", "check": {"body_contains": ""}}), "check.body_contains")]
#[case(json!({"name": "x", "check": {"timeout_seconds": 0}}), "check.timeout_seconds")]
#[case(json!({"name": "x", "check": {"timeout_seconds": 61}}), "check.timeout_seconds")]
#[case(json!({"name": "x", "check": {"retries": 11}}), "check.retries")]
#[case(json!({"name": "x", "check": {"degraded_above_ms": 0}}), "check.degraded_above_ms")]
#[case(json!({"name": "x", "check": {"certificate_warning_days": 366}}), "check.certificate_warning_days")]
#[case(json!({"name": "x", "check": {"colour": 1}}), "check.colour")]
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_used_are_refused_by_the_name_of_the_field(
    #[case] body: serde_json::Value,
    #[case] field: &str,
) {
    let daemon = daemon().await;
    let answer = Answer::to(daemon.raw().post(format!("{}/api/v1/services", daemon.url)).json(&body)).await;
    assert_eq!((answer.status, answer.fields()), (400, vec![field.to_owned()]), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_is_refused_unless_it_is_allowed() {
    let daemon = Wishes::default().start().await;
    let at = |url: &str| ServiceSettings { health_check_url: Some(url.to_owned()), ..named("wiki") };
    let refused = daemon.client.create_service(&at("http://127.0.0.1:1/")).await.unwrap_err();
    assert_eq!(refused.body().unwrap().details[0].field, "health_check_url");
    // A name is only looked up when it is checked.
    let made = create(&daemon, &at("http://localhost:1/")).await;
    let checked = daemon.client.check_service(made.id).await.unwrap().data;
    assert!(checked.last_error.as_ref().is_some_and(|error| error.contains("loopback")), "{checked:?}");
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What the audit log says of a service.
async fn audited(daemon: &Daemon, id: ServiceId) -> Vec<String> {
    let sql = format!(
        "SELECT concat_ws(' ', action, actor, outcome) AS line FROM audit_logs \
         WHERE resource_type = 'service' AND resource_id = '{id}' ORDER BY id"
    );
    let rows: Vec<Line> = diesel::sql_query(sql).load(&mut daemon.database.connect().await).await.unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_stands_in_the_audit_log_and_among_the_events() {
    let daemon = daemon().await;
    let made = create(&daemon, &named("wiki")).await;
    daemon.client.update_service(made.id, &named("notes"), None).await.unwrap();
    daemon.client.create_service(&named("notes")).await.unwrap_err();
    daemon.client.delete_service(made.id, None).await.unwrap();
    let expected = ["service.create ann succeeded", "service.update ann succeeded", "service.delete ann succeeded"];
    assert_eq!(audited(&daemon, made.id).await, expected);
    let sql = "SELECT count(*) AS count FROM events WHERE type = 'service'";
    let events: Count = diesel::sql_query(sql).get_result(&mut daemon.database.connect().await).await.unwrap();
    assert_eq!(events.count, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_can_be_filtered_and_sorted() {
    let daemon = daemon().await;
    for (name, kind, namespace) in [
        ("wiki", ServiceType::Vm, Some("home")),
        ("blog", ServiceType::External, None),
        ("mail", ServiceType::Vm, None),
    ] {
        create(&daemon, &ServiceSettings { kind, namespace: namespace.map(str::to_owned), ..named(name) }).await;
    }
    let names = async |query: ListServices| -> Vec<String> {
        let list = daemon.client.list_services(&query).await.unwrap();
        assert_eq!(list.meta.total, list.data.len() as u64);
        list.data.into_iter().map(|service| service.name).collect()
    };
    assert_eq!(names(ListServices::default()).await, ["blog", "mail", "wiki"]);
    let sort = Some(Sort { column: ServiceColumn::Name, descending: true });
    assert_eq!(names(ListServices { sort, ..ListServices::default() }).await, ["wiki", "mail", "blog"]);
    let kind = Some(ServiceType::Vm);
    assert_eq!(names(ListServices { kind, ..ListServices::default() }).await, ["mail", "wiki"]);
    let namespace = Some("home".to_owned());
    assert_eq!(names(ListServices { namespace, ..ListServices::default() }).await, ["wiki"]);
    let search = Some("LO".to_owned());
    assert_eq!(names(ListServices { search, ..ListServices::default() }).await, ["blog"]);
    let status = Some(ServiceStatus::Healthy);
    assert!(names(ListServices { status, ..ListServices::default() }).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_is_off_explains_why_its_service_does_not_answer() {
    let daemon = Wishes::default()
        .cluster("default", quick_cluster())
        .variable("NEXOPS_ALLOW_LOOPBACK_TARGETS", "true")
        .start()
        .await;
    let nobody = crate::support::site::nobody().await;
    let on = async |name: &str, vm: VmId| {
        let url = Some(format!("http://{nobody}/"));
        let service = create(&daemon, &ServiceSettings { vm_id: Some(vm), health_check_url: url, ..named(name) }).await;
        daemon.client.check_service(service.id).await.unwrap().data
    };
    let (running, stopped) = (daemon.vm(101).await, daemon.vm(103).await);
    let service = on("wiki", running.id).await;
    assert_eq!(service.explanation, None);
    assert_eq!(service.vm.map(|vm| vm.vmid), Some(101));
    let service = on("blog", stopped.id).await;
    assert_eq!(service.explanation, Some(format!("VM 103 '{}' is stopped", stopped.name)));
}
