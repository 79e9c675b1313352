//! Whether the daemon lives, and whether it is ready. Both need no token and tell nothing of the infrastructure.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use nexops_core::envelope::Envelope;
use nexops_core::error::ErrorCode;
use nexops_core::id::ConnectionId;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{Error, Result};
use super::reply;
use crate::app::App;
use crate::db;

/// How long the database may take to say that it is there.
const DATABASE_PATIENCE: Duration = Duration::from_secs(3);

/// The daemon lives.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alive {
    /// The daemon's version.
    version: &'static str,
}

/// The daemon is ready.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    /// Clusters that are watched.
    connections: usize,
}

/// Tells that the daemon lives. It asks nobody else.
#[utoipa::path(get, path = "/healthz", tag = "health",
    responses((status = 200, description = "The daemon lives", body = Envelope<Alive>)))]
pub async fn healthz() -> Json<Envelope<Alive>> {
    reply::one(Alive { version: env!("CARGO_PKG_VERSION") })
}

/// Tells whether the daemon is ready: the database answers, and every cluster was looked at once, well or not.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "The daemon is ready", body = Envelope<Ready>)))]
pub async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Envelope<Ready>>> {
    let asked = tokio::time::timeout(DATABASE_PATIENCE, async {
        let conn = &mut app.db.get().await?;
        db::storage::ping(conn).await
    });
    asked.await.map_err(|elapsed| Error::from(db::Error::Unavailable(elapsed.into())))??;
    let connections = app.connections();
    let mut waiting_for = Vec::new();
    for connection in connections.iter().filter(|connection| !connection.collect.has_run()) {
        // Another daemon may have looked already.
        let looked = connection.lease.holder_elsewhere().is_some() && was_looked_at(&app, connection.id).await?;
        if !looked {
            waiting_for.push(connection.name.as_str());
        }
    }
    if !waiting_for.is_empty() {
        let message = format!("the first look at {} is still under way", waiting_for.join(", "));
        return Err(Error::new(ErrorCode::NotReady, message));
    }
    Ok(reply::one(Ready { connections: connections.len() }))
}

async fn was_looked_at(app: &App, id: ConnectionId) -> Result<bool> {
    let conn = &mut app.db.get().await?;
    let record = db::connection::records(conn).await?.into_iter().find(|record| record.id == id);
    Ok(record.is_some_and(|record| record.last_success_at.is_some() || record.last_error.is_some()))
}
