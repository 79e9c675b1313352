//! The daemon's account of itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use nexops_core::envelope::Envelope;
use nexops_core::system::{ConnectionHealth, ConnectionStatus, Storage, System};

use super::error::Result;
use super::reply;
use crate::app::{App, Connection, now};
use crate::db::connection::Record;
use crate::db::{self, Conn};

/// Tells how the daemon, its connections, its loops and its storage are.
#[utoipa::path(get, path = "/system", tag = "system",
    responses((status = 200, description = "The daemon's account of itself", body = Envelope<System>)))]
pub async fn system(State(app): State<Arc<App>>) -> Result<Json<Envelope<System>>> {
    let now = now();
    let conn = &mut app.db.get().await?;
    let mut connections = Vec::new();
    for record in db::connection::records(conn).await? {
        let watched = app.connection(record.id);
        connections.push(health(conn, watched.as_deref(), record, now).await?);
    }
    let sizes = db::storage::sizes(conn).await?;
    Ok(reply::one(System {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        daemon: app.daemon.name.clone(),
        started_at: app.started_at,
        uptime_seconds: (now - app.started_at).num_seconds(),
        demo: app.config.demo,
        collect_interval_seconds: app.config.intervals.collect.as_secs(),
        connections,
        jobs: app.handles().iter().map(|handle| handle.health()).collect(),
        storage: Storage {
            postgres_version: sizes.version,
            postgres_private: app.private_database,
            database_bytes: sizes.database_bytes,
            samples_bytes: sizes.samples_bytes,
            rollups_bytes: db::rollup::bytes(conn).await?,
            samples_estimate: sizes.samples_estimate,
        },
    }))
}

async fn health(
    conn: &mut Conn,
    watched: Option<&Connection>,
    record: Record,
    now: DateTime<Utc>,
) -> db::Result<ConnectionHealth> {
    let Record { id, name, hosts, cluster, pve_version, quorate, warning, last_success_at, last_error } = record;
    let status = match (&last_error, &warning, last_success_at) {
        (Some(_), _, _) => ConnectionStatus::Failing,
        (None, _, None) => ConnectionStatus::Pending,
        (None, Some(_), Some(_)) => ConnectionStatus::Limited,
        (None, None, Some(_)) => ConnectionStatus::Ok,
    };
    Ok(ConnectionHealth {
        id,
        name,
        hosts: watched.map_or(hosts, |connection| connection.proxmox.hosts()),
        status,
        cluster,
        pve_version,
        quorate,
        nodes: db::node::count_of(conn, id).await?,
        vms: db::vm::count_of(conn, id).await?,
        last_success_at,
        lag_seconds: last_success_at.map(|at| (now - at).num_seconds().max(0)),
        last_error,
        warning,
    })
}
