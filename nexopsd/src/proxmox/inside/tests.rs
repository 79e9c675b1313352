use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::proxmox::payload::tests::any_json;

fn answer(data: Value) -> Answer {
    Answer { data, total: None, parsing: std::time::Duration::ZERO }
}

fn interface(name: &str, mac: &str, addresses: &[&str]) -> Interface {
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Interface { name: name.to_owned(), hardware_address: Some(mac.to_owned()), addresses }
}

fn disk(rows: &Value) -> Option<DiskUse> {
    disk_use(&answer(json!({ "result": rows }))).unwrap().unwrap()
}

fn mount(name: &str, mountpoint: &str, kind: &str, used: i64, total: i64) -> Value {
    json!({"name": name, "mountpoint": mountpoint, "type": kind, "used-bytes": used, "total-bytes": total, "disk": []})
}

#[test]
fn interfaces_are_read_in_the_words_of_the_agent_and_of_containers() {
    let told = agent_interfaces(&answer(json!({"result": [
        {"name": "lo", "hardware-address": "00:00:00:00:00:00",
         "ip-addresses": [{"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}]},
        {"name": "Ethernet 2", "hardware-address": "BC:24:11:00:00:01",
         "ip-addresses": [{"ip-address": "fe80::1%7", "ip-address-type": "ipv6", "prefix": 64},
                          {"ip-address": "10.0.0.2", "ip-address-type": "ipv4", "prefix": 24}]},
        {"name": "down0"}, {"hardware-address": "nameless"}, 7
    ]})));
    let expected = vec![
        interface("lo", "00:00:00:00:00:00", &["127.0.0.1"]),
        interface("Ethernet 2", "bc:24:11:00:00:01", &["fe80::1", "10.0.0.2"]),
        Interface { name: "down0".to_owned(), hardware_address: None, addresses: Vec::new() },
    ];
    assert_eq!(told, Ok(Ok(expected)));

    let before_8_4 =
        json!([{"name": "eth0", "hwaddr": "bc:24:11:00:00:02", "inet": "10.0.0.3/24", "inet6": "fe80::2/64"}]);
    let both = json!([{"name": "eth0", "hwaddr": "bc:24:11:00:00:02", "hardware-address": "bc:24:11:00:00:02",
        "inet": "10.0.0.3/24", "inet6": "fe80::2/64",
        "ip-addresses": [{"ip-address": "10.0.0.3", "ip-address-type": "inet", "prefix": 24},
                         {"ip-address": "fe80::2", "ip-address-type": "inet6", "prefix": 64}]}]);
    for data in [before_8_4, both] {
        let expected = vec![interface("eth0", "bc:24:11:00:00:02", &["10.0.0.3", "fe80::2"])];
        assert_eq!(container_interfaces(&answer(data)), Ok(expected));
    }
    assert_eq!(container_interfaces(&answer(Value::Null)), Ok(Vec::new()), "a container that is stopped");
}

#[test]
fn an_error_of_the_agent_comes_as_a_success_and_is_none() {
    let refused = json!({"result": {"error": {"class": "CommandNotFound", "desc": "The command guest-get-fsinfo has been disabled"}}});
    let refusal = AgentRefusal("The command guest-get-fsinfo has been disabled".to_owned());
    assert_eq!(disk_use(&answer(refused.clone())), Ok(Err(refusal.clone())));
    assert_eq!(agent_interfaces(&answer(refused)), Ok(Err(refusal)));
    assert!(disk_use(&answer(json!({"result": 7}))).is_err());
    assert!(disk_use(&answer(json!({}))).is_err());
    assert!(disk_use(&answer(json!([]))).is_err());
}

#[rstest]
#[case::the_configured_one(&[("docker0", "02:42:00:00:00:01", "172.17.0.1"), ("ens18", "bc:24:11:00:00:01", "10.0.0.2")], Some("10.0.0.2"))]
#[case::the_first_configured(&[("ens19", "bc:24:11:00:00:02", "10.0.9.2"), ("ens18", "bc:24:11:00:00:01", "10.0.0.2")], Some("10.0.0.2"))]
#[case::an_unknown_one_before_a_homemade(&[("br-4f", "02:42:00:00:00:01", "172.18.0.1"), ("vlan7", "00:00:00:00:00:07", "10.7.0.2")], Some("10.7.0.2"))]
#[case::a_homemade_before_none(&[("wg0", "", "10.8.0.2")], Some("10.8.0.2"))]
#[case::ipv4_before_ipv6(&[("ens18", "bc:24:11:00:00:01", "2001:db8::2"), ("ens19", "bc:24:11:00:00:02", "10.0.9.2")], Some("10.0.9.2"))]
#[case::a_global_ipv6_before_a_private(&[("ens18", "bc:24:11:00:00:01", "fd00::2"), ("ens18", "bc:24:11:00:00:01", "2001:db8::2")], Some("2001:db8::2"))]
#[case::nothing_but_itself(&[("lo", "00:00:00:00:00:00", "127.0.0.1"), ("ens18", "bc:24:11:00:00:01", "fe80::1"), ("ens18", "bc:24:11:00:00:01", "169.254.3.4")], None)]
#[case::nothing(&[], None)]
fn a_guest_is_known_by_its_best_address(#[case] told: &[(&str, &str, &str)], #[case] expected: Option<&str>) {
    let interfaces: Vec<Interface> = told.iter().map(|(name, mac, address)| interface(name, mac, &[address])).collect();
    let configured = ["BC:24:11:00:00:01".to_owned(), "BC:24:11:00:00:02".to_owned()];
    assert_eq!(best_address(&interfaces, &configured), expected.map(|address| address.parse().unwrap()));
}

#[rstest]
#[case::one(json!([mount("sda1", "/", "ext4", 30, 100)]), Some((30, 100)))]
#[case::two(json!([mount("sda1", "/", "ext4", 30, 100), mount("sdb1", "/srv", "xfs", 10, 200)]), Some((40, 300)))]
#[case::no_images_no_memory_no_network(json!([
    mount("sda1", "/", "ext4", 30, 100), mount("loop0", "/snap/core", "squashfs", 9, 9), mount("tmpfs", "/run", "tmpfs", 1, 50),
    mount("overlay", "/var/lib/docker/overlay2/x/merged", "overlay", 30, 100), mount("sr0", "/media/cdrom", "iso9660", 700, 700),
    mount("nas:/data", "/mnt/nas", "nfs4", 5000, 9000), mount("gvfsd", "/run/user/1/gvfs", "fuse.gvfsd-fuse", 1, 1),
]), Some((30, 100)))]
#[case::subvolumes_of_one_device(json!([
    mount("vda2", "/", "btrfs", 40, 100), mount("vda2", "/home", "btrfs", 40, 100), mount("vda1", "/boot", "ext4", 2, 10),
]), Some((42, 110)))]
#[case::datasets_of_one_pool(json!([
    mount("zroot/ROOT/default", "/", "zfs", 30, 130), mount("zroot/home", "/home", "zfs", 20, 120), mount("tank", "/tank", "zfs", 5, 55),
]), Some((55, 205)))]
#[case::text_as_freebsd_writes(json!([{"name": "ada0p2", "mountpoint": "/", "type": "ufs", "used-bytes": "30", "total-bytes": "100"}]), Some((30, 100)))]
#[case::windows(json!([
    {"name": "\\\\?\\Volume{a}\\", "mountpoint": "System Reserved", "type": "NTFS", "disk": []},
    mount("\\\\?\\Volume{b}\\", "C:\\", "NTFS", 60, 200),
    mount("\\\\?\\Volume{c}\\", "D:\\", "CDFS", 4000, 4000), mount("\\\\?\\Volume{d}\\", "E:\\", "UDF", 4000, 4000),
]), Some((60, 200)))]
#[case::an_old_agent(json!([{"name": "sda1", "mountpoint": "/", "type": "ext4", "disk": []}]), None)]
#[case::nothing(json!([]), None)]
fn the_disks_of_a_guest_are_added_up_each_once(#[case] rows: Value, #[case] expected: Option<(i64, i64)>) {
    assert_eq!(disk(&rows), expected.map(|(used, total)| DiskUse { used, total }));
}

proptest! {
    #[test]
    fn whatever_an_agent_says_no_disk_is_fuller_than_full(data in any_json(), rows in prop::collection::vec(any_json(), 0..5)) {
        let _ = (agent_interfaces(&answer(data.clone())), container_interfaces(&answer(data)));
        if let Ok(Ok(Some(DiskUse { used, total }))) = disk_use(&answer(json!({ "result": rows }))) {
            prop_assert!(0 <= used && used <= total);
        }
    }

    #[test]
    fn mounts_that_are_told_twice_count_once(used in 0..1000_i64, total in 1..1000_i64, kind in "ext4|btrfs|xfs|ntfs") {
        let one = mount("sda1", "/", &kind, used, total);
        prop_assert_eq!(disk(&json!([one, one])), disk(&json!([one])));
    }
}
