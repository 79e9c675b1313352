use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn now() -> DateTime<Utc> {
    "2026-03-15T10:30:00Z".parse().unwrap()
}

fn guest() -> GuestRow {
    GuestRow {
        vmid: 100,
        kind: VmType::Qemu,
        node: "pve1".to_owned(),
        status: VmStatus::Running,
        status_detail: None,
        name: None,
        template: None,
        lock: None,
        tags: None,
        uptime: Some(100),
        cpu: Some(0.25),
        cpu_cores: Some(2.0),
        memory_used: Some(1 << 30),
        memory_total: Some(4 << 30),
        memory_source: Some(MemorySource::Balloon),
        disk_used: Some(0),
        disk_total: Some(32 << 30),
        network_in: Some(10_000),
        network_out: Some(5_000),
        ha_state: None,
    }
}

fn node() -> NodeRow {
    NodeRow {
        name: "pve1".to_owned(),
        status: NodeStatus::Online,
        cpu: Some(0.5),
        cpu_cores: Some(8),
        memory_used: Some(32 << 30),
        memory_total: Some(64 << 30),
        disk_used: Some(25 << 30),
        disk_total: Some(100 << 30),
        uptime: Some(100),
        fingerprint: None,
    }
}

fn read(row: &GuestRow, previous: Option<&Observation>, at: DateTime<Utc>) -> Option<Observation> {
    of_guest(row, Uuid::nil(), previous, None, at)
}

/// The rate of bytes received, when a reading of now follows `first` after so many seconds.
fn rate_after(first: &GuestRow, second: &GuestRow, seconds: i64) -> Option<f64> {
    let previous = read(first, None, now() - chrono::Duration::seconds(seconds)).unwrap();
    read(second, Some(&previous), now()).unwrap().usage.network_in
}

#[test]
fn a_running_guest_has_its_figures_but_no_rate_at_first() {
    let usage = read(&guest(), None, now()).unwrap().usage;
    assert_eq!((usage.cpu_usage, usage.memory_usage, usage.memory_used_mb), (Some(25.0), Some(25.0), Some(1024)));
    assert_eq!((usage.network_in, usage.network_out), (None, None));
    // Of a virtual machine's disk nobody knows how full it is.
    assert_eq!((usage.disk_usage, usage.disk_used_gb), (None, None));
    let container = GuestRow { kind: VmType::Lxc, disk_used: Some(8 << 30), ..guest() };
    let usage = read(&container, None, now()).unwrap().usage;
    assert_eq!((usage.disk_usage, usage.disk_used_gb), (Some(25.0), Some(8.0)));
}

#[test]
fn the_disks_of_a_virtual_machine_are_as_full_as_its_agent_told() {
    let inside = DiskUse { used: 6 << 30, total: 24 << 30 };
    let usage = of_guest(&guest(), Uuid::nil(), None, Some(inside), now()).unwrap().usage;
    assert_eq!((usage.disk_usage, usage.disk_used_gb), (Some(25.0), Some(6.0)));
    let off = GuestRow { status: VmStatus::Stopped, ..guest() };
    assert_eq!(of_guest(&off, Uuid::nil(), None, Some(inside), now()).unwrap().usage.disk_usage, None);
}

#[test]
fn memory_has_its_source_while_it_is_known() {
    assert_eq!(read(&guest(), None, now()).unwrap().usage.memory_source, Some(MemorySource::Balloon));
    assert_eq!(of_node(&node(), Uuid::nil(), None, now()).unwrap().usage.memory_source, Some(MemorySource::Node));
    let blind = NodeRow { memory_used: None, ..node() };
    assert_eq!(of_node(&blind, Uuid::nil(), None, now()).unwrap().usage.memory_source, None);
}

#[rstest]
#[case::as_the_clock(130, 40_000, 30, Some(1000.0))]
#[case::the_reading_was_older(120, 30_000, 30, Some(1000.0))]
#[case::nothing_came(130, 10_000, 30, Some(0.0))]
#[case::counter_fell(130, 9_999, 30, None)]
#[case::restarted(5, 40_000, 30, None)]
#[case::restarted_and_up_for_longer_than_before(3000, 40_000, 30, None)]
#[case::not_seen_for_long(3700, 3_610_000, 3600, Some(1000.0))]
fn a_rate_is_what_came_in_the_guests_own_time(
    #[case] uptime: i64,
    #[case] received: i64,
    #[case] seconds: i64,
    #[case] expected: Option<f64>,
) {
    let second = GuestRow { uptime: Some(uptime), network_in: Some(received), ..guest() };
    assert_eq!(rate_after(&guest(), &second, seconds), expected);
}

#[rstest]
#[case(VmStatus::Running, false)]
#[case(VmStatus::Paused, false)]
#[case(VmStatus::Error, false)]
#[case(VmStatus::Stopped, true)]
fn the_same_reading_again_is_nothing_new_unless_the_guest_is_off(#[case] status: VmStatus, #[case] is_new: bool) {
    let row = GuestRow { status, ..guest() };
    let previous = read(&guest(), None, now() - chrono::Duration::seconds(30)).unwrap();
    assert_eq!(read(&row, Some(&previous), now()).is_some(), is_new);
}

#[test]
fn a_guest_that_is_off_has_no_figures_and_one_that_nobody_knows_of_keeps_its_old_ones() {
    let off = GuestRow { status: VmStatus::Stopped, uptime: Some(0), cpu: Some(0.0), ..guest() };
    let observation = read(&off, None, now()).unwrap();
    assert_eq!(observation.usage, Usage { observed_at: Some(now()), ..Usage::default() });
    assert_eq!((observation.network_in_total, observation.network_out_total), (None, None));
    assert_eq!(read(&GuestRow { status: VmStatus::Unknown, ..guest() }, None, now()), None);
}

#[rstest]
#[case(NodeStatus::Online, Some(Some(50.0)))]
#[case(NodeStatus::Maintenance, Some(Some(50.0)))]
#[case(NodeStatus::Offline, Some(None))]
#[case(NodeStatus::Unknown, None)]
fn a_node_has_figures_while_it_is_there(#[case] status: NodeStatus, #[case] cpu: Option<Option<f64>>) {
    let row = NodeRow { status, ..node() };
    assert_eq!(of_node(&row, Uuid::nil(), None, now()).map(|observation| observation.usage.cpu_usage), cpu);
}

#[test]
fn a_node_without_the_privilege_to_see_its_figures_has_none() {
    let row = NodeRow { cpu: None, memory_used: None, memory_total: None, disk_used: None, uptime: None, ..node() };
    let usage = of_node(&row, Uuid::nil(), None, now()).unwrap().usage;
    assert_eq!((usage.cpu_usage, usage.memory_usage, usage.disk_usage), (None, None, None));
}

prop_compose! {
    fn any_guest()(
        is_qemu in any::<bool>(),
        status in proptest::sample::select(VmStatus::ALL),
        uptime in any::<Option<i64>>(),
        cpu in any::<Option<f64>>(),
        memory_used in any::<Option<i64>>(),
        memory_total in any::<Option<i64>>(),
        disk_used in any::<Option<i64>>(),
        disk_total in any::<Option<i64>>(),
        network_in in any::<Option<i64>>(),
        network_out in any::<Option<i64>>(),
    ) -> GuestRow {
        let kind = if is_qemu { VmType::Qemu } else { VmType::Lxc };
        GuestRow { kind, status, uptime, cpu, memory_used, memory_total, disk_used, disk_total, network_in, network_out, ..guest() }
    }
}

proptest! {
    #[test]
    fn whatever_proxmox_says_percentages_are_percentages_and_rates_are_not_negative(
        first in any_guest(), second in any_guest(), seconds in -100_000..100_000_i64,
    ) {
        let previous = read(&first, None, now() - chrono::Duration::seconds(seconds));
        if let Some(Observation { usage, .. }) = read(&second, previous.as_ref(), now()) {
            for percentage in [usage.cpu_usage, usage.memory_usage, usage.disk_usage].into_iter().flatten() {
                prop_assert!((0.0..=100.0).contains(&percentage), "{usage:?}");
            }
            for rate in [usage.network_in, usage.network_out].into_iter().flatten() {
                prop_assert!(rate.is_finite() && rate >= 0.0, "{usage:?}");
            }
        }
    }
}
