//! Silences: for a while, alerts are raised but not sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::AlertSource;
use crate::error::FieldError;
use crate::id::{RuleId, SilenceId};

const LONGEST_REASON: usize = 1000;

/// A time during which some alerts are not sent. They are raised all the same; what still fires at the end and was
/// never sent is sent then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Silence {
    /// Its id.
    pub id: SilenceId,
    /// Only alerts about this kind of thing; null for every one.
    pub source_type: Option<AlertSource>,
    /// Only alerts about this thing; null for every one.
    pub source_id: Option<Uuid>,
    /// Only alerts of this rule; null for every one.
    pub rule_id: Option<RuleId>,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub created_by: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Silence {
    /// Whether it keeps alerts of a rule about a thing from being sent at a time. The end itself is outside.
    #[must_use]
    pub fn covers(&self, rule: RuleId, source: (AlertSource, Uuid), at: DateTime<Utc>) -> bool {
        self.starts_at <= at
            && at < self.ends_at
            && self.rule_id.is_none_or(|id| id == rule)
            && self.source_type.is_none_or(|kind| kind == source.0)
            && self.source_id.is_none_or(|id| id == source.1)
    }
}

/// The body that makes a silence. It must name a source, a rule, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "source_type": "vm", "source_id": "019aaf00-0000-7000-8000-000000000001", "reason": "new kernel",
    "ends_at": "2099-12-31T23:00:00Z"
}))]
pub struct CreateSilence {
    /// Only alerts about this kind of thing.
    #[serde(default)]
    pub source_type: Option<AlertSource>,
    /// Only alerts about this thing, of the kind in `source_type`.
    #[serde(default)]
    pub source_id: Option<Uuid>,
    /// Only alerts of this rule.
    #[serde(default)]
    pub rule_id: Option<RuleId>,
    /// Why, for whoever wonders later.
    #[schema(min_length = 1, max_length = 1000, example = "new memory for pve2")]
    pub reason: String,
    /// When it begins; now if not given.
    #[serde(default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
}

impl CreateSilence {
    /// What is wrong with it at a time, one entry for each field.
    #[must_use]
    pub fn faults(&self, now: DateTime<Utc>) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let length = self.reason.trim().chars().count();
        if !(1..=LONGEST_REASON).contains(&length) || self.reason.contains('\0') {
            faults.push(FieldError::new("reason", format!("it must be 1 to {LONGEST_REASON} characters")));
        }
        if self.source_id.is_some() && self.source_type.is_none() {
            faults.push(FieldError::new("source_type", "it must say what kind of thing source_id is"));
        }
        if self.source_id.is_none() && self.rule_id.is_none() {
            let field = if self.source_type.is_some() { "source_id" } else { "rule_id" };
            faults.push(FieldError::new(field, "a silence must name a source, a rule, or both"));
        }
        if self.ends_at <= now || self.starts_at.is_some_and(|start| start >= self.ends_at) {
            faults.push(FieldError::new("ends_at", "it must lie ahead, and after starts_at"));
        }
        faults
    }
}

/// Which silences to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSilences {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// Only silences that have not ended, or only those that have; the former if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<bool>,
}
