//! What a sample changes.

use nexops_core::alert::{AlertKind, Resolution};

use crate::condition::{breaches, clears};
use crate::flapping;
use crate::state::{End, Occurrence, Phase};
use crate::step::Evaluation;
use crate::timing::{Between, FUTURE, REOPEN_WINDOW, Sample, between};

impl Evaluation<'_> {
    /// Takes the samples in, in the order of their times, each once.
    pub(crate) fn take_samples(&mut self, samples: &[Sample]) {
        let mut samples: Vec<Sample> = samples.iter().copied().filter(|sample| sample.value.is_finite()).collect();
        // The smaller of two values for one time goes first, and the other is late, whatever order they came in.
        samples.sort_by(|one, other| one.at.cmp(&other.at).then(one.value.total_cmp(&other.value)));
        for sample in samples {
            if sample.at > self.setting.now + FUTURE {
                self.outcome.future_samples += 1;
            } else if !self.state.is_parked() && self.state.last.is_none_or(|last| sample.at > last.at) {
                self.take(sample);
            }
        }
    }

    fn take(&mut self, sample: Sample) {
        let since_last = match self.state.last {
            Some(last) => between(&self.state.downs, last.at, sample.at, self.gap()),
            None => Between::Broken,
        };
        if since_last == Between::Broken {
            self.give_up_on_missing(sample.at);
        }
        self.advance(sample, since_last);
        self.state.last = Some(sample);
        self.state.awaits = true;
        self.state.downs.retain(|down| down.to > sample.at);
    }

    fn advance(&mut self, sample: Sample, since_last: Between) {
        let Sample { at, value } = sample;
        let bad = breaches(self.rule, value);
        match self.state.phase {
            Phase::Ok => self.begin_run(sample, bad),
            Phase::NoData { .. } => {
                if self.state.open().is_some() {
                    self.recover(at);
                }
                self.begin_run(sample, bad);
            }
            Phase::Pending { since } => match since_last {
                Between::Broken => self.begin_run(sample, bad),
                Between::Bridged(_) if !bad => self.state.phase = Phase::Ok,
                Between::Bridged(unseen) => {
                    let since = since + unseen;
                    self.state.phase = Phase::Pending { since };
                    if at - since >= self.duration() {
                        self.fire(AlertKind::Condition, Some(value), at);
                        self.state.phase = Phase::Firing { since };
                    }
                }
            },
            Phase::Firing { since } => {
                let since = since + since_last.unseen();
                self.state.phase = Phase::Firing { since };
                if clears(self.rule, value) {
                    self.begin_recovery(since, sample);
                }
            }
            Phase::Recovering { since, clear_since } => {
                let since = since + since_last.unseen();
                if !clears(self.rule, value) {
                    self.state.phase = Phase::Firing { since };
                    return;
                }
                match since_last {
                    Between::Broken => self.begin_recovery(since, sample),
                    Between::Bridged(unseen) => {
                        let clear_since = clear_since + unseen;
                        self.state.phase = Phase::Recovering { since, clear_since };
                        if at - clear_since >= self.clear_duration() {
                            self.recover(at);
                        }
                    }
                }
            }
        }
    }

    fn begin_run(&mut self, sample: Sample, bad: bool) {
        if !bad {
            self.state.phase = Phase::Ok;
        } else if self.rule.duration_seconds == 0 {
            self.state.phase = Phase::Pending { since: sample.at };
            self.fire(AlertKind::Condition, Some(sample.value), sample.at);
            self.state.phase = Phase::Firing { since: sample.at };
        } else {
            self.state.phase = Phase::Pending { since: sample.at };
        }
    }

    fn begin_recovery(&mut self, since: chrono::DateTime<chrono::Utc>, sample: Sample) {
        if self.rule.clear_duration_seconds == 0 {
            self.recover(sample.at);
        } else {
            self.state.phase = Phase::Recovering { since, clear_since: sample.at };
        }
    }

    /// Opens an alert, or the last one again. The phase still tells since when there is trouble.
    pub(crate) fn fire(&mut self, kind: AlertKind, value: Option<f64>, at: chrono::DateTime<chrono::Utc>) {
        let may_reopen = |occurrence: &Occurrence| {
            let recovered = occurrence.end.as_ref().filter(|end| end.resolution == Resolution::Recovered);
            occurrence.kind == kind && recovered.is_some_and(|end| at - end.at <= REOPEN_WINDOW)
        };
        flapping::count(self.state, at);
        match self.state.occurrence.as_mut().filter(|occurrence| may_reopen(occurrence)) {
            Some(occurrence) => {
                occurrence.end = None;
                occurrence.fired_at = at;
                occurrence.value = value;
                occurrence.severity = self.rule.severity;
                occurrence.channels.clone_from(&self.rule.notification_channels);
            }
            None => {
                if !self.state.is_flapping() {
                    self.tell_the_end();
                }
                let started_at = match self.state.phase {
                    Phase::Ok => at,
                    Phase::Pending { since }
                    | Phase::Firing { since }
                    | Phase::Recovering { since, .. }
                    | Phase::NoData { since } => since,
                };
                self.state.occurrence = Some(Occurrence {
                    id: (self.new_id)(),
                    kind,
                    severity: self.rule.severity,
                    started_at,
                    fired_at: at,
                    value,
                    acknowledged: None,
                    end: None,
                    channels: self.rule.notification_channels.clone(),
                    messages: 0,
                });
            }
        }
        self.write_down();
    }

    /// Ends the alert, for the figures are good again.
    fn recover(&mut self, at: chrono::DateTime<chrono::Utc>) {
        flapping::count(self.state, at);
        self.state.phase = Phase::Ok;
        if let Some(occurrence) = &mut self.state.occurrence {
            occurrence.end = Some(End { at, resolution: Resolution::Recovered, note: None });
        }
        self.write_down();
    }
}
