//! What keys do to the model, and what they have done outside.

use chrono::Duration;
use nexops_core::vm::PowerAction;
use nexops_tui::command::{Command, Outcome, Request};
use nexops_tui::failure::Failure;
use nexops_tui::model::Screen;
use nexops_tui::model::link::Link;
use nexops_tui::model::modal::Modal;
use nexops_tui::msg::{Effect, Event};
use nexops_tui::store::{Answer, Question};
use nexops_tui::update::deadline;

use crate::fixture::{happen, keys, ready, task, vms};

pub fn commands(effects: &[Effect]) -> Vec<String> {
    let of = |effect: &Effect| match effect {
        Effect::Do(command) => Some(format!("{} {}", command.request.verb(), command.subject)),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

#[test]
fn starting_never_asks() {
    let mut model = ready(120, 40);
    let effects = keys(&mut model, "2 /win enter s");
    assert_eq!(commands(&effects), ["start 104 win11-lab"]);
}

#[test]
fn starting_a_paused_guest_lets_it_go_on() {
    let mut model = ready(120, 40);
    assert_eq!(commands(&keys(&mut model, "2 /build enter s")), ["resume 105 build-runner"]);
}

#[test]
fn shutting_down_asks_and_the_key_that_asked_does_not_answer() {
    let mut model = ready(120, 40);
    assert!(commands(&keys(&mut model, "2 x")).is_empty());
    assert!(commands(&keys(&mut model, "enter")).is_empty(), "the button that is lit at first is Cancel");
    assert_eq!(commands(&keys(&mut model, "x y")), ["shutdown 100 opnsense"]);
    assert_eq!(commands(&keys(&mut model, "x tab enter")), ["shutdown 100 opnsense"]);
    assert!(commands(&keys(&mut model, "x n x esc")).is_empty());
}

#[test]
fn pulling_the_plug_wants_the_name_typed() {
    let mut model = ready(120, 40);
    assert!(commands(&keys(&mut model, "2 X y enter")).is_empty());
    assert!(matches!(model.modals.last(), Some(Modal::Confirm(_))), "y is a letter of a name here");
    keys(&mut model, "esc");
    assert_eq!(commands(&keys(&mut model, "X opnsense enter")), ["stop 100 opnsense"]);
}

#[test]
fn a_guest_that_is_tagged_prod_wants_its_name_even_for_a_shutdown() {
    let mut model = ready(120, 40);
    assert!(commands(&keys(&mut model, "2 /postgres enter x y enter")).is_empty());
    keys(&mut model, "esc");
    assert_eq!(commands(&keys(&mut model, "x postgres-main enter")), ["shutdown 102 postgres-main"]);
}

#[test]
fn the_target_is_the_one_that_was_asked_about_whatever_the_table_does_meanwhile() {
    let mut model = ready(120, 40);
    keys(&mut model, "2 x");
    let mut others = vms();
    others.retain(|vm| vm.vmid != 100);
    model.store.invalidate(Question::Vms);
    for effect in happen(&mut model, Event::Tick) {
        if let Effect::Ask(Question::Vms, generation) = effect {
            let result = Ok(Answer::Vms(others.clone()));
            happen(&mut model, Event::Answered { question: Question::Vms, generation, result });
        }
    }
    assert_eq!(commands(&keys(&mut model, "y")), ["shutdown 100 opnsense"]);
}

#[test]
fn several_are_acted_on_by_marks_and_many_want_their_number_typed() {
    let mut model = ready(120, 40);
    assert_eq!(commands(&keys(&mut model, "2 space space r y")), ["restart 100 opnsense", "restart 101 web-frontend"]);
    assert!(model.tables.vms.marks().is_empty(), "the marks have served");
    assert!(commands(&keys(&mut model, "a s y enter")).is_empty());
    keys(&mut model, "esc");
    assert_eq!(commands(&keys(&mut model, "s 7 enter")).len(), 7);
}

#[test]
fn nothing_is_sent_when_it_is_read_only() {
    let mut model = ready(120, 40);
    model.read_only = true;
    assert!(commands(&keys(&mut model, "2 s x y X")).is_empty());
    assert!(model.modals.is_empty());
}

#[test]
fn a_task_is_followed_to_its_end_and_told() {
    let mut model = ready(120, 40);
    let vm = vms()[0].clone();
    let command = Command::new("100 opnsense", Request::Power(vm.id, PowerAction::Restart));
    let running = task(100, "restart", "running");
    happen(&mut model, Event::Done { command, result: Ok(Outcome::Task(Box::new(running.clone()))) });
    assert_eq!(model.look().under_way(vm.id), Some(PowerAction::Restart));
    model.store.invalidate(Question::Tasks);
    for effect in happen(&mut model, Event::Tick) {
        if let Effect::Ask(Question::Tasks, generation) = effect {
            let result = Ok(Answer::Tasks(vec![task(100, "restart", "failed")]));
            happen(&mut model, Event::Answered { question: Question::Tasks, generation, result });
        }
    }
    assert_eq!(model.look().under_way(vm.id), None);
    let told = &model.toasts.all().last().unwrap().text;
    assert!(told.contains("100 opnsense: restart failed: VM quit/powerdown failed"), "{told}");
}

#[test]
fn the_daemon_may_go_and_come_back_and_the_last_data_stays() {
    let mut model = ready(120, 40);
    model.now += Duration::seconds(6);
    for effect in happen(&mut model, Event::Tick) {
        if let Effect::Ask(question, generation) = effect {
            let result = Err(Failure::unreachable("Connection refused"));
            happen(&mut model, Event::Answered { question, generation, result });
        }
    }
    assert!(matches!(model.link, Link::Down { attempts: 0, .. }), "{:?}", model.link);
    assert_eq!(model.store.vms.seen().unwrap().value.len(), 7);
    assert!(happen(&mut model, Event::Tick).is_empty(), "nothing is asked before the pause is over");
    model.now += Duration::seconds(1);
    let effects = happen(&mut model, Event::Tick);
    assert_eq!(effects.len(), 1, "one question finds out: {effects:?}");
    crate::fixture::settle(&mut model, effects);
    assert_eq!(model.link, Link::Live { stream: None });
}

#[test]
fn while_it_is_paused_and_the_daemon_is_away_it_wakes_once_a_second() {
    let mut model = ready(120, 40);
    keys(&mut model, "p");
    let long_ago = model.now - Duration::seconds(9);
    model.link = Link::Down { reason: "no route".to_owned(), since: long_ago, retry_at: long_ago, attempts: 3 };
    assert_eq!(deadline(&model) - model.now, Duration::seconds(1));
}

#[test]
fn a_filter_is_live_kept_on_enter_and_cleared_on_escape() {
    let mut model = ready(120, 40);
    keys(&mut model, "2 /web");
    assert_eq!(model.tables.vms.order().len(), 1);
    keys(&mut model, "enter");
    assert_eq!((model.tables.vms.kept.filter.as_str(), model.tables.vms.typing.is_none()), ("web", true));
    keys(&mut model, "esc");
    assert_eq!(model.tables.vms.order().len(), 7);
}

#[test]
fn one_goes_back_the_way_one_came() {
    let mut model = ready(120, 40);
    keys(&mut model, "2 down enter");
    assert_eq!(model.screen, Screen::Vm(vms()[1].id));
    keys(&mut model, "esc");
    assert_eq!(model.screen, Screen::Infrastructure);
    keys(&mut model, "esc");
    assert_eq!(model.screen, Screen::Dashboard);
    keys(&mut model, "esc");
    assert_eq!(model.screen, Screen::Dashboard);
}

#[test]
fn the_palette_finds_a_guest_by_a_few_letters_and_acts_on_it() {
    let mut model = ready(120, 40);
    keys(&mut model, ":102 enter");
    assert_eq!(model.screen, Screen::Vm(vms()[2].id));
    assert_eq!(commands(&keys(&mut model, ":start space win enter")), ["start 104 win11-lab"]);
}

#[test]
fn what_is_remembered_is_written_once() {
    let mut model = ready(120, 40);
    let saves = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Save(_))).count();
    assert_eq!(saves(&keys(&mut model, "2 o")), 1);
    assert_eq!(saves(&happen(&mut model, Event::Tick)), 0);
    assert_eq!(model.saved.tables["vms"].sort, "type");
}

#[test]
fn an_answer_without_a_token_asks_who_one_is_and_keeps_the_screen() {
    let mut model = ready(120, 40);
    keys(&mut model, "2");
    model.store.invalidate(Question::Vms);
    for effect in happen(&mut model, Event::Tick) {
        if let Effect::Ask(question, generation) = effect {
            let failure = Failure {
                kind: nexops_tui::failure::Kind::Unauthorized,
                message: "a token is needed".to_owned(),
                fields: Vec::new(),
            };
            happen(&mut model, Event::Answered { question, generation, result: Err(failure) });
        }
    }
    assert!(matches!(model.modals.as_slice(), [Modal::Form(_)]));
    let effects = keys(&mut model, "s3cret enter");
    assert!(matches!(&effects[..], [Effect::SignIn(identity)] if identity.token.is_some()), "{effects:?}");
    assert_eq!((model.screen, model.modals.len()), (Screen::Infrastructure, 0));
}
