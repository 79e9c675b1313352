//! Tasks over the API.

use std::collections::HashSet;

use nexops_core::page::Sort;
use nexops_core::task::{ListTasks, Task, TaskColumn, TaskLogQuery, TaskStatus};
use nexops_core::vm::PowerAction;

use crate::support::daemon::Daemon;

/// Four tasks on three guests, all ended, in the order in which they began.
async fn four_tasks(daemon: &Daemon) -> Vec<Task> {
    let actions =
        [(103, PowerAction::Start), (101, PowerAction::Stop), (101, PowerAction::Start), (100, PowerAction::Stop)];
    let mut tasks = Vec::new();
    for (vmid, action) in actions {
        let task = daemon.client.act_on_vm(vmid, action).await.unwrap().data;
        tasks.push(daemon.end_of(task.id).await);
    }
    tasks
}

async fn list(daemon: &Daemon, query: ListTasks) -> Vec<Task> {
    let list = daemon.client.list_tasks(&ListTasks { per_page: Some(1000), ..query }).await.unwrap();
    assert_eq!(list.meta.total, list.data.len() as u64);
    list.data
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_come_latest_first_and_filters_leave_those_that_they_name() {
    let daemon = Daemon::new().await;
    let tasks = four_tasks(&daemon).await;
    assert!(tasks.iter().all(|task| task.status == TaskStatus::Succeeded && task.actor == "ann"), "{tasks:?}");
    let latest_first: Vec<Task> = tasks.iter().rev().cloned().collect();
    let any = ListTasks::default;
    assert_eq!(list(&daemon, any()).await, latest_first);
    assert_eq!(list(&daemon, ListTasks { status: Some(TaskStatus::Succeeded), ..any() }).await.len(), 4);
    assert_eq!(list(&daemon, ListTasks { status: Some(TaskStatus::Running), ..any() }).await, []);
    for vm in ["101".to_owned(), tasks[1].vm_id.to_string()] {
        let of_101 = list(&daemon, ListTasks { vm: Some(vm), ..any() }).await;
        assert_eq!(of_101, latest_first[1..3]);
    }
    let on_node: Vec<Task> = latest_first.iter().filter(|task| task.node == "pve1").cloned().collect();
    assert_eq!(list(&daemon, ListTasks { node: Some("pve1".to_owned()), ..any() }).await, on_node);
    for connection in ["default".to_owned(), daemon.connection().id.to_string()] {
        assert_eq!(list(&daemon, ListTasks { connection: Some(connection), ..any() }).await.len(), 4);
    }
    assert_eq!(list(&daemon, ListTasks { connection: Some("nowhere".to_owned()), ..any() }).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_tasks_in_any_order_hold_each_once() {
    let daemon = Daemon::new().await;
    four_tasks(&daemon).await;
    for &column in TaskColumn::ALL {
        for descending in [false, true] {
            let sort = Some(Sort { column, descending });
            let whole = list(&daemon, ListTasks { sort, ..ListTasks::default() }).await;
            assert_eq!(whole.iter().map(|task| task.id).collect::<HashSet<_>>().len(), 4, "by {column}");
            let mut paged = Vec::new();
            for page in 1..=5 {
                let query = ListTasks { page: Some(page), per_page: Some(1), sort, ..ListTasks::default() };
                let list = daemon.client.list_tasks(&query).await.unwrap();
                assert_eq!(list.meta.total, 4);
                paged.extend(list.data);
            }
            assert_eq!(paged, whole, "by {column}, descending: {descending}");
        }
    }
    let by_end = Some(Sort { column: TaskColumn::FinishedAt, descending: false });
    let by_end = list(&daemon, ListTasks { sort: by_end, ..ListTasks::default() }).await;
    assert!(by_end.is_sorted_by_key(|task| task.finished_at));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_has_a_log_that_can_be_read_in_pieces() {
    let daemon = Daemon::new().await;
    let task = daemon.client.start_vm(103).await.unwrap().data;
    let task = daemon.end_of(task.id).await;
    assert_eq!(daemon.client.find_task(task.id).await.unwrap().data, task);
    let whole = daemon.client.task_log(task.id, &TaskLogQuery::default()).await.unwrap().data;
    assert!(!whole.lines.is_empty(), "{whole:?}");
    let first = TaskLogQuery { start: None, limit: Some(1) };
    assert_eq!(daemon.client.task_log(task.id, &first).await.unwrap().data.lines, whole.lines[..1]);
    let rest = TaskLogQuery { start: Some(1), limit: None };
    assert_eq!(daemon.client.task_log(task.id, &rest).await.unwrap().data.lines, whole.lines[1..]);
}
