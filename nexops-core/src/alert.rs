//! Alerts: what is wrong or was, since when, and how it ended.

pub mod preview;
pub mod rule;
pub mod silence;
pub mod starter;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::id::{AlertId, RuleId};
use crate::metric::{Metric, SourceType};
use crate::page::Sort;
use crate::text_enum;

text_enum! {
    /// How bad it is, from the least to the worst.
    pub enum Severity {
        /// Worth knowing.
        Info = "info",
        /// Somebody should look.
        Warning = "warning",
        /// Somebody must act.
        Critical = "critical",
    }
}

text_enum! {
    /// How far an alert is. Firing and acknowledged alerts are active.
    pub enum AlertStatus {
        /// It is so now, and nobody has said that he knows.
        Firing = "firing",
        /// It is so now, and somebody knows.
        Acknowledged = "acknowledged",
        /// It is over; `resolution` says how it ended.
        Resolved = "resolved",
    }
}

text_enum! {
    /// How an alert ended.
    pub enum Resolution {
        /// The figures came back to the good side.
        Recovered = "recovered",
        /// The rule was changed so that it no longer holds, or not for long enough yet.
        RuleChanged = "rule_changed",
        /// The rule was deleted.
        RuleDeleted = "rule_deleted",
        /// The rule was disabled.
        RuleDisabled = "rule_disabled",
        /// The node, guest or service is gone.
        SourceDeleted = "source_deleted",
        /// The node or guest was switched off.
        SourceStopped = "source_stopped",
        /// No more figures came, and the rule takes that as good.
        NoData = "no_data",
        /// Somebody closed it.
        Manual = "manual",
    }
}

text_enum! {
    /// What an alert says.
    pub enum AlertKind {
        /// The condition of a rule holds.
        Condition = "condition",
        /// No figures come, and the rule wants to know.
        NoData = "no_data",
        /// A node is offline.
        NodeOffline = "node_offline",
        /// A connection to Proxmox does not answer.
        RemoteUnreachable = "remote_unreachable",
        /// Notifications do not arrive through a channel.
        DeliveryFailing = "delivery_failing",
    }
}

text_enum! {
    /// The kind of thing that an alert is about.
    pub enum AlertSource {
        /// A node.
        Node = "node",
        /// A guest.
        Vm = "vm",
        /// A service.
        Service = "service",
        /// A connection to Proxmox.
        Connection = "connection",
        /// A notification channel.
        Channel = "channel",
    }
}

impl From<SourceType> for AlertSource {
    fn from(source: SourceType) -> Self {
        match source {
            SourceType::Node => Self::Node,
            SourceType::Vm => Self::Vm,
            SourceType::Service => Self::Service,
        }
    }
}

/// One occurrence of an alert: from its firing until its end, and again when it re-fires within ten minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What it says.
    pub kind: AlertKind,
    /// The rule; null for alerts of NexOps itself, and when the rule is gone.
    pub rule_id: Option<RuleId>,
    /// What the rule is called; null where `rule_id` is.
    pub rule_name: Option<String>,
    /// The kind of thing that it is about.
    pub source_type: AlertSource,
    /// The thing.
    pub source_id: Uuid,
    /// What the thing is called; null when it is not known any more.
    pub source_name: Option<String>,
    /// What is measured; null where no metric is.
    pub metric_name: Option<Metric>,
    /// How bad it is.
    pub severity: Severity,
    /// How far it is.
    pub status: AlertStatus,
    /// The alert in a line.
    #[schema(max_length = 255)]
    pub title: String,
    /// The rule's own words, and what else helps; may be empty.
    pub description: String,
    /// The figure with which it fired, the last time; null where none is known.
    pub value: Option<f64>,
    /// How it ended; null while it is active.
    pub resolution: Option<Resolution>,
    /// What somebody wrote when he acknowledged or closed it; null when nobody did.
    pub note: Option<String>,
    /// Whether the figures on which it rests are old: nobody knows whether it is still so.
    pub stale: bool,
    /// Whether a silence keeps it from being sent.
    pub silenced: bool,
    /// Whether another alert explains it and keeps it from being sent, as a node that is offline does for its guests.
    pub inhibited: bool,
    /// Whether it comes and goes so often that single messages are held back.
    pub flapping: bool,
    /// When the trouble began: the first of the figures that led to it.
    pub started_at: DateTime<Utc>,
    /// When it fired, the last time if it was re-opened.
    pub fired_at: DateTime<Utc>,
    /// When somebody acknowledged it; null when nobody did.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Who that was; null when nobody did.
    pub acknowledged_by: Option<String>,
    /// When it ended; null while it is active.
    pub resolved_at: Option<DateTime<Utc>>,
}

text_enum! {
    /// Which alerts to list, by how far they are.
    pub enum AlertStatusFilter {
        /// Firing or acknowledged.
        Active = "active",
        /// Firing.
        Firing = "firing",
        /// Acknowledged.
        Acknowledged = "acknowledged",
        /// Over.
        Resolved = "resolved",
    }
}

text_enum! {
    /// A column that a list of alerts can be sorted by.
    pub enum AlertColumn {
        /// When it fired.
        FiredAt = "fired_at",
        /// How bad it is.
        Severity = "severity",
        /// How far it is.
        Status = "status",
    }
}

/// Which alerts to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAlerts {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// The column to sort by, with `-` before it for descending; latest first if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, example = "-fired_at", pattern = "^-?(fired_at|severity|status)$")]
    pub sort: Option<Sort<AlertColumn>>,
    /// Only alerts that are so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub status: Option<AlertStatusFilter>,
    /// Only alerts of this severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Only alerts about this kind of thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<AlertSource>,
    /// Only alerts about this thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Uuid>,
    /// Only alerts of this rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<RuleId>,
    /// Only alerts that fired then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Only alerts that fired before then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// What to note with an acknowledgement or a closing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "note": "Ann looks into it" }))]
pub struct AlertNote {
    /// Why, for whoever reads it later; up to 1000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: Option<String>,
}
