//! `nexops settings notify deliveries` and `requeue`.

use nexops_core::id::DeliveryId;
use nexops_core::notification::{Delivery, DeliveryState, ListDeliveries};

use crate::cli::{ListDeliveriesArgs, RequeueArgs};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::listing::List;
use crate::paging::{Listing, all_pages};

/// Lists messages and what became of them.
pub async fn list(args: &ListDeliveriesArgs, context: &Context) -> Result<()> {
    let ListDeliveriesArgs { state, channel, limit, sort, flags } = args;
    let query = ListDeliveries { state: *state, channel: channel.clone(), ..ListDeliveries::default() };
    let list = List {
        attempt: "list messages",
        flags,
        is_filtered: state.is_some() || channel.is_some(),
        sort: sort.as_ref(),
        limit: Some(*limit),
        none_fits: "no message matches",
        empty: "no message yet: alerts send them, and `nexops settings notify test`",
    };
    list.show(context, async |limit| deliveries(&query, limit, context).await).await
}

async fn deliveries(
    query: &ListDeliveries,
    limit: Option<u32>,
    context: &Context,
) -> nexops_core::client::Result<Listing<Delivery>> {
    all_pages(limit, async |page, per_page| {
        let query = ListDeliveries { page: Some(page), per_page: Some(per_page), ..query.clone() };
        context.client.list_deliveries(&query).await
    })
    .await
}

/// Queues messages again that were given up.
pub async fn requeue(args: &RequeueArgs, context: &Context) -> Result<()> {
    let ids = if args.all { dead(args.channel.as_deref(), context).await? } else { args.deliveries.clone() };
    if ids.is_empty() {
        context.talk.note("no message was given up");
    }
    let mut failures = Vec::new();
    for id in &ids {
        match context.client.requeue_delivery(*id).await {
            Ok(queued) => context.tell("message", &queued.data, "queued again")?,
            Err(error) => failures.push(Failure::from_client(&format!("queue message {id} again"), &error)),
        }
    }
    Failure::of_many(failures, ids.len(), "messages")
}

async fn dead(channel: Option<&str>, context: &Context) -> Result<Vec<DeliveryId>> {
    let query = ListDeliveries {
        state: Some(DeliveryState::Dead),
        channel: channel.map(str::to_owned),
        ..ListDeliveries::default()
    };
    let found = deliveries(&query, None, context).await;
    let found = found.map_err(|error| Failure::from_client("list messages", &error))?;
    Ok(found.rows.into_iter().map(|delivery| delivery.id).collect())
}
