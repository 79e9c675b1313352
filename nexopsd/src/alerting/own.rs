//! The rules of NexOps itself: nodes that are offline, connections that do not answer, channels that do not deliver.
//!
//! They are judged by the same evaluator as everybody's. Their figure is 1 while there is trouble and 0 while there is
//! none.

use nexops_alerting::RuleDefinition;
use nexops_core::alert::rule::{Condition, OnMissing};
use nexops_core::alert::{AlertKind, AlertSource, Severity};
use nexops_core::id::RuleId;
use nexops_core::metric::Metric;
use uuid::Uuid;

/// A rule of NexOps itself.
#[derive(Debug, Clone, Copy)]
pub struct Own {
    /// What it says.
    pub kind: AlertKind,
    /// What it is about.
    pub source: AlertSource,
    duration: u32,
    severity: Severity,
}

/// All of them. The nodes come first, for they explain what is wrong with their guests.
pub const ALL: [Own; 3] = [
    Own { kind: AlertKind::NodeOffline, source: AlertSource::Node, duration: 60, severity: Severity::Critical },
    Own {
        kind: AlertKind::RemoteUnreachable,
        source: AlertSource::Connection,
        duration: 120,
        severity: Severity::Critical,
    },
    Own { kind: AlertKind::DeliveryFailing, source: AlertSource::Channel, duration: 300, severity: Severity::Warning },
];

impl Own {
    /// The id under which it is evaluated; no rule of anybody else's can have it.
    #[must_use]
    pub const fn id(&self) -> RuleId {
        let number = match self.source {
            AlertSource::Node => 1,
            AlertSource::Connection => 2,
            AlertSource::Channel => 3,
            AlertSource::Vm | AlertSource::Service => 0,
        };
        RuleId(Uuid::from_u128(number))
    }

    /// The rule that belongs to an id, if it is one of these.
    #[must_use]
    pub fn find(id: RuleId) -> Option<Self> {
        ALL.into_iter().find(|own| own.id() == id)
    }

    /// The rule as the evaluator takes it, for these channels.
    #[must_use]
    pub fn definition(&self, channels: Vec<String>) -> RuleDefinition {
        RuleDefinition {
            name: self.kind.to_string(),
            description: String::new(),
            // Any would do: the figures are not measured.
            metric_name: Metric::CpuUsage,
            condition: Condition::Gte,
            threshold: 1.0,
            duration_seconds: self.duration,
            severity: self.severity,
            enabled: true,
            notification_channels: channels,
            source_type: None,
            source_id: None,
            clear_threshold: None,
            clear_duration_seconds: 60,
            on_missing: OnMissing::Keep,
            repeat_interval_seconds: None,
        }
    }
}
