//! The insides of guests: whom to ask next, and what was learned.

use std::collections::HashMap;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::id::{ConnectionId, VmId};
use nexops_core::vm::{AgentStatus, VmType};
use uuid::Uuid;

use super::latest::Staleness;
use super::schema::{guest_insides, nodes, vms};
use super::{Error, Result};

/// A running guest whose inside is to be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The guest.
    pub id: VmId,
    /// The node that owns it.
    pub node: String,
    /// Its kind.
    pub kind: VmType,
    /// Its number.
    pub vmid: i32,
    /// Its configuration, secrets masked.
    pub config: serde_json::Value,
    /// How often in a row nothing was learned.
    pub failures: i16,
}

/// The running guests that are due, those that have waited longest first. A guest whose configuration was never read
/// is not among them: whether it has an agent is not known.
///
/// # Errors
/// When the database does not answer.
pub async fn due(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Due>> {
    type Row = (Uuid, String, String, i32, serde_json::Value, Option<i16>);
    let rows: Vec<Row> = vms::table
        .inner_join(nodes::table)
        .left_join(guest_insides::table)
        .filter(vms::connection_id.eq(connection.0).and(vms::gone_at.is_null()))
        .filter(vms::status.eq("running").and(vms::template.eq(false)))
        .filter(vms::birthmark.is_not_null())
        .filter(nodes::status.eq_any(["online", "maintenance"]))
        .filter(guest_insides::due_at.is_null().or(guest_insides::due_at.le(now)))
        .order_by((guest_insides::due_at.asc().nulls_first(), vms::vmid))
        .limit(limit)
        .select((
            vms::id,
            nodes::proxmox_node_name,
            vms::kind,
            vms::vmid,
            vms::config,
            guest_insides::failures.nullable(),
        ))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(id, node, kind, vmid, config, failures)| {
            let failures = failures.unwrap_or(0);
            Ok(Due { id: id.into(), node, kind: super::word(&kind)?, vmid, config, failures })
        })
        .collect()
}

/// What a look into a guest says of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressSeen {
    /// Nothing.
    Unchanged,
    /// That this is it, or that it has none.
    Now(Option<IpAddr>),
}

/// What a look into a guest brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How its agent fared; `None` for a container.
    pub agent: Option<AgentStatus>,
    /// Its address.
    pub address: AddressSeen,
    /// Bytes in use and in all, where they were told.
    pub disk: Option<(i64, i64)>,
    /// Times in a row that nothing was learned.
    pub failures: i16,
    /// When to look again.
    pub due_at: DateTime<Utc>,
}

/// Writes down what a look brought. What was known of the disks stays until it is too old.
///
/// # Errors
/// When the database does not answer.
pub async fn note(
    conn: &mut AsyncPgConnection,
    id: VmId,
    seen: &Seen,
    staleness: Staleness,
    now: DateTime<Utc>,
) -> Result<()> {
    let Seen { agent, address, disk, failures, due_at } = *seen;
    let progress = (
        guest_insides::agent.eq(agent.map(AgentStatus::as_str)),
        guest_insides::failures.eq(failures),
        guest_insides::due_at.eq(due_at),
    );
    conn.transaction::<_, Error, _>(async |conn| {
        super::commit_lazily(conn).await?;
        let before: Option<(Option<String>, Option<String>)> = vms::table
            .find(id.0)
            .left_join(guest_insides::table)
            .filter(vms::gone_at.is_null())
            .select((vms::ip_address, guest_insides::agent.nullable()))
            .first(conn)
            .await
            .optional()?;
        let Some((known_address, known_agent)) = before else { return Ok(()) };
        diesel::insert_into(guest_insides::table)
            .values((guest_insides::vm_id.eq(id.0), progress))
            .on_conflict(guest_insides::vm_id)
            .do_update()
            .set(progress)
            .execute(conn)
            .await?;
        if let Some((used, total)) = disk {
            diesel::update(guest_insides::table.find(id.0))
                .set((
                    guest_insides::disk_used_bytes.eq(used),
                    guest_insides::disk_total_bytes.eq(total),
                    guest_insides::disk_read_at.eq(now),
                ))
                .execute(conn)
                .await?;
        }
        let address = match address {
            AddressSeen::Unchanged => known_address.clone(),
            AddressSeen::Now(address) => address.map(|address| address.to_string()),
        };
        if address == known_address && agent.map(AgentStatus::as_str) == known_agent.as_deref() {
            return Ok(());
        }
        diesel::update(vms::table.find(id.0))
            .set((vms::ip_address.eq(address), vms::updated_at.eq(now)))
            .execute(conn)
            .await?;
        super::vm::tell_of(conn, &[id], staleness, now).await
    })
    .await
}

/// Lets everybody be asked again that the token was not allowed to ask, for now it is.
///
/// # Errors
/// When the database does not answer.
pub async fn ask_forbidden_again(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    now: DateTime<Utc>,
) -> Result<()> {
    let seen = vms::table.filter(vms::connection_id.eq(connection.0)).select(vms::id);
    diesel::update(guest_insides::table)
        .filter(guest_insides::agent.eq(AgentStatus::Forbidden.as_str()).and(guest_insides::due_at.gt(now)))
        .filter(guest_insides::vm_id.eq_any(seen))
        .set(guest_insides::due_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// How full guests' disks are, in bytes used and in all, where that was told since a moment.
///
/// # Errors
/// When the database does not answer.
pub async fn disks(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    since: DateTime<Utc>,
) -> Result<HashMap<Uuid, (i64, i64)>> {
    let rows: Vec<(Uuid, Option<i64>, Option<i64>)> = guest_insides::table
        .inner_join(vms::table)
        .filter(vms::connection_id.eq(connection.0).and(guest_insides::disk_read_at.ge(since)))
        .select((guest_insides::vm_id, guest_insides::disk_used_bytes, guest_insides::disk_total_bytes))
        .load(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, used, total)| Some((id, (used?, total?)))).collect())
}
