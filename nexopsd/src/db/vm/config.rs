//! Guests' configurations: which are to be read, and what was read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_core::id::{ConnectionId, VmId};
use nexops_core::vm::VmType;
use uuid::Uuid;

use super::super::Result;
use super::super::schema::{nodes, vms};

/// A guest whose configuration is to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigDue {
    /// The guest.
    pub id: VmId,
    /// The node that owns it.
    pub node: String,
    /// Its kind.
    pub kind: VmType,
    /// Its number.
    pub vmid: i32,
    /// What tells it from others, as it was when its configuration was last read.
    pub birthmark: Option<serde_json::Value>,
}

/// The guests on online nodes whose configuration was last read before `before`, or never; those first.
///
/// # Errors
/// When the database does not answer.
pub async fn configs_due(
    conn: &mut AsyncPgConnection,
    connection: ConnectionId,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ConfigDue>> {
    let rows: Vec<(Uuid, String, String, i32, Option<serde_json::Value>)> = vms::table
        .inner_join(nodes::table)
        .filter(vms::connection_id.eq(connection.0).and(vms::gone_at.is_null()))
        .filter(nodes::status.eq_any(["online", "maintenance"]))
        .filter(vms::config_read_at.is_null().or(vms::config_read_at.lt(before)))
        .order_by((vms::config_read_at.asc().nulls_first(), vms::vmid))
        .limit(limit)
        .select((vms::id, nodes::proxmox_node_name, vms::kind, vms::vmid, vms::birthmark))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(id, node, kind, vmid, birthmark)| {
            Ok(ConfigDue { id: id.into(), node, kind: super::super::word(&kind)?, vmid, birthmark })
        })
        .collect()
}

/// A configuration as it is written down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadConfig<'a> {
    /// The operating system.
    pub os_type: Option<&'a str>,
    /// All of it, secrets masked.
    pub config: &'a serde_json::Value,
    /// What tells the guest from others.
    pub birthmark: &'a serde_json::Value,
}

/// Writes down a guest's configuration.
///
/// # Errors
/// When the database does not answer.
pub async fn set_config(
    conn: &mut AsyncPgConnection,
    id: VmId,
    read: ReadConfig<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let ReadConfig { os_type, config, birthmark } = read;
    let os_type = os_type.map(|text| text.chars().take(100).collect::<String>());
    diesel::update(vms::table.find(id.0))
        .set((
            vms::os_type.eq(os_type),
            vms::config.eq(config),
            vms::birthmark.eq(birthmark),
            vms::config_read_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a guest's configuration could not be read, so that the others have their turn first. What was read
/// before stays; where nothing ever was, the configuration stays unknown.
///
/// # Errors
/// When the database does not answer.
pub async fn skip_config(conn: &mut AsyncPgConnection, id: VmId, now: DateTime<Utc>) -> Result<()> {
    diesel::update(vms::table.find(id.0)).set(vms::config_read_at.eq(now)).execute(conn).await?;
    Ok(())
}
