//! What other releases of Proxmox answered, from 7 to 9.

use nexops_core::node::NodeStatus;
use nexops_core::vm::{VmStatus, VmType};
use nexopsd::proxmox::{Error, Refusal};
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

fn index() -> Option<Vec<Entry>> {
    let (_, text) = file("pve/INDEX.json")?;
    Some(serde_json::from_str(&text).unwrap())
}

async fn recorded(name: &str, call: Call) -> Option<Result<Seen, Error>> {
    let index = index()?;
    let entry = index.iter().find(|entry| entry.file == name).unwrap_or_else(|| panic!("{name} is not in the index"));
    let (_, body) = file(&format!("pve/{name}"))?;
    let status = entry.status_line.strip_prefix("HTTP/1.1 ").unwrap();
    Some(play(&call, answer(status, &body)).await.0)
}

#[tokio::test]
async fn every_recorded_answer_on_our_paths_is_understood() {
    let mut count = 0;
    for entry in index().unwrap_or_default() {
        let call = Call::of(&entry.method, &entry.path.replace("{node}", "pve"));
        let Some(call) = call.filter(|_| entry.status == 200 && entry.file.ends_with(".json")) else { continue };
        let seen = recorded(&entry.file, call).await.unwrap().unwrap_or_else(|error| panic!("{}: {error}", entry.file));
        if let Seen::Resources(resources) = seen {
            assert_eq!(resources.skipped, 0, "{}", entry.file);
        }
        count += 1;
    }
    if index().is_some() {
        assert!(count >= 17, "{count}");
    }
}

#[tokio::test]
async fn releases_7_and_8_say_their_version() {
    for (name, major) in [("version_7.json", 7), ("version_8.json", 8)] {
        let Some(seen) = recorded(name, Call::Version).await else { return };
        let Seen::Version(version) = seen.unwrap() else { panic!() };
        assert_eq!(version.major, major);
    }
}

#[tokio::test]
async fn release_7_names_nodes_guests_and_storages() {
    let Some(seen) = recorded("cluster-a-pve7.4/cluster_resources.json", Call::Resources).await else { return };
    let Seen::Resources(resources) = seen.unwrap() else { panic!() };
    assert_eq!((resources.nodes.len(), resources.guests.len(), resources.storages.len()), (4, 4, 12));
    assert!(resources.guests.iter().any(|guest| guest.name.as_deref() == Some("VM 200")));
    assert_eq!(resources.guests.iter().filter(|guest| guest.template == Some(true)).count(), 1);
    assert!(resources.guests.iter().all(|guest| guest.disk_used.is_none()));
}

#[tokio::test]
async fn release_9_may_use_more_memory_than_there_is_and_names_are_not_unique() {
    let Some(seen) = recorded("cluster-c-pve9/cluster_resources_type_vm.json", Call::Resources).await else { return };
    let Seen::Resources(resources) = seen.unwrap() else { panic!() };
    let guest = resources.guests.iter().find(|guest| guest.vmid == 112).unwrap();
    assert_eq!((guest.memory_used, guest.memory_total), (Some(34_390_517_760), Some(34_359_738_368)));
    assert_eq!(resources.guests.iter().filter(|guest| guest.name.as_deref() == Some("netbox")).count(), 2);
}

#[tokio::test]
async fn guests_of_a_node_that_has_been_gone_for_long_are_unknown_and_not_stopped() {
    let name = "derived/cluster_resources_node2_offline_gt5min.json";
    let Some(seen) = recorded(name, Call::Resources).await else { return };
    let Seen::Resources(resources) = seen.unwrap() else { panic!() };
    let lost = |name: &str| resources.nodes.iter().any(|node| node.name == name && node.status == NodeStatus::Offline);
    let guests: Vec<_> = resources.guests.iter().filter(|guest| lost(&guest.node)).collect();
    assert!(!guests.is_empty());
    assert!(guests.iter().all(|guest| guest.status == VmStatus::Unknown && guest.uptime.is_none()));
}

#[tokio::test]
async fn a_release_that_tells_only_in_the_status_line_is_understood() {
    let at = nexopsd::proxmox::GuestAddress { node: "doesntexist".to_owned(), kind: VmType::Qemu, vmid: 1 };
    let Some(seen) = recorded("errors/500_pve7_data_null_only.json", Call::Current(at)).await else { return };
    let Error::NodeUnreachable { node, reason, .. } = seen.unwrap_err() else { panic!() };
    assert!(node == "doesntexist" && reason.starts_with("hostname lookup 'doesntexist' failed"));
}

#[tokio::test]
async fn an_agent_that_does_not_run_is_named() {
    let Some(seen) = recorded("errors/500_agent_not_running.json", Call::Version).await else { return };
    assert_eq!(seen.unwrap_err().refusal(), Some(&Refusal::AgentNotRunning));
}
