//! Alert rules: fifty for each of a thousand guests, evaluated as the loop does it, on a clock of the benchmark's own.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nexops_alerting::Setting;
use nexopsd::alerting::{self, Clock};
use nexopsd::db::evaluation::{self, World};

use crate::Site;
use crate::report::Figure;

const GUESTS: u32 = 1000;
/// Evaluations whose median counts. Before them come those in which alerts fire.
const TICKS: usize = 9;
const FIRING: usize = 4;
const INTERVAL: TimeDelta = TimeDelta::seconds(30);

/// What a tick takes when nothing fires, and when a tenth of the guests are beyond their thresholds.
pub async fn measure() -> Vec<Figure> {
    eprintln!("bench: 50 rules for {GUESTS} guests");
    let site = Site::start(GUESTS).await;
    let url = site.server.url();
    drop(site.daemon);
    let mut conn = AsyncPgConnection::establish(&url).await.expect("connect");
    conn.batch_execute("SET TIME ZONE 'UTC'; SET statement_timeout = 0").await.unwrap();
    conn.batch_execute(RULES).await.unwrap();
    let mut figures = Vec::new();
    let mut now = Utc::now();
    for (what, highest) in [("all idle", 70.0), ("a tenth pending or firing", 96.0)] {
        let mut took = Vec::with_capacity(TICKS);
        for tick in 0..FIRING + TICKS {
            now += INTERVAL;
            collect(&mut conn, now, highest).await;
            let clock = Instant::now();
            evaluate(&mut conn, now).await;
            if tick >= FIRING {
                took.push(clock.elapsed().as_secs_f64() * 1000.0);
            }
        }
        took.sort_by(f64::total_cmp);
        let what = format!("evaluation of 50 rules for {GUESTS} guests, {what}");
        figures.push(Figure::aimed(what, took[TICKS / 2], "ms", 100.0));
    }
    drop(conn);
    site.server.stop().await.unwrap();
    figures
}

/// Every guest has three of the metrics; each of the rules asks for one of them, of all guests.
const RULES: &str = "\
INSERT INTO alert_rules (id, name, metric_name, condition, threshold, duration_seconds, severity, created_at, updated_at) \
SELECT gen_random_uuid(), 'rule ' || number, ('{cpu_usage,memory_usage,network_in}'::text[])[1 + number % 3], 'gt', \
       86 + number % 5, 60, 'warning', now(), now() FROM generate_series(1, 50) AS number";

/// Every series gets a figure, below 70 but for every tenth, which has the highest.
async fn collect(conn: &mut AsyncPgConnection, now: DateTime<Utc>, highest: f64) {
    let at = now.to_rfc3339();
    conn.batch_execute(&format!(
        "UPDATE proxmox_connections SET last_success_at = '{at}', collected_at = '{at}'; \
         INSERT INTO metric_samples \
             SELECT id, '{at}', CASE WHEN id % 10 = 0 THEN {highest} ELSE random() * 70 END FROM metric_series"
    ))
    .await
    .unwrap();
}

async fn evaluate(conn: &mut AsyncPgConnection, now: DateTime<Utc>) {
    let clock = Clock::default();
    let setting = Setting { now, interval: INTERVAL };
    let judge = |world: &mut World| alerting::judge(world, &clock, setting);
    evaluation::evaluate(conn, None, TimeDelta::zero(), INTERVAL, now, judge).await.unwrap();
}
