//! One evaluation of every rule for every source.

use std::collections::{BTreeMap, HashMap, HashSet};

use nexops_alerting::condition::breaches;
use nexops_alerting::{
    Change, Input, Message, MessageKind, Muting, Outcome, Poll, RuleDefinition, Sample, Setting, State, change,
    settling, step,
};
use nexops_core::alert::rule::OnMissing;
use nexops_core::alert::{Alert, AlertSource, Severity};
use nexops_core::id::{AlertId, RuleId};
use nexops_core::metric::Metric;
use nexops_core::notification::DeliveryEvent;
use uuid::Uuid;

use super::own::{self, Own};
use super::words::{self, Subject};
use crate::db::evaluation::{Done, Key, Notice, Series, Source, World, scope};

/// An evaluation at work.
pub struct Tick<'a> {
    world: &'a World,
    setting: Setting,
    settled: bool,
    sources: HashMap<(AlertSource, Uuid), &'a Source>,
    states: HashMap<Key, State>,
    guests: HashMap<Uuid, u32>,
    /// Nodes that explain what is wrong with their guests.
    dark: HashSet<Uuid>,
    /// The worst open alert about a figure.
    worst: HashMap<(Uuid, Metric), Severity>,
    done: Done,
}

impl<'a> Tick<'a> {
    /// Begins an evaluation.
    pub fn new(world: &'a World, setting: Setting, settled: bool) -> Self {
        let mut guests = HashMap::new();
        for source in world.sources.iter().filter(|source| source.kind == AlertSource::Vm) {
            if let Some((node, _)) = &source.node {
                *guests.entry(*node).or_default() += 1;
            }
        }
        Self {
            world,
            setting,
            settled,
            sources: world.sources.iter().map(|source| ((source.kind, source.id), source)).collect(),
            states: world.states.clone(),
            guests,
            dark: HashSet::new(),
            worst: HashMap::new(),
            done: Done::default(),
        }
    }

    /// What came of it.
    pub fn finish(self) -> Done {
        self.done
    }

    /// Judges what is under way anew where its rule was changed or deleted.
    pub fn follow_changes_of_rules(&mut self) {
        for (id, before) in &self.world.before {
            let now = self.world.rules.get(id);
            if now == Some(before) {
                continue;
            }
            let keys: Vec<Key> = self.states.keys().filter(|key| key.rule == *id).copied().collect();
            for key in keys {
                let (rule, what) = match now {
                    Some(rule) => (rule, Change::Edited { before, concerns: concerns(rule, key) }),
                    None => (before, Change::Deleted),
                };
                self.change(key, rule, what);
            }
        }
    }

    /// Takes in what is no sample.
    pub fn change(&mut self, key: Key, rule: &RuleDefinition, what: Change<'_>) {
        let state = self.states.remove(&key).unwrap_or_default();
        let muting = self.muting(key, rule);
        let (next, outcome) = change(rule, state.clone(), what, muting, self.setting, &|_, _| false);
        self.keep(key, rule, &state, next, outcome);
    }

    /// Judges nodes, connections and channels by NexOps' own rules.
    pub fn judge_own_rules(&mut self) {
        let enabled: Vec<&Source> = self
            .world
            .sources
            .iter()
            .filter(|source| source.kind == AlertSource::Channel && source.poll != Some(Poll::Gone))
            .collect();
        for own in own::ALL {
            for source in self.world.sources.iter().filter(|source| source.kind == own.source) {
                let key = Key { rule: own.id(), kind: source.kind, source: source.id };
                if source.trouble.is_none() && !self.states.contains_key(&key) {
                    continue;
                }
                // A channel that does not deliver cannot tell so.
                let channels = enabled.iter().filter(|channel| channel.id != source.id);
                let rule = own.definition(channels.map(|channel| channel.name.clone()).collect());
                let value = if source.trouble.is_some() { 1.0 } else { 0.0 };
                // What is known of a node through a connection that does not answer is old.
                let is_known = own.source != AlertSource::Node || source.poll.is_some();
                let samples = [Sample { at: self.setting.now, value }];
                self.judge(key, &rule, if is_known { &samples } else { &[] }, source.poll);
            }
            let is_lost = |key: &&Key| key.rule == own.id() && !self.exists(**key);
            let lost: Vec<Key> = self.states.keys().filter(is_lost).copied().collect();
            for key in lost {
                self.judge(key, &own.definition(Vec::new()), &[], Some(Poll::Gone));
            }
            if own.source == AlertSource::Node {
                self.note_dark_nodes(own);
            }
        }
    }

    fn note_dark_nodes(&mut self, own: Own) {
        let (now, settling) = (self.setting.now, settling(self.setting.interval));
        let is_dark = |state: &State| {
            state.occurrence.as_ref().is_some_and(|alert| alert.end.as_ref().is_none_or(|end| now - end.at < settling))
        };
        let of_nodes = self.states.iter().filter(|(key, state)| key.rule == own.id() && is_dark(state));
        self.dark = of_nodes.map(|(key, _)| key.source).collect();
        // Until it is known whether the node is really gone, its guests wait too.
        let suspected = self.world.sources.iter().filter(|source| source.kind == AlertSource::Node);
        self.dark.extend(suspected.filter(|node| node.trouble.is_some()).map(|node| node.id));
    }

    /// Judges by everybody's rules, the most severe first.
    pub fn judge_rules(&mut self) {
        let mut rules: Vec<(&RuleId, &RuleDefinition)> = self.world.rules.iter().collect();
        rules.sort_by_key(|(id, rule)| (std::cmp::Reverse(rule.severity), **id));
        let mut series: HashMap<Metric, Vec<&Series>> = HashMap::new();
        for one in &self.world.series {
            series.entry(one.metric).or_default().push(one);
        }
        for (id, rule) in rules {
            let mut judged: HashSet<Key> = HashSet::new();
            for series in series.get(&rule.metric_name).into_iter().flatten().filter(|_| rule.enabled) {
                let key = Key { rule: *id, kind: series.kind.into(), source: series.source };
                // Of what is gone samples are left over; what is under way there is closed below.
                if concerns(rule, key) && self.exists(key) {
                    self.judge_series(key, rule, series.id);
                    judged.insert(key);
                }
            }
            // What is under way without any series left, or of a rule that is not in force.
            let rest: Vec<Key> =
                self.states.keys().filter(|key| key.rule == *id && !judged.contains(key)).copied().collect();
            for key in rest {
                let poll = self.poll(key).or_else(|| (!self.exists(key)).then_some(Poll::Gone));
                self.judge(key, rule, &[], poll);
            }
        }
    }

    fn judge_series(&mut self, key: Key, rule: &RuleDefinition, series: i32) {
        let fresh = self.world.fresh.get(&series).map_or(&[][..], Vec::as_slice);
        let is_remembered = self.states.contains_key(&key);
        let is_well = || fresh.iter().all(|sample| !breaches(rule, sample.value));
        if !is_remembered && rule.on_missing != OnMissing::Alert && is_well() {
            // By far the most: nothing was wrong, and nothing is.
            return;
        }
        if !is_remembered && rule.on_missing == OnMissing::Alert && fresh.is_empty() {
            // An idle state is not stored: which sample came last is asked of the samples.
            let last = self.world.last.get(&series).and_then(|samples| samples.first().copied());
            let Some(last) = last else { return };
            self.states.insert(key, State { last: Some(last), awaits: true, ..State::default() });
        }
        // Of an idle state it does not matter that its source is off, unless its samples would be missed.
        let poll = self.poll(key).filter(|_| is_remembered || rule.on_missing == OnMissing::Alert);
        self.judge(key, rule, fresh, poll);
    }

    fn judge(&mut self, key: Key, rule: &RuleDefinition, samples: &[Sample], poll: Option<Poll>) {
        let state = self.states.remove(&key).unwrap_or_default();
        let input = Input { samples, poll, muting: self.muting(key, rule), settled: self.settled };
        let (next, outcome) = step(rule, state.clone(), input, self.setting, &|_, _| false, &mut AlertId::new);
        // Of what is gone nothing is remembered: it is not awaited back.
        let next = if poll == Some(Poll::Gone) { State::default() } else { next };
        self.done.future_samples += outcome.future_samples;
        self.keep(key, rule, &state, next, outcome);
    }

    fn keep(&mut self, key: Key, rule: &RuleDefinition, before: &State, next: State, outcome: Outcome) {
        if next.open().is_some() {
            let worst = self.worst.entry((key.source, rule.metric_name)).or_insert(rule.severity);
            *worst = (*worst).max(rule.severity);
        }
        self.take(key, rule, &next, outcome);
        let was_stored = self.world.states.contains_key(&key);
        if next.is_idle() {
            if was_stored {
                self.done.states.push((key, next));
            }
        } else {
            if next != *before || !was_stored {
                self.done.states.push((key, next.clone()));
            }
            self.states.insert(key, next);
        }
    }

    /// Takes over alerts and messages, in words.
    fn take(&mut self, key: Key, rule: &RuleDefinition, state: &State, outcome: Outcome) {
        if outcome.is_empty() {
            return;
        }
        let source = self.sources.get(&(key.kind, key.source)).copied();
        let guests = (key.kind == AlertSource::Node).then(|| self.guests.get(&key.source).copied().unwrap_or(0));
        let rule_exists = self.world.rules.contains_key(&key.rule);
        let subject = Subject { key, rule, rule_exists, source, guests };
        let mut last: BTreeMap<AlertId, Alert> = BTreeMap::new();
        for occurrence in outcome.alerts.iter().chain(&state.occurrence) {
            last.insert(occurrence.id, words::alert(occurrence, state, &subject));
        }
        let group = source.and_then(|source| source.node.as_ref()).filter(|_| key.kind == AlertSource::Vm);
        let group = group.map(|(node, _)| format!("node/{node}"));
        for ((alert, event), messages) in grouped(outcome.messages) {
            let facts = last.get(&alert).map(|alert| words::facts(alert, &subject));
            let Some(facts) = facts else { continue };
            let sequence = messages.iter().map(|message| message.number).min().unwrap_or_default();
            self.done.notices.push(Notice {
                alert,
                event,
                sequence: i32::try_from(sequence).unwrap_or(i32::MAX),
                group: group.clone(),
                channels: messages.into_iter().map(|message| message.channel).collect(),
                facts,
            });
        }
        let written: HashSet<AlertId> = outcome.alerts.iter().map(|alert| alert.id).collect();
        self.done.alerts.retain(|(_, earlier)| !written.contains(&earlier.id));
        let changed = last.into_values().filter(|alert| written.contains(&alert.id));
        self.done.alerts.extend(changed.map(|alert| (key.rule, alert)));
    }

    fn muting(&self, key: Key, rule: &RuleDefinition) -> Muting {
        let now = self.setting.now;
        let source = self.sources.get(&(key.kind, key.source));
        let silenced = source.is_some_and(|source| source.expected_trouble)
            || self.world.silences.iter().any(|silence| silence.covers(key.rule, (key.kind, key.source), now));
        let node = source.and_then(|source| source.node.as_ref()).filter(|_| key.kind != AlertSource::Node);
        let worst = self.worst.get(&(key.source, rule.metric_name));
        Muting {
            silenced,
            inhibited: node.is_some_and(|(node, _)| self.dark.contains(node)),
            reminders_inhibited: worst.is_some_and(|worst| *worst > rule.severity),
        }
    }

    /// What the latest look said of a source, if there was one since the last evaluation.
    fn poll(&self, key: Key) -> Option<Poll> {
        let source = self.sources.get(&(key.kind, key.source))?;
        let is_new = match (source.seen_at, self.world.cursors.get(&scope(source))) {
            (Some(seen_at), Some(cursor)) => seen_at > *cursor,
            (_, None) => true,
            (None, Some(_)) => false,
        };
        source.poll.filter(|poll| is_new || *poll == Poll::Gone)
    }

    fn exists(&self, key: Key) -> bool {
        self.sources.contains_key(&(key.kind, key.source))
    }
}

fn concerns(rule: &RuleDefinition, key: Key) -> bool {
    rule.source_type.is_none_or(|kind| AlertSource::from(kind) == key.kind)
        && rule.source_id.is_none_or(|id| id == key.source)
}

/// Messages of the same kind about one alert are one notice for several channels.
fn grouped(messages: Vec<Message>) -> Vec<((AlertId, DeliveryEvent), Vec<Message>)> {
    let mut groups: Vec<((AlertId, DeliveryEvent), Vec<Message>)> = Vec::new();
    for message in messages {
        let of = (message.alert, event(message.kind));
        match groups.iter_mut().find(|(other, _)| *other == of) {
            Some((_, group)) => group.push(message),
            None => groups.push((of, vec![message])),
        }
    }
    groups
}

const fn event(kind: MessageKind) -> DeliveryEvent {
    match kind {
        MessageKind::Firing => DeliveryEvent::Firing,
        MessageKind::Resolved => DeliveryEvent::Resolved,
        MessageKind::Closed => DeliveryEvent::Closed,
        MessageKind::SeverityRaised => DeliveryEvent::SeverityRaised,
        MessageKind::Reminder => DeliveryEvent::Reminder,
        MessageKind::Flapping => DeliveryEvent::Flapping,
        MessageKind::NoData => DeliveryEvent::NoData,
    }
}
