//! From one daemon to another.

use super::asking;
use crate::model::link::Link;
use crate::model::toast::Tone;
use crate::model::{Model, Screen, Trail};
use crate::msg::Effect;

/// Speaks to the daemon of another context from now on. What was told by the one before is forgotten, so that nothing
/// of it can be taken for the other's.
pub fn switch(model: &mut Model, place: usize) -> Vec<Effect> {
    let Some(context) = model.contexts.get(place).cloned() else { return Vec::new() };
    model.store.forget();
    model.followed.clear();
    model.modals.clear();
    model.tables.vms.unmark();
    model.trail = Trail::default();
    model.screen = Screen::Dashboard;
    model.pane = 0;
    model.drawer = false;
    model.link = Link::Connecting;
    model.url.clone_from(&context.url);
    if context.actor.is_some() {
        model.actor.clone_from(&context.actor);
    }
    model.toasts.say(Tone::Information, format!("{}: {}", context.name, context.url), model.now);
    asking::expire(model);
    vec![Effect::Switch(Box::new(context))]
}
