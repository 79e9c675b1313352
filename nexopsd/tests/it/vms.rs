//! Guests over the API.

use std::collections::HashSet;

use chrono::{Duration, Utc};
use diesel_async::SimpleAsyncConnection;
use nexops_core::error::ErrorCode;
use nexops_core::page::Sort;
use nexops_core::vm::{ListVms, UsageQuery, Vm, VmColumn, VmStatus, VmType};
use pve_sim::{GuestKind, NewGuest, State};
use rstest::rstest;
use serde_json::Value;

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};

#[tokio::test(flavor = "multi_thread")]
async fn every_guest_of_the_cluster_is_listed_with_its_figures() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let vms = daemon.vms().await;
    assert_eq!(vms.len(), daemon.cluster().guests().len());
    for vm in vms.iter().filter(|vm| vm.status == VmStatus::Running) {
        assert!(vm.usage.cpu_usage.is_some_and(|cpu| (0.0..=100.0).contains(&cpu)), "{vm:?}");
        assert!(vm.usage.memory_usage.is_some_and(|memory| (0.0..=100.0).contains(&memory)), "{vm:?}");
        assert!(!vm.usage.stale, "{vm:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_guest_is_not_found_by_number_nor_by_id() {
    let daemon = Daemon::new().await;
    let by_number = daemon.client.find_vm(9999).await.unwrap_err();
    assert_eq!(by_number.code(), Some(ErrorCode::NotFound));
    let by_id = daemon.client.find_vm(nexops_core::id::VmId::new()).await.unwrap_err();
    assert_eq!(by_id.code(), Some(ErrorCode::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_found_by_number_and_by_id_with_the_configuration_that_lists_leave_out() {
    let daemon = Daemon::new().await;
    daemon.sync().await;
    assert!(daemon.vms().await.iter().all(|vm| vm.config.is_none()), "a list holds configurations");
    let by_number = daemon.vm(101).await;
    assert!(by_number.config.as_ref().is_some_and(|config| config["name"] == by_number.name.as_str()), "{by_number:?}");
    let by_id = daemon.client.find_vm(by_number.id).await.unwrap().data;
    assert_eq!(by_id, by_number);
}

#[tokio::test(flavor = "multi_thread")]
async fn current_figures_are_those_of_the_list_unless_fresh_ones_are_wanted() {
    let daemon = Daemon::new().await;
    daemon.wait_as_if(30).await;
    let known = daemon.vm(101).await.usage;
    let kept = daemon.client.vm_usage(101, &UsageQuery::default()).await.unwrap();
    assert_eq!(kept.data, known);
    assert_eq!(kept.meta.freshness.unwrap().observed_at, known.observed_at);
    let fresh = daemon.client.vm_usage(101, &UsageQuery { fresh: true }).await.unwrap();
    assert!(fresh.data.observed_at > known.observed_at, "{fresh:?}");
    assert!(fresh.meta.timestamp >= fresh.data.observed_at.unwrap(), "{fresh:?}");
}

/// Every page of a list, one after the other.
async fn paged(daemon: &Daemon, sort: Option<Sort<VmColumn>>, per_page: u32) -> Vec<Vm> {
    let mut rows = Vec::new();
    for page in 1.. {
        let query = ListVms { page: Some(page), per_page: Some(per_page), sort, ..ListVms::default() };
        let list = daemon.client.list_vms(&query).await.unwrap();
        assert_eq!((list.meta.total, list.meta.page, list.meta.per_page), (24, page, per_page));
        if list.data.is_empty() {
            break;
        }
        assert!(list.data.len() <= per_page as usize);
        rows.extend(list.data);
    }
    rows
}

/// The values of the column that a list is sorted by, without those that are not known; these must stand at the end.
fn known_values(vms: &[Vm], column: VmColumn) -> Vec<Value> {
    let values: Vec<Value> = vms.iter().map(|vm| serde_json::to_value(vm).unwrap()[column.as_str()].take()).collect();
    let known = values.iter().position(Value::is_null).unwrap_or(values.len());
    assert!(values[known..].iter().all(Value::is_null), "by {column}, unknown values are not at the end: {values:?}");
    values[..known].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_in_any_order_hold_every_guest_once() {
    let daemon = Daemon::new().await;
    daemon.wait_as_if(30).await;
    daemon.collect().await;
    daemon.sync().await;
    for &column in VmColumn::ALL {
        let [ascending, descending] = [false, true].map(|descending| Some(Sort { column, descending }));
        for sort in [ascending, descending] {
            let whole = paged(&daemon, sort, 1000).await;
            assert_eq!(whole.iter().map(|vm| vm.id).collect::<HashSet<_>>().len(), 24, "by {column}");
            for per_page in [1, 5, 7, 23, 24] {
                assert_eq!(paged(&daemon, sort, per_page).await, whole, "by {column}, {per_page} a page");
            }
        }
        let up = known_values(&paged(&daemon, ascending, 1000).await, column);
        let mut down = known_values(&paged(&daemon, descending, 1000).await, column);
        down.reverse();
        assert_eq!(up, down, "-{column} is not {column} reversed");
        if let Some(numbers) = up.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>() {
            assert!(numbers.is_sorted(), "by {column}: {numbers:?}");
            assert!(!numbers.is_empty(), "nothing is known of {column}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_order_guests_come_by_number() {
    let daemon = Daemon::new().await;
    assert!(daemon.vms().await.is_sorted_by_key(|vm| vm.vmid));
}

#[rstest]
#[case("page=3", 24)]
#[case("page=25&per_page=1", 24)]
#[case("page=4294967295&per_page=1000", 24)]
#[case("search=nothing-is-called-so", 0)]
#[case("connection=nowhere", 0)]
#[case("node=nowhere", 0)]
#[case("tag=nothing", 0)]
#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_rows_is_an_empty_list(#[case] query: &str, #[case] total: u64) {
    let daemon = Daemon::new().await;
    let answer = Answer::at(&daemon, &format!("/api/v1/infrastructure/vms?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["data"], Value::Array(Vec::new()));
    assert_eq!(answer.json()["meta"]["total"], total);
}

async fn numbers(daemon: &Daemon, query: ListVms) -> Vec<i32> {
    let list = daemon.client.list_vms(&ListVms { per_page: Some(1000), ..query }).await.unwrap();
    assert_eq!(list.meta.total, list.data.len() as u64);
    list.data.iter().map(|vm| vm.vmid).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_leaves_exactly_the_guests_that_it_names() {
    let daemon = Daemon::new().await;
    let all = daemon.vms().await;
    let those =
        |matches: &dyn Fn(&Vm) -> bool| -> Vec<i32> { all.iter().filter(|vm| matches(vm)).map(|vm| vm.vmid).collect() };
    let any = ListVms::default;
    let node = &all[0];

    for &status in VmStatus::ALL {
        let query = ListVms { status: Some(status), ..any() };
        assert_eq!(numbers(&daemon, query).await, those(&|vm| vm.status == status), "{status}");
    }
    for &kind in VmType::ALL {
        assert_eq!(
            numbers(&daemon, ListVms { kind: Some(kind), ..any() }).await,
            those(&|vm| vm.kind == kind),
            "{kind}"
        );
    }
    for name in [node.node.clone(), node.node_id.to_string()] {
        let query = ListVms { node: Some(name.clone()), ..any() };
        assert_eq!(numbers(&daemon, query).await, those(&|vm| vm.node_id == node.node_id), "{name}");
    }
    for name in [node.connection.clone(), node.connection_id.to_string()] {
        assert_eq!(numbers(&daemon, ListVms { connection: Some(name), ..any() }).await.len(), 24);
    }
    let tag = Some("prod".to_owned());
    let tagged = those(&|vm| vm.tags.iter().any(|tag| tag == "prod"));
    assert!(!tagged.is_empty());
    assert_eq!(numbers(&daemon, ListVms { tag: tag.clone(), ..any() }).await, tagged);
    let both = ListVms { tag, node: Some("pve2".to_owned()), kind: Some(VmType::Qemu), ..any() };
    let expected = those(&|vm| vm.tags.iter().any(|tag| tag == "prod") && vm.node == "pve2" && vm.kind == VmType::Qemu);
    assert!(!expected.is_empty() && expected.len() < tagged.len());
    assert_eq!(numbers(&daemon, both).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_names_numbers_and_nodes_and_takes_every_character_literally() {
    let daemon = Daemon::new().await;
    let strange = NewGuest {
        vmid: 900,
        node: "pve1".to_owned(),
        kind: GuestKind::Qemu,
        name: r"50%_a\b".to_owned(),
        state: State::Running,
    };
    assert!(daemon.cluster().add_guest(strange));
    daemon.sync().await;
    let all = daemon.vms().await;
    let find =
        async |text: &str| numbers(&daemon, ListVms { search: Some(text.to_owned()), ..ListVms::default() }).await;

    for text in ["web", "WEB", "Web-1"] {
        assert!(find(text).await.contains(&100), "{text}");
    }
    let on_pve2: Vec<i32> = all.iter().filter(|vm| vm.node == "pve2").map(|vm| vm.vmid).collect();
    assert_eq!(find("PVE2").await, on_pve2);
    let with_12: Vec<i32> = all.iter().filter(|vm| vm.vmid.to_string().contains("12")).map(|vm| vm.vmid).collect();
    assert_eq!(find("12").await, with_12);
    for text in ["%", "_", r"\", "%_", r"a\b", r"50%_a\b"] {
        assert_eq!(find(text).await, [900], "{text}");
    }
    for text in ["%%", "a%b", "'", "' OR 1=1 --", "50__a"] {
        assert_eq!(find(text).await, Vec::<i32>::new(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_when_it_was_observed_and_when_that_is_too_long_ago() {
    let daemon = Daemon::new().await;
    daemon.sync().await;
    let list = daemon.client.list_vms(&ListVms::default()).await.unwrap();
    let freshness = list.meta.freshness.unwrap();
    let system = daemon.client.system().await.unwrap().data;
    assert_eq!(freshness.observed_at, system.connections[0].last_success_at);
    assert!(freshness.observed_at.is_some_and(|at| at <= list.meta.timestamp), "{list:?}");
    assert!((Utc::now() - list.meta.timestamp).abs() < Duration::minutes(1));
    assert!(!freshness.stale);

    // An interval is an hour here, and more than two of them is stale.
    let age = "UPDATE proxmox_connections SET last_success_at = now() - interval '121 minutes'; \
               UPDATE metric_latest SET observed_at = now() - interval '121 minutes'";
    daemon.database.connect().await.batch_execute(age).await.unwrap();
    let list = daemon.client.list_vms(&ListVms::default()).await.unwrap();
    assert!(list.meta.freshness.unwrap().stale);
    assert!(list.data.iter().all(|vm| vm.usage.stale));
    assert!(daemon.client.find_vm(101).await.unwrap().meta.freshness.unwrap().stale);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_answer_of_a_cluster_a_list_is_empty_and_stale() {
    let daemon = Wishes::default().cluster("default", quick_cluster()).idle().start().await;
    let answer = Answer::at(&daemon, "/api/v1/infrastructure/vms").await.json();
    assert_eq!(answer["data"], Value::Array(Vec::new()));
    assert_eq!(answer["meta"]["observed_at"], Value::Null);
    assert_eq!(answer["meta"]["stale"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_two_clusters_know_is_refused_with_the_candidates_and_their_ids_are_not() {
    let daemon = Wishes::default().cluster("one", quick_cluster()).cluster("two", quick_cluster()).start().await;
    assert_eq!(daemon.vms().await.len(), 48);
    for refusal in [
        daemon.client.find_vm(101).await.map(|_| ()),
        daemon.client.vm_usage(101, &UsageQuery::default()).await.map(|_| ()),
        daemon.client.start_vm(103).await.map(|_| ()),
    ] {
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.code(), Some(ErrorCode::AmbiguousVmid));
        let details = &refusal.body().unwrap().details;
        assert_eq!(details.len(), 2, "{details:?}");
        assert!(details[0].reason.ends_with("of one") && details[1].reason.ends_with("of two"), "{details:?}");
    }
    let refusal = daemon.client.find_vm(101).await.unwrap_err();
    for (candidate, connection) in refusal.body().unwrap().details.iter().zip(["one", "two"]) {
        let id: nexops_core::id::VmId = candidate.field.parse().unwrap();
        let vm = daemon.client.find_vm(id).await.unwrap().data;
        assert_eq!((vm.vmid, vm.connection.as_str()), (101, connection));
    }
    let one = ListVms { connection: Some("one".to_owned()), ..ListVms::default() };
    assert_eq!(daemon.client.list_vms(&one).await.unwrap().meta.total, 24);
}
