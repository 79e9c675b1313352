//! Everything at a glance: the counts are those of the lists, and the sums those of the clusters.

use nexops_core::node::ListNodes;
use nexops_core::overview::{NodeCounts, Overview};
use nexops_core::vm::VmStatus;
use pve_sim::State;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};

async fn overview(daemon: &Daemon) -> Overview {
    daemon.client.metrics_overview().await.unwrap().data
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_and_nodes_are_counted_by_their_status() {
    let daemon = Daemon::new().await;
    daemon.cluster().set_guest_state(103, State::Paused);
    daemon.collect().await;
    let (overview, vms) = (overview(&daemon).await, daemon.vms().await);
    let with = |status| i64::try_from(vms.iter().filter(|vm| vm.status == status).count()).unwrap();
    let counted = &overview.vms;
    assert_eq!(counted.total, i64::try_from(vms.len()).unwrap());
    assert_eq!(
        [counted.running, counted.stopped, counted.paused, counted.error, counted.unknown],
        [VmStatus::Running, VmStatus::Stopped, VmStatus::Paused, VmStatus::Error, VmStatus::Unknown].map(with)
    );
    assert!(counted.running > 0 && counted.stopped > 0 && counted.paused > 0, "{counted:?}");
    assert_eq!(counted.templates, i64::try_from(vms.iter().filter(|vm| vm.template).count()).unwrap());
    assert_eq!(overview.nodes, NodeCounts { total: 3, online: 3, ..NodeCounts::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn cpu_and_memory_are_those_of_all_nodes_together_by_their_size() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let nodes = daemon.client.list_nodes(&ListNodes::default()).await.unwrap().data;
    let overview = overview(&daemon).await;
    let cores: i64 = nodes.iter().map(|node| i64::from(node.cpu_cores)).sum();
    let used: f64 = nodes.iter().map(|node| node.usage.cpu_usage.unwrap() * f64::from(node.cpu_cores) / 100.0).sum();
    assert_eq!(overview.cpu.total_cores, cores);
    assert!((overview.cpu.used_cores.unwrap() - used).abs() < 0.01, "{:?} {used}", overview.cpu);
    assert_eq!(overview.memory.used_mb, nodes.iter().map(|node| node.usage.memory_used_mb).sum());
    assert_eq!(overview.memory.total_mb, nodes.iter().map(|node| i64::from(node.memory_total_mb)).sum::<i64>());
    assert!(overview.memory.usage.is_some_and(|usage| usage > 0.0 && usage <= 100.0), "{:?}", overview.memory);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_storage_is_counted_once_and_one_that_cannot_be_used_not_at_all() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).idle().start().await;
    let gib = 1_i64 << 30;
    let id = daemon.connection().id;
    let row = |node: &str, name: &str, shared: bool, figures: Option<(i64, i64)>| {
        let (used, total) = figures.map_or(("NULL".to_owned(), "NULL".to_owned()), |(used, total)| {
            ((used * gib).to_string(), (total * gib).to_string())
        });
        format!("('{id}', '{node}', '{name}', {shared}, {}, {used}, {total}, now())", figures.is_some())
    };
    let rows = [
        row("pve1", "local", false, Some((10, 100))),
        row("pve2", "local", false, Some((20, 100))),
        row("pve1", "nas", true, Some((300, 1000))),
        row("pve2", "nas", true, Some((300, 1000))),
        row("pve3", "nas", true, None),
        row("pve3", "local", false, None),
    ];
    daemon.database.execute(&format!("INSERT INTO proxmox_storages VALUES {}", rows.join(", "))).await;
    let disk = overview(&daemon).await.disk;
    assert_eq!((disk.used_gb, disk.total_gb, disk.usage), (Some(330.0), 1200.0, Some(27.5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn storages_are_those_that_the_last_look_showed() {
    let daemon = Daemon::new().await;
    daemon.database.execute("UPDATE proxmox_storages SET node = 'gone' WHERE node = 'pve1'").await;
    daemon.collect().await;
    let shown = daemon.connection().proxmox.cluster_resources().await.unwrap().storages;
    let count = "SELECT count(*) FROM proxmox_storages WHERE node IN ('pve1', 'pve2', 'pve3')";
    assert_eq!(daemon.database.number(count).await, i64::try_from(shown.len()).unwrap());
    assert_eq!(
        daemon.database.number("SELECT count(*) FROM proxmox_storages").await,
        daemon.database.number(count).await
    );
    let disk = overview(&daemon).await.disk;
    assert!(disk.usage.is_some() && disk.total_gb > 0.0, "{disk:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_busiest_guests_come_first_by_the_larger_of_both_figures() {
    let daemon = Daemon::new().await;
    let busy = "UPDATE metric_latest SET cpu_usage = 1, memory_usage = 2 WHERE cpu_usage IS NOT NULL; \
                UPDATE metric_latest SET cpu_usage = 97, memory_usage = NULL \
                    WHERE source_id = (SELECT id FROM vms WHERE vmid = 101); \
                UPDATE metric_latest SET cpu_usage = 3, memory_usage = 99 \
                    WHERE source_id = (SELECT id FROM vms WHERE vmid = 100)";
    for statement in busy.split("; ") {
        daemon.database.execute(statement).await;
    }
    let top = overview(&daemon).await.top_vms;
    assert_eq!(top.len(), 5);
    let first: Vec<_> = top.iter().take(2).map(|guest| (guest.vmid, guest.load, guest.memory_usage)).collect();
    assert_eq!(first, [(100, 99.0, Some(99.0)), (101, 97.0, None)]);
    assert!(top.iter().all(|guest| guest.status != VmStatus::Stopped && !guest.node.is_empty()), "{top:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_was_seen_yet_nothing_is_claimed() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).idle().start().await;
    let answer = daemon.client.metrics_overview().await.unwrap();
    assert_eq!(answer.data, Overview::default());
    assert!(answer.meta.freshness.is_some_and(|freshness| freshness.stale && freshness.observed_at.is_none()));
}
