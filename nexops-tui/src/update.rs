//! What happens to the model when something happens. Pure: no IO, no clock; what is to be done outside comes back as
//! effects.

mod acting;
mod appearance;
mod asking;
mod contexts;
mod dialog;
mod done;
mod forms;
mod keys;
mod listing;
mod mouse;
mod navigation;
mod offers;
mod power;
mod scopes;
mod starters;
mod targets;
mod told;

use nexops_core::task::{Task, TaskStatus};

pub use self::appearance::Setting;
pub use self::asking::deadline;
pub use self::keys::CURSOR_STEPS;
pub use self::listing::focused;
pub use self::offers::{offers, would_offer};
pub use self::scopes::{scopes, screen_scopes};
use crate::command::Followed;
use crate::failure::{Failure, Kind};
use crate::form::Purpose;
use crate::model::link::Link;
use crate::model::modal::Modal;
use crate::model::toast::Tone;
use crate::model::{Model, REMEMBERED};
use crate::msg::{Effect, Event, Msg};
use crate::store::{Answer, Question};
use crate::view::Pane;

/// Takes in what happened, and says what is to be done outside.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    model.now = msg.at;
    let mut effects = match msg.event {
        Event::Key(key) => keys::press(model, key),
        Event::Mouse(mouse) => mouse::act(model, mouse),
        Event::Paste(text) => keys::paste(model, &text),
        Event::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Event::Tick => Vec::new(),
        Event::Resumed => {
            asking::expire(model);
            Vec::new()
        }
        Event::Answered { question, generation, result } => {
            answered(model, question, generation, result);
            Vec::new()
        }
        Event::Done { command, result } => {
            done::take(model, command, result);
            Vec::new()
        }
        Event::Told(events) => {
            told::take(model, events);
            Vec::new()
        }
        Event::Missed => {
            asking::expire(model);
            Vec::new()
        }
        Event::Stream(comes) => {
            let was_down = matches!(model.link, Link::Down { .. });
            model.link.streams(comes, model.now);
            if was_down && comes {
                asking::expire(model);
            }
            Vec::new()
        }
        Event::Fault(text) => {
            model.toasts.say(Tone::Bad, text, model.now);
            Vec::new()
        }
    };
    effects.extend(asking::due(model));
    remember(model);
    if model.preferences != model.saved {
        model.saved = model.preferences.clone();
        effects.push(Effect::Save(Box::new(model.preferences.clone())));
    }
    effects
}

/// Takes over into the preferences what tables and charts were left as.
fn remember(model: &mut Model) {
    model.preferences.range = model.range;
    for (name, pane) in REMEMBERED {
        let kept = &model.tables.of(pane).kept;
        if model.preferences.tables.get(name) != Some(kept) {
            model.preferences.tables.insert(name.to_owned(), kept.clone());
        }
    }
}

/// Has the palette offer what has become known while it is open.
fn renew_palette(model: &mut Model) {
    if let Some(Modal::Palette(mut palette)) = model.modals.pop_if(|modal| matches!(modal, Modal::Palette(_))) {
        palette.renew(model);
        model.modals.push(Modal::Palette(palette));
    }
}

fn answered(model: &mut Model, question: Question, generation: u64, result: Result<Answer, Failure>) {
    let was_down = matches!(model.link, Link::Down { .. });
    match &result {
        Ok(_) => {
            if model.link == Link::Unauthorized {
                model
                    .modals
                    .retain(|modal| !matches!(modal, Modal::Form(form) if matches!(form.purpose, Purpose::SignIn)));
            }
            model.link.up();
        }
        Err(failure) => failed(model, failure),
    }
    let taken = model.store.answer(question, generation, result, model.now);
    renew_palette(model);
    if was_down && matches!(model.link, Link::Live { .. }) {
        asking::expire(model);
    }
    if !taken {
        return;
    }
    match question {
        Question::Vms => listing::arrange(model, Pane::Vms),
        Question::Tasks => {
            listing::arrange(model, Pane::Tasks);
            follow(model);
        }
        Question::Nodes => listing::arrange(model, Pane::Nodes),
        Question::Overview => listing::arrange(model, Pane::Top),
        Question::Services => listing::arrange(model, Pane::Services),
        Question::Alerts => listing::arrange(model, Pane::Alerts),
        Question::AlertHistory => listing::arrange(model, Pane::AlertHistory),
        Question::Rules => listing::arrange(model, Pane::Rules),
        Question::Silences => listing::arrange(model, Pane::Silences),
        Question::Audit => listing::arrange(model, Pane::Audit),
        Question::Connections => listing::arrange(model, Pane::Connections),
        Question::Channels => listing::arrange(model, Pane::Channels),
        Question::System
        | Question::LatestAlerts
        | Question::Vm(_)
        | Question::Series(..)
        | Question::ServiceHistory(_)
        | Question::TaskLog(_) => {}
    }
}

/// Notes what a failure says of the daemon.
fn failed(model: &mut Model, failure: &Failure) {
    match failure.kind {
        Kind::Unreachable => model.link.down(&failure.message, model.now),
        Kind::Unauthorized => {
            if model.link != Link::Unauthorized {
                model.link = Link::Unauthorized;
                forms::sign_in(model, Some(failure.message.clone()));
            }
        }
        // It answers, whatever it says.
        Kind::Refused(_) => model.link.up(),
    }
}

/// Says how the tasks ended that were begun here.
fn follow(model: &mut Model) {
    let Some(tasks) = model.store.tasks.seen() else { return };
    let ended: Vec<Task> = tasks
        .value
        .iter()
        .filter(|task| task.status != TaskStatus::Running && model.followed.contains_key(&task.id))
        .cloned()
        .collect();
    for task in ended {
        let Some(Followed { name, action, .. }) = model.followed.remove(&task.id) else { continue };
        let words = task.exit_status.as_deref().unwrap_or("nobody knows how it ended");
        let (tone, text) = match task.status {
            TaskStatus::Succeeded => (Tone::Good, format!("{name}: {}", action.participle())),
            TaskStatus::Failed => (Tone::Bad, format!("{name}: {action} failed: {words}")),
            TaskStatus::Unknown | TaskStatus::Running => (Tone::Warning, format!("{name}: {action}: {words}")),
        };
        model.toasts.say(tone, text, model.now);
        model.store.invalidate(Question::Vms);
    }
}
