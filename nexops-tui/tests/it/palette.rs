//! The command palette: what is said on the command line can be done there, to what it is said of.

use crossterm::event::KeyCode;
use nexops_core::alert::starter;
use nexops_tui::command::{Command, Request};
use nexops_tui::model::link::Link;
use nexops_tui::model::modal::Modal;
use nexops_tui::model::{Context, Screen};
use nexops_tui::msg::{Effect, Event};
use nexops_tui::snapshot::text;
use nexops_tui::store::{Answer, Question};
use rstest::rstest;

use crate::fixture::records::{active_alerts, rules};
use crate::fixture::{happen, keys, ready, vms};
use crate::keys::commands;

#[rstest]
#[case(":service space check space grafana enter", "check grafana")]
#[case(":settings space notify space test enter", "test operators")]
#[case(":rule space disable space node-memory-high enter", "change node-memory-high")]
fn what_the_command_line_can_do_is_done_in_the_same_words(#[case] typed: &str, #[case] done: &str) {
    let mut model = ready(120, 40);
    assert_eq!(commands(&keys(&mut model, typed)), [done]);
}

#[test]
fn an_alert_is_found_by_its_title_even_where_a_filter_hides_it() {
    let mut model = ready(120, 40);
    keys(&mut model, "4 / nothing-is-called-so enter 1");
    let alert = &active_alerts()[0];
    let title: String = alert.title.split_whitespace().take(3).collect::<Vec<_>>().join(" space ");
    let sent = keys(&mut model, &format!(":resolve space {title} enter mended enter"));
    let resolved = sent.iter().find_map(|effect| match effect {
        Effect::Do(Command { request: Request::Resolve(id, note), .. }) => Some((*id, note.note.as_deref())),
        _ => None,
    });
    assert_eq!(resolved, Some((alert.id, Some("mended"))));
}

#[test]
fn a_form_is_one_line_away() {
    let mut model = ready(120, 40);
    keys(&mut model, ":notify space create enter");
    assert_eq!((model.screen, model.pane), (Screen::Settings, 1));
    assert!(matches!(model.modals.last(), Some(Modal::Form(_))), "{}", text(&model));
}

#[test]
fn the_rules_that_are_offered_are_made_where_they_are_missing() {
    let mut model = ready(120, 40);
    let made = commands(&keys(&mut model, "4 tab tab S enter"));
    let is_there = |name: &str| rules().iter().any(|rule| rule.name == name);
    let missing: Vec<String> = starter::rules()
        .iter()
        .filter(|rule| !is_there(&rule.name))
        .map(|rule| format!("make {}", rule.name))
        .collect();
    assert!(!missing.is_empty() && missing.len() < starter::rules().len());
    assert_eq!(made, missing);
}

#[test]
fn whoever_speaks_to_another_daemon_sees_nothing_of_the_one_before() {
    let mut model = ready(120, 40);
    model.contexts = ["home", "lab"]
        .map(|name| Context { name: name.to_owned(), url: format!("http://{name}:8000"), actor: None })
        .to_vec();
    let awaited = model.store.ask(Question::Vms);
    keys(&mut model, ":context space use space lab");
    let switched = happen(&mut model, Event::Key(KeyCode::Enter.into()));
    let to = switched.iter().find_map(|effect| match effect {
        Effect::Switch(context) => Some(context.name.as_str()),
        _ => None,
    });
    assert_eq!((to, &model.link, model.url.as_str()), (Some("lab"), &Link::Connecting, "http://lab:8000"));
    assert!(!text(&model).contains("postgres"), "{}", text(&model));
    let late = Event::Answered { question: Question::Vms, generation: awaited, result: Ok(Answer::Vms(vms())) };
    happen(&mut model, late);
    assert!(model.store.vms.seen().is_none());
}
