//! Power actions on the guests that are meant.

use nexops_core::vm::PowerAction;

use super::listing::meant;
use crate::keymap::Action;
use crate::model::Model;
use crate::model::modal::Modal;
use crate::model::toast::Tone;
use crate::msg::Effect;
use crate::power::{Before, before, guests_of, of_key};

/// What a key does to the guests that are meant; `None` when it is no key for guests.
pub fn press(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let vms = meant(model);
    let power = of_key(action, vms.first().copied())?;
    let ids: Vec<_> = vms.iter().map(|vm| vm.id).collect();
    Some(act(model, power, &ids))
}

/// Acts on guests, after a question where one is due.
pub fn act(model: &mut Model, action: PowerAction, ids: &[nexops_core::id::VmId]) -> Vec<Effect> {
    if super::acting::is_read_only(model) {
        return Vec::new();
    }
    let rows = model.store.vms.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
    let (templates, vms): (Vec<_>, Vec<_>) = guests_of(rows, ids).into_iter().partition(|vm| vm.template);
    let skipped = templates.len();
    let what = if vms.is_empty() { None } else { Some(before(action, &vms)) };
    if skipped > 0 {
        model.toasts.say(Tone::Warning, format!("{skipped} skipped: a template cannot run"), model.now);
    }
    match what {
        None => Vec::new(),
        Some(Before::Nothing(commands)) => super::acting::send(model, commands),
        Some(Before::Ask(confirm)) => {
            model.modals.push(Modal::Confirm(*confirm));
            Vec::new()
        }
    }
}
