//! Alert rules evaluated on a real database, on a clock of the test's own.

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncPgConnection;
use nexops_alerting::{Acknowledgement, Change, Setting};
use nexops_core::id::{AlertId, AuditId};
use nexopsd::alerting::{self, Clock};
use nexopsd::db::audit::{Entry, Origin};
use nexopsd::db::evaluation;
use uuid::Uuid;

use crate::support::database::TestDatabase;

const CONNECTION: Uuid = Uuid::from_u128(0xc1);
const NODE: Uuid = Uuid::from_u128(0xa1);
const VM: Uuid = Uuid::from_u128(0xb1);
const RULE: Uuid = Uuid::from_u128(0xd1);

/// A guest on a node, a rule about its CPU and a channel; and a daemon that evaluates when it is told to.
struct Bench {
    database: TestDatabase,
    conn: AsyncPgConnection,
    clock: Clock,
    start: DateTime<Utc>,
}

impl Bench {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let conn = database.connect().await;
        let start = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let bench = Self { database, conn, clock: Clock::default(), start };
        bench
            .execute(&format!(
                "INSERT INTO proxmox_connections (id, name, hosts, username, token_name, created_at, updated_at) \
                     VALUES ('{CONNECTION}', 'default', '{{pve}}', 'u', 't', now(), now()); \
                 INSERT INTO nodes (id, connection_id, hostname, status, proxmox_node_name, created_at, updated_at) \
                     VALUES ('{NODE}', '{CONNECTION}', 'pve1', 'online', 'pve1', now(), now()); \
                 INSERT INTO vms (id, connection_id, node_id, vmid, name, status, type, created_at, updated_at) \
                     VALUES ('{VM}', '{CONNECTION}', '{NODE}', 101, 'web', 'running', 'qemu', now(), now()); \
                 INSERT INTO metric_series (source_type, source_id, metric_name, unit) \
                     VALUES ('vm', '{VM}', 'cpu_usage', 'percent'); \
                 INSERT INTO notification_channels (id, name, kind, settings, enabled, created_at, updated_at) \
                     VALUES ('{channel}', 'hook', 'webhook', '{{}}', true, now(), now()); \
                 INSERT INTO alert_rules (id, name, metric_name, condition, threshold, duration_seconds, severity, \
                     notification_channels, clear_duration_seconds, created_at, updated_at) \
                     VALUES ('{RULE}', 'cpu-high', 'cpu_usage', 'gt', 80, 120, 'warning', '{{hook}}', 0, now(), now())",
                channel = Uuid::from_u128(0xe1)
            ))
            .await;
        bench
    }

    fn at(&self, seconds: i64) -> DateTime<Utc> {
        self.start + TimeDelta::seconds(seconds)
    }

    async fn execute(&self, statements: &str) {
        for statement in statements.split("; ") {
            self.database.execute(statement).await;
        }
    }

    /// Proxmox answers, with a figure of the guest's or without.
    async fn collect(&self, seconds: i64, value: Option<f64>) {
        let at = self.at(seconds).to_rfc3339();
        self.execute(&format!("UPDATE proxmox_connections SET last_success_at = '{at}', collected_at = '{at}'")).await;
        if let Some(value) = value {
            self.execute(&format!(
                "INSERT INTO metric_samples SELECT id, '{at}', {value} FROM metric_series WHERE source_id = '{VM}'"
            ))
            .await;
        }
    }

    async fn evaluate(&mut self, seconds: i64) {
        let setting = Setting { now: self.at(seconds), interval: TimeDelta::seconds(30) };
        let judge = |world: &mut evaluation::World| alerting::judge(world, &self.clock, setting);
        evaluation::evaluate(&mut self.conn, None, TimeDelta::zero(), setting.interval, setting.now, judge)
            .await
            .unwrap();
    }

    /// Collects and evaluates every half minute, from a time on, as many times as there are values.
    async fn watch(&mut self, from: i64, values: &[f64]) {
        for (seconds, value) in (from..).step_by(30).zip(values) {
            self.collect(seconds, Some(*value)).await;
            self.evaluate(seconds).await;
        }
    }

    /// Each alert as `kind status resolution`, in the order of their firing.
    async fn alerts(&self) -> String {
        let columns = "concat_ws(' ', kind, status, resolution)";
        self.database.text(&format!("SELECT string_agg({columns}, ', ' ORDER BY fired_at, kind) FROM alerts")).await
    }

    /// What was put into the outbox, in order.
    async fn messages(&self) -> String {
        let columns = "concat_ws(' ', event, state)";
        let query = format!("SELECT string_agg({columns}, ', ' ORDER BY position) FROM notification_deliveries");
        self.database.text(&query).await
    }

    /// Where the evaluation of the rule stands for the guest; empty when nothing is remembered.
    async fn phase(&self) -> String {
        self.database.text(&format!("SELECT state->'phase'->>'is' FROM alert_states WHERE rule_id = '{RULE}'")).await
    }

    async fn alert(&self) -> AlertId {
        self.database.text("SELECT id FROM alerts ORDER BY fired_at DESC LIMIT 1").await.parse().unwrap()
    }

    async fn act(&mut self, seconds: i64, what: Change<'_>) -> bool {
        let setting = Setting { now: self.at(seconds), interval: TimeDelta::seconds(30) };
        let id = self.alert().await;
        let judge = |world: &evaluation::World, key| alerting::act(world, key, what, setting);
        let origin =
            Origin { actor: "ann".to_owned(), address: "127.0.0.1".parse().unwrap(), request_id: String::new() };
        let entry = Entry {
            id: AuditId::new(),
            origin: &origin,
            action: "alert.resolve",
            resource_type: "alert",
            resource_id: id.0,
            details: serde_json::json!({}),
            at: setting.now,
        };
        evaluation::act(&mut self.conn, id, &entry, judge).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_its_message_and_its_event_appear_together_when_the_duration_is_proven() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0, 85.0, 85.0, 85.0]).await;
    assert_eq!((bench.phase().await.as_str(), bench.alerts().await.as_str()), ("pending", ""));
    bench.watch(120, &[85.0]).await;
    assert_eq!((bench.phase().await.as_str(), bench.alerts().await.as_str()), ("firing", "condition firing"));
    assert_eq!(bench.messages().await, "firing pending");
    assert_eq!(bench.database.text("SELECT title FROM alerts").await, "101 web: cpu_usage is 85 %, > 80 %");
    let events = "SELECT string_agg(data::json->>'status', ' ' ORDER BY id) FROM events WHERE type = 'alert'";
    assert_eq!(bench.database.text(events).await, "firing");
    bench.watch(150, &[85.0, 70.0]).await;
    assert_eq!(bench.alerts().await, "condition resolved recovered");
    assert_eq!(bench.messages().await, "firing cancelled, resolved cancelled", "nobody had heard of it yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_started_anew_for_each_evaluation_fires_at_the_same_time() {
    let mut bench = Bench::new().await;
    for seconds in (0..=120).step_by(30) {
        bench.clock = Clock::default();
        bench.conn = bench.database.connect().await;
        bench.watch(seconds, &[85.0]).await;
    }
    assert_eq!(bench.alerts().await, "condition firing");
    assert_eq!(bench.database.text("SELECT started_at = '2026-01-01Z' FROM alerts").await, "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_daemons_that_evaluate_the_same_raise_one_alert_and_one_message() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0, 85.0, 85.0, 85.0]).await;
    bench.collect(120, Some(85.0)).await;
    let mut others = Vec::new();
    for _ in 0..4 {
        let mut conn = bench.database.connect().await;
        let setting = Setting { now: bench.at(120), interval: TimeDelta::seconds(30) };
        others.push(tokio::spawn(async move {
            let clock = Clock::default();
            let judge = |world: &mut evaluation::World| alerting::judge(world, &clock, setting);
            evaluation::evaluate(&mut conn, None, TimeDelta::zero(), setting.interval, setting.now, judge)
                .await
                .unwrap();
        }));
    }
    for other in others {
        other.await.unwrap();
    }
    assert_eq!(
        (bench.alerts().await.as_str(), bench.messages().await.as_str()),
        ("condition firing", "firing pending")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn time_in_which_nobody_evaluated_proves_nothing() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0, 85.0, 85.0]).await;
    // Four and a half minutes without anybody; the samples of that time are lost.
    bench.watch(330, &[85.0]).await;
    assert_eq!((bench.phase().await.as_str(), bench.alerts().await.as_str()), ("pending", ""));
    bench.watch(360, &[85.0, 85.0]).await;
    assert_eq!(bench.alerts().await, "condition firing");
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_that_were_written_late_but_in_order_are_all_looked_at() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[70.0]).await;
    for seconds in (30..=240).step_by(30) {
        bench.collect(seconds, Some(85.0)).await;
    }
    bench.evaluate(240).await;
    assert_eq!(bench.alerts().await, "condition firing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_changed_while_it_fires_is_judged_anew() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0; 5]).await;
    bench.execute("UPDATE alert_rules SET description = 'call Ann', version = 2").await;
    bench.evaluate(130).await;
    assert_eq!(bench.alerts().await, "condition firing");
    bench.execute("UPDATE alert_rules SET threshold = 90, version = 3").await;
    bench.evaluate(140).await;
    assert_eq!((bench.alerts().await.as_str(), bench.phase().await.as_str()), ("condition resolved rule_changed", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_deleted_while_it_fires_closes_its_alert_and_leaves_it_in_the_history() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0; 5]).await;
    bench.execute("DELETE FROM alert_rules").await;
    bench.evaluate(140).await;
    assert_eq!((bench.alerts().await.as_str(), bench.phase().await.as_str()), ("condition resolved rule_deleted", ""));
    assert_eq!(bench.database.number("SELECT count(*) FROM alert_rules_evaluated").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_is_switched_off_closes_its_alert_after_two_looks() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0; 5]).await;
    bench.execute("UPDATE vms SET status = 'stopped'").await;
    bench.collect(150, None).await;
    bench.evaluate(150).await;
    bench.evaluate(160).await;
    assert_eq!(bench.alerts().await, "condition firing", "one look is not believed, however often it is looked at");
    bench.collect(180, None).await;
    bench.evaluate(180).await;
    assert_eq!(bench.alerts().await, "condition resolved source_stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_is_gone_closes_its_alert() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0; 5]).await;
    bench.execute("UPDATE vms SET gone_at = now()").await;
    bench.evaluate(150).await;
    assert_eq!(
        (bench.alerts().await.as_str(), bench.phase().await.as_str()),
        ("condition resolved source_deleted", "")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_whose_connection_is_disabled_closes_its_alert_though_its_series_remain() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0; 5]).await;
    bench.execute("UPDATE proxmox_connections SET enabled = false").await;
    bench.evaluate(150).await;
    assert_eq!(
        (bench.alerts().await.as_str(), bench.phase().await.as_str()),
        ("condition resolved source_deleted", "")
    );
    assert_eq!(bench.database.number("SELECT count(*) FROM metric_series").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_is_gone_is_not_missed_by_a_rule_that_minds_missing_samples() {
    let mut bench = Bench::new().await;
    bench.execute("UPDATE alert_rules SET on_missing = 'alert'").await;
    bench.watch(0, &[85.0; 5]).await;
    bench.execute("UPDATE vms SET gone_at = now()").await;
    for seconds in (150..=600).step_by(30) {
        bench.collect(seconds, None).await;
        bench.evaluate(seconds).await;
    }
    assert_eq!(bench.alerts().await, "condition resolved source_deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_holds_the_message_and_its_end_sends_it() {
    let mut bench = Bench::new().await;
    let (from, to) = (bench.at(0).to_rfc3339(), bench.at(200).to_rfc3339());
    bench
        .execute(&format!(
            "INSERT INTO silences VALUES ('{RULE}', 'vm', '{VM}', NULL, 'work', 'ann', '{from}', '{to}', '{from}')"
        ))
        .await;
    bench.watch(0, &[85.0; 5]).await;
    assert_eq!((bench.alerts().await.as_str(), bench.messages().await.as_str()), ("condition firing", ""));
    assert_eq!(bench.database.text("SELECT silenced FROM alerts").await, "true");
    bench.evaluate(200).await;
    assert_eq!(bench.messages().await, "firing pending");
    assert_eq!(bench.database.text("SELECT silenced FROM alerts").await, "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_the_guest_holds_the_message() {
    let mut bench = Bench::new().await;
    bench.execute("UPDATE vms SET locked = 'backup'").await;
    bench.watch(0, &[85.0; 6]).await;
    assert_eq!((bench.alerts().await.as_str(), bench.messages().await.as_str()), ("condition firing", ""));
    bench.execute("UPDATE vms SET locked = NULL").await;
    bench.evaluate(180).await;
    assert_eq!(bench.messages().await, "firing pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_offline_is_one_alert_and_explains_its_guests() {
    let mut bench = Bench::new().await;
    bench.execute("UPDATE nodes SET status = 'offline'").await;
    bench.watch(0, &[85.0; 5]).await;
    assert_eq!(bench.alerts().await, "node_offline firing, condition firing");
    assert_eq!(bench.messages().await, "firing pending");
    assert_eq!(bench.database.text("SELECT inhibited FROM alerts WHERE kind = 'condition'").await, "true");
    let facts = "SELECT facts->>'affected_guests' FROM notification_deliveries";
    assert_eq!(bench.database.text(facts).await, "1");
    bench.execute("UPDATE nodes SET status = 'online'").await;
    bench.watch(150, &[85.0, 85.0, 85.0, 85.0]).await;
    let guest = "SELECT count(*) FROM notification_deliveries WHERE facts->>'source_type' = 'vm'";
    assert_eq!(bench.database.number(guest).await, 0, "the node is back only just now");
    bench.watch(270, &[85.0]).await;
    assert_eq!(bench.database.number(guest).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_answer_is_an_alert_and_says_nothing_of_its_guests() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0; 5]).await;
    bench
        .execute("UPDATE proxmox_connections SET last_error = 'no answer', last_error_code = 'PROXMOX_UNREACHABLE'")
        .await;
    bench.execute("UPDATE vms SET status = 'stopped'").await;
    for seconds in (150..=270).step_by(30) {
        bench.evaluate(seconds).await;
    }
    assert_eq!(bench.alerts().await, "condition firing, remote_unreachable firing");
    assert_eq!(bench.database.text("SELECT stale FROM alerts WHERE kind = 'condition'").await, "true");
    bench.execute("UPDATE proxmox_connections SET last_error = NULL, last_error_code = NULL").await;
    bench.execute("UPDATE vms SET status = 'running'").await;
    bench.watch(300, &[85.0, 85.0, 85.0]).await;
    assert_eq!(bench.alerts().await, "condition firing, remote_unreachable resolved recovered");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_acknowledged_once_and_closed_by_hand() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0; 5]).await;
    let note = Some("on it".to_owned());
    let by = Acknowledgement { at: bench.at(130), by: "ann".to_owned(), note };
    assert!(bench.act(130, Change::Acknowledged(&by)).await);
    let seen = "SELECT concat_ws(' ', status, acknowledged_by, note) FROM alerts";
    assert_eq!(bench.database.text(seen).await, "acknowledged ann on it");
    bench.watch(150, &[85.0]).await;
    assert_eq!(bench.database.text(seen).await, "acknowledged ann on it");
    assert!(bench.act(160, Change::Closed { note: Some("rebooted") }).await);
    assert_eq!(bench.database.text(seen).await, "resolved ann rebooted");
    assert!(!bench.act(170, Change::Closed { note: None }).await, "it is over already");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_samples_are_an_alert_where_the_rule_wants_it_though_idle_states_are_not_stored() {
    let mut bench = Bench::new().await;
    bench.execute("UPDATE alert_rules SET on_missing = 'alert'").await;
    bench.watch(0, &[70.0, 70.0, 70.0]).await;
    assert_eq!(bench.database.number("SELECT count(*) FROM alert_states").await, 0);
    for seconds in (90..=270).step_by(30) {
        bench.collect(seconds, None).await;
        bench.evaluate(seconds).await;
    }
    assert_eq!(bench.alerts().await, "no_data firing");
    bench.watch(300, &[70.0]).await;
    assert_eq!(bench.alerts().await, "no_data resolved recovered");
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_ahead_of_the_clock_are_not_believed_and_hide_nothing() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[70.0]).await;
    let ahead = bench.at(600).to_rfc3339();
    bench.execute(&format!("INSERT INTO metric_samples SELECT id, '{ahead}', 99 FROM metric_series")).await;
    bench.watch(30, &[85.0; 5]).await;
    assert_eq!(bench.alerts().await, "condition firing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_by_an_hour_neither_stops_nor_fires_anything() {
    let mut bench = Bench::new().await;
    bench.watch(0, &[85.0, 85.0, 85.0]).await;
    // Both daemons on the machine see it; what is remembered is moved along once.
    let back = TimeDelta::hours(-1);
    bench.collect(90 - 3600, Some(85.0)).await;
    for _ in 0..2 {
        let setting = Setting { now: bench.at(90 - 3600), interval: TimeDelta::seconds(30) };
        let judge = |world: &mut evaluation::World| alerting::judge(world, &bench.clock, setting);
        evaluation::evaluate(&mut bench.conn, None, back, setting.interval, setting.now, judge).await.unwrap();
    }
    assert_eq!((bench.phase().await.as_str(), bench.alerts().await.as_str()), ("pending", ""));
    bench.watch(120 - 3600, &[85.0]).await;
    assert_eq!(bench.alerts().await, "condition firing");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_rules_for_a_thousand_guests_are_judged_in_one_run() {
    let mut bench = Bench::new().await;
    bench
        .execute(&format!(
            "INSERT INTO vms (id, connection_id, node_id, vmid, name, status, type, created_at, updated_at) \
                 SELECT gen_random_uuid(), '{CONNECTION}', '{NODE}', 1000 + number, 'guest ' || number, 'running', 'qemu', \
                     now(), now() FROM generate_series(1, 999) AS number; \
             INSERT INTO metric_series (source_type, source_id, metric_name, unit) \
                 SELECT 'vm', vms.id, metric, 'percent' FROM vms, unnest('{{cpu_usage,memory_usage,disk_usage}}'::text[]) \
                     AS metric ON CONFLICT DO NOTHING; \
             INSERT INTO alert_rules (id, name, metric_name, condition, threshold, duration_seconds, severity, created_at, \
                 updated_at) \
                 SELECT gen_random_uuid(), 'rule ' || number, \
                     ('{{cpu_usage,memory_usage,disk_usage}}'::text[])[1 + number % 3], 'gt', 89 + number % 10, 120, \
                     'warning', now(), now() FROM generate_series(1, 49) AS number"
        ))
        .await;
    for seconds in (0..=180).step_by(30) {
        let at = bench.at(seconds).to_rfc3339();
        bench
            .execute(&format!(
                "UPDATE proxmox_connections SET last_success_at = '{at}', collected_at = '{at}'; \
                 INSERT INTO metric_samples SELECT id, '{at}', id % 100 FROM metric_series"
            ))
            .await;
        bench.evaluate(seconds).await;
    }
    let expected = bench
        .database
        .number(
            "SELECT count(*) FROM alert_rules AS rule JOIN metric_series AS series USING (metric_name) \
             WHERE series.id % 100 > rule.threshold",
        )
        .await;
    assert!(expected > 1000, "{expected}");
    assert_eq!(bench.database.number("SELECT count(*) FROM alerts WHERE status = 'firing'").await, expected);
}
