//! What the daemon tells by itself, and what is asked meanwhile.

use chrono::Duration;
use nexops_core::event::{Change, Collection, Event as Happening};
use nexops_core::id::ConnectionId;
use nexops_core::service::ServiceStatus;
use nexops_core::vm::{PowerAction, VmStatus};
use nexops_tui::command::{Command, Outcome, Request};
use nexops_tui::model::Model;
use nexops_tui::model::link::Link;
use nexops_tui::msg::{Effect, Event};
use nexops_tui::snapshot::text;
use nexops_tui::store::Question;
use nexops_tui::update::deadline;

use crate::fixture::records::{alert, service};
use crate::fixture::{happen, keys, noon, ready, settle, task, vm};

fn told(model: &mut Model, change: Change) -> Vec<Effect> {
    happen(model, Event::Told(vec![Happening { id: 1, at: noon(), deleted: false, change }]))
}

fn questions(effects: &[Effect]) -> Vec<Question> {
    let of = |effect: &Effect| match effect {
        Effect::Ask(question, _) => Some(*question),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

/// A model that has been told of changes for a while.
fn live(columns: u16, rows: u16) -> Model {
    let mut model = ready(columns, rows);
    happen(&mut model, Event::Stream(true));
    model.now += Duration::seconds(6);
    let effects = happen(&mut model, Event::Tick);
    settle(&mut model, effects);
    model
}

#[test]
fn while_the_daemon_tells_it_is_hardly_asked() {
    let mut model = live(120, 40);
    model.now += Duration::seconds(20);
    let asked = questions(&happen(&mut model, Event::Tick));
    assert!(asked.iter().all(|question| matches!(question, Question::Series(..))), "{asked:?}");
    assert!(deadline(&model) > model.now, "nothing is due");
}

#[test]
fn what_was_asked_before_the_stream_came_is_asked_once_more() {
    let mut model = ready(120, 40);
    happen(&mut model, Event::Stream(true));
    model.now += Duration::seconds(6);
    assert!(questions(&happen(&mut model, Event::Tick)).contains(&Question::Vms));
}

#[test]
fn when_the_stream_breaks_it_is_asked_again() {
    let mut model = live(120, 40);
    happen(&mut model, Event::Stream(false));
    assert_eq!(model.link, Link::Live { stream: None });
    model.now += Duration::seconds(6);
    assert!(questions(&happen(&mut model, Event::Tick)).contains(&Question::Vms));
}

#[test]
fn a_stream_that_comes_back_shows_that_the_daemon_is_there_and_all_is_asked_anew() {
    let mut model = live(120, 40);
    model.link.down("gone", model.now);
    let asked = questions(&happen(&mut model, Event::Stream(true)));
    assert!(matches!(model.link, Link::Live { stream: Some(_) }));
    assert!(asked.contains(&Question::Vms) && asked.contains(&Question::Tasks), "{asked:?}");
}

#[test]
fn a_guest_changes_on_the_screen_without_being_asked_for() {
    let mut model = live(120, 40);
    keys(&mut model, "2");
    let effects = told(&mut model, Change::Vm(Box::new(vm(104, "win11-lab", "running", Some(1.0), Some(2.0)))));
    assert!(!questions(&effects).contains(&Question::Vms));
    let vms = &model.store.vms.seen().unwrap().value;
    assert_eq!(vms.iter().find(|vm| vm.vmid == 104).map(|vm| vm.status), Some(VmStatus::Running));
    told(&mut model, Change::Vm(Box::new(vm(107, "brand-new", "running", None, None))));
    assert!(text(&model).contains("brand-new"));
}

#[test]
fn new_figures_are_asked_for_when_they_were_collected() {
    let mut model = live(120, 40);
    let collection = Collection { connection_id: ConnectionId::new(), observed_at: noon(), sources: 7 };
    let asked = questions(&told(&mut model, Change::Metrics(collection)));
    assert!(asked.contains(&Question::Vms) && asked.contains(&Question::Overview), "{asked:?}");
}

#[test]
fn a_task_that_ends_is_told_at_once() {
    let mut model = live(120, 40);
    let guest = vm(100, "opnsense", "running", None, None);
    let command = Command::new("100 opnsense", Request::Power(guest.id, PowerAction::Restart));
    let running = Ok(Outcome::Task(Box::new(task(100, "restart", "running"))));
    happen(&mut model, Event::Done { command, result: running });
    told(&mut model, Change::Task(Box::new(task(100, "restart", "succeeded"))));
    assert_eq!(model.toasts.all().last().unwrap().text, "100 opnsense: restarted");
}

#[test]
fn a_service_keeps_its_uptime_which_events_do_not_tell() {
    let mut model = live(120, 40);
    keys(&mut model, "3");
    let mut changed = service(1, "grafana", "unhealthy");
    changed.uptime_24h = None;
    told(&mut model, Change::Service(Box::new(changed)));
    let grafana = &model.store.services.seen().unwrap().value[0];
    assert_eq!((grafana.status, grafana.uptime_24h), (ServiceStatus::Unhealthy, Some(100.0)));
}

#[test]
fn an_alert_that_is_over_leaves_the_active_ones_and_stays_in_the_past() {
    let mut model = live(120, 40);
    keys(&mut model, "4");
    told(&mut model, Change::Alert(Box::new(alert(1, "critical", "resolved", "pve2", "memory"))));
    assert_eq!(model.tables.alerts.total(), 2);
    assert_eq!(model.tables.alert_history.total(), 4);
}

#[test]
fn what_was_missed_is_asked_anew() {
    let mut model = live(120, 40);
    let asked = questions(&happen(&mut model, Event::Missed));
    assert!(asked.contains(&Question::Vms) && asked.contains(&Question::Tasks), "{asked:?}");
}

#[test]
fn a_picture_that_is_held_still_does_not_move_and_catches_up_afterwards() {
    let mut model = live(120, 40);
    keys(&mut model, "2 p");
    let before = text(&model);
    told(&mut model, Change::Vm(Box::new(vm(104, "win11-lab", "running", None, None))));
    assert_eq!(text(&model), before);
    let effects = happen(&mut model, Event::Key(crossterm::event::KeyCode::Char('p').into()));
    assert!(questions(&effects).contains(&Question::Vms));
}
