//! What the daemon is asked, and when: what is on the screen, as often as it changes.

use chrono::{DateTime, Duration, Utc};
use nexops_core::metric::Range;

use crate::format::age_changes_in;
use crate::model::link::Link;
use crate::model::modal::Modal;
use crate::model::{Model, Screen};
use crate::msg::Effect;
use crate::store::{Question, rows};
use crate::view::{Pane, old_from};

/// How old a list may get while the daemon does not tell of changes by itself.
const WHEN_POLLED: Duration = Duration::seconds(5);
/// How old a list may get while it does.
const WHEN_TOLD: Duration = Duration::seconds(60);
/// How old lists may get that nothing is told of: what people set up and write down.
const UNTOLD: Duration = Duration::seconds(15);
/// While a task of ours is under way and nothing is told of it.
const WHILE_FOLLOWED: Duration = Duration::seconds(1);
/// While a task's log grows.
const WHILE_WRITTEN: Duration = Duration::seconds(2);
/// What was asked about so long before the stream came may have missed something.
const OVERLAP: Duration = Duration::seconds(2);
/// Small charts in a table, at the most.
const CHARTED_ROWS: usize = 40;

/// What the screen wants to know, and how old it may be.
fn wanted(model: &Model) -> Vec<(Question, Duration)> {
    // One question finds out whether the daemon is back; the others follow when it is.
    if matches!(model.link, Link::Down { .. }) {
        return vec![(Question::System, Duration::zero())];
    }
    let told = |question: Question| (question, pace(model, question));
    let mut wanted: Vec<_> =
        [Question::System, Question::Overview, Question::Vms, Question::Nodes].into_iter().map(told).collect();
    let followed = !model.followed.is_empty() && model.link.streaming_since().is_none();
    wanted.push(if followed { (Question::Tasks, WHILE_FOLLOWED) } else { told(Question::Tasks) });
    let untold = |question: Question| (question, UNTOLD);
    let series = |source| (Question::Series(source, model.range), series_age(model.range));
    match model.screen {
        Screen::Dashboard => {
            wanted.push(told(Question::LatestAlerts));
            let charted = rows(&model.store.nodes).iter().take(crate::screens::dashboard::CHARTED_NODES);
            wanted.extend(charted.map(|node| series(node.id.0)));
        }
        Screen::Vm(id) => wanted.push((Question::Vm(id), Duration::seconds(60))),
        Screen::Services => {
            wanted.push(told(Question::Services));
            let services = rows(&model.store.services);
            let (first, height) = model.drawn.tables.get(&Pane::Services).copied().unwrap_or((0, CHARTED_ROWS));
            let seen = model.tables.services.order().iter().skip(first).take(height.min(CHARTED_ROWS));
            wanted.extend(seen.filter_map(|index| services.get(*index)).map(|service| series(service.id.0)));
        }
        Screen::Service(id) => wanted.extend([told(Question::Services), told(Question::ServiceHistory(id))]),
        Screen::Alerts => wanted.extend([
            told(Question::Alerts),
            told(Question::AlertHistory),
            untold(Question::Rules),
            untold(Question::Silences),
            told(Question::Services),
            untold(Question::Channels),
        ]),
        Screen::Settings => wanted.extend([untold(Question::Connections), untold(Question::Channels)]),
        Screen::Audit => wanted.extend([untold(Question::Audit), told(Question::Services)]),
        Screen::Task(id) => {
            // The last lines are written when it ends.
            let ended = model.store.task(id).and_then(|task| task.finished_at);
            let read = model.store.seen_at(Question::TaskLog(id));
            let is_whole = ended.zip(read).is_some_and(|(ended, read)| read > ended + OVERLAP);
            wanted.push((Question::TaskLog(id), if is_whole { Duration::hours(1) } else { WHILE_WRITTEN }));
        }
        Screen::Infrastructure | Screen::Node(_) => {}
    }
    if let Some(Modal::Palette(_)) = model.modals.last() {
        // What is found there is to be complete.
        let lists = [told(Question::Services), told(Question::Alerts)];
        let untold = [untold(Question::Rules), untold(Question::Connections), untold(Question::Channels)];
        for (question, every) in lists.into_iter().chain(untold) {
            if !wanted.iter().any(|(other, _)| *other == question) {
                wanted.push((question, every));
            }
        }
    }
    if let Some(source) = model.charted() {
        let charted = series(source);
        if !wanted.contains(&charted) {
            wanted.push(charted);
        }
    }
    wanted
}

/// How old the answer to a question may be of whose changes the daemon tells.
fn pace(model: &Model, question: Question) -> Duration {
    match (model.link.streaming_since(), model.store.seen_at(question)) {
        (Some(since), Some(seen)) if seen >= since + OVERLAP => WHEN_TOLD,
        (Some(_), None) => WHEN_TOLD,
        (Some(_) | None, _) => WHEN_POLLED,
    }
}

/// How old a history may be: a bucket of it.
const fn series_age(range: Range) -> Duration {
    match range {
        Range::Hour => Duration::seconds(30),
        Range::SixHours => Duration::seconds(60),
        Range::Day => Duration::minutes(5),
        Range::Week => Duration::minutes(30),
    }
}

/// Asks what is due.
pub fn due(model: &mut Model) -> Vec<Effect> {
    if !model.link.allows_asking(model.now) || model.paused {
        return Vec::new();
    }
    // Whether it is back is tried at the times of the link, however often it was in vain.
    if matches!(model.link, Link::Down { .. }) && model.store.due(Question::System, Duration::zero()).is_some() {
        model.store.invalidate(Question::System);
    }
    let due: Vec<Question> = wanted(model)
        .into_iter()
        .filter(|(question, every)| model.store.due(*question, *every).is_some_and(|due| due <= model.now))
        .map(|(question, _)| question)
        .collect();
    due.into_iter().map(|question| Effect::Ask(question, model.store.ask(question))).collect()
}

/// Makes everything due that the screen wants to know.
pub fn expire(model: &mut Model) {
    if let Link::Down { retry_at, .. } = &mut model.link {
        *retry_at = model.now;
    }
    for (question, _) in wanted(model) {
        model.store.invalidate(question);
    }
}

/// New figures were collected: what shows them is due.
pub fn new_figures(model: &mut Model) {
    for question in [Question::System, Question::Overview, Question::Vms, Question::Nodes] {
        model.store.invalidate(question);
    }
}

/// When the model wants to be told that time has passed: a question is due, or something on the screen changes with
/// time alone.
#[must_use]
pub fn deadline(model: &Model) -> DateTime<Utc> {
    let minute = model.now + Duration::seconds(60 - model.now.timestamp().rem_euclid(60));
    let mut times = vec![minute];
    times.extend(model.toasts.changes_at(model.now));
    match &model.link {
        Link::Down { retry_at, .. } => {
            // A time that is over wakes nobody: there is nothing to ask then, or an answer is waited for.
            let second = model.now + Duration::seconds(1);
            times.push(if *retry_at > model.now { second.min(*retry_at) } else { second });
        }
        Link::Connecting | Link::Live { .. } if !model.paused => {
            times.extend(wanted(model).into_iter().filter_map(|(question, every)| model.store.due(question, every)));
        }
        Link::Connecting | Link::Live { .. } | Link::Unauthorized => {}
    }
    if let Some(at) = model.store.observed_at() {
        times.push(model.now + age_changes_in(model.now - at));
        times.extend(Some(at + old_from(&model.store)).filter(|at| *at > model.now));
    }
    times.into_iter().min().unwrap_or(minute).max(model.now)
}
