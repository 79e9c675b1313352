//! Steps: what happens in a test beside samples.

use super::decode::Names;
use super::fault::Fault;
use super::reader::Reader;
use super::rules::Rule;
use super::time::Millis;
use super::yaml::Node;

/// A step and its time.
#[derive(Debug)]
pub struct Step {
    /// When it happens.
    pub at: Millis,
    /// What happens.
    pub action: Action,
}

/// What happens.
#[derive(Debug)]
pub enum Action {
    /// The daemon is killed.
    StopDaemon,
    /// The daemon is started.
    StartDaemon {
        /// Whether it gets the samples of the time between.
        backfilled: bool,
    },
    /// The clock is set.
    ClockStep {
        /// By how much.
        by: Millis,
    },
    /// A rule is changed, disabled or enabled.
    Edit {
        /// Which.
        rule: usize,
        /// What it says from now on.
        to: Box<Rule>,
    },
    /// A rule is deleted.
    DeleteRule {
        /// Which.
        rule: usize,
    },
    /// Somebody knows.
    Acknowledge(Targets),
    /// Somebody closes.
    Resolve(Targets),
    /// Alerts are not sent for a while.
    Silence {
        /// Which.
        targets: Targets,
        /// How long.
        span: Millis,
    },
    /// A source is switched off.
    Stopped(usize),
    /// A source is switched on.
    Started(usize),
    /// A source is removed.
    Deleted(usize),
    /// A source goes to another node.
    Moved {
        /// Which.
        source: usize,
        /// The node's name.
        node: String,
    },
    /// A source is removed and another one made under its name.
    Recreated(usize),
    /// The next look at the cluster fails.
    PollFailed,
    /// Nothing gets through a channel.
    ChannelDown(String),
    /// Messages get through again.
    ChannelUp(String),
}

/// Which alerts a step is about; none stands for every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    /// Those of a rule.
    pub rule: Option<usize>,
    /// Those about a source.
    pub source: Option<usize>,
}

const WORDS: [&str; 18] = [
    "stop_daemon",
    "start_daemon",
    "clock_step",
    "edit_rule",
    "delete_rule",
    "disable_rule",
    "enable_rule",
    "acknowledge",
    "resolve",
    "silence",
    "source_stopped",
    "source_started",
    "source_deleted",
    "source_moved",
    "source_recreated",
    "poll_failed",
    "channel_down",
    "channel_up",
];

/// A step whose rules are not looked at yet: a change builds on the changes before it.
#[derive(Debug)]
pub struct RawStep {
    /// When it happens.
    pub at: Millis,
    /// Where it stands.
    pub path: String,
    node: Reader,
    word: String,
    word_line: usize,
}

/// Reads the time and the word of a step.
pub fn raw(node: Node, path: &str) -> Result<RawStep, Fault> {
    let mut reader = Reader::new(node, path)?;
    let at = reader.time("at")?.ok_or_else(|| reader.fault("at", "it is missing"))?;
    let (word, word_line) = reader.required_text("do")?;
    Ok(RawStep { at, path: path.to_owned(), node: reader, word, word_line })
}

impl RawStep {
    /// Reads what belongs to the word. `rules` are as the steps before have left them, and are changed along.
    pub fn read(self, names: &Names<'_>, rules: &mut [Rule]) -> Result<Step, Fault> {
        let Self { at, path, node: mut reader, word, word_line } = self;
        let action = match word.as_str() {
            "stop_daemon" => Action::StopDaemon,
            "start_daemon" => Action::StartDaemon { backfilled: reader.truth("backfilled")?.unwrap_or(false) },
            "clock_step" => {
                let by = reader.parsed("by", Millis::parse)?;
                Action::ClockStep { by: by.ok_or_else(|| reader.fault("by", "it is missing"))? }
            }
            "edit_rule" => {
                let rule = names.rule(&mut reader)?;
                let set = reader.required("set")?;
                let to = rules[rule].with(set, &format!("{path}.set"))?;
                edited(rules, rule, to)
            }
            "disable_rule" | "enable_rule" => {
                let rule = names.rule(&mut reader)?;
                let mut to = rules[rule].clone();
                to.definition.enabled = word == "enable_rule";
                edited(rules, rule, to)
            }
            "delete_rule" => Action::DeleteRule { rule: names.rule(&mut reader)? },
            "acknowledge" => Action::Acknowledge(names.targets(&mut reader)?),
            "resolve" => Action::Resolve(names.targets(&mut reader)?),
            "silence" => {
                let targets = names.targets_of_silence(&mut reader)?;
                let span = reader.time("for")?.ok_or_else(|| reader.fault("for", "it is missing"))?;
                Action::Silence { targets, span }
            }
            "source_stopped" => Action::Stopped(names.source(&mut reader)?),
            "source_started" => Action::Started(names.source(&mut reader)?),
            "source_deleted" => Action::Deleted(names.source(&mut reader)?),
            "source_recreated" => Action::Recreated(names.source(&mut reader)?),
            "source_moved" => {
                let source = names.source(&mut reader)?;
                let (node, _) = reader.required_text("node")?;
                let node = node.strip_prefix("node/").unwrap_or(&node).to_owned();
                Action::Moved { source, node }
            }
            "poll_failed" => {
                // All sources of a test belong to one cluster, whatever it is called.
                reader.text("connection")?;
                Action::PollFailed
            }
            "channel_down" => Action::ChannelDown(names.channel(&mut reader)?),
            "channel_up" => Action::ChannelUp(names.channel(&mut reader)?),
            other => {
                let reason = format!("'{other}' is no step; steps are {}", WORDS.join(", "));
                return Err(Fault::new(word_line, format!("{path}.do"), reason));
            }
        };
        reader.end()?;
        Ok(Step { at, action })
    }
}

fn edited(rules: &mut [Rule], rule: usize, to: Rule) -> Action {
    rules[rule] = to.clone();
    Action::Edit { rule, to: Box::new(to) }
}
