//! What was measured while the database was away, and what was missed while the daemon was: both end up in the history.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use nexops_core::error::ErrorCode;
use nexops_core::vm::ListVms;
use nexopsd::postgres::PrivatePostgres;
use pve_sim::PveVersion;
use rstest::rstest;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::database::TestDatabase;
use crate::support::wait_until;

const DOUBLED: &str =
    "SELECT count(*) FROM (SELECT series_id, ts FROM metric_samples GROUP BY 1, 2 HAVING count(*) > 1) AS doubled";

async fn waiting(daemon: &Daemon) -> usize {
    daemon.connection().looking.lock().await.backlog.samples()
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_wait_in_memory_for_a_database_that_was_stopped_and_are_written_once_each() {
    // PostgreSQL's own account has to get in.
    let directory = tempfile::Builder::new().prefix("nexops-test-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let data = directory.path().join("data");
    let server = PrivatePostgres::start(&data).await.unwrap();
    let database = Arc::new(TestDatabase::on(&server.url()).await);
    let daemon = Wishes::default().cluster("default", quick_cluster()).start_on(database).await;
    daemon.collect().await;
    let collect = &daemon.connection().collect;
    let before = daemon.database.number("SELECT count(*) FROM metric_samples").await;
    let last: DateTime<Utc> =
        daemon.database.text("SELECT to_json(max(ts)) #>> '{}' FROM metric_samples").await.parse().unwrap();

    server.stop().await.unwrap();
    for round in 0..3 {
        let known = waiting(&daemon).await;
        wait_until("another collection waits", async || {
            daemon.run(collect).await;
            waiting(&daemon).await > known
        })
        .await;
        let error = daemon.client.list_vms(&ListVms::default()).await.unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::DatabaseUnavailable), "round {round}: {error}");
    }
    assert!(collect.health().last_error.is_some());
    let waited = waiting(&daemon).await;

    let server = PrivatePostgres::start(&data).await.unwrap();
    wait_until("what waited is written", async || {
        daemon.run(collect).await;
        waiting(&daemon).await == 0
    })
    .await;
    let report = collect.health();
    assert_eq!(report.last_error, None);
    let newest = report.last_report["samples"].as_u64().unwrap();
    let stored = daemon.database.number("SELECT count(*) FROM metric_samples").await;
    let waited = i64::try_from(waited).unwrap();
    // A run of the loop's own may have come between.
    assert!(stored >= before + waited + i64::try_from(newest).unwrap(), "{before} {waited} {newest} {stored}");
    let times = format!("SELECT count(DISTINCT ts) FROM metric_samples WHERE ts > '{last}'");
    assert!(daemon.database.number(&times).await >= 3, "each of the three that waited");
    // Figures are new only when the guests have run for another second.
    wait_until("figures of after the outage are there too", async || {
        daemon.run(collect).await;
        daemon.database.number(&times).await >= 4
    })
    .await;
    assert_eq!(daemon.database.number(DOUBLED).await, 0);
    // Rates go on across the outage.
    let rates = format!(
        "SELECT count(DISTINCT \"timestamp\") FROM metrics WHERE metric_name = 'network_in' AND \"timestamp\" > '{last}'"
    );
    assert!(daemon.database.number(&rates).await >= 4);
    drop(daemon.stop().await);
    server.stop().await.unwrap();
}

/// A daemon that was away for ten minutes and has just looked again.
async fn after_ten_minutes(version: PveVersion, skew_seconds: i32) -> Daemon {
    let cluster = pve_sim::Config { version, ..quick_cluster() };
    let wishes = Wishes::default().cluster("default", cluster).variable("NEXOPS_METRICS_INTERVAL", "30s");
    let daemon = wishes.start().await;
    daemon.cluster().set_clock_skew(skew_seconds);
    daemon.wait_as_if(600).await;
    daemon.restart_after_kill().await
}

async fn times(daemon: &Daemon, metric: &str) -> Vec<DateTime<Utc>> {
    let list = daemon
        .database
        .text(&format!(
            "SELECT string_agg(to_json(\"timestamp\") #>> '{{}}', ' ' ORDER BY \"timestamp\") FROM metrics \
             JOIN vms ON vms.id = source_id AND vmid = 101 WHERE metric_name = '{metric}'"
        ))
        .await;
    list.split_whitespace().map(|time| time.parse().unwrap()).collect()
}

#[rstest]
#[case::from_the_memory_of_the_nodes(PveVersion::V9_1, 18..=22, 45)]
#[case::likewise(PveVersion::V8_4, 18..=22, 45)]
#[case::from_the_databases(PveVersion::V7_4, 8..=12, 95)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_filled_from_the_history_of_proxmox(
    #[case] version: PveVersion,
    #[case] expected: std::ops::RangeInclusive<usize>,
    #[case] longest_seconds: i64,
) {
    let daemon = after_ten_minutes(version, 0).await;
    let (cpu, network) = (times(&daemon, "cpu_usage").await, times(&daemon, "network_in").await);
    assert!(expected.contains(&cpu.len()), "{cpu:?}");
    let longest = cpu.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest <= Duration::seconds(longest_seconds), "{cpu:?}");
    assert!(network.len() + 3 >= cpu.len(), "{network:?}");
    let absurd = "SELECT count(*) FROM metrics WHERE value < 0 OR value > 1e9 OR (unit = 'percent' AND value > 100)";
    assert_eq!(daemon.database.number(absurd).await, 0);
    assert_eq!(daemon.database.number(DOUBLED).await, 0);
    let missed = "\"timestamp\" BETWEEN now() - interval '8 minutes' AND now() - interval '2 minutes'";
    let nodes = format!("SELECT count(DISTINCT source_id) FROM metrics WHERE source_type = 'node' AND {missed}");
    assert_eq!(daemon.database.number(&nodes).await, 3);
    // What guest agents told before and after the gap stays; Proxmox's history has nothing of it.
    let disks = format!(
        "SELECT count(*) FROM metrics JOIN vms ON vms.id = source_id AND vms.type = 'qemu' \
         WHERE metric_name = 'disk_usage' AND {missed}"
    );
    assert_eq!(daemon.database.number(&disks).await, 0, "Proxmox's history tells nothing of virtual machines' disks");

    // The same gap once more adds nothing, but perhaps at its end, which has moved.
    let filled = "SELECT count(*) FROM metric_samples WHERE ts < now() - interval '1 minute'";
    let stored = daemon.database.number(filled).await;
    daemon.database.execute("UPDATE proxmox_connections SET collected_at = collected_at - interval '10 minutes'").await;
    daemon.connection().looking.lock().await.collected_at = None;
    daemon.collect().await;
    let again = daemon.database.number(filled).await;
    let one_collection = daemon.database.number("SELECT count(*) FROM metric_series").await;
    assert!(again <= stored + one_collection, "{stored} {again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_nodes_whose_clock_is_ahead_is_refused_and_counted() {
    let daemon = after_ten_minutes(PveVersion::V9_1, 600).await;
    let report = daemon.connection().collect.health().last_report;
    assert!(report["refused_samples"].as_u64() > Some(0), "{report}");
    assert_eq!(report["filled_samples"], 0);
    assert_eq!(daemon.database.number("SELECT count(*) FROM metric_samples WHERE ts > now()").await, 0);
    // What is measured from now on is taken all the same.
    assert!(report["samples"].as_u64() > Some(0), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_gap_nothing_is_asked() {
    let wishes = Wishes::default().cluster("default", quick_cluster()).variable("NEXOPS_METRICS_INTERVAL", "30s");
    let daemon = wishes.start().await;
    daemon.wait_as_if(60).await;
    daemon.cluster().clear_requests();
    let daemon = daemon.restart_after_kill().await;
    daemon.collect().await;
    let asked = daemon.cluster().requests().into_iter().map(|seen| seen.path);
    assert_eq!(asked.filter(|path| path.contains("export") || path.contains("rrddata")).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_cannot_be_had_does_not_keep_the_present_out() {
    let cluster = quick_cluster();
    let wishes = Wishes::default().cluster("default", cluster).variable("NEXOPS_METRICS_INTERVAL", "30s");
    let daemon = wishes.start().await;
    daemon.cluster().inject(pve_sim::Fault::new("/cluster/metrics", pve_sim::FaultKind::Garbage));
    daemon.wait_as_if(600).await;
    let daemon = daemon.restart_after_kill().await;
    let health = daemon.connection().collect.health();
    assert_eq!(health.last_error, None);
    assert!(health.last_report["samples"].as_u64() > Some(0), "{:?}", health.last_report);
}
