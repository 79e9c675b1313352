//! Whether the daemon is there, and when it is tried again.

use chrono::{DateTime, Duration, Utc};

/// The pauses between two tries, in seconds.
const PAUSES: [i64; 5] = [1, 2, 4, 8, 15];

/// Whether the daemon is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Nothing came yet.
    Connecting,
    /// It answers.
    Live {
        /// Since when it tells by itself what happens; `None` while it does not.
        stream: Option<DateTime<Utc>>,
    },
    /// It does not answer.
    Down {
        /// Why.
        reason: String,
        /// Since when.
        since: DateTime<Utc>,
        /// When it is tried again.
        retry_at: DateTime<Utc>,
        /// How often it was tried in vain.
        attempts: usize,
    },
    /// It wants a token.
    Unauthorized,
}

impl Link {
    /// The daemon answered.
    pub fn up(&mut self) {
        match self {
            Self::Live { .. } => {}
            Self::Connecting | Self::Down { .. } | Self::Unauthorized => *self = Self::Live { stream: None },
        }
    }

    /// The daemon did not answer.
    pub fn down(&mut self, reason: &str, now: DateTime<Utc>) {
        let (since, attempts) = match self {
            // Several answers may be awaited when it goes; they count once.
            Self::Down { retry_at, .. } if *retry_at > now => return,
            Self::Down { since, attempts, .. } => (*since, *attempts + 1),
            Self::Connecting | Self::Live { .. } | Self::Unauthorized => (now, 0),
        };
        let pause = PAUSES[attempts.min(PAUSES.len() - 1)];
        *self = Self::Down { reason: reason.to_owned(), since, retry_at: now + Duration::seconds(pause), attempts };
    }

    /// Whether questions may be asked now.
    #[must_use]
    pub fn allows_asking(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Connecting | Self::Live { .. } => true,
            Self::Down { retry_at, .. } => *retry_at <= now,
            Self::Unauthorized => false,
        }
    }

    /// The stream of what the daemon tells came about, or broke.
    pub fn streams(&mut self, comes: bool, now: DateTime<Utc>) {
        match self {
            Self::Live { stream } => *stream = comes.then_some(now),
            // The stream is opened by an answer of its own.
            Self::Connecting | Self::Down { .. } | Self::Unauthorized if comes => {
                *self = Self::Live { stream: Some(now) }
            }
            Self::Connecting | Self::Down { .. } | Self::Unauthorized => {}
        }
    }

    /// Since when the daemon tells by itself what happens; `None` while it does not.
    #[must_use]
    pub fn streaming_since(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Live { stream } => *stream,
            Self::Connecting | Self::Down { .. } | Self::Unauthorized => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_fifteen_seconds_and_no_further() {
        let mut now = DateTime::UNIX_EPOCH;
        let mut link = Link::Live { stream: Some(DateTime::UNIX_EPOCH) };
        let mut pauses = Vec::new();
        for _ in 0..7 {
            link.down("gone", now);
            let Link::Down { retry_at, since, .. } = &link else { panic!("{link:?}") };
            assert_eq!(*since, DateTime::UNIX_EPOCH);
            pauses.push((*retry_at - now).num_seconds());
            now = *retry_at;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 15, 15, 15]);
        link.up();
        assert_eq!(link, Link::Live { stream: None });
    }

    #[test]
    fn several_failures_at_once_count_once() {
        let now = DateTime::UNIX_EPOCH;
        let mut link = Link::Connecting;
        link.down("a", now);
        link.down("b", now);
        assert!(matches!(link, Link::Down { attempts: 0, .. }));
    }
}
