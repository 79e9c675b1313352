//! What comes and goes too often.

use chrono::{DateTime, Utc};

use crate::state::{Flapping, State};
use crate::timing::{FLAP_QUIET, FLAP_TRANSITIONS, FLAP_WINDOW};

/// Counts a change between firing and over.
pub(crate) fn count(state: &mut State, at: DateTime<Utc>) {
    state.transitions.retain(|earlier| at - *earlier < FLAP_WINDOW);
    state.transitions.push(at);
    match &mut state.flapping {
        Some(flapping) => flapping.last_transition = flapping.last_transition.max(at),
        None if state.transitions.len() >= FLAP_TRANSITIONS => {
            state.flapping = Some(Flapping { last_transition: at, announced: false });
        }
        None => {}
    }
}

/// Ends what has been quiet for long enough.
pub(crate) fn end(state: &mut State, now: DateTime<Utc>) {
    state.transitions.retain(|earlier| now - *earlier < FLAP_WINDOW);
    if state.flapping.is_some_and(|flapping| now - flapping.last_transition >= FLAP_QUIET) {
        state.flapping = None;
        state.transitions.clear();
    }
}
