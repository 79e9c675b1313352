//! What is known of nodes and guests follows what Proxmox shows, and no faster than it may be believed.

use std::collections::BTreeMap;

use chrono::Duration;
use nexops_core::error::ErrorCode;
use nexops_core::id::VmId;
use nexops_core::node::{ListNodes, NodeStatus};
use nexops_core::system::ConnectionStatus;
use nexops_core::vm::{PowerAction, Vm, VmStatus, VmType};
use nexopsd::db::vm::record::{self, ConfirmedState, Sighting};
use nexopsd::inventory;
use pve_sim::{Fault, FaultKind, GuestKind, NewGuest, Privileges, State};
use rstest::rstest;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::wait_until;

fn guest(vmid: u32, kind: GuestKind, name: &str) -> NewGuest {
    NewGuest { vmid, node: "pve1".to_owned(), kind, name: name.to_owned(), state: State::Running }
}

async fn listed(daemon: &Daemon, vmid: i32) -> Option<Vm> {
    daemon.vms().await.into_iter().find(|vm| vm.vmid == vmid)
}

/// What must not change when nothing changed.
async fn identities(daemon: &Daemon) -> BTreeMap<i32, (VmId, String, bool, i32, String)> {
    let guests = daemon.vms().await.into_iter();
    guests.map(|vm| (vm.vmid, (vm.id, vm.name, vm.template, vm.memory_mb, vm.node))).collect()
}

async fn statuses(daemon: &Daemon) -> BTreeMap<i32, VmStatus> {
    daemon.vms().await.into_iter().map(|vm| (vm.vmid, vm.status)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_guest_appears_with_the_next_collection_and_its_configuration_soon_after() {
    let daemon = Daemon::new().await;
    assert!(daemon.cluster().add_guest(guest(300, GuestKind::Lxc, "fresh")));
    daemon.collect().await;
    let vm = listed(&daemon, 300).await.unwrap();
    assert_eq!((vm.name.as_str(), vm.kind, vm.status), ("fresh", VmType::Lxc, VmStatus::Running));
    wait_until("its configuration is read", async || daemon.vm(300).await.config.is_some()).await;
    assert_eq!(daemon.vm(300).await.os_type.as_deref(), Some("debian"));
    assert_eq!(daemon.vm(300).await.id, vm.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_guest_is_gone_after_two_syncs_without_it_and_keeps_its_history() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let vm = daemon.vm(101).await;
    let samples = format!("SELECT count(*) FROM metrics WHERE source_id = '{}'", vm.id);
    assert!(daemon.database.number(&samples).await > 0);
    daemon.cluster().remove_guest(101);
    for _ in 0..3 {
        daemon.collect().await;
    }
    daemon.sync().await;
    assert!(listed(&daemon, 101).await.is_some(), "one sync is not enough, however many collections there were");
    daemon.sync().await;
    assert!(listed(&daemon, 101).await.is_none());
    let refusal = daemon.refusal(101, PowerAction::Start).await;
    assert_eq!(refusal.code, ErrorCode::NotFound);
    let by_id = daemon.client.find_vm(vm.id).await.unwrap().data;
    assert!(by_id.gone_at.is_some());
    assert!(daemon.database.number(&samples).await > 0);
    assert_eq!(daemon.health("default").await.vms, 23);
}

#[rstest]
#[case::after_one_sync(1)]
#[case::after_it_was_gone(2)]
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_comes_back_is_the_same(#[case] syncs: usize) {
    let daemon = Daemon::new().await;
    let before = daemon.vm(101).await;
    daemon.cluster().remove_guest(101);
    for _ in 0..syncs {
        daemon.sync().await;
    }
    assert!(daemon.cluster().add_guest(guest(101, GuestKind::Qemu, &before.name)));
    daemon.collect().await;
    let after = daemon.vm(101).await;
    assert_eq!((after.id, after.gone_at), (before.id, None));
    // Its absence is forgiven: once more counts as once.
    daemon.cluster().remove_guest(101);
    daemon.sync().await;
    assert!(listed(&daemon, 101).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_used_for_another_kind_is_another_guest() {
    let daemon = Daemon::new().await;
    let before = daemon.vm(102).await;
    assert_eq!(before.kind, VmType::Lxc);
    daemon.cluster().remove_guest(102);
    assert!(daemon.cluster().add_guest(guest(102, GuestKind::Qemu, &before.name)));
    daemon.collect().await;
    let after = daemon.vm(102).await;
    assert_ne!(after.id, before.id);
    assert_eq!(after.kind, VmType::Qemu);
    assert!(daemon.client.find_vm(before.id).await.unwrap().data.gone_at.is_some());
    assert_eq!(daemon.vms().await.len(), 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_used_again_after_its_guest_had_gone_is_another_guest() {
    let daemon = Daemon::new().await;
    let before = daemon.vm(101).await;
    daemon.cluster().remove_guest(101);
    daemon.sync().await;
    daemon.sync().await;
    assert!(daemon.cluster().add_guest(guest(101, GuestKind::Qemu, "quite-another")));
    daemon.collect().await;
    assert_ne!(daemon.vm(101).await.id, before.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_is_renamed_or_moved_stays_itself() {
    let daemon = Daemon::new().await;
    let before = daemon.vm(101).await;
    daemon.cluster().remove_guest(101);
    assert!(daemon.cluster().add_guest(guest(101, GuestKind::Qemu, "renamed")));
    daemon.collect().await;
    let after = daemon.vm(101).await;
    assert_eq!((after.id, after.name.as_str(), after.node.as_str()), (before.id, "renamed", "pve1"));
    assert!(after.updated_at > before.updated_at);
    daemon.cluster().migrate_guest(101, "pve3");
    daemon.collect().await;
    let moved = daemon.vm(101).await;
    assert_eq!((moved.id, moved.node.as_str()), (before.id, "pve3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_removes_nothing_and_is_spoken_of() {
    let daemon = Daemon::new().await;
    let before = identities(&daemon).await;
    daemon.cluster().inject(Fault::new("/cluster/resources", FaultKind::EmptyList));
    for _ in 0..3 {
        daemon.collect().await;
        daemon.sync().await;
    }
    assert_eq!(identities(&daemon).await, before);
    let health = daemon.health("default").await;
    assert_eq!(health.status, ConnectionStatus::Limited);
    let warning = health.warning.unwrap();
    assert!(warning.contains("shows 0 of 24") && warning.contains("pveum acl modify /vms"), "{warning}");
    assert_eq!(daemon.client.list_nodes(&ListNodes::default()).await.unwrap().data.len(), 3);

    daemon.cluster().clear_faults();
    daemon.sync().await;
    assert_eq!(identities(&daemon).await, before);
    let health = daemon.health("default").await;
    assert_eq!((health.status, health.warning), (ConnectionStatus::Ok, None));
}

#[rstest]
#[case::few(6, 18, false)]
#[case::more_than_half(14, 24, true)]
#[tokio::test(flavor = "multi_thread")]
async fn when_most_guests_vanish_at_once_none_is_removed(
    #[case] vanishing: u32,
    #[case] left: usize,
    #[case] suspicious: bool,
) {
    let daemon = Daemon::new().await;
    for vmid in 100..100 + vanishing {
        daemon.cluster().remove_guest(vmid);
    }
    for _ in 0..3 {
        daemon.sync().await;
    }
    assert_eq!(daemon.vms().await.len(), left);
    assert_eq!(daemon.health("default").await.warning.is_some(), suspicious);
}

#[rstest]
#[case::lately(1.0)]
#[case::for_long(0.000_1)]
#[tokio::test(flavor = "multi_thread")]
async fn the_guests_of_a_silent_node_are_unknown_and_come_back_as_they_were(#[case] time_scale: f64) {
    let cluster = pve_sim::Config { time_scale, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    daemon.collect().await;
    let (who, before) = (identities(&daemon).await, statuses(&daemon).await);
    daemon.cluster().set_node_online("pve2", false);
    let forgotten = time_scale < 1.0;
    wait_until("the node is silent for so long", async || {
        daemon.collect().await;
        !forgotten || daemon.vms().await.iter().filter(|vm| vm.node == "pve2").all(|vm| vm.status == VmStatus::Unknown)
    })
    .await;
    let nodes = daemon.client.list_nodes(&ListNodes::default()).await.unwrap().data;
    let node = nodes.iter().find(|node| node.hostname == "pve2").unwrap();
    assert_eq!(node.status, NodeStatus::Offline);
    assert!(node.memory_total_mb > 0, "{node:?}");
    assert_eq!((node.usage.cpu_usage, node.usage.uptime_seconds), (None, None));
    for vm in daemon.vms().await {
        let was = before[&vm.vmid];
        let expected = match (vm.node.as_str(), was, forgotten) {
            ("pve2", VmStatus::Stopped, false) => VmStatus::Stopped,
            ("pve2", _, _) => VmStatus::Unknown,
            _ => was,
        };
        assert_eq!(vm.status, expected, "{vm:?}");
    }
    daemon.sync().await;
    daemon.sync().await;
    assert_eq!(identities(&daemon).await, who);

    daemon.cluster().set_node_online("pve2", true);
    daemon.collect().await;
    assert_eq!(identities(&daemon).await, who);
    assert_eq!(statuses(&daemon).await, before);
}

#[rstest]
#[case::auditor(Privileges::auditor(), &["VM.PowerMgmt on /vms"], 24)]
#[case::nothing(Privileges::none(), &["VM.Audit on /vms", "Sys.Audit on /nodes", "VM.PowerMgmt on /vms"], 0)]
#[case::no_figures(Privileges::of(&["VM.Audit", "VM.PowerMgmt", "Datastore.Audit"]), &["Sys.Audit on /nodes"], 24)]
#[tokio::test(flavor = "multi_thread")]
async fn privileges_that_are_missing_are_named(
    #[case] privileges: Privileges,
    #[case] named: &[&str],
    #[case] guests: usize,
) {
    let mut cluster = quick_cluster();
    cluster.tokens[0].privileges = privileges;
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    let health = daemon.health("default").await;
    assert_eq!(health.status, ConnectionStatus::Limited, "{health:?}");
    let warning = health.warning.unwrap();
    for privilege in named {
        assert!(warning.contains(privilege), "{warning}");
    }
    assert!(warning.contains("pveum acl modify / -token 'nexops@pve!nexops' -role NexOps"), "{warning}");
    assert_eq!(daemon.vms().await.len(), guests);
    assert_eq!(daemon.client.list_nodes(&ListNodes::default()).await.unwrap().data.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_on_its_way_does_not_undo_what_the_guests_node_told_meanwhile() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let vm = daemon.vm(101).await;
    let connection = daemon.connection();
    let mut memory = connection.looking.lock().await;
    let mut conn = daemon.app.db.get().await.unwrap();
    let asked_at = nexopsd::app::now();
    let known = record::known(&mut conn, connection.id, asked_at).await.unwrap();
    let mut resources = connection.proxmox.cluster_resources().await.unwrap();
    for row in &mut resources.guests {
        row.tags = Some(vec!["changed".to_owned()]);
    }
    let plan = inventory::compare(&known, &resources.guests, &resources.nodes, asked_at);
    let row = resources.guests.iter().find(|row| row.vmid == 101).unwrap();
    let figures = nexopsd::figures::of_guest(row, vm.id.0, None, None, asked_at).unwrap();

    let stopped = ConfirmedState { status: VmStatus::Stopped, status_detail: None, locked: Some("backup".to_owned()) };
    record::confirm(&mut conn, vm.id, &stopped, asked_at + Duration::milliseconds(5)).await.unwrap();
    let (nodes, figures) = (inventory::nodes(&resources.nodes, &resources.guests), [figures]);
    let staleness = daemon.app.staleness(asked_at);
    let sighting = Sighting {
        fence: None,
        connection: connection.id,
        at: asked_at,
        nodes: &nodes,
        storages: &[],
        plan: &plan,
        observations: &figures,
        has_figures: true,
        staleness,
    };
    record::record(&mut conn, &sighting, &mut memory.index).await.unwrap();

    let vm = daemon.vm(101).await;
    assert_eq!((vm.status, vm.locked.as_deref()), (VmStatus::Stopped, Some("backup")));
    assert_eq!((vm.tags.as_slice(), vm.usage.cpu_usage), (["changed".to_owned()].as_slice(), None));
    assert_eq!(daemon.vm(100).await.status, VmStatus::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_that_stay_away_for_a_day_are_gone_in_the_end() {
    let daemon = Daemon::new().await;
    for guest in daemon.cluster().guests() {
        daemon.cluster().remove_guest(guest.vmid);
    }
    daemon.sync().await;
    assert_eq!(daemon.vms().await.len(), 24);
    daemon.database.execute("UPDATE vms SET missed_syncs = -287").await;
    daemon.sync().await;
    assert_eq!(daemon.vms().await.len(), 0);
}

/// Another guest of the same kind under the number of one that was just destroyed.
fn reuse(daemon: &Daemon, vmid: u32, name: &str) {
    let facts = daemon.cluster().guest(vmid).unwrap();
    daemon.cluster().remove_guest(vmid);
    let guest =
        pve_sim::NewGuest { vmid, node: facts.node, kind: facts.kind, name: name.to_owned(), state: facts.state };
    assert!(daemon.cluster().add_guest(guest));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_another_guest_of_the_same_kind_has_now_is_a_new_guest() {
    let daemon = Daemon::new().await;
    let container = daemon.vms().await.into_iter().find(|vm| vm.kind == VmType::Lxc).unwrap();
    for (vmid, before) in [(101, daemon.vm(101).await), (container.vmid, container)] {
        reuse(&daemon, vmid.unsigned_abs(), "somebody-else");
        daemon.collect().await;
        wait_until("the configuration told", async || daemon.vm(vmid).await.id != before.id).await;
        let now = daemon.vm(vmid).await;
        assert_eq!((now.name.as_str(), now.gone_at), ("somebody-else", None));
        let then = daemon.client.find_vm(before.id).await.unwrap().data;
        assert!(then.gone_at.is_some());
        daemon.sync().await;
        assert_eq!(daemon.vm(vmid).await.id, now.id);
    }
    assert_eq!(daemon.vms().await.len(), 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_was_made_anew_under_its_old_name_is_found_out_by_its_configuration() {
    let daemon = Daemon::new().await;
    let before = daemon.vm(101).await;
    reuse(&daemon, 101, &before.name);
    daemon.sync().await;
    assert_eq!(daemon.vm(101).await.id, before.id, "the list does not tell");
    daemon.database.execute("UPDATE vms SET config_read_at = config_read_at - interval '2 hours'").await;
    daemon.sync().await;
    let after = daemon.vm(101).await;
    assert_ne!(after.id, before.id);
    assert!(after.config.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_is_renamed_changes_nothing_but_its_name() {
    let daemon = Daemon::new().await;
    let before = daemon.vm(101).await;
    daemon.database.execute("UPDATE vms SET name = 'as-it-was-called' WHERE vmid = 101").await;
    daemon.collect().await;
    daemon.sync().await;
    let after = daemon.vm(101).await;
    assert_eq!((after.id, after.name), (before.id, before.name));
}
