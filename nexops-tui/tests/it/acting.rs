//! Services, alerts, rules, silences and settings: what keys and forms have done to them.

use chrono::Duration;
use nexops_core::alert::AlertSource;
use nexops_core::error::{ErrorCode, FieldError};
use nexops_core::secret::WriteOnly;
use nexops_core::service::ServiceSettings;
use nexops_tui::command::{Command, Outcome, Request};
use nexops_tui::failure::{Failure, Kind};
use nexops_tui::form::Form;
use nexops_tui::model::modal::Modal;
use nexops_tui::model::{Model, Screen};
use nexops_tui::msg::{Effect, Event};
use nexops_tui::snapshot::text;

use crate::fixture::records::services;
use crate::fixture::{happen, keys, noon, ready, vms};
use crate::keys::commands;

/// The only command among what is to be done.
fn command(effects: Vec<Effect>) -> Command {
    let mut commands = effects.into_iter().filter_map(|effect| match effect {
        Effect::Do(command) => Some(command),
        _ => None,
    });
    let command = commands.next().unwrap();
    assert!(commands.next().is_none());
    command
}

fn form(model: &Model) -> &Form {
    match model.modals.last() {
        Some(Modal::Form(form)) => form,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_is_checked_paused_and_deleted_by_its_name() {
    let mut model = ready(120, 40);
    assert_eq!(commands(&keys(&mut model, "3 r")), ["check grafana"]);
    let paused = command(keys(&mut model, "space"));
    assert!(matches!(paused.request, Request::UpdateService(_, 3, settings) if !settings.enabled));
    assert!(commands(&keys(&mut model, "D y enter")).is_empty(), "its name is wanted");
    keys(&mut model, "esc");
    assert_eq!(commands(&keys(&mut model, "D grafana enter")), ["delete grafana"]);
}

#[test]
fn a_new_service_is_made_by_its_form() {
    let mut model = ready(120, 40);
    let made = command(keys(&mut model, "3 n files tab https://files.lan tab tab 101 enter"));
    let Request::CreateService(settings) = made.request else { panic!("{made:?}") };
    let expected = ServiceSettings {
        health_check_url: Some("https://files.lan".to_owned()),
        vm_id: Some(vms()[1].id),
        ..ServiceSettings::named("files")
    };
    assert_eq!(settings.name, expected.name);
    assert_eq!((settings.health_check_url, settings.vm_id), (expected.health_check_url, expected.vm_id));
}

#[test]
fn what_is_wrong_in_a_form_is_said_at_its_field_before_anything_is_sent() {
    let mut model = ready(120, 40);
    assert!(commands(&keys(&mut model, "3 n enter")).is_empty());
    assert!(form(&model).fields[0].complaint.is_some(), "a name is wanted");
    assert!(commands(&keys(&mut model, "files tab tab tab 999 enter")).is_empty());
    assert!(text(&model).contains("there is no guest '999'"), "{}", text(&model));
}

#[test]
fn what_the_daemon_does_not_accept_is_said_at_the_field_and_the_rest_is_kept() {
    let mut model = ready(120, 40);
    let sent = command(keys(&mut model, "3 n files enter"));
    assert!(commands(&keys(&mut model, "enter")).is_empty(), "it is sent once");
    let failure = Failure {
        kind: Kind::Refused(Some(ErrorCode::InvalidRequest)),
        message: "the request cannot be accepted".to_owned(),
        fields: vec![FieldError::new("health_check_url", "link-local addresses are refused")],
    };
    happen(&mut model, Event::Done { command: sent, result: Err(failure) });
    assert_eq!(form(&model).get("name"), "files");
    assert_eq!(form(&model).focus, 1);
    let sent = command(keys(&mut model, "enter"));
    happen(&mut model, Event::Done { command: sent, result: Ok(Outcome::Done) });
    assert!(model.modals.is_empty());
    assert_eq!(model.toasts.all().last().unwrap().text, "files: made");
}

#[test]
fn a_form_that_was_left_does_not_come_back_when_the_daemon_refuses() {
    let mut model = ready(120, 40);
    let sent = command(keys(&mut model, "3 n files enter"));
    keys(&mut model, "esc n");
    happen(&mut model, Event::Done { command: sent, result: Err(Failure::unreachable("gone")) });
    assert_eq!(form(&model).get("name"), "", "the new form is another");
    assert!(model.toasts.all().last().unwrap().text.contains("cannot make files: gone"));
}

#[test]
fn an_alert_is_acknowledged_with_a_note() {
    let mut model = ready(120, 40);
    let sent = command(keys(&mut model, "4 a looking enter"));
    assert!(matches!(sent.request, Request::Acknowledge(_, note) if note.note.as_deref() == Some("looking")));
    keys(&mut model, "esc down down");
    assert!(commands(&keys(&mut model, "a")).is_empty() && model.modals.is_empty(), "somebody knows of this one");
}

#[test]
fn a_silence_is_about_the_alert_and_has_an_end() {
    let mut model = ready(120, 40);
    let sent = command(keys(&mut model, "4 s ctrl-u 30m tab kernel enter"));
    let Request::CreateSilence(silence) = sent.request else { panic!("{sent:?}") };
    assert_eq!(silence.ends_at, noon() + Duration::minutes(30));
    assert_eq!((silence.source_type, silence.reason.as_str()), (Some(AlertSource::Node), "kernel"));
    assert!(silence.source_id.is_some() && silence.rule_id.is_some());
    keys(&mut model, "esc");
    keys(&mut model, "s ctrl-u soon enter");
    assert!(text(&model).contains("no span of time"), "{}", text(&model));
}

#[test]
fn a_rule_is_changed_as_it_stands_in_its_form() {
    let mut model = ready(120, 40);
    let sent = command(keys(&mut model, "4 tab tab down e enter"));
    let Request::UpdateRule(_, version, rule) = sent.request else { panic!("{sent:?}") };
    let known = &crate::fixture::records::rules()[0];
    assert_eq!((version, *rule), (2, known.definition()));
}

#[test]
fn a_rule_is_put_out_of_force_by_a_key() {
    let mut model = ready(120, 40);
    let sent = command(keys(&mut model, "4 tab tab G space"));
    assert!(matches!(sent.request, Request::UpdateRule(_, 2, rule) if !rule.enabled));
}

#[test]
fn the_rule_of_an_alert_is_found() {
    let mut model = ready(120, 40);
    keys(&mut model, "4 e");
    let rule = model.tables.rules.selected().and_then(|id| model.store.rule(id.into())).unwrap();
    assert_eq!((model.pane, rule.name.as_str()), (2, "node-memory-high"));
}

#[test]
fn opening_an_alert_leads_to_what_it_is_about_and_back_to_its_tab() {
    let mut model = ready(120, 40);
    keys(&mut model, "4 tab enter");
    assert!(matches!(model.screen, Screen::Node(_)));
    keys(&mut model, "esc");
    assert_eq!((model.screen, model.pane), (Screen::Alerts, 1));
}

#[test]
fn a_connection_keeps_its_secret_unless_another_is_typed_and_never_shows_it() {
    let mut model = ready(120, 40);
    let sent = command(keys(&mut model, "5 e enter"));
    assert!(matches!(sent.request, Request::UpdateConnection(_, draft) if draft.token_value.is_none()));
    keys(&mut model, "esc");
    let sent = command(keys(&mut model, "e tab tab tab tab tab s3cret enter"));
    assert!(!text(&model).contains("s3cret"), "{}", text(&model));
    let secret = |secret: &WriteOnly| format!("{secret:?}");
    let Request::UpdateConnection(_, draft) = sent.request else { panic!("{sent:?}") };
    assert_eq!(draft.token_value.as_ref().map(secret).as_deref(), Some("WriteOnly(…)"));
}

#[test]
fn a_trial_shows_the_certificate_and_pins_it_in_the_form() {
    let mut model = ready(120, 40);
    let sent = command(keys(&mut model, "5 e ctrl-t"));
    let trial = serde_json::json!({
        "works": false, "problem": {"code": "PROXMOX_CERTIFICATE", "message": "the certificate is not trusted"},
        "certificate": {"host": "10.0.0.1:8006", "fingerprint": "AB:CD:EF", "accepted": false}, "pve_version": null,
        "cluster": null, "nodes": null, "vms": null, "missing_privileges": [], "grant": null, "same_cluster_as": null,
        "took_ms": 12,
    });
    let trial = serde_json::from_value(trial).unwrap();
    happen(&mut model, Event::Done { command: sent, result: Ok(Outcome::Tried(Box::new(trial))) });
    assert!(text(&model).contains("the certificate is not trusted") && text(&model).contains("AB:CD:EF"));
    keys(&mut model, "p");
    assert_eq!(form(&model).get("fingerprint"), "AB:CD:EF");
}

#[test]
fn a_channel_asks_only_for_what_its_kind_needs() {
    let mut model = ready(120, 40);
    keys(&mut model, "5 tab n alarms tab");
    assert!(text(&model).contains("Webhook address") && !text(&model).contains("Mail server"));
    keys(&mut model, "right right");
    assert!(!text(&model).contains("Webhook address") && text(&model).contains("Mail server"));
}

#[test]
fn a_test_goes_over_the_channel_that_is_selected() {
    let mut model = ready(120, 40);
    assert_eq!(commands(&keys(&mut model, "5 tab T")), ["test mail"]);
}

#[test]
fn the_appearance_changes_at_once_and_is_remembered() {
    let mut model = ready(120, 40);
    let before = model.theme.clone();
    let effects = keys(&mut model, "5 tab tab right");
    assert_eq!((model.palette.as_str(), model.theme == before), ("light", false));
    assert_eq!(model.saved.theme.as_deref(), Some("light"));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Save(_))));
    let effects = keys(&mut model, "down down down right");
    assert!(!model.mouse && effects.iter().any(|effect| matches!(effect, Effect::Mouse(false))));
}

#[test]
fn nothing_of_it_is_sent_when_it_is_read_only() {
    let mut model = ready(120, 40);
    model.read_only = true;
    let effects = keys(&mut model, "3 n r space D 4 a s r tab tab n e enter space D 5 n e enter T space D");
    assert!(commands(&effects).is_empty() && model.modals.is_empty(), "{:?}", model.modals);
}

#[test]
fn the_guest_of_a_service_is_one_key_away() {
    let mut model = ready(120, 40);
    keys(&mut model, "3 enter u");
    assert_eq!(model.screen, Screen::Vm(services()[0].vm_id.unwrap()));
}
