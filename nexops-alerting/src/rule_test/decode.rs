//! Understands a file.

use nexops_core::alert::Resolution;

use super::fault::Fault;
use super::file::{Expectation, ExpectedEvent, File, Flag, Key, StateWord, Test};
use super::reader::Reader;
use super::rules::{self, Rule};
use super::series::{self, Series, Source};
use super::step::{self, Action, RawStep, Step, Targets};
use super::time::Millis;
use super::yaml::{self, Node};
use crate::outcome::MessageKind;

const DEFAULT_INTERVAL: Millis = Millis(30_000);
/// How long the clock runs on when the file does not say.
const AFTER_THE_LAST: Millis = Millis(300_000);
/// The most evaluations of a test.
const MOST_TICKS: i64 = 2_000_000;

/// Reads a whole file.
pub fn file(text: &str) -> Result<File, Fault> {
    let mut reader = Reader::new(yaml::parse(text)?, "")?;
    let interval = reader.time("interval")?.unwrap_or(DEFAULT_INTERVAL);
    if interval < Millis(1000) {
        return Err(reader.fault("interval", "it must be a second at least"));
    }
    let duration = reader.time("duration")?;
    let shared = match reader.list("rules")? {
        Some(nodes) => Some(rules_of(nodes, "rules")?),
        None => None,
    };
    let tests = reader.list("tests")?.ok_or_else(|| reader.fault("tests", "it is missing"))?;
    reader.end()?;
    let tests = tests
        .into_iter()
        .enumerate()
        .map(|(index, node)| test(node, &format!("tests[{index}]"), interval, duration, shared.as_deref()));
    Ok(File { interval, tests: tests.collect::<Result<_, _>>()? })
}

fn rules_of(nodes: Vec<Node>, path: &str) -> Result<Vec<Rule>, Fault> {
    let mut rules: Vec<Rule> = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.into_iter().enumerate() {
        let line = node.line;
        let rule = rules::rule(node, &format!("{path}[{index}]"))?;
        let name = &rule.definition.name;
        if rules.iter().any(|earlier| earlier.definition.name == *name) {
            return Err(Fault::new(line, format!("{path}[{index}].name"), format!("two rules are called '{name}'")));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn test(
    node: Node,
    path: &str,
    interval: Millis,
    duration: Option<Millis>,
    shared: Option<&[Rule]>,
) -> Result<Test, Fault> {
    let mut reader = Reader::new(node, path)?;
    let (name, _) = reader.required_text("name")?;
    let rules = match reader.list("rules")? {
        Some(nodes) => rules_of(nodes, &reader.path("rules"))?,
        None => shared.unwrap_or_default().to_vec(),
    };
    if rules.is_empty() {
        return Err(reader.fault("rules", "neither the test nor the file has a rule"));
    }
    let nodes = reader.list("series")?.ok_or_else(|| reader.fault("series", "it is missing"))?;
    let series: Vec<Series> = each(nodes, &reader.path("series"), |node, path| series::series(node, path, interval))?;
    let own_duration = reader.time("duration")?;
    let alerts = reader.parsed("alerts", |text| text.parse::<usize>().map_err(|_| format!("'{text}' is no count")))?;
    let steps = each(reader.list("steps")?.unwrap_or_default(), &reader.path("steps"), step::raw)?;
    let expect_nodes = reader.list("expect")?.unwrap_or_default();
    let event_nodes = reader.list("events")?;
    let (expect_path, events_path) = (reader.path("expect"), reader.path("events"));
    let line = reader.line();
    reader.end()?;

    let (steps, rule_names, channels) = read_steps(steps, &rules, &series)?;
    let names = Names { rules: &rule_names, sources: sources(&series), channels };
    let expect = each(expect_nodes, &expect_path, |node, path| expectation(node, path, &names))?;
    let mut events = match event_nodes {
        Some(nodes) => Some(each(nodes, &events_path, |node, path| event(node, path, &names))?),
        None => None,
    };
    if let Some(events) = &mut events {
        events.sort_by_key(|event| event.at);
    }
    let last_of_all = series.iter().map(|series| series.last);
    let last_of_all = last_of_all.chain(steps.iter().map(|step| step.at)).chain(expect.iter().map(|one| one.at));
    let last = last_of_all.chain(events.iter().flatten().map(|event| event.at)).max().unwrap_or_default();
    let end = own_duration.or(duration);
    let expected_last = expect.iter().map(|one| one.at).chain(events.iter().flatten().map(|event| event.at)).max();
    if let (Some(end), Some(last)) = (end, expected_last)
        && last > end
    {
        let reason = format!("the clock stops at {end}, before what is expected at {last}");
        return Err(Fault::new(line, format!("{path}.duration"), reason));
    }
    let duration = end.unwrap_or(Millis(last.0 + AFTER_THE_LAST.0));
    if duration.0 / interval.0 > MOST_TICKS {
        return Err(Fault::new(line, format!("{path}.duration"), "these are too many evaluations"));
    }
    Ok(Test { name, rules, series, steps, expect, events, alerts, duration })
}

fn each<T>(nodes: Vec<Node>, path: &str, read: impl Fn(Node, &str) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    nodes.into_iter().enumerate().map(|(index, node)| read(node, &format!("{path}[{index}]"))).collect()
}

/// The sources of a test, in the order of its series.
pub fn sources(series: &[Series]) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for series in series {
        if !sources.contains(&series.source) {
            sources.push(series.source.clone());
        }
    }
    sources
}

type ReadSteps = (Vec<Step>, Vec<Vec<String>>, Vec<String>);

/// Reads the steps in the order of their times, for changes of rules build on each other. Gives also the names that each
/// rule has, one after the other, and all channels that are ever named.
fn read_steps(mut raw: Vec<RawStep>, rules: &[Rule], series: &[Series]) -> Result<ReadSteps, Fault> {
    raw.sort_by_key(|step| step.at);
    let mut current = rules.to_vec();
    let mut rule_names: Vec<Vec<String>> = rules.iter().map(|rule| vec![rule.definition.name.clone()]).collect();
    let mut channels: Vec<String> =
        rules.iter().flat_map(|rule| rule.definition.notification_channels.clone()).collect();
    let sources = sources(series);
    let mut steps = Vec::with_capacity(raw.len());
    for step in raw {
        let names = Names { rules: &rule_names, sources: sources.clone(), channels: channels.clone() };
        let step = step.read(&names, &mut current)?;
        if let Action::Edit { rule, to } = &step.action {
            if !rule_names[*rule].contains(&to.definition.name) {
                rule_names[*rule].push(to.definition.name.clone());
            }
            channels.extend(to.definition.notification_channels.iter().cloned());
        }
        steps.push(step);
    }
    Ok((steps, rule_names, channels))
}

/// What can be named in a test.
pub struct Names<'a> {
    /// The names of each rule: the one it begins with, and those that it is given.
    pub rules: &'a [Vec<String>],
    /// The sources.
    pub sources: Vec<Source>,
    /// The channels.
    pub channels: Vec<String>,
}

impl Names<'_> {
    /// The rule that `rule` names; it may be left out where there is one.
    pub fn rule(&self, reader: &mut Reader) -> Result<usize, Fault> {
        match (self.rule_if_named(reader)?, self.rules.len()) {
            (Some(rule), _) => Ok(rule),
            (None, 1) => Ok(0),
            (None, _) => Err(reader.fault("rule", format!("there are several: {}", self.rule_list()))),
        }
    }

    fn rule_list(&self) -> String {
        self.rules.iter().filter_map(|names| names.first().cloned()).collect::<Vec<_>>().join(", ")
    }

    fn rule_if_named(&self, reader: &mut Reader) -> Result<Option<usize>, Fault> {
        reader.parsed("rule", |text| {
            let found = self.rules.iter().position(|names| names.iter().any(|name| name == text));
            found.ok_or_else(|| format!("there is no rule '{text}'; there is {}", self.rule_list()))
        })
    }

    /// The source that `source` names; it may be left out where there is one.
    pub fn source(&self, reader: &mut Reader) -> Result<usize, Fault> {
        match (self.source_if_named(reader)?, self.sources.len()) {
            (Some(source), _) => Ok(source),
            (None, 1) => Ok(0),
            (None, _) => Err(reader.fault("source", format!("there are several: {}", self.source_list()))),
        }
    }

    fn source_list(&self) -> String {
        self.sources.iter().map(|source| source.name.clone()).collect::<Vec<_>>().join(", ")
    }

    fn source_if_named(&self, reader: &mut Reader) -> Result<Option<usize>, Fault> {
        reader.parsed("source", |text| {
            let found = self.sources.iter().position(|source| source.name == text);
            found.ok_or_else(|| format!("the test has no series of '{text}'; it has {}", self.source_list()))
        })
    }

    /// The alerts about a source, of one rule if one is named.
    pub fn targets(&self, reader: &mut Reader) -> Result<Targets, Fault> {
        let rule = self.rule_if_named(reader)?;
        Ok(Targets { rule, source: Some(self.source(reader)?) })
    }

    /// The alerts about a source, of a rule, or both.
    pub fn targets_of_silence(&self, reader: &mut Reader) -> Result<Targets, Fault> {
        match (self.rule_if_named(reader)?, self.source_if_named(reader)?) {
            (None, None) => Ok(Targets { rule: None, source: Some(self.source(reader)?) }),
            (rule, source) => Ok(Targets { rule, source }),
        }
    }

    /// The channel that `channel` names.
    pub fn channel(&self, reader: &mut Reader) -> Result<String, Fault> {
        let channel = reader.parsed("channel", |text| {
            if self.channels.iter().any(|channel| channel == text) {
                Ok(text.to_owned())
            } else {
                Err(format!("no rule names a channel '{text}'"))
            }
        })?;
        channel.ok_or_else(|| reader.fault("channel", "it is missing"))
    }

    fn key(&self, reader: &mut Reader) -> Result<Key, Fault> {
        Ok(Key { source: self.source(reader)?, rule: self.rule(reader)? })
    }
}

fn at(reader: &mut Reader) -> Result<Millis, Fault> {
    reader.time("at")?.ok_or_else(|| reader.fault("at", "it is missing"))
}

fn expectation(node: Node, path: &str, names: &Names<'_>) -> Result<Expectation, Fault> {
    let mut reader = Reader::new(node, path)?;
    let (at, key) = (at(&mut reader)?, names.key(&mut reader)?);
    let state = reader.parsed("state", |text| {
        let found = StateWord::ALL.into_iter().find(|word| word.as_str() == text);
        found.ok_or_else(|| {
            let words = StateWord::ALL.map(StateWord::as_str).join(", ");
            format!("'{text}' is no state; states are {words}")
        })
    })?;
    let mut flags = Vec::new();
    for flag in Flag::ALL {
        if let Some(wanted) = reader.truth(flag.as_str())? {
            flags.push((flag, wanted));
        }
    }
    if state.is_none() && flags.is_empty() {
        return Err(reader.fault("state", "it is missing, and there is no flag either"));
    }
    reader.end()?;
    Ok(Expectation { at, key, state, flags })
}

fn event(node: Node, path: &str, names: &Names<'_>) -> Result<ExpectedEvent, Fault> {
    let mut reader = Reader::new(node, path)?;
    let (at, key) = (at(&mut reader)?, names.key(&mut reader)?);
    let kind = reader.parsed("event", |text| text.parse::<MessageKind>().map_err(|error| error.to_string()))?;
    let kind = kind.ok_or_else(|| reader.fault("event", "it is missing"))?;
    let channel = match (reader.text("channel")?, names.channels.as_slice()) {
        (Some((channel, _)), _) => channel,
        (None, [first, rest @ ..]) if rest.iter().all(|channel| channel == first) => first.clone(),
        (None, _) => return Err(reader.fault("channel", "it is missing, and there is not just one")),
    };
    let reason = reader.parsed("reason", |text| text.parse::<Resolution>().map_err(|error| error.to_string()))?;
    reader.end()?;
    Ok(ExpectedEvent { at, key, kind, channel, reason })
}
