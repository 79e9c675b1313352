//! What a channel must look like, and how it becomes a destination.

use nexops_core::error::FieldError;
use nexops_core::notification::{CHANNEL_NAME_PATTERN, ChannelSettings, FailureClass, LONGEST_CHANNEL_NAME};
use nexops_core::secret::WriteOnly;
use secrecy::{ExposeSecret, SecretString};

use super::{Destination, Failure, Mail, email};
use crate::outbound;

const LONGEST_URL: usize = 500;
const LONGEST_SECRET: usize = 255;
const SHORTEST_SIGNING_SECRET: usize = 16;
const LONGEST_HOST: usize = 255;
const LONGEST_MAILBOX: usize = 320;
const MOST_RECIPIENTS: usize = 50;

/// The settings of a channel without its secret, and the secret by itself if one was given.
pub fn separate(mut settings: ChannelSettings) -> (ChannelSettings, Option<SecretString>) {
    let secret = settings.secret_mut().take();
    (settings, secret.map(|secret| secret.secret().clone()))
}

/// What is wrong with a channel's name.
pub fn name(name: &str) -> Option<FieldError> {
    let usual = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let good = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(usual)
        && name.len() <= LONGEST_CHANNEL_NAME;
    let reason = format!("it must match {CHANNEL_NAME_PATTERN}: letters, digits, - and _, the first a letter or digit");
    (!good).then(|| FieldError::new("name", reason))
}

/// What is wrong with settings; `stored` are those that they take the place of, whose secret may be kept.
pub fn settings(settings: &ChannelSettings, stored: Option<&ChannelSettings>) -> Vec<FieldError> {
    let mut found = Vec::new();
    let mut say = |field: &str, reason: Option<String>| {
        found.extend(reason.map(|reason| FieldError::new(format!("settings.{field}"), reason)));
    };
    match settings {
        ChannelSettings::Discord { webhook_url } | ChannelSettings::Slack { webhook_url } => {
            let kept = stored.is_some_and(|stored| stored.kind() == settings.kind());
            say("webhook_url", secret(webhook_url.as_ref(), kept, LONGEST_URL));
            say("webhook_url", webhook_url.as_ref().and_then(|given| url(given.secret().expose_secret())));
        }
        ChannelSettings::Email { host, port, security: _, username, password, from, to } => {
            say("host", text(host, LONGEST_HOST).or_else(|| bad_host(host)));
            say("port", (*port == Some(0)).then(|| "port 0 is no port".to_owned()));
            say("username", username.as_deref().and_then(|name| text(name, LONGEST_SECRET)));
            say("from", text(from, LONGEST_MAILBOX).or_else(|| email::mailbox(from).err()));
            if to.is_empty() || to.len() > MOST_RECIPIENTS {
                say("to", Some(format!("1 to {MOST_RECIPIENTS} addresses are needed, {} are given", to.len())));
            }
            for (index, one) in to.iter().enumerate() {
                say(&format!("to[{index}]"), text(one, LONGEST_MAILBOX).or_else(|| email::mailbox(one).err()));
            }
            match (username, password) {
                (None, Some(_)) => say("password", Some("a password needs a username".to_owned())),
                (None, None) => {}
                (Some(_), given) => {
                    let kept = stored.is_some_and(|stored| same_login(settings, stored));
                    say("password", secret(given.as_ref(), kept, LONGEST_SECRET));
                }
            }
        }
        ChannelSettings::Webhook { url: address, secret: given } => {
            say("url", text(address, LONGEST_URL).or_else(|| url(address)));
            let kept = stored.is_some_and(|stored| stored.kind() == settings.kind());
            say("secret", secret(given.as_ref(), kept, LONGEST_SECRET));
            let length = given.as_ref().map(|given| given.secret().expose_secret().chars().count());
            let short = length.is_some_and(|length| length < SHORTEST_SIGNING_SECRET);
            let reason =
                format!("it must have {SHORTEST_SIGNING_SECRET} characters at least; openssl rand -hex 32 makes one");
            say("secret", short.then_some(reason));
        }
    }
    found
}

/// Whether the stored secret still goes where it went when it was given: a password is never shown to another server.
pub fn keeps_secret(settings: &ChannelSettings, stored: &ChannelSettings) -> bool {
    match settings {
        ChannelSettings::Discord { .. } | ChannelSettings::Slack { .. } | ChannelSettings::Webhook { .. } => {
            settings.kind() == stored.kind()
        }
        ChannelSettings::Email { .. } => same_login(settings, stored),
    }
}

/// Whether both log in as the same user to the same server, over a way that is as safe.
fn same_login(one: &ChannelSettings, other: &ChannelSettings) -> bool {
    let login = |settings: &ChannelSettings| match settings {
        ChannelSettings::Email { host, port, security, username: Some(username), .. } => {
            Some((host.clone(), port.unwrap_or(security.port()), *security, username.clone()))
        }
        ChannelSettings::Email { username: None, .. }
        | ChannelSettings::Discord { .. }
        | ChannelSettings::Slack { .. }
        | ChannelSettings::Webhook { .. } => None,
    };
    login(one).is_some() && login(one) == login(other)
}

/// What is wrong with a secret that was or was not given.
fn secret(given: Option<&WriteOnly>, kept: bool, longest: usize) -> Option<String> {
    match given {
        None if kept => None,
        None => Some("it is needed; no stored one belongs to these settings".to_owned()),
        Some(given) if given.is_placeholder() => {
            Some("this is what is shown in place of a secret; leave it out to keep the stored one".to_owned())
        }
        Some(given) => text(given.secret().expose_secret(), longest),
    }
}

fn text(text: &str, longest: usize) -> Option<String> {
    match text.chars().count() {
        0 => Some("it is needed".to_owned()),
        length if length > longest => Some(format!("{length} characters are too many: {longest} at most")),
        _ if text.chars().any(char::is_control) => Some("it must not hold control characters".to_owned()),
        _ => None,
    }
}

fn url(url: &str) -> Option<String> {
    outbound::parse_url(url).err().map(|error| error.to_string())
}

fn bad_host(host: &str) -> Option<String> {
    let odd = host.contains(|character: char| character.is_whitespace() || matches!(character, '/' | '@' | '?' | '#'));
    odd.then(|| "it must be a host name or an address, without scheme and port".to_owned())
}

/// Whom a channel speaks to.
///
/// # Errors
/// When the secret is missing that its kind needs.
pub fn destination(settings: ChannelSettings, secret: Option<SecretString>) -> Result<Destination, Failure> {
    let needed = move || {
        let words = "the channel's secret is not stored; enter it again";
        secret.ok_or_else(|| Failure::before(FailureClass::Settings, words))
    };
    Ok(match settings {
        ChannelSettings::Discord { webhook_url: _ } => Destination::Discord { webhook_url: needed()? },
        ChannelSettings::Slack { webhook_url: _ } => Destination::Slack { webhook_url: needed()? },
        ChannelSettings::Webhook { url, secret: _ } => Destination::Webhook { url, secret: needed()? },
        ChannelSettings::Email { host, port, security, username, password: _, from, to } => {
            let login = username.map(|user| needed().map(|password| (user, password))).transpose()?;
            Destination::Email(Mail { host, port: port.unwrap_or(security.port()), security, login, from, to })
        }
    })
}

#[cfg(test)]
mod tests;
