//! Time as the evaluation sees it: clocks that are set, and times in which nobody evaluated.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use nexops_alerting::{Down, Setting, gap, settling};

use crate::db::evaluation::World;

/// A clock that goes on by so much more or less than it should was set.
const SMALLEST_STEP: TimeDelta = TimeDelta::seconds(5);

/// Compares the clock with a watch that nobody can set.
#[derive(Debug, Default)]
pub struct Clock {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    /// What both showed at the last run.
    anchor: Option<(Instant, DateTime<Utc>)>,
    /// By how much the clock was set since the last run that was written down.
    step: TimeDelta,
    /// When the evaluation began or went on.
    resumed_at: Option<DateTime<Utc>>,
}

impl Clock {
    /// Looks at both at the beginning of a run.
    pub fn begin(&self, watch: Instant, now: DateTime<Utc>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut step = TimeDelta::zero();
        if let Some((before, then)) = seen.anchor {
            let passed = TimeDelta::from_std(watch.saturating_duration_since(before)).unwrap_or_default();
            let off = now - then - passed;
            if off.abs() > SMALLEST_STEP {
                tracing::warn!(seconds = off.num_seconds(), "the clock was set; what is under way is moved along");
                step = off;
            }
        }
        // What a run that failed could not take in is still to be taken in.
        seen.step += step;
        seen.anchor = Some((watch, now));
        seen.resumed_at = Some(seen.resumed_at.map_or(now, |at| at + step));
    }

    /// A run was written down, and with it by how much the clock was set.
    pub fn written(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).step = TimeDelta::zero();
    }

    /// By how much the clock was set since the last run that was written down.
    #[must_use]
    pub fn step(&self) -> TimeDelta {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).step
    }

    /// Brings what is remembered into the present, and says whether samples have had the time to come since the
    /// evaluation began or went on.
    pub fn look(&self, world: &mut World, setting: Setting) -> bool {
        let Setting { now, interval } = setting;
        let World { states, last_run, step, .. } = world;
        let last_run = *last_run;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // A run that lies ahead was made before the clock was set back while nothing ran.
        let back = last_run.map_or(TimeDelta::zero(), |last| (now - last).min(TimeDelta::zero()));
        let by = *step + back;
        if !by.is_zero() {
            states.values_mut().for_each(|state| state.shift(by));
        }
        if let Some(last_run) = last_run.filter(|last| now - *last > gap(interval)) {
            states.values_mut().for_each(|state| state.was_down(Down { from: last_run, to: now }));
            seen.resumed_at = Some(now);
        }
        seen.resumed_at.is_none_or(|at| now - at >= settling(interval))
    }
}
