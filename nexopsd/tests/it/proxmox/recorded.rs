//! What other releases of Proxmox answered, from 7 to 9: each recorded file, and what it has to become.

use std::collections::BTreeSet;

use nexops_core::node::NodeStatus;
use nexops_core::usage::MemorySource;
use nexops_core::vm::VmStatus;
use nexopsd::privileges;
use nexopsd::proxmox::{Error, GuestRow, Outcome, Refusal, Resources, TaskState, best_address, has_agent};
use serde::Deserialize;

use super::recordings::{Call, Seen, file, play};
use super::server::answer;

/// A line of the recordings' index.
#[derive(Debug, Deserialize)]
struct Entry {
    file: String,
    method: String,
    path: String,
    status: u16,
    status_line: String,
}

/// What becomes of a file.
enum Expected {
    /// An answer to a question of ours, with these values.
    Values(fn(Seen)),
    /// A refusal, of whatever question: this error.
    Error(fn(Error)),
    /// An answer to a question that the client does not ask, and why it does not.
    NotAsked(&'static str),
}

use Expected::{NotAsked, Values};

const FIGURES: &str = "the cluster's list has the figures of all nodes and guests in one answer";
const NETWORK: &str = "how a node's own network is set up is not shown";
const HISTORY: &str = "history is what NexOps itself collects";

/// Every file, and what is expected of it.
const FILES: &[(&str, Expected)] = &[
    ("cluster-a-pve7.4/cluster_status.json", Values(a_cluster_of_four)),
    ("cluster-a-pve7.4/cluster_resources.json", Values(release_7_names_nodes_guests_and_storages)),
    ("cluster-a-pve7.4/nodes.json", Values(|seen| four_nodes(seen, NodeStatus::Online))),
    ("cluster-a-pve7.4/nodes_node1_status.json", NotAsked(FIGURES)),
    ("cluster-a-pve7.4/nodes_node1_network.json", NotAsked(NETWORK)),
    ("cluster-a-pve7.4/nodes_node2_network.json", NotAsked(NETWORK)),
    (
        "cluster-a-pve7.4/nodes_node1_qemu_101_status_current.json",
        Values(|seen| current(seen, VmStatus::Running, false)),
    ),
    ("cluster-a-pve7.4/nodes_node1_qemu_101_rrddata_hour.json", NotAsked(HISTORY)),
    ("cluster-a-pve7.4/nodes_node1_lxc.json", NotAsked(FIGURES)),
    ("cluster-a-pve7.4/nodes_node1_lxc_101_status_current.json", Values(|seen| current(seen, VmStatus::Stopped, true))),
    ("cluster-a-pve7.4/nodes_node1_lxc_101_config.json", Values(the_configuration_of_a_container)),
    ("cluster-a-pve7.4/access_permissions_root.json", Values(root_may_do_everything)),
    (
        "node-b-pve8/nodes_pve-node1_qemu_105_status_current.json",
        Values(|seen| current(seen, VmStatus::Running, false)),
    ),
    ("node-b-pve8/nodes_pve-node1_qemu_105_status_stop.json", Values(a_stop_of_105)),
    ("node-b-pve8/nodes_x_qemu_505_config_cpulimit.json", Values(a_configuration_without_its_password)),
    ("cluster-c-pve9/cluster_resources_type_vm.json", Values(release_9_tells_who_counted_the_memory)),
    ("node-d-pve9/nodes.json", Values(one_node)),
    (
        "node-d-pve9/nodes_pve_storage.json",
        NotAsked("it touches every storage and can hang for as long as one of them"),
    ),
    ("node-d-pve9/nodes_pve_network.json", NotAsked(NETWORK)),
    ("node-d-pve9/nodes_pve_qemu_t0.json", NotAsked(FIGURES)),
    ("node-d-pve9/nodes_pve_qemu_t1.json", NotAsked(FIGURES)),
    (
        "node-d-pve9/nodes_pve_qemu_100_agent.json",
        NotAsked("it lists what Proxmox could ask, not what the agent answers"),
    ),
    ("node-d-pve9/nodes_pve_qemu_100_agent_network-get-interfaces.json", Values(an_agent_with_one_address)),
    (
        "node-d-pve9/nodes_pve-root_qemu_8001_status_current_template.json",
        Values(|seen| current(seen, VmStatus::Stopped, true)),
    ),
    ("rrd-pve9/pve9_lxc_rrddata.json", NotAsked(HISTORY)),
    ("rrd-pve9/pve9_qemu_rrddata.json", NotAsked(HISTORY)),
    ("rrd-pve9/pve9_node_rrddata.json", NotAsked(HISTORY)),
    (
        "errors/500_nonexistent_vmid.json",
        Expected::Error(|error| {
            assert!(matches!(&error, Error::GuestMissing { reason } if reason.contains("999.conf")), "{error:?}");
        }),
    ),
    (
        "errors/500_agent_not_running.json",
        Expected::Error(|error| {
            assert_eq!(error.refusal(), Some(&Refusal::AgentNotRunning));
        }),
    ),
    (
        "errors/403_permission.json",
        Expected::Error(|error| {
            let Error::Forbidden { path, privilege, .. } = error else { panic!("{error:?}") };
            assert_eq!((path.as_deref(), privilege.as_deref()), (Some("/nodes/node3"), Some("Sys.Modify")));
        }),
    ),
    (
        "errors/400_parameter_verification.json",
        Expected::Error(|error| {
            let Error::InvalidParameters { fields, .. } = error else { panic!("{error:?}") };
            assert_eq!(
                fields.into_iter().collect::<Vec<_>>(),
                [("tokenid".to_owned(), "Token already exists.".to_owned())]
            );
        }),
    ),
    (
        "errors/500_pve7_data_null_only.json",
        Expected::Error(|error| {
            // Before 8.3 the body is empty and only the status line tells.
            let Error::NodeUnreachable { status: 500, reason, .. } = error else { panic!("{error:?}") };
            assert!(reason.starts_with("hostname lookup 'doesntexist' failed"), "{reason}");
        }),
    ),
    (
        "errors/permissions_empty_token.json",
        Values(|seen| {
            let Seen::Permissions(permissions) = seen else { panic!() };
            assert!(permissions.is_empty());
            let missing = privileges::missing(&permissions, "nexops@pve!nexops", 9).unwrap();
            assert!(
                missing.contains("VM.Audit on /vms")
                    && missing.contains("pveum acl modify / -token 'nexops@pve!nexops'")
            );
        }),
    ),
    (
        "tasks/status_running.json",
        Values(|seen| {
            assert!(matches!(seen, Seen::TaskStatus(TaskState::Running)));
        }),
    ),
    ("tasks/status_stopped_ok.json", Values(|seen| ended(seen, Outcome::Succeeded, "OK"))),
    ("tasks/status_stopped_interrupted.json", Values(|seen| ended(seen, Outcome::Failed, "interrupted by signal"))),
    (
        "tasks/log_head.json",
        Values(|seen| {
            let Seen::TaskLog(log) = seen else { panic!() };
            let texts: Vec<_> = log.lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!((texts.len(), texts[0], texts[4]), (5, "task started", "task completed successfully"));
            assert_eq!(log.lines[4].number, 5);
        }),
    ),
    ("version_7.json", Values(|seen| version(seen, "7.2-3", 7, 2))),
    ("version_8.json", Values(|seen| version(seen, "8.4.1", 8, 4))),
    ("derived/cluster_resources_node2_offline_gt5min.json", Values(guests_of_a_node_that_is_long_gone_are_unknown)),
    ("derived/nodes_node4_offline_gt5min.json", Values(|seen| four_nodes(seen, NodeStatus::Offline))),
    (
        "derived/cluster_status_node4_offline.json",
        Values(|seen| {
            let Seen::Status(status) = seen else { panic!() };
            assert_eq!(status.quorate, Some(true));
            let away: Vec<_> =
                status.members.iter().filter(|member| !member.online).map(|member| &member.name[..]).collect();
            assert_eq!(away, ["node4"]);
        }),
    ),
    (
        "derived/cluster_status_standalone.json",
        Values(|seen| {
            let Seen::Status(status) = seen else { panic!() };
            assert_eq!((status.name, status.quorate), (None, None));
            assert_eq!((status.members.len(), status.members[0].ip.as_deref()), (1, Some("192.168.200.134")));
        }),
    ),
    (
        "derived/lxc_interfaces_stopped_container.json",
        Values(|seen| {
            let Seen::Interfaces(interfaces) = seen else { panic!() };
            assert_eq!(interfaces, []);
        }),
    ),
    ("derived/lxc_index_pve9_cpulimit.json", NotAsked(FIGURES)),
    (
        "raw_http/200_cluster_resources_headers.http",
        Values(|seen| {
            let Seen::Resources(resources) = seen else { panic!() };
            assert_eq!(resources, Resources::default());
        }),
    ),
    ("raw_http/401_no_ticket.http", Expected::Error(|error| unauthorized(&error, "No ticket"))),
    (
        "raw_http/401_authentication_failed.http",
        Expected::Error(|error| unauthorized(&error, "Authentication failed!")),
    ),
    (
        "raw_http/401_invalid_token_value_old.http",
        Expected::Error(|error| unauthorized(&error, "invalid token value!")),
    ),
    (
        "raw_http/595_no_route_to_host.http",
        Expected::Error(|error| {
            let Error::NodeUnreachable { status: 595, reason, .. } = error else { panic!("{error:?}") };
            assert_eq!(reason, "No route to host");
        }),
    ),
    (
        "raw_http/501_method_not_implemented.http",
        Expected::Error(|error| {
            assert_eq!(error, Error::NotImplemented { reason: "Method 'GET /nodex' not implemented".to_owned() });
        }),
    ),
];

fn a_cluster_of_four(seen: Seen) {
    let Seen::Status(status) = seen else { panic!() };
    assert_eq!((status.name.as_deref(), status.quorate), (Some("clustername"), Some(true)));
    let mut members: Vec<_> =
        status.members.iter().map(|member| (&member.name[..], member.ip.as_deref().unwrap(), member.local)).collect();
    members.sort_unstable();
    let expected = [
        ("node1", "192.168.1.1", true),
        ("node2", "192.168.1.2", false),
        ("node3", "192.168.1.3", false),
        ("node4", "192.168.1.4", false),
    ];
    assert_eq!(members, expected);
    assert!(status.members.iter().all(|member| member.online));
}

fn four_nodes(seen: Seen, of_the_fourth: NodeStatus) {
    let Seen::Nodes(nodes) = seen else { panic!() };
    assert_eq!(nodes.iter().map(|node| &node.name[..]).collect::<Vec<_>>(), ["node1", "node2", "node3", "node4"]);
    assert_eq!(
        (nodes[0].cpu_cores, nodes[0].memory_total, nodes[0].uptime),
        (Some(12), Some(33_568_288_768), Some(2_236_708))
    );
    assert!((nodes[0].cpu.unwrap() - 0.003_486).abs() < 1e-6);
    assert!(nodes.iter().all(|node| node.fingerprint.as_ref().is_some_and(|text| text.len() == 95)));
    assert_eq!(nodes[3].status, of_the_fourth);
    let has_figures = of_the_fourth == NodeStatus::Online;
    assert_eq!((nodes[3].memory_used.is_some(), nodes[3].cpu_cores.is_some()), (has_figures, has_figures));
}

fn one_node(seen: Seen) {
    let Seen::Nodes(nodes) = seen else { panic!() };
    assert_eq!((nodes.len(), &nodes[0].name[..], nodes[0].status), (1, "pve", NodeStatus::Online));
    assert_eq!((nodes[0].disk_used, nodes[0].disk_total), (Some(11_240_390_656), Some(23_215_472_640)));
}

fn release_7_names_nodes_guests_and_storages(seen: Seen) {
    let Seen::Resources(resources) = seen else { panic!() };
    assert_eq!((resources.nodes.len(), resources.guests.len(), resources.storages.len()), (4, 4, 12));
    let guest = |vmid: i32| find(&resources, vmid);
    let server = guest(100);
    assert_eq!((server.status, server.uptime, server.cpu_cores), (VmStatus::Running, Some(874_350), Some(1.0)));
    assert_eq!((server.memory_used, server.memory_total), (Some(842_551_296), Some(1_073_741_824)));
    assert_eq!((server.network_in, server.network_out), (Some(2_456_116_121), Some(545_248_946)));
    assert_eq!(server.memory_source, None, "that release does not tell who counted");
    assert_eq!((guest(101).template, guest(102).template), (Some(true), Some(false)));
    assert_eq!(guest(102).tags, Some(vec!["go-proxmox+cloud-init".to_owned()]));
    assert_eq!(guest(200).name.as_deref(), Some("VM 200"));
    assert!(resources.guests.iter().all(|guest| guest.disk_used.is_none()));
    assert!(resources.storages.iter().all(|storage| storage.content.is_sorted()));
}

fn release_9_tells_who_counted_the_memory(seen: Seen) {
    let Seen::Resources(resources) = seen else { panic!() };
    assert_eq!(resources.guests.len(), 19);
    let guest = |vmid: i32| find(&resources, vmid);
    // More than there is: the machine tells nothing, and its process has what it has.
    assert_eq!((guest(112).memory_used, guest(112).memory_total), (Some(34_390_517_760), Some(34_359_738_368)));
    for (vmid, source) in [
        (100, Some(MemorySource::Host)),
        (103, Some(MemorySource::Balloon)),
        (104, Some(MemorySource::Cgroup)),
        (108, Some(MemorySource::Balloon)),
        (112, Some(MemorySource::Host)),
        (113, None),
    ] {
        assert_eq!(guest(vmid).memory_source, source, "{vmid}");
    }
    assert_eq!((guest(101).status, guest(101).template), (VmStatus::Stopped, Some(true)));
    assert_eq!(guest(109).tags.as_ref().unwrap(), &["alpine", "community-script", "docker"]);
    assert!(guest(115).disk_used.is_some_and(|used| used > 0), "a container's root file system");
    let netboxes = resources.guests.iter().filter(|guest| guest.name.as_deref() == Some("netbox"));
    assert_eq!(netboxes.count(), 2, "names are not unique");
}

fn guests_of_a_node_that_is_long_gone_are_unknown(seen: Seen) {
    let Seen::Resources(resources) = seen else { panic!() };
    let node = resources.nodes.iter().find(|node| node.name == "node2").unwrap();
    assert_eq!((node.status, node.uptime), (NodeStatus::Offline, None));
    let guest = find(&resources, 100);
    assert_eq!((guest.status, &guest.name, guest.template, guest.uptime), (VmStatus::Unknown, &None, None, None));
    assert_eq!((guest.memory_used, guest.memory_source, guest.network_in), (None, None, None));
    assert_eq!(find(&resources, 102).status, VmStatus::Stopped, "those of other nodes are known");
}

fn find(resources: &Resources, vmid: i32) -> &GuestRow {
    resources.guests.iter().find(|guest| guest.vmid == vmid).unwrap()
}

fn current(seen: Seen, status: VmStatus, template: bool) {
    let Seen::Current(current) = seen else { panic!() };
    assert_eq!((current.status, current.template, current.ha_managed), (status, template, false));
    assert_eq!((current.uptime > Some(0), current.lock), (status == VmStatus::Running, None));
}

fn the_configuration_of_a_container(seen: Seen) {
    let Seen::Config(config) = seen else { panic!() };
    assert_eq!(config.os_type.as_deref(), Some("debian"));
    assert_eq!(config.birthmark.name.as_deref(), Some("test-container"));
    assert_eq!(config.birthmark.hardware_addresses, ["5d:cf:bd:b2:c5:39"]);
    assert_eq!(config.snapshot["lxc"][3][1], "/dev/dri dev/dri none bind,optional,create=dir");
}

fn a_configuration_without_its_password(seen: Seen) {
    let Seen::Config(config) = seen else { panic!() };
    assert_eq!((&config.snapshot["cipassword"], &config.snapshot["cpulimit"]), (&"**********".into(), &"0.4".into()));
    assert_eq!(config.os_type, None);
    assert!(has_agent(&config.snapshot));
    assert_eq!(config.birthmark.created.as_deref(), Some("1691463271"));
    assert_eq!(config.birthmark.uuid.as_deref(), Some("5059a66c-23d5-461b-a3cb-004eb3124718"));
}

fn a_stop_of_105(seen: Seen) {
    let Seen::Power(upid) = seen else { panic!() };
    assert_eq!(
        (upid.node(), upid.task_type(), upid.subject(), upid.user()),
        ("pve-node1", "qmstop", "105", "root@pam!api")
    );
}

fn an_agent_with_one_address(seen: Seen) {
    let Seen::Interfaces(interfaces) = seen else { panic!() };
    assert_eq!(interfaces.iter().map(|interface| &interface.name[..]).collect::<Vec<_>>(), ["lo", "ens18"]);
    let configured = ["BC:24:11:11:75:0E".to_owned()];
    assert_eq!(best_address(&interfaces, &configured), Some("192.168.200.139".parse().unwrap()));
}

fn root_may_do_everything(seen: Seen) {
    let Seen::Permissions(permissions) = seen else { panic!() };
    assert_eq!(privileges::missing(&permissions, "root@pam!x", 7), None);
    assert!(privileges::may_ask_agents(&permissions, 7) && permissions.allows("/vms/100", "VM.Monitor"));
}

fn ended(seen: Seen, outcome: Outcome, exit_status: &str) {
    let Seen::TaskStatus(TaskState::Ended(end)) = seen else { panic!() };
    assert_eq!((end.outcome, end.exit_status.as_str()), (outcome, exit_status));
}

fn version(seen: Seen, text: &str, major: u32, minor: u32) {
    let Seen::Version(version) = seen else { panic!() };
    assert_eq!((version.text.as_str(), version.major, version.minor), (text, major, minor));
}

fn unauthorized(error: &Error, expected: &str) {
    assert!(matches!(error, Error::Unauthorized { reason, .. } if reason == expected), "{error:?}");
}

fn index() -> Option<Vec<Entry>> {
    let (_, text) = file("pve/INDEX.json")?;
    Some(serde_json::from_str(&text).unwrap())
}

impl Entry {
    fn call(&self) -> Option<Call> {
        let path = self.path.split('?').next().unwrap();
        let upid = "UPID:node1:000FF1FD:10F9374C:630D702C:vzdump:110:root@pam:";
        Call::of(&self.method, &path.replace("{node}", "pve").replace("{vmid}", "100").replace("{upid}", upid))
    }

    /// The answer as it came over the wire.
    fn bytes(&self) -> Vec<u8> {
        let (_, text) = file(&format!("pve/{}", self.file)).unwrap();
        if !self.file.ends_with(".http") {
            return answer(self.status_line.strip_prefix("HTTP/1.1 ").unwrap(), &text);
        }
        // Only the head was recorded where it has a length.
        let mut text = format!("{}\r\n\r\n", text.trim_end().replace("\r\n", "\n").replace('\n', "\r\n"));
        if let Some((_, rest)) = text.split_once("Content-Length: ") {
            let length: usize = rest.lines().next().unwrap().parse().unwrap();
            text.push_str(&format!("{:<length$}", r#"{"data":[]}"#));
        }
        text.into_bytes()
    }
}

#[test]
fn every_file_has_its_expectation_and_every_expectation_its_file() {
    let Some(index) = index() else { return };
    let recorded: BTreeSet<&str> = index.iter().map(|entry| entry.file.as_str()).collect();
    let expected: BTreeSet<&str> = FILES.iter().map(|(file, _)| *file).collect();
    assert_eq!(expected, recorded);
    assert_eq!(FILES.len(), expected.len(), "a file is expected twice");
}

#[tokio::test]
async fn every_recorded_answer_becomes_the_right_values_or_the_right_error() {
    for entry in index().unwrap_or_default() {
        let name = &entry.file;
        let (_, expected) = FILES.iter().find(|(file, _)| file == name).unwrap_or_else(|| panic!("{name}"));
        println!("{name}");
        match expected {
            Values(check) => {
                let call = entry.call().unwrap_or_else(|| panic!("{name} is no answer to a question of ours"));
                let (seen, _) = play(&call, entry.bytes()).await;
                let seen = seen.unwrap_or_else(|error| panic!("{name}: {error}"));
                if let Seen::Resources(resources) = &seen {
                    assert_eq!(resources.skipped, 0, "{name}");
                }
                check(seen);
            }
            Expected::Error(check) => {
                let call = entry.call().unwrap_or(Call::Version);
                let (seen, _) = play(&call, entry.bytes()).await;
                let error = seen.expect_err(name);
                let status = error.upstream().unwrap().status;
                assert_eq!(status, Some(entry.status), "{name}");
                check(error);
            }
            NotAsked(why) => assert!(entry.call().is_none(), "{name} could be asked for, although {why}"),
        }
    }
}
