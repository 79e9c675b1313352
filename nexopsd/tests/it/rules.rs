//! Alert rules and silences over the API.

use chrono::Utc;
use nexops_core::alert::rule::{AlertRule, Condition, ListRules, OnMissing, RuleColumn, RuleDefinition};
use nexops_core::alert::silence::{CreateSilence, ListSilences};
use nexops_core::alert::{AlertSource, ListAlerts, Severity};
use nexops_core::client::Error;
use nexops_core::error::ErrorCode;
use nexops_core::id::RuleId;
use nexops_core::metric::{Metric, SourceType};
use nexops_core::page::Sort;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes};

fn definition(name: &str) -> RuleDefinition {
    RuleDefinition {
        name: name.to_owned(),
        description: String::new(),
        metric_name: Metric::CpuUsage,
        condition: Condition::Gt,
        threshold: 80.0,
        duration_seconds: 120,
        severity: Severity::Warning,
        enabled: true,
        notification_channels: Vec::new(),
        source_type: None,
        source_id: None,
        clear_threshold: Some(70.0),
        clear_duration_seconds: 60,
        on_missing: OnMissing::Keep,
        repeat_interval_seconds: None,
    }
}

async fn idle() -> Daemon {
    Wishes::default().idle().start().await
}

async fn audited(daemon: &Daemon, action: &str) -> i64 {
    daemon
        .database
        .number(&format!("SELECT count(*) FROM audit_logs WHERE action = '{action}' AND outcome = 'succeeded'"))
        .await
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (ErrorCode, Vec<String>) {
    let body = result.unwrap_err();
    let body = body.body().unwrap_or_else(|| panic!("{body}"));
    (body.code, body.details.iter().map(|detail| detail.field.clone()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_made_changed_and_deleted_and_each_of_it_is_audited() {
    let daemon = idle().await;
    let made = daemon.client.create_alert_rule(&definition("cpu-high")).await.unwrap().data;
    assert_eq!((made.definition(), made.version), (definition("cpu-high"), 1));
    assert_eq!(daemon.client.find_alert_rule(made.id).await.unwrap().data, made);

    let wanted = RuleDefinition { threshold: 90.0, clear_threshold: None, ..definition("cpu-very-high") };
    let changed = daemon.client.update_alert_rule(made.id, &wanted, Some(1)).await.unwrap().data;
    assert_eq!((changed.definition(), changed.version), (wanted, 2));
    assert!(changed.updated_at > changed.created_at);

    assert_eq!(daemon.client.delete_alert_rule(made.id, Some(2)).await.unwrap().data, changed);
    assert_eq!(refusal(daemon.client.find_alert_rule(made.id).await).0, ErrorCode::NotFound);
    for action in ["alert_rule.create", "alert_rule.update", "alert_rule.delete"] {
        assert_eq!(audited(&daemon, action).await, 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_says_the_same_already_is_left_as_it_is() {
    let daemon = idle().await;
    let made = daemon.client.create_alert_rule(&definition("cpu-high")).await.unwrap().data;
    for _ in 0..3 {
        assert_eq!(daemon.client.update_alert_rule(made.id, &made.definition(), None).await.unwrap().data, made);
    }
    assert_eq!(audited(&daemon, "alert_rule.update").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_change_is_not_overwritten() {
    let daemon = idle().await;
    let made = daemon.client.create_alert_rule(&definition("cpu-high")).await.unwrap().data;
    let theirs = RuleDefinition { threshold: 85.0, ..definition("cpu-high") };
    daemon.client.update_alert_rule(made.id, &theirs, Some(1)).await.unwrap();
    let ours = RuleDefinition { threshold: 95.0, ..definition("cpu-high") };
    assert_eq!(
        refusal(daemon.client.update_alert_rule(made.id, &ours, Some(1)).await).0,
        ErrorCode::PreconditionFailed
    );
    assert_eq!(refusal(daemon.client.delete_alert_rule(made.id, Some(1)).await).0, ErrorCode::PreconditionFailed);
    assert_eq!(daemon.client.find_alert_rule(made.id).await.unwrap().data.threshold, 85.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rules_cannot_have_one_name() {
    let daemon = idle().await;
    daemon.client.create_alert_rule(&definition("a")).await.unwrap();
    let other = daemon.client.create_alert_rule(&definition("b")).await.unwrap().data;
    let taken = (ErrorCode::NameTaken, vec!["name".to_owned()]);
    assert_eq!(refusal(daemon.client.create_alert_rule(&definition("a")).await), taken);
    assert_eq!(refusal(daemon.client.update_alert_rule(other.id, &definition("a"), None).await), taken);
}

#[rstest]
#[case::a_channel_that_there_is_not(json!({"notification_channels": ["discord"]}), "notification_channels")]
#[case::a_source_that_there_is_not(json!({"source_type": "vm", "source_id": RuleId::new()}), "source_id")]
#[case::a_source_of_no_kind(json!({"source_id": RuleId::new()}), "source_type")]
#[case::an_unknown_metric(json!({"metric_name": "humidity"}), "metric_name")]
#[case::the_wrong_side(json!({"clear_threshold": 90.0}), "clear_threshold")]
#[case::no_number(json!({"threshold": "NaN"}), "threshold")]
#[case::a_negative_duration(json!({"duration_seconds": -1}), "duration_seconds")]
#[case::an_endless_duration(json!({"duration_seconds": 4_000_000}), "duration_seconds")]
#[case::no_name(json!({"name": ""}), "name")]
#[case::an_unknown_field(json!({"colour": "red"}), "colour")]
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_cannot_hold_names_the_field(#[case] change: Value, #[case] field: &str) {
    let daemon = idle().await;
    let mut body = serde_json::to_value(definition("cpu-high")).unwrap();
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let request = daemon.raw().post(format!("{}/api/v1/alerts/rules", daemon.url)).json(&body);
    let answer = Answer::to(request).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_REQUEST"), "{}", answer.text);
    assert!(answer.fields().iter().any(|named| named == field), "{}", answer.text);
    assert_eq!(daemon.client.list_alert_rules(&ListRules::default()).await.unwrap().meta.total, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_sorted_by_what_their_words_mean_and_filtered() {
    let daemon = idle().await;
    let severities = [("a", Severity::Critical), ("b", Severity::Info), ("c", Severity::Warning)];
    for (name, severity) in severities {
        let enabled = name != "c";
        let rule = RuleDefinition { severity, enabled, ..definition(name) };
        daemon.client.create_alert_rule(&rule).await.unwrap();
    }
    let names = async |query: ListRules| -> Vec<String> {
        let rules: Vec<AlertRule> = daemon.client.list_alert_rules(&query).await.unwrap().data;
        rules.into_iter().map(|rule| rule.name).collect()
    };
    let sort = |descending| Some(Sort { column: RuleColumn::Severity, descending });
    assert_eq!(names(ListRules { sort: sort(false), ..ListRules::default() }).await, ["b", "c", "a"]);
    assert_eq!(names(ListRules { sort: sort(true), ..ListRules::default() }).await, ["a", "c", "b"]);
    assert_eq!(names(ListRules { enabled: Some(false), ..ListRules::default() }).await, ["c"]);
    assert_eq!(names(ListRules { severity: Some(Severity::Info), ..ListRules::default() }).await, ["b"]);
    assert_eq!(names(ListRules { metric_name: Some(Metric::DiskUsage), ..ListRules::default() }).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_that_are_offered_can_be_made_as_they_are() {
    let daemon = idle().await;
    for rule in daemon.client.list_starter_rules().await.unwrap().data {
        daemon.client.create_alert_rule(&rule).await.unwrap_or_else(|error| panic!("{}: {error}", rule.name));
    }
}

fn silence(seconds: i64) -> CreateSilence {
    CreateSilence {
        source_type: Some(AlertSource::Node),
        source_id: Some(uuid::Uuid::now_v7()),
        rule_id: None,
        reason: "new memory".to_owned(),
        starts_at: None,
        ends_at: Utc::now() + chrono::Duration::seconds(seconds),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_is_made_and_ended_once() {
    let daemon = idle().await;
    let made = daemon.client.create_silence(&silence(3600)).await.unwrap().data;
    assert_eq!((made.created_by.as_str(), made.reason.as_str()), ("ann", "new memory"));
    let list = async |ended| {
        daemon.client.list_silences(&ListSilences { ended, ..ListSilences::default() }).await.unwrap().data
    };
    assert_eq!(list(None).await, std::slice::from_ref(&made));
    let ended = daemon.client.end_silence(made.id).await.unwrap().data;
    assert!(ended.ends_at < made.ends_at);
    assert_eq!((list(None).await, list(Some(true)).await), (vec![], vec![ended]));
    assert_eq!(refusal(daemon.client.end_silence(made.id).await).0, ErrorCode::NotFound);
    assert_eq!((audited(&daemon, "silence.create").await, audited(&daemon, "silence.end").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_that_covers_nothing_names_the_field() {
    let daemon = idle().await;
    let cases = [
        (CreateSilence { source_id: None, source_type: None, ..silence(60) }, "rule_id"),
        (CreateSilence { source_type: None, ..silence(60) }, "source_type"),
        (silence(-60), "ends_at"),
        (CreateSilence { reason: " ".to_owned(), ..silence(60) }, "reason"),
        (CreateSilence { rule_id: Some(RuleId::new()), ..silence(60) }, "rule_id"),
    ];
    for (wanted, field) in cases {
        assert_eq!(
            refusal(daemon.client.create_silence(&wanted).await),
            (ErrorCode::InvalidRequest, vec![field.to_owned()])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_alerts_the_list_is_empty_and_none_is_found() {
    let daemon = idle().await;
    let query =
        ListAlerts { severity: Some(Severity::Critical), source_type: Some(AlertSource::Vm), ..ListAlerts::default() };
    let list = daemon.client.list_alerts(&query).await.unwrap();
    assert_eq!((list.data, list.meta.total), (vec![], 0));
    let id = nexops_core::id::AlertId::new();
    assert_eq!(refusal(daemon.client.find_alert(id).await).0, ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_may_be_about_one_guest() {
    let daemon = Daemon::new().await;
    let guest = daemon.vm(101).await;
    let rule = RuleDefinition { source_type: Some(SourceType::Vm), source_id: Some(guest.id.0), ..definition("one") };
    assert_eq!(daemon.client.create_alert_rule(&rule).await.unwrap().data.definition(), rule);
}
