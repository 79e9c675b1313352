//! Nodes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::id::NodeId;
use nexops_core::node::{ListNodes, Node};
use nexops_core::usage::Usage;

use super::error::{Error, Result};
use super::extract::{Path, Query, paging};
use super::reply::{self, Known};
use crate::app::{App, now};
use crate::db;

/// Lists nodes with their status, sizes and current usage.
#[utoipa::path(get, path = "/infrastructure/nodes", tag = "infrastructure", params(ListNodes),
    responses((status = 200, description = "One page of the nodes", body = ListEnvelope<Node>)))]
pub async fn list_nodes(State(app): State<Arc<App>>, Query(query): Query<ListNodes>, known: Known) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    let page = db::node::list(conn, &query, paging, app.staleness(now())).await?;
    reply::observed_list(page, paging, &known, &app, conn).await
}

/// Gives one node.
#[utoipa::path(get, path = "/infrastructure/nodes/{id}", tag = "infrastructure",
    params(("id" = NodeId, Path, description = "The node's id")),
    responses((status = 200, description = "The node", body = Envelope<Node>)))]
pub async fn find_node(State(app): State<Arc<App>>, Path(id): Path<NodeId>) -> Result<Json<Envelope<Node>>> {
    let node = find(&app, id).await?;
    let observed_at = node.usage.observed_at;
    Ok(reply::observed(node, &app, observed_at))
}

/// Gives what a node uses now.
#[utoipa::path(get, path = "/infrastructure/nodes/{id}/metrics", tag = "infrastructure",
    params(("id" = NodeId, Path, description = "The node's id")),
    responses((status = 200, description = "Its current usage", body = Envelope<Usage>)))]
pub async fn node_usage(State(app): State<Arc<App>>, Path(id): Path<NodeId>) -> Result<Json<Envelope<Usage>>> {
    let usage = find(&app, id).await?.usage;
    Ok(reply::observed(usage, &app, usage.observed_at))
}

async fn find(app: &App, id: NodeId) -> Result<Node> {
    let conn = &mut app.db.get().await?;
    db::node::find(conn, id, app.staleness(now())).await.map_err(|error| match error {
        db::Error::NotFound => Error::not_found("node", id),
        db::Error::Unique { .. }
        | db::Error::OtherVersion { .. }
        | db::Error::Superseded { .. }
        | db::Error::Unavailable(_)
        | db::Error::Other(_) => error.into(),
    })
}
