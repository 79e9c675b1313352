//! `Idempotency-Key`: the first answer is given again, and nothing is done twice.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use nexops_core::error::ErrorCode;
use nexops_core::task::TaskStatus;
use nexops_core::vm::PowerAction;
use nexopsd::db::audit::Origin;
use nexopsd::db::idempotency::{self, Claimed};
use nexopsd::power;
use pve_sim::{Fault, FaultKind, Method, State};
use reqwest::RequestBuilder;
use rstest::rstest;

use crate::support::answer::Answer;
use crate::support::daemon::Daemon;
use crate::support::wait_until;

/// A running virtual machine.
const QEMU: i32 = 101;
/// Another one.
const OTHER: i32 = 100;
const KEY: &str = "night-shift-7";

fn request(daemon: &Daemon, vm: impl std::fmt::Display, action: PowerAction) -> RequestBuilder {
    let url = format!("{}/api/v1/infrastructure/vms/{vm}/{action}", daemon.url);
    daemon.raw().post(url).header("idempotency-key", KEY)
}

/// Asks for a stop of the guest with the key.
async fn stop(daemon: &Daemon) -> Answer {
    Answer::to(request(daemon, QEMU, PowerAction::Stop)).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

async fn keys(daemon: &Daemon) -> i64 {
    daemon.database.number("SELECT count(*) FROM idempotency_keys").await
}

/// Lets everything about the key have happened so much earlier.
async fn wait_as_if(daemon: &Daemon, interval: &str) {
    let sql = format!("UPDATE idempotency_keys SET created_at = created_at - interval '{interval}'");
    daemon.database.execute(&sql).await;
}

/// Expects the second answer to be the first one, given again.
fn expect_replay(first: &Answer, second: &Answer) {
    assert_eq!((second.status, &second.text), (first.status, &first.text));
    assert!(is_replayed(second), "{second:?}");
    assert!(!is_replayed(first), "{first:?}");
    assert_eq!(second.header("content-type"), first.header("content-type"));
    assert_ne!(second.header("x-request-id"), first.header("x-request-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_first_answer_byte_for_byte_and_nothing_is_sent_twice() {
    let daemon = Daemon::new().await;
    let first = stop(&daemon).await;
    assert_eq!(first.status, 202, "{first:?}");
    let task = first.json()["data"]["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(daemon.end_of(task).await.status, TaskStatus::Succeeded);
    // Whoever runs it meanwhile is not to be stopped by an echo; and who asks is not part of the request.
    daemon.cluster().set_guest_state(101, State::Running);
    for actor in ["ann", "bob"] {
        let again = Answer::to(request(&daemon, QEMU, PowerAction::Stop).header("x-nexops-actor", actor)).await;
        expect_replay(&first, &again);
    }
    assert_eq!(daemon.posts().len(), 1);
    assert_eq!(daemon.cluster().guest(101).unwrap().state, State::Running);
    assert_eq!(daemon.database.number("SELECT count(*) FROM audit_logs").await, 1);
}

#[rstest]
#[case::wrong_state(QEMU, PowerAction::Start, None, 409, "VM_ALREADY_RUNNING")]
#[case::refused_by_proxmox(QEMU, PowerAction::Stop, Some(500), 502, "PROXMOX_ERROR")]
#[case::no_such_guest(9999, PowerAction::Stop, None, 404, "NOT_FOUND")]
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_an_answer_too_and_given_again_though_the_world_has_changed(
    #[case] vmid: i32,
    #[case] action: PowerAction,
    #[case] fault: Option<u16>,
    #[case] status: u16,
    #[case] code: &str,
) {
    let daemon = Daemon::new().await;
    if let Some(code) = fault {
        let fault = FaultKind::Status { code, reason: "cluster not ready - no quorum?".to_owned() };
        daemon.cluster().inject(Fault::new("/", fault).method(Method::POST).times(1));
    }
    let first = Answer::to(request(&daemon, vmid, action)).await;
    assert_eq!((first.status, first.code().as_str()), (status, code), "{first:?}");
    assert_eq!(first.json()["error"]["request_id"], first.header("x-request-id"));
    daemon.cluster().set_guest_state(101, if fault.is_some() { State::Running } else { State::Stopped });
    let posts = daemon.posts().len();
    expect_replay(&first, &Answer::to(request(&daemon, vmid, action)).await);
    assert_eq!(daemon.posts().len(), posts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_request() {
    let daemon = Daemon::new().await;
    let id = daemon.vm(QEMU).await.id;
    let first = stop(&daemon).await;
    for request in [
        request(&daemon, QEMU, PowerAction::Shutdown),
        request(&daemon, OTHER, PowerAction::Stop),
        request(&daemon, id, PowerAction::Stop),
    ] {
        let refusal = Answer::to(request).await;
        assert_eq!((refusal.status, refusal.code().as_str()), (409, "IDEMPOTENCY_KEY_REUSED"), "{refusal:?}");
        assert!(!is_replayed(&refusal), "{refusal:?}");
    }
    assert_eq!(daemon.posts().len(), 1);
    expect_replay(&first, &stop(&daemon).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_first_request_is_under_way_the_second_is_told_to_wait() {
    let daemon = Daemon::new().await;
    let late = Fault::new("/", FaultKind::Delay(Duration::from_millis(700))).method(Method::POST);
    daemon.cluster().inject(late);
    let first = tokio::spawn(Answer::to(request(&daemon, QEMU, PowerAction::Stop)));
    wait_until("the action is sent", async || !daemon.posts().is_empty()).await;
    let second = stop(&daemon).await;
    assert_eq!((second.status, second.code().as_str()), (409, "IDEMPOTENCY_IN_PROGRESS"), "{second:?}");
    assert_eq!(second.header("retry-after"), "1");
    expect_replay(&first.await.unwrap(), &stop(&daemon).await);
    assert_eq!(daemon.posts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_with_one_key_at_once_one_is_obeyed_and_the_others_agree_or_wait() {
    let daemon = Daemon::new().await;
    let answers = futures::future::join_all((0..12).map(|_| stop(&daemon))).await;
    let first = answers.iter().find(|answer| answer.status == 202 && !is_replayed(answer)).unwrap();
    for answer in &answers {
        let agrees = answer.text == first.text;
        assert!(agrees || answer.code() == "IDEMPOTENCY_IN_PROGRESS", "{answer:?}");
    }
    assert_eq!(daemon.posts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_kept_for_a_caller_who_hung_up() {
    let daemon = Daemon::new().await;
    let late = Fault::new("/", FaultKind::Delay(Duration::from_millis(500))).method(Method::POST);
    daemon.cluster().inject(late);
    let caller = tokio::spawn(request(&daemon, QEMU, PowerAction::Stop).send());
    wait_until("the action is sent", async || !daemon.posts().is_empty()).await;
    caller.abort();
    wait_until("the answer is there", async || stop(&daemon).await.status == 202).await;
    assert!(is_replayed(&stop(&daemon).await));
    assert_eq!(daemon.posts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_ours_is_not_kept_and_the_same_request_may_be_tried_again() {
    let daemon = Daemon::new().await;
    daemon.database.execute("ALTER TABLE audit_logs RENAME TO elsewhere").await;
    let failure = stop(&daemon).await;
    assert_eq!(failure.code(), "INTERNAL", "{failure:?}");
    assert_eq!(keys(&daemon).await, 0);
    daemon.database.execute("ALTER TABLE elsewhere RENAME TO audit_logs").await;
    let answer = stop(&daemon).await;
    assert_eq!((answer.status, is_replayed(&answer)), (202, false), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_ours_after_the_action_was_begun_does_not_begin_it_again() {
    let daemon = Daemon::new().await;
    daemon.database.execute("ALTER TABLE tasks ADD CONSTRAINT none CHECK (upid IS NULL)").await;
    let failure = stop(&daemon).await;
    assert_eq!(failure.code(), "INTERNAL", "{failure:?}");
    let task = daemon.database.text("SELECT id FROM tasks").await;
    assert!(failure.text.contains("accepted the action") && failure.text.contains(&task), "{failure:?}");
    daemon.database.execute("ALTER TABLE tasks DROP CONSTRAINT none").await;
    let answer = stop(&daemon).await;
    assert_eq!((answer.status, is_replayed(&answer)), (202, true), "{answer:?}");
    assert_eq!(answer.json()["data"]["id"], daemon.database.text("SELECT id FROM tasks").await);
    assert_eq!(daemon.posts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_daemon_was_killed_the_key_leads_to_the_task_that_was_begun() {
    let daemon = Daemon::new().await;
    let silent = Fault::new("/", FaultKind::Hang).method(Method::POST);
    daemon.cluster().inject(silent);
    let caller = tokio::spawn(request(&daemon, QEMU, PowerAction::Stop).send());
    wait_until("the action is sent", async || !daemon.posts().is_empty()).await;
    let daemon = daemon.restart_after_kill().await;
    caller.abort();
    daemon.cluster().clear_faults();
    assert_eq!(stop(&daemon).await.code(), "IDEMPOTENCY_IN_PROGRESS");
    wait_as_if(&daemon, "5 minutes").await;
    let answer = stop(&daemon).await;
    assert_eq!((answer.status, is_replayed(&answer)), (202, true), "{answer:?}");
    assert_eq!(answer.json()["data"]["id"], daemon.database.text("SELECT id FROM tasks").await);
    assert_eq!(stop(&daemon).await.text, answer.text);
    assert_eq!(daemon.posts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_was_left_behind_without_a_task_lapses() {
    let daemon = Daemon::new().await;
    let left_behind = format!(
        "INSERT INTO idempotency_keys (key, fingerprint, created_at) \
         VALUES ('{KEY}', 'POST /api/v1/infrastructure/vms/{QEMU}/stop', now())"
    );
    daemon.database.execute(&left_behind).await;
    assert_eq!(stop(&daemon).await.code(), "IDEMPOTENCY_IN_PROGRESS");
    wait_as_if(&daemon, "5 minutes").await;
    let answer = stop(&daemon).await;
    assert_eq!((answer.status, is_replayed(&answer)), (202, false), "{answer:?}");
    expect_replay(&answer, &stop(&daemon).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_late_with_a_lapsed_claim_begins_nothing() {
    let daemon = Daemon::new().await;
    let conn = &mut daemon.database.connect().await;
    let now = Utc::now();
    let early = idempotency::claim(conn, KEY, "stop", now - TimeDelta::minutes(5)).await.unwrap();
    let Claimed::New(lapsed) = early else { panic!("{early:?}") };
    let later = idempotency::claim(conn, KEY, "stop", now).await.unwrap();
    assert!(matches!(later, Claimed::New(_)), "{later:?}");
    let origin =
        Origin { actor: "ann".to_owned(), address: IpAddr::V4(Ipv4Addr::LOCALHOST), request_id: String::new() };
    let late = power::act(&daemon.app, QEMU.into(), PowerAction::Stop, origin, Some(lapsed)).await;
    assert!(matches!(late, Err(power::Error::Other(_))), "{late:?}");
    assert_eq!(daemon.posts(), Vec::<String>::new());
    let written = "SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM audit_logs)";
    assert_eq!(daemon.database.number(written).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_a_key_is_forgotten() {
    let daemon = Daemon::new().await;
    let first = stop(&daemon).await;
    assert_eq!(first.status, 202, "{first:?}");
    daemon.end_of(first.json()["data"]["id"].as_str().unwrap().parse().unwrap()).await;
    wait_as_if(&daemon, "23 hours 59 minutes").await;
    daemon.run(&daemon.app.partitions).await;
    expect_replay(&first, &stop(&daemon).await);
    wait_as_if(&daemon, "1 minute").await;
    let anew = Answer::to(request(&daemon, QEMU, PowerAction::Start)).await;
    assert_eq!((anew.status, is_replayed(&anew)), (202, false), "{anew:?}");
    wait_as_if(&daemon, "24 hours").await;
    daemon.run(&daemon.app.partitions).await;
    assert_eq!(keys(&daemon).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_nothing_is_kept_and_two_keys_are_too_many() {
    let daemon = Daemon::new().await;
    daemon.act(QEMU, PowerAction::Stop).await;
    assert_eq!(daemon.refusal(QEMU, PowerAction::Start).await.code.status(), ErrorCode::VmBusy.status());
    let refusal = Answer::to(request(&daemon, QEMU, PowerAction::Stop).header("idempotency-key", "another")).await;
    assert_eq!((refusal.status, refusal.fields()), (400, vec!["Idempotency-Key".to_owned()]));
    assert_eq!(keys(&daemon).await, 0);
}
