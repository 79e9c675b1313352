//! Samples that wait in memory for a database that is away.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::series::Sample;

/// How long samples wait. After that the database has been away for so long that Proxmox's own history has to fill the
/// gap.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(10);
/// Samples that wait at most, 40 bytes each: ten minutes of 10,000 guests.
const MOST_SAMPLES: usize = 800_000;

/// Samples in the order in which they were taken, one batch for each collection.
#[derive(Debug, Default)]
pub struct Backlog {
    batches: VecDeque<Batch>,
    dropped: usize,
}

#[derive(Debug)]
struct Batch {
    at: DateTime<Utc>,
    samples: Vec<Sample>,
}

impl Backlog {
    /// Adds what was collected at a time. The oldest batches go when they have waited too long, or there are too many.
    pub fn push(&mut self, at: DateTime<Utc>, samples: Vec<Sample>) {
        self.batches.push_back(Batch { at, samples });
        while self.batches.len() > 1
            && (self.batches.front().is_some_and(|batch| batch.at < at - LONGEST_WAIT) || self.samples() > MOST_SAMPLES)
        {
            self.dropped += self.batches.pop_front().map_or(0, |batch| batch.samples.len());
        }
    }

    /// The batch that has waited longest.
    #[must_use]
    pub fn first(&self) -> Option<&[Sample]> {
        self.batches.front().map(|batch| batch.samples.as_slice())
    }

    /// When that was collected.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.batches.front().map(|batch| batch.at)
    }

    /// Takes the batch away that has waited longest: it is written down.
    pub fn written(&mut self) {
        self.batches.pop_front();
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.dropped += self.samples();
        self.batches.clear();
    }

    /// How many samples wait.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.batches.iter().map(|batch| batch.samples.len()).sum()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// How many samples had to go since the last time this was asked.
    pub fn take_dropped(&mut self) -> usize {
        std::mem::take(&mut self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use nexops_core::metric::{Metric, SourceType};
    use uuid::Uuid;

    use super::*;

    fn batch(at: DateTime<Utc>, count: usize) -> Vec<Sample> {
        let sample =
            Sample { source_id: Uuid::nil(), source_type: SourceType::Vm, metric: Metric::CpuUsage, at, value: 1.0 };
        vec![sample; count]
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn ten_minutes_wait_and_what_is_older_is_dropped_and_counted() {
        let mut backlog = Backlog::default();
        for round in 0..=25 {
            backlog.push(at(30 * round), batch(at(30 * round), 7));
        }
        assert_eq!((backlog.samples(), backlog.since()), (21 * 7, Some(at(150))));
        assert_eq!((backlog.take_dropped(), backlog.take_dropped()), (5 * 7, 0));
    }

    #[test]
    fn there_is_an_end_to_how_many_wait() {
        let mut backlog = Backlog::default();
        for second in 0..9 {
            backlog.push(at(second), batch(at(second), 100_000));
        }
        assert_eq!((backlog.samples(), backlog.take_dropped()), (800_000, 100_000));
    }

    #[test]
    fn batches_leave_in_the_order_in_which_they_came() {
        let mut backlog = Backlog::default();
        backlog.push(at(0), batch(at(0), 1));
        backlog.push(at(30), batch(at(30), 2));
        assert_eq!(backlog.first().map(<[Sample]>::len), Some(1));
        backlog.written();
        assert_eq!((backlog.first().map(<[Sample]>::len), backlog.is_empty()), (Some(2), false));
        backlog.written();
        assert!(backlog.is_empty() && backlog.first().is_none());
    }
}
