//! The nodes.

use serde_json::{Value, json};

use super::{Context, cluster};
use crate::answers::{Answer, Refusal, number};
use crate::auth::require;
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
    Ok(Answer::data(node_status(node, sample)))
}

pub(super) fn storage(context: &mut Context<'_>, node: &str) -> Result<Answer, Refusal> {
    let index = context.reach(node)?;
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
        let up = if storage.shared { 0.0 } else { context.now.since(node.started) };
        let used = storage.used_bytes(up);
        json!({
            "storage": storage.name,
            "type": storage.plugin,
            "content": storage.content,
            "active": 1,
            "enabled": 1,
            "shared": u8::from(storage.shared),
            "total": storage.size_bytes,
            "used": used,
            "avail": storage.size_bytes - used,
            "used_fraction": number(used as f64 / storage.size_bytes as f64),
        })
    });
    Ok(Answer::data(rows.collect::<Vec<Value>>()))
}
