//! What comes of an evaluation.

use chrono::{DateTime, Utc};
use nexops_core::alert::{Resolution, Severity};
use nexops_core::id::AlertId;
use nexops_core::text_enum;

use crate::state::Occurrence;

text_enum! {
    /// What a message says.
    pub enum MessageKind {
        /// The alert fired.
        Firing = "firing",
        /// The figures came back to the good side.
        Resolved = "resolved",
        /// The alert ended in another way, which the message tells.
        Closed = "closed",
        /// The rule was made more severe while the alert is open.
        SeverityRaised = "severity_raised",
        /// The alert is open still.
        Reminder = "reminder",
        /// It comes and goes; single messages are held back from here on.
        Flapping = "flapping",
        /// No figures come.
        NoData = "no_data",
    }
}

/// A message through one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The alert it tells of.
    pub alert: AlertId,
    /// The how-manieth message of the alert it is, from 1; with the alert it names the message for ever.
    pub number: u32,
    /// The channel.
    pub channel: String,
    /// What it says.
    pub kind: MessageKind,
    /// How the alert ended, where the message tells of that.
    pub resolution: Option<Resolution>,
    /// How bad it is.
    pub severity: Severity,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// A message that was made but is not to be sent: the trouble ended before it could go out, and nobody needs to hear of
/// either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    /// The alert it would have told of.
    pub alert: AlertId,
    /// Its number.
    pub number: u32,
    /// The channel.
    pub channel: String,
    /// How the alert ended meanwhile.
    pub resolution: Resolution,
}

/// All that comes of an evaluation beside the new state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Alerts as they are to be written down, in the order of their changes; the last one of an id counts.
    pub alerts: Vec<Occurrence>,
    /// Messages to be sent.
    pub messages: Vec<Message>,
    /// Messages not to be sent any more.
    pub cancelled: Vec<Cancelled>,
    /// Samples that were too far ahead of the clock to be believed.
    pub future_samples: u32,
}

impl Outcome {
    /// Whether nothing came of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.messages.is_empty() && self.cancelled.is_empty()
    }

    /// Takes over what another evaluation brought.
    pub fn add(&mut self, other: Self) {
        self.alerts.extend(other.alerts);
        self.messages.extend(other.messages);
        self.cancelled.extend(other.cancelled);
        self.future_samples += other.future_samples;
    }
}
