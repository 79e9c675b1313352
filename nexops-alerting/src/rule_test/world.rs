//! The world of a test: rules, sources, channels and a clock, as the evaluator would meet them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use nexops_core::alert::Resolution;
use nexops_core::id::AlertId;
use uuid::Uuid;

use super::decode;
use super::file::{Flag, Key, StateWord, Test};
use super::rules::Rule;
use super::series::Source;
use super::step::Targets;
use super::time::Millis;
use super::timeline::Timeline;
use crate::outcome::{MessageKind, Outcome};
use crate::state::{Phase, State, Told};
use crate::step::{Muting, Poll};
use crate::timing::Setting;

/// When a test begins, for whoever reads the times: it makes no difference.
const BEGINNING: i64 = 1_767_225_600_000;

/// A message that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// When.
    pub at: Millis,
    /// Of what.
    pub key: Key,
    /// What it says.
    pub kind: MessageKind,
    /// Through which channel.
    pub channel: String,
    /// How the alert ended, where it tells of that.
    pub resolution: Option<Resolution>,
    alert: AlertId,
    number: u32,
}

/// A rule as it is now.
#[derive(Debug)]
pub struct RuleNow {
    /// What it says.
    pub rule: Rule,
    /// Whether it is gone.
    pub deleted: bool,
}

/// A source as it is now.
#[derive(Debug)]
pub struct SourceNow {
    /// Which it is.
    pub source: Source,
    /// What a look at the cluster says of it.
    pub poll: Poll,
    /// The node it is on, where a step said so.
    pub node: Option<String>,
    /// How many looks in a row found it off or gone.
    pub absences: u8,
    /// When it was found again.
    pub back_at: Option<Millis>,
}

/// Alerts that are not sent for a while.
#[derive(Debug)]
pub struct SilenceNow {
    /// Which.
    pub targets: Targets,
    /// From when.
    pub from: Millis,
    /// Until when; not at that time any more.
    pub to: Millis,
}

/// Everything.
#[derive(Debug)]
pub struct World<'a> {
    /// The test.
    pub test: &'a Test,
    /// The spacing of evaluations.
    pub interval: Millis,
    /// The true time.
    pub now: Millis,
    /// By how much the daemon's clock is ahead of the true time.
    pub ahead: Millis,
    /// The rules.
    pub rules: Vec<RuleNow>,
    /// The sources.
    pub sources: Vec<SourceNow>,
    /// Where the evaluation of each rule stands for each source.
    pub states: BTreeMap<Key, State>,
    /// The silences.
    pub silences: Vec<SilenceNow>,
    /// What was sent, or has got through where channels can be down.
    pub sent: Vec<Sent>,
    waiting: Vec<Sent>,
    down: BTreeSet<String>,
    /// The alerts that were raised.
    pub alerts: BTreeSet<AlertId>,
    /// How many ids were given.
    pub ids: u128,
    /// What happened.
    pub timeline: Timeline,
}

impl<'a> World<'a> {
    /// The world at the beginning of a test.
    pub fn new(test: &'a Test, interval: Millis) -> Self {
        let source = |source| SourceNow { source, poll: Poll::Present, node: None, absences: 0, back_at: None };
        Self {
            test,
            interval,
            now: Millis(0),
            ahead: Millis(0),
            rules: test.rules.iter().map(|rule| RuleNow { rule: rule.clone(), deleted: false }).collect(),
            sources: decode::sources(&test.series).into_iter().map(source).collect(),
            states: BTreeMap::new(),
            silences: Vec::new(),
            sent: Vec::new(),
            waiting: Vec::new(),
            down: BTreeSet::new(),
            alerts: BTreeSet::new(),
            ids: 0,
            timeline: Timeline::default(),
        }
    }

    /// What the daemon's clock shows at a true time.
    pub fn clock(&self, at: Millis) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(BEGINNING + at.0 + self.ahead.0).unwrap_or_default()
    }

    /// The setting of an evaluation now.
    pub fn setting(&self) -> Setting {
        Setting { now: self.clock(self.now), interval: self.interval.span() }
    }

    /// Every rule and source that belong together, the most severe rules first.
    pub fn keys(&self) -> Vec<Key> {
        let all =
            (0..self.rules.len()).flat_map(|rule| (0..self.sources.len()).map(move |source| Key { rule, source }));
        let mut keys: Vec<Key> = all.filter(|key| self.concerns(*key)).collect();
        keys.sort_by_key(|key| std::cmp::Reverse(self.rules[key.rule].rule.definition.severity));
        keys
    }

    /// Whether a rule is in the world and about a source.
    pub fn concerns(&self, key: Key) -> bool {
        let RuleNow { rule, deleted } = &self.rules[key.rule];
        let source = &self.sources[key.source].source;
        let metric = rule.definition.metric_name;
        !deleted
            && rule.concerns(source)
            && self.test.series.iter().any(|series| series.source == *source && series.metric == metric)
    }

    /// What keeps messages back now.
    pub fn muting(&self, key: Key) -> Muting {
        let silenced = self.silences.iter().any(|silence| {
            silence.targets.rule.is_none_or(|rule| rule == key.rule)
                && silence.targets.source.is_none_or(|source| source == key.source)
                && silence.from <= self.now
                && self.now < silence.to
        });
        Muting { silenced, inhibited: self.node_explains(key.source), reminders_inhibited: self.is_outranked(key) }
    }

    fn node_explains(&self, source: usize) -> bool {
        let Some(node) = &self.sources[source].node else { return false };
        let name = format!("node/{node}");
        let settling = Millis(2 * self.interval.0);
        self.sources
            .iter()
            .filter(|other| other.source.name == name)
            .any(|node| node.absences >= 2 || node.back_at.is_some_and(|back| self.now.0 < back.0 + settling.0))
    }

    fn is_outranked(&self, key: Key) -> bool {
        let rule = &self.rules[key.rule].rule.definition;
        (0..self.rules.len()).map(|rule| Key { rule, source: key.source }).any(|other| {
            let worse = &self.rules[other.rule].rule.definition;
            self.states.get(&other).is_some_and(|state| crate::outranks(worse, state, rule))
        })
    }

    /// Replaces what is remembered of a key, and takes over what came of it.
    pub fn store(&mut self, key: Key, before: Phase, state: State, outcome: Outcome) {
        if state.phase != before {
            let word = word(&state).as_str();
            self.timeline.note(self.now, Some(key), format!("state {word}"));
        }
        self.states.insert(key, state);
        self.alerts.extend(outcome.alerts.iter().map(|alert| alert.id));
        for message in outcome.messages {
            let sent = Sent {
                at: self.now,
                key,
                kind: message.kind,
                channel: message.channel,
                resolution: message.resolution,
                alert: message.alert,
                number: message.number,
            };
            if self.down.contains(&sent.channel) {
                self.timeline.note(self.now, Some(key), format!("{} waits, for {} is down", sent.kind, sent.channel));
                self.waiting.push(sent);
            } else {
                self.deliver(sent);
            }
        }
        for cancelled in outcome.cancelled {
            self.timeline.note(self.now, Some(key), format!("nothing is left to tell {}", cancelled.channel));
            self.waiting.retain(|sent| {
                (sent.alert, sent.number, &sent.channel) != (cancelled.alert, cancelled.number, &cancelled.channel)
            });
        }
    }

    fn deliver(&mut self, sent: Sent) {
        let text = match sent.resolution {
            Some(reason) => format!("{} ({reason}) sent through {}", sent.kind, sent.channel),
            None => format!("{} sent through {}", sent.kind, sent.channel),
        };
        self.timeline.note(self.now, Some(sent.key), text);
        self.sent.push(sent);
    }

    /// Whether a message waits to be sent.
    pub fn is_waiting(waiting: &[(String, AlertId, u32)], channel: &str, told: &Told) -> bool {
        waiting.iter().any(|(name, alert, number)| name == channel && *alert == told.alert && *number == told.message)
    }

    /// The messages that wait.
    pub fn waiting(&self) -> Vec<(String, AlertId, u32)> {
        self.waiting.iter().map(|sent| (sent.channel.clone(), sent.alert, sent.number)).collect()
    }

    /// Nothing gets through a channel any more.
    pub fn close_channel(&mut self, channel: &str) {
        self.down.insert(channel.to_owned());
    }

    /// Messages get through a channel again, first of all those that waited.
    pub fn open_channel(&mut self, channel: &str) {
        self.down.remove(channel);
        let (due, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|sent| sent.channel == channel);
        self.waiting = waiting;
        let due: Vec<Sent> = due;
        for sent in due {
            self.deliver(Sent { at: self.now, ..sent });
        }
    }

    /// How things stand for a key: the state, and whether a flag is set.
    pub fn standing(&self, key: Key, running: bool) -> (StateWord, impl Fn(Flag) -> bool) {
        let state = self.states.get(&key).cloned().unwrap_or_default();
        let muting = if running { Some(self.muting(key)) } else { None };
        let gap = crate::timing::gap(self.interval.span());
        let now = self.clock(self.now);
        (word(&state), move |flag| match flag {
            Flag::Stale if running => state.last.is_some_and(|last| now - last.at > gap),
            Flag::Stale => state.flags.stale,
            Flag::Acknowledged => state.is_acknowledged(),
            Flag::Silenced => muting.map_or(state.flags.silenced, |muting| muting.silenced),
            Flag::Inhibited => {
                muting.map_or(state.flags.inhibited, |muting| muting.inhibited || muting.reminders_inhibited)
            }
            Flag::Flapping => state.is_flapping(),
        })
    }
}

/// The word for where the evaluation stands.
pub fn word(state: &State) -> StateWord {
    match state.phase {
        Phase::Ok => StateWord::Ok,
        Phase::Pending { .. } => StateWord::Pending,
        Phase::Firing { .. } => StateWord::Firing,
        Phase::Recovering { .. } => StateWord::Recovering,
        Phase::NoData { .. } => StateWord::NoData,
    }
}

/// The next id: they only have to differ.
pub fn next_id(ids: &mut u128) -> AlertId {
    *ids += 1;
    AlertId(Uuid::from_u128(*ids))
}
