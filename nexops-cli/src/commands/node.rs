//! `nexops node`.

use nexops_core::node::ListNodes;

use crate::cli::{ListNodesArgs, NodeCommand};
use crate::context::Context;
use crate::failure::Result;
use crate::freshness::warn_if_usage_stale;
use crate::listing::List;
use crate::paging::all_pages;
use crate::resolve;
use crate::rows::node::describe;

/// Runs one of the verbs.
pub async fn run(command: NodeCommand, context: &Context) -> Result<()> {
    match command {
        NodeCommand::List(args) => list(&args, context).await,
        NodeCommand::Show(args) => {
            let node = resolve::node(&context.client, &args.node).await?;
            warn_if_usage_stale(context, &node.usage);
            context.output.one(&node, || describe(&node, context.output.now))
        }
    }
}

async fn list(args: &ListNodesArgs, context: &Context) -> Result<()> {
    let query = ListNodes::from(args);
    let list = List {
        attempt: "list nodes",
        flags: &args.flags,
        is_filtered: args.is_filtered(),
        sort: None,
        limit: None,
        none_fits: "no node matches",
        empty: "no node seen: check `nexops status`",
    };
    list.show(context, async |limit| {
        all_pages(limit, async |page, per_page| {
            let query = ListNodes { page: Some(page), per_page: Some(per_page), ..query.clone() };
            context.client.list_nodes(&query).await
        })
        .await
    })
    .await
}
