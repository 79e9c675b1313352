//! Slack, and servers that take the same requests: blocks of plain text, and the words once more for those who know no
//! blocks.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::words::{self, shortened};
use super::{Accepted, Failure, Message};
use crate::outbound::{self, HeaderMap};

/// Slack takes one message a second at a webhook.
const PAUSE: Duration = Duration::from_secs(1);

// Slack's own: 150 characters in a header, 3000 in a section, 2000 in a field, 10 fields, 50 blocks.
const HEADER: usize = 150;
const SECTION: usize = 2900;
const FIELD: usize = 500;
const LINE: usize = 300;

/// Sends a message.
pub async fn send(
    client: &outbound::Client,
    webhook_url: &SecretString,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<Accepted, Failure> {
    let url = outbound::parse_url(webhook_url.expose_secret())?;
    let answer = super::post_json(client, url, HeaderMap::new(), &body(message)).await?;
    match answer.status {
        200..=299 => Ok(Accepted { pause: PAUSE }),
        _ => Err(Failure::answered(&answer, now)),
    }
}

fn body(message: &Message) -> Value {
    let headline = format!("{} {}", words::mood_of_all(message).sign(), words::headline(message));
    let mut blocks = vec![json!({"type": "header", "text": plain_text(&headline, HEADER)})];
    let more = match message.events.as_slice() {
        [event] => words::description(event),
        _ => list(message),
    };
    if !more.is_empty() {
        blocks.push(json!({"type": "section", "text": plain_text(&more, SECTION)}));
    }
    if let [event] = message.events.as_slice() {
        let details = words::details(event).into_iter().take(10);
        let fields: Vec<Value> = details.map(|(name, text)| plain_text(&format!("{name}: {text}"), FIELD)).collect();
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    json!({"text": escaped(&shortened(&format!("{headline}\n{more}"), SECTION)), "blocks": blocks})
}

fn list(message: &Message) -> String {
    words::list(message, SECTION - 100, |event| {
        let line = format!("{}: {}", words::line(event), words::plain(&event.facts.source_name));
        format!("{} {}", words::mood(event).sign(), shortened(&line, LINE))
    })
}

/// Text in which Slack sees no markup at all.
fn plain_text(text: &str, most: usize) -> Value {
    json!({"type": "plain_text", "text": shortened(text, most), "emoji": false})
}

/// Text in which Slack sees no link and no mention, for the one place that knows no plain text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notify::words::tests::{event, message};

    proptest! {
        #[test]
        fn no_message_is_over_the_limits(text in ".{0,4000}", count in 1_usize..200) {
            let mut one = event();
            one.facts.title = text.clone();
            one.facts.description = text.clone();
            one.facts.source_name = text;
            let body = body(&message(vec![one; count]));
            let length = |value: &Value| value["text"].as_str().unwrap().encode_utf16().count();
            let blocks = body["blocks"].as_array().unwrap();
            prop_assert!(blocks.len() <= 50);
            for block in blocks {
                let most = if block["type"] == "header" { 150 } else { 3000 };
                if block["text"].is_object() {
                    prop_assert!((1..=most).contains(&length(&block["text"])));
                }
                let fields = block["fields"].as_array().cloned().unwrap_or_default();
                prop_assert!(fields.len() <= 10);
                prop_assert!(fields.iter().all(|field| length(field) <= 2000));
            }
        }
    }

    #[test]
    fn names_are_neither_links_nor_mentions() {
        let mut one = event();
        one.facts.title = "<!channel> <https://evil.example|click> & :tada:".to_owned();
        let body = body(&message(vec![one]));
        let text = body["text"].as_str().unwrap();
        assert!(
            text.starts_with("🔴 CRITICAL: &lt;!channel&gt; &lt;https://evil.example|click&gt; &amp; :tada:\n"),
            "{text}"
        );
        let header = &body["blocks"][0]["text"];
        assert_eq!((header["type"].as_str(), header["emoji"].as_bool()), (Some("plain_text"), Some(false)));
    }
}
