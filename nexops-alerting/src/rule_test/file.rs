//! What a file says, understood.

use nexops_core::alert::Resolution;

use super::rules::Rule;
use super::series::Series;
use super::step::Step;
use super::time::Millis;
use crate::outcome::MessageKind;

/// A whole file.
#[derive(Debug)]
pub struct File {
    /// The spacing of values and evaluations.
    pub interval: Millis,
    /// The tests.
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Debug)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// The rules in force.
    pub rules: Vec<Rule>,
    /// What is measured.
    pub series: Vec<Series>,
    /// What else happens, in time.
    pub steps: Vec<Step>,
    /// The states that are expected.
    pub expect: Vec<Expectation>,
    /// The messages that are expected, in time; none where it does not matter.
    pub events: Option<Vec<ExpectedEvent>>,
    /// How many alerts there are at the end; none where it does not matter.
    pub alerts: Option<usize>,
    /// How long the clock runs.
    pub duration: Millis,
}

/// The words for where an evaluation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateWord {
    /// Nothing is wrong.
    Ok,
    /// Not long enough yet.
    Pending,
    /// It fired.
    Firing,
    /// It begins to be good.
    Recovering,
    /// Samples are missing.
    NoData,
}

impl StateWord {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Pending, Self::Firing, Self::Recovering, Self::NoData];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Recovering => "recovering",
            Self::NoData => "no_data",
        }
    }
}

/// A rule and a source of a test, by their places in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The rule.
    pub rule: usize,
    /// The source.
    pub source: usize,
}

/// How things are to stand after the evaluation at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// The time.
    pub at: Millis,
    /// What it is about.
    pub key: Key,
    /// The state; none where only flags matter.
    pub state: Option<StateWord>,
    /// The flags that matter.
    pub flags: Vec<(Flag, bool)>,
}

/// What does not change the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// The last sample is too old.
    Stale,
    /// Somebody knows.
    Acknowledged,
    /// A silence is in force.
    Silenced,
    /// Another alert explains it.
    Inhibited,
    /// It comes and goes.
    Flapping,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Stale, Self::Acknowledged, Self::Silenced, Self::Inhibited, Self::Flapping];

    /// The key that stands for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
            Self::Flapping => "flapping",
        }
    }
}

/// A message that is expected.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedEvent {
    /// When.
    pub at: Millis,
    /// Of what.
    pub key: Key,
    /// What it says.
    pub kind: MessageKind,
    /// Through which channel.
    pub channel: String,
    /// How the alert ended; none where the file does not say.
    pub reason: Option<Resolution>,
}
