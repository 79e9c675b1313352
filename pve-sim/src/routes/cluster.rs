//! The cluster as a whole.

use serde_json::{Value, json};

use super::Context;
use crate::answers::{Answer, Refusal};
use crate::auth::require;
use crate::parameters::{Rule, verify};
use crate::resources::{self, Selection};
use crate::version::Parts;

pub(super) fn version(context: &mut Context<'_>) -> Result<Answer, Refusal> {
    verify(&context.call.parameters, &[])?;
    let (Parts { manager, repository_id, .. }, release) = (context.world.version.parts(), context.world.version.name());
    Ok(Answer::data(json!({ "version": manager, "release": release, "repoid": repository_id })))
}

pub(super) fn resources(context: &mut Context<'_>) -> Result<Answer, Refusal> {
    let known = [("type", Rule::OneOf(&["vm", "storage", "node", "sdn"]))];
    let parameters = verify(&context.call.parameters, &known)?;
    let selection = Selection::of(parameters.text("type"), &context.token.privileges);
    context.world.freshen(context.now);
    Ok(Answer(resources::list(context.world, selection, context.now)))
}

pub(super) fn status(context: &mut Context<'_>) -> Result<Answer, Refusal> {
    require(context.token, "/", "Sys.Audit")?;
    context.ask_daemon()?;
    verify(&context.call.parameters, &[])?;
    let world = &context.world;
    // Whoever answers is online: the first such node speaks for the cluster.
    let local = world.nodes.iter().position(|node| node.is_online());
    let mut rows = vec![json!({
        "type": "cluster",
        "id": "cluster",
        "name": world.cluster_name,
        "nodes": world.nodes.len(),
        "version": world.nodes.len(),
        "quorate": u8::from(world.is_quorate()),
    })];
    rows.extend(world.nodes.iter().enumerate().map(|(index, node)| {
        json!({
            "type": "node",
            "id": format!("node/{}", node.name),
            "name": node.name,
            "nodeid": index + 1,
            "ip": node.address,
            "local": u8::from(local == Some(index)),
            "online": u8::from(node.is_online()),
            "level": "",
        })
    }));
    Ok(Answer::data(Value::Array(rows)))
}
