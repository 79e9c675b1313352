//! Collections: what they ask, what they store, and what they leave alone.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use nexops_core::metric::{Metric, SeriesQuery};
use nexops_core::node::ListNodes;
use nexops_core::vm::{Vm, VmStatus, VmType};
use pve_sim::State;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::wait_until;

/// Collects until a guest's figures are others than those seen at this time.
async fn collect_beyond(daemon: &Daemon, vmid: i32, seen: Option<DateTime<Utc>>) -> Vm {
    wait_until("there are newer figures", async || {
        daemon.collect().await;
        daemon.vm(vmid).await.usage.observed_at > seen
    })
    .await;
    daemon.vm(vmid).await
}

async fn stored(daemon: &Daemon) -> i64 {
    daemon.database.number("SELECT count(*) FROM metric_samples").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_one_question_and_no_more() {
    let daemon = Daemon::new().await;
    daemon.sync().await;
    daemon.sync().await;
    daemon.cluster().clear_requests();
    for _ in 0..3 {
        daemon.collect().await;
    }
    let mut asked: Vec<String> = daemon.cluster().requests().into_iter().map(|seen| seen.path).collect();
    // The loop that looks into guests has its own time.
    asked.retain(|path| !path.contains("/agent/") && !path.ends_with("/interfaces"));
    assert_eq!(asked, ["/cluster/resources"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_of_a_collection_share_their_time_and_none_is_there_twice() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let times = "SELECT count(DISTINCT ts) FROM metric_samples";
    let before = daemon.database.number(times).await;
    let seen = daemon.vm(101).await.usage.observed_at;
    let mut runs = 0;
    wait_until("there are newer figures", async || {
        daemon.collect().await;
        runs += 1;
        daemon.vm(101).await.usage.observed_at > seen
    })
    .await;
    let after = daemon.database.number(times).await;
    assert!(after > before && after <= before + runs, "{before} {after} {runs}");
    let series = "SELECT count(*) FROM (SELECT DISTINCT series_id, ts FROM metric_samples) AS key";
    assert_eq!(daemon.database.number(series).await, stored(&daemon).await);
    let doubled = "SELECT count(*) FROM (SELECT source_id, metric_name FROM metric_series \
                   GROUP BY 1, 2 HAVING count(*) > 1) AS doubled";
    assert_eq!(daemon.database.number(doubled).await, 0);
    let homeless = "SELECT count(*) FROM metric_samples_default";
    assert_eq!(daemon.database.number(homeless).await, 0);
    let absurd = "SELECT count(*) FROM metrics WHERE value < 0 OR (unit = 'percent' AND value > 100)";
    assert_eq!(daemon.database.number(absurd).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_come_with_the_second_reading_and_not_across_a_restart() {
    let daemon = Daemon::new().await;
    let vm = collect_beyond(&daemon, 101, None).await;
    assert!(vm.usage.cpu_usage.is_some());
    let first = vm.usage.network_in;
    let vm = collect_beyond(&daemon, 101, vm.usage.observed_at).await;
    // The daemon's own first collection may have been followed by a second one already.
    assert!(first.is_none_or(|rate| rate >= 0.0));
    let (received, sent) = (vm.usage.network_in.unwrap(), vm.usage.network_out.unwrap());
    assert!(received > 0.0 && sent > 0.0 && received < 1e9 && sent < 1e9, "{vm:?}");

    daemon.cluster().set_guest_state(101, State::Stopped);
    daemon.cluster().set_guest_state(101, State::Running);
    let vm = collect_beyond(&daemon, 101, vm.usage.observed_at).await;
    assert!(vm.usage.uptime_seconds.unwrap() < 60, "{vm:?}");
    assert_eq!((vm.usage.network_in, vm.usage.network_out), (None, None), "{vm:?}");
    let vm = collect_beyond(&daemon, 101, vm.usage.observed_at).await;
    assert!(vm.usage.network_in.is_some(), "{vm:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_guest_has_no_figures_and_gets_no_samples() {
    let daemon = Daemon::new().await;
    daemon.cluster().set_guest_state(101, State::Stopped);
    daemon.collect().await;
    let samples = stored(&daemon).await;
    let guests = daemon.vms().await;
    let stopped: Vec<&Vm> = guests.iter().filter(|vm| vm.status == VmStatus::Stopped).collect();
    assert!(stopped.len() >= 3);
    for vm in &stopped {
        let usage = &vm.usage;
        assert!(Metric::ALL.iter().all(|metric| metric.of(usage).is_none()), "{vm:?}");
        assert_eq!((usage.uptime_seconds, usage.memory_used_mb, usage.disk_used_gb), (None, None, None), "{vm:?}");
        assert!(usage.observed_at.is_some() && !usage.stale, "{vm:?}");
    }
    let ids: Vec<String> = stopped.iter().map(|vm| format!("'{}'", vm.id)).collect();
    let of_stopped = format!("SELECT count(*) FROM metrics WHERE source_id IN ({})", ids.join(","));
    let before = daemon.database.number(&of_stopped).await;
    daemon.collect().await;
    assert_eq!(daemon.database.number(&of_stopped).await, before);
    assert!(stored(&daemon).await >= samples);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_that_stand_still_are_stored_once_and_grow_old() {
    let frozen = pve_sim::Config { stat_interval: Duration::from_secs(3600), ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", frozen).start().await;
    daemon.collect().await;
    let samples = stored(&daemon).await;
    let observed = async || -> HashMap<String, Option<DateTime<Utc>>> {
        let guests = daemon.vms().await.into_iter().filter(|vm| vm.status == VmStatus::Running);
        let nodes = daemon.client.list_nodes(&ListNodes::default()).await.unwrap().data.into_iter();
        let guests = guests.map(|vm| (vm.name, vm.usage.observed_at));
        guests.chain(nodes.map(|node| (node.hostname, node.usage.observed_at))).collect()
    };
    let before = observed().await;
    for _ in 0..3 {
        daemon.collect().await;
    }
    assert_eq!(stored(&daemon).await, samples);
    assert_eq!(observed().await, before);
    wait_until("the figures have moved", async || {
        daemon.cluster().refresh_statistics();
        daemon.collect().await;
        observed().await.iter().all(|(name, at)| *at > before[name])
    })
    .await;
    assert!(stored(&daemon).await > samples);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_shown_as_proxmox_means_them() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    for vm in daemon.vms().await {
        let facts = daemon.cluster().guest(vm.vmid.unsigned_abs()).unwrap();
        assert_eq!(i64::from(vm.memory_mb), i64::try_from(facts.max_memory_bytes >> 20).unwrap(), "{vm:?}");
        assert!((vm.cpu_cores - facts.cpus).abs() < 1e-9, "{vm:?}");
        assert_eq!((&vm.node, vm.template, &vm.locked), (&facts.node, facts.template, &facts.lock), "{vm:?}");
        if facts.state == State::Running {
            // Proxmox does not know how full a virtual machine's disks are.
            assert_eq!(vm.usage.disk_usage.is_some(), vm.kind == VmType::Lxc, "{vm:?}");
        }
    }
    let paused = daemon.vm(104).await;
    assert_eq!((paused.status, paused.usage.cpu_usage), (VmStatus::Paused, Some(0.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_holds_what_was_collected() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let vm = daemon.vm(102).await;
    let history = daemon.client.metric_series(vm.id.0, &SeriesQuery::default()).await.unwrap().data;
    for metric in [Metric::CpuUsage, Metric::MemoryUsage, Metric::DiskUsage] {
        let series = history.series.iter().find(|series| series.metric_name == metric).unwrap();
        let points: Vec<f64> = series.points.iter().filter_map(|point| point.max).collect();
        assert!(!points.is_empty() && points.iter().all(|value| (0.0..=100.0).contains(value)), "{series:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_figures_are_collected_before_the_answer() {
    let daemon = Daemon::new().await;
    let seen = collect_beyond(&daemon, 101, None).await.usage.observed_at;
    wait_until("fresh figures come", async || {
        let fresh = nexops_core::vm::UsageQuery { fresh: true };
        daemon.client.vm_usage(101, &fresh).await.unwrap().data.observed_at > seen
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_guests_are_collected_in_one_go() {
    let cluster = pve_sim::Config { nodes: 5, guests: 500, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    daemon.collect().await;
    assert_eq!(daemon.vms().await.len(), 500);
    let running = daemon.vms().await.iter().filter(|vm| vm.status == VmStatus::Running).count();
    let sources =
        daemon.database.number("SELECT count(DISTINCT source_id) FROM metrics WHERE source_type = 'vm'").await;
    assert!(usize::try_from(sources).unwrap() >= running);
}

#[tokio::test(flavor = "multi_thread")]
async fn series_that_were_numbered_in_vain_are_numbered_again() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).start().await;
    let samples = "SELECT count(*) FROM metrics";
    daemon.cluster().add_guest(pve_sim::NewGuest {
        vmid: 900,
        node: "pve1".to_owned(),
        kind: pve_sim::GuestKind::Qemu,
        name: "late".to_owned(),
        state: pve_sim::State::Running,
    });
    // The transaction that numbers the new guest's series fails after it has done so.
    daemon
        .database
        .execute("ALTER TABLE proxmox_connections ADD CONSTRAINT never CHECK (last_success_at IS NULL) NOT VALID")
        .await;
    daemon.run(&daemon.connection().collect).await;
    assert!(daemon.connection().collect.health().last_error.is_some());
    daemon.database.execute("ALTER TABLE proxmox_connections DROP CONSTRAINT never").await;
    let before = daemon.database.number(samples).await;
    daemon.wait_as_if(30).await;
    daemon.run(&daemon.connection().collect).await;
    let orphans = "SELECT count(*) FROM metric_samples WHERE series_id NOT IN (SELECT id FROM metric_series)";
    assert_eq!(daemon.database.number(orphans).await, 0);
    assert!(daemon.database.number(samples).await > before);
    let late = "SELECT count(*) FROM metrics JOIN vms ON vms.id = source_id WHERE vmid = 900";
    assert!(daemon.database.number(late).await > 0);
}
