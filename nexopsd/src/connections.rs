//! The connections that are watched, kept in step with those that are stored: what is set up through the API takes
//! effect while the daemon runs, in every daemon on the database.

pub mod change;
mod draft;
pub mod trial;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use nexops_core::error::ErrorCode;
use nexops_core::id::ConnectionId;
use secrecy::SecretString;

use crate::app::{App, Connection, now};
use crate::config;
use crate::db;
use crate::db::connection::settings::{self as stored, Stored};
use crate::jobs;

/// How long a change that another daemon made may go unnoticed.
const PERIOD: Duration = Duration::from_secs(5);

/// The connections that are stored and cannot be used, by their revision: each is complained about once.
pub type Complaints = HashMap<ConnectionId, i32>;

/// Keeps the watched connections in step with the stored ones until the daemon ends.
pub async fn keep_in_step(app: Arc<App>) {
    let mut failing = false;
    loop {
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
        match refresh(&app).await {
            Ok(()) => failing = false,
            Err(error) if !std::mem::replace(&mut failing, true) => {
                tracing::warn!("the stored connections cannot be read: {:#}", anyhow::Error::from(error));
            }
            Err(_) => {}
        }
    }
}

/// Brings the watched connections in step with the stored ones, now.
///
/// # Errors
/// When the database does not answer.
pub async fn refresh(app: &Arc<App>) -> db::Result<()> {
    let mut complaints = app.refreshing.lock().await;
    let all = {
        let conn = &mut app.db.get().await?;
        stored::all(conn).await?
    };
    let before = app.connections();
    let (kept, left): (Vec<_>, Vec<_>) = before.iter().cloned().partition(|connection| is_current(connection, &all));
    let is_kept = |id| kept.iter().any(|connection| connection.id == id);
    let mut new = Vec::new();
    for described in &app.environment {
        if kept.iter().all(|connection| connection.name != described.name) {
            let conn = &mut app.db.get().await?;
            match Connection::adopt(conn, &app.config, described, now()).await {
                Ok(connection) => new.push(Arc::new(connection)),
                Err(error) => tracing::warn!("the connection '{}' cannot be taken up: {error:#}", described.name),
            }
        }
    }
    for wanted in all.iter().filter(|wanted| is_wanted(wanted) && !is_kept(wanted.shown.id)) {
        match open(app, wanted).await {
            Ok(connection) => {
                complaints.remove(&wanted.shown.id);
                new.push(Arc::new(connection));
            }
            Err(error) => complain(app, wanted, &error, &mut complaints).await?,
        }
    }
    if left.is_empty() && new.is_empty() {
        return Ok(());
    }
    let mut watched: Vec<_> = kept.into_iter().chain(new.iter().cloned()).collect();
    watched.sort_by(|one, other| one.name.cmp(&other.name));
    app.set_connections(watched);
    for connection in left {
        connection.end_loops().await;
        tracing::info!(connection.name = connection.name, "the connection is not watched any more as it was");
    }
    for connection in &new {
        tracing::info!(connection.name = connection.name, "the connection is watched");
        jobs::watch(app, connection);
    }
    Ok(())
}

/// Whether a connection is watched as it is stored.
fn is_current(connection: &Connection, all: &[Stored]) -> bool {
    let stored = all.iter().find(|stored| stored.shown.id == connection.id);
    stored.is_some_and(|stored| match connection.revision {
        Some(revision) => is_wanted(stored) && stored.revision == revision,
        // One that the environment describes stays what it is, whatever another daemon makes of its row.
        None => stored.shown.managed_by_environment,
    })
}

/// Whether a connection is one to watch that the database describes.
fn is_wanted(stored: &Stored) -> bool {
    stored.shown.enabled && !stored.shown.managed_by_environment
}

/// Makes a stored connection ready. A token that an older key sealed is sealed again on the way.
async fn open(app: &App, wanted: &Stored) -> anyhow::Result<Connection> {
    let token = token_of(app, wanted)?;
    if let Some(sealed) = wanted.token.as_ref().filter(|sealed| app.secrets.is_outdated(sealed)) {
        tracing::info!(connection.name = wanted.shown.name, bytes = sealed.as_bytes().len(), "sealing the token again");
        let sealed = app.secrets.seal(stored::place_of_token(wanted.shown.id), &token)?;
        stored::reseal(&mut *app.db.get().await?, wanted, &sealed).await?;
    }
    let settings = draft::settings(&wanted.shown, token)?;
    let described = config::Connection { name: wanted.shown.name.clone(), settings };
    Connection::new(wanted.shown.id, Some(wanted.revision), &app.config, &described)
}

/// The token of a stored connection.
fn token_of(app: &App, stored: &Stored) -> anyhow::Result<SecretString> {
    let sealed = stored.token.as_ref();
    let sealed = sealed.ok_or_else(|| anyhow::anyhow!("no token is stored for this connection; give it one"))?;
    Ok(app.secrets.unseal(stored::place_of_token(stored.shown.id), sealed)?)
}

/// Says, once for each change, why a stored connection cannot be used.
async fn complain(app: &App, wanted: &Stored, error: &anyhow::Error, complaints: &mut Complaints) -> db::Result<()> {
    let id = wanted.shown.id;
    if complaints.insert(id, wanted.revision) == Some(wanted.revision) {
        return Ok(());
    }
    let message = format!("{error:#}");
    tracing::warn!(connection.name = wanted.shown.name, "the connection cannot be used: {message}");
    db::connection::failed(&mut *app.db.get().await?, id, ErrorCode::SecretUnusable, &message, now()).await
}
