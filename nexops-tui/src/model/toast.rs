//! Messages that come and go: three at most, errors stay until they are dismissed.

use chrono::{DateTime, Duration, Utc};

/// How long a message stays.
const STAYS: Duration = Duration::seconds(4);
/// How many are shown at once.
const SHOWN: usize = 3;
/// How many are remembered.
const REMEMBERED: usize = 200;

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something is under way.
    Information,
    /// Something went well.
    Good,
    /// Something is worth a look.
    Warning,
    /// Something went wrong.
    Bad,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// How it is meant.
    pub tone: Tone,
    /// What it says.
    pub text: String,
    /// When it came.
    pub at: DateTime<Utc>,
}

/// The messages.
#[derive(Debug, Clone, Default)]
pub struct Toasts {
    said: Vec<Toast>,
    dismissed_until: usize,
}

impl Toasts {
    /// Says something.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>, at: DateTime<Utc>) {
        self.said.push(Toast { tone, text: text.into(), at });
        if self.said.len() > REMEMBERED {
            self.said.remove(0);
            self.dismissed_until = self.dismissed_until.saturating_sub(1);
        }
    }

    /// What is shown now, the newest last.
    #[must_use]
    pub fn shown(&self, now: DateTime<Utc>) -> Vec<&Toast> {
        let fresh =
            self.said[self.dismissed_until..].iter().filter(|toast| toast.tone == Tone::Bad || toast.at + STAYS > now);
        let fresh: Vec<&Toast> = fresh.collect();
        fresh[fresh.len().saturating_sub(SHOWN)..].to_vec()
    }

    /// Takes away what is shown; says whether anything was.
    pub fn dismiss(&mut self, now: DateTime<Utc>) -> bool {
        let any = !self.shown(now).is_empty();
        self.dismissed_until = self.said.len();
        any
    }

    /// When the next one goes by itself.
    #[must_use]
    pub fn changes_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.shown(now).iter().filter(|toast| toast.tone != Tone::Bad).map(|toast| toast.at + STAYS).min()
    }

    /// Everything that was said, the oldest first.
    #[must_use]
    pub fn all(&self) -> &[Toast] {
        &self.said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn good_news_goes_by_itself_and_bad_news_stays() {
        let mut toasts = Toasts::default();
        toasts.say(Tone::Good, "started", at(0));
        toasts.say(Tone::Bad, "failed", at(0));
        assert_eq!(toasts.shown(at(1)).len(), 2);
        assert_eq!(toasts.changes_at(at(1)), Some(at(4)));
        let later: Vec<_> = toasts.shown(at(60)).iter().map(|toast| toast.text.clone()).collect();
        assert_eq!(later, ["failed"]);
        assert!(toasts.dismiss(at(60)) && toasts.shown(at(60)).is_empty());
        assert_eq!(toasts.all().len(), 2);
    }

    #[test]
    fn no_more_than_three_are_shown_however_many_there_are() {
        let mut toasts = Toasts::default();
        for number in 0..500 {
            toasts.say(Tone::Bad, number.to_string(), at(number));
        }
        assert_eq!(toasts.shown(at(500)).len(), 3);
        assert_eq!(toasts.all().len(), REMEMBERED);
    }
}
