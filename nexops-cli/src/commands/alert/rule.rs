//! `nexops alert rule`, but for its tests.

use std::io::Read as _;
use std::path::Path;

use nexops_core::alert::preview::PreviewRequest;
use nexops_core::alert::rule::{AlertRule, RuleDefinition};

use crate::cli::{DeleteRulesArgs, ListRulesArgs, PreviewRuleArgs, RuleCommand, RulesArgs, UpdateRuleArgs};
use crate::code::Wanted;
use crate::commands::export;
use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::listing::List;
use crate::paging::all;
use crate::resolve;
use crate::rows::alert::describe_rule;

/// Runs one of the verbs.
pub async fn run(command: RuleCommand, context: &Context) -> Result<()> {
    match command {
        RuleCommand::List(args) => list(&args, context).await,
        RuleCommand::Show(args) => {
            let rule = resolve::rule(&context.client, &args.rule).await?;
            context.output.one(&rule, || describe_rule(&rule))
        }
        RuleCommand::Create(args) => {
            let definition = read(&args.file)?;
            let made = context.client.create_alert_rule(&definition).await;
            let attempt = format!("create rule {}", definition.name);
            let made = made.map_err(|error| Failure::from_client(&attempt, &error))?.data;
            context.tell("rule", &made, "created")
        }
        RuleCommand::Update(args) => update(&args, context).await,
        RuleCommand::Delete(args) => delete(&args, context).await,
        RuleCommand::Enable(args) => enable(&args, true, context).await,
        RuleCommand::Disable(args) => enable(&args, false, context).await,
        RuleCommand::Starters => {
            let offered = context.client.list_starter_rules().await;
            let offered = offered.map_err(|error| Failure::from_client("list the rules that are offered", &error))?;
            let documents: Vec<Wanted> =
                offered.data.into_iter().map(|definition| Wanted::Rule(Box::new(definition))).collect();
            export::print(&documents, context)
        }
        RuleCommand::Preview(args) => preview(&args, context).await,
        RuleCommand::Test(args) => super::rule_test::run(&args, context.output.format, context.talk.quiet),
    }
}

async fn list(args: &ListRulesArgs, context: &Context) -> Result<()> {
    let list = List {
        attempt: "list rules",
        flags: &args.flags,
        is_filtered: false,
        sort: args.sort.as_ref(),
        limit: None,
        none_fits: "no rule matches",
        empty: "no rule yet: `nexops alert rule create` makes one",
    };
    list.show(context, async |limit| all::rules(&context.client, limit).await).await
}

async fn update(args: &UpdateRuleArgs, context: &Context) -> Result<()> {
    let rule = resolve::rule(&context.client, &args.rule).await?;
    let definition = read(&args.file)?;
    replace(&rule, &definition, context).await
}

async fn enable(args: &RulesArgs, enabled: bool, context: &Context) -> Result<()> {
    let mut failures = Vec::new();
    for name in &args.rules {
        let result = async {
            let rule = resolve::rule(&context.client, name).await?;
            replace(&rule, &RuleDefinition { enabled, ..rule.definition() }, context).await
        };
        failures.extend(result.await.err());
    }
    Failure::of_many(failures, args.rules.len(), "rules")
}

async fn replace(rule: &AlertRule, definition: &RuleDefinition, context: &Context) -> Result<()> {
    if *definition == rule.definition() {
        return context.tell("rule", rule, "unchanged");
    }
    // Only the version that was just seen: what somebody else changes meanwhile is not overwritten.
    let changed = context.client.update_alert_rule(rule.id, definition, Some(i64::from(rule.version))).await;
    let attempt = format!("update rule {}", rule.name);
    let changed = changed.map_err(|error| Failure::from_client(&attempt, &error))?.data;
    context.tell("rule", &changed, "updated")
}

async fn delete(args: &DeleteRulesArgs, context: &Context) -> Result<()> {
    let mut rules = Vec::new();
    for name in &args.rules {
        rules.push(resolve::rule(&context.client, name).await?);
    }
    let names: Vec<String> = rules.iter().map(|rule| clean(&rule.name)).collect();
    if !args.yes {
        confirm::require_terminal("delete")?;
        confirm::answer(&format!("This deletes {} and closes what is open of it. Go on? [y/N] ", names.join(", ")))?;
    }
    let mut failures = Vec::new();
    for rule in &rules {
        match context.client.delete_alert_rule(rule.id, None).await {
            Ok(gone) => context.tell("rule", &gone.data, "deleted")?,
            Err(error) => failures.push(Failure::from_client(&format!("delete rule {}", rule.name), &error)),
        }
    }
    Failure::of_many(failures, rules.len(), "rules")
}

async fn preview(args: &PreviewRuleArgs, context: &Context) -> Result<()> {
    let request = PreviewRequest { rule: read(&args.file)?, range: args.range };
    let preview = context.client.preview_alert_rule(&request).await;
    let preview = preview.map_err(|error| Failure::from_client("preview the rule", &error))?.data;
    context.output.list(&preview.alerts)?;
    let sources = preview.sources;
    context.talk.note(&format!("{} alerts, {} messages, {sources} sources", preview.total, preview.notifications));
    Ok(())
}

/// Reads a rule as people write it, or as `show` prints it.
fn read(path: &Path) -> Result<RuleDefinition> {
    let wrong = |reason: String| Failure::new(Exit::Usage, "RULE_INVALID", format!("{}: {reason}", path.display()));
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| wrong(format!("cannot read it: {error}")))?;
    // JSON is YAML too.
    let mut rule: serde_json::Map<String, serde_json::Value> =
        serde_yaml_ng::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    for kept in ["id", "version", "created_at", "updated_at"] {
        rule.remove(kept);
    }
    serde_json::from_value(rule.into()).map_err(|error| wrong(error.to_string()))
}
