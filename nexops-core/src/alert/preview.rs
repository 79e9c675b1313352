//! Previews: when a rule would have fired.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::rule::RuleDefinition;
use super::{AlertKind, Resolution};
use crate::metric::{Range, SourceType};

/// A rule to try on stored history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "rule": { "name": "cpu-high", "metric_name": "cpu_usage", "condition": "gt", "threshold": 90.0 }, "range": "24h"
}))]
pub struct PreviewRequest {
    /// The rule.
    pub rule: RuleDefinition,
    /// The span of history; a day if not given.
    #[serde(default = "a_day")]
    pub range: Range,
}

const fn a_day() -> Range {
    Range::Day
}

/// When a rule would have fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// When the history begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub to: DateTime<Utc>,
    /// Sources that have the metric.
    pub sources: u64,
    /// Samples that were looked at.
    pub samples: u64,
    /// Alerts that would have been raised, oldest first; the first 500 of them.
    pub alerts: Vec<PreviewAlert>,
    /// How many alerts there would have been in all.
    pub total: u64,
    /// Messages that each channel would have got.
    pub notifications: u64,
}

/// An alert that would have been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PreviewAlert {
    /// What it would have said.
    pub kind: AlertKind,
    /// The kind of thing.
    pub source_type: SourceType,
    /// The thing.
    pub source_id: Uuid,
    /// What it is called; null when it is not known any more.
    pub source_name: Option<String>,
    /// The figure with which it would have fired; null where none is known.
    pub value: Option<f64>,
    /// When it would have fired.
    pub fired_at: DateTime<Utc>,
    /// When it would have ended; null when it would be active still.
    pub resolved_at: Option<DateTime<Utc>>,
    /// How it would have ended.
    pub resolution: Option<Resolution>,
}
