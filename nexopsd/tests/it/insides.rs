//! What only the inside of guests knows: addresses and full disks, and how seldom it is asked.

use nexops_core::usage::MemorySource;
use nexops_core::vm::{AgentStatus, Vm, VmStatus, VmType};
use pve_sim::{Agent, Fault, FaultKind, Privileges, PveVersion, State};
use rstest::rstest;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};

/// Looks into every guest that runs, whether it is due or not.
async fn look_inside(daemon: &Daemon) {
    daemon.database.execute("UPDATE guest_insides SET due_at = now() - interval '1 minute'").await;
    daemon.run(&daemon.connection().inside).await;
    daemon.wait_as_if(30).await;
    daemon.collect().await;
}

/// The questions to insides that the cluster was asked.
fn questions(daemon: &Daemon) -> Vec<String> {
    let paths = daemon.cluster().requests().into_iter().map(|request| request.path);
    paths.filter(|path| path.contains("/agent/") || path.ends_with("/interfaces")).collect()
}

fn inside(vm: &Vm) -> (Option<AgentStatus>, bool, bool) {
    (vm.agent, vm.ip_address.is_some(), vm.usage.disk_usage.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn running_guests_have_an_address_and_virtual_machines_a_disk_usage() {
    let daemon = Daemon::new().await;
    look_inside(&daemon).await;
    let (mut machines, mut containers) = (0, 0);
    for vm in daemon.vms().await {
        let facts = daemon.cluster().guest(vm.vmid.unsigned_abs()).unwrap();
        let expected = match (vm.kind, vm.status, facts.agent) {
            (VmType::Lxc, VmStatus::Running, _) => (None, true, true),
            (VmType::Qemu, VmStatus::Running, Agent::Answers) => (Some(AgentStatus::Answers), true, true),
            (VmType::Qemu, VmStatus::Running, Agent::Dead) => (Some(AgentStatus::Silent), false, false),
            (VmType::Qemu, VmStatus::Running, Agent::Absent) => (Some(AgentStatus::Absent), false, false),
            _ => (None, false, false),
        };
        assert_eq!(inside(&vm), expected, "{vm:?}");
        machines += usize::from(expected == (Some(AgentStatus::Answers), true, true));
        containers += usize::from(expected == (None, true, true));
    }
    assert!(machines > 3 && containers > 1, "{machines} {containers}");
    let vm = daemon.vm(101).await;
    assert_eq!(vm.ip_address.as_deref(), Some("192.168.0.103"));
    let used = vm.usage.disk_used_gb.unwrap();
    assert!(used > 0.0 && used < vm.disk_gb + 1.0, "{vm:?}");
    assert_eq!(daemon.vms().await.iter().filter(|vm| vm.ip_address == daemon_address(101)).count(), 1);
}

fn daemon_address(vmid: i32) -> Option<String> {
    Some(format!("192.168.0.{}", vmid + 2))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_twice_within_five_minutes() {
    let daemon = Daemon::new().await;
    daemon.run(&daemon.connection().inside).await;
    assert!(!questions(&daemon).is_empty());
    daemon.cluster().clear_requests();
    for _ in 0..3 {
        daemon.run(&daemon.connection().inside).await;
    }
    assert_eq!(questions(&daemon), [""; 0]);
    let sooner = "SELECT count(*) FROM guest_insides WHERE due_at < now() + interval '4 minutes'";
    assert_eq!(daemon.database.number(sooner).await, 0);
    let moments = "SELECT count(DISTINCT due_at) FROM guest_insides";
    let guests = "SELECT count(*) FROM guest_insides";
    assert!(daemon.database.number(moments).await * 2 > daemon.database.number(guests).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_off_paused_or_a_template_is_not_asked() {
    let daemon = Daemon::new().await;
    daemon.cluster().set_guest_state(101, State::Stopped);
    daemon.collect().await;
    look_inside(&daemon).await;
    let asked = questions(&daemon);
    for vm in daemon.vms().await.iter().filter(|vm| vm.status != VmStatus::Running || vm.template) {
        assert!(!asked.iter().any(|path| path.contains(&format!("/{}/", vm.vmid))), "{} was asked", vm.vmid);
    }
    let machines_without_agent: Vec<i32> =
        daemon.vms().await.iter().filter(|vm| vm.agent == Some(AgentStatus::Absent)).map(|vm| vm.vmid).collect();
    assert!(!machines_without_agent.is_empty());
    assert!(machines_without_agent.iter().all(|vmid| !asked.iter().any(|path| path.contains(&format!("/{vmid}/")))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_told_is_forgotten_when_it_stays_silent_and_at_once_when_the_guest_is_off() {
    let daemon = Daemon::new().await;
    look_inside(&daemon).await;
    daemon.cluster().set_agent(101, Agent::Dead);
    look_inside(&daemon).await;
    // Once in vain is nothing.
    assert_eq!(inside(&daemon.vm(101).await), (Some(AgentStatus::Silent), true, true));
    for _ in 0..2 {
        look_inside(&daemon).await;
    }
    daemon.database.execute("UPDATE guest_insides SET disk_read_at = disk_read_at - interval '16 minutes'").await;
    daemon.wait_as_if(30).await;
    daemon.collect().await;
    assert_eq!(inside(&daemon.vm(101).await), (Some(AgentStatus::Silent), false, false));

    assert!(daemon.vm(100).await.ip_address.is_some());
    daemon.cluster().set_guest_state(100, State::Stopped);
    daemon.collect().await;
    let off = daemon.vm(100).await;
    assert_eq!((off.ip_address, off.usage.disk_usage), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_that_hang_delay_no_other_loop() {
    let cluster = quick_cluster();
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    for guest in daemon.cluster().guests() {
        for path in ["qemu", "lxc"].map(|kind| format!("/nodes/{}/{kind}/{}/", guest.node, guest.vmid)) {
            daemon.cluster().inject(Fault::new(&format!("{path}agent"), FaultKind::Hang));
            daemon.cluster().inject(Fault::new(&format!("{path}interfaces"), FaultKind::Hang));
        }
    }
    daemon.database.execute("DELETE FROM guest_insides").await;
    daemon.connection().inside.ring();
    crate::support::wait_until("somebody hangs", async || !questions(&daemon).is_empty()).await;
    let before = daemon.connection().inside.health().runs;
    daemon.database.execute("UPDATE vms SET config_read_at = NULL").await;
    daemon.sync().await;
    daemon.collect().await;
    assert_eq!(daemon.connection().inside.health().runs, before, "the other loops were done first");
    assert_eq!(daemon.database.number("SELECT count(*) FROM vms WHERE config_read_at IS NULL").await, 0);
}

#[rstest]
#[case::release_9(PveVersion::V9_1, "VM.GuestAgent.Audit")]
#[case::release_8(PveVersion::V8_4, "VM.Monitor")]
#[case::release_7(PveVersion::V7_4, "VM.Monitor")]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_may_not_ask_agents_is_told_how_to_get_the_privilege(
    #[case] version: PveVersion,
    #[case] privilege: &str,
) {
    let mut cluster = pve_sim::Config { version, ..quick_cluster() };
    cluster.tokens[0].privileges = Privileges::of(&["VM.Audit", "Sys.Audit", "Datastore.Audit", "VM.PowerMgmt"]);
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    let warning = daemon.health("default").await.warning.unwrap();
    assert!(warning.contains(&format!("{privilege} on /vms")) && warning.contains("pveum acl modify"), "{warning}");
    look_inside(&daemon).await;
    assert_eq!(inside(&daemon.vm(101).await), (Some(AgentStatus::Forbidden), false, false));
    daemon.cluster().clear_requests();
    daemon.sync().await;
    daemon.run(&daemon.connection().inside).await;
    assert_eq!(questions(&daemon), [""; 0], "nobody goes on asking who was refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_does_not_tell_of_containers_is_not_asked_all_the_time() {
    let cluster = pve_sim::Config { version: PveVersion::V7_4, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    for _ in 0..5 {
        look_inside(&daemon).await;
    }
    let container = daemon.vms().await.into_iter().find(|vm| vm.kind == VmType::Lxc && vm.status == VmStatus::Running);
    let id = container.unwrap().id;
    let wait = format!("SELECT extract(epoch FROM due_at - now())::bigint FROM guest_insides WHERE vm_id = '{id}'");
    assert!(daemon.database.number(&wait).await > 3500);
}

#[rstest]
#[case::release_9(PveVersion::V9_1, Some(MemorySource::Balloon))]
#[case::release_8(PveVersion::V8_4, None)]
#[tokio::test(flavor = "multi_thread")]
async fn memory_says_who_counted_it(#[case] version: PveVersion, #[case] of_machines: Option<MemorySource>) {
    let daemon = Wishes::default().cluster("default", pve_sim::Config { version, ..quick_cluster() }).start().await;
    daemon.collect().await;
    for vm in daemon.vms().await {
        let expected = match (vm.kind, vm.status) {
            (_, VmStatus::Stopped | VmStatus::Unknown | VmStatus::Error) => None,
            (VmType::Lxc, VmStatus::Running | VmStatus::Paused) => Some(MemorySource::Cgroup),
            (VmType::Qemu, VmStatus::Running | VmStatus::Paused) => of_machines,
        };
        assert_eq!(vm.usage.memory_source, expected, "{vm:?}");
    }
}
