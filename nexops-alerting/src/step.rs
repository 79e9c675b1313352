//! One evaluation.

use chrono::{DateTime, Duration, Utc};
use nexops_core::alert::Resolution;
use nexops_core::alert::rule::RuleDefinition;
use nexops_core::id::AlertId;

use crate::flapping;
use crate::outcome::Outcome;
use crate::state::{End, Flags, Phase, State, Told};
use crate::timing::{Between, Sample, Setting, gap};

/// What a look at the source's cluster said about the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poll {
    /// It is there and on.
    Present,
    /// It is off.
    Stopped,
    /// It is not there. Two looks in a row are believed.
    Missing,
    /// It is gone: whoever says so has made sure.
    Gone,
}

/// What keeps messages back from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Muting {
    /// A silence is in force.
    pub silenced: bool,
    /// Another alert explains this one, as a node that is offline does for its guests; or it ended only just now.
    pub inhibited: bool,
    /// A worse alert about the same figures is open: this one is not repeated meanwhile.
    pub reminders_inhibited: bool,
}

/// What came in since the last evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// New samples, in any order. What is no finite number counts as missing.
    pub samples: &'a [Sample],
    /// What the latest look at the cluster said; none when there was none, or it failed.
    pub poll: Option<Poll>,
    /// What keeps messages back.
    pub muting: Muting,
    /// Whether samples have had the time to come since the evaluation began or went on.
    pub settled: bool,
}

/// Whether a message that a channel was told with still waits to be sent: nobody has tried yet, or none got through.
pub type Queued<'a> = dyn Fn(&str, &Told) -> bool + 'a;

/// An evaluation at work.
pub(crate) struct Evaluation<'a> {
    pub rule: &'a RuleDefinition,
    pub state: &'a mut State,
    pub setting: Setting,
    pub muting: Muting,
    pub queued: &'a Queued<'a>,
    pub new_id: &'a mut dyn FnMut() -> AlertId,
    pub outcome: Outcome,
}

/// Takes the state of a rule and a source from one evaluation to the next.
///
/// It may be called at any time, also when nothing came in. Samples that were looked at before change nothing.
#[must_use]
pub fn step(
    rule: &RuleDefinition,
    mut state: State,
    input: Input<'_>,
    setting: Setting,
    queued: &Queued<'_>,
    new_id: &mut dyn FnMut() -> AlertId,
) -> (State, Outcome) {
    let flags = state.flags;
    let outcome = Outcome::default();
    let mut evaluation = Evaluation { rule, state: &mut state, setting, muting: input.muting, queued, new_id, outcome };
    if let Some(poll) = input.poll {
        evaluation.believe(poll);
    }
    if rule.enabled {
        evaluation.take_samples(input.samples);
        evaluation.look_for_missing(input.settled);
    }
    evaluation.note_flags();
    flapping::end(evaluation.state, setting.now);
    evaluation.tell();
    if evaluation.state.flags != flags && evaluation.state.open().is_some() {
        evaluation.write_down();
    }
    let outcome = evaluation.outcome;
    state.forget_what_is_over(setting.now);
    (state, outcome)
}

impl Evaluation<'_> {
    pub(crate) fn gap(&self) -> Duration {
        gap(self.setting.interval)
    }

    pub(crate) fn duration(&self) -> Duration {
        Duration::seconds(i64::from(self.rule.duration_seconds))
    }

    pub(crate) fn clear_duration(&self) -> Duration {
        Duration::seconds(i64::from(self.rule.clear_duration_seconds))
    }

    fn believe(&mut self, poll: Poll) {
        let resolution = match poll {
            Poll::Present => {
                self.state.absences = 0;
                return;
            }
            Poll::Stopped => Resolution::SourceStopped,
            Poll::Missing => Resolution::SourceDeleted,
            Poll::Gone => {
                self.state.absences = 1;
                Resolution::SourceDeleted
            }
        };
        if self.state.is_parked() {
            return;
        }
        self.state.absences += 1;
        if self.state.is_parked() {
            self.close(resolution, self.setting.now, None);
        }
    }

    fn note_flags(&mut self) {
        let now = self.setting.now;
        self.state.flags = Flags {
            stale: self.state.last.is_some_and(|last| now - last.at > self.gap()),
            silenced: self.muting.silenced,
            inhibited: self.muting.inhibited || self.muting.reminders_inhibited,
        };
    }

    /// Ends whatever is under way, for a reason other than good figures, and tells so at once those who heard of it.
    /// It is not opened again, and nothing is awaited until another sample has come.
    pub(crate) fn close(&mut self, resolution: Resolution, at: DateTime<Utc>, note: Option<String>) {
        self.state.phase = Phase::Ok;
        self.state.awaits = false;
        self.state.transitions.clear();
        self.state.flapping = None;
        if self.state.open().is_some() {
            if let Some(occurrence) = &mut self.state.occurrence {
                occurrence.end = Some(End { at, resolution, note });
            }
            self.write_down();
        }
        // Also the end of an alert that recovered, if it was held back until now.
        self.tell_the_end();
        self.state.occurrence = None;
    }

    /// Has the alert written into the history as it is now.
    pub(crate) fn write_down(&mut self) {
        self.outcome.alerts.extend(self.state.occurrence.clone());
    }
}

impl State {
    pub(crate) const fn phase_is_firing(&self) -> bool {
        matches!(self.phase, Phase::Firing { .. })
    }
}

impl Between {
    /// The time that nobody observed, where it counts.
    pub(crate) fn unseen(self) -> Duration {
        match self {
            Self::Bridged(unseen) => unseen,
            Self::Broken => Duration::zero(),
        }
    }
}

/// Whether an open alert of a more severe rule about the same figures and source makes reminders of another rule's
/// needless.
#[must_use]
pub fn outranks(worse: &RuleDefinition, state: &State, rule: &RuleDefinition) -> bool {
    worse.severity > rule.severity && worse.metric_name == rule.metric_name && state.open().is_some()
}
