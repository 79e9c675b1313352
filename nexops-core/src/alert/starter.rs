//! The rules that are offered to begin with: few, and slow enough to be believed.

use super::Severity;
use super::rule::{Condition, OnMissing, RuleDefinition};
use crate::metric::{Metric, SourceType};

/// A rule that is offered, before its particulars.
fn rule(name: &str, description: &str, source: SourceType, metric: Metric, threshold: f64) -> RuleDefinition {
    RuleDefinition {
        name: name.to_owned(),
        description: description.to_owned(),
        metric_name: metric,
        condition: Condition::Gt,
        threshold,
        duration_seconds: 600,
        severity: Severity::Warning,
        enabled: true,
        notification_channels: Vec::new(),
        source_type: Some(source),
        source_id: None,
        clear_threshold: None,
        clear_duration_seconds: 120,
        on_missing: OnMissing::Keep,
        repeat_interval_seconds: None,
    }
}

/// The rules that are offered. They name no channels: whoever takes one says where it is sent.
#[must_use]
pub fn rules() -> Vec<RuleDefinition> {
    vec![
        RuleDefinition {
            clear_threshold: Some(85.0),
            ..rule(
                "node-memory-high",
                "A node has little memory left; its guests may be killed.",
                SourceType::Node,
                Metric::MemoryUsage,
                92.0,
            )
        },
        RuleDefinition {
            severity: Severity::Critical,
            clear_threshold: Some(85.0),
            ..rule(
                "node-root-disk-full",
                "A node's root file system is nearly full; free some space, for a full one stops backups and logs.",
                SourceType::Node,
                Metric::DiskUsage,
                90.0,
            )
        },
        RuleDefinition {
            clear_threshold: Some(80.0),
            duration_seconds: 1800,
            ..rule(
                "node-cpu-busy",
                "A node has been busy for half an hour; its guests wait for each other.",
                SourceType::Node,
                Metric::CpuUsage,
                95.0,
            )
        },
        RuleDefinition {
            clear_threshold: Some(88.0),
            ..rule("guest-disk-full", "A guest's disk is nearly full.", SourceType::Vm, Metric::DiskUsage, 93.0)
        },
        RuleDefinition {
            clear_threshold: Some(70.0),
            duration_seconds: 3600,
            ..rule(
                "guest-cpu-busy",
                "A guest has used nearly all of its CPUs for an hour: it may hang in a loop, or want more of them.",
                SourceType::Vm,
                Metric::CpuUsage,
                95.0,
            )
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_is_offered_could_be_made() {
        let rules = rules();
        for rule in &rules {
            assert!(rule.faults().is_empty(), "{}: {:?}", rule.name, rule.faults());
            assert!(rule.duration_seconds >= 300 && rule.clear_threshold.is_some(), "{} is hasty", rule.name);
        }
        let mut names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), rules.len());
    }
}
