use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn now() -> DateTime<Utc> {
    "2026-03-15T10:30:00Z".parse().unwrap()
}

fn row(vmid: i32) -> GuestRow {
    GuestRow {
        vmid,
        kind: VmType::Qemu,
        node: "pve1".to_owned(),
        status: VmStatus::Running,
        status_detail: None,
        name: Some(format!("guest-{vmid}")),
        template: Some(false),
        lock: None,
        tags: None,
        uptime: Some(60),
        cpu: Some(0.1),
        cpu_cores: Some(2.0),
        memory_used: Some(1 << 30),
        memory_total: Some(4 << 30),
        memory_source: None,
        disk_used: None,
        disk_total: Some(32 << 30),
        network_in: Some(1),
        network_out: Some(1),
        ha_state: None,
    }
}

/// A guest of which nothing but its being there is told, as those of a node that has been silent for long.
fn bare(vmid: i32) -> GuestRow {
    GuestRow {
        status: VmStatus::Unknown,
        name: None,
        template: None,
        uptime: None,
        cpu: None,
        cpu_cores: None,
        memory_used: None,
        memory_total: None,
        disk_total: None,
        network_in: None,
        network_out: None,
        ..row(vmid)
    }
}

fn node(name: &str, status: NodeStatus) -> NodeRow {
    NodeRow {
        name: name.to_owned(),
        status,
        cpu: None,
        cpu_cores: Some(8),
        memory_used: None,
        memory_total: Some(64 << 30),
        disk_used: None,
        disk_total: Some(100 << 30),
        uptime: None,
        fingerprint: None,
    }
}

/// What is known once a plan is carried out.
fn carried_out(mut known: Vec<KnownVm>, plan: &Plan) -> Vec<KnownVm> {
    for vm in &mut known {
        if plan.replaced.contains(&vm.id) {
            vm.gone = true;
        }
        if plan.missed.contains(&vm.id) {
            vm.missed_syncs = vm.missed_syncs.max(0) + 1;
            vm.gone = vm.missed_syncs >= ABSENCES;
        }
        if let Some((_, state)) = plan.changed.iter().find(|(id, _)| *id == vm.id) {
            *vm = KnownVm { state: state.clone(), missed_syncs: 0, gone: false, ..vm.clone() };
        }
    }
    let new = plan.new.iter().map(|(id, vmid, state)| KnownVm {
        id: *id,
        vmid: *vmid,
        state: state.clone(),
        status_confirmed_at: None,
        missed_syncs: 0,
        gone: false,
    });
    // The latest first, as the database gives them.
    let mut all: Vec<KnownVm> = new.chain(known).collect();
    all.sort_by_key(|vm| std::cmp::Reverse(vm.id));
    all
}

fn known(rows: &[GuestRow]) -> Vec<KnownVm> {
    carried_out(Vec::new(), &compare(&[], rows, &[], now()))
}

#[test]
fn what_did_not_change_is_not_written() {
    let rows = [row(100), row(101)];
    let plan = compare(&known(&rows), &rows, &[node("pve1", NodeStatus::Online)], now());
    assert_eq!((plan.new.len(), plan.changed.len(), plan.replaced.len()), (0, 0, 0));
    assert_eq!(plan.ids.len(), 2);
}

#[test]
fn what_is_too_long_to_be_stored_does_not_count_as_changed_for_ever() {
    let long = GuestRow { name: Some("n".repeat(300)), lock: Some("l".repeat(60)), ..row(100) };
    let known = known(std::slice::from_ref(&long));
    assert_eq!((known[0].state.name.len(), known[0].state.locked.as_ref().map(String::len)), (255, Some(50)));
    assert!(compare(&known, &[long], &[], now()).changed.is_empty());
}

#[rstest]
#[case::renamed(GuestRow { name: Some("other".to_owned()), ..row(100) })]
#[case::moved(GuestRow { node: "pve2".to_owned(), ..row(100) })]
#[case::stopped(GuestRow { status: VmStatus::Stopped, ..row(100) })]
#[case::locked(GuestRow { lock: Some("backup".to_owned()), ..row(100) })]
#[case::tagged(GuestRow { tags: Some(vec!["prod".to_owned()]), ..row(100) })]
#[case::grown(GuestRow { memory_total: Some(8 << 30), ..row(100) })]
#[case::made_a_template(GuestRow { template: Some(true), ..row(100) })]
fn what_changed_is_written_under_the_same_id(#[case] seen: GuestRow) {
    let known = known(&[row(100)]);
    let plan = compare(&known, &[seen], &[], now());
    assert_eq!(plan.changed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [known[0].id]);
    assert_eq!((plan.new.len(), plan.replaced.len()), (0, 0));
}

#[test]
fn a_row_that_tells_nothing_leaves_everything_but_the_status() {
    let before = known(&[row(100)]);
    let plan = compare(&before, &[bare(100)], &[], now());
    let (_, state) = &plan.changed[0];
    assert_eq!(*state, VmState { status: VmStatus::Unknown, ..before[0].state.clone() });
    let (_, _, unknown) = &compare(&[], &[bare(100), GuestRow { kind: VmType::Lxc, ..bare(101) }], &[], now()).new[1];
    assert_eq!(unknown.name, "CT101");
}

#[rstest]
#[case(VmStatus::Running, NodeStatus::Offline, VmStatus::Unknown)]
#[case(VmStatus::Paused, NodeStatus::Unknown, VmStatus::Unknown)]
#[case(VmStatus::Stopped, NodeStatus::Offline, VmStatus::Stopped)]
#[case(VmStatus::Running, NodeStatus::Maintenance, VmStatus::Running)]
#[case(VmStatus::Unknown, NodeStatus::Online, VmStatus::Unknown)]
fn a_guest_is_believed_to_run_only_on_a_node_that_is_heard(
    #[case] told: VmStatus,
    #[case] node_is: NodeStatus,
    #[case] expected: VmStatus,
) {
    let rows = [GuestRow { status: told, ..row(100) }];
    let plan = compare(&[], &rows, &[node("pve1", node_is)], now());
    assert_eq!(plan.new[0].2.status, expected);
}

#[rstest]
#[case::just_now(0, VmStatus::Running)]
#[case::within_the_lag_of_the_list(19, VmStatus::Running)]
#[case::long_ago(20, VmStatus::Stopped)]
#[case::by_a_clock_that_was_set_back(-3600, VmStatus::Stopped)]
fn what_a_guests_node_told_goes_before_the_list_for_a_while(#[case] seconds_ago: i64, #[case] expected: VmStatus) {
    let mut before = known(&[row(100)]);
    before[0].status_confirmed_at = Some(now() - Duration::seconds(seconds_ago));
    let plan = compare(&before, &[GuestRow { status: VmStatus::Stopped, ..row(100) }], &[], now());
    assert_eq!(carried_out(before, &plan)[0].state.status, expected);
    assert_eq!(plan.outdated.contains(&100), expected == VmStatus::Running);
}

#[rstest]
#[case::another_kind(false, GuestRow { kind: VmType::Lxc, ..row(100) }, false)]
#[case::another_name(false, GuestRow { name: Some("other".to_owned()), ..row(100) }, true)]
#[case::back_again(true, row(100), true)]
#[case::back_without_a_name(true, bare(100), true)]
#[case::another_name_after_it_was_gone(true, GuestRow { name: Some("other".to_owned()), ..row(100) }, false)]
fn a_number_belongs_to_one_guest_at_a_time(#[case] was_gone: bool, #[case] seen: GuestRow, #[case] same: bool) {
    let mut before = known(&[row(100)]);
    before[0].gone = was_gone;
    let plan = compare(&before, &[seen], &[], now());
    assert_eq!(plan.ids[&100] == before[0].id, same);
    assert_eq!(plan.new.is_empty(), same);
    assert_eq!(plan.replaced.is_empty(), same || was_gone);
}

#[rstest]
#[case::nobody_gone(10, 10, false, 0)]
#[case::one_gone(10, 9, false, 1)]
#[case::half_gone(10, 5, false, 5)]
#[case::more_than_half_gone(10, 4, true, 0)]
#[case::all_gone(10, 0, true, 0)]
#[case::most_of_a_few_gone(3, 1, false, 2)]
#[case::the_only_one_gone(1, 0, true, 0)]
#[case::never_any(0, 0, false, 0)]
fn absence_is_believed_unless_it_looks_like_lost_privileges(
    #[case] known_guests: i32,
    #[case] shown: i32,
    #[case] suspicious: bool,
    #[case] missed: usize,
) {
    let before = known(&(0..known_guests).map(|index| row(100 + index)).collect::<Vec<_>>());
    let rows: Vec<GuestRow> = (0..shown).map(|index| row(100 + index)).collect();
    let seen_nodes = nodes(&[node("pve1", NodeStatus::Online)], &rows);
    let known_nodes = [KnownNode { id: NodeId::new(), name: "pve9".to_owned() }];
    let mut plan = compare(&before, &rows, &[], now());
    note_absences(&mut plan, &before, &known_nodes, &seen_nodes);
    assert_eq!(plan.suspicion.is_some(), suspicious, "{:?}", plan.suspicion);
    assert_eq!(plan.missed.len(), missed);
    assert_eq!(plan.doubted.is_empty(), !suspicious);
    assert_eq!(plan.missed_nodes.len(), usize::from(!suspicious));
}

#[test]
fn a_node_that_only_guests_speak_of_is_there_too() {
    let guests = [GuestRow { node: "pve7".to_owned(), ..row(100) }, row(101), row(102)];
    let seen = nodes(&[node("pve1", NodeStatus::Online)], &guests);
    let names: Vec<(&str, NodeStatus)> = seen.iter().map(|node| (node.name.as_str(), node.status)).collect();
    assert_eq!(names, [("pve1", NodeStatus::Online), ("pve7", NodeStatus::Unknown)]);
}

#[test]
fn a_guest_or_node_that_is_listed_twice_is_one() {
    let seen = nodes(&[node("pve1", NodeStatus::Online), node("pve1", NodeStatus::Offline)], &[row(100)]);
    assert_eq!(seen.iter().map(|node| node.status).collect::<Vec<_>>(), [NodeStatus::Online]);
    assert_eq!(known(&[row(100), GuestRow { kind: VmType::Lxc, ..row(100) }]).len(), 1);
}

prop_compose! {
    fn any_row()(
        vmid in 100..106_i32,
        is_qemu in any::<bool>(),
        node in "pve[1-3]",
        status in proptest::sample::select(VmStatus::ALL),
        status_detail in proptest::option::of("[a-z\0]{0,5}"),
        name in proptest::option::of("[ab\0]{0,2}"),
        template in any::<Option<bool>>(),
        lock in proptest::option::of("backup|migrate"),
        tags in proptest::option::of(proptest::collection::vec("[a-z]{1,3}", 0..3)),
        cpu_cores in proptest::option::of(0.0..64.0_f64),
        memory_total in any::<Option<i64>>(),
        disk_total in any::<Option<i64>>(),
    ) -> GuestRow {
        let kind = if is_qemu { VmType::Qemu } else { VmType::Lxc };
        GuestRow { kind, node, status, status_detail, name, template, lock, tags, cpu_cores, memory_total, disk_total, ..row(vmid) }
    }
}

proptest! {
    #[test]
    fn a_plan_carried_out_leaves_nothing_to_do(
        first in proptest::collection::vec(any_row(), 0..8),
        second in proptest::collection::vec(any_row(), 0..8),
        gone in any::<bool>(),
        confirmed in any::<bool>(),
        dark in proptest::collection::vec("pve[1-3]", 0..2),
    ) {
        let nodes: Vec<NodeRow> = dark.iter().map(|name| node(name, NodeStatus::Offline)).collect();
        let mut before = known(&first);
        for vm in &mut before {
            vm.gone = gone;
            vm.status_confirmed_at = confirmed.then(now);
        }
        let plan = compare(&before, &second, &nodes, now());
        let after = carried_out(before, &plan);
        let again = compare(&after, &second, &nodes, now());
        prop_assert!(again.new.is_empty() && again.replaced.is_empty(), "{again:?}");
        prop_assert!(again.changed.is_empty(), "{:?} of {after:?}", again.changed);
        prop_assert_eq!(&again.ids, &plan.ids);
        // No number belongs to two guests that exist.
        let mut existing: Vec<i32> = after.iter().filter(|vm| !vm.gone).map(|vm| vm.vmid).collect();
        existing.sort_unstable();
        let count = existing.len();
        existing.dedup();
        prop_assert_eq!(existing.len(), count);
    }
}
