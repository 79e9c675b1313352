//! What the daemon told, together with how old it is: a value cannot be had without its age.

use chrono::{DateTime, Utc};

use crate::failure::Failure;

/// Something that was asked of the daemon.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote<T> {
    value: Option<Seen<T>>,
    failure: Option<Failure>,
    asked: Option<u64>,
    generation: u64,
    /// The value is known to be out of date.
    expired: bool,
    /// When it was asked for in vain, since the last answer.
    refused_at: Option<DateTime<Utc>>,
}

/// How long it is left alone after it was asked for in vain.
const PAUSE: chrono::Duration = chrono::Duration::seconds(5);

/// A value and when the daemon gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<T> {
    /// The value.
    pub value: T,
    /// When it came.
    pub at: DateTime<Utc>,
}

/// What there is to show.
#[derive(Debug)]
pub enum View<'a, T> {
    /// Nothing was asked yet, or the first answer is awaited.
    Loading,
    /// A value; beside it, why a newer one could not be had.
    Ready(&'a Seen<T>, Option<&'a Failure>),
    /// No value, and why.
    Failed(&'a Failure),
}

impl<T> Default for Remote<T> {
    fn default() -> Self {
        Self { value: None, failure: None, asked: None, generation: 0, expired: false, refused_at: None }
    }
}

impl<T> Remote<T> {
    /// What there is to show.
    #[must_use]
    pub fn view(&self) -> View<'_, T> {
        match (&self.value, &self.failure) {
            (Some(seen), failure) => View::Ready(seen, failure.as_ref()),
            (None, Some(failure)) => View::Failed(failure),
            (None, None) => View::Loading,
        }
    }

    /// The value with its age, if there is one.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen<T>> {
        self.value.as_ref()
    }

    /// Notes that it is being asked for, and gives the generation that the answer will carry.
    pub fn ask(&mut self) -> u64 {
        self.generation += 1;
        self.asked = Some(self.generation);
        self.expired = false;
        self.generation
    }

    /// Takes an answer. One to an older question than the last is dropped; says whether it was taken.
    pub fn answer(&mut self, generation: u64, result: Result<T, Failure>, now: DateTime<Utc>) -> bool {
        if self.asked != Some(generation) {
            return false;
        }
        self.asked = None;
        match result {
            Ok(value) => {
                self.value = Some(Seen { value, at: now });
                self.failure = None;
                self.refused_at = None;
            }
            Err(failure) => {
                self.failure = Some(failure);
                self.refused_at = Some(now);
            }
        }
        true
    }

    /// Whether an answer is awaited.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// When it is due to be asked again; `None` while an answer is awaited.
    #[must_use]
    pub fn due(&self, every: chrono::Duration) -> Option<DateTime<Utc>> {
        if self.asked.is_some() {
            return None;
        }
        let seen = self.value.as_ref().filter(|_| !self.expired);
        let due = seen.map_or(DateTime::UNIX_EPOCH, |seen| seen.at + every);
        Some(self.refused_at.map_or(due, |at| due.max(at + PAUSE)))
    }

    /// Forgets the value. An answer that is awaited comes too late to count.
    pub fn forget(&mut self) {
        *self = Self { generation: self.generation, ..Self::default() };
    }

    /// Makes it due now; an answer that is awaited comes too late to count.
    pub fn invalidate(&mut self) {
        self.asked = None;
        self.expired = true;
        self.refused_at = None;
    }
}

impl<T> Remote<T> {
    /// Changes the value by what the daemon told of it. An answer that is awaited may be older than that: it is dropped
    /// and asked for anew.
    pub fn amend(&mut self, change: impl FnOnce(&mut T)) {
        if let Some(seen) = &mut self.value {
            change(&mut seen.value);
        }
        if self.asked.is_some() {
            self.invalidate();
        }
    }
}

/// Something that is asked of the daemon, whatever its value is.
pub trait Asked {
    /// As [`Remote::ask`].
    fn ask(&mut self) -> u64;

    /// As [`Remote::invalidate`].
    fn invalidate(&mut self);

    /// As [`Remote::due`].
    fn due(&self, every: chrono::Duration) -> Option<DateTime<Utc>>;

    /// When the value came; `None` where there is none.
    fn seen_at(&self) -> Option<DateTime<Utc>>;
}

impl<T> Asked for Remote<T> {
    fn ask(&mut self) -> u64 {
        self.ask()
    }

    fn invalidate(&mut self) {
        self.invalidate();
    }

    fn due(&self, every: chrono::Duration) -> Option<DateTime<Utc>> {
        self.due(every)
    }

    fn seen_at(&self) -> Option<DateTime<Utc>> {
        self.seen().map(|seen| seen.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn an_answer_to_an_older_question_is_dropped() {
        let mut remote = Remote::default();
        let first = remote.ask();
        let second = remote.ask();
        assert!(!remote.answer(first, Ok(1), at(2)));
        assert!(remote.answer(second, Ok(2), at(2)));
        assert!(matches!(remote.view(), View::Ready(seen, None) if seen.value == 2));
    }

    #[test]
    fn what_the_daemon_told_is_not_undone_by_an_answer_from_before() {
        let mut remote = Remote::default();
        let generation = remote.ask();
        remote.answer(generation, Ok(1), at(0));
        let generation = remote.ask();
        remote.amend(|value| *value = 2);
        assert!(!remote.answer(generation, Ok(1), at(1)));
        assert_eq!(remote.seen().map(|seen| seen.value), Some(2));
        assert_eq!(remote.due(chrono::Duration::hours(1)), Some(DateTime::UNIX_EPOCH));
    }

    #[test]
    fn what_was_refused_is_not_asked_for_again_at_once() {
        let mut remote = Remote::<u8>::default();
        let generation = remote.ask();
        remote.answer(generation, Err(Failure::unreachable("gone")), at(60));
        assert_eq!(remote.due(chrono::Duration::zero()), Some(at(65)));
        remote.invalidate();
        assert_eq!(remote.due(chrono::Duration::zero()), Some(DateTime::UNIX_EPOCH));
    }

    #[test]
    fn a_failure_keeps_the_last_value() {
        let mut remote = Remote::default();
        let generation = remote.ask();
        remote.answer(generation, Ok(1), at(0));
        let generation = remote.ask();
        remote.answer(generation, Err(Failure::unreachable("gone")), at(6));
        assert!(matches!(remote.view(), View::Ready(seen, Some(_)) if seen.value == 1 && seen.at == at(0)));
    }
}
