//! Channels: set up, changed, tried and deleted over the API.

use nexops_core::id::AlertId;
use nexops_core::notification::DeliveryEvent::Firing;
use nexops_core::notification::{ChannelDraft, ChannelStatus, FailureClass, ListChannels, TestOutcome};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes};
use crate::support::notice::say;
use crate::support::receiver::{
    SECRET, body, channel, hurry, kind_receiver, received, receiver, requests, settled, speaking, states, status,
    webhook,
};

const CHANNELS: &str = "/api/v1/settings/notifications";
const URL: &str = "https://discord.com/api/webhooks/1/t0psecret";

fn draft(value: Value) -> ChannelDraft {
    serde_json::from_value(value).unwrap()
}

async fn send(daemon: &Daemon, method: reqwest::Method, path: &str, body: &Value) -> Answer {
    let request = daemon.raw().request(method, format!("{}{path}", daemon.url));
    Answer::to(request.json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_named_after_its_kind_and_its_secret_never_comes_back() {
    let daemon = Wishes::default().idle().start().await;
    let wish = json!({"settings": {"kind": "discord", "webhook_url": URL}});
    let created = send(&daemon, reqwest::Method::POST, CHANNELS, &wish).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let found = daemon.client.find_channel("discord").await.unwrap().data;
    assert_eq!((found.name.as_str(), found.has_secret, found.enabled), ("discord", true, true));
    assert_eq!((found.status, found.last_success_at), (ChannelStatus::Untried, None));
    let changed = json!({"settings": {"kind": "discord"}, "enabled": false});
    let answers = [
        created,
        Answer::at(&daemon, CHANNELS).await,
        Answer::at(&daemon, &format!("{CHANNELS}/discord")).await,
        send(&daemon, reqwest::Method::PUT, &format!("{CHANNELS}/discord"), &changed).await,
        send(&daemon, reqwest::Method::DELETE, &format!("{CHANNELS}/discord"), &Value::Null).await,
    ];
    for answer in answers {
        assert!((200..300).contains(&answer.status), "{}", answer.text);
        assert!(!answer.text.contains("t0psecret") && !answer.text.contains("webhook_url"), "{}", answer.text);
    }
    let rows = "SELECT string_agg(details::text, '') FROM audit_logs WHERE resource_type = 'channel'";
    assert!(!daemon.database.text(rows).await.contains("t0psecret"));
    let actions = "SELECT string_agg(action || ' ' || actor || ' ' || outcome, ', ' ORDER BY id) FROM audit_logs";
    let expected =
        "channel.create anonymous succeeded, channel.update anonymous succeeded, channel.delete anonymous succeeded";
    assert_eq!(daemon.database.text(actions).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_in_the_database_only_as_ciphertext() {
    let daemon = Wishes::default().idle().start().await;
    channel(&daemon, "discord", json!({"kind": "discord", "webhook_url": URL})).await;
    let row = daemon.database.text("SELECT c::text FROM notification_channels c").await;
    let secret = daemon.database.text("SELECT encode(secret, 'escape') FROM notification_channels").await;
    assert!(!secret.is_empty() && !secret.contains("t0psecret") && !row.contains("t0psecret"), "{row} {secret}");
    let hidden = "SELECT count(*) FROM notification_channels WHERE settings = '{\"kind\": \"discord\"}'";
    assert_eq!(daemon.database.number(hidden).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_given_is_kept_and_one_that_is_given_takes_its_place() {
    let daemon = speaking().await;
    let (old, new) = (kind_receiver().await, kind_receiver().await);
    channel(&daemon, "slack", json!({"kind": "slack", "webhook_url": old.uri()})).await;
    let kept = draft(json!({"settings": {"kind": "slack"}}));
    daemon.client.update_channel("slack", &kept).await.unwrap();
    assert_eq!(daemon.client.test_channel("slack").await.unwrap().data.outcome, TestOutcome::Delivered);
    assert_eq!(requests(&old).await.len(), 1);
    let replaced = draft(json!({"settings": {"kind": "slack", "webhook_url": new.uri()}}));
    daemon.client.update_channel("slack", &replaced).await.unwrap();
    assert_eq!(daemon.client.test_channel("slack").await.unwrap().data.outcome, TestOutcome::Delivered);
    assert_eq!((requests(&old).await.len(), requests(&new).await.len()), (1, 1));
}

#[rstest]
#[case(json!({"settings": {"kind": "discord"}}), "settings.webhook_url")]
#[case(json!({"settings": {"kind": "discord", "webhook_url": "********"}}), "settings.webhook_url")]
#[case(json!({"settings": {"kind": "discord", "webhook_url": "file:///etc/passwd"}}), "settings.webhook_url")]
#[case(json!({"name": "a b", "settings": {"kind": "discord", "webhook_url": URL}}), "name")]
#[case(json!({"name": "taken", "settings": {"kind": "discord", "webhook_url": URL}}), "name")]
#[case(json!({"settings": {"kind": "pigeon"}}), "settings.kind")]
#[case(json!({"settings": {"kind": "email"}}), "settings.host")]
#[case(json!({"settings": {"kind": "discord", "webhook_url": URL, "colour": "blue"}}), "settings")]
#[case(json!({"settings": {"kind": "discord", "webhook_url": URL}, "colour": "blue"}), "colour")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_channel_is_named(#[case] wish: Value, #[case] field: &str) {
    let daemon = Wishes::default().idle().start().await;
    channel(&daemon, "taken", json!({"kind": "discord", "webhook_url": URL})).await;
    let answer = send(&daemon, reqwest::Method::POST, CHANNELS, &wish).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_REQUEST"), "{}", answer.text);
    let fields = answer.fields();
    assert!(fields.iter().any(|given| given == field || field.starts_with(given.as_str())), "{fields:?}");
    assert!(!answer.text.contains("t0psecret"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_rules_use_is_neither_deleted_nor_renamed_but_can_be_changed() {
    let daemon = Wishes::default().idle().start().await;
    channel(&daemon, "discord", json!({"kind": "discord", "webhook_url": URL})).await;
    daemon
        .database
        .execute(
            "INSERT INTO alert_rules (id, name, metric_name, condition, threshold, severity, notification_channels, \
             created_at, updated_at) VALUES (gen_random_uuid(), 'CPU', 'cpu_usage', 'gt', 90, 'warning', \
             '{discord}', now(), now())",
        )
        .await;
    let same = json!({"settings": {"kind": "discord"}});
    let renamed = json!({"name": "ops", "settings": {"kind": "discord"}});
    let path = format!("{CHANNELS}/discord");
    for answer in [
        send(&daemon, reqwest::Method::DELETE, &path, &Value::Null).await,
        send(&daemon, reqwest::Method::PUT, &path, &renamed).await,
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (409, "CHANNEL_IN_USE"), "{}", answer.text);
        assert!(answer.text.contains("rule 'CPU'"), "{}", answer.text);
    }
    assert_eq!(send(&daemon, reqwest::Method::PUT, &path, &same).await.status, 200);
    daemon.database.execute("UPDATE alert_rules SET notification_channels = '{}'").await;
    assert_eq!(send(&daemon, reqwest::Method::PUT, &path, &renamed).await.status, 200);
    assert_eq!(Answer::at(&daemon, &path).await.status, 404);
    let list = daemon.client.list_channels(&ListChannels::default()).await.unwrap();
    assert_eq!((list.meta.total, list.data[0].name.as_str()), (1, "ops"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_takes_the_way_of_a_real_message_and_tells_what_the_receiver_said() {
    let daemon = speaking().await;
    let receiver = receiver(vec![status(401).set_body_string("token t0psecret"), status(204)]).await;
    webhook(&daemon, "hook", &receiver).await;
    let refused = daemon.client.test_channel("hook").await.unwrap().data;
    let failure = refused.failure.unwrap();
    assert_eq!(
        (refused.outcome, failure.class, failure.status),
        (TestOutcome::Failed, FailureClass::Unauthorized, Some(401))
    );
    assert!(!failure.message.contains("t0psecret"));
    assert_eq!(daemon.client.find_channel("hook").await.unwrap().data.status, ChannelStatus::Failing);
    let delivered = daemon.client.test_channel("hook").await.unwrap().data;
    assert_eq!((delivered.outcome, delivered.failure), (TestOutcome::Delivered, None));
    assert_eq!(daemon.client.find_channel("hook").await.unwrap().data.status, ChannelStatus::Ok);
    assert_eq!(states(&daemon, "hook").await, "test dead, test sent");
    let sent = requests(&receiver).await;
    assert_eq!(body(&sent[1])["events"][0]["event"], "test");
    let outcomes = "SELECT string_agg(outcome, ', ' ORDER BY id) FROM audit_logs WHERE action = 'channel.test'";
    assert_eq!(daemon.database.text(outcomes).await, "failed, succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_gets_through_lets_what_waits_follow_at_once() {
    let daemon = speaking().await;
    let receiver = receiver(vec![status(500), status(204)]).await;
    webhook(&daemon, "hook", &receiver).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    received(&receiver, 1).await;
    assert_eq!(daemon.client.test_channel("hook").await.unwrap().data.outcome, TestOutcome::Delivered);
    settled(&daemon, "hook", "firing sent, test sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_channel_is_used_for_what_waits_and_a_switched_off_one_for_nothing() {
    let daemon = speaking().await;
    let (broken, healthy) = (receiver(vec![status(500)]).await, kind_receiver().await);
    webhook(&daemon, "hook", &broken).await;
    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    hurry(&daemon, "hook").await;
    received(&broken, 1).await;
    let settings = json!({"kind": "webhook", "url": healthy.uri()});
    daemon.client.update_channel("hook", &draft(json!({"settings": settings.clone()}))).await.unwrap();
    settled(&daemon, "hook", "firing sent").await;
    assert_eq!(requests(&healthy).await.len(), 1);

    say(&daemon.database, AlertId::new(), Firing, &["hook"]).await;
    let off = draft(json!({"settings": settings, "enabled": false}));
    daemon.client.update_channel("hook", &off).await.unwrap();
    settled(&daemon, "hook", "firing sent, firing cancelled").await;
    assert_eq!(daemon.client.test_channel("hook").await.unwrap().data.outcome, TestOutcome::Delivered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_channel_leaves_behind_what_became_of_its_messages() {
    let daemon = Wishes::default().idle().start().await;
    channel(&daemon, "discord", json!({"kind": "discord", "webhook_url": URL})).await;
    say(&daemon.database, AlertId::new(), Firing, &["discord"]).await;
    assert_eq!(daemon.client.delete_channel("discord").await.unwrap().data.pending, 1);
    assert_eq!(states(&daemon, "discord").await, "firing cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_signed_so_that_its_receiver_can_tell_who_sent_it() {
    let daemon = speaking().await;
    let receiver = kind_receiver().await;
    webhook(&daemon, "hook", &receiver).await;
    daemon.client.test_channel("hook").await.unwrap();
    let request = &requests(&receiver).await[0];
    let timestamp = request.headers["x-nexops-timestamp"].to_str().unwrap();
    let signed = [timestamp.as_bytes(), b".", &request.body].concat();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, &signed);
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(request.headers["x-nexops-signature"].to_str().unwrap(), format!("sha256={digits}"));
    assert_eq!(request.headers["content-type"], "application/json");
    assert!(!String::from_utf8_lossy(&request.body).contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn discord_and_slack_get_what_they_understand() {
    let daemon = speaking().await;
    let receiver = kind_receiver().await;
    for kind in ["discord", "slack"] {
        channel(&daemon, kind, json!({"kind": kind, "webhook_url": format!("{}/{kind}", receiver.uri())})).await;
        assert_eq!(daemon.client.test_channel(kind).await.unwrap().data.outcome, TestOutcome::Delivered);
    }
    let sent = requests(&receiver).await;
    assert_eq!((sent[0].url.path(), sent[0].url.query()), ("/discord", Some("wait=true")));
    assert_eq!(body(&sent[0])["embeds"][0]["title"], "🔵 TEST\\: this is a test, and nothing is wrong");
    assert_eq!(sent[1].url.path(), "/slack");
    assert_eq!(body(&sent[1])["blocks"][0]["text"]["text"], "🔵 TEST: this is a test, and nothing is wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_encrypted_with_another_key_is_told_of() {
    let daemon = speaking().await;
    let receiver = kind_receiver().await;
    webhook(&daemon, "hook", &receiver).await;
    daemon.database.execute("UPDATE notification_channels SET secret = set_byte(secret, 40, 7)").await;
    let failure = daemon.client.test_channel("hook").await.unwrap().data.failure.unwrap();
    assert_eq!(failure.class, FailureClass::Settings, "{failure:?}");
    assert!(requests(&receiver).await.is_empty());
}
