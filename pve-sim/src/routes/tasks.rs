//! Tasks: lists, status, log and abort.

use serde_json::{Value, json};

use super::Context;
use crate::answers::{Answer, Refusal};
use crate::auth::require;
use crate::parameters::{Rule, verify};
use crate::power;
use crate::tasks::{Task, node_of_upid};

/// Rows per node in the list of the cluster.
const CLUSTER_ROWS: usize = 25;

pub(super) fn of_cluster(context: &mut Context<'_>) -> Result<Answer, Refusal> {
    verify(&context.call.parameters, &[])?;
    let mut rows: Vec<Value> = Vec::new();
    let visible = context.world.tasks.newest_first().filter(|(_, task)| may_see(context, task));
    for (_, task) in visible.take(CLUSTER_ROWS * context.world.nodes.len()) {
        rows.push(task.cluster_row(rows.is_empty()));
    }
    Ok(Answer::data(rows))
}

pub(super) fn of_node(context: &mut Context<'_>, node: &str) -> Result<Answer, Refusal> {
    context.reach(node)?;
    let whole = Rule::Integer { minimum: 0 };
    let known = [
        ("source", Rule::OneOf(&["archive", "active", "all"])),
        ("vmid", Rule::Integer { minimum: 100 }),
        ("typefilter", Rule::Text),
        ("statusfilter", Rule::Text),
        ("userfilter", Rule::Text),
        ("errors", Rule::Boolean),
        ("since", whole),
        ("until", whole),
        ("start", whole),
        ("limit", whole),
    ];
    let parameters = verify(&context.call.parameters, &known)?;
    let source = parameters.text("source").unwrap_or("archive");
    let matching: Vec<&Task> = context
        .world
        .tasks
        .newest_first()
        .map(|(_, task)| task)
        .filter(|task| task.node == node && may_see(context, task))
        .filter(|task| match source {
            "active" => task.ended.is_none(),
            "archive" => task.ended.is_some(),
            _ => true,
        })
        .filter(|task| parameters.text("vmid").is_none_or(|vmid| task.id == vmid))
        .filter(|task| parameters.text("typefilter").is_none_or(|kind| task.kind == kind))
        .filter(|task| parameters.text("userfilter").is_none_or(|user| task.actor.id().contains(user)))
        .filter(|task| parameters.number("since").is_none_or(|since| task.started.epoch() >= since))
        .filter(|task| parameters.number("until").is_none_or(|until| task.started.epoch() <= until))
        .filter(|task| !parameters.flag("errors") || outcome(task) == "error")
        .filter(|task| {
            parameters.text("statusfilter").is_none_or(|wanted| wanted.split(',').any(|word| word == outcome(task)))
        })
        .collect();
    let start = parameters.number("start").unwrap_or(0) as usize;
    let limit = parameters.number("limit").unwrap_or(50) as usize;
    let rows: Vec<Value> = matching.iter().skip(start).take(limit).map(|task| task.row()).collect();
    Ok(Answer::page(&rows, matching.len()))
}

/// The words of `statusfilter`.
fn outcome(task: &Task) -> &'static str {
    match &task.ended {
        None => "unknown",
        Some(ended) if ended.status == "OK" => "ok",
        Some(_) => "error",
    }
}

pub(super) fn status(context: &mut Context<'_>, node: &str, upid: &str) -> Result<Answer, Refusal> {
    context.reach_daemon(node)?;
    verify(&context.call.parameters, &[])?;
    let (_, task) = find(context, node, upid)?;
    if !is_own(context, task) {
        require(context.token, &format!("/nodes/{node}"), "Sys.Audit")?;
    }
    Ok(Answer::data(task.status()))
}

pub(super) fn log(context: &mut Context<'_>, node: &str, upid: &str) -> Result<Answer, Refusal> {
    context.reach_daemon(node)?;
    let whole = Rule::Integer { minimum: 0 };
    let parameters = verify(&context.call.parameters, &[("start", whole), ("limit", whole)])?;
    let lines = match find(context, node, upid) {
        Ok((_, task)) => {
            if !is_own(context, task) {
                require(context.token, &format!("/nodes/{node}"), "Sys.Audit")?;
            }
            task.log()
        }
        // The log of an unknown task is no error: the error is its only line.
        Err(_) if node_of_upid(upid).is_some() => {
            vec!["unable to open file - No such file or directory".to_owned()]
        }
        Err(refusal) => return Err(refusal),
    };
    let start = parameters.number("start").unwrap_or(0) as usize;
    let limit = match parameters.number("limit").unwrap_or(50) {
        0 => usize::MAX,
        limit => limit as usize,
    };
    let total = lines.len();
    let numbered = lines.into_iter().enumerate().skip(start).take(limit);
    let rows: Vec<Value> = numbered.map(|(index, line)| json!({ "n": index + 1, "t": line })).collect();
    Ok(Answer::page(&rows, total))
}

pub(super) fn abort(context: &mut Context<'_>, node: &str, upid: &str) -> Result<Answer, Refusal> {
    context.reach_daemon(node)?;
    verify(&context.call.parameters, &[])?;
    let (serial, task) = find(context, node, upid)?;
    if !is_own(context, task) {
        require(context.token, &format!("/nodes/{node}"), "Sys.Modify")?;
    }
    power::abort(context.world, serial, context.now);
    Ok(Answer::data(Value::Null))
}

fn find<'a>(context: &'a Context<'_>, node: &str, upid: &str) -> Result<(u64, &'a Task), Refusal> {
    if node_of_upid(upid).is_none() {
        return Err(Refusal::parameter("upid", "unable to parse worker upid"));
    }
    let found = context.world.tasks.find(upid).filter(|(_, task)| task.node == node);
    found.ok_or_else(|| Refusal::parameter("upid", "no such task"))
}

fn may_see(context: &Context<'_>, task: &Task) -> bool {
    is_own(context, task) || context.token.privileges.allow("Sys.Audit")
}

/// A token sees its own tasks, not those of its user.
fn is_own(context: &Context<'_>, task: &Task) -> bool {
    task.actor.id() == context.token.id()
}
