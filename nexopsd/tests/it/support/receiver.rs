//! A receiver of webhooks that is as unkind as real ones are.

use std::time::Duration;

use nexops_core::notification::{Channel, ChannelDraft};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::daemon::{Daemon, Wishes};
use super::wait_until;

/// A daemon that may speak to this machine and watches nothing.
pub async fn speaking() -> Daemon {
    Wishes::default().variable("NEXOPS_ALLOW_LOOPBACK_TARGETS", "true").start().await
}

/// A receiver that gives these answers, the last one for ever.
pub async fn receiver(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let last = answers.len() - 1;
    for (index, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(any()).respond_with(answer).with_priority(u8::try_from(index).unwrap() + 1);
        let mock = if index < last { mock.up_to_n_times(1) } else { mock };
        mock.mount(&server).await;
    }
    server
}

/// A receiver that accepts everything.
pub async fn kind_receiver() -> MockServer {
    receiver(vec![status(204)]).await
}

/// An answer of nothing but a status.
pub fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

/// An answer that never comes.
pub fn silence() -> ResponseTemplate {
    ResponseTemplate::new(204).set_delay(Duration::from_secs(3600))
}

/// The secret with which the tests' webhooks are signed.
pub const SECRET: &str = "s3cret-0123456789";

/// Makes a channel.
pub async fn channel(daemon: &Daemon, name: &str, settings: Value) -> Channel {
    let settings = serde_json::from_value(settings).unwrap();
    let draft = ChannelDraft { name: Some(name.to_owned()), settings, enabled: true };
    daemon.client.create_channel(&draft).await.unwrap().data
}

/// Makes a signed webhook to a receiver.
pub async fn webhook(daemon: &Daemon, name: &str, receiver: &MockServer) -> Channel {
    channel(daemon, name, json!({"kind": "webhook", "url": receiver.uri(), "secret": SECRET})).await
}

/// What a receiver was sent, once it is this much.
pub async fn received(receiver: &MockServer, count: usize) -> Vec<Request> {
    wait_until(&format!("the receiver gets {count} requests"), async || requests(receiver).await.len() >= count).await;
    requests(receiver).await
}

/// What a receiver was sent so far.
pub async fn requests(receiver: &MockServer) -> Vec<Request> {
    receiver.received_requests().await.unwrap()
}

/// A request's body.
pub fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// The events in the requests, in order.
pub fn events(requests: &[Request]) -> Vec<String> {
    let bodies = requests.iter().map(body);
    let events = bodies.flat_map(|body| body["events"].as_array().cloned().unwrap_or_default());
    events.map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

/// Lets the waiting deliveries of a channel become due, as if the time had passed, and looks for them.
pub async fn hurry(daemon: &Daemon, channel: &str) {
    daemon
        .database
        .execute(&format!(
            "UPDATE notification_deliveries SET next_attempt_at = now() - interval '1 s' \
                 WHERE state = 'pending' AND NOT in_flight AND channel = '{channel}'; \
             UPDATE notification_channels SET not_before = NULL WHERE name = '{channel}'"
        ))
        .await;
    daemon.app.deliver.ring();
}

/// How the deliveries of a channel are, in the order in which they were queued.
pub async fn states(daemon: &Daemon, channel: &str) -> String {
    let lines = format!(
        "SELECT string_agg(event || ' ' || state, ', ' ORDER BY position) FROM notification_deliveries \
         WHERE channel = '{channel}'"
    );
    daemon.database.text(&lines).await
}

/// Waits until the deliveries of a channel are like this.
pub async fn settled(daemon: &Daemon, channel: &str, expected: &str) {
    let is = async || states(daemon, channel).await == expected;
    wait_until(&format!("the deliveries of {channel} are: {expected}"), is).await;
}
