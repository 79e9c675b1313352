//! Rules: when an alert is raised, and whom it is sent to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Severity;
use crate::error::FieldError;
use crate::id::RuleId;
use crate::metric::{Metric, SourceType};
use crate::page::Sort;
use crate::text_enum;

/// The longest duration of a rule, seconds: thirty days.
pub const LONGEST_DURATION: u32 = 30 * 86_400;
/// The most channels that a rule can name.
pub const MOST_CHANNELS: usize = 20;
const LONGEST_NAME: usize = 255;
const LONGEST_DESCRIPTION: usize = 2000;
const LONGEST_CHANNEL: usize = 100;
const SHORTEST_REPEAT: u32 = 60;

text_enum! {
    /// How a figure is compared with a threshold.
    pub enum Condition {
        /// The figure is greater.
        Gt = "gt",
        /// The figure is less.
        Lt = "lt",
        /// The figure is greater, or the same.
        Gte = "gte",
        /// The figure is less, or the same.
        Lte = "lte",
        /// The figure is the same, but for what arithmetic adds.
        Eq = "eq",
    }
}

impl Condition {
    /// The sign that people write: `>=`.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Gt => ">",
            Self::Lt => "<",
            Self::Gte => ">=",
            Self::Lte => "<=",
            Self::Eq => "=",
        }
    }
}

text_enum! {
    /// What is made of figures that do not come.
    pub enum OnMissing {
        /// Nothing: everything stays as it was last known.
        Keep = "keep",
        /// They count as good.
        Ok = "ok",
        /// They are an alert of their own, after the rule's duration.
        Alert = "alert",
    }
}

/// What a rule says: the body that makes or replaces one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "cpu-high", "metric_name": "cpu_usage", "condition": "gt", "threshold": 90.0, "duration_seconds": 300,
    "clear_threshold": 80.0, "severity": "warning", "source_type": "vm"
}))]
pub struct RuleDefinition {
    /// What it is called; unique.
    #[schema(min_length = 1, max_length = 255, example = "cpu-high")]
    pub name: String,
    /// What to do when it fires, for whoever is woken by it; empty if not given.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// What is measured.
    pub metric_name: Metric,
    /// How it is compared.
    pub condition: Condition,
    /// With what, in the metric's unit.
    #[schema(example = 80.0)]
    pub threshold: f64,
    /// For how many seconds samples must prove the condition before it fires; 0, the default, fires with the first one.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 2_592_000)]
    pub duration_seconds: u32,
    /// How bad it is; a warning if not given.
    #[serde(default = "default_severity")]
    pub severity: Severity,
    /// Whether it is in force; true if not given.
    #[serde(default = "crate::yes")]
    pub enabled: bool,
    /// The names of the channels it is sent to; none if not given.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub notification_channels: Vec<String>,
    /// Only sources of this kind; every source that has the metric if null.
    #[serde(default)]
    pub source_type: Option<SourceType>,
    /// Only this source, of the kind in `source_type`; every one if null.
    #[serde(default)]
    pub source_id: Option<Uuid>,
    /// The figure at which it is over, on the good side of `threshold`; the threshold itself if null.
    #[serde(default)]
    pub clear_threshold: Option<f64>,
    /// For how many seconds samples must prove the good side before it is over; 60 if not given.
    #[serde(default = "default_clear_duration")]
    #[schema(minimum = 0, maximum = 2_592_000)]
    pub clear_duration_seconds: u32,
    /// What is made of figures that do not come.
    #[serde(default = "default_on_missing")]
    pub on_missing: OnMissing,
    /// After how many seconds it is sent again while it lasts and nobody has acknowledged it; never if null.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 2_592_000)]
    pub repeat_interval_seconds: Option<u32>,
}

const fn default_severity() -> Severity {
    Severity::Warning
}

const fn default_clear_duration() -> u32 {
    60
}

const fn default_on_missing() -> OnMissing {
    OnMissing::Keep
}

impl RuleDefinition {
    /// What is wrong with it, one entry for each field; nothing when it is sound. Whether its channels and its source
    /// exist is for whoever knows them.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, reason: String| faults.push(FieldError::new(field, reason));
        if let Some(reason) = fault_of_text(&self.name, LONGEST_NAME) {
            fault("name", reason);
        }
        if self.description.chars().count() > LONGEST_DESCRIPTION || self.description.contains('\0') {
            fault("description", format!("it must be at most {LONGEST_DESCRIPTION} characters, without NUL"));
        }
        if !self.threshold.is_finite() {
            fault("threshold", "it must be a finite number".to_owned());
        }
        if let Some(reason) = self.clear_threshold.and_then(|clear| self.fault_of_clear_threshold(clear)) {
            fault("clear_threshold", reason);
        }
        for (field, seconds) in
            [("duration_seconds", self.duration_seconds), ("clear_duration_seconds", self.clear_duration_seconds)]
        {
            if seconds > LONGEST_DURATION {
                fault(field, format!("{seconds} is out of range: 0 to {LONGEST_DURATION}"));
            }
        }
        if let Some(seconds) = self.repeat_interval_seconds
            && !(SHORTEST_REPEAT..=LONGEST_DURATION).contains(&seconds)
        {
            let reason = format!("{seconds} is out of range: {SHORTEST_REPEAT} to {LONGEST_DURATION}");
            fault("repeat_interval_seconds", reason);
        }
        if self.source_id.is_some() && self.source_type.is_none() {
            fault("source_type", "it must say what kind of thing source_id is".to_owned());
        }
        if let Some(reason) = self.fault_of_channels() {
            fault("notification_channels", reason);
        }
        faults
    }

    fn fault_of_clear_threshold(&self, clear: f64) -> Option<String> {
        let threshold = self.threshold;
        let (is_safe, side) = match self.condition {
            Condition::Gt | Condition::Gte => (clear <= threshold, "at or below"),
            Condition::Lt | Condition::Lte => (clear >= threshold, "at or above"),
            Condition::Eq => return Some("'eq' knows no two sides; leave it out".to_owned()),
        };
        if !clear.is_finite() {
            return Some("it must be a finite number".to_owned());
        }
        // A threshold that is no number is complained about on its own.
        (threshold.is_finite() && !is_safe)
            .then(|| format!("{clear} is on the wrong side: '{}' wants it {side} {threshold}", self.condition))
    }

    fn fault_of_channels(&self) -> Option<String> {
        let channels = &self.notification_channels;
        if channels.len() > MOST_CHANNELS {
            return Some(format!("{} are too many: {MOST_CHANNELS} at most", channels.len()));
        }
        for (index, channel) in channels.iter().enumerate() {
            if let Some(reason) = fault_of_text(channel, LONGEST_CHANNEL) {
                return Some(reason);
            }
            if channels.iter().take(index).any(|earlier| earlier == channel) {
                return Some(format!("'{channel}' stands there twice"));
            }
        }
        None
    }
}

fn fault_of_text(text: &str, longest: usize) -> Option<String> {
    let sound = !text.trim().is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
    (!sound).then(|| format!("it must be 1 to {longest} printable characters"))
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertRule {
    /// Its id.
    pub id: RuleId,
    /// What it is called.
    pub name: String,
    /// What to do when it fires; may be empty.
    pub description: String,
    /// What is measured.
    pub metric_name: Metric,
    /// How it is compared.
    pub condition: Condition,
    /// With what, in the metric's unit.
    pub threshold: f64,
    /// For how many seconds samples must prove the condition before it fires.
    pub duration_seconds: u32,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is in force.
    pub enabled: bool,
    /// The names of the channels it is sent to.
    pub notification_channels: Vec<String>,
    /// Only sources of this kind; every source that has the metric if null.
    pub source_type: Option<SourceType>,
    /// Only this source; every one if null.
    pub source_id: Option<Uuid>,
    /// The figure at which it is over; the threshold itself if null.
    pub clear_threshold: Option<f64>,
    /// For how many seconds samples must prove the good side before it is over.
    pub clear_duration_seconds: u32,
    /// What is made of figures that do not come.
    pub on_missing: OnMissing,
    /// After how many seconds it is sent again; never if null.
    pub repeat_interval_seconds: Option<u32>,
    /// Counts the changes, from 1; also the rule's `ETag`.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl AlertRule {
    /// What the rule says, without what NexOps keeps about it: the body that would leave it as it is.
    #[must_use]
    pub fn definition(&self) -> RuleDefinition {
        let Self { id: _, version: _, created_at: _, updated_at: _, .. } = self;
        RuleDefinition {
            name: self.name.clone(),
            description: self.description.clone(),
            metric_name: self.metric_name,
            condition: self.condition,
            threshold: self.threshold,
            duration_seconds: self.duration_seconds,
            severity: self.severity,
            enabled: self.enabled,
            notification_channels: self.notification_channels.clone(),
            source_type: self.source_type,
            source_id: self.source_id,
            clear_threshold: self.clear_threshold,
            clear_duration_seconds: self.clear_duration_seconds,
            on_missing: self.on_missing,
            repeat_interval_seconds: self.repeat_interval_seconds,
        }
    }
}

text_enum! {
    /// A column that a list of rules can be sorted by.
    pub enum RuleColumn {
        /// Its name.
        Name = "name",
        /// What is measured.
        MetricName = "metric_name",
        /// How bad it is.
        Severity = "severity",
        /// When it was made.
        CreatedAt = "created_at",
    }
}

/// Which rules to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRules {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// The column to sort by, with `-` before it for descending; by name if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, example = "name", pattern = "^-?(name|metric_name|severity|created_at)$")]
    pub sort: Option<Sort<RuleColumn>>,
    /// Only rules that are in force, or only those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Only rules of this severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Only rules about this metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<Metric>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> RuleDefinition {
        serde_json::from_str(json).unwrap()
    }

    const BARE: &str = r#"{"name": "cpu", "metric_name": "cpu_usage", "condition": "gt", "threshold": 80}"#;

    #[test]
    fn a_bare_rule_gets_the_documented_defaults() {
        let rule = rule(BARE);
        assert!(rule.enabled && rule.faults().is_empty());
        assert_eq!((rule.duration_seconds, rule.clear_duration_seconds), (0, 60));
        assert_eq!((rule.on_missing, rule.severity), (OnMissing::Keep, Severity::Warning));
        assert_eq!((rule.clear_threshold, rule.repeat_interval_seconds), (None, None));
    }

    fn fault(change: impl FnOnce(&mut RuleDefinition)) -> Vec<String> {
        let mut rule = rule(BARE);
        change(&mut rule);
        rule.faults().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn every_fault_names_its_field() {
        assert_eq!(fault(|rule| rule.name = " ".to_owned()), ["name"]);
        assert_eq!(fault(|rule| rule.name = "x".repeat(256)), ["name"]);
        assert_eq!(fault(|rule| rule.description = "x".repeat(2001)), ["description"]);
        assert_eq!(fault(|rule| rule.threshold = f64::NAN), ["threshold"]);
        assert_eq!(fault(|rule| rule.threshold = f64::INFINITY), ["threshold"]);
        assert_eq!(fault(|rule| rule.clear_threshold = Some(80.1)), ["clear_threshold"]);
        assert_eq!(fault(|rule| rule.clear_threshold = Some(f64::NAN)), ["clear_threshold"]);
        assert_eq!(fault(|rule| rule.duration_seconds = LONGEST_DURATION + 1), ["duration_seconds"]);
        assert_eq!(fault(|rule| rule.clear_duration_seconds = u32::MAX), ["clear_duration_seconds"]);
        assert_eq!(fault(|rule| rule.repeat_interval_seconds = Some(0)), ["repeat_interval_seconds"]);
        assert_eq!(fault(|rule| rule.source_id = Some(Uuid::nil())), ["source_type"]);
        assert_eq!(fault(|rule| rule.notification_channels = vec!["a".into(), "a".into()]), ["notification_channels"]);
        assert_eq!(fault(|rule| rule.notification_channels = vec![String::new()]), ["notification_channels"]);
    }

    #[test]
    fn the_clear_threshold_stands_on_the_good_side() {
        let with = |condition, clear| {
            fault(|rule| {
                rule.condition = condition;
                rule.clear_threshold = Some(clear);
            })
            .is_empty()
        };
        for condition in [Condition::Gt, Condition::Gte] {
            assert!(with(condition, 70.0) && with(condition, 80.0) && !with(condition, 80.5), "{condition}");
        }
        for condition in [Condition::Lt, Condition::Lte] {
            assert!(with(condition, 90.0) && with(condition, 80.0) && !with(condition, 79.5), "{condition}");
        }
        assert!(!with(Condition::Eq, 70.0));
    }
}
