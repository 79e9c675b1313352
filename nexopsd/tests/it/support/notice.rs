//! Notices for the outbox, as the evaluation of alerts would write them down.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use nexops_core::alert::{AlertSource, Severity};
use nexops_core::id::AlertId;
use nexops_core::metric::Metric;
use nexops_core::notification::{AlertFacts, DeliveryEvent};
use nexopsd::app::now;
use nexopsd::db;
use nexopsd::db::outbox::{self, Enqueued, Notice};
use uuid::Uuid;

use super::database::TestDatabase;

/// What is said of an alert on a guest of pve1.
pub fn facts(title: &str) -> AlertFacts {
    AlertFacts {
        title: title.to_owned(),
        description: "CPU usage of 101 postgres-main is 97 %, above 90 % for 5 min".to_owned(),
        severity: Severity::Critical,
        source_type: AlertSource::Vm,
        source_id: Uuid::nil(),
        source_name: "101 postgres-main".to_owned(),
        node: Some("pve1".to_owned()),
        connection: Some("default".to_owned()),
        rule: Some("CPU".to_owned()),
        metric_name: Some(Metric::CpuUsage),
        value: Some(97.0),
        condition: Some("> 90".to_owned()),
        fired_at: now(),
        ended_at: None,
        resolution: None,
        affected_guests: None,
    }
}

/// Enqueues an event of an alert for channels, at a time, in a group; in a transaction of its own.
pub async fn say_at(
    database: &TestDatabase,
    (alert_id, event, sequence): (AlertId, DeliveryEvent, i32),
    channels: &[&str],
    group: Option<&str>,
    at: DateTime<Utc>,
) -> Vec<Enqueued> {
    let facts = facts(&format!("alert {event}"));
    let notice = Notice { alert_id, event, sequence, group, facts: &facts };
    let channels: Vec<String> = channels.iter().map(|&name| name.to_owned()).collect();
    let conn = &mut database.connect().await;
    let enqueue = conn.transaction::<_, db::Error, _>(async |conn| outbox::enqueue(conn, &notice, &channels, at).await);
    enqueue.await.unwrap()
}

/// Enqueues an event of an alert for channels, now and alone.
pub async fn say(database: &TestDatabase, alert: AlertId, event: DeliveryEvent, channels: &[&str]) -> Vec<Enqueued> {
    say_at(database, (alert, event, 0), channels, None, now()).await
}
