//! Checks of services, against servers on real sockets.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nexops_core::error::ErrorCode;
use nexops_core::metric::{Metric, SeriesQuery, SourceType};
use nexops_core::service::{CheckSettings, ListServices, Service, ServiceSettings, ServiceStatus};
use rstest::rstest;

use super::{code, create, daemon, make, named};
use crate::support::daemon::{Daemon, Wishes};
use crate::support::site::{Reply, Site, Validity, nobody};
use crate::support::wait_until;

/// Settings of a service at a URL that may not fail even once.
fn at(url: &str, check: CheckSettings) -> ServiceSettings {
    let check = CheckSettings { retries: 0, timeout_seconds: 2, ..check };
    ServiceSettings { health_check_url: Some(url.to_owned()), check, ..named("wiki") }
}

/// Makes a service, and gives it after a check.
async fn checked(daemon: &Daemon, settings: &ServiceSettings) -> Service {
    let made = create(daemon, settings).await;
    daemon.client.check_service(made.id).await.unwrap().data
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_answers_is_healthy_and_its_figures_are_kept() {
    let daemon = daemon().await;
    let site = Site::new(|_| Reply::ok("pong")).await;
    let check = CheckSettings { body_contains: Some("pong".to_owned()), ..CheckSettings::default() };
    let service = checked(&daemon, &at(&site.url("/"), check)).await;
    assert_eq!((service.status, &service.status_reason, service.failures), (ServiceStatus::Healthy, &None, 0));
    assert!(service.response_time_ms.is_some_and(|took| took > 0.0) && service.last_health_check.is_some());
    let history = daemon.client.metric_series(service.id.0, &SeriesQuery::default()).await.unwrap().data;
    assert_eq!(history.source_type, SourceType::Service);
    let metrics: Vec<Metric> = history.series.iter().map(|series| series.metric_name).collect();
    assert_eq!(metrics, [Metric::ResponseTime, Metric::Up]);
    let up = history.series[1].points.iter().filter_map(|point| point.avg).collect::<Vec<_>>();
    assert_eq!(up, [1.0]);
}

#[rstest]
#[case::wrong_status(Reply::Status(503, "s3cret".to_owned()), "HTTP 503")]
#[case::not_found(Reply::Status(404, String::new()), "HTTP 404")]
#[case::text_missing(Reply::ok("s3cret"), "the expected text is not in the body")]
#[case::huge_body(Reply::Endless, "the expected text is not in the first MiB")]
#[case::silence(Reply::Hang(Vec::new()), "no answer within")]
#[case::half_a_body(Reply::Hang(b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\ns3cret".to_vec()), "no answer within")]
#[case::no_http(Reply::Bytes(b"220 s3cret ESMTP\r\n".to_vec()), "does not answer as a web server does")]
#[case::circle(Reply::SendOn(302, "/".to_owned()), "sent on more than 3 times")]
#[case::to_metadata(Reply::SendOn(302, "http://169.254.169.254/s3cret".to_owned()), "link-local")]
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_right_is_unhealthy_and_never_shown(#[case] reply: Reply, #[case] reason: &str) {
    let daemon = daemon().await;
    let site = Site::new(move |_| reply.clone()).await;
    let check = CheckSettings { body_contains: Some("pong".to_owned()), ..CheckSettings::default() };
    let service = checked(&daemon, &at(&site.url("/"), check)).await;
    assert_eq!(service.status, ServiceStatus::Unhealthy);
    assert!(service.status_reason.as_ref().is_some_and(|words| words.contains(reason)), "{service:?}");
    assert!(!format!("{service:?}").contains("s3cret"), "{service:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_unhealthy() {
    let daemon = daemon().await;
    let service = checked(&daemon, &at(&format!("http://{}/", nobody().await), CheckSettings::default())).await;
    assert_eq!(service.status, ServiceStatus::Unhealthy);
    assert!(service.status_reason.is_some_and(|reason| reason.contains("refused")));
    assert_eq!(service.response_time_ms, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_exist_is_never_healthy() {
    let daemon = daemon().await;
    let service = checked(&daemon, &at("http://nothing-here.invalid/", CheckSettings::default())).await;
    // Without a name server, as in many a build machine, nobody can say whose fault it is.
    assert!(matches!(service.status, ServiceStatus::Unhealthy | ServiceStatus::Unknown), "{service:?}");
    assert!(service.last_error.is_some_and(|reason| reason.contains("nothing-here.invalid")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_degraded() {
    let daemon = daemon().await;
    let site = Site::new(|_| Reply::Late(Duration::from_millis(30), Box::new(Reply::ok("")))).await;
    let check = CheckSettings { degraded_above_ms: Some(10), ..CheckSettings::default() };
    let service = checked(&daemon, &at(&site.url("/"), check)).await;
    assert_eq!((service.status, service.failures), (ServiceStatus::Degraded, 0));
    assert!(service.status_reason.is_some_and(|reason| reason.contains("over the limit of 10 ms")));
}

#[rstest]
#[case::trusted_by_nobody(Validity::Long, true, ServiceStatus::Unhealthy, Some("nobody this machine trusts"))]
#[case::need_not_be_trusted(Validity::Long, false, ServiceStatus::Healthy, None)]
#[case::over(Validity::Over, true, ServiceStatus::Unhealthy, Some("is not accepted"))]
#[case::over_but_need_not_be_trusted(Validity::Over, false, ServiceStatus::Degraded, Some("its certificate has ended"))]
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_certificate_is_known_in_any_case(
    #[case] validity: Validity,
    #[case] verify_tls: bool,
    #[case] status: ServiceStatus,
    #[case] reason: Option<&str>,
) {
    let daemon = daemon().await;
    let site = Site::over_tls(validity, |_| Reply::ok("")).await;
    let check = CheckSettings { verify_tls, ..CheckSettings::default() };
    let service = checked(&daemon, &at(&site.url("/"), check)).await;
    assert_eq!(service.status, status, "{service:?}");
    assert_eq!(reason.is_none(), service.status_reason.is_none());
    assert!(service.status_reason.unwrap_or_default().contains(reason.unwrap_or_default()));
    let end = if validity == Validity::Long { "2096-12-31" } else { "2021-12-31" };
    assert!(service.certificate_expires_at.is_some_and(|at| at.to_rfc3339().starts_with(end)));
    let query = SeriesQuery { metric: vec![Metric::CertificateDays], ..SeriesQuery::default() };
    let history = daemon.client.metric_series(service.id.0, &query).await.unwrap().data;
    let days = history.series[0].points.iter().find_map(|point| point.avg).unwrap();
    assert_eq!(days < 0.0, validity == Validity::Over, "{days}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_down_after_the_third_failure_in_a_row_and_no_sooner() {
    let daemon = daemon().await;
    let next = Arc::new(Mutex::new(200));
    let told = Arc::clone(&next);
    let site = Site::new(move |_| Reply::Status(*told.lock().unwrap(), String::new())).await;
    let mut settings = at(&site.url("/"), CheckSettings::default());
    settings.check.retries = 2;
    let id = make(&daemon, [settings]).await[0];
    daemon.client.check_service(id).await.unwrap();
    let mut statuses = Vec::new();
    for status in [500, 200, 500, 500, 500, 200] {
        *next.lock().unwrap() = status;
        let service = daemon.client.check_service(id).await.unwrap().data;
        statuses.push((service.status, service.last_error.is_some()));
    }
    let (up, down) = (ServiceStatus::Healthy, ServiceStatus::Unhealthy);
    assert_eq!(statuses, [(up, true), (up, false), (up, true), (up, true), (down, true), (up, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_url_or_with_paused_checks_is_not_checked() {
    let daemon = daemon().await;
    let site = Site::new(|_| Reply::ok("")).await;
    let without = create(&daemon, &named("idea")).await;
    assert_eq!(code(&daemon.client.check_service(without.id).await.unwrap_err()), ErrorCode::NoHealthCheck);
    let service = checked(&daemon, &at(&site.url("/"), CheckSettings::default())).await;
    let paused = ServiceSettings { enabled: false, ..service.settings() };
    let paused = daemon.client.update_service(service.id, &paused, None).await.unwrap().data;
    assert_eq!(paused.status, ServiceStatus::Unknown);
    assert_eq!(paused.status_reason.as_deref(), Some("its checks are paused"));
    assert_eq!(code(&daemon.client.check_service(service.id).await.unwrap_err()), ErrorCode::NoHealthCheck);
    daemon.run(&daemon.app.check).await;
    assert_eq!(daemon.client.find_service(service.id).await.unwrap().data.status, ServiceStatus::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_what_was_changed_meanwhile_does_not_count() {
    let daemon = daemon().await;
    let old = Site::new(|_| Reply::Late(Duration::from_millis(500), Box::new(Reply::Status(500, String::new())))).await;
    let new = Site::new(|_| Reply::ok("")).await;
    let made = create(&daemon, &at(&old.url("/"), CheckSettings::default())).await;
    wait_until("the first check has begun", async || !old.requests().is_empty()).await;
    let late = tokio::spawn({
        let (client, id) = (daemon.client.clone(), made.id);
        async move { client.check_service(id).await.unwrap().data }
    });
    wait_until("the check has begun", async || old.requests().len() >= 2).await;
    daemon.client.update_service(made.id, &at(&new.url("/"), CheckSettings::default()), None).await.unwrap();
    daemon.client.check_service(made.id).await.unwrap();
    late.await.unwrap();
    assert_eq!(daemon.client.find_service(made.id).await.unwrap().data.status, ServiceStatus::Healthy);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_services_are_checked_in_one_run_and_none_delays_another() {
    let daemon = Wishes::default()
        .variable("NEXOPS_ALLOW_LOOPBACK_TARGETS", "true")
        .variable("NEXOPS_HEALTH_INTERVAL", "15s")
        .start()
        .await;
    let site = Site::new(|_| Reply::ok("")).await;
    let dead = Site::new(|_| Reply::Hang(Vec::new())).await;
    make(
        &daemon,
        (0..500).map(|number| {
            let server = if number % 50 == 0 { &dead } else { &site };
            ServiceSettings { name: format!("service {number}"), ..at(&server.url("/"), CheckSettings::default()) }
        }),
    )
    .await;
    daemon.run(&daemon.app.check).await;
    let count = async |status| {
        let query = ListServices { status: Some(status), ..ListServices::default() };
        daemon.client.list_services(&query).await.unwrap().meta.total
    };
    assert_eq!((count(ServiceStatus::Healthy).await, count(ServiceStatus::Unhealthy).await), (490, 10));
    let report = daemon.app.check.health().last_report;
    assert_eq!((&report["services"], &report["panicked"]), (&500.into(), &0.into()), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_goes_on_counting_failures_where_it_was() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let site = Site::new(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Reply::Status(500, String::new())
    })
    .await;
    let daemon = daemon().await;
    let mut settings = at(&site.url("/"), CheckSettings::default());
    settings.check.retries = 2;
    make(&daemon, [settings]).await;
    daemon.run(&daemon.app.check).await;
    daemon.run(&daemon.app.check).await;
    let service =
        async |daemon: &Daemon| daemon.client.list_services(&ListServices::default()).await.unwrap().data.remove(0);
    let before = service(&daemon).await;
    assert_eq!((before.failures, before.status), (2, ServiceStatus::Unknown));
    // It checks as soon as it is there again.
    let daemon = daemon.restart_after_kill().await;
    let after = service(&daemon).await;
    assert_eq!((after.failures, after.status), (3, ServiceStatus::Unhealthy));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}
