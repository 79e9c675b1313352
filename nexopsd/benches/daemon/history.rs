//! Histories: 220 sources, half a minute between samples, a week back.

use std::time::Instant;

use chrono::{DateTime, Duration, DurationRound, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nexops_core::client::Client;
use nexops_core::metric::{Range, SeriesQuery};
use nexops_core::vm::ListVms;
use nexopsd::db::partition::{self, Kept};
use nexopsd::db::rollup::{self, Resolution};
use uuid::Uuid;

use crate::report::{Figure, Requests};
use crate::{Site, baseline, requests};

/// With the five nodes these are 220 sources.
const GUESTS: u32 = 215;

/// Everything that depends on how much history there is.
pub async fn measure() -> (Vec<Figure>, Vec<Requests>) {
    let site = Site::start(GUESTS).await;
    let mut conn = AsyncPgConnection::establish(&site.server.url()).await.expect("connect");
    conn.batch_execute("SET TIME ZONE 'UTC'; SET statement_timeout = 0").await.unwrap();
    let now = Utc::now();
    let midnight = now.duration_trunc(Duration::days(1)).unwrap();
    let mut figures = Vec::new();

    eprintln!("bench: a week of 220 sources");
    fill(&mut conn, midnight, now).await;
    let clock = Instant::now();
    rollup::summarize(&mut conn).await.unwrap();
    for &resolution in Resolution::ALL {
        while rollup::advance(&mut conn, None, resolution, now).await.unwrap().is_some() {}
    }
    figures.push(Figure::plain("rolling up three days", clock.elapsed().as_secs_f64() * 1000.0, "ms"));
    figures.push(rolling_up_five_minutes(&mut conn, now).await);

    let day = midnight - Duration::days(1);
    let clock = Instant::now();
    // The day before yesterday is over for certain, yesterday as well half an hour from now.
    while partition::close_one(&mut conn, midnight + Duration::hours(3)).await.unwrap().is_some() {}
    figures.push(Figure::plain("closing two days of samples, seven of rollups", clock.elapsed().as_secs_f64(), "s"));
    let partition = format!("metric_samples_{}", day.format("%Y%m%d"));
    let size = format!("pg_total_relation_size('{partition}')");
    let (bytes, rows) =
        (baseline::number(&site.server.url(), &size).await, baseline::count(&site.server.url(), &partition).await);
    figures.push(Figure::aimed("bytes per stored sample of a closed day", bytes / rows, "bytes", 60.0));
    figures.push(Figure::plain("samples of that day", rows, "rows"));

    let series = every_source(&site.client).await;
    let week = SeriesQuery { range: Some(Range::Week), ..SeriesQuery::default() };
    let day_back = SeriesQuery { range: Some(Range::Day), ..SeriesQuery::default() };
    let hour = SeriesQuery { range: Some(Range::Hour), ..SeriesQuery::default() };
    let mut requested = Vec::new();
    for (what, query, places) in
        [("7 days, one at a time", &week, 1), ("7 days", &week, 8), ("24 hours", &day_back, 8), ("1 hour", &hour, 8)]
    {
        let next = std::sync::atomic::AtomicUsize::new(0);
        let one = requests(&site.client, what, places, async |client| {
            let turn = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            client.metric_series(series[turn % series.len()], query).await.map(|_| ())
        });
        requested.push(one.await);
    }
    figures.push(Figure::aimed("7-day series, p99, one at a time", requested[0].p99_ms, "ms", 10.0));

    let kept = Kept {
        samples: midnight - Duration::hours(1),
        five_minutes: now - Duration::days(30),
        hours: now - Duration::days(365),
    };
    let clock = Instant::now();
    let upkeep = partition::keep_in_order(&mut conn, now, &kept).await.unwrap();
    let took = clock.elapsed().as_secs_f64();
    assert!(upkeep.dropped >= 1, "{upkeep:?}");
    #[expect(clippy::cast_precision_loss, reason = "partitions are few")]
    figures.push(Figure::aimed("retention of one day", took / upkeep.dropped as f64, "s", 0.5));
    site.stop().await;
    (figures, requested)
}

/// Three days of samples, as they come: all series of one moment, then those of the next; before them rollups.
async fn fill(conn: &mut AsyncPgConnection, midnight: DateTime<Utc>, now: DateTime<Utc>) {
    let (first, week) = (midnight - Duration::days(2), midnight - Duration::days(7));
    partition::make_room(conn, week, now + Duration::days(1)).await.unwrap();
    let sql = format!(
        "SET synchronous_commit = off; \
         INSERT INTO metric_samples SELECT id, ts, round((random() * 100)::numeric, 2) \
             FROM generate_series('{first}'::timestamptz, '{now}'::timestamptz - interval '3 minutes', '30 s') AS ts, metric_series \
             ORDER BY ts, id ON CONFLICT DO NOTHING; \
         INSERT INTO metric_rollups_5m SELECT id, 10, ts, 500, random() * 50, 50 + random() * 50 \
             FROM generate_series('{week}'::timestamptz, '{first}'::timestamptz - interval '5 minutes', '5 minutes') AS ts, \
             metric_series ORDER BY ts, id; \
         UPDATE metric_rollup_progress SET rolled_until = '{first}'; \
         UPDATE metric_rollup_progress SET rolled_until = '{week}' WHERE resolution = '1h'; \
         ANALYZE"
    );
    conn.batch_execute(&sql).await.unwrap();
}

/// What the loop does every five minutes, late in the day.
async fn rolling_up_five_minutes(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Figure {
    rollup::reopen(conn, now - Duration::minutes(8)).await.unwrap();
    let clock = Instant::now();
    rollup::summarize(conn).await.unwrap();
    while rollup::advance(conn, None, Resolution::FiveMinutes, now).await.unwrap().is_some() {}
    Figure::plain("rolling up the last five minutes", clock.elapsed().as_secs_f64() * 1000.0, "ms")
}

async fn every_source(client: &Client) -> Vec<Uuid> {
    let all = ListVms { per_page: Some(1000), ..ListVms::default() };
    client.list_vms(&all).await.unwrap().data.into_iter().map(|vm| vm.id.0).collect()
}
