//! What those who follow are told of one look at a cluster.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use nexops_core::event::{Change, Collection};
use nexops_core::id::VmId;
use nexops_core::vm::VmRef;

use super::super::latest::Staleness;
use super::super::{Result, event, node};
use super::record::Sighting;

/// Tells them, in the transaction that writes the sighting down: each node and guest that changed, and that there are
/// new figures.
pub(super) async fn tell(conn: &mut AsyncPgConnection, sighting: &Sighting<'_>, gone_vms: i64) -> Result<()> {
    let Sighting { fence: _, connection, at, nodes: _, storages: _, plan, observations, has_figures: _, staleness } =
        *sighting;
    let nodes = node::changed_at(conn, connection, at, staleness).await?;
    let mut changes: Vec<Change> = nodes.into_iter().map(|node| Change::Node(Box::new(node))).collect();
    let quiet = plan.new.is_empty() && plan.changed.is_empty() && plan.replaced.is_empty() && gone_vms == 0;
    if !quiet {
        let vms = super::changed_at(conn, connection, at, staleness, event::TOO_MANY).await?;
        changes.extend(vms.into_iter().map(|vm| Change::Vm(Box::new(vm))));
    }
    if !observations.is_empty() {
        let sources = observations.len() as u64;
        changes.push(Change::Metrics(Collection { connection_id: connection, observed_at: at, sources }));
    }
    event::record(conn, &changes, at).await
}

/// Tells them of single guests, as they are now.
pub(in super::super) async fn tell_of(
    conn: &mut AsyncPgConnection,
    ids: &[VmId],
    staleness: Staleness,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut changes = Vec::with_capacity(ids.len());
    for id in ids {
        let found = super::candidates(conn, VmRef::Id(*id), staleness).await?;
        changes.extend(found.into_iter().map(|vm| Change::Vm(Box::new(vm))));
    }
    event::record(conn, &changes, now).await
}
