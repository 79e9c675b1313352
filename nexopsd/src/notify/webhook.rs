//! The signed webhook: the whole message as JSON, for programs.

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use nexops_core::id::{AlertId, DeliveryId};
use nexops_core::notification::{AlertFacts, DeliveryEvent};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use super::{Accepted, Event, Failure, Message, words};
use crate::outbound::{self, HeaderMap, HeaderName, HeaderValue};

/// The header with the message's id, by which a receiver knows a repetition.
pub const EVENT_ID: HeaderName = HeaderName::from_static("x-nexops-event-id");
/// The header with the time of this try, in seconds since 1970.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-nexops-timestamp");
/// The header with the signature: `sha256=`, then the HMAC-SHA256 of timestamp, full stop and body in hexadecimal.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-nexops-signature");

/// What is sent. It is the same at every try.
#[derive(Debug, Serialize)]
struct Body<'a> {
    id: Uuid,
    title: String,
    events: Vec<BodyEvent<'a>>,
}

#[derive(Debug, Serialize)]
struct BodyEvent<'a> {
    id: DeliveryId,
    event: DeliveryEvent,
    at: DateTime<Utc>,
    alert_id: Option<AlertId>,
    alert: &'a AlertFacts,
}

/// Sends a message.
pub async fn send(
    client: &outbound::Client,
    url: &str,
    secret: &SecretString,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<Accepted, Failure> {
    let url = outbound::parse_url(url)?;
    let body = body(message);
    let timestamp = now.timestamp();
    let headers: HeaderMap = [
        (EVENT_ID, header(&message.id.to_string())),
        (TIMESTAMP, timestamp.into()),
        (SIGNATURE, header(&signature(secret, timestamp, &body))),
    ]
    .into_iter()
    .collect();
    let answer = super::post(client, url, headers, body).await?;
    match answer.status {
        200..=299 => Ok(Accepted::default()),
        _ => Err(Failure::answered(&answer, now)),
    }
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("hexadecimal digits and signs can stand in a header")
}

fn body(message: &Message) -> Vec<u8> {
    let events = message.events.iter().map(|event| {
        let Event { id, alert_id, kind, facts, at } = event;
        BodyEvent { id: *id, event: *kind, at: *at, alert_id: *alert_id, alert: facts }
    });
    let body = Body { id: message.id, title: words::headline(message), events: events.collect() };
    serde_json::to_vec(&body).expect("text, numbers and times can be written as JSON")
}

fn signature(secret: &SecretString, timestamp: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(timestamp.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    let digits: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::words::tests::{event, message};

    #[test]
    fn the_signature_is_that_of_the_published_test_vectors() {
        // RFC 4231, case 2, whose text happens to hold no full stop: the key is "Jefe".
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
        let tag = hmac::sign(&key, b"what do ya want for nothing?");
        assert_eq!(tag.as_ref()[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let signed = signature(&"0123456789abcdef".into(), 1_700_000_000, b"{}");
        assert_eq!(signed, "sha256=e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e");
    }

    #[test]
    fn the_body_is_the_same_at_every_try_and_tells_everything() {
        let message = message(vec![event(), event()]);
        assert_eq!(body(&message), body(&message.clone()));
        let json: serde_json::Value = serde_json::from_slice(&body(&message)).unwrap();
        assert_eq!(json["id"], message.id.to_string());
        assert_eq!(json["events"].as_array().unwrap().len(), 2);
        assert_eq!(json["events"][0]["event"], "firing");
        assert_eq!(json["events"][0]["alert"]["severity"], "critical");
        assert_eq!(json["events"][0]["alert"]["metric_name"], "cpu_usage");
    }
}
