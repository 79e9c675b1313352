//! Every fault that a cluster can have, against a running daemon that watches a healthy one beside it: it goes on
//! answering, truthfully, says what is wrong, says it once in the log, harms nobody else, and is well again after the
//! fault's end.

use std::time::Duration;

use nexops_core::error::ErrorCode;
use nexops_core::node::{ListNodes, NodeStatus};
use nexops_core::system::{ConnectionHealth, ConnectionStatus};
use nexops_core::task::TaskStatus;
use nexops_core::vm::{PowerAction, Vm, VmStatus};
use pve_sim::{Control, Fault, FaultKind, Privileges};
use rstest::rstest;
use uuid::Uuid;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::log;

/// What goes wrong.
#[derive(Debug, Clone)]
enum Wrong {
    /// Requests, all of them.
    Requests(FaultKind),
    /// A node is cut off.
    NodeOffline,
    /// The certificate is another one.
    Certificate,
    /// The counters of guest 101 start anew.
    Counters,
    /// Guest 101 moves to another node.
    Migration,
    /// The clocks of the nodes are an hour ahead.
    Clocks,
    /// There is no majority.
    Quorum,
    /// The daemon behind the server does not run.
    Pvedaemon,
}

impl Wrong {
    fn begin(&self, cluster: &Control) {
        match self {
            Self::Requests(kind) => cluster.inject(Fault::new("/", kind.clone())),
            Self::NodeOffline => cluster.set_node_online("pve2", false),
            Self::Certificate => assert!(cluster.renew_certificate().is_ok()),
            Self::Counters => cluster.reset_counters(101),
            Self::Migration => assert!(cluster.migrate_guest(101, "pve3")),
            Self::Clocks => cluster.set_clock_skew(3600),
            Self::Quorum => cluster.set_quorum(false),
            Self::Pvedaemon => cluster.set_daemon_up(false),
        }
    }

    fn end(&self, cluster: &Control) {
        match self {
            Self::Requests(_) => cluster.clear_faults(),
            Self::NodeOffline => cluster.set_node_online("pve2", true),
            Self::Certificate | Self::Counters => {}
            Self::Migration => assert!(cluster.migrate_guest(101, "pve2")),
            Self::Clocks => cluster.set_clock_skew(0),
            Self::Quorum => cluster.set_quorum(true),
            Self::Pvedaemon => cluster.set_daemon_up(true),
        }
    }
}

/// Two clusters, of which the second, under a name that no other test has, will fail.
struct Scene {
    daemon: Daemon,
    bad: String,
}

impl Scene {
    async fn new() -> Self {
        log::capture();
        let bad = format!("bad-{}", Uuid::now_v7().simple());
        let daemon = Wishes::default()
            .cluster("good", quick_cluster())
            .cluster(&bad, quick_cluster())
            .patience(Duration::from_secs(2))
            .start()
            .await;
        let scene = Self { daemon, bad };
        scene.daemon.collect().await;
        scene
    }

    fn cluster(&self) -> &Control {
        self.daemon.simulators[1].control()
    }

    async fn collect(&self) {
        self.daemon.run(&self.daemon.app.connections()[1].collect).await;
    }

    async fn sync(&self) {
        self.daemon.run(&self.daemon.app.connections()[1].sync).await;
    }

    async fn health(&self) -> ConnectionHealth {
        self.daemon.health(&self.bad).await
    }

    async fn guests_of(&self, connection: &str) -> Vec<Vm> {
        self.daemon.vms().await.into_iter().filter(|vm| vm.connection == connection).collect()
    }

    async fn guest(&self, vmid: i32) -> Vm {
        self.guests_of(&self.bad).await.into_iter().find(|vm| vm.vmid == vmid).unwrap()
    }

    /// The healthy cluster is as if it were alone.
    async fn the_other_is_well(&self) {
        let good = self.daemon.health("good").await;
        assert_eq!((good.status, &good.last_error, &good.warning), (ConnectionStatus::Ok, &None, &None));
        let guests = self.guests_of("good").await;
        assert_eq!(guests.len(), 24);
        assert!(guests.iter().all(|vm| !vm.usage.stale));
    }

    /// How often the log says something of the failing cluster that begins like this.
    fn logged(&self, beginning: &str) -> usize {
        let lines = log::lines().into_iter().filter(|line| line["connection.name"] == self.bad.as_str());
        lines.filter(|line| line["message"].as_str().is_some_and(|text| text.starts_with(beginning))).count()
    }
}

const FAILS: &str = "Proxmox does not answer as it should";
const RECOVERS: &str = "Proxmox answers again";

#[rstest]
#[case::token_refused(Wrong::Requests(FaultKind::Unauthorized), ErrorCode::ProxmoxUnauthorized)]
#[case::forbidden(
    Wrong::Requests(FaultKind::Status { code: 403, reason: "Permission check failed (/, Sys.Audit)".to_owned() }),
    ErrorCode::ProxmoxForbidden
)]
#[case::error(Wrong::Requests(FaultKind::Status { code: 500, reason: "got timeout".to_owned() }), ErrorCode::ProxmoxError)]
#[case::hung(Wrong::Requests(FaultKind::Hang), ErrorCode::ProxmoxTimeout)]
#[case::slower_than_we_wait(Wrong::Requests(FaultKind::Delay(Duration::from_secs(5))), ErrorCode::ProxmoxTimeout)]
#[case::cut(Wrong::Requests(FaultKind::CutConnection), ErrorCode::ProxmoxUnreachable)]
#[case::cut_after_handling(Wrong::Requests(FaultKind::CutAfterHandling), ErrorCode::ProxmoxUnreachable)]
#[case::truncated(Wrong::Requests(FaultKind::Truncated), ErrorCode::ProxmoxUnreachable)]
#[case::no_json(Wrong::Requests(FaultKind::Garbage), ErrorCode::ProxmoxError)]
#[case::another_certificate(Wrong::Certificate, ErrorCode::ProxmoxCertificate)]
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_fails_grows_stale_is_named_once_and_recovers(#[case] wrong: Wrong, #[case] code: ErrorCode) {
    let scene = Scene::new().await;
    let before: Vec<_> = scene.guests_of(&scene.bad).await.into_iter().map(|vm| (vm.id, vm.status)).collect();
    wrong.begin(scene.cluster());
    // A connection that is open already shows the old certificate until it is closed.
    crate::support::wait_until("it fails", async || {
        scene.collect().await;
        scene.health().await.status == ConnectionStatus::Failing
    })
    .await;
    scene.collect().await;
    scene.sync().await;
    scene.daemon.wait_as_if(3 * 3600).await;
    scene.daemon.collect().await;

    let health = scene.health().await;
    let error = health.last_error.unwrap();
    assert_eq!((health.status, error.code), (ConnectionStatus::Failing, code), "{error:?}");
    assert!(health.lag_seconds.unwrap() > 2 * 3600);
    let guests = scene.guests_of(&scene.bad).await;
    assert_eq!(guests.iter().map(|vm| (vm.id, vm.status)).collect::<Vec<_>>(), before, "what was known is still shown");
    assert!(guests.iter().all(|vm| vm.usage.stale), "and that it is old");
    let refusal = scene.daemon.client.act_on_vm(guests[0].id, PowerAction::Stop).await.unwrap_err();
    assert_eq!(refusal.code(), Some(code), "{refusal}");
    scene.the_other_is_well().await;
    assert_eq!((scene.logged(FAILS), scene.logged(RECOVERS)), (1, 0));

    if matches!(wrong, Wrong::Certificate) {
        // Nothing but somebody's trust ends that.
        return;
    }
    wrong.end(scene.cluster());
    scene.collect().await;
    if scene.health().await.status != ConnectionStatus::Ok {
        scene.collect().await;
    }
    let health = scene.health().await;
    assert_eq!((health.status, health.last_error), (ConnectionStatus::Ok, None));
    assert!(scene.guests_of(&scene.bad).await.iter().all(|vm| !vm.usage.stale));
    assert_eq!((scene.logged(FAILS), scene.logged(RECOVERS)), (1, 1));
}

#[rstest]
#[case::slow(Wrong::Requests(FaultKind::Delay(Duration::from_millis(200))))]
#[case::another_node(Wrong::Migration)]
#[case::counters_anew(Wrong::Counters)]
#[case::clocks_ahead(Wrong::Clocks)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_failure_is_told_as_none(#[case] wrong: Wrong) {
    let scene = Scene::new().await;
    let before = scene.guest(101).await;
    wrong.begin(scene.cluster());
    scene.daemon.wait_as_if(30).await;
    for _ in 0..2 {
        scene.collect().await;
        let rates =
            scene.guests_of(&scene.bad).await.into_iter().flat_map(|vm| [vm.usage.network_in, vm.usage.network_out]);
        assert!(rates.flatten().all(|rate| (0.0..1e9).contains(&rate)));
        scene.daemon.wait_as_if(30).await;
    }
    scene.sync().await;
    scene.daemon.collect().await;
    let health = scene.health().await;
    assert_eq!((health.status, health.last_error, health.warning), (ConnectionStatus::Ok, None, None));
    let guests = scene.guests_of(&scene.bad).await;
    assert!(guests.len() == 24 && guests.iter().all(|vm| !vm.usage.stale));
    let after = scene.guest(101).await;
    assert_eq!(after.id, before.id, "it keeps its id");
    let node = if matches!(wrong, Wrong::Migration) { "pve3" } else { before.node.as_str() };
    assert_eq!(after.node, node);
    let task = scene.daemon.client.act_on_vm(after.id, PowerAction::Stop).await.unwrap().data;
    assert_eq!(scene.daemon.end_of(task.id).await.status, TaskStatus::Succeeded);
    wrong.end(scene.cluster());
    scene.collect().await;
    scene.the_other_is_well().await;
    assert_eq!((scene.logged(FAILS), scene.logged(RECOVERS)), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_cut_off_makes_its_guests_unknown_and_leaves_the_others_alone() {
    let scene = Scene::new().await;
    let before = scene.guests_of(&scene.bad).await;
    Wrong::NodeOffline.begin(scene.cluster());
    for _ in 0..3 {
        scene.daemon.collect().await;
    }
    scene.sync().await;
    for (vm, was) in scene.guests_of(&scene.bad).await.iter().zip(&before) {
        let expected = match was.status {
            VmStatus::Running | VmStatus::Paused if vm.node == "pve2" => VmStatus::Unknown,
            status => status,
        };
        assert_eq!((vm.id, &vm.name, vm.status), (was.id, &was.name, expected), "{vm:?}");
    }
    let nodes = scene.daemon.client.list_nodes(&ListNodes::default()).await.unwrap().data;
    let node = nodes.iter().find(|node| node.connection == scene.bad && node.hostname == "pve2").unwrap();
    assert_eq!((node.status, node.usage.cpu_usage, node.usage.uptime_seconds), (NodeStatus::Offline, None, None));
    assert_eq!(scene.health().await.status, ConnectionStatus::Ok, "the cluster itself answers");

    let lost = scene.guest(101).await;
    let refusal = scene.daemon.client.act_on_vm(lost.id, PowerAction::Stop).await.unwrap_err();
    assert_eq!((lost.node.as_str(), refusal.code()), ("pve2", Some(ErrorCode::NodeOffline)), "{refusal}");
    let alive = scene.guests_of(&scene.bad).await;
    let alive =
        alive.iter().find(|vm| vm.node != "pve2" && vm.status == VmStatus::Running && vm.locked.is_none()).unwrap();
    let task = scene.daemon.client.act_on_vm(alive.id, PowerAction::Stop).await.unwrap().data;
    assert_eq!(scene.daemon.end_of(task.id).await.status, TaskStatus::Succeeded);
    scene.the_other_is_well().await;

    Wrong::NodeOffline.end(scene.cluster());
    scene.collect().await;
    assert_eq!(scene.guest(101).await.status, VmStatus::Running);
    assert_eq!((scene.logged(FAILS), scene.logged(RECOVERS)), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_is_doubted_and_deletes_nothing() {
    let scene = Scene::new().await;
    let before: Vec<_> = scene.guests_of(&scene.bad).await.iter().map(|vm| vm.id).collect();
    let wrong = Wrong::Requests(FaultKind::EmptyList);
    wrong.begin(scene.cluster());
    scene.daemon.wait_as_if(3 * 3600).await;
    for _ in 0..4 {
        scene.sync().await;
        scene.daemon.collect().await;
    }
    let guests = scene.guests_of(&scene.bad).await;
    assert_eq!(guests.iter().map(|vm| vm.id).collect::<Vec<_>>(), before);
    assert!(guests.iter().all(|vm| vm.usage.stale));
    let warning = scene.health().await.warning.unwrap();
    assert!(warning.contains("0 of 24 known guests") && warning.contains("pveum acl modify"), "{warning}");
    scene.the_other_is_well().await;
    wrong.end(scene.cluster());
    scene.sync().await;
    scene.collect().await;
    assert_eq!(scene.health().await.warning, None);
    assert!(scene.guests_of(&scene.bad).await.iter().all(|vm| !vm.usage.stale));
}

#[tokio::test(flavor = "multi_thread")]
async fn privileges_that_are_taken_away_are_named_and_delete_nothing() {
    let scene = Scene::new().await;
    scene.cluster().set_privileges("nexops@pve!nexops", Privileges::none());
    for _ in 0..4 {
        scene.sync().await;
        scene.collect().await;
    }
    assert_eq!(scene.guests_of(&scene.bad).await.len(), 24);
    let warning = scene.health().await.warning.unwrap();
    for part in ["0 of 24 known guests", "VM.Audit on /vms", "VM.PowerMgmt on /vms", "pveum acl modify / -token"] {
        assert!(warning.contains(part), "{warning}");
    }
    let nodes = scene.daemon.client.list_nodes(&ListNodes::default()).await.unwrap().data;
    assert_eq!(nodes.iter().filter(|node| node.connection == scene.bad).count(), 3);
    let refusal = scene.daemon.client.act_on_vm(scene.guest(101).await.id, PowerAction::Stop).await.unwrap_err();
    assert_eq!(refusal.code(), Some(ErrorCode::ProxmoxForbidden), "{refusal}");
    scene.cluster().set_privileges("nexops@pve!nexops", Privileges::full());
    scene.sync().await;
    assert_eq!(scene.health().await.warning, None);
}

#[rstest]
#[case::no_quorum(Wrong::Quorum, "no quorum", Some(false), ErrorCode::ProxmoxError)]
#[case::pvedaemon_down(Wrong::Pvedaemon, "pvedaemon", None, ErrorCode::NodeOffline)]
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_still_shows_everything_but_does_nothing_says_so(
    #[case] wrong: Wrong,
    #[case] told: &str,
    #[case] quorate: Option<bool>,
    #[case] code: ErrorCode,
) {
    let scene = Scene::new().await;
    let stopped = scene.guests_of(&scene.bad).await;
    let stopped =
        stopped.iter().find(|vm| vm.status == VmStatus::Stopped && !vm.template && vm.locked.is_none()).unwrap().id;
    wrong.begin(scene.cluster());
    scene.daemon.wait_as_if(3 * 3600).await;
    for _ in 0..3 {
        scene.sync().await;
        scene.daemon.collect().await;
    }
    let health = scene.health().await;
    assert_eq!((health.status, health.quorate), (ConnectionStatus::Limited, quorate));
    assert!(health.warning.as_ref().unwrap().contains(told), "{health:?}");
    assert!(scene.guests_of(&scene.bad).await.iter().all(|vm| !vm.usage.stale), "figures are still told");
    let refusal = scene.daemon.client.act_on_vm(stopped, PowerAction::Start).await.unwrap_err();
    assert_eq!(refusal.code(), Some(code), "{refusal}");
    scene.the_other_is_well().await;
    wrong.end(scene.cluster());
    scene.sync().await;
    let health = scene.health().await;
    assert_eq!((health.warning, health.quorate), (None, Some(true)));
    assert_eq!((scene.logged(FAILS), scene.logged("a run failed")), (0, 0));
}
