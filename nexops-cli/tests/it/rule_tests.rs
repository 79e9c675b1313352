//! `nexops alert rule test`, from outside.

use std::io::Write;

use assert_cmd::Command;

pub const GOOD: &str = "\
rules:
  - {name: cpu, metric_name: cpu_usage, condition: gt, threshold: 80, notification_channels: [discord]}
tests:
  - name: it fires at once
    series: [{source: vm/101, metric: cpu_usage, values: \"85\"}]
    expect: [{at: 0, state: firing}]
  - name: it is told
    series: [{source: vm/101, metric: cpu_usage, values: \"85\"}]
    events: [{at: 0, event: firing, channel: discord}]
";

/// The exit code, standard output and standard error of a run on one file per text.
fn run(texts: &[&str], more: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("nexops").unwrap();
    // No daemon may be needed.
    command.env("NEXOPS_API_URL", "http://127.0.0.1:9").args(["alert", "rule", "test"]);
    let mut files = Vec::new();
    for text in texts {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        command.arg(file.path());
        files.push(file);
    }
    let output = command.args(more).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn when_all_pass_the_exit_code_is_0_and_the_last_line_counts_them() {
    let (code, out, err) = run(&[GOOD, GOOD], &[]);
    assert_eq!((code, out.lines().last(), err.as_str()), (Some(0), Some("4 passed, 0 failed"), ""));
}

#[test]
fn when_one_fails_the_exit_code_is_1_and_a_timeline_is_shown() {
    let (code, out, err) = run(&[&GOOD.replace("state: firing", "state: ok")], &[]);
    assert_eq!((code, out.lines().last()), (Some(1), Some("1 passed, 1 failed")), "{err}");
    for words in ["FAILED  it fires at once", "expected state ok, but it is firing", "sample 85", "state firing"] {
        assert!(out.contains(words), "{out}");
    }
}

#[test]
fn when_a_file_is_wrong_the_exit_code_is_2_and_line_and_key_are_told() {
    let (code, _, err) = run(&[GOOD, &GOOD.replace("state: firing", "stat: firing")], &[]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("line 6: tests[0].expect[0].stat"), "{err}");
    let mut command = Command::cargo_bin("nexops").unwrap();
    command.args(["alert", "rule", "test", "/nowhere/at-all.yaml"]).assert().code(2);
}

#[test]
fn the_results_can_be_had_as_json() {
    let (code, out, _) = run(&[&GOOD.replace("state: firing", "state: ok")], &["-o", "json"]);
    let results: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, results.as_array().unwrap().len()), (Some(1), 2));
    assert_eq!((&results[0]["passed"], &results[1]["passed"]), (&false.into(), &true.into()));
}
