//! What the daemon is asked, and when: what is on the screen, as often as it changes.

use chrono::{DateTime, Duration, Utc};
use nexops_core::metric::Range;

use crate::format::age_changes_in;
use crate::model::link::Link;
use crate::model::{Model, Screen};
use crate::msg::Effect;
use crate::store::Question;

/// How old a list may get while the daemon tells of changes by itself, and while it does not.
const EVERY: [Duration; 2] = [Duration::seconds(60), Duration::seconds(5)];
/// While a task of ours is under way.
const WHILE_FOLLOWED: Duration = Duration::seconds(1);

/// What the screen wants to know, and how old it may be.
fn wanted(model: &Model) -> Vec<(Question, Duration)> {
    let every = EVERY[usize::from(!model.link.has_stream())];
    let tasks = if model.followed.is_empty() { every } else { WHILE_FOLLOWED };
    // One question finds out whether the daemon is back; the others follow when it is.
    if matches!(model.link, Link::Down { .. }) {
        return vec![(Question::System, Duration::zero())];
    }
    let mut wanted =
        vec![(Question::System, every), (Question::Vms, every), (Question::Nodes, every), (Question::Tasks, tasks)];
    match model.screen {
        Screen::Dashboard => {
            wanted.push((Question::Overview, every));
            let nodes = model.store.nodes.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
            let charted = nodes.iter().take(crate::screens::dashboard::CHARTED_NODES);
            wanted.extend(charted.map(|node| (Question::Series(node.id.0, model.range), series_age(model.range))));
        }
        Screen::Infrastructure => {}
        Screen::Vm(id) => wanted.push((Question::Vm(id), Duration::seconds(60))),
        Screen::Node(_) => {}
    }
    if let Some(source) = model.charted() {
        wanted.push((Question::Series(source, model.range), series_age(model.range)));
    }
    wanted
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
    // Fresh data has no age on the screen; old data has.
    if let Some(seen) = model.store.vms.seen().filter(|seen| crate::view::is_old(seen.at, model.now)) {
        times.push(model.now + age_changes_in(model.now - seen.at));
    }
    if let Some(seen) = model.store.vms.seen() {
        times.extend(Some(seen.at + crate::view::OLD).filter(|at| *at > model.now));
    }
    times.into_iter().min().unwrap_or(minute).max(model.now)
}
