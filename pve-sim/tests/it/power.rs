//! The power matrix.

use pve_sim::State::{self, Paused, Running, Stopped};
use rstest::rstest;

use crate::support::{Sim, quick, wait_until};

/// What a power action leads to.
#[derive(Debug)]
enum Outcome {
    /// 500 at once, with this text.
    Refused(&'static str),
    /// A task of this type that ends like this and leaves the guest in this state.
    Task(&'static str, &'static str, State),
}
use Outcome::{Refused, Task};

const VM: u32 = 101;
const CT: u32 = 102;
const TIMEOUT: &str = "VM quit/powerdown failed - got timeout";

#[rstest]
#[case(VM, Stopped, "start", &[], Task("qmstart", "OK", Running))]
#[case(VM, Running, "start", &[], Task("qmstart", "VM 101 already running", Running))]
#[case(VM, Paused, "start", &[], Task("qmstart", "VM 101 already running", Paused))]
#[case(VM, Stopped, "stop", &[], Task("qmstop", "OK", Stopped))]
#[case(VM, Running, "stop", &[], Task("qmstop", "OK", Stopped))]
#[case(VM, Paused, "stop", &[], Task("qmstop", "OK", Stopped))]
#[case(VM, Stopped, "shutdown", &[], Task("qmshutdown", "OK", Stopped))]
#[case(VM, Running, "shutdown", &[], Task("qmshutdown", "OK", Stopped))]
#[case(VM, Running, "shutdown", &[("timeout", "1")], Task("qmshutdown", TIMEOUT, Running))]
#[case(VM, Running, "shutdown", &[("timeout", "1"), ("forceStop", "1")], Task("qmshutdown", "OK", Stopped))]
#[case(VM, Paused, "shutdown", &[], Refused("VM is paused - cannot shutdown"))]
#[case(VM, Paused, "shutdown", &[("forceStop", "1")], Task("qmshutdown", "OK", Stopped))]
#[case(VM, Stopped, "reboot", &[], Refused("VM 101 not running"))]
#[case(VM, Paused, "reboot", &[], Refused("VM is paused - cannot shutdown"))]
#[case(VM, Running, "reboot", &[("timeout", "1")], Task("qmreboot", TIMEOUT, Running))]
#[case(VM, Stopped, "reset", &[], Refused("VM 101 not running"))]
#[case(VM, Running, "reset", &[], Task("qmreset", "OK", Running))]
#[case(VM, Stopped, "suspend", &[], Refused("VM 101 not running"))]
#[case(VM, Running, "suspend", &[], Task("qmpause", "OK", Paused))]
#[case(VM, Running, "suspend", &[("todisk", "1")], Task("qmsuspend", "OK", Stopped))]
#[case(VM, Stopped, "resume", &[], Refused("VM 101 not running"))]
#[case(VM, Running, "resume", &[], Task("qmresume", "OK", Running))]
#[case(VM, Paused, "resume", &[], Task("qmresume", "OK", Running))]
#[case(CT, Stopped, "start", &[], Task("vzstart", "OK", Running))]
#[case(CT, Running, "start", &[], Refused("CT 102 already running"))]
#[case(CT, Stopped, "stop", &[], Refused("CT 102 not running"))]
#[case(CT, Running, "stop", &[], Task("vzstop", "OK", Stopped))]
#[case(CT, Stopped, "shutdown", &[], Refused("CT 102 not running"))]
#[case(CT, Running, "shutdown", &[], Task("vzshutdown", "OK", Stopped))]
#[case(CT, Stopped, "reboot", &[], Refused("VM 102 not running"))]
#[case(CT, Running, "reboot", &[], Task("vzreboot", "OK", Running))]
#[case(CT, Stopped, "suspend", &[], Refused("CT 102 not running"))]
#[tokio::test]
async fn a_power_action_follows_the_matrix(
    #[case] vmid: u32,
    #[case] state: State,
    #[case] action: &str,
    #[case] form: &[(&str, &str)],
    #[case] expected: Outcome,
) {
    let sim = Sim::start().await;
    sim.control().set_guest_state(vmid, state);
    let reply = sim.post(&format!("{}/status/{action}", sim.guest_path(vmid)), form).await;
    match expected {
        Refused(text) => {
            assert_eq!((reply.status, reply.reason.as_str()), (500, text));
            assert_eq!(reply.message(), format!("{text}\n"));
            assert_eq!(sim.control().guest(vmid).unwrap().state, state);
        }
        Task(kind, exit, after) => {
            let upid = reply.data().as_str().unwrap().to_owned();
            let status = sim.wait_for_task(&upid).await;
            assert_eq!((status["type"].as_str(), status["exitstatus"].as_str()), (Some(kind), Some(exit)));
            assert_eq!(sim.control().guest(vmid).unwrap().state, after);
        }
    }
}

#[rstest]
#[case("start", "VM is locked (backup)")]
#[case("stop", "VM is locked (backup)")]
#[case("shutdown", "VM is locked (backup)")]
#[tokio::test]
async fn a_locked_vm_fails_inside_its_task(#[case] action: &str, #[case] exit: &str) {
    let sim = Sim::start().await;
    sim.control().set_guest_lock(101, Some("backup"));
    let upid = sim.act(101, action, &[]).await;
    assert_eq!(sim.wait_for_task(&upid).await["exitstatus"], exit);
    assert_eq!(sim.log(&upid).await, [format!("TASK ERROR: {exit}")]);
}

#[rstest]
#[case("start", "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist")]
#[case("stop", "unable to find configuration file for VM 999 on node 'pve1'")]
#[tokio::test]
async fn a_missing_vm_fails_inside_its_task(#[case] action: &str, #[case] exit: &str) {
    let sim = Sim::start().await;
    let reply = sim.post(&format!("/nodes/pve1/qemu/999/status/{action}"), &[]).await;
    let status = sim.wait_for_task(reply.data().as_str().unwrap()).await;
    assert_eq!(status["exitstatus"], exit);
}

#[tokio::test]
async fn a_template_cannot_be_started() {
    let sim = Sim::start().await;
    let template = sim.control().guests().into_iter().find(|guest| guest.template).unwrap();
    let upid = sim.act(template.vmid, "start", &[]).await;
    let status = sim.wait_for_task(&upid).await;
    assert_eq!(status["exitstatus"], "you can't start a vm if it's a template");
}

#[tokio::test]
async fn a_rebooted_vm_comes_back_after_its_task() {
    let sim = Sim::start().await;
    let upid = sim.act(101, "reboot", &[]).await;
    assert_eq!(sim.wait_for_task(&upid).await["exitstatus"], "OK");
    wait_until("101 runs again", async || sim.control().guest(101).unwrap().state == State::Running).await;
    let uptime = sim.get(&format!("{}/status/current", sim.guest_path(101))).await.data()["uptime"].clone();
    assert!(uptime.as_u64().unwrap() < 10, "{uptime}");
}

#[tokio::test]
async fn a_hibernated_vm_wakes_up_on_start() {
    let sim = Sim::start().await;
    let upid = sim.act(101, "suspend", &[("todisk", "1")]).await;
    sim.wait_for_task(&upid).await;
    assert_eq!(sim.control().guest(101).unwrap().lock.as_deref(), Some("suspended"));
    let upid = sim.act(101, "start", &[]).await;
    assert_eq!(sim.wait_for_task(&upid).await["exitstatus"], "OK");
    let guest = sim.control().guest(101).unwrap();
    assert_eq!((guest.state, guest.lock), (Running, None));
}

#[tokio::test]
async fn a_stop_during_a_shutdown_waits_for_the_lock_in_vain() {
    let sim = Sim::start().await;
    sim.control().set_guest_ignores_shutdown(101, true);
    let shutdown = sim.act(101, "shutdown", &[("timeout", "400")]).await;
    let stop = sim.act(101, "stop", &[]).await;
    let exit = "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout";
    assert_eq!(sim.wait_for_task(&stop).await["exitstatus"], exit);
    assert_eq!(sim.log(&stop).await, ["trying to acquire lock...".to_owned(), format!("TASK ERROR: {exit}")]);
    let overruling = sim.act(101, "stop", &[("overrule-shutdown", "1")]).await;
    assert_eq!(sim.wait_for_task(&overruling).await["exitstatus"], "OK");
    assert_eq!(sim.wait_for_task(&shutdown).await["exitstatus"], "received interrupt");
    assert_eq!(sim.control().guest(101).unwrap().state, Stopped);
}

#[tokio::test]
async fn a_managed_guest_stops_after_the_request_was_queued() {
    let sim = Sim::start().await;
    let managed = sim.control().guests().into_iter().find(|guest| guest.ha).unwrap();
    let upid = sim.act(managed.vmid, "stop", &[]).await;
    let status = sim.wait_for_task(&upid).await;
    assert_eq!((status["type"].as_str(), status["exitstatus"].as_str()), (Some("hastop"), Some("OK")));
    wait_until("the manager stopped it", async || sim.control().guest(managed.vmid).unwrap().state == Stopped).await;
    let rows = sim.get(&format!("/nodes/{}/tasks?source=all&vmid={}", managed.node, managed.vmid)).await.rows();
    let seen: Vec<_> = rows.iter().map(|row| (row["type"].as_str(), row["user"].as_str())).collect();
    assert_eq!(seen, [(Some("qmstop"), Some("root@pam")), (Some("hastop"), Some("tester@pve"))]);
}

#[tokio::test]
async fn containers_have_no_reset() {
    let sim = Sim::start().await;
    let reply = sim.post(&format!("{}/status/reset", sim.guest_path(102)), &[]).await;
    assert_eq!(reply.status, 501);
}

#[tokio::test]
async fn a_migrated_guest_is_missing_on_its_old_node() {
    let sim = Sim::start().await;
    let old = sim.guest_path(101);
    assert!(sim.control().migrate_guest(101, "pve3"));
    let reply = sim.get(&format!("{old}/status/current")).await;
    assert_eq!(reply.reason, "Configuration file 'nodes/pve2/qemu-server/101.conf' does not exist");
    assert_eq!(sim.row(101).await["node"], "pve3");
}

#[tokio::test]
async fn nothing_starts_without_quorum() {
    let sim = Sim::start_with(pve_sim::Config { nodes: 2, ..quick() }).await;
    sim.control().set_guest_state(100, Stopped);
    sim.control().set_node_online("pve2", false);
    let reply = sim.post(&format!("{}/status/start", sim.guest_path(100)), &[]).await;
    assert_eq!((reply.status, reply.reason.as_str()), (500, "cluster not ready - no quorum?"));
}
