//! Connections to Proxmox: which there are, and how each fares.

pub mod settings;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::error::ErrorCode;
use nexops_core::id::ConnectionId;
use nexops_core::system::ConnectionError;

use super::Result;
use super::schema::proxmox_connections;

/// A connection as the environment describes it, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed<'a> {
    /// Its name.
    pub name: &'a str,
    /// The hosts of the cluster.
    pub hosts: &'a [String],
    /// The port where a host names none.
    pub port: u16,
    /// The user, with realm.
    pub user: &'a str,
    /// The token's name.
    pub token_name: &'a str,
    /// Whether certificates are checked against trusted authorities.
    pub verify_tls: bool,
    /// The pinned certificates.
    pub fingerprint: Option<&'a str>,
}

/// Writes down a connection that the environment describes, and gives its id: the same for the same name.
///
/// # Errors
/// When the database does not answer.
pub async fn adopt(conn: &mut AsyncPgConnection, connection: &Managed<'_>, now: DateTime<Utc>) -> Result<ConnectionId> {
    let Managed { name, hosts, port, user, token_name, verify_tls, fingerprint } = *connection;
    let values = (
        proxmox_connections::hosts.eq(hosts),
        proxmox_connections::port.eq(i32::from(port)),
        proxmox_connections::username.eq(user),
        proxmox_connections::token_name.eq(token_name),
        proxmox_connections::verify_tls.eq(verify_tls),
        proxmox_connections::fingerprint.eq(fingerprint),
        proxmox_connections::enabled.eq(true),
        proxmox_connections::managed.eq(true),
        // One that was stored for the connection belongs to what was set up before.
        proxmox_connections::token_value.eq(None::<Vec<u8>>),
        proxmox_connections::updated_at.eq(now),
    );
    let id: uuid::Uuid = diesel::insert_into(proxmox_connections::table)
        .values((
            proxmox_connections::id.eq(ConnectionId::new().0),
            proxmox_connections::name.eq(name),
            proxmox_connections::created_at.eq(now),
            values.clone(),
        ))
        .on_conflict(proxmox_connections::name)
        .do_update()
        .set(values)
        .returning(proxmox_connections::id)
        .get_result(conn)
        .await?;
    Ok(id.into())
}

/// Lets go of the connections that an environment described and this one does not: they are not watched any more, and
/// can be changed and deleted. What was seen through them stays.
///
/// # Errors
/// When the database does not answer.
pub async fn let_go(conn: &mut AsyncPgConnection, keep: &[ConnectionId], now: DateTime<Utc>) -> Result<()> {
    diesel::update(
        proxmox_connections::table
            .filter(proxmox_connections::managed)
            .filter(proxmox_connections::id.ne_all(keep.iter().map(|id| id.0))),
    )
    .set((
        proxmox_connections::managed.eq(false),
        proxmox_connections::enabled.eq(false),
        proxmox_connections::updated_at.eq(now),
    ))
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that Proxmox answered, and whether figures were collected from what it said.
pub(super) async fn succeeded(
    conn: &mut AsyncPgConnection,
    id: ConnectionId,
    now: DateTime<Utc>,
    has_figures: bool,
) -> Result<()> {
    diesel::update(proxmox_connections::table.find(id.0))
        .set((
            proxmox_connections::last_success_at.eq(now),
            has_figures.then_some(proxmox_connections::collected_at.eq(now)),
            proxmox_connections::last_error.eq(None::<String>),
            proxmox_connections::last_error_code.eq(None::<String>),
            proxmox_connections::last_error_since.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Up to when figures were collected; `None` before the first time.
///
/// # Errors
/// When the database does not answer.
pub async fn collected_at(conn: &mut AsyncPgConnection, id: ConnectionId) -> Result<Option<DateTime<Utc>>> {
    let at = proxmox_connections::table.find(id.0).select(proxmox_connections::collected_at).first(conn).await?;
    Ok(at)
}

/// Notes how Proxmox failed. A failure of the same kind keeps the time since when it lasts.
///
/// # Errors
/// When the database does not answer.
pub async fn failed(
    conn: &mut AsyncPgConnection,
    id: ConnectionId,
    code: ErrorCode,
    message: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let since: Option<DateTime<Utc>> = proxmox_connections::table
        .find(id.0)
        .filter(proxmox_connections::last_error_code.eq(code.as_str()))
        .select(proxmox_connections::last_error_since)
        .first(conn)
        .await
        .optional()?
        .flatten();
    diesel::update(proxmox_connections::table.find(id.0))
        .set((
            proxmox_connections::last_error.eq(super::storable(message)),
            proxmox_connections::last_error_code.eq(code.as_str()),
            proxmox_connections::last_error_since.eq(since.unwrap_or(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What a sync learns of the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The cluster's name; none for a standalone server.
    pub cluster: Option<String>,
    /// Proxmox VE's version, where it was told.
    pub pve_version: Option<String>,
    /// Whether the cluster has quorum, where that can be known.
    pub quorate: Option<bool>,
    /// What makes the picture incomplete.
    pub warning: Option<String>,
}

/// Writes down what a sync learned of the other side.
///
/// # Errors
/// When the database does not answer.
pub async fn describe(conn: &mut AsyncPgConnection, id: ConnectionId, description: &Description) -> Result<()> {
    let Description { cluster, pve_version, quorate, warning } = description;
    let cluster = cluster.as_deref().map(|name| name.chars().take(255).collect::<String>());
    let pve_version = pve_version.as_deref().map(|version| version.chars().take(50).collect::<String>());
    diesel::update(proxmox_connections::table.find(id.0))
        .set((
            proxmox_connections::cluster_name.eq(cluster),
            proxmox_connections::pve_version.eq(pve_version),
            proxmox_connections::quorate.eq(quorate),
            proxmox_connections::warning.eq(warning),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// How a connection fares, as written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Its hosts, as they were set up.
    pub hosts: Vec<String>,
    /// What the last sync learned; `pve_version` is `None` before the first.
    pub cluster: Option<String>,
    /// Proxmox VE's version.
    pub pve_version: Option<String>,
    /// Whether the cluster has quorum.
    pub quorate: Option<bool>,
    /// What makes the picture incomplete.
    pub warning: Option<String>,
    /// When Proxmox last answered.
    pub last_success_at: Option<DateTime<Utc>>,
    /// What is wrong now.
    pub last_error: Option<ConnectionError>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = proxmox_connections)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct RecordRow {
    id: uuid::Uuid,
    name: String,
    hosts: Vec<String>,
    cluster_name: Option<String>,
    pve_version: Option<String>,
    quorate: Option<bool>,
    warning: Option<String>,
    last_success_at: Option<DateTime<Utc>>,
    last_error_code: Option<String>,
    last_error: Option<String>,
    last_error_since: Option<DateTime<Utc>>,
}

/// How the connections in use fare.
///
/// # Errors
/// When the database does not answer.
pub async fn records(conn: &mut AsyncPgConnection) -> Result<Vec<Record>> {
    let rows: Vec<RecordRow> = proxmox_connections::table
        .filter(proxmox_connections::enabled)
        .order_by(proxmox_connections::name)
        .select(RecordRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Record {
                id: row.id.into(),
                name: row.name,
                hosts: row.hosts,
                cluster: row.cluster_name,
                pve_version: row.pve_version,
                quorate: row.quorate,
                warning: row.warning,
                last_success_at: row.last_success_at,
                last_error: last_error(row.last_error_code, row.last_error, row.last_error_since)?,
            })
        })
        .collect()
}

/// What is wrong, out of the three columns that say it.
fn last_error(
    code: Option<String>,
    message: Option<String>,
    since: Option<DateTime<Utc>>,
) -> Result<Option<ConnectionError>> {
    match (code, message, since) {
        (Some(code), Some(message), Some(since)) => {
            Ok(Some(ConnectionError { code: super::word(&code)?, message, since }))
        }
        _ => Ok(None),
    }
}

/// When everything that is shown was last really seen: the oldest last answer of the connections in use. `None` when
/// one of them never answered, or there is none.
///
/// # Errors
/// When the database does not answer.
pub async fn observed_at(conn: &mut AsyncPgConnection) -> Result<Option<DateTime<Utc>>> {
    let answers: Vec<Option<DateTime<Utc>>> = proxmox_connections::table
        .filter(proxmox_connections::enabled)
        .select(proxmox_connections::last_success_at)
        .load(conn)
        .await?;
    Ok(answers.into_iter().collect::<Option<Vec<_>>>().and_then(|times| times.into_iter().min()))
}

/// Whether there is a connection of another name.
///
/// # Errors
/// When the database does not answer.
pub async fn exists_beside(conn: &mut AsyncPgConnection, name: &str) -> Result<bool> {
    let others = proxmox_connections::table.filter(proxmox_connections::name.ne(name));
    Ok(diesel::select(diesel::dsl::exists(others)).get_result(conn).await?)
}
