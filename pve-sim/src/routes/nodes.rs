//! The nodes.

use serde_json::{Value, json};

use super::history::STORAGE_PRIVILEGES;
use super::{Context, cluster};
use crate::answers::{Answer, Refusal, number};
use crate::auth::{require, require_any};
use crate::clock::Moment;
use crate::node::{Node, Storage};
use crate::parameters::{Rule, verify};
use crate::resources::node_row;
use crate::statistics::NodeSample;
use crate::views::node_status;

pub(super) fn list(context: &mut Context<'_>) -> Result<Answer, Refusal> {
    verify(&context.call.parameters, &[])?;
    context.world.freshen(context.now);
    let figures = context.token.privileges.allow("Sys.Audit");
    let row = |index: usize| {
        let mut row = node_row(context.world, index, figures, context.now);
        row["ssl_fingerprint"] = json!(context.world.nodes[index].fingerprint);
        row
    };
    Ok(Answer::data((0..context.world.nodes.len()).map(row).collect::<Vec<Value>>()))
}

pub(super) fn version(context: &mut Context<'_>, node: &str) -> Result<Answer, Refusal> {
    context.reach(node)?;
    cluster::version(context)
}

pub(super) fn status(context: &mut Context<'_>, node: &str) -> Result<Answer, Refusal> {
    require(context.token, &format!("/nodes/{node}"), "Sys.Audit")?;
    let index = context.reach(node)?;
    verify(&context.call.parameters, &[])?;
    context.world.freshen(context.now);
    let node = &context.world.nodes[index];
    let sample = NodeSample {
        // Uptime is read at this moment; load and memory move with the statistics.
        uptime_seconds: context.now.since(node.started).max(0.0) as u64,
        ..context.world.statistics.node(index)
    };
    Ok(Answer::data(node_status(node, sample, context.world.version)))
}

pub(super) fn storage(context: &mut Context<'_>, node: &str) -> Result<Answer, Refusal> {
    let index = context.reach_daemon(node)?;
    let known = [
        ("enabled", Rule::Boolean),
        ("content", Rule::Text),
        ("storage", Rule::Text),
        ("format", Rule::Boolean),
        ("target", Rule::Text),
    ];
    let parameters = verify(&context.call.parameters, &known)?;
    if !context.token.privileges.allow("Datastore.Audit") {
        return Ok(Answer::data(Vec::<Value>::new()));
    }
    let node = &context.world.nodes[index];
    let wanted = |name: &str| parameters.text("storage").is_none_or(|only| only == name);
    let rows = node.storages.iter().filter(|storage| wanted(storage.name)).map(|storage| {
        let mut row = storage_figures(node, storage, context.now);
        let used = row["used"].as_f64().unwrap_or_default();
        row["storage"] = json!(storage.name);
        row["used_fraction"] = number(used / storage.size_bytes as f64);
        row
    });
    Ok(Answer::data(rows.collect::<Vec<Value>>()))
}

pub(super) fn storage_status(context: &mut Context<'_>, node: &str, storage: &str) -> Result<Answer, Refusal> {
    require_any(context.token, &format!("/storage/{storage}"), &STORAGE_PRIVILEGES)?;
    let index = context.reach_daemon(node)?;
    verify(&context.call.parameters, &[])?;
    let node = &context.world.nodes[index];
    let found = node.storages.iter().find(|other| other.name == storage);
    let found = found.ok_or_else(|| Refusal::parameter("storage", "No such storage."))?;
    Ok(Answer::data(storage_figures(node, found, context.now)))
}

fn storage_figures(node: &Node, storage: &Storage, now: Moment) -> Value {
    // What is shared must not depend on how long one node has been up.
    let up = if storage.shared { 0.0 } else { now.since(node.started) };
    let used = storage.used_bytes(up);
    json!({
        "type": storage.plugin,
        "content": storage.content,
        "active": 1,
        "enabled": 1,
        "shared": u8::from(storage.shared),
        "total": storage.size_bytes,
        "used": used,
        "avail": storage.size_bytes - used,
    })
}
