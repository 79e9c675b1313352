//! The rules that are offered to begin with.

use nexops_core::alert::rule::RuleDefinition;
use nexops_core::alert::starter;

use crate::command::{Command, Request};
use crate::model::Model;
use crate::model::modal::{Confirm, Modal};
use crate::model::toast::Tone;
use crate::msg::Effect;

/// The rules that are offered and not there yet, by their names; none while nobody knows which rules there are.
pub fn missing(model: &Model) -> Vec<RuleDefinition> {
    let Some(rules) = model.store.rules.seen() else { return Vec::new() };
    let is_there = |offered: &RuleDefinition| rules.value.iter().any(|rule| rule.name == offered.name);
    starter::rules().into_iter().filter(|offered| !is_there(offered)).collect()
}

/// Asks whether to make them.
pub fn ask(model: &mut Model) -> Vec<Effect> {
    let rules = missing(model);
    if rules.is_empty() {
        let text = if model.store.rules.seen().is_some() {
            "all rules that are offered are there already"
        } else {
            "the rules are not known yet; try again in a moment"
        };
        model.toasts.say(Tone::Information, text, model.now);
        return Vec::new();
    }
    let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    let lines = vec![
        names.join(", "),
        "They notify nobody until a channel is set in them; each can be changed or deleted.".to_owned(),
    ];
    let verb = if rules.len() == 1 { "Make it".to_owned() } else { format!("Make {}", rules.len()) };
    let made = |rule: RuleDefinition| Command::new(rule.name.clone(), Request::CreateRule(Box::new(rule)));
    model.modals.push(Modal::Confirm(Confirm {
        title: "Rules to begin with".to_owned(),
        lines,
        verb,
        commands: rules.into_iter().map(made).collect(),
        typed: None,
        agreed: true,
    }));
    Vec::new()
}
