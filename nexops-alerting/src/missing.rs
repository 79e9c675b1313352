//! What the missing of samples changes.

use chrono::{DateTime, Duration, Utc};
use nexops_core::alert::rule::OnMissing;
use nexops_core::alert::{AlertKind, Resolution};

use crate::state::Phase;
use crate::step::Evaluation;
use crate::timing::{Between, between, unobserved};

impl Evaluation<'_> {
    /// Draws the conclusions from samples that have not come. `settled` says whether they had the time to.
    pub(crate) fn look_for_missing(&mut self, settled: bool) {
        let now = self.setting.now;
        if let Phase::Pending { .. } = self.state.phase
            && self.state.last.is_some_and(|last| self.is_broken_between(last.at, now))
        {
            self.state.phase = Phase::Ok;
        }
        if settled && let Some(since) = self.missing_since() {
            self.conclude(since, now);
        }
    }

    /// Draws the conclusions that were due before a sample came after all. An alert about missing samples is not raised
    /// any more: it would be over at once.
    pub(crate) fn give_up_on_missing(&mut self, at: DateTime<Utc>) {
        let was_missing = self.state.last.is_some_and(|last| self.observed_since(last.at, at) > self.gap());
        if was_missing && self.rule.on_missing == OnMissing::Ok && self.is_about_the_condition() {
            self.close(Resolution::NoData, at, None);
        }
    }

    fn conclude(&mut self, since: DateTime<Utc>, now: DateTime<Utc>) {
        match self.rule.on_missing {
            OnMissing::Keep => {}
            OnMissing::Ok if self.is_about_the_condition() => self.close(Resolution::NoData, now, None),
            OnMissing::Ok => {}
            OnMissing::Alert => {
                if self.state.phase == Phase::Ok {
                    self.state.phase = Phase::NoData { since };
                }
                if let Phase::NoData { since } = self.state.phase
                    && self.state.open().is_none()
                    && now - since >= self.duration()
                {
                    // When it was due, whenever that is looked at.
                    self.fire(AlertKind::NoData, None, since + self.duration());
                }
            }
        }
    }

    /// From when on samples count as missing, if they are.
    fn missing_since(&self) -> Option<DateTime<Utc>> {
        let (last, now) = (self.state.last?, self.setting.now);
        let is_missing = self.state.awaits && !self.state.is_parked() && self.observed_since(last.at, now) > self.gap();
        is_missing.then(|| last.at + self.gap() + unobserved(&self.state.downs, last.at, now))
    }

    fn is_about_the_condition(&self) -> bool {
        matches!(self.state.phase, Phase::Firing { .. } | Phase::Recovering { .. })
    }

    /// How long somebody was looking.
    fn observed_since(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        to - from - unobserved(&self.state.downs, from, to)
    }

    fn is_broken_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        between(&self.state.downs, from, to, self.gap()) == Between::Broken
    }
}
