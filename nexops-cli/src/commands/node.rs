//! `nexops node`.

use nexops_core::node::ListNodes;

use crate::cli::{ListNodesArgs, NodeCommand};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::freshness::{warn_if_stale, warn_if_usage_stale};
use crate::paging::all_pages;
use crate::resolve;
use crate::rows::node::describe;

/// Runs one of the verbs.
pub async fn run(command: NodeCommand, context: &Context) -> Result<()> {
    match command {
        NodeCommand::List(args) => list(args, context).await,
        NodeCommand::Show(args) => {
            let node = resolve::node(&context.client, &args.node).await?;
            warn_if_usage_stale(context, &node.usage);
            context.output.one(&node, || describe(&node, context.output.now))
        }
    }
}

async fn list(args: ListNodesArgs, context: &Context) -> Result<()> {
    let is_filtered = args.is_filtered();
    let query = ListNodes::from(args);
    let nodes = all_pages(None, async |page, per_page| {
        let query = ListNodes { page: Some(page), per_page: Some(per_page), ..query.clone() };
        context.client.list_nodes(&query).await
    })
    .await
    .map_err(|error| Failure::from_client("list nodes", &error))?;
    warn_if_stale(context, nodes.freshness, &nodes.rows);
    context.output.list(&nodes.rows)?;
    match (nodes.rows.is_empty(), is_filtered) {
        (true, true) => context.talk.note("no node matches"),
        (true, false) => context.talk.note("no node seen: check `nexops status`"),
        (false, _) => {}
    }
    Ok(())
}
