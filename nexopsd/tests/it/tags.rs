//! `ETag` and `If-None-Match`: a list that has not changed is not given again.

use nexops_core::vm::PowerAction;
use rstest::rstest;

use crate::support::answer::Answer;
use crate::support::daemon::Daemon;

const NODES: &str = "/api/v1/infrastructure/nodes";
const VMS: &str = "/api/v1/infrastructure/vms";
const TASKS: &str = "/api/v1/tasks";

async fn knowing(daemon: &Daemon, path: &str, tags: &str) -> Answer {
    Answer::to(daemon.raw().get(format!("{}{path}", daemon.url)).header("if-none-match", tags)).await
}

/// Expects the answer that the caller knows the list.
fn expect_unchanged(answer: &Answer, tag: &str) {
    assert_eq!((answer.status, answer.text.as_str(), answer.header("etag")), (304, "", tag), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("content-type"), "");
    assert_ne!(answer.header("x-request-id"), "");
}

#[rstest]
#[case(NODES)]
#[case(VMS)]
#[case(TASKS)]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_the_caller_knows_is_not_given_again(#[case] path: &str) {
    let daemon = Daemon::new().await;
    let task = daemon.act(101, PowerAction::Stop).await;
    daemon.end_of(task.id).await;
    // What the daemon looks at on its own after the action is to be over.
    daemon.collect().await;
    let list = Answer::at(&daemon, path).await;
    let tag = list.header("etag");
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    assert_eq!(list.status, 200);
    assert_eq!(list.header("cache-control"), "private, no-cache");
    for known in [tag, tag.trim_start_matches("W/"), &format!("\"another\", {tag}"), "*"] {
        expect_unchanged(&knowing(&daemon, path, known).await, tag);
    }
    for unknown in ["\"another\"", "", "W/", tag.trim_matches('"')] {
        let answer = knowing(&daemon, path, unknown).await;
        assert_eq!((answer.status, answer.header("etag")), (200, tag), "{unknown}");
        assert_eq!(answer.json()["data"], list.json()["data"], "{unknown}");
    }
    let other_page = knowing(&daemon, &format!("{path}?per_page=1"), tag).await;
    assert_eq!(other_page.status, 200, "another page has another tag");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_has_changed_is_given_with_another_tag() {
    let daemon = Daemon::new().await;
    for path in [VMS, TASKS] {
        let before = Answer::at(&daemon, path).await.header("etag").to_owned();
        let task = daemon.act(101, if path == VMS { PowerAction::Stop } else { PowerAction::Start }).await;
        daemon.end_of(task.id).await;
        let after = knowing(&daemon, path, &before).await;
        assert_eq!(after.status, 200, "{path}");
        assert_ne!(after.header("etag"), before, "{path}");
    }
    let before = Answer::at(&daemon, NODES).await.header("etag").to_owned();
    daemon.wait_as_if(60).await;
    daemon.collect().await;
    assert_eq!(knowing(&daemon, NODES, &before).await.status, 200, "an older list is another list");
}

#[rstest]
#[case("/api/v1/infrastructure/vms?page=0", 400)]
#[case("/api/v1/infrastructure/vms/9999", 404)]
#[case("/api/v1/infrastructure/vms/101", 200)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_or_fails_has_no_tag_and_knows_no_condition(#[case] path: &str, #[case] status: u16) {
    let daemon = Daemon::new().await;
    let answer = knowing(&daemon, path, "*").await;
    assert_eq!((answer.status, answer.header("etag"), answer.header("cache-control")), (status, "", "no-store"));
}
