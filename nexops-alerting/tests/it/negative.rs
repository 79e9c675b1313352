//! A test whose expectations are not met fails, and shows what happened.

use nexops_alerting::rule_test::{self, Failure};

fn failures(expectations: &str) -> Vec<Failure> {
    let text = format!(
        "\
rules:
  - {{name: cpu, metric_name: cpu_usage, condition: gt, threshold: 80, clear_duration_seconds: 0, notification_channels: [discord]}}
tests:
  - name: a test
    series:
      - {{source: vm/101, metric: cpu_usage, values: \"70 85x3 70\"}}
{expectations}
"
    );
    rule_test::run(&text).unwrap().remove(0).failures
}

#[test]
fn the_right_expectations_pass() {
    let right = "    events:
      - {at: 30s, event: firing, channel: discord}
      - {at: 120s, event: resolved, channel: discord}
    expect: [{at: 60s, state: firing}]
    alerts: 1";
    assert_eq!(failures(right), []);
}

#[test]
fn a_wrong_state_fails_with_a_timeline() {
    let failures = failures("    expect: [{at: 60s, state: ok}]");
    assert_eq!(failures.len(), 1);
    assert!(failures[0].message.contains("at 60s") && failures[0].message.contains("it is firing"), "{failures:?}");
    let timeline = failures[0].timeline.join("\n");
    for words in ["sample 70", "sample 85", "state firing", "firing sent through discord"] {
        assert!(timeline.contains(words), "{timeline}");
    }
}

#[test]
fn a_wrong_flag_fails() {
    assert_eq!(failures("    expect: [{at: 60s, stale: true}]").len(), 1);
    assert_eq!(failures("    expect: [{at: 60s, state: firing, flapping: true, acknowledged: true}]").len(), 1);
}

#[test]
fn a_message_that_was_not_expected_fails_as_does_one_that_was_not_sent() {
    assert_eq!(failures("    events: []").len(), 2);
    let late = "    events:
      - {at: 60s, event: firing, channel: discord}
      - {at: 120s, event: resolved, channel: discord}";
    assert_eq!(failures(late).len(), 2);
    let elsewhere = "    events:
      - {at: 30s, event: firing, channel: slack}
      - {at: 120s, event: resolved, channel: discord}";
    assert_eq!(failures(elsewhere).len(), 2);
    let twice = "    events:
      - {at: 30s, event: firing, channel: discord}
      - {at: 30s, event: firing, channel: discord}
      - {at: 120s, event: resolved, channel: discord}";
    assert_eq!(failures(twice).len(), 1);
}

#[test]
fn a_wrong_number_of_alerts_fails() {
    assert_eq!(failures("    alerts: 0").len(), 1);
    assert_eq!(failures("    alerts: 2").len(), 1);
}
