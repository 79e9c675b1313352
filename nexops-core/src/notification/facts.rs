//! What a message says about an alert.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::alert::{AlertSource, Resolution, Severity};
use crate::metric::Metric;

/// An alert as a message tells of it: as it was when the message was queued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertFacts {
    /// What is the matter, in a line.
    pub title: String,
    /// What is the matter, in a sentence or some; may be empty.
    pub description: String,
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing it is about.
    pub source_type: AlertSource,
    /// Which one.
    pub source_id: Uuid,
    /// Its name, as `101 postgres-main`.
    pub source_name: String,
    /// The node that it is on, or is; null where there is none.
    pub node: Option<String>,
    /// The cluster's connection; null where there is none.
    pub connection: Option<String>,
    /// The rule's name; null for NexOps' own alerts, and when the rule is gone.
    pub rule: Option<String>,
    /// The metric; null where the alert is not about one.
    pub metric_name: Option<Metric>,
    /// The metric's value when the event happened, in its unit; null when it is not known.
    pub value: Option<f64>,
    /// What the rule wants, as `> 80`; null where there is no rule.
    pub condition: Option<String>,
    /// When it began to fire.
    pub fired_at: DateTime<Utc>,
    /// When it was over; null while it is not.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended; null while it has not.
    pub resolution: Option<Resolution>,
    /// How many guests this one thing keeps from working, which raise no alarm of their own; null where that makes no
    /// sense.
    pub affected_guests: Option<u32>,
}
