//! When alerts fire, end and are sent. Pure: no IO, no clock; the same code runs in the daemon and in rule tests.
//!
//! For every rule and every source that it concerns there is one [`State`]. [`step()`] takes it from one evaluation to the
//! next and says what came of it: what to write into the history of alerts, and which messages to send through which
//! channel. Whatever is not a sample (a changed rule, an acknowledgement, a restart) has a function of its own in
//! [`change()`]. What all of this means to a user is told by the rule tests in `tests/rules`.
//!
//! - A sample counts at its own time, not at the time at which it is looked at. Durations are proven by samples: an
//!   evaluation that got none can fire nothing but the one alert about missing samples.
//! - Silence never ends an alert as recovered.
//! - What a channel was told is remembered for each channel, so that nobody hears of an end without a beginning.
#![deny(missing_docs)]

mod change;
pub mod condition;
mod flapping;
mod messages;
mod missing;
mod outcome;
pub mod rule_test;
mod samples;
mod state;
mod step;
mod timing;

pub use change::{Change, change};
pub use nexops_core::alert::rule::RuleDefinition;
pub use outcome::{Cancelled, Message, MessageKind, Outcome};
pub use state::{Acknowledgement, End, Flags, Flapping, Occurrence, Phase, State, Told};
pub use step::{Input, Muting, Poll, Queued, outranks, step};
pub use timing::{Down, FLAP_QUIET, FLAP_TRANSITIONS, FLAP_WINDOW, REOPEN_WINDOW, Sample, Setting, gap, settling};
