//! Changes of the stored connections: checked, sealed, written down with who made them, and in effect at once.

use std::sync::Arc;

use nexops_core::error::FieldError;
use nexops_core::id::{AuditId, ConnectionId};
use nexops_core::secret::WriteOnly;
use nexops_core::settings::{ProxmoxConnection, ProxmoxConnectionDraft};
use serde_json::{Value, json};

use super::{draft, refresh};
use crate::app::{App, now};
use crate::db;
use crate::db::audit::{Entry, Origin};
use crate::db::connection::settings::{self, Stored, Values};
use crate::secret::{self, Sealed};

/// Why a connection was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is wanted is not acceptable.
    #[error("some values are not acceptable")]
    Invalid(Vec<FieldError>),
    /// There is no such connection.
    #[error("no connection {0}")]
    NotFound(ConnectionId),
    /// The environment of a daemon describes it.
    #[error(
        "the connection '{name}' is described by the PROXMOX_* variables of a daemon; change them there and start the \
         daemon again, or take them away to change the connection here"
    )]
    Managed {
        /// Its name.
        name: String,
    },
    /// The token cannot be sealed or opened.
    #[error(transparent)]
    Secret(#[from] secret::Error),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
}

impl Error {
    pub(super) fn field(field: &str, reason: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, reason)])
    }
}

/// A stored connection.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn find(app: &App, id: ConnectionId) -> Result<Stored, Error> {
    let conn = &mut app.db.get().await?;
    settings::find(conn, id).await.map_err(|error| match error {
        db::Error::NotFound => Error::NotFound(id),
        other => other.into(),
    })
}

/// Makes a connection, and watches it if it is enabled.
///
/// # Errors
/// Every one of [`Error`] but that it is managed or not found.
pub async fn create(
    app: &Arc<App>,
    draft: &ProxmoxConnectionDraft,
    origin: &Origin,
) -> Result<ProxmoxConnection, Error> {
    let values = draft::check(draft).map_err(Error::Invalid)?;
    let token = draft.token_value.as_ref().ok_or_else(|| Error::field("token_value", "a new connection needs it"))?;
    let id = ConnectionId::new();
    let sealed = seal(app, id, token)?;
    let audit = entry(origin, "connection.create", id, described(&values));
    {
        let conn = &mut app.db.get().await?;
        settings::create(conn, id, &values, &sealed, &audit).await.map_err(|error| named(error, &values))?;
    }
    take_effect(app).await;
    Ok(find(app, id).await?.shown)
}

/// Changes a connection.
///
/// # Errors
/// Every one of [`Error`].
pub async fn update(
    app: &Arc<App>,
    id: ConnectionId,
    draft: &ProxmoxConnectionDraft,
    origin: &Origin,
) -> Result<ProxmoxConnection, Error> {
    let before = changeable(app, id).await?;
    let values = draft::check(draft).map_err(Error::Invalid)?;
    if values.enabled && before.token.is_none() && draft.token_value.is_none() {
        return Err(Error::field("token_value", "none is stored, so that it is needed to watch the cluster"));
    }
    if before.token.is_some() && draft.token_value.is_none() && !draft::keeps_token(&values, &before.shown) {
        return Err(Error::field("token_value", draft::OTHER_HOSTS));
    }
    let sealed = draft.token_value.as_ref().map(|token| seal(app, id, token)).transpose()?;
    let mut details = described(&values);
    details["token_replaced"] = sealed.is_some().into();
    details["before"] =
        json!({ "name": before.shown.name, "hosts": before.shown.hosts, "enabled": before.shown.enabled });
    let audit = entry(origin, "connection.update", id, details);
    {
        let conn = &mut app.db.get().await?;
        settings::update(conn, id, &values, sealed.as_ref(), &audit).await.map_err(|error| match error {
            db::Error::NotFound => Error::NotFound(id),
            other => named(other, &values),
        })?;
    }
    take_effect(app).await;
    Ok(find(app, id).await?.shown)
}

/// Deletes a connection with everything that was seen through it, and gives it as it was.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Managed`], or when the database does not answer.
pub async fn delete(app: &Arc<App>, id: ConnectionId, origin: &Origin) -> Result<ProxmoxConnection, Error> {
    let before = changeable(app, id).await?.shown;
    let (nodes, vms) = {
        let conn = &mut app.db.get().await?;
        (db::node::count_of(conn, id).await?, db::vm::count_of(conn, id).await?)
    };
    let details = json!({ "name": before.name, "hosts": before.hosts, "nodes": nodes, "vms": vms });
    let audit = entry(origin, "connection.delete", id, details);
    {
        let conn = &mut app.db.get().await?;
        settings::delete(conn, id, app.staleness(audit.at), &audit).await.map_err(|error| match error {
            db::Error::NotFound => Error::NotFound(id),
            other => other.into(),
        })?;
    }
    take_effect(app).await;
    Ok(before)
}

async fn changeable(app: &App, id: ConnectionId) -> Result<Stored, Error> {
    let stored = find(app, id).await?;
    match stored.shown.managed_by_environment {
        true => Err(Error::Managed { name: stored.shown.name }),
        false => Ok(stored),
    }
}

/// What was written down is so, whether or not this daemon can act on it at once: it tries again by itself.
async fn take_effect(app: &Arc<App>) {
    if let Err(error) = refresh(app).await {
        tracing::warn!("a changed connection takes effect a little later: {:#}", anyhow::Error::from(error));
    }
}

fn seal(app: &App, id: ConnectionId, token: &WriteOnly) -> Result<Sealed, Error> {
    Ok(app.secrets.seal(settings::place_of_token(id), token.secret())?)
}

fn named(error: db::Error, values: &Values) -> Error {
    match error {
        db::Error::Unique { .. } => Error::field("name", format!("another connection is called '{}'", values.name)),
        other => other.into(),
    }
}

fn described(values: &Values) -> Value {
    let Values { name, hosts, port, user, token_name, verify_tls, fingerprint, enabled } = values;
    json!({
        "name": name, "hosts": hosts, "port": port, "user": user, "token_name": token_name,
        "verify_tls": verify_tls, "fingerprint": fingerprint, "enabled": enabled,
    })
}

fn entry<'a>(origin: &'a Origin, action: &'a str, id: ConnectionId, details: Value) -> Entry<'a> {
    Entry { id: AuditId::new(), origin, action, resource_type: "connection", resource_id: id.0, details, at: now() }
}
