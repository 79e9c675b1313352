//! `nexops audit`.

use nexops_core::audit::ListAuditLogs;

use crate::cli::{AuditCommand, ListAuditArgs};
use crate::context::Context;
use crate::failure::Result;
use crate::listing::List;
use crate::paging::all_pages;

/// Runs one of the verbs.
pub async fn run(command: AuditCommand, context: &Context) -> Result<()> {
    match command {
        AuditCommand::List(args) => list(&args, context).await,
    }
}

async fn list(args: &ListAuditArgs, context: &Context) -> Result<()> {
    let ListAuditArgs { actor, action, resource_type, resource_id, outcome, since, before, limit, sort, flags } = args;
    let now = context.output.now;
    let query = ListAuditLogs {
        page: None,
        per_page: None,
        cursor: None,
        sort: *sort,
        actor: actor.clone(),
        action: action.clone(),
        resource_type: resource_type.clone(),
        resource_id: *resource_id,
        outcome: *outcome,
        since: since.map(|since| since.before(now)),
        until: before.map(|moment| moment.before(now)),
    };
    let list = List {
        attempt: "list the audit log",
        flags,
        is_filtered: args.is_filtered(),
        sort: None,
        limit: Some(*limit),
        none_fits: "no row of the audit log matches",
        empty: "nobody has changed anything yet",
    };
    list.show(context, async |limit| {
        all_pages(limit, async |page, per_page| {
            let query = ListAuditLogs { page: Some(page), per_page: Some(per_page), ..query.clone() };
            context.client.list_audit_logs(&query).await
        })
        .await
    })
    .await
}
