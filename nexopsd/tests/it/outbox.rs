//! The outbox: what is written down when something happens to an alert.

use diesel_async::AsyncConnection;
use nexops_core::id::AlertId;
use nexops_core::notification::DeliveryEvent::{Firing, Reminder, Resolved};
use nexopsd::app::now;
use nexopsd::db;
use nexopsd::db::outbox::{self, Enqueued, Notice};
use rstest::rstest;
use uuid::Uuid;

use crate::support::database::TestDatabase;
use crate::support::notice::{facts, say, say_at};

async fn with_channels() -> TestDatabase {
    let database = TestDatabase::new().await;
    for (name, enabled) in [("one", true), ("two", true), ("off", false)] {
        let id = Uuid::now_v7();
        database
            .execute(&format!(
                "INSERT INTO notification_channels (id, name, kind, settings, enabled, created_at, updated_at) \
                 VALUES ('{id}', '{name}', 'webhook', '{{}}', {enabled}, now(), now())"
            ))
            .await;
    }
    database
}

/// Every delivery in short, in order: event, channel, state.
async fn outbox_of(database: &TestDatabase) -> String {
    let lines = "SELECT string_agg(event || ' ' || channel || ' ' || state, ', ' ORDER BY position) \
                 FROM notification_deliveries";
    database.text(lines).await
}

/// Puts the deliveries that wait into a state, as if they had been tried.
async fn settle(database: &TestDatabase, change: &str) {
    database.execute(&format!("UPDATE notification_deliveries SET {change} WHERE state = 'pending'")).await;
}

const SENT: &str = "state = 'sent', next_attempt_at = NULL, finished_at = now()";
const DEAD: &str = "state = 'dead', next_attempt_at = NULL, finished_at = now()";

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_to_every_channel_that_is_named_and_once() {
    let database = with_channels().await;
    let alert = AlertId::new();
    let first = say(&database, alert, Firing, &["one", "two", "off", "none"]).await;
    assert!(matches!(first[0], Enqueued::Queued(_)), "{first:?}");
    assert!(matches!(first[1], Enqueued::Queued(_)), "{first:?}");
    assert_eq!(first[2..], [Enqueued::Cancelled("the channel is switched off"), Enqueued::NoChannel("none".into())]);
    assert_eq!(say(&database, alert, Firing, &["one", "two"]).await, [Enqueued::Known, Enqueued::Known]);
    assert_eq!(outbox_of(&database).await, "firing one pending, firing two pending, firing off cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_is_not_said() {
    let database = with_channels().await;
    let (facts, channels) = (facts("x"), ["one".to_owned()]);
    let notice = Notice { alert_id: AlertId::new(), event: Firing, sequence: 0, group: None, facts: &facts };
    let conn = &mut database.connect().await;
    let undone = conn.transaction::<(), db::Error, _>(async |conn| {
        outbox::enqueue(conn, &notice, &channels, now()).await?;
        Err(db::Error::NotFound)
    });
    assert!(undone.await.is_err());
    assert_eq!(outbox_of(&database).await, "");
}

#[rstest]
#[case::delivered(SENT, "firing one sent, resolved one pending")]
#[case::being_sent("in_flight = true", "firing one pending, resolved one pending")]
#[case::perhaps_delivered("uncertain = true", "firing one pending, resolved one pending")]
#[case::never_tried("attempts = 0", "firing one cancelled, resolved one cancelled")]
#[case::refused_so_far("attempts = 3", "firing one cancelled, resolved one cancelled")]
#[case::given_up(DEAD, "firing one dead, resolved one cancelled")]
#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_told_to_those_who_heard_of_the_beginning(#[case] change: &str, #[case] expected: &str) {
    let database = with_channels().await;
    let alert = AlertId::new();
    say(&database, alert, Firing, &["one"]).await;
    settle(&database, change).await;
    // The rule has another channel by now, which heard nothing.
    say(&database, alert, Resolved, &["two"]).await;
    assert_eq!(outbox_of(&database).await, expected);
    let unexplained =
        "SELECT count(*) FROM notification_deliveries WHERE (state = 'cancelled') <> (reason IS NOT NULL)";
    assert_eq!(database.number(unexplained).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_of_which_nobody_heard_the_beginning_leaves_no_trace() {
    let database = with_channels().await;
    assert_eq!(say(&database, AlertId::new(), Resolved, &["one"]).await, []);
    assert_eq!(outbox_of(&database).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_fires_again_is_told_and_ended_again() {
    let database = with_channels().await;
    let alert = AlertId::new();
    for sequence in 0..2 {
        say_at(&database, (alert, Firing, sequence), &["one"], None, now()).await;
        settle(&database, SENT).await;
        say_at(&database, (alert, Resolved, sequence), &[], None, now()).await;
        settle(&database, SENT).await;
    }
    let told = "firing one sent, resolved one sent, firing one sent, resolved one sent";
    assert_eq!(outbox_of(&database).await, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_that_waits_is_not_sent_after_the_end() {
    let database = with_channels().await;
    let alert = AlertId::new();
    say(&database, alert, Firing, &["one"]).await;
    settle(&database, SENT).await;
    say(&database, alert, Reminder, &["one"]).await;
    say(&database, alert, Resolved, &[]).await;
    assert_eq!(outbox_of(&database).await, "firing one sent, reminder one cancelled, resolved one pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_not_told_on_a_channel_that_was_switched_off_meanwhile() {
    let database = with_channels().await;
    let alert = AlertId::new();
    say(&database, alert, Firing, &["one"]).await;
    settle(&database, SENT).await;
    database.execute("UPDATE notification_channels SET enabled = false").await;
    assert_eq!(say(&database, alert, Resolved, &[]).await, [Enqueued::Cancelled("the channel is switched off")]);
}
