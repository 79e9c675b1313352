//! Notifications: the channels over which people hear of alerts, and what became of every message.

mod delivery;
mod facts;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use self::delivery::{
    AlertDeliveriesQuery, Delivery, DeliveryEvent, DeliveryFailure, DeliveryState, FailureClass, ListDeliveries,
    TestOutcome, TestReport,
};
pub use self::facts::AlertFacts;
use crate::id::ChannelId;
use crate::secret::WriteOnly;
use crate::text_enum;

/// The longest name of a channel, in characters.
pub const LONGEST_CHANNEL_NAME: usize = 100;
/// What a channel's name looks like, so that it can stand in a path and on a command line as it is.
pub const CHANNEL_NAME_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$";

text_enum! {
    /// What carries a channel's messages.
    pub enum ChannelKind {
        /// A webhook of a Discord channel.
        Discord = "discord",
        /// An incoming webhook of Slack, or of a server that understands the same, as Mattermost.
        Slack = "slack",
        /// E-mail over SMTP.
        Email = "email",
        /// A signed HTTP request to any other program.
        Webhook = "webhook",
    }
}

text_enum! {
    /// How the way to a mail server is protected.
    pub enum MailSecurity {
        /// The conversation begins in the clear and is encrypted before anything is said (port 587). Never without.
        Starttls = "starttls",
        /// Encrypted from the first byte (port 465).
        Tls = "tls",
        /// In the clear (port 25): for a relay on the same machine or a network that is trusted.
        None = "none",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro that declares the enum leaves no place for the mark")]
impl Default for MailSecurity {
    fn default() -> Self {
        Self::Starttls
    }
}

impl MailSecurity {
    /// The port that is usual with it.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// What a channel needs to know, by its kind. Secrets travel to the daemon and never back.
///
/// In answers the secrets are absent, and what is answered can be sent back as it is: an absent secret keeps the stored
/// one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChannelSettings {
    /// A webhook of a Discord channel.
    Discord {
        /// The webhook's address, which is its secret too: `https://discord.com/api/webhooks/…`. Absent in answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, write_only, max_length = 500, example = "https://discord.com/api/webhooks/1/abc")]
        webhook_url: Option<WriteOnly>,
    },
    /// An incoming webhook of Slack, or of a server that understands the same.
    Slack {
        /// The webhook's address, which is its secret too: `https://hooks.slack.com/services/…`. Absent in answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, write_only, max_length = 500, example = "https://hooks.slack.com/services/T0/B0/abc")]
        webhook_url: Option<WriteOnly>,
    },
    /// E-mail over SMTP.
    Email {
        /// The mail server's name or address.
        #[serde(default)]
        #[schema(required, min_length = 1, max_length = 255, example = "smtp.example.net")]
        host: String,
        /// Its port; if not given the usual one: 587 with STARTTLS, 465 with TLS, 25 in the clear.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 1, maximum = 65535)]
        port: Option<u16>,
        /// How the way there is protected; STARTTLS if not given.
        #[serde(default)]
        security: MailSecurity,
        /// Who logs in; nobody if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(min_length = 1, max_length = 255)]
        username: Option<String>,
        /// The password. Absent in answers. The stored one is kept only for the same server and user: who changes those
        /// gives it again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, write_only, max_length = 255)]
        password: Option<WriteOnly>,
        /// Whom the mail is from: an address, or `Name <address>`.
        #[serde(default)]
        #[schema(required, min_length = 3, max_length = 320, example = "NexOps <nexops@example.net>")]
        from: String,
        /// Whom it is for, 1 to 50 addresses.
        #[serde(default)]
        #[schema(required, min_items = 1, max_items = 50, example = json!(["ann@example.net"]))]
        to: Vec<String>,
    },
    /// A signed HTTP request to any other program.
    Webhook {
        /// Where the requests go, by POST.
        #[serde(default)]
        #[schema(required, max_length = 500, example = "https://hooks.example.net/nexops")]
        url: String,
        /// What the requests are signed with (HMAC-SHA256), 16 to 255 characters. Absent in answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, write_only, min_length = 16, max_length = 255)]
        secret: Option<WriteOnly>,
    },
}

impl ChannelSettings {
    /// Which kind of channel they are for.
    #[must_use]
    pub const fn kind(&self) -> ChannelKind {
        match self {
            Self::Discord { .. } => ChannelKind::Discord,
            Self::Slack { .. } => ChannelKind::Slack,
            Self::Email { .. } => ChannelKind::Email,
            Self::Webhook { .. } => ChannelKind::Webhook,
        }
    }

    /// The secret among them.
    pub const fn secret_mut(&mut self) -> &mut Option<WriteOnly> {
        match self {
            Self::Discord { webhook_url } | Self::Slack { webhook_url } => webhook_url,
            Self::Email { password, .. } => password,
            Self::Webhook { secret, .. } => secret,
        }
    }

    /// The name of the secret that a channel with these settings cannot do without; `None` if it needs none.
    #[must_use]
    pub const fn secret_field(&self) -> Option<&'static str> {
        match self {
            Self::Discord { .. } | Self::Slack { .. } => Some("webhook_url"),
            Self::Email { username: None, .. } => None,
            Self::Email { username: Some(_), .. } => Some("password"),
            Self::Webhook { .. } => Some("secret"),
        }
    }
}

text_enum! {
    /// Whether messages get through.
    pub enum ChannelStatus {
        /// Nothing was sent over it yet.
        Untried = "untried",
        /// The last message was accepted.
        Ok = "ok",
        /// Messages do not get through: one was given up, or they have failed for five minutes.
        Failing = "failing",
    }
}

/// A way to tell people of alerts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// Its id, which stays when it gets another name.
    pub id: ChannelId,
    /// The name under which rules know it.
    pub name: String,
    /// What it needs to know, without the secrets.
    pub settings: ChannelSettings,
    /// Whether the secret among its settings is stored: the webhook's address, the password, or the signing secret.
    pub has_secret: bool,
    /// Whether anything is sent over it; while it is not, what would have been sent is cancelled.
    pub enabled: bool,
    /// Whether messages get through.
    pub status: ChannelStatus,
    /// When a message was last accepted; null if none was yet.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Since when none was; null while they are, or if none was tried.
    pub failing_since: Option<DateTime<Utc>>,
    /// How the last message that did not get through failed; null when the last one did get through.
    pub last_error: Option<DeliveryFailure>,
    /// How many messages wait to be sent.
    pub pending: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When somebody last changed it.
    pub updated_at: DateTime<Utc>,
}

/// A channel as somebody wants it to be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "operators",
    "settings": {"kind": "discord", "webhook_url": "https://discord.com/api/webhooks/1/abc"}
}))]
pub struct ChannelDraft {
    /// Its name: 1 to 100 letters, digits, `-` and `_`, the first one a letter or a digit. The name of its kind if not
    /// given; when a channel is changed, the name that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", example = "discord")]
    pub name: Option<String>,
    /// What it needs to know. A secret that is not given keeps the stored one.
    pub settings: ChannelSettings,
    /// Whether anything is sent over it; yes if not given.
    #[serde(default = "crate::yes")]
    #[schema(default = true)]
    pub enabled: bool,
}

/// Which channels to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListChannels {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
}
