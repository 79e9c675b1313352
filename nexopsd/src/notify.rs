//! Notifications on their way out: what a message says, and how each kind of channel carries it.
//!
//! [`send`] is all there is to do with a message; when, in which order and how often is the business of `jobs::deliver`.

pub mod check;
mod discord;
mod email;
mod failure;
mod slack;
mod webhook;
mod words;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use nexops_core::id::{AlertId, DeliveryId};
use nexops_core::notification::{AlertFacts, DeliveryEvent, MailSecurity};
use secrecy::SecretString;
use uuid::Uuid;

pub use self::failure::{Failure, Reach};
pub use self::webhook::{EVENT_ID, SIGNATURE, TIMESTAMP};
use crate::outbound::{self, HeaderMap, HeaderValue, header};

/// How long a receiver may take to accept a message.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A message: one event, or several that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id: the same however often it is tried, so that a receiver knows a repetition.
    pub id: Uuid,
    /// What it tells, in the order in which it happened; never empty.
    pub events: Vec<Event>,
}

/// Something that happened to an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: DeliveryId,
    /// The alert; `None` for a test.
    pub alert_id: Option<AlertId>,
    /// What happened.
    pub kind: DeliveryEvent,
    /// The alert as it was then.
    pub facts: AlertFacts,
    /// When it was written down.
    pub at: DateTime<Utc>,
}

/// Whom a message is for, with everything that is needed to reach them.
#[derive(Clone)]
pub enum Destination {
    /// A webhook of Discord's.
    Discord {
        /// Its address.
        webhook_url: SecretString,
    },
    /// A webhook of Slack's.
    Slack {
        /// Its address.
        webhook_url: SecretString,
    },
    /// A mail server and recipients.
    Email(Mail),
    /// Any other program.
    Webhook {
        /// Its address.
        url: String,
        /// What the request is signed with.
        secret: SecretString,
    },
}

impl fmt::Debug for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Discord { .. } => "Discord",
            Self::Slack { .. } => "Slack",
            Self::Email(_) => "Email",
            Self::Webhook { .. } => "Webhook",
        })
    }
}

/// How mail is sent, and to whom.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: MailSecurity,
    /// Who logs in and with which password; `None` for nobody.
    pub login: Option<(String, SecretString)>,
    /// Whom it is from.
    pub from: String,
    /// Whom it is for.
    pub to: Vec<String>,
}

/// That a message was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepted {
    /// How long the receiver wants no other message; zero if it does not say.
    pub pause: Duration,
}

/// Sends a message once.
///
/// # Errors
/// When it was not accepted, with what that means for another try.
pub async fn send(
    client: &outbound::Client,
    destination: &Destination,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<Accepted, Failure> {
    let sending = async {
        match destination {
            Destination::Discord { webhook_url } => discord::send(client, webhook_url, message, now).await,
            Destination::Slack { webhook_url } => slack::send(client, webhook_url, message, now).await,
            Destination::Email(mail) => email::send(client.targets(), mail, message, now).await,
            Destination::Webhook { url, secret } => webhook::send(client, url, secret, message, now).await,
        }
    };
    tokio::time::timeout(PATIENCE, sending).await.unwrap_or_else(|_| Err(Failure::silent(PATIENCE)))
}

/// Posts JSON.
async fn post_json(
    client: &outbound::Client,
    url: outbound::Url,
    headers: HeaderMap,
    body: &serde_json::Value,
) -> Result<outbound::Answer, Failure> {
    post(client, url, headers, body.to_string().into_bytes()).await
}

async fn post(
    client: &outbound::Client,
    url: outbound::Url,
    mut headers: HeaderMap,
    body: Vec<u8>,
) -> Result<outbound::Answer, Failure> {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(client.send(outbound::Request::post(url, headers, body, PATIENCE)).await?)
}
