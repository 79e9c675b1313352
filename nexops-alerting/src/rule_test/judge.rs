//! Compares what happened with what was expected.

use super::file::{ExpectedEvent, Key, Test};
use super::time::Millis;
use super::world::Sent;

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The test's name.
    pub name: String,
    /// What was not as expected; nothing when it passed.
    pub failures: Vec<Failure>,
}

impl Verdict {
    /// Whether everything was as expected.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Something that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was expected, and what happened.
    pub message: String,
    /// What happened up to then, one line for each; empty where it would not help.
    pub timeline: Vec<String>,
}

/// A difference between the messages that were expected and those that were sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// When.
    pub at: Millis,
    /// Of what.
    pub key: Key,
    /// The difference in words.
    pub message: String,
}

/// Compares messages: those of one time are a set.
pub fn compare(test: &Test, expected: &[ExpectedEvent], sent: &[Sent]) -> Vec<Difference> {
    let mut open: Vec<Option<&Sent>> = sent.iter().map(Some).collect();
    let mut differences = Vec::new();
    // Those that say more take their match first.
    let (precise, loose): (Vec<_>, Vec<_>) = expected.iter().partition(|event| event.reason.is_some());
    for event in precise.into_iter().chain(loose) {
        let found = open.iter_mut().find(|sent| sent.is_some_and(|sent| matches(event, sent)));
        match found {
            Some(found) => *found = None,
            None => differences.push(Difference {
                at: event.at,
                key: event.key,
                message: format!("at {} expected {}, which was not sent", event.at, describe_expected(test, event)),
            }),
        }
    }
    differences.extend(open.into_iter().flatten().map(|sent| Difference {
        at: sent.at,
        key: sent.key,
        message: format!("at {} {} was sent, which was not expected", sent.at, describe(test, sent)),
    }));
    differences.sort_by_key(|difference| difference.at);
    differences
}

fn matches(expected: &ExpectedEvent, sent: &Sent) -> bool {
    let ExpectedEvent { at, key, kind, channel, reason } = expected;
    *at == sent.at
        && *key == sent.key
        && *kind == sent.kind
        && *channel == sent.channel
        && reason.is_none_or(|reason| sent.resolution == Some(reason))
}

fn describe_expected(test: &Test, event: &ExpectedEvent) -> String {
    let reason = event.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}{reason} of {} through {}", event.kind, label(test, event.key), event.channel)
}

/// A message in words.
pub fn describe(test: &Test, sent: &Sent) -> String {
    let reason = sent.resolution.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}{reason} of {} through {}", sent.kind, label(test, sent.key), sent.channel)
}

/// A rule and a source in words.
pub fn label(test: &Test, key: Key) -> String {
    let rule = test.rules.get(key.rule).map_or("?", |rule| rule.definition.name.as_str());
    let sources = super::decode::sources(&test.series);
    let source = sources.get(key.source).map_or("?", |source| source.name.as_str());
    format!("{rule} for {source}")
}
