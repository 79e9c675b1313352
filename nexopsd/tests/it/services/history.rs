//! How services fared: statuses and uptime.

use diesel_async::SimpleAsyncConnection;
use nexops_core::id::ServiceId;
use nexops_core::service::{HistoryQuery, ServiceHistory, ServiceSettings, ServiceStatus, UptimeRange};
use nexopsd::db::service::history::forget;

use super::{create, daemon, make, named};
use crate::support::daemon::Daemon;
use crate::support::site::{Reply, Site};

async fn history(daemon: &Daemon, id: ServiceId) -> ServiceHistory {
    daemon.client.service_history(id, &HistoryQuery::default()).await.unwrap().data
}

/// A service with these statuses, each from so many hours ago on.
async fn with_past(daemon: &Daemon, past: &[(&str, f64)]) -> ServiceId {
    let site = Site::new(|_| Reply::ok("")).await;
    let settings = ServiceSettings { health_check_url: Some(site.url("/")), ..named("wiki") };
    let id = make(daemon, [settings]).await[0];
    daemon.client.check_service(id).await.unwrap();
    let mut connection = daemon.database.connect().await;
    let clear = format!("DELETE FROM service_status_changes WHERE service_id = '{id}'");
    connection.batch_execute(&clear).await.unwrap();
    for (status, hours) in past {
        let insert = format!(
            "INSERT INTO service_status_changes (service_id, since, status) \
             VALUES ('{id}', now() - interval '{hours} hours', '{status}')"
        );
        connection.batch_execute(&insert).await.unwrap();
    }
    id
}

/// Up, down and unknown hours of each span, rounded.
fn hours(history: &ServiceHistory) -> Vec<(UptimeRange, i64, i64, i64)> {
    let hours = |seconds: f64| (seconds / 3600.0).round() as i64;
    let spans = history.uptime.iter();
    spans.map(|u| (u.range, hours(u.up_seconds), hours(u.down_seconds), hours(u.unknown_seconds))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn uptime_counts_what_is_known_and_nothing_else() {
    let daemon = daemon().await;
    let past = [("healthy", 1000.0), ("unhealthy", 100.0), ("unknown", 50.0), ("degraded", 20.0), ("unhealthy", 5.0)];
    let id = with_past(&daemon, &past).await;
    let history = history(&daemon, id).await;
    assert_eq!(
        hours(&history),
        [(UptimeRange::Day, 15, 5, 4), (UptimeRange::Week, 83, 55, 30), (UptimeRange::Month, 635, 55, 30)]
    );
    assert!((history.uptime[0].percent.unwrap() - 75.0).abs() < 0.1);
    let statuses: Vec<_> = history.changes.iter().map(|change| (change.status, change.until.is_some())).collect();
    assert_eq!(statuses[0], (ServiceStatus::Unhealthy, false));
    assert_eq!(statuses[4], (ServiceStatus::Healthy, true));
    assert_eq!(history.changes[0].since, history.changes[1].until.unwrap());
    let service = daemon.client.find_service(id).await.unwrap().data;
    assert!((service.uptime_24h.unwrap() - 75.0).abs() < 0.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_service_that_was_never_checked_nothing_is_known() {
    let daemon = daemon().await;
    let id = create(&daemon, &named("idea")).await.id;
    let history = history(&daemon, id).await;
    assert!(history.uptime.iter().all(|uptime| uptime.percent.is_none() && uptime.down_seconds == 0.0));
    assert_eq!(history.changes.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_without_checks_is_unknown_and_not_what_came_before_or_after() {
    let daemon = daemon().await;
    let id = with_past(&daemon, &[("healthy", 20.0)]).await;
    // The daemon was away since ten hours ago; more than three intervals of an hour.
    let away = format!(
        "UPDATE services SET last_health_check = now() - interval '10 hours', \
        status_since = now() - interval '20 hours' WHERE id = '{id}'"
    );
    daemon.database.connect().await.batch_execute(&away).await.unwrap();
    assert_eq!(hours(&history(&daemon, id).await)[0], (UptimeRange::Day, 13, 0, 11));
    daemon.client.check_service(id).await.unwrap();
    let history = history(&daemon, id).await;
    assert_eq!(hours(&history)[0], (UptimeRange::Day, 13, 0, 11));
    let statuses: Vec<_> = history.changes.iter().map(|change| change.status).collect();
    assert_eq!(statuses, [ServiceStatus::Healthy, ServiceStatus::Unknown, ServiceStatus::Healthy]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_cut_to_what_is_asked_for() {
    let daemon = daemon().await;
    let id = with_past(&daemon, &[("healthy", 3.0), ("unhealthy", 2.0), ("healthy", 1.0)]).await;
    let history = daemon.client.service_history(id, &HistoryQuery { limit: Some(2) }).await.unwrap().data;
    assert_eq!(history.changes.len(), 2);
    let refused = daemon.client.service_history(id, &HistoryQuery { limit: Some(0) }).await.unwrap_err();
    assert_eq!(refused.body().unwrap().details[0].field, "limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_statuses_are_forgotten_but_for_the_one_that_still_lasted() {
    let daemon = daemon().await;
    let id = with_past(&daemon, &[("healthy", 5000.0), ("unhealthy", 4000.0), ("healthy", 3000.0), ("unhealthy", 1.0)])
        .await;
    let forgotten = forget(&mut daemon.app.db.get().await.unwrap(), nexopsd::app::now()).await.unwrap();
    assert_eq!(forgotten, 2);
    assert_eq!(history(&daemon, id).await.changes.len(), 2);
}
