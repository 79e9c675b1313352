//! The audit log: every change leaves a row, and the rows can be walked through.

use std::collections::BTreeSet;

use nexops_core::audit::{AuditEntry, ListAuditLogs, Outcome};
use nexops_core::error::ErrorCode;
use nexops_core::page::cursor::Cursor;
use nexops_core::vm::PowerAction;
use pve_sim::{Fault, FaultKind};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes};
use crate::support::wait_until;

/// A request for every operation that changes something, in this order. `{…}` in a path or body stands for the `id` or
/// `name` that an earlier answer gave to the thing of this name.
fn exercises() -> Vec<(String, String, Value)> {
    let vms = "/api/v1/infrastructure/vms";
    let power = PowerAction::ALL.iter();
    let power =
        power.map(|action| (format!("post {vms}/{{vmid}}/{action}"), format!("{vms}/101/{action}"), Value::Null));
    let connection = json!({
        "name": "other", "hosts": ["192.0.2.1"], "user": "nexops@pve", "token_name": "nexops", "token_value": "s3cret",
        "enabled": false,
    });
    let others = [
        ("post /api/v1/settings/proxmox", "/api/v1/settings/proxmox", connection.clone()),
        ("put /api/v1/settings/proxmox/{id}", "/api/v1/settings/proxmox/{proxmox.id}", connection),
        ("delete /api/v1/settings/proxmox/{id}", "/api/v1/settings/proxmox/{proxmox.id}", Value::Null),
    ];
    power.chain(others.map(|(operation, path, body)| (operation.to_owned(), path.to_owned(), body))).collect()
}

/// Operations that are sent with POST and change nothing that anybody would want to know of later.
const CHANGE_NOTHING: &[&str] = &["post /api/v1/alerts/rules/preview", "post /api/v1/settings/proxmox/test"];

/// Operations whose rows are looked at by the tests of their own rooms.
const ELSEWHERE: &[&str] = &[
    "delete /api/v1/alerts/rules/{id}",
    "delete /api/v1/alerts/silences/{id}",
    "delete /api/v1/services/{id}",
    "delete /api/v1/settings/notifications/{name}",
    "post /api/v1/alerts/rules",
    "post /api/v1/alerts/silences",
    "post /api/v1/alerts/{id}/acknowledge",
    "post /api/v1/alerts/{id}/resolve",
    "post /api/v1/notifications/deliveries/{id}/requeue",
    "post /api/v1/services",
    "post /api/v1/services/{id}/check",
    "post /api/v1/settings/notifications",
    "post /api/v1/settings/notifications/{name}/test",
    "put /api/v1/alerts/rules/{id}",
    "put /api/v1/services/{id}",
    "put /api/v1/settings/notifications/{name}",
];

fn mutating_operations() -> BTreeSet<String> {
    let document = serde_json::to_value(nexopsd::api::document()).unwrap();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().filter(|method| *method != "get" && *method != "head");
        operations.extend(methods.map(|method| format!("{method} {path}")));
    }
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_that_changes_something_leaves_a_row() {
    let daemon = Daemon::new().await;
    let mut missing: Vec<String> = Vec::new();
    let mut made: Vec<(String, String)> = Vec::new();
    let exercises = exercises();
    for (index, (operation, path, body)) in exercises.iter().enumerate() {
        let fill = |text: String| made.iter().fold(text, |text, (hole, value)| text.replace(hole, value));
        let (method, template) = operation.split_once(' ').unwrap();
        let (url, id) = (format!("{}{}", daemon.url, fill(path.clone())), format!("exercise-{index}"));
        let mut request = daemon.raw().request(method.to_uppercase().parse().unwrap(), url);
        request = request.header("x-request-id", &id).header("x-nexops-actor", "ann");
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(fill(body.to_string()));
        }
        let answer = Answer::to(request).await;
        assert!(answer.status < 500 && answer.status != 400 && answer.status != 404, "{operation}: {}", answer.text);
        let noun = template.rsplit('/').next().unwrap_or_default();
        for key in ["id", "name"] {
            if let Some(value) = answer.json()["data"][key].as_str() {
                made.push((format!("{{{noun}.{key}}}"), value.to_owned()));
            }
        }
        let row = format!(
            "SELECT count(*) FROM audit_logs WHERE request_id = '{id}' AND actor = 'ann' AND ip_address = '127.0.0.1'"
        );
        if daemon.database.number(&row).await != 1 {
            missing.push(format!("{operation} left no row in the audit log ({})", answer.status));
        }
    }
    let exercised: BTreeSet<String> = exercises.into_iter().map(|(operation, ..)| operation).collect();
    for operation in mutating_operations() {
        if !exercised.contains(&operation)
            && !CHANGE_NOTHING.contains(&operation.as_str())
            && !ELSEWHERE.contains(&operation.as_str())
        {
            missing.push(format!("{operation} is not exercised: add a request to `exercises`"));
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
    let pending = "SELECT count(*) FROM audit_logs WHERE outcome = 'pending'";
    wait_until("every action has ended", async || daemon.database.number(pending).await == 0).await;
}

async fn list(daemon: &Daemon, query: &ListAuditLogs) -> Vec<AuditEntry> {
    daemon.client.list_audit_logs(query).await.unwrap().data
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_was_refused_before_it_was_sent_leaves_a_row_with_the_reason() {
    let daemon = Daemon::new().await;
    let refusal = daemon.refusal(101, PowerAction::Start).await;
    assert_eq!(refusal.code, ErrorCode::VmAlreadyRunning);
    let entries = list(&daemon, &ListAuditLogs::default()).await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((entry.action.as_str(), entry.outcome), ("vm.start", Outcome::Failed));
    assert_eq!((entry.actor.as_str(), entry.ip_address.as_str()), ("ann", "127.0.0.1"));
    assert_eq!(entry.resource_id, daemon.vm(101).await.id.0);
    assert_eq!(entry.request_id, refusal.request_id);
    assert_eq!(entry.details["refusal"], json!(refusal.message));
    assert_eq!(entry.details["vmid"], json!(101));
}

#[rstest]
#[case::silent("/nodes/pve2/qemu/101/status/current", FaultKind::Status { code: 500, reason: "no way".to_owned() })]
#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_proxmox_would_not_hear_of_leaves_one_row_and_no_task(
    #[case] path: &str,
    #[case] fault: FaultKind,
) {
    let daemon = Daemon::new().await;
    daemon.cluster().inject(Fault::new(path, fault));
    daemon.refusal(101, PowerAction::Stop).await;
    let entries = list(&daemon, &ListAuditLogs::default()).await;
    assert_eq!(entries.iter().map(|entry| entry.outcome).collect::<Vec<_>>(), [Outcome::Failed]);
    assert_eq!(daemon.database.number("SELECT count(*) FROM tasks").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_was_sent_has_one_row_with_its_outcome() {
    let daemon = Daemon::new().await;
    let task = daemon.act(101, PowerAction::Stop).await;
    daemon.end_of(task.id).await;
    let entries = list(&daemon, &ListAuditLogs::default()).await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((entry.action.as_str(), entry.outcome), ("vm.stop", Outcome::Succeeded));
    assert_eq!(entry.details["task_id"], json!(task.id));
}

/// A daemon with so many rows, a second apart, in pairs of the same second.
async fn with_rows(rows: usize) -> Daemon {
    let daemon = Wishes::default().idle().start().await;
    let sql = format!(
        "INSERT INTO audit_logs (id, actor, action, resource_type, resource_id, outcome, ip_address, timestamp) \
         SELECT gen_random_uuid(), CASE WHEN n % 3 = 0 THEN 'ann' ELSE 'bob' END, \
             CASE WHEN n % 2 = 0 THEN 'vm.start' ELSE 'service.create' END, \
             CASE WHEN n % 2 = 0 THEN 'vm' ELSE 'service' END, gen_random_uuid(), 'succeeded', '::1', \
             timestamptz '2026-01-01T00:00:00Z' + (n / 2) * interval '1 second' \
         FROM generate_series(0, {rows} - 1) AS n"
    );
    daemon.database.execute(&sql).await;
    daemon
}

#[rstest]
#[case::latest_first(None)]
#[case::oldest_first(Some("timestamp"))]
#[tokio::test(flavor = "multi_thread")]
async fn cursors_give_every_row_once_even_when_rows_are_added_meanwhile(#[case] sort: Option<&str>) {
    let daemon = with_rows(23).await;
    let sort = sort.map(|sort| sort.parse().unwrap());
    let all = list(&daemon, &ListAuditLogs { per_page: Some(100), sort, ..ListAuditLogs::default() }).await;
    assert_eq!(all.len(), 23);
    let (mut seen, mut cursor, mut pages): (Vec<AuditEntry>, Option<Cursor>, Vec<u32>) = (Vec::new(), None, Vec::new());
    loop {
        let query = ListAuditLogs { per_page: Some(5), cursor, sort, ..ListAuditLogs::default() };
        let page = daemon.client.list_audit_logs(&query).await.unwrap();
        seen.extend(page.data);
        pages.push(page.meta.page);
        cursor = page.meta.next_cursor;
        if cursor.is_none() {
            break;
        }
        // A row that comes before what was read, whichever way.
        let edge = if sort.is_some() { "2025-01-01" } else { "2027-01-01" };
        let add = format!(
            "INSERT INTO audit_logs (id, actor, action, resource_type, resource_id, outcome, ip_address, timestamp) \
             VALUES (gen_random_uuid(), 'eve', 'vm.stop', 'vm', gen_random_uuid(), 'failed', '::1', '{edge}')"
        );
        daemon.database.execute(&add).await;
    }
    assert_eq!(seen, all);
    assert_eq!(pages, [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_filters_agree_with_each_other() {
    let daemon = with_rows(30).await;
    let by = |query: ListAuditLogs| ListAuditLogs { per_page: Some(100), ..query };
    let text = |text: &str| Some(text.to_owned());
    let none = ListAuditLogs::default;
    let count = async |query| list(&daemon, &by(query)).await.len();
    assert_eq!(count(ListAuditLogs { actor: text("ann"), ..none() }).await, 10);
    assert_eq!(count(ListAuditLogs { action: text("vm.start"), ..none() }).await, 15);
    assert_eq!(count(ListAuditLogs { action: text("service."), ..none() }).await, 15);
    assert_eq!(count(ListAuditLogs { action: text("%."), ..none() }).await, 0);
    assert_eq!(count(ListAuditLogs { resource_type: text("vm"), actor: text("ann"), ..none() }).await, 5);
    assert_eq!(count(ListAuditLogs { outcome: Some(Outcome::Failed), ..none() }).await, 0);
    let at = |second: i64| Some(chrono::DateTime::from_timestamp(1_767_225_600 + second, 0).unwrap());
    assert_eq!(count(ListAuditLogs { since: at(2), until: at(5), ..none() }).await, 6);
    assert_eq!(count(ListAuditLogs { since: Some(chrono::DateTime::<chrono::Utc>::MAX_UTC), ..none() }).await, 0);
    let one = list(&daemon, &none()).await.remove(0);
    assert_eq!(list(&daemon, &ListAuditLogs { resource_id: Some(one.resource_id), ..none() }).await, [one]);
    let page = ListAuditLogs { page: Some(2), per_page: Some(7), ..none() };
    let page = daemon.client.list_audit_logs(&page).await.unwrap();
    assert_eq!((page.data.len(), page.meta.total, page.meta.page), (7, 30, 2));
    assert_eq!(page.data, list(&daemon, &by(none())).await[7..14]);
}

#[rstest]
#[case("cursor=x", "cursor")]
#[case("cursor=", "cursor")]
#[case("page=2&cursor=0006470a5d0b800001a2089c376370e77000000000000000000000001", "cursor")]
#[case("page=2&cursor=0006470a5d0b800001a2089c376370e7800070000000000000000001", "page")]
#[case("sort=actor", "sort")]
#[case("since=yesterday", "since")]
#[case("resource_id=101", "resource_id")]
#[case("outcome=fine", "outcome")]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_is_refused_by_its_name(#[case] query: &str, #[case] field: &str) {
    let daemon = Wishes::default().idle().start().await;
    let answer = Answer::at(&daemon, &format!("/api/v1/audit-logs?{query}")).await;
    assert_eq!((answer.status, answer.fields()), (400, vec![field.to_owned()]), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_whose_time_is_over_are_forgotten_with_their_tasks_unless_they_are_under_way() {
    let daemon = Daemon::new().await;
    let ended = daemon.act(101, PowerAction::Stop).await;
    daemon.end_of(ended.id).await;
    let conn = &mut daemon.database.connect().await;
    daemon.database.execute("UPDATE audit_logs SET timestamp = timestamp - interval '2 years'").await;
    daemon.act(100, PowerAction::Stop).await;
    let before = nexopsd::app::now() - chrono::TimeDelta::days(365);
    assert_eq!(nexopsd::db::audit::forget(conn, before).await.unwrap(), 1);
    assert_eq!(list(&daemon, &ListAuditLogs::default()).await.len(), 1);
    assert_eq!(daemon.database.number("SELECT count(*) FROM tasks").await, 1);
}
