//! What changes the state beside samples: what people do, and what happens to rules.

use nexops_core::alert::Resolution;
use nexops_core::alert::rule::{OnMissing, RuleDefinition};
use nexops_core::id::AlertId;

use crate::condition::{breaches, decides_alike};
use crate::outcome::Outcome;
use crate::state::{Acknowledgement, Phase, State};
use crate::step::{Evaluation, Muting, Queued};
use crate::timing::{Sample, Setting};

/// Something that happens beside samples.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// The rule says something else from now on. It is given as it was; the new one is the rule of the call.
    Edited {
        /// The rule before.
        before: &'a RuleDefinition,
        /// Whether the source is still one of the rule's.
        concerns: bool,
    },
    /// The rule is deleted.
    Deleted,
    /// Somebody knows of the alert.
    Acknowledged(&'a Acknowledgement),
    /// Somebody closes the alert.
    Closed {
        /// What he wrote.
        note: Option<&'a str>,
    },
    /// The source is gone for sure, or another one has taken its place.
    Gone,
}

/// Takes a change in.
#[must_use]
pub fn change(
    rule: &RuleDefinition,
    mut state: State,
    change: Change<'_>,
    muting: Muting,
    setting: Setting,
    queued: &Queued<'_>,
) -> (State, Outcome) {
    let mut no_id = || -> AlertId { unreachable!("no change opens an alert") };
    let new_id: &mut dyn FnMut() -> AlertId = &mut no_id;
    let outcome = Outcome::default();
    let mut evaluation = Evaluation { rule, state: &mut state, setting, muting, queued, new_id, outcome };
    match change {
        Change::Edited { before, concerns } => evaluation.edit(before, concerns),
        Change::Deleted => evaluation.close(Resolution::RuleDeleted, setting.now, None),
        Change::Acknowledged(acknowledgement) => evaluation.acknowledge(acknowledgement),
        Change::Closed { note } => {
            if evaluation.state.open().is_some() {
                evaluation.close(Resolution::Manual, setting.now, note.map(str::to_owned));
            }
        }
        Change::Gone => evaluation.close(Resolution::SourceDeleted, setting.now, None),
    }
    let outcome = evaluation.outcome;
    (state, outcome)
}

impl Evaluation<'_> {
    fn acknowledge(&mut self, acknowledgement: &Acknowledgement) {
        if self.state.open().is_some() {
            if let Some(occurrence) = &mut self.state.occurrence {
                occurrence.acknowledged = Some(acknowledgement.clone());
            }
            self.write_down();
        }
    }

    fn edit(&mut self, before: &RuleDefinition, concerns: bool) {
        let now = self.setting.now;
        if !concerns {
            self.close(Resolution::RuleChanged, now, None);
        } else if before.enabled && !self.rule.enabled {
            self.close(Resolution::RuleDisabled, now, None);
        } else if self.rule.enabled && !decides_alike(before, self.rule) {
            self.decide_anew(before);
        }
        self.adopt_severity();
    }

    /// What is open is judged by the last sample. Everything else begins with the next one.
    fn decide_anew(&mut self, before: &RuleDefinition) {
        let now = self.setting.now;
        if self.state.open().is_none() {
            self.state.phase = Phase::Ok;
            self.state.awaits = false;
            return;
        }
        match self.state.phase {
            Phase::Firing { since } | Phase::Recovering { since, .. } => {
                let is_same_figure = before.metric_name == self.rule.metric_name;
                let last = self.state.last.filter(|last| is_same_figure && breaches(self.rule, last.value));
                match last {
                    Some(Sample { at, .. }) if at - since >= self.duration() => {
                        self.state.phase = Phase::Firing { since };
                    }
                    Some(_) => {
                        self.close(Resolution::RuleChanged, now, None);
                        self.state.phase = Phase::Pending { since };
                    }
                    None => self.close(Resolution::RuleChanged, now, None),
                }
            }
            Phase::NoData { since } => {
                let is_awaited =
                    self.rule.on_missing == OnMissing::Alert && before.metric_name == self.rule.metric_name;
                if !is_awaited || now - since < self.duration() {
                    self.close(Resolution::RuleChanged, now, None);
                    self.state.awaits = is_awaited;
                }
            }
            Phase::Ok | Phase::Pending { .. } => {}
        }
    }

    fn adopt_severity(&mut self) {
        let severity = self.rule.severity;
        let Some(occurrence) = self.state.occurrence.as_mut().filter(|open| open.end.is_none()) else { return };
        if occurrence.severity != severity {
            let is_raised = severity > occurrence.severity;
            occurrence.severity = severity;
            self.write_down();
            if is_raised {
                self.tell_of_severity();
            }
        }
    }
}
