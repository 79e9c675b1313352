//! Discord: an embed for each message, within Discord's limits, in which nobody is mentioned and nothing is markup.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::words::{self, shortened};
use super::{Accepted, Failure, Message};
use crate::outbound::{self, HeaderMap};

/// Discord takes 30 messages a minute at a webhook.
const LEAST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause that is believed.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

// Discord's own: 256 and 4096 characters, 1024 for a field, and 6000 for all of it together, 10 embeds in a message. One
// embed within these never comes to 6000.
const TITLE: usize = 256;
const DESCRIPTION: usize = 2000;
const FIELD: usize = 300;
const LIST: usize = 4000;
const LINE: usize = 300;

/// Sends a message.
pub async fn send(
    client: &outbound::Client,
    webhook_url: &SecretString,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<Accepted, Failure> {
    let mut url = outbound::parse_url(webhook_url.expose_secret())?;
    // Without it Discord does not say whether the message was kept.
    url.query_pairs_mut().append_pair("wait", "true");
    let answer = super::post_json(client, url, HeaderMap::new(), &body(message)).await?;
    match answer.status {
        200..=299 => Ok(Accepted { pause: pause(&answer.headers) }),
        _ => Err(Failure::answered(&answer, now)),
    }
}

/// How long Discord wants nothing more: when the last of a number of messages is used up, until there are new ones.
fn pause(headers: &HeaderMap) -> Duration {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let used_up = number("x-ratelimit-remaining").is_some_and(|remaining| remaining < 1.0);
    let reset = number("x-ratelimit-reset-after").filter(|_| used_up);
    let reset = reset.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default();
    reset.clamp(LEAST_PAUSE, LONGEST_PAUSE)
}

fn body(message: &Message) -> Value {
    let title = format!("{} {}", words::mood_of_all(message).sign(), escaped(&words::headline(message)));
    let mut embed = json!({
        "title": shortened(&title, TITLE),
        "color": words::mood_of_all(message).colour(),
    });
    if let [event] = message.events.as_slice() {
        embed["description"] = shortened(&escaped(&words::description(event)), DESCRIPTION).into();
        embed["timestamp"] = event.at.to_rfc3339().into();
        let field = |(name, text): (&str, String)| json!({"name": name, "value": shortened(&escaped(&text), FIELD), "inline": true});
        embed["fields"] = words::details(event).into_iter().map(field).collect();
    } else {
        embed["description"] = list(message).into();
    }
    json!({"embeds": [embed], "allowed_mentions": {"parse": []}})
}

/// The events of a message, a line for each, as many as fit.
fn list(message: &Message) -> String {
    words::list(message, LIST, |event| {
        let line = format!("{}: {}", words::line(event), words::plain(&event.facts.source_name));
        format!("{} {}", words::mood(event).sign(), shortened(&escaped(&line), LINE))
    })
}

/// Text in which Discord sees no markup, link or mention.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' | '(' | ')' | '@' | ':')
        {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::notify::words::tests::{event, message};

    /// Characters in all embeds together, as Discord counts them.
    fn total(body: &Value) -> usize {
        let mut total = 0;
        for embed in body["embeds"].as_array().unwrap() {
            let fields = embed["fields"].as_array().cloned().unwrap_or_default();
            let texts = [&embed["title"], &embed["description"]].into_iter().cloned();
            let texts = texts.chain(fields.iter().flat_map(|field| [field["name"].clone(), field["value"].clone()]));
            total += texts.map(|text| text.as_str().map_or(0, |text| text.encode_utf16().count())).sum::<usize>();
        }
        total
    }

    proptest! {
        #[test]
        fn no_message_is_over_the_limits(text in ".{0,3000}", count in 1_usize..200) {
            let mut one = event();
            one.facts.title = text.clone();
            one.facts.description = text.clone();
            one.facts.source_name = text;
            let body = body(&message(vec![one; count]));
            prop_assert!(total(&body) <= 6000, "{}", total(&body));
            let embeds = body["embeds"].as_array().unwrap();
            prop_assert!(embeds.len() <= 10);
            for embed in embeds {
                prop_assert!(embed["title"].as_str().unwrap().encode_utf16().count() <= 256);
                prop_assert!(embed["description"].as_str().unwrap().encode_utf16().count() <= 4096);
                let fields = embed["fields"].as_array().cloned().unwrap_or_default();
                prop_assert!(fields.len() <= 25);
                for field in fields {
                    let length = field["value"].as_str().unwrap().encode_utf16().count();
                    prop_assert!((1..=1024).contains(&length));
                }
            }
        }
    }

    #[test]
    fn names_are_neither_markup_nor_mentions() {
        let mut one = event();
        one.facts.title = "@everyone **free** [click](https://evil.example) <@1>\u{202e}\n# big".to_owned();
        let body = body(&message(vec![one]));
        assert_eq!(body["allowed_mentions"], json!({"parse": []}));
        let title = body["embeds"][0]["title"].as_str().unwrap();
        let expected = r"🔴 CRITICAL\: \@everyone \*\*free\*\* \[click\]\(https\://evil.example\) \<\@1\> \# big";
        assert_eq!(title, expected);
    }

    #[rstest]
    #[case(&[], 2.0)]
    #[case(&[("x-ratelimit-remaining", "3"), ("x-ratelimit-reset-after", "9")], 2.0)]
    #[case(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset-after", "4.5")], 4.5)]
    #[case(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset-after", "-1")], 2.0)]
    #[case(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset-after", "1e99")], 2.0)]
    #[case(&[("x-ratelimit-remaining", "0")], 2.0)]
    fn discord_says_when_it_takes_more(#[case] headers: &[(&'static str, &str)], #[case] seconds: f64) {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()));
        let headers: HeaderMap = headers.map(|(name, value): (outbound::HeaderName, _)| (name, value)).collect();
        assert_eq!(pause(&headers).as_secs_f64(), seconds);
    }
}
