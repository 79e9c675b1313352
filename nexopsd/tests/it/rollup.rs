//! Rollups: that they say what the samples say, also of samples that come late, and how long everything is kept.

use chrono::{DateTime, Duration, DurationRound, Utc};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use nexops_core::metric::{Metric, Point, SourceType};
use nexopsd::db::history::{self, Buckets};
use nexopsd::db::partition::{self, Kept};
use nexopsd::db::rollup::{self, Resolution};
use nexopsd::db::series::{self, Sample, SeriesIndex, Stored};
use rstest::rstest;
use uuid::Uuid;

use crate::support::database::TestDatabase;

/// A database with one source, and the time that it is.
struct Bench {
    database: TestDatabase,
    conn: AsyncPgConnection,
    source: Uuid,
    now: DateTime<Utc>,
}

impl Bench {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let mut conn = database.connect().await;
        conn.batch_execute("SET TIME ZONE 'UTC'").await.unwrap();
        let now = Utc::now().duration_trunc(Duration::milliseconds(1)).unwrap();
        Self { database, conn, source: Uuid::now_v7(), now }
    }

    fn sample(&self, at: DateTime<Utc>, value: f64) -> Sample {
        Sample { source_id: self.source, source_type: SourceType::Vm, metric: Metric::CpuUsage, at, value }
    }

    async fn insert(&mut self, samples: &[Sample]) -> Stored {
        let mut index = SeriesIndex::default();
        series::insert(&mut self.conn, &mut index, samples, self.now).await.unwrap()
    }

    /// A sample every half minute from so many hours ago until now, in a wave.
    async fn fill(&mut self, hours: i64) {
        let from = (self.now - Duration::hours(hours)).duration_trunc(Duration::hours(1)).unwrap();
        let first = self.sample(self.now, 50.0);
        self.insert(&[first]).await;
        partition::make_room(&mut self.conn, from, self.now + Duration::days(1)).await.unwrap();
        let fill = format!(
            "INSERT INTO metric_samples SELECT id, ts, 50 + 40 * sin(extract(epoch FROM ts) / 1000) \
             FROM metric_series, generate_series('{from}'::timestamptz, '{}', interval '30 s') AS ts \
             ON CONFLICT DO NOTHING; \
             UPDATE metric_rollup_progress SET rolled_until = '{from}'",
            self.now
        );
        self.conn.batch_execute(&fill).await.unwrap();
    }

    async fn roll_up(&mut self) {
        rollup::summarize(&mut self.conn).await.unwrap();
        for &resolution in Resolution::ALL {
            while rollup::advance(&mut self.conn, None, resolution, self.now).await.unwrap().is_some() {}
        }
    }

    async fn history(&mut self, hours: i64, seconds: u32) -> Vec<Point> {
        let buckets = Buckets::cut(self.now - Duration::hours(hours), self.now, u32::MAX, seconds);
        let mut series = history::read(&mut self.conn, self.source, &[], buckets).await.unwrap();
        series.remove(0).points
    }

    async fn number(&self, query: &str) -> i64 {
        self.database.number(query).await
    }
}

fn same(left: &[Point], right: &[Point]) -> bool {
    let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9 * a.abs().max(1.0),
        (a, b) => a == b,
    };
    let equal = |(a, b): (&Point, &Point)| a.t == b.t && close(a.avg, b.avg) && a.min == b.min && a.max == b.max;
    left.len() == right.len() && left.iter().zip(right).all(equal)
}

#[rstest]
#[case::five_minutes(300)]
#[case::half_an_hour(1800)]
#[case::an_hour(3600)]
#[case::three_hours(10_800)]
#[tokio::test(flavor = "multi_thread")]
async fn a_history_from_rollups_is_that_from_samples(#[case] seconds: u32) {
    let mut bench = Bench::new().await;
    bench.fill(30).await;
    let from_samples = bench.history(30, seconds).await;
    bench.roll_up().await;
    let hours = "SELECT count(*) FROM metric_rollups_1h";
    assert!(bench.number(hours).await >= 29, "{}", bench.number(hours).await);
    let mixed = bench.history(30, seconds).await;
    assert!(same(&from_samples, &mixed), "{from_samples:?}\n{mixed:?}");

    // What is rolled up is not asked of the samples any more; the newest piece is.
    let progress = rollup::progress(&mut bench.conn).await.unwrap();
    assert!(progress.five_minutes > bench.now - Duration::minutes(10) && progress.hours <= progress.five_minutes);
    let forget = format!("DELETE FROM metric_samples WHERE ts < '{}'", progress.five_minutes);
    bench.conn.batch_execute(&forget).await.unwrap();
    let without_samples = bench.history(30, seconds).await;
    assert!(same(&from_samples, &without_samples), "{from_samples:?}\n{without_samples:?}");
    assert!(without_samples.last().unwrap().avg.is_some());
    if seconds >= 3600 {
        let forget = format!("DELETE FROM metric_rollups_5m WHERE ts < '{}'", progress.hours);
        bench.conn.batch_execute(&forget).await.unwrap();
        assert!(same(&from_samples, &bench.history(30, seconds).await));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_average_of_hours_weighs_every_sample_alike() {
    let mut bench = Bench::new().await;
    let hour = (bench.now - Duration::hours(3)).duration_trunc(Duration::hours(1)).unwrap();
    bench.now = hour + Duration::minutes(59);
    // One sample in the first five minutes, nine in the next.
    let mut samples = vec![bench.sample(hour, 100.0)];
    samples.extend((0..9).map(|n| bench.sample(hour + Duration::seconds(300 + 30 * n), 0.0)));
    partition::make_room(&mut bench.conn, hour, hour).await.unwrap();
    bench.insert(&samples).await;
    bench.now = hour + Duration::hours(2);
    bench.roll_up().await;
    let buckets = Buckets { from: hour, seconds: 3600, count: 1 };
    let series = history::read(&mut bench.conn, bench.source, &[], buckets).await.unwrap();
    assert_eq!(series[0].points, [Point { t: hour, avg: Some(10.0), min: Some(0.0), max: Some(100.0) }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_that_comes_late_is_rolled_up_all_the_same() {
    let mut bench = Bench::new().await;
    bench.fill(3).await;
    bench.roll_up().await;
    let at = bench.now - Duration::minutes(70) + Duration::seconds(7);
    let late = bench.sample(at, 1234.0);
    assert_eq!(bench.insert(&[late]).await, Stored { samples: 1, refused: 0 });
    let highest = |points: Vec<Point>| points.into_iter().filter_map(|point| point.max).fold(0.0, f64::max);
    assert_eq!(highest(bench.history(3, 300).await), 1234.0, "it is seen at once");
    assert_eq!(highest(bench.history(3, 3600).await), 1234.0, "also in hours");
    let before = bench.number("SELECT count(*) FROM metric_rollups_5m").await;
    bench.roll_up().await;
    assert_eq!(bench.number("SELECT count(*) FROM metric_rollups_5m WHERE max = 1234").await, 1);
    assert_eq!(bench.number("SELECT count(*) FROM metric_rollups_1h WHERE max = 1234").await, 1);
    assert_eq!(bench.number("SELECT count(*) FROM metric_rollups_5m").await, before, "none is there twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_may_be_stored_again_and_are_there_once() {
    let mut bench = Bench::new().await;
    let now = bench.now;
    let samples = [bench.sample(now, 1.0), bench.sample(now - Duration::minutes(5), 2.0)];
    assert_eq!(bench.insert(&samples[..1]).await.samples, 1);
    assert_eq!(bench.insert(&samples[..1]).await.samples, 0);
    assert_eq!(bench.insert(&samples).await.samples, 1);
    assert_eq!(bench.insert(&samples).await.samples, 0);
    assert_eq!(bench.number("SELECT count(*) FROM metric_samples").await, 2);
}

#[rstest]
#[case::from_the_future(61)]
#[case::too_old(-5401)]
#[tokio::test(flavor = "multi_thread")]
async fn a_sample_of_an_impossible_time_is_refused_and_counted(#[case] seconds: i64) {
    let mut bench = Bench::new().await;
    let (now, odd) = (bench.now, bench.now + Duration::seconds(seconds));
    let samples = [bench.sample(odd, 1.0), bench.sample(now, 2.0), bench.sample(now, f64::NAN)];
    assert_eq!(bench.insert(&samples).await, Stored { samples: 1, refused: 2 });
    assert_eq!(bench.number("SELECT count(*) FROM metric_samples WHERE value = 2").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_whose_day_is_over_is_closed_and_keeps_all_it_had() {
    let mut bench = Bench::new().await;
    bench.fill(60).await;
    bench.roll_up().await;
    let sum = "SELECT (sum(value) * 1000)::bigint + count(*) FROM metric_samples";
    let (whole, before) = (bench.number(sum).await, bench.history(60, 300).await);
    let size = |day: DateTime<Utc>| {
        let name = format!("metric_samples_{}", day.format("%Y%m%d"));
        format!("SELECT pg_total_relation_size('{name}') / count(*) FROM {name}")
    };
    let day = bench.now - Duration::days(2);
    let before_bytes = bench.number(&size(day)).await;
    let mut closed = Vec::new();
    while let Some(name) = partition::close_one(&mut bench.conn, bench.now).await.unwrap() {
        closed.push(name);
    }
    assert!(closed.contains(&format!("metric_samples_{}", day.format("%Y%m%d"))), "{closed:?}");
    assert!(closed.contains(&format!("metric_rollups_5m_{}", day.format("%Y%m%d"))), "{closed:?}");
    assert_eq!(bench.number(sum).await, whole);
    assert!(same(&before, &bench.history(60, 300).await));
    assert!(bench.number(&size(day)).await < before_bytes);
    // Whoever changed the clocks can still write there, and the partition can be dropped as any other.
    bench.now = day;
    let sample = bench.sample(day, 7.0);
    assert_eq!(bench.insert(&[sample]).await.samples, 1);
    let now = bench.now + Duration::days(9);
    bench.now = now;
    bench.roll_up().await;
    partition::keep_in_order(&mut bench.conn, now, &Kept { samples: now, five_minutes: now, hours: now })
        .await
        .unwrap();
    assert_eq!(bench.number("SELECT count(*) FROM metric_samples").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_goes_with_its_partition_but_not_before_it_is_rolled_up() {
    let mut bench = Bench::new().await;
    bench.fill(5 * 24).await;
    let now = bench.now;
    let kept = Kept {
        samples: now - Duration::days(2),
        five_minutes: now - Duration::days(4),
        hours: now - Duration::days(365),
    };
    let oldest = "SELECT (extract(epoch FROM now() - min(ts)) / 86400)::bigint FROM";
    let upkeep = partition::keep_in_order(&mut bench.conn, now, &kept).await.unwrap();
    assert_eq!(upkeep.dropped, 0, "nothing is rolled up yet");
    bench.roll_up().await;
    let upkeep = partition::keep_in_order(&mut bench.conn, now, &kept).await.unwrap();
    assert!(upkeep.dropped > 0, "{upkeep:?}");
    assert!(bench.number(&format!("{oldest} metric_samples")).await <= 3);
    assert!(bench.number(&format!("{oldest} metric_rollups_5m")).await <= 5);
    assert!(bench.number(&format!("{oldest} metric_rollups_1h")).await >= 5);
    assert!(bench.history(5 * 24, 3600).await.iter().all(|point| point.avg.is_some()), "the hours tell all of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_forgets_what_is_too_old_with_its_tasks_but_nothing_that_is_under_way() {
    let daemon = crate::support::daemon::Daemon::new().await;
    let task = daemon.act(101, nexops_core::vm::PowerAction::Stop).await;
    daemon.end_of(task.id).await;
    let rows = "INSERT INTO audit_logs (id, actor, action, resource_type, resource_id, outcome, ip_address, timestamp) \
                    SELECT gen_random_uuid(), 'ann', 'vm.stop', 'vm', vm_id, 'succeeded', '::1', now() - n * interval '1 day' \
                    FROM tasks, generate_series(399, 401) AS n; \
                INSERT INTO tasks (id, connection_id, vm_id, vmid, node, action, status, actor, audit_id, started_at, finished_at) \
                    SELECT gen_random_uuid(), connection_id, vm_id, vmid, node, 'stop', \
                        CASE WHEN age = 401 THEN 'running' ELSE 'succeeded' END, 'ann', audit.id, audit.timestamp, \
                        CASE WHEN age < 401 THEN audit.timestamp END \
                    FROM tasks, (SELECT id, timestamp, round(extract(epoch FROM now() - timestamp) / 86400) AS age \
                                 FROM audit_logs WHERE timestamp < now() - interval '1 day') AS audit";
    daemon.database.connect().await.batch_execute(rows).await.unwrap();
    daemon.run(&daemon.app.partitions).await;
    assert_eq!(daemon.app.partitions.health().last_error, None);
    let old = "WHERE timestamp < now() - interval '1 day'";
    assert_eq!(daemon.database.number(&format!("SELECT count(*) FROM audit_logs {old}")).await, 1);
    assert_eq!(daemon.database.number("SELECT count(*) FROM tasks WHERE status = 'running'").await, 1);
    assert_eq!(daemon.database.number("SELECT count(*) FROM tasks").await, 2);
}

/// How the tables of samples and rollups were read in this transaction.
async fn scans(conn: &mut AsyncPgConnection) -> Vec<(String, i64, i64)> {
    use diesel::sql_types::{BigInt, Text};
    use diesel_async::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = BigInt)]
        sequential: i64,
        #[diesel(sql_type = BigInt)]
        by_index: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT relname::text AS name, coalesce(seq_scan, 0) AS sequential, coalesce(idx_scan, 0) AS by_index \
         FROM pg_stat_xact_user_tables WHERE relname LIKE 'metric\\_samples\\_2%' OR relname LIKE 'metric\\_rollups\\_%\\_2%'",
    )
    .load(conn)
    .await
    .unwrap();
    rows.into_iter().map(|row| (row.name, row.sequential, row.by_index)).collect()
}

#[rstest]
#[case::an_hour(1, "metric_samples_")]
#[case::a_day(24, "metric_rollups_5m_")]
#[case::a_week(7 * 24, "metric_rollups_5m_")]
#[case::a_month(30 * 24, "metric_rollups_1h_")]
#[tokio::test(flavor = "multi_thread")]
async fn no_range_reads_a_table_from_end_to_end_nor_samples_that_are_rolled_up(
    #[case] hours: i64,
    #[case] table: &str,
) {
    let mut bench = Bench::new().await;
    // Noon: after midnight the tables of the day are so small for a while that reading all of them is the quicker way.
    bench.now = bench.now.duration_trunc(Duration::days(1)).unwrap() + Duration::hours(12);
    bench.fill(30 * 24).await;
    bench.roll_up().await;
    // Many others, so that reading everything would be the slower way.
    let crowd = format!(
        "INSERT INTO metric_samples SELECT 1000 + n, ts, 1 FROM (SELECT ts FROM metric_samples \
             WHERE ts > timestamptz '{now}' - interval '3 hours') AS times, generate_series(1, 100) AS n; \
         INSERT INTO metric_rollups_5m SELECT 1000 + n, 1, ts, 1, 1, 1 FROM (SELECT ts FROM metric_rollups_5m \
             WHERE ts > timestamptz '{now}' - interval '8 days') AS times, generate_series(1, 30) AS n; \
         INSERT INTO metric_rollups_1h SELECT 1000 + n, 1, ts, 1, 1, 1 FROM (SELECT ts FROM metric_rollups_1h) AS times, \
             generate_series(1, 30) AS n; \
         ANALYZE metric_samples; ANALYZE metric_rollups_5m; ANALYZE metric_rollups_1h",
        now = bench.now,
    );
    bench.conn.batch_execute(&crowd).await.unwrap();
    while partition::close_one(&mut bench.conn, bench.now).await.unwrap().is_some() {}

    // What a session counts begins anew with the session.
    let (now, conn) = (bench.now, &mut bench.database.connect().await);
    let kept = Kept { samples: now - Duration::days(2), five_minutes: now - Duration::days(30), hours: now };
    let from = now - Duration::hours(hours);
    let kept = Kept { five_minutes: kept.five_minutes.min(from), ..kept };
    conn.batch_execute("BEGIN").await.unwrap();
    let buckets = Buckets::cut(from, now, 500, history::finest(from, now, &kept, 30));
    let series = history::read(conn, bench.source, &[], buckets).await.unwrap();
    assert!(series[0].points.iter().all(|point| point.avg.is_some()));
    let scans = scans(conn).await;
    let sequential: Vec<_> = scans.iter().filter(|(_, sequential, _)| *sequential > 0).collect();
    assert!(sequential.is_empty(), "{sequential:?}");
    assert!(scans.iter().any(|(name, _, by_index)| name.starts_with(table) && *by_index > 0), "{scans:?}");
    let touched = scans.iter().filter(|(name, _, by_index)| name.starts_with("metric_samples_") && *by_index > 0);
    assert!(touched.count() <= 2, "only today's, and around midnight yesterday's, are read: {scans:?}");
}
