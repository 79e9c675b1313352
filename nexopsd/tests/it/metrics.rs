//! Histories over the API, and the view under them.

use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexops_core::error::ErrorCode;
use nexops_core::metric::{Metric, Range, SeriesQuery, SourceSeries, SourceType};
use nexops_core::node::ListNodes;
use nexopsd::db::history::{self, Buckets};
use rstest::rstest;
use uuid::Uuid;

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};

/// A daemon that serves buckets of half a minute.
async fn daemon() -> Daemon {
    Wishes::default().cluster("default", quick_cluster()).variable("NEXOPS_METRICS_INTERVAL", "30s").start().await
}

async fn history(daemon: &Daemon, source: Uuid, query: SeriesQuery) -> SourceSeries {
    daemon.client.metric_series(source, &query).await.unwrap().data
}

/// Takes away what was measured of a metric of a source, and writes other samples in its place.
async fn rewrite(daemon: &Daemon, source: Uuid, metric: Metric, samples: &[(DateTime<Utc>, f64)]) {
    let mut connection = daemon.database.connect().await;
    let series = format!("(SELECT id FROM metric_series WHERE source_id = '{source}' AND metric_name = '{metric}')");
    let delete = format!("DELETE FROM metric_samples WHERE series_id = {series}");
    connection.batch_execute(&delete).await.unwrap();
    for (at, value) in samples {
        let insert = format!("INSERT INTO metric_samples VALUES ({series}, '{}', {value})", at.to_rfc3339());
        connection.batch_execute(&insert).await.unwrap();
    }
}

/// The beginning of the half minute in which a time lies.
fn half_minute(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp().div_euclid(30) * 30, 0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_come_in_buckets_without_holes_and_a_gap_is_null() {
    let daemon = daemon().await;
    let source = daemon.vm(101).await.id.0;
    let bucket = half_minute(Utc::now() - Duration::minutes(50));
    let second = |seconds| bucket + Duration::seconds(seconds);
    let samples = [(second(0), 10.0), (second(29), 30.0), (second(60), 50.0), (second(-7200), 99.0)];
    rewrite(&daemon, source, Metric::CpuUsage, &samples).await;

    let query = SeriesQuery { range: Some(Range::Hour), metric: vec![Metric::CpuUsage], ..SeriesQuery::default() };
    let before = Utc::now();
    let history = history(&daemon, source, query).await;
    assert_eq!((history.source_type, history.source_id, history.range), (SourceType::Vm, source, Some(Range::Hour)));
    let [series] = history.series.as_slice() else { panic!("{history:?}") };
    assert_eq!(
        (series.metric_name, series.unit, series.resolution_seconds),
        (Metric::CpuUsage, Metric::CpuUsage.unit(), 30)
    );
    let points = &series.points;
    assert!(points.windows(2).all(|pair| pair[1].t - pair[0].t == Duration::seconds(30)), "there are holes");
    assert!(points[0].t <= before - Duration::minutes(59) && points[0].t > before - Duration::minutes(61));
    assert!(points[points.len() - 1].t > before - Duration::minutes(1));

    let at = points.iter().position(|point| point.t == bucket).unwrap();
    assert_eq!((points[at].avg, points[at].min, points[at].max), (Some(20.0), Some(10.0), Some(30.0)));
    assert_eq!((points[at + 1].avg, points[at + 1].min, points[at + 1].max), (None, None, None));
    assert_eq!(points[at + 2].avg, Some(50.0));
    assert_eq!(points.iter().filter(|point| point.avg.is_some()).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_collection_adds_one_sample_of_each_known_figure() {
    let daemon = Daemon::new().await;
    for _ in 0..2 {
        daemon.wait_as_if(30).await;
        daemon.collect().await;
    }
    let node = daemon.client.list_nodes(&ListNodes::default()).await.unwrap().data.swap_remove(0);
    let vm = daemon.vm(102).await;
    for (source, source_type, usage) in [(node.id.0, SourceType::Node, node.usage), (vm.id.0, SourceType::Vm, vm.usage)]
    {
        let history = history(&daemon, source, SeriesQuery::default()).await;
        assert_eq!(history.source_type, source_type);
        let known: Vec<Metric> = Metric::ALL.iter().copied().filter(|metric| metric.of(&usage).is_some()).collect();
        let given: Vec<Metric> = history.series.iter().map(|series| series.metric_name).collect();
        assert_eq!(given, known, "{source_type}");
    }
    let mut connection = daemon.database.connect().await;
    let sql =
        format!("SELECT count(*) AS count FROM metrics WHERE source_id = '{}' AND metric_name = 'cpu_usage'", vm.id);
    let row: Count = diesel::sql_query(sql).get_result(&mut connection).await.unwrap();
    assert_eq!(row.count, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_samples_has_no_series() {
    let daemon = Daemon::new().await;
    let history = history(&daemon, daemon.vm(103).await.id.0, SeriesQuery::default()).await;
    assert_eq!(history.series, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_can_be_chosen_one_by_one_and_several_at_a_time() {
    let daemon = Daemon::new().await;
    let vm = daemon.vm(102).await.id;
    let chosen = async |query: &str| -> Vec<String> {
        let answer = Answer::at(&daemon, &format!("/api/v1/metrics/{vm}?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let series = answer.json()["data"]["series"].as_array().cloned().unwrap();
        series.iter().map(|series| series["metric_name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(chosen("metric=memory_usage").await, ["memory_usage"]);
    assert_eq!(chosen("metric=memory_usage&metric=cpu_usage").await, ["cpu_usage", "memory_usage"]);
    assert_eq!(chosen("metric=cpu_usage&metric=cpu_usage").await, ["cpu_usage"]);
}

#[rstest]
#[case(Range::Hour)]
#[case(Range::SixHours)]
#[case(Range::Day)]
#[case(Range::Week)]
#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_covered_with_no_more_points_than_wanted(#[case] range: Range) {
    let daemon = daemon().await;
    let source = daemon.vm(101).await.id.0;
    for max_points in [None, Some(2), Some(10), Some(5000)] {
        let query =
            SeriesQuery { range: Some(range), max_points, metric: vec![Metric::CpuUsage], ..SeriesQuery::default() };
        let before = Utc::now();
        let history = history(&daemon, source, query).await;
        let series = &history.series[0];
        let bucket = Duration::seconds(series.resolution_seconds.into());
        let (first, last) = (series.points[0].t, series.points[series.points.len() - 1].t + bucket);
        assert!(series.points.len() <= max_points.unwrap_or(500) as usize, "{range}: {}", series.points.len());
        assert!(
            first <= before - range.duration() + Duration::seconds(5) && last >= before,
            "{range}: {first} to {last}"
        );
        assert!(series.points.iter().any(|point| point.avg.is_some()), "{range}: the last collection is missing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_of_ones_own_is_covered_and_nothing_beyond_it() {
    let daemon = daemon().await;
    let source = daemon.vm(101).await.id.0;
    let from = half_minute(Utc::now() - Duration::hours(3));
    let minute = |minutes| from + Duration::minutes(minutes);
    rewrite(
        &daemon,
        source,
        Metric::CpuUsage,
        &[(minute(-1), 1.0), (minute(0), 2.0), (minute(9), 3.0), (minute(10), 4.0)],
    )
    .await;
    let query = SeriesQuery {
        from: Some(from),
        to: Some(minute(10)),
        metric: vec![Metric::CpuUsage],
        ..SeriesQuery::default()
    };
    let history = history(&daemon, source, query).await;
    assert_eq!(history.range, None);
    let points = &history.series[0].points;
    assert_eq!((points.len(), points[0].t, points[19].t), (20, from, minute(10) - Duration::seconds(30)));
    assert_eq!(points.iter().filter_map(|point| point.avg).collect::<Vec<_>>(), [2.0, 3.0]);
}

#[rstest]
#[case("range=1h&from=2026-01-01T00:00:00Z", "from")]
#[case("range=1h&to=2026-01-01T00:00:00Z", "to")]
#[case("to=2026-01-01T00:00:00Z", "to")]
#[case("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from")]
#[case("from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from")]
#[case("from=2020-01-01T00:00:00Z&to=2022-01-01T00:00:00Z", "from")]
#[case("from=2999-01-01T00:00:00Z", "from")]
#[case("from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z", "from")]
#[case("from=-200000-01-01T00:00:00Z&to=-200000-01-02T00:00:00Z", "from")]
#[case("from=%2B262142-12-30T00:00:00Z&to=%2B262142-12-31T23:59:59Z", "from")]
#[case("from=2026-01-01", "from")]
#[case("from=2026-01-01T00:00:00", "from")]
#[case("max_points=0", "max_points")]
#[case("max_points=5001", "max_points")]
#[case("range=1h&range=6h", "range")]
#[case("metric=", "metric")]
#[case("colour=blue", "colour")]
#[tokio::test(flavor = "multi_thread")]
async fn a_span_that_cannot_be_given_names_the_field(#[case] query: &str, #[case] field: &str) {
    let daemon = Wishes::default().idle().start().await;
    let answer = Answer::at(&daemon, &format!("/api/v1/metrics/{}?{query}", Uuid::now_v7())).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_REQUEST"), "{}", answer.text);
    assert_eq!(answer.fields(), [field], "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_may_be_given_in_another_zone_and_come_back_in_utc() {
    let daemon = daemon().await;
    let source = daemon.vm(101).await.id;
    let query = "from=2026-01-01T01:00:00%2B01:00&to=2026-01-01T00:01:00Z&metric=cpu_usage";
    let answer = Answer::at(&daemon, &format!("/api/v1/metrics/{source}?{query}")).await;
    let point = &answer.json()["data"]["series"][0]["points"][0];
    assert_eq!(*point, serde_json::json!({"t": "2026-01-01T00:00:00Z", "avg": null, "min": null, "max": null}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_source_is_not_found() {
    let daemon = Daemon::new().await;
    let error = daemon.client.metric_series(Uuid::now_v7(), &SeriesQuery::default()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::NotFound));
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(Debug, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_view_has_exactly_the_columns_that_readers_were_promised() {
    let database = crate::support::database::TestDatabase::new().await;
    let columns: Vec<Column> = diesel::sql_query(
        "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS data_type FROM pg_attribute \
         WHERE attrelid = 'metrics'::regclass AND attnum > 0 ORDER BY attnum",
    )
    .load(&mut database.connect().await)
    .await
    .unwrap();
    let columns: Vec<String> = columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect();
    assert_eq!(
        columns,
        [
            "id uuid",
            "source_type character varying(20)",
            "source_id uuid",
            "metric_name character varying(100)",
            "value double precision",
            "unit character varying(20)",
            "timestamp timestamp with time zone",
        ]
    );
}

#[derive(Debug, PartialEq, QueryableByName)]
struct Sample {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    metric_name: String,
    #[diesel(sql_type = Double)]
    value: f64,
    #[diesel(sql_type = Timestamptz)]
    timestamp: DateTime<Utc>,
}

async fn samples(connection: &mut AsyncPgConnection, order: &str) -> Vec<Sample> {
    let sql = format!("SELECT id, metric_name, value, \"timestamp\" FROM metrics ORDER BY {order}");
    diesel::sql_query(sql).load(connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_sample_always_has_the_same_id_of_its_time_and_no_other_sample_has_it() {
    let daemon = Daemon::new().await;
    daemon.wait_as_if(30).await;
    daemon.collect().await;
    let connection = &mut daemon.database.connect().await;
    let mut all = samples(connection, "id").await;
    assert!(all.len() > 100, "{} samples", all.len());
    for Sample { id, timestamp, .. } in &all {
        assert_eq!(id.get_version_num(), 7);
        let (seconds, nanoseconds) = id.get_timestamp().unwrap().to_unix();
        let millis = i64::try_from(seconds).unwrap() * 1000 + i64::from(nanoseconds / 1_000_000);
        assert_eq!(millis, timestamp.timestamp_millis());
    }
    assert!(all.windows(2).all(|pair| pair[0].id != pair[1].id), "two samples have one id");
    let mut again = samples(connection, "value").await;
    for list in [&mut all, &mut again] {
        list.sort_by_key(|sample| sample.id);
    }
    assert_eq!(all, again);
}

#[derive(Debug, QueryableByName)]
struct Scans {
    #[diesel(sql_type = Bool)]
    analyzed: bool,
    #[diesel(sql_type = BigInt)]
    sequential: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    by_index: Option<i64>,
}

#[derive(QueryableByName)]
struct SeriesId {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = SqlUuid)]
    source_id: Uuid,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_by_index_however_many_samples_a_day_has() {
    let daemon = Daemon::new().await;
    let fill = "INSERT INTO metric_samples SELECT id, date_trunc('day', now(), 'UTC') + n * interval '2 minutes', n \
                    FROM metric_series, generate_series(0, 719) AS n ON CONFLICT DO NOTHING; \
                ANALYZE metric_samples";
    daemon.database.connect().await.batch_execute(fill).await.unwrap();
    let connection = &mut daemon.database.connect().await;
    connection.batch_execute("BEGIN").await.unwrap();
    let sql = "SELECT id, source_id FROM metric_series WHERE metric_name = 'cpu_usage' LIMIT 1";
    let series: SeriesId = diesel::sql_query(sql).get_result(connection).await.unwrap();
    assert!(series.id > 0);

    let now = Utc::now();
    let buckets = Buckets::cut(now - Duration::days(1), now, 500, 30);
    let history = history::read(connection, series.source_id, &[], buckets).await.unwrap();
    assert!(history.iter().any(|series| series.points.iter().any(|point| point.avg.is_some())));
    // What this session has scanned so far, in the partition of the day.
    let scans: Scans = diesel::sql_query(
        "SELECT coalesce(reltuples > 10000, false) AS analyzed, seq_scan AS sequential, idx_scan AS by_index \
         FROM pg_stat_xact_user_tables JOIN pg_class ON pg_class.oid = relid \
         WHERE pg_class.relname = 'metric_samples_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')",
    )
    .get_result(connection)
    .await
    .unwrap();
    assert!(scans.analyzed && scans.sequential == 0 && scans.by_index > Some(0), "{scans:?}");
}
