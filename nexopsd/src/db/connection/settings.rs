//! Connections as they are set up: made, changed and deleted through the API, and read by the daemons that watch.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::event::Change;
use nexops_core::id::ConnectionId;
use nexops_core::page::Paging;
use nexops_core::settings::ProxmoxConnection;
use uuid::Uuid;

use super::super::audit::{self, Entry};
use super::super::latest::Staleness;
use super::super::schema::proxmox_connections;
use super::super::{Error, Result, event, lock_inventory, node, vm};
use super::last_error;
use crate::secret::{Place, Sealed};

/// Where a connection's token is kept.
#[must_use]
pub fn place_of_token(id: ConnectionId) -> Place {
    Place { table: "proxmox_connections", field: "token_value", row: id.0 }
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = proxmox_connections)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct Row {
    id: Uuid,
    name: String,
    hosts: Vec<String>,
    port: i32,
    username: String,
    token_name: String,
    token_value: Option<Vec<u8>>,
    verify_tls: bool,
    fingerprint: Option<String>,
    enabled: bool,
    managed: bool,
    revision: i32,
    cluster_name: Option<String>,
    pve_version: Option<String>,
    last_success_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
    last_error_code: Option<String>,
    last_error_since: Option<DateTime<Utc>>,
    warning: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A connection with what only the daemon is to know of it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What anybody may know.
    pub shown: ProxmoxConnection,
    /// The token's secret, sealed.
    pub token: Option<Sealed>,
    /// Grows with every change of what is set up.
    pub revision: i32,
}

impl Row {
    fn into_stored(self) -> Result<Stored> {
        let Self { id, name, hosts, port, username, token_name, token_value, verify_tls, fingerprint, .. } = self;
        let managed_by_environment = self.managed && self.enabled;
        let shown = ProxmoxConnection {
            id: id.into(),
            name,
            hosts,
            port: u16::try_from(port).map_err(|error| Error::Other(error.into()))?,
            user: username,
            token_name,
            has_token: token_value.is_some() || managed_by_environment,
            verify_tls,
            fingerprint,
            enabled: self.enabled,
            managed_by_environment,
            cluster: self.cluster_name,
            pve_version: self.pve_version,
            same_cluster_as: None,
            last_success_at: self.last_success_at,
            last_error: last_error(self.last_error_code, self.last_error, self.last_error_since)?,
            warning: self.warning,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        Ok(Stored { shown, token: token_value.map(Sealed::from), revision: self.revision })
    }
}

/// Every connection, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn all(conn: &mut AsyncPgConnection) -> Result<Vec<Stored>> {
    let rows: Vec<Row> =
        proxmox_connections::table.order_by(proxmox_connections::name).select(Row::as_select()).load(conn).await?;
    rows.into_iter().map(Row::into_stored).collect()
}

/// One page of the connections, by name, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(conn: &mut AsyncPgConnection, paging: Paging) -> Result<(Vec<ProxmoxConnection>, u64)> {
    let total: i64 = proxmox_connections::table.count().get_result(conn).await?;
    let rows: Vec<Row> = proxmox_connections::table
        .order_by(proxmox_connections::name)
        .select(Row::as_select())
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .load(conn)
        .await?;
    let twins = twins(conn).await?;
    let shown = rows.into_iter().map(|row| Ok(with_twin(row.into_stored()?.shown, &twins)));
    Ok((shown.collect::<Result<_>>()?, total.unsigned_abs()))
}

/// One connection.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn find(conn: &mut AsyncPgConnection, id: ConnectionId) -> Result<Stored> {
    let row: Row = proxmox_connections::table.find(id.0).select(Row::as_select()).first(conn).await?;
    let stored = row.into_stored()?;
    let twins = twins(conn).await?;
    Ok(Stored { shown: with_twin(stored.shown, &twins), ..stored })
}

fn with_twin(shown: ProxmoxConnection, twins: &[Twins]) -> ProxmoxConnection {
    let same_cluster_as = twins.iter().find(|twins| twins.id == shown.id.0).map(|twins| twins.name.clone());
    ProxmoxConnection { same_cluster_as, ..shown }
}

#[derive(QueryableByName)]
struct Twins {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
}

/// The connections in use that lead to the same cluster as another one: a node of both has the same name and
/// certificate, and no node of the same name has another certificate.
async fn twins(conn: &mut AsyncPgConnection) -> Result<Vec<Twins>> {
    let twins = diesel::sql_query(
        "SELECT one.connection_id AS id, min(other_connection.name) AS name \
         FROM nodes AS one JOIN nodes AS other USING (proxmox_node_name) \
         JOIN proxmox_connections AS one_connection ON one_connection.id = one.connection_id \
         JOIN proxmox_connections AS other_connection ON other_connection.id = other.connection_id \
         WHERE one.connection_id <> other.connection_id AND one.gone_at IS NULL AND other.gone_at IS NULL \
             AND one_connection.enabled AND other_connection.enabled \
             AND one.metadata ->> 'certificate_fingerprint' IS NOT NULL \
             AND other.metadata ->> 'certificate_fingerprint' IS NOT NULL \
         GROUP BY one.connection_id, other.connection_id \
         HAVING bool_and(one.metadata ->> 'certificate_fingerprint' = other.metadata ->> 'certificate_fingerprint')",
    );
    Ok(twins.load(conn).await?)
}

/// What can be set up, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// Its name.
    pub name: String,
    /// The hosts of the cluster.
    pub hosts: Vec<String>,
    /// The port of hosts that name none.
    pub port: u16,
    /// The user, with realm.
    pub user: String,
    /// The token's name.
    pub token_name: String,
    /// Whether certificates are checked against trusted authorities.
    pub verify_tls: bool,
    /// The pinned certificates.
    pub fingerprint: Option<String>,
    /// Whether it is watched.
    pub enabled: bool,
}

/// The columns of what can be set up.
macro_rules! columns {
    ($values:expr, $token:expr, $now:expr) => {{
        let Values { name, hosts, port, user, token_name, verify_tls, fingerprint, enabled } = $values;
        (
            proxmox_connections::name.eq(name),
            proxmox_connections::hosts.eq(hosts),
            proxmox_connections::port.eq(i32::from(*port)),
            proxmox_connections::username.eq(user),
            proxmox_connections::token_name.eq(token_name),
            $token.map(|token| proxmox_connections::token_value.eq(token.as_bytes())),
            proxmox_connections::verify_tls.eq(verify_tls),
            proxmox_connections::fingerprint.eq(fingerprint),
            proxmox_connections::enabled.eq(enabled),
            proxmox_connections::updated_at.eq($now),
        )
    }};
}

/// Makes a connection, and writes that into the audit log.
///
/// # Errors
/// [`Error::Unique`] when the name is taken, or when the database does not answer.
pub async fn create(
    conn: &mut AsyncPgConnection,
    id: ConnectionId,
    values: &Values,
    token: &Sealed,
    audit: &Entry<'_>,
) -> Result<()> {
    conn.transaction::<_, Error, _>(async |conn| {
        let own = (proxmox_connections::id.eq(id.0), proxmox_connections::created_at.eq(audit.at));
        diesel::insert_into(proxmox_connections::table)
            .values((own, columns!(values, Some(token), audit.at)))
            .execute(conn)
            .await?;
        audit::done(conn, audit).await
    })
    .await
}

/// Changes a connection, and writes that into the audit log. A token that is not given stays.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unique`] when the name is taken, or when the database does not answer.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: ConnectionId,
    values: &Values,
    token: Option<&Sealed>,
    audit: &Entry<'_>,
) -> Result<()> {
    conn.transaction::<_, Error, _>(async |conn| {
        // How it fared before tells nothing of how it fares now.
        let fresh = (
            proxmox_connections::last_error.eq(None::<String>),
            proxmox_connections::last_error_code.eq(None::<String>),
            proxmox_connections::last_error_since.eq(None::<DateTime<Utc>>),
            proxmox_connections::revision.eq(proxmox_connections::revision + 1),
        );
        let changed = diesel::update(proxmox_connections::table.find(id.0))
            .set((fresh, columns!(values, token, audit.at)))
            .execute(conn)
            .await?;
        if changed == 0 {
            return Err(Error::NotFound);
        }
        audit::done(conn, audit).await
    })
    .await
}

/// Seals a token again; it stays the same. Only if the connection was not changed meanwhile.
///
/// # Errors
/// When the database does not answer.
pub async fn reseal(conn: &mut AsyncPgConnection, stored: &Stored, token: &Sealed) -> Result<()> {
    let row = proxmox_connections::table.find(stored.shown.id.0);
    diesel::update(row.filter(proxmox_connections::revision.eq(stored.revision)))
        .set(proxmox_connections::token_value.eq(token.as_bytes()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes a connection with everything that was seen through it, tells those who follow, and writes that into the audit
/// log, which stays.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    id: ConnectionId,
    staleness: Staleness,
    audit: &Entry<'_>,
) -> Result<()> {
    conn.transaction::<_, Error, _>(async |conn| {
        lock_inventory(conn, id).await?;
        let nodes = node::of_connection(conn, id, staleness).await?;
        let vms = vm::of_connection(conn, id, staleness, event::TOO_MANY).await?;
        let nodes = nodes.into_iter().map(|node| Change::Node(Box::new(node)));
        let gone: Vec<Change> = nodes.chain(vms.into_iter().map(|vm| Change::Vm(Box::new(vm)))).collect();
        for forget in [
            // Nobody will learn how these ended.
            "UPDATE audit_logs SET outcome = 'unknown' FROM tasks \
             WHERE tasks.audit_id = audit_logs.id AND tasks.connection_id = $1 AND audit_logs.outcome = 'pending'",
            // The samples of a series without a name go with their partitions.
            "DELETE FROM metric_series WHERE source_id IN \
                 (SELECT id FROM vms WHERE connection_id = $1 UNION ALL SELECT id FROM nodes WHERE connection_id = $1)",
            "DELETE FROM alert_cursors WHERE scope_id = $1",
        ] {
            diesel::sql_query(forget).bind::<SqlUuid, _>(id.0).execute(conn).await?;
        }
        if diesel::delete(proxmox_connections::table.find(id.0)).execute(conn).await? == 0 {
            return Err(Error::NotFound);
        }
        event::record_deletion(conn, &gone, audit.at).await?;
        audit::done(conn, audit).await
    })
    .await
}

/// The name of another connection in use that leads to the same cluster.
///
/// # Errors
/// When the database does not answer.
pub async fn twin_of(conn: &mut AsyncPgConnection, id: ConnectionId) -> Result<Option<String>> {
    Ok(twins(conn).await?.into_iter().find(|twins| twins.id == id.0).map(|twins| twins.name))
}

/// The name of a connection in use, beside this one, that leads to the cluster with these nodes and certificates.
///
/// # Errors
/// When the database does not answer.
pub async fn with_nodes(
    conn: &mut AsyncPgConnection,
    certificates: &[(String, String)],
    beside: Option<ConnectionId>,
) -> Result<Option<String>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let found: Option<Found> = diesel::sql_query(
        "SELECT connection.name FROM nodes \
         JOIN unnest($1, $2) AS seen (node, certificate) ON seen.node = proxmox_node_name \
         JOIN proxmox_connections AS connection ON connection.id = nodes.connection_id \
         WHERE metadata ->> 'certificate_fingerprint' IS NOT NULL AND nodes.gone_at IS NULL \
             AND connection.enabled AND connection.id IS DISTINCT FROM $3 \
         GROUP BY connection.name HAVING bool_and(metadata ->> 'certificate_fingerprint' = seen.certificate) \
         ORDER BY connection.name LIMIT 1",
    )
    .bind::<Array<Text>, _>(certificates.iter().map(|(node, _)| node.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(certificates.iter().map(|(_, certificate)| certificate.as_str()).collect::<Vec<_>>())
    .bind::<Nullable<SqlUuid>, _>(beside.map(|id| id.0))
    .get_result(conn)
    .await
    .optional()?;
    Ok(found.map(|found| found.name))
}
