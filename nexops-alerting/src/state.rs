//! What is remembered of a rule and a source from one evaluation to the next.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use nexops_core::alert::{AlertKind, Resolution, Severity};
use nexops_core::id::AlertId;
use serde::{Deserialize, Serialize};

use crate::timing::{Down, REOPEN_WINDOW, Sample};

/// All that is remembered. The default is the state of what was never looked at.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Where the evaluation stands.
    pub phase: Phase,
    /// The newest sample so far; older ones are not looked at any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Sample>,
    /// Whether the missing of further samples counts from `last`. Not when it came before a change of the rule, or when
    /// the alert about it was closed.
    #[serde(skip_serializing_if = "is_false")]
    pub awaits: bool,
    /// How many looks in a row said that the source is off or gone; two are believed.
    #[serde(skip_serializing_if = "is_zero")]
    pub absences: u8,
    /// The alert that is open, or that may be opened again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<Occurrence>,
    /// What each channel believes to be so now: the message with which it learned of the trouble.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, Told>,
    /// When it last went from good to firing or back, as far as flapping is concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<DateTime<Utc>>,
    /// Whether it comes and goes too often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flapping: Option<Flapping>,
    /// Times without evaluation since `last`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub downs: Vec<Down>,
    /// What does not change the state but its messages, as of the last evaluation.
    #[serde(skip_serializing_if = "Flags::is_empty")]
    pub flags: Flags,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u8) -> bool {
    *value == 0
}

/// Where the evaluation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Phase {
    /// Nothing is wrong, as far as is known.
    #[default]
    Ok,
    /// The condition holds, but not for long enough yet.
    Pending {
        /// The first sample of the run.
        since: DateTime<Utc>,
    },
    /// It fired.
    Firing {
        /// The first sample of the run that led to it.
        since: DateTime<Utc>,
    },
    /// It fired, and samples have begun to be good.
    Recovering {
        /// The first sample of the run that led to it.
        since: DateTime<Utc>,
        /// The first good sample.
        clear_since: DateTime<Utc>,
    },
    /// Samples are missing, and the rule wants to know.
    NoData {
        /// From when on they count as missing.
        since: DateTime<Utc>,
    },
}

/// One alert, from its firing to its end, and perhaps again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Occurrence {
    /// Its id.
    pub id: AlertId,
    /// What it says.
    pub kind: AlertKind,
    /// How bad it is.
    pub severity: Severity,
    /// When the trouble began.
    pub started_at: DateTime<Utc>,
    /// When it fired, the last time.
    pub fired_at: DateTime<Utc>,
    /// The figure with which it fired; none where figures are missing.
    pub value: Option<f64>,
    /// Who knows of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// How it ended; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// The channels it is for: those of the rule when it fired.
    pub channels: Vec<String>,
    /// Messages made of it so far.
    pub messages: u32,
}

/// Who said that he knows of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// What he wrote.
    pub note: Option<String>,
}

/// How an alert ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub resolution: Resolution,
    /// What somebody wrote when he closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a channel was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Of which alert.
    pub alert: AlertId,
    /// With which of its messages.
    pub message: u32,
    /// When it last heard that it goes on.
    pub at: DateTime<Utc>,
}

/// That something comes and goes too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flapping {
    /// When it last came or went.
    pub last_transition: DateTime<Utc>,
    /// Whether the channels were told.
    pub announced: bool,
}

/// What does not change the state, but what is sent of it or how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Flags {
    /// The last sample is too old.
    pub stale: bool,
    /// A silence is in force.
    pub silenced: bool,
    /// Another alert explains this one.
    pub inhibited: bool,
}

impl Flags {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl State {
    /// The alert, while it is open.
    #[must_use]
    pub fn open(&self) -> Option<&Occurrence> {
        self.occurrence.as_ref().filter(|occurrence| occurrence.end.is_none())
    }

    /// Whether somebody knows of the alert, which holds until it may not be opened again any more.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.occurrence.as_ref().is_some_and(|occurrence| occurrence.acknowledged.is_some())
    }

    /// Whether single messages are held back because it comes and goes too often.
    #[must_use]
    pub const fn is_flapping(&self) -> bool {
        self.flapping.is_some()
    }

    /// Whether the source was seen to be off or gone: samples mean nothing then, and their missing neither.
    #[must_use]
    pub const fn is_parked(&self) -> bool {
        self.absences >= 2
    }

    /// Whether nothing is lost when it is forgotten but which sample came last, and whether more are awaited.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Ok
            && self.occurrence.is_none()
            && self.told.is_empty()
            && self.transitions.is_empty()
            && self.flapping.is_none()
            && self.absences == 0
    }

    /// Moves everything by the step of a clock that was set, so that what was measured before fits to what comes.
    pub fn shift(&mut self, by: Duration) {
        let shift = |time: &mut DateTime<Utc>| *time = time.checked_add_signed(by).unwrap_or(*time);
        match &mut self.phase {
            Phase::Ok => {}
            Phase::Pending { since } | Phase::Firing { since } | Phase::NoData { since } => shift(since),
            Phase::Recovering { since, clear_since } => {
                shift(since);
                shift(clear_since);
            }
        }
        if let Some(last) = &mut self.last {
            shift(&mut last.at);
        }
        if let Some(occurrence) = &mut self.occurrence {
            shift(&mut occurrence.started_at);
            shift(&mut occurrence.fired_at);
            if let Some(acknowledged) = &mut occurrence.acknowledged {
                shift(&mut acknowledged.at);
            }
            if let Some(end) = &mut occurrence.end {
                shift(&mut end.at);
            }
        }
        self.told.values_mut().for_each(|told| shift(&mut told.at));
        self.transitions.iter_mut().for_each(shift);
        if let Some(flapping) = &mut self.flapping {
            shift(&mut flapping.last_transition);
        }
        for down in &mut self.downs {
            shift(&mut down.from);
            shift(&mut down.to);
        }
    }

    /// Notes a time without evaluation, which is over now.
    pub fn was_down(&mut self, down: Down) {
        if self.last.is_some() || self.phase != Phase::Ok {
            self.downs.push(down);
        }
    }

    /// Drops what is pending when too long a time without evaluation has just ended, and nothing will be known of it.
    pub fn give_up_pending(&mut self) {
        if matches!(self.phase, Phase::Pending { .. }) && self.downs.iter().any(|down| !down.is_bridged()) {
            self.phase = Phase::Ok;
        }
    }

    /// Forgets the alert when it cannot be opened again and nobody waits for news of it.
    pub(crate) fn forget_what_is_over(&mut self, now: DateTime<Utc>) {
        let is_over = |occurrence: &Occurrence| occurrence.end.as_ref().is_some_and(|end| now - end.at > REOPEN_WINDOW);
        if self.told.is_empty() && self.flapping.is_none() && self.occurrence.as_ref().is_some_and(is_over) {
            self.occurrence = None;
        }
    }
}
