//! Whether a figure is on the bad or the good side of a rule.

use nexops_core::alert::rule::{Condition, RuleDefinition};

/// How far apart two numbers may be, relative to their size, and still count as equal.
const EQUAL_WITHIN: f64 = 1e-9;

fn holds(condition: Condition, value: f64, threshold: f64) -> bool {
    match condition {
        Condition::Gt => value > threshold,
        Condition::Lt => value < threshold,
        Condition::Gte => value >= threshold,
        Condition::Lte => value <= threshold,
        Condition::Eq => (value - threshold).abs() <= EQUAL_WITHIN * threshold.abs().max(1.0),
    }
}

/// Whether a figure is on the bad side.
#[must_use]
pub fn breaches(rule: &RuleDefinition, value: f64) -> bool {
    holds(rule.condition, value, rule.threshold)
}

/// Whether a figure is on the good side. With a threshold of its own for that there are figures on neither side: they
/// do not raise an alert, and do not end one.
#[must_use]
pub fn clears(rule: &RuleDefinition, value: f64) -> bool {
    !holds(rule.condition, value, rule.clear_threshold.unwrap_or(rule.threshold))
}

/// Whether the condition is decided alike before and after a change: the same figures, the same sides, the same times.
#[must_use]
pub fn decides_alike(one: &RuleDefinition, other: &RuleDefinition) -> bool {
    let RuleDefinition {
        name: _,
        description: _,
        metric_name,
        condition,
        threshold,
        duration_seconds,
        severity: _,
        enabled: _,
        notification_channels: _,
        source_type,
        source_id,
        clear_threshold,
        clear_duration_seconds,
        on_missing,
        repeat_interval_seconds: _,
    } = one;
    *metric_name == other.metric_name
        && *condition == other.condition
        && threshold.total_cmp(&other.threshold).is_eq()
        && *duration_seconds == other.duration_seconds
        && *source_type == other.source_type
        && *source_id == other.source_id
        && clear_threshold.map(f64::to_bits) == other.clear_threshold.map(f64::to_bits)
        && *clear_duration_seconds == other.clear_duration_seconds
        && *on_missing == other.on_missing
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Condition::Gt, 80.0, 80.0, false)]
    #[case(Condition::Gt, 80.000_001, 80.0, true)]
    #[case(Condition::Gte, 80.0, 80.0, true)]
    #[case(Condition::Lt, 20.0, 20.0, false)]
    #[case(Condition::Lte, 20.0, 20.0, true)]
    #[case(Condition::Eq, 0.0, 0.0, true)]
    #[case(Condition::Eq, -0.0, 0.0, true)]
    #[case(Condition::Eq, 0.1 + 0.2, 0.3, true)]
    #[case(Condition::Eq, 1.000_001, 1.0, false)]
    #[case(Condition::Eq, 1e12 + 1.0, 1e12, true)]
    fn a_figure_at_the_threshold_is_where_the_condition_puts_it(
        #[case] condition: Condition,
        #[case] value: f64,
        #[case] threshold: f64,
        #[case] bad: bool,
    ) {
        assert_eq!(holds(condition, value, threshold), bad);
    }
}
