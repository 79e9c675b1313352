//! The daemon's figures about itself and about what it watches, for Prometheus.
//!
//! Everything is taken once for each scrape: counters from memory, and nodes and guests from the database in two
//! queries. Where the database is away, the rest is told all the same.

mod inventory;
mod page;
mod running;

use std::time::Duration;

use chrono::{DateTime, Utc};
use nexops_core::node::Node;
use nexops_core::system::JobHealth;
use nexops_core::vm::Vm;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text};
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::cache::Counts;
use crate::db::connection::Record;
use crate::db::{self, PoolState};
use crate::proxmox::CallCount;

/// The type of the text.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// How long the database may take. Prometheus itself gives up after 10 seconds.
const DATABASE_PATIENCE: Duration = Duration::from_secs(5);
/// Nodes and guests that are told of at most; what is left out is counted.
const MOST_NODES: i64 = 1_000;
const MOST_VMS: i64 = 20_000;

/// Everything that a scrape tells.
#[derive(Debug)]
struct Snapshot {
    started_at: DateTime<Utc>,
    jobs: Vec<JobHealth>,
    /// Calls by connection and, within, by node.
    calls: Vec<(String, Vec<CallCount>)>,
    pool: PoolState,
    cache: Counts,
    events_passed_on: u64,
    event_resets: u64,
    event_readers: usize,
    /// Missing while the database is away.
    stored: Option<Stored>,
}

/// What the database knows.
#[derive(Debug)]
struct Stored {
    /// Connections with their names.
    connections: Vec<(String, Record)>,
    /// Messages that wait, and those that were given up.
    deliveries: Vec<(String, i64)>,
    nodes: Vec<Node>,
    vms: Vec<Vm>,
    /// Nodes and guests beyond the limits.
    left_out: u64,
}

/// The text of a scrape.
///
/// # Errors
/// When it cannot be written, which it can.
pub async fn text(app: &App, now: DateTime<Utc>) -> anyhow::Result<String> {
    let stored = tokio::time::timeout(DATABASE_PATIENCE, stored(app, now)).await;
    let connections = app.connections();
    let snapshot = Snapshot {
        started_at: app.started_at,
        jobs: app.handles().iter().map(|handle| handle.health()).collect(),
        calls: connections.iter().map(|c| (c.name.clone(), c.proxmox.calls())).collect(),
        pool: app.db.pool_state(),
        cache: app.cache.counts(),
        events_passed_on: app.events.passed_on(),
        event_resets: app.events.resets(),
        event_readers: app.events.readers(),
        stored: stored.ok().and_then(Result::ok),
    };
    // Writing some MiB of text is work for a thread that nobody waits on.
    let written = tokio::task::spawn_blocking(move || {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(snapshot));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry)?;
        Ok(text)
    });
    written.await?
}

async fn stored(app: &App, now: DateTime<Utc>) -> db::Result<Stored> {
    let conn = &mut app.db.get().await?;
    let names = app.connections();
    let records = db::connection::records(conn).await?.into_iter();
    let named = records.filter_map(|record| {
        let connection = names.iter().find(|connection| connection.id == record.id)?;
        Some((connection.name.clone(), record))
    });
    let connections = named.collect();
    let deliveries = db::storage::queue(conn).await?;
    let staleness = app.staleness(now);
    let (nodes, node_total) = db::node::all(conn, staleness, MOST_NODES).await?;
    let (vms, vm_total) = db::vm::all(conn, staleness, MOST_VMS).await?;
    let left_out = (node_total + vm_total).saturating_sub((nodes.len() + vms.len()) as u64);
    Ok(Stored { connections, deliveries, nodes, vms, left_out })
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let page = &mut page::Page::new(&mut encoder);
        running::write(page, self)?;
        match &self.stored {
            Some(stored) => inventory::write(page, stored),
            None => Ok(()),
        }
    }
}
