//! Times and spans of the evaluation.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// Within this time of its end, an alert that recovered is opened again instead of a new one being raised. For as long
/// the end of an acknowledged alert is not told.
pub const REOPEN_WINDOW: Duration = Duration::minutes(10);
/// So many changes between firing and over within [`FLAP_WINDOW`] are flapping.
pub const FLAP_TRANSITIONS: usize = 5;
/// The time in which they are counted.
pub const FLAP_WINDOW: Duration = Duration::minutes(10);
/// Flapping ends after so long without a change.
pub const FLAP_QUIET: Duration = Duration::minutes(15);
/// After a longer time without evaluation nothing can be said about what was pending.
const LONGEST_BRIDGED: Duration = Duration::hours(1);
/// A sample that is further ahead than this is not believed.
pub(crate) const FUTURE: Duration = Duration::seconds(60);

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// The figure.
    pub value: f64,
}

/// The time of an evaluation, and how often samples are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Now.
    pub now: DateTime<Utc>,
    /// The time between two samples.
    pub interval: Duration,
}

/// The longest time between two samples of an unbroken run.
#[must_use]
pub fn gap(interval: Duration) -> Duration {
    (interval * 3).max(Duration::seconds(90))
}

/// How long after a start, or after the recovery of a node, nothing is concluded from what is not there yet.
#[must_use]
pub fn settling(interval: Duration) -> Duration {
    interval * 2
}

/// A time during which nothing was evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down {
    /// When the evaluation stopped.
    pub from: DateTime<Utc>,
    /// When it went on.
    pub to: DateTime<Utc>,
}

impl Down {
    fn overlap(self, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        (self.to.min(to) - self.from.max(from)).max(Duration::zero())
    }

    pub(crate) fn is_bridged(self) -> bool {
        self.to - self.from <= LONGEST_BRIDGED
    }
}

/// How much of a time nobody was looking.
pub(crate) fn unobserved(downs: &[Down], from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    downs.iter().fold(Duration::zero(), |sum, down| sum + down.overlap(from, to))
}

/// How the time between two samples of a run is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Between {
    /// The run goes on; what began it counts as later by this much, which nobody observed.
    Bridged(Duration),
    /// Too long: the run is broken.
    Broken,
}

/// Looks at the time between two samples, or between the last sample and now.
pub(crate) fn between(downs: &[Down], from: DateTime<Utc>, to: DateTime<Utc>, gap: Duration) -> Between {
    let raw = to - from;
    if raw <= gap {
        return Between::Bridged(Duration::zero());
    }
    let short = downs.iter().filter(|down| down.is_bridged());
    let unseen = short.fold(Duration::zero(), |sum, down| sum + down.overlap(from, to));
    if raw - unseen <= gap { Between::Bridged(unseen) } else { Between::Broken }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_gap_is_three_intervals_and_never_less_than_ninety_seconds() {
        assert_eq!(gap(Duration::seconds(10)), Duration::seconds(90));
        assert_eq!(gap(Duration::seconds(30)), Duration::seconds(90));
        assert_eq!(gap(Duration::seconds(60)), Duration::seconds(180));
    }

    #[test]
    fn time_without_evaluation_is_taken_out_only_where_it_breaks_the_run() {
        let gap = Duration::seconds(90);
        let downs = [Down { from: at(61), to: at(301) }];
        assert_eq!(between(&downs, at(60), at(330), gap), Between::Bridged(Duration::seconds(240)));
        assert_eq!(between(&downs, at(60), at(150), gap), Between::Bridged(Duration::zero()));
        assert_eq!(between(&downs, at(60), at(391), gap), Between::Broken);
        let hour = [Down { from: at(0), to: at(3600) }];
        assert_eq!(between(&hour, at(0), at(3630), gap), Between::Bridged(Duration::seconds(3600)));
        let longer = [Down { from: at(0), to: at(3601) }];
        assert_eq!(between(&longer, at(0), at(3630), gap), Between::Broken);
    }
}
