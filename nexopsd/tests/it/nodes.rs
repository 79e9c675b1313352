//! Nodes over the API.

use nexops_core::error::ErrorCode;
use nexops_core::id::NodeId;
use nexops_core::node::{ListNodes, Node, NodeColumn, NodeStatus};
use nexops_core::page::Sort;
use serde_json::Value;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};

async fn list(daemon: &Daemon, query: ListNodes) -> Vec<Node> {
    let list = daemon.client.list_nodes(&ListNodes { per_page: Some(1000), ..query }).await.unwrap();
    assert_eq!(list.meta.total, list.data.len() as u64);
    list.data
}

fn names(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().map(|node| node.hostname.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_is_listed_with_its_sizes_and_figures() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let nodes = list(&daemon, ListNodes::default()).await;
    assert_eq!(names(&nodes), daemon.cluster().nodes());
    for node in nodes {
        assert_eq!(node.status, NodeStatus::Online);
        assert!(node.cpu_cores > 0 && node.memory_total_mb > 0 && node.disk_total_gb > 0, "{node:?}");
        for figure in [node.usage.cpu_usage, node.usage.memory_usage, node.usage.disk_usage] {
            assert!(figure.is_some_and(|percent| (0.0..=100.0).contains(&percent)), "{node:?}");
        }
        assert!(node.usage.uptime_seconds.is_some_and(|seconds| seconds > 0), "{node:?}");
        assert!(node.last_seen_at.is_some(), "{node:?}");
        assert_eq!((node.hostname.as_str(), node.connection.as_str()), (node.proxmox_node_name.as_str(), "default"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_is_the_same_as_in_the_list_and_so_are_its_figures() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    daemon.sync().await;
    let listed = list(&daemon, ListNodes::default()).await.swap_remove(0);
    let found = daemon.client.find_node(listed.id).await.unwrap();
    assert_eq!(found.data, listed);
    assert_eq!(found.meta.freshness.unwrap().observed_at, listed.usage.observed_at);
    assert_eq!(daemon.client.node_usage(listed.id).await.unwrap().data, listed.usage);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_node_is_not_found() {
    let daemon = Daemon::new().await;
    assert_eq!(daemon.client.find_node(NodeId::new()).await.unwrap_err().code(), Some(ErrorCode::NotFound));
    assert_eq!(daemon.client.node_usage(NodeId::new()).await.unwrap_err().code(), Some(ErrorCode::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_can_be_sorted_by_every_column_both_ways_and_paged_through() {
    let cluster = pve_sim::Config { nodes: 7, ..quick_cluster() };
    let daemon = Wishes::default().cluster("default", cluster).start().await;
    daemon.cluster().set_node_online("pve4", false);
    daemon.collect().await;
    daemon.sync().await;
    for &column in NodeColumn::ALL {
        for descending in [false, true] {
            let sort = Some(Sort { column, descending });
            let whole = list(&daemon, ListNodes { sort, ..ListNodes::default() }).await;
            let mut paged = Vec::new();
            for page in 1..=4 {
                let query = ListNodes { page: Some(page), per_page: Some(2), sort, ..ListNodes::default() };
                paged.extend(daemon.client.list_nodes(&query).await.unwrap().data);
            }
            assert_eq!(paged, whole, "by {column}");
            let value = |node: &Node| serde_json::to_value(node).unwrap()[column.as_str()].take();
            let mut values: Vec<Value> = whole.iter().map(value).collect();
            while values.last().is_some_and(Value::is_null) {
                values.pop();
            }
            if descending {
                values.reverse();
            }
            let in_order = |pair: &[Value]| match (&pair[0], &pair[1]) {
                (Value::Number(one), Value::Number(other)) => one.as_f64() <= other.as_f64(),
                (Value::String(one), Value::String(other)) => one <= other,
                _ => false,
            };
            assert!(values.windows(2).all(in_order), "by {column}, descending: {descending}: {values:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_leave_the_nodes_that_they_name() {
    let daemon = Wishes::default().cluster("one", quick_cluster()).cluster("two", quick_cluster()).start().await;
    daemon.simulators[1].control().set_node_online("pve2", false);
    daemon.collect().await;
    let text = |text: &str| Some(text.to_owned());
    let find = async |query: ListNodes| {
        let nodes = list(&daemon, query).await;
        nodes.iter().map(|node| format!("{}/{}", node.connection, node.hostname)).collect::<Vec<_>>()
    };
    assert_eq!(find(ListNodes::default()).await.len(), 6);
    let offline = ListNodes { status: Some(NodeStatus::Offline), ..ListNodes::default() };
    assert_eq!(find(offline).await, ["two/pve2"]);
    let of_one = ListNodes { connection: text("one"), ..ListNodes::default() };
    assert_eq!(find(of_one).await, ["one/pve1", "one/pve2", "one/pve3"]);
    let id = daemon.app.connections()[1].id.to_string();
    let by_id = ListNodes { connection: Some(id), search: text("PVE3"), ..ListNodes::default() };
    assert_eq!(find(by_id).await, ["two/pve3"]);
    for nothing in ["%", "_", "pve_", "p%1"] {
        let query = ListNodes { search: text(nothing), ..ListNodes::default() };
        assert_eq!(find(query).await, Vec::<String>::new(), "{nothing}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_over_two_clusters_is_as_old_as_the_older_answer() {
    let daemon = Wishes::default().cluster("one", quick_cluster()).cluster("two", quick_cluster()).start().await;
    daemon.sync().await;
    daemon.run(&daemon.app.connections()[1].collect).await;
    let answers: Vec<_> =
        daemon.client.system().await.unwrap().data.connections.iter().map(|c| c.last_success_at).collect();
    assert!(answers[0] < answers[1], "{answers:?}");
    let list = daemon.client.list_nodes(&ListNodes::default()).await.unwrap();
    assert_eq!(list.meta.freshness.unwrap().observed_at, answers[0]);
}
