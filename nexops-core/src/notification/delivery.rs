//! What became of every message.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::id::{AlertId, DeliveryId};
use crate::text_enum;

text_enum! {
    /// What a message tells.
    pub enum DeliveryEvent {
        /// An alert fires.
        Firing = "firing",
        /// It is over, for the figures are good again.
        Resolved = "resolved",
        /// It is over for another reason, as that its rule was deleted; it is not known to be well.
        Closed = "closed",
        /// It fires on, and is worse than was said.
        SeverityRaised = "severity_raised",
        /// It fires still.
        Reminder = "reminder",
        /// It comes and goes; nothing more is said until it rests.
        Flapping = "flapping",
        /// The figures that the alert's rule watches have stopped coming.
        NoData = "no_data",
        /// Somebody tries the channel.
        Test = "test",
    }
}

impl DeliveryEvent {
    /// Whether it ends what was announced before, so that it is of interest only to those who heard that.
    #[must_use]
    pub const fn is_ending(self) -> bool {
        match self {
            Self::Resolved | Self::Closed => true,
            Self::Firing | Self::SeverityRaised | Self::Reminder | Self::Flapping | Self::NoData | Self::Test => false,
        }
    }
}

text_enum! {
    /// How far a delivery is.
    pub enum DeliveryState {
        /// It waits, is on its way, or is tried again later.
        Pending = "pending",
        /// The receiver has accepted it.
        Sent = "sent",
        /// It was given up; it can be queued again.
        Dead = "dead",
        /// It was not worth sending any more; `reason` says why.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// Why a message did not get through.
    pub enum FailureClass {
        /// The receiver does not know us: a wrong password, a revoked webhook (401, 403). Not tried again.
        Unauthorized = "unauthorized",
        /// The receiver is not there any more (404, 410). Not tried again.
        Gone = "gone",
        /// The receiver does not want this message (any other 4xx; a permanent refusal of a mail server). Not tried again.
        Rejected = "rejected",
        /// The receiver wants fewer messages (429); it is tried again when it says.
        RateLimited = "rate_limited",
        /// The receiver is in trouble (5xx; a temporary refusal of a mail server); it is tried again.
        ServerError = "server_error",
        /// It sends elsewhere, and too often. Not tried again.
        Redirected = "redirected",
        /// Its name or address cannot be reached; it is tried again.
        Unreachable = "unreachable",
        /// It did not answer in time, and may have accepted the message all the same; it is tried again.
        Timeout = "timeout",
        /// Its certificate is not trusted, or it does not encrypt; it is tried again.
        Tls = "tls",
        /// Its address is one that NexOps does not speak to. Not tried again.
        ForbiddenAddress = "forbidden_address",
        /// The channel's settings cannot be used, as when its secrets were encrypted with another key. Not tried again.
        Settings = "settings",
    }
}

/// How a message failed. What the receiver wrote is never passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryFailure {
    /// Why, for programs.
    pub class: FailureClass,
    /// The receiver's status, of HTTP or SMTP; null when it did not answer.
    pub status: Option<u16>,
    /// Why, for people, and what to do.
    pub message: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// One event on its way to one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Its id, which a signed webhook shows as the event's id: the same however often it is tried.
    pub id: DeliveryId,
    /// The message that it is a part of, once it was tried: events of one node go out together.
    pub message_id: Option<Uuid>,
    /// The alert; null for a test.
    pub alert_id: Option<AlertId>,
    /// What it tells.
    pub event: DeliveryEvent,
    /// The channel's name.
    pub channel: String,
    /// The alert's title.
    pub title: String,
    /// How far it is.
    pub state: DeliveryState,
    /// Why it was cancelled, or given up; null otherwise.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// How the last try failed; null when there was none, or it did not.
    pub last_error: Option<DeliveryFailure>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it is tried next; null when it is not.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was sent, given up or cancelled; null before.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDeliveries {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// Only deliveries in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeliveryState>,
    /// Only deliveries to the channel with this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// Which deliveries of one alert to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertDeliveriesQuery {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
}

text_enum! {
    /// What came of a test.
    pub enum TestOutcome {
        /// The receiver has accepted the message.
        Delivered = "delivered",
        /// It did not get through.
        Failed = "failed",
        /// It is not known yet: the receiver has not answered, or wants no message for a while.
        Pending = "pending",
    }
}

/// What came of trying a channel. The message took the way of a real one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TestReport {
    /// Whether it got through.
    pub outcome: TestOutcome,
    /// How it failed; null when it did not.
    pub failure: Option<DeliveryFailure>,
    /// The delivery, for looking it up later.
    pub delivery_id: DeliveryId,
}
