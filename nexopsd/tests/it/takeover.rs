//! Daemons that die while they send, and two daemons on one database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nexops_core::id::AlertId;
use nexops_core::notification::DeliveryEvent::Firing;

use crate::support::daemon::Wishes;
use crate::support::notice::say;
use crate::support::receiver::{
    hurry, kind_receiver, received, receiver, requests, settled, silence, speaking, status, webhook,
};
use crate::support::{wait_for, wait_until};

fn speaker() -> Wishes {
    Wishes::default().variable("NEXOPS_ALLOW_LOOPBACK_TARGETS", "true")
}

/// Case 16, its first half: what was committed is sent by the next daemon, once.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_daemon_wrote_down_before_it_died_is_sent_by_the_next() {
    let daemon = speaking().await;
    let receiver = kind_receiver().await;
    webhook(&daemon, "hook", &receiver).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    let daemon = daemon.restart_after_kill().await;
    hurry(&daemon, "hook").await;
    settled(&daemon, "hook", "firing sent").await;
    daemon.run(&daemon.app.deliver).await;
    assert_eq!(requests(&receiver).await.len(), 1);
}

/// Case 16, its second half: the receiver may have it already, and knows it by its id.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_being_sent_when_the_daemon_died_is_sent_again_with_the_same_id() {
    let daemon = speaking().await;
    let receiver = receiver(vec![silence(), status(204)]).await;
    webhook(&daemon, "hook", &receiver).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    received(&receiver, 1).await;
    let daemon = daemon.restart_after_kill().await;
    hurry(&daemon, "hook").await;
    daemon.database.execute("UPDATE notification_deliveries SET next_attempt_at = now()").await;
    settled(&daemon, "hook", "firing sent").await;
    let requests = requests(&receiver).await;
    let ids: Vec<_> = requests.iter().map(|request| request.headers["x-nexops-event-id"].clone()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    let uncertain = "SELECT count(*) FROM notification_deliveries WHERE uncertain AND attempts = 2";
    assert_eq!(daemon.database.number(uncertain).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_daemons_send_nothing_twice() {
    let one = speaking().await;
    let two = speaker().start_on(Arc::clone(&one.database)).await;
    let receivers = [kind_receiver().await, kind_receiver().await, kind_receiver().await];
    for (index, receiver) in receivers.iter().enumerate() {
        webhook(&one, &format!("hook{index}"), receiver).await;
    }
    for _ in 0..20 {
        say(&one.database, AlertId::new(), Firing, &["hook0", "hook1", "hook2"]).await;
    }
    one.database.execute("UPDATE notification_deliveries SET next_attempt_at = now()").await;
    let all_sent = "SELECT count(*) FROM notification_deliveries WHERE state = 'sent'";
    wait_until("everything is sent", async || {
        one.app.deliver.ring();
        two.app.deliver.ring();
        one.database.number(all_sent).await == 60
    })
    .await;
    for receiver in &receivers {
        assert_eq!(requests(receiver).await.len(), 20);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_daemon_takes_over_within_seconds_when_the_sender_dies() {
    let one = speaking().await;
    let receiver = receiver(vec![silence(), status(204)]).await;
    webhook(&one, "hook", &receiver).await;
    say(&one.database, AlertId::new(), Firing, &["hook"]).await;
    hurry(&one, "hook").await;
    received(&receiver, 1).await;
    let two = speaker().start_on(Arc::clone(&one.database)).await;
    one.kill().await;
    wait_for(Duration::from_secs(15), "another daemon sends it", async || requests(&receiver).await.len() == 2).await;
    settled(&two, "hook", "firing sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_message_is_written_down_once_the_database_is_back() {
    let daemon = speaking().await;
    let slow = status(204).set_delay(Duration::from_millis(500));
    let receiver = receiver(vec![slow]).await;
    webhook(&daemon, "hook", &receiver).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    received(&receiver, 1).await;
    daemon.database.refuse().await;
    let began = Instant::now();
    wait_until("the outage has lasted longer than the answer", async || began.elapsed() > Duration::from_secs(1)).await;
    daemon.database.admit().await;
    settled(&daemon, "hook", "firing sent").await;
    assert_eq!(requests(&receiver).await.len(), 1);
}
