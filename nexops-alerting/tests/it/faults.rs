//! What a file says and nobody understands is told with its line and key.

use nexops_alerting::rule_test;
use rstest::rstest;

const HEAD: &str = "\
rules:
  - {name: cpu, metric_name: cpu_usage, condition: gt, threshold: 80, notification_channels: [discord]}
tests:
  - name: a test
    series:
      - {source: vm/101, metric: cpu_usage, values: \"70 85x4\"}
";

#[rstest]
#[case::key_of_a_test("    stepps: []", 7, "tests[0].stepps")]
#[case::key_of_a_step("    steps:\n      - {at: 1s, do: stop_daemon, for: 2s}", 8, "tests[0].steps[0].for")]
#[case::step("    steps:\n      - at: 1s\n        do: explode", 9, "tests[0].steps[0].do")]
#[case::step_without_time("    steps:\n      - {do: stop_daemon}", 8, "tests[0].steps[0].at")]
#[case::time("    steps:\n      - {at: soon, do: stop_daemon}", 8, "tests[0].steps[0].at")]
#[case::negative_time("    steps:\n      - {at: -5, do: stop_daemon}", 8, "tests[0].steps[0].at")]
#[case::state("    expect:\n      - {at: 30s, state: fireing}", 8, "tests[0].expect[0].state")]
#[case::flag("    expect:\n      - {at: 30s, state: ok, stale: perhaps}", 8, "tests[0].expect[0].stale")]
#[case::unknown_flag("    expect:\n      - {at: 30s, state: ok, acked: true}", 8, "tests[0].expect[0].acked")]
#[case::source("    expect:\n      - {at: 30s, state: ok, source: vm/102}", 8, "tests[0].expect[0].source")]
#[case::source_of_a_step(
    "    steps:\n      - {at: 30s, do: acknowledge, source: vm/102}",
    8,
    "tests[0].steps[0].source"
)]
#[case::rule("    expect:\n      - {at: 30s, state: ok, rule: memory}", 8, "tests[0].expect[0].rule")]
#[case::nothing_expected("    expect:\n      - {at: 30s}", 8, "tests[0].expect[0].state")]
#[case::event("    events:\n      - {at: 30s, event: fired, channel: discord}", 8, "tests[0].events[0].event")]
#[case::reason(
    "    events:\n      - {at: 30s, event: closed, channel: discord, reason: bored}",
    8,
    "tests[0].events[0].reason"
)]
#[case::count("    alerts: many", 7, "tests[0].alerts")]
#[case::set(
    "    steps:\n      - at: 1s\n        do: edit_rule\n        set: {threshhold: 90}",
    10,
    "tests[0].steps[0].set.threshhold"
)]
#[case::set_value(
    "    steps:\n      - at: 1s\n        do: edit_rule\n        set: {condition: near}",
    10,
    "tests[0].steps[0].set.condition"
)]
#[case::wrong_side(
    "    steps:\n      - at: 1s\n        do: edit_rule\n        set: {clear_threshold: 90}",
    10,
    "tests[0].steps[0].set.clear_threshold"
)]
#[case::missing_span("    steps:\n      - {at: 1s, do: silence}", 8, "tests[0].steps[0].for")]
#[case::missing_step_of_clock("    steps:\n      - {at: 1s, do: clock_step}", 8, "tests[0].steps[0].by")]
#[case::channel("    steps:\n      - {at: 1s, do: channel_down, channel: pager}", 8, "tests[0].steps[0].channel")]
#[case::twice("    alerts: 1\n    alerts: 2", 8, "alerts")]
#[case::end_before_what_is_expected(
    "    duration: 1m\n    expect:\n      - {at: 2m, state: ok}",
    4,
    "tests[0].duration"
)]
#[case::a_map_for_a_list("    expect: {at: 30s, state: ok}", 7, "tests[0].expect")]
fn a_fault_of_a_test_is_told_with_line_and_key(#[case] more: &str, #[case] line: usize, #[case] key: &str) {
    let fault = rule_test::run(&format!("{HEAD}{more}\n")).unwrap_err();
    assert_eq!((fault.line, fault.key.as_str()), (line, key), "{fault}");
}

#[rstest]
#[case::empty("", 1, "file")]
#[case::no_yaml("a: [1\nb: }", 2, "file")]
#[case::no_map("- 1", 1, "")]
#[case::unknown_key("tests: []\nintervall: 30s", 2, "intervall")]
#[case::no_tests("interval: 30s", 1, "tests")]
#[case::interval("interval: never\ntests: []", 1, "interval")]
#[case::no_interval("interval: 0\ntests: []", 1, "interval")]
#[case::no_rule(
    "tests:\n  - {name: a, series: [{source: vm/1, metric: cpu_usage, values: \"1\"}]}",
    2,
    "tests[0].rules"
)]
#[case::metric(
    "tests:\n  - name: a\n    rules: [{name: a, metric_name: cpu_usage, condition: gt, threshold: 1}]\n    series:\n      - {source: vm/1, metric: heat, values: \"1\"}",
    5,
    "tests[0].series[0].metric"
)]
#[case::source_kind(
    "tests:\n  - name: a\n    rules: [{name: a, metric_name: cpu_usage, condition: gt, threshold: 1}]\n    series:\n      - {source: guest/1, metric: cpu_usage, values: \"1\"}",
    5,
    "tests[0].series[0].source"
)]
#[case::values(
    "tests:\n  - name: a\n    rules: [{name: a, metric_name: cpu_usage, condition: gt, threshold: 1}]\n    series:\n      - {source: vm/1, metric: cpu_usage, values: \"1 two\"}",
    5,
    "tests[0].series[0].values"
)]
#[case::both(
    "tests:\n  - name: a\n    rules: [{name: a, metric_name: cpu_usage, condition: gt, threshold: 1}]\n    series:\n      - {source: vm/1, metric: cpu_usage, values: \"1\", samples: [[0, 1]]}",
    5,
    "tests[0].series[0].values"
)]
#[case::two_rules_of_one_name(
    "rules:\n  - {name: a, metric_name: cpu_usage, condition: gt, threshold: 1}\n  - {name: a, metric_name: cpu_usage, condition: gt, threshold: 1}\ntests: []",
    3,
    "rules[1].name"
)]
fn a_fault_of_a_file_is_told_with_line_and_key(#[case] text: &str, #[case] line: usize, #[case] key: &str) {
    let fault = rule_test::run(text).unwrap_err();
    assert_eq!((fault.line, fault.key.as_str()), (line, key), "{fault}");
}

#[test]
fn which_rule_and_which_source_must_be_said_where_there_are_several() {
    let head = HEAD.replace("tests:", "  - {name: two, metric_name: cpu_usage, condition: gt, threshold: 90}\ntests:");
    let fault = rule_test::run(&format!("{head}    expect:\n      - {{at: 30s, state: ok}}\n")).unwrap_err();
    assert_eq!(fault.key, "tests[0].expect[0].rule");
    let text = format!(
        "{HEAD}      - {{source: vm/102, metric: cpu_usage, values: \"1\"}}\n    expect:\n      - {{at: 30s, state: ok}}\n"
    );
    assert_eq!(rule_test::run(&text).unwrap_err().key, "tests[0].expect[0].source");
}

#[test]
fn anchors_and_merged_maps_may_be_used() {
    let text = "\
rules:
  - &base {name: cpu, metric_name: cpu_usage, condition: gt, threshold: 80}
  - {<<: *base, name: cpu-90, threshold: 90}
tests:
  - name: both
    series: [{source: vm/101, metric: cpu_usage, values: \"85\"}]
    expect:
      - {at: 0, rule: cpu, state: firing}
      - {at: 0, rule: cpu-90, state: ok}
";
    let verdicts = rule_test::run(text).unwrap();
    assert!(verdicts.iter().all(rule_test::Verdict::passed), "{verdicts:?}");
}
