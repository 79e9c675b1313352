//! Judges by the alert rules what is new in the world, with the evaluator of `nexops-alerting`. No IO, no clock: what is
//! judged is read and written by `db::evaluation`, in one transaction.

mod clock;
mod own;
mod preview;
mod tick;
mod words;

use nexops_alerting::{Change, Setting};

pub use clock::Clock;
pub use preview::{MOST_SAMPLES, preview};

use crate::db::evaluation::{Done, Key, World};
use own::Own;
use tick::Tick;

/// Judges everything once.
#[must_use]
pub fn judge(world: &mut World, clock: &Clock, setting: Setting) -> Done {
    let settled = clock.look(world, setting);
    let mut tick = Tick::new(world, setting, settled);
    tick.follow_changes_of_rules();
    tick.judge_own_rules();
    tick.judge_rules();
    tick.finish()
}

/// Takes in what somebody does to one alert.
#[must_use]
pub fn act(world: &World, key: Key, what: Change<'_>, setting: Setting) -> Done {
    let own = Own::find(key.rule).map(|own| own.definition(Vec::new()));
    let rule = world.rules.get(&key.rule).or_else(|| world.before.get(&key.rule)).cloned().or(own);
    let mut tick = Tick::new(world, setting, false);
    if let Some(rule) = rule {
        tick.change(key, &rule, what);
    }
    tick.finish()
}
