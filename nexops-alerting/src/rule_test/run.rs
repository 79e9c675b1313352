//! Runs a test from its beginning to its end.

use std::collections::BTreeSet;

use chrono::Duration;

use super::file::{Flag, Key, Test};
use super::judge::{self, Failure, Verdict};
use super::rules::Rule;
use super::step::{Action, Targets};
use super::time::Millis;
use super::world::{self, SilenceNow, World};
use crate::change::{Change, change};
use crate::state::{Acknowledgement, Phase, State, Told};
use crate::step::{Input, Poll, step};
use crate::timing::{Down, Sample};

/// A clock that is set by less goes on as if nothing had happened: it is brought back to the time slowly.
const SMALLEST_STEP: i64 = 5_000;

/// Runs a test.
pub fn run(test: &Test, interval: Millis) -> Verdict {
    let mut run = Run {
        world: World::new(test, interval),
        stopped: None,
        started_at: None,
        missed: Vec::new(),
        poll_fails: false,
        failures: Vec::new(),
    };
    for at in times(test, interval) {
        run.pass(at);
    }
    run.end()
}

/// Every time at which something happens or is looked at.
fn times(test: &Test, interval: Millis) -> BTreeSet<Millis> {
    let ticks = (0..=test.duration.0 / interval.0).map(|tick| Millis(tick * interval.0));
    let samples = test.series.iter().flat_map(|series| series.samples.iter().map(|(at, _)| *at));
    let steps = test.steps.iter().map(|step| step.at);
    let all = ticks.chain(samples).chain(steps).chain(test.expect.iter().map(|one| one.at));
    all.filter(|at| *at <= test.duration).collect()
}

struct Run<'a> {
    world: World<'a>,
    /// What the clock showed when the daemon was killed; none while it runs.
    stopped: Option<chrono::DateTime<chrono::Utc>>,
    started_at: Option<Millis>,
    /// Samples of the time without the daemon: when, of which series, which value.
    missed: Vec<(Millis, usize, f64)>,
    poll_fails: bool,
    failures: Vec<Failure>,
}

impl Run<'_> {
    fn pass(&mut self, at: Millis) {
        self.world.now = at;
        let mut backfill = Vec::new();
        let test = self.world.test;
        for step in test.steps.iter().filter(|step| step.at == at) {
            backfill.extend(self.act(&step.action));
        }
        let mut fresh = Vec::new();
        for (index, series) in test.series.iter().enumerate() {
            let first = series.samples.partition_point(|(time, _)| *time < at);
            let now = series.samples.iter().skip(first).take_while(|(time, _)| *time == at);
            fresh.extend(now.map(|(time, value)| (*time, index, *value)));
        }
        if self.stopped.is_some() {
            self.missed.extend(fresh);
        } else {
            let is_tick = at.0 % self.world.interval.0 == 0;
            let samples: Vec<(Millis, usize, f64)> = backfill.into_iter().chain(fresh).collect();
            if is_tick || !samples.is_empty() {
                self.evaluate(&samples, is_tick);
            }
        }
        self.check(at);
    }

    fn evaluate(&mut self, samples: &[(Millis, usize, f64)], is_tick: bool) {
        let polled = is_tick && !std::mem::take(&mut self.poll_fails);
        if polled {
            self.look_at_sources();
        }
        let settling = self.started_at.map(|start| start.0 + 2 * self.world.interval.0);
        let settled = settling.is_none_or(|end| self.world.now.0 >= end);
        for key in self.world.keys() {
            let (rule, source) = (self.world.rules[key.rule].rule.definition.clone(), &self.world.sources[key.source]);
            let poll = match source.poll {
                Poll::Present => Some(Poll::Present),
                absent @ (Poll::Stopped | Poll::Missing | Poll::Gone) => polled.then_some(absent),
            };
            let mut mine = Vec::new();
            for (at, series, value) in samples {
                let series = &self.world.test.series[*series];
                if series.source == source.source && series.metric == rule.metric_name {
                    mine.push(Sample { at: self.world.clock(*at), value: *value });
                    self.world.timeline.sample(*at, key, *value);
                }
            }
            let input = Input { samples: &mine, poll, muting: self.world.muting(key), settled };
            let state = self.world.states.remove(&key).unwrap_or_default();
            let before = state.phase;
            let waiting = self.world.waiting();
            let queued = |channel: &str, told: &Told| World::is_waiting(&waiting, channel, told);
            let setting = self.world.setting();
            let mut ids = self.world.ids;
            let (state, outcome) = step(&rule, state, input, setting, &queued, &mut || world::next_id(&mut ids));
            self.world.ids = ids;
            self.world.store(key, before, state, outcome);
        }
    }

    fn look_at_sources(&mut self) {
        let now = self.world.now;
        for source in &mut self.world.sources {
            match source.poll {
                Poll::Present => {
                    if source.absences >= 2 {
                        source.back_at = Some(now);
                    }
                    source.absences = 0;
                }
                Poll::Stopped | Poll::Missing | Poll::Gone => source.absences = source.absences.saturating_add(1),
            }
        }
    }

    /// Does what a step says, and gives the samples that come with it.
    fn act(&mut self, action: &Action) -> Vec<(Millis, usize, f64)> {
        let now = self.world.now;
        self.note(action);
        match action {
            Action::StopDaemon => self.stopped = self.stopped.or(Some(self.world.clock(now))),
            Action::StartDaemon { backfilled } => return self.start(*backfilled),
            Action::ClockStep { by } => self.set_clock(*by),
            Action::Edit { rule, to } => self.edit(*rule, to),
            Action::DeleteRule { rule } => {
                let keys = self.open_keys(Targets { rule: Some(*rule), source: None });
                keys.into_iter().for_each(|key| self.change(key, Change::Deleted));
                self.world.rules[*rule].deleted = true;
                self.world.states.retain(|key, _| key.rule != *rule);
            }
            Action::Acknowledge(targets) => {
                let by = Acknowledgement { at: self.world.clock(now), by: "somebody".to_owned(), note: None };
                self.open_keys(*targets).into_iter().for_each(|key| self.change(key, Change::Acknowledged(&by)));
            }
            Action::Resolve(targets) => {
                self.open_keys(*targets).into_iter().for_each(|key| self.change(key, Change::Closed { note: None }));
            }
            Action::Silence { targets, span } => {
                let to = Millis(now.0.saturating_add(span.0));
                self.world.silences.push(SilenceNow { targets: *targets, from: now, to });
            }
            Action::Stopped(source) => self.world.sources[*source].poll = Poll::Stopped,
            Action::Deleted(source) => self.world.sources[*source].poll = Poll::Missing,
            Action::Started(source) => self.world.sources[*source].poll = Poll::Present,
            Action::Moved { source, node } => self.world.sources[*source].node = Some(node.clone()),
            Action::Recreated(source) => {
                self.world.sources[*source].poll = Poll::Present;
                let keys = self.open_keys(Targets { rule: None, source: Some(*source) });
                keys.into_iter().for_each(|key| self.change(key, Change::Gone));
                // The new one is another source, of which nothing is known.
                self.world.states.retain(|key, _| key.source != *source);
            }
            Action::PollFailed => self.poll_fails = true,
            Action::ChannelDown(channel) => self.world.close_channel(channel),
            Action::ChannelUp(channel) => self.world.open_channel(channel),
        }
        Vec::new()
    }

    fn start(&mut self, backfilled: bool) -> Vec<(Millis, usize, f64)> {
        let missed = std::mem::take(&mut self.missed);
        let Some(stopped) = self.stopped.take() else { return Vec::new() };
        self.started_at = Some(self.world.now);
        let now = self.world.clock(self.world.now);
        // A clock that shows an earlier time than before tells nothing about how long it was.
        let back = (now - stopped).min(Duration::zero());
        for state in self.world.states.values_mut() {
            state.shift(back);
            state.was_down(Down { from: stopped + back, to: now });
            if !backfilled {
                state.give_up_pending();
            }
        }
        if backfilled { missed } else { Vec::new() }
    }

    fn set_clock(&mut self, by: Millis) {
        if by.0.abs() > SMALLEST_STEP {
            self.world.ahead = Millis(self.world.ahead.0 + by.0);
            if self.stopped.is_none() {
                self.world.states.values_mut().for_each(|state| state.shift(by.span()));
            }
        }
    }

    fn edit(&mut self, rule: usize, to: &Rule) {
        let before = std::mem::replace(&mut self.world.rules[rule].rule, to.clone());
        for key in self.open_keys(Targets { rule: Some(rule), source: None }) {
            let concerns = self.world.concerns(key);
            self.change(key, Change::Edited { before: &before.definition, concerns });
        }
    }

    fn open_keys(&self, targets: Targets) -> Vec<Key> {
        let Targets { rule, source } = targets;
        let is_meant =
            |key: &&Key| rule.is_none_or(|rule| rule == key.rule) && source.is_none_or(|source| source == key.source);
        self.world.states.keys().filter(is_meant).copied().collect()
    }

    fn change(&mut self, key: Key, what: Change<'_>) {
        let state: State = self.world.states.remove(&key).unwrap_or_default();
        let before: Phase = state.phase;
        let waiting = self.world.waiting();
        let queued = |channel: &str, told: &Told| World::is_waiting(&waiting, channel, told);
        let (muting, setting) = (self.world.muting(key), self.world.setting());
        let rule = &self.world.rules[key.rule].rule.definition;
        let (state, outcome) = change(rule, state, what, muting, setting, &queued);
        self.world.store(key, before, state, outcome);
    }

    fn note(&mut self, action: &Action) {
        let text = match action {
            Action::StopDaemon => "the daemon stops".to_owned(),
            Action::StartDaemon { backfilled: true } => "the daemon starts, and gets what it missed".to_owned(),
            Action::StartDaemon { backfilled: false } => "the daemon starts".to_owned(),
            Action::ClockStep { by } => format!("the clock is set by {by}"),
            Action::Edit { rule, to } => {
                let word = if to.definition.enabled { "changed" } else { "changed, and not in force" };
                format!("rule {} is {word}", self.world.test.rules[*rule].definition.name)
            }
            Action::DeleteRule { rule } => format!("rule {} is deleted", self.world.test.rules[*rule].definition.name),
            Action::Acknowledge(_) => "somebody acknowledges".to_owned(),
            Action::Resolve(_) => "somebody closes".to_owned(),
            Action::Silence { span, .. } => format!("silence for {span}"),
            Action::Stopped(source) => format!("{} is off", self.world.sources[*source].source.name),
            Action::Started(source) => format!("{} is on", self.world.sources[*source].source.name),
            Action::Deleted(source) => format!("{} is removed", self.world.sources[*source].source.name),
            Action::Moved { source, node } => format!("{} moves to {node}", self.world.sources[*source].source.name),
            Action::Recreated(source) => format!("{} is another one", self.world.sources[*source].source.name),
            Action::PollFailed => "the next look at the cluster fails".to_owned(),
            Action::ChannelDown(channel) => format!("channel {channel} is down"),
            Action::ChannelUp(channel) => format!("channel {channel} is up"),
        };
        self.world.timeline.note(self.world.now, None, text);
    }

    fn check(&mut self, at: Millis) {
        let test = self.world.test;
        for expected in test.expect.iter().filter(|expected| expected.at == at) {
            let (state, is) = self.world.standing(expected.key, self.stopped.is_none());
            let mut wrong: Vec<String> = Vec::new();
            if let Some(wanted) = expected.state
                && wanted != state
            {
                wrong.push(format!("state {}, but it is {}", wanted.as_str(), state.as_str()));
            }
            for (flag, wanted) in &expected.flags {
                let flag: &Flag = flag;
                if is(*flag) != *wanted {
                    wrong.push(format!("{}: {wanted}, but it is {}", flag.as_str(), !wanted));
                }
            }
            drop(is);
            if !wrong.is_empty() {
                let label = judge::label(test, expected.key);
                let message = format!("at {at} {label}: expected {}", wrong.join("; "));
                let timeline = self.world.timeline.of(expected.key, at);
                self.failures.push(Failure { message, timeline });
            }
        }
    }

    fn end(mut self) -> Verdict {
        let test = self.world.test;
        if let Some(expected) = &test.events {
            for difference in judge::compare(test, expected, &self.world.sent) {
                let until = Millis(difference.at.0 + self.world.interval.0);
                let timeline = self.world.timeline.of(difference.key, until);
                self.failures.push(Failure { message: difference.message, timeline });
            }
        }
        let raised = self.world.alerts.len();
        if let Some(expected) = test.alerts
            && expected != raised
        {
            let message = format!("expected {expected} alerts at the end, but there are {raised}");
            self.failures.push(Failure { message, timeline: Vec::new() });
        }
        Verdict { name: test.name.clone(), failures: self.failures }
    }
}
