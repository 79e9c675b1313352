//! Time as the simulator sees it: a wall clock that never steps back.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Moment(f64);

impl Moment {
    pub(crate) fn at(seconds: f64) -> Self {
        Self(seconds)
    }

    pub(crate) fn plus(self, seconds: f64) -> Self {
        Self(self.0 + seconds)
    }

    /// Seconds from `earlier` until this moment.
    pub(crate) fn since(self, earlier: Self) -> f64 {
        self.0 - earlier.0
    }

    pub(crate) fn seconds(self) -> f64 {
        self.0
    }

    /// Whole seconds since 1970, as Proxmox VE writes times.
    pub(crate) fn epoch(self) -> u64 {
        self.0.max(0.0) as u64
    }

    /// A key that sorts as the moments do (positive floats order like their bits).
    pub(crate) fn sort_key(self) -> u64 {
        self.0.max(0.0).to_bits()
    }
}

/// Reads the monotonic clock and tells wall-clock time, so counters never go backwards under NTP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    origin_epoch: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now(), origin_epoch: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment((self.origin_epoch + self.origin.elapsed()).as_secs_f64())
    }
}
