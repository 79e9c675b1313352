//! Messages on their way: what receivers get, and what becomes of what they do not want.

use chrono::TimeDelta;
use nexops_core::id::AlertId;
use nexops_core::notification::DeliveryEvent::{Firing, Resolved};
use nexops_core::notification::{ChannelStatus, Delivery, DeliveryState, FailureClass, ListDeliveries};
use nexopsd::app::now;
use rstest::rstest;
use serde_json::json;

use crate::support::daemon::Daemon;
use crate::support::notice::{say, say_at};
use crate::support::receiver::{
    body, channel, events, hurry, kind_receiver, received, receiver, requests, settled, silence, speaking, status,
    webhook,
};
use crate::support::wait_until;

async fn only_delivery(daemon: &Daemon) -> Delivery {
    let list = daemon.client.list_deliveries(&ListDeliveries::default()).await.unwrap().data;
    assert_eq!(list.len(), 1, "{list:?}");
    list.into_iter().next().unwrap()
}

/// Waits until the only delivery was tried so often, and gives it.
async fn tried(daemon: &Daemon, attempts: u32) -> Delivery {
    let ended = async || {
        let delivery = only_delivery(daemon).await;
        delivery.attempts >= attempts && (delivery.last_error.is_some() || delivery.state == DeliveryState::Sent)
    };
    wait_until(&format!("the delivery was tried {attempts} times"), ended).await;
    only_delivery(daemon).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_waits_for_others_before_it_is_sent() {
    let daemon = speaking().await;
    let receiver = kind_receiver().await;
    webhook(&daemon, "hook", &receiver).await;
    let before = now();
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    let due = only_delivery(&daemon).await.next_attempt_at.unwrap();
    assert!(due >= before + TimeDelta::seconds(30) && due <= now() + TimeDelta::seconds(30), "{due}");
    daemon.run(&daemon.app.deliver).await;
    assert_eq!(requests(&receiver).await.len(), 0);
    hurry(&daemon, "hook").await;
    settled(&daemon, "hook", "firing sent").await;
    assert_eq!(requests(&receiver).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guests_of_a_node_come_in_one_message_and_others_do_not() {
    let daemon = speaking().await;
    let receiver = kind_receiver().await;
    webhook(&daemon, "hook", &receiver).await;
    for index in 0..14 {
        let group = if index == 5 { "node/pve2" } else { "node/pve1" };
        say_at(&daemon.database, (AlertId::new(), Firing, 0), &["hook"], Some(group), now()).await;
    }
    hurry(&daemon, "hook").await;
    let requests = received(&receiver, 2).await;
    let counts: Vec<usize> = requests.iter().map(|request| events(std::slice::from_ref(request)).len()).collect();
    assert_eq!(counts, [13, 1]);
    assert_eq!(body(&requests[0])["title"], "13 alerts on pve1");
    assert_eq!(daemon.database.number("SELECT count(*) FROM notification_deliveries WHERE state = 'sent'").await, 14);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_in_trouble_is_asked_again_with_the_same_event() {
    let daemon = speaking().await;
    let receiver = receiver(vec![status(500), status(502), status(200)]).await;
    webhook(&daemon, "hook", &receiver).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    for attempts in 1..=2 {
        hurry(&daemon, "hook").await;
        let delivery = tried(&daemon, attempts).await;
        assert_eq!(delivery.state, DeliveryState::Pending);
        assert_eq!(delivery.last_error.unwrap().class, FailureClass::ServerError);
    }
    hurry(&daemon, "hook").await;
    settled(&daemon, "hook", "firing sent").await;
    let delivery = only_delivery(&daemon).await;
    assert_eq!((delivery.attempts, delivery.last_error), (3, None));
    let requests = requests(&receiver).await;
    let ids: Vec<&str> = requests.iter().map(|r| r.headers["x-nexops-event-id"].to_str().unwrap()).collect();
    let id = delivery.id.to_string();
    assert_eq!(ids, [id.as_str(); 3]);
    assert_eq!(requests[0].body, requests[2].body);
}

#[rstest]
#[case::in_seconds("120", 120)]
#[case::too_long("86400", 3600)]
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_wants_fewer_messages_is_left_alone(#[case] wish: &str, #[case] seconds: i64) {
    let daemon = speaking().await;
    let receiver = receiver(vec![status(429).insert_header("retry-after", wish), status(204)]).await;
    webhook(&daemon, "hook", &receiver).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    let before = now();
    hurry(&daemon, "hook").await;
    let delivery = tried(&daemon, 1).await;
    assert_eq!(delivery.last_error.unwrap().class, FailureClass::RateLimited);
    let next = delivery.next_attempt_at.unwrap();
    assert!(next >= before + TimeDelta::seconds(seconds) && next <= now() + TimeDelta::seconds(seconds), "{next}");
    daemon.run(&daemon.app.deliver).await;
    assert_eq!(requests(&receiver).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_channel_keep_their_order_whatever_happens_to_the_first() {
    let daemon = speaking().await;
    let receiver = receiver(vec![status(429).insert_header("retry-after", "2"), status(204)]).await;
    webhook(&daemon, "hook", &receiver).await;
    let alert = AlertId::new();
    say(&daemon.database, alert, Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    tried(&daemon, 1).await;
    for _ in 0..2 {
        say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    }
    // The later ones are due, the first is not.
    daemon.database.execute("UPDATE notification_deliveries SET next_attempt_at = now() WHERE attempts = 0").await;
    let requests = received(&receiver, 4).await;
    let first = body(&requests[0])["id"].clone();
    assert_eq!(body(&requests[1])["id"], first, "the first one goes first");
    let positions = "SELECT string_agg(id::text, ',' ORDER BY position) FROM notification_deliveries";
    let ids: Vec<String> = requests[1..].iter().map(|r| body(r)["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(daemon.database.text(positions).await, ids.join(","));
}

#[rstest]
#[case(401, FailureClass::Unauthorized)]
#[case(403, FailureClass::Unauthorized)]
#[case(404, FailureClass::Gone)]
#[case(410, FailureClass::Gone)]
#[case(400, FailureClass::Rejected)]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_get_through_is_given_up_at_once_and_the_channel_counts_as_failing(
    #[case] answer: u16,
    #[case] class: FailureClass,
) {
    let daemon = speaking().await;
    let broken = receiver(vec![status(answer).set_body_string("the token is t0psecret")]).await;
    let healthy = kind_receiver().await;
    webhook(&daemon, "broken", &broken).await;
    webhook(&daemon, "healthy", &healthy).await;
    say(&daemon.database, AlertId::new(), Firing, &["broken", "healthy"]).await;
    hurry(&daemon, "broken").await;
    settled(&daemon, "broken", "firing dead").await;
    hurry(&daemon, "healthy").await;
    settled(&daemon, "healthy", "firing sent").await;

    let dead = ListDeliveries { state: Some(DeliveryState::Dead), ..ListDeliveries::default() };
    let dead = daemon.client.list_deliveries(&dead).await.unwrap().data;
    let failure = dead[0].last_error.clone().unwrap();
    assert_eq!((dead.len(), failure.class, failure.status), (1, class, Some(answer)));
    assert!(!format!("{dead:?}").contains("t0psecret"));
    let found = daemon.client.find_channel("broken").await.unwrap().data;
    assert_eq!((found.status, found.last_error), (ChannelStatus::Failing, Some(failure)));
    let healthy = daemon.client.find_channel("healthy").await.unwrap().data;
    assert_eq!(healthy.status, ChannelStatus::Ok);
    assert_eq!(requests(&broken).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_answers_delays_nobody() {
    let daemon = speaking().await;
    let hanging = receiver(vec![silence()]).await;
    let healthy = kind_receiver().await;
    webhook(&daemon, "a-hanging", &hanging).await;
    webhook(&daemon, "healthy", &healthy).await;
    say(&daemon.database, AlertId::new(), Firing, &["a-hanging", "healthy"]).await;
    hurry(&daemon, "a-hanging").await;
    received(&hanging, 1).await;
    for _ in 0..3 {
        say(&daemon.database, AlertId::new(), Firing, &["healthy"]).await;
    }
    hurry(&daemon, "healthy").await;
    settled(&daemon, "healthy", "firing sent, firing sent, firing sent, firing sent").await;
    let hangs = "SELECT count(*) FROM notification_deliveries WHERE channel = 'a-hanging' AND in_flight";
    assert_eq!(daemon.database.number(hangs).await, 1);
}

/// Case 27: the channel is down for a while, and the alert is over before it is up again.
#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_nobody_heard_of_is_not_told_of_when_it_is_over() {
    let daemon = speaking().await;
    let receiver = receiver(vec![status(503), status(204)]).await;
    webhook(&daemon, "hook", &receiver).await;
    let alert = AlertId::new();
    say(&daemon.database, alert, Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    tried(&daemon, 1).await;
    say(&daemon.database, alert, Resolved, &[]).await;
    settled(&daemon, "hook", "firing cancelled, resolved cancelled").await;
    daemon.run(&daemon.app.deliver).await;
    assert_eq!(requests(&receiver).await.len(), 1);
    let list = daemon.client.list_deliveries(&ListDeliveries::default()).await.unwrap().data;
    assert!(list.iter().all(|delivery| delivery.reason.is_some()), "{list:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_comes_while_the_beginning_is_being_sent_follows_it_or_goes_with_it() {
    for (answer, expected, count) in [
        (status(204), "firing sent, resolved sent", 2),
        (status(500), "firing cancelled, resolved cancelled", 1),
        (status(401), "firing dead, resolved cancelled", 1),
    ] {
        let daemon = speaking().await;
        let slow = answer.set_delay(std::time::Duration::from_millis(700));
        let receiver = receiver(vec![slow, status(204)]).await;
        webhook(&daemon, "hook", &receiver).await;
        let alert = AlertId::new();
        say(&daemon.database, alert, Firing, &["hook"]).await;
        hurry(&daemon, "hook").await;
        received(&receiver, 1).await;
        say(&daemon.database, alert, Resolved, &[]).await;
        hurry(&daemon, "hook").await;
        settled(&daemon, "hook", expected).await;
        assert_eq!(requests(&receiver).await.len(), count, "{expected}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_sends_on_to_a_metadata_address_is_not_followed() {
    let daemon = speaking().await;
    let target = "http://169.254.169.254/latest/meta-data/";
    let receiver = receiver(vec![status(307).insert_header("location", target)]).await;
    webhook(&daemon, "hook", &receiver).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    settled(&daemon, "hook", "firing dead").await;
    let failure = only_delivery(&daemon).await.last_error.unwrap();
    assert_eq!(failure.class, FailureClass::Redirected, "{failure:?}");
}

#[rstest]
#[case("http://169.254.169.254/")]
#[case("http://[::ffff:169.254.169.254]/")]
#[case("http://[64:ff9b::a9fe:a9fe]/")]
#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_never_spoken_to_are_not_spoken_to(#[case] url: &str) {
    let daemon = speaking().await;
    channel(&daemon, "hook", json!({"kind": "slack", "webhook_url": url})).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    settled(&daemon, "hook", "firing dead").await;
    let failure = only_delivery(&daemon).await.last_error.unwrap();
    assert_eq!(failure.class, FailureClass::ForbiddenAddress, "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_for_half_a_day_is_given_up_and_can_be_queued_again() {
    let daemon = speaking().await;
    let receiver = receiver(vec![status(500), status(500), status(204)]).await;
    webhook(&daemon, "hook", &receiver).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    tried(&daemon, 1).await;
    daemon.database.execute("UPDATE notification_deliveries SET queued_at = now() - interval '11 h 59 min 59 s'").await;
    hurry(&daemon, "hook").await;
    settled(&daemon, "hook", "firing dead").await;

    let dead = only_delivery(&daemon).await;
    assert_eq!((dead.attempts, dead.reason.is_some(), dead.next_attempt_at), (2, true, None));
    let again = daemon.client.requeue_delivery(dead.id).await.unwrap().data;
    assert_eq!((again.id, again.state == DeliveryState::Dead), (dead.id, false));
    settled(&daemon, "hook", "firing sent").await;
    let refusal = daemon.client.requeue_delivery(dead.id).await.unwrap_err();
    assert_eq!(refusal.code().map(|code| code.to_string()), Some("DELIVERY_NOT_DEAD".to_owned()));
    let audited = "SELECT count(*) FROM audit_logs WHERE action = 'delivery.requeue' AND outcome = 'succeeded'";
    assert_eq!(daemon.database.number(audited).await, 1);
}
