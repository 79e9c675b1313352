//! Keeps the partitions of samples and rollups in order, and forgets what else has had its time: rows of the audit log,
//! events, idempotency keys, deliveries.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Job, Ran};
use crate::app::App;
use crate::db::partition::{self, Upkeep};
use crate::db::{self, audit, delivery, event, idempotency, service};

/// The loop's name.
pub const NAME: &str = "partitions";
/// How often it runs. Partitions are made days ahead, so that it may fail for long without harm.
pub const PERIOD: Duration = Duration::from_secs(3600);

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// What it did to the partitions.
    #[serde(flatten)]
    pub partitions: Upkeep,
    /// Partitions rewritten, because nothing more can come to them.
    pub closed: usize,
    /// Rows of the audit log forgotten.
    pub forgotten_audits: usize,
    /// Idempotency keys forgotten.
    pub forgotten_keys: usize,
    /// Statuses of services forgotten.
    pub forgotten_statuses: usize,
    /// Deliveries forgotten.
    pub forgotten_deliveries: usize,
    /// Events forgotten.
    pub forgotten_events: usize,
}

/// The loop.
#[derive(Debug)]
pub struct KeepPartitions;

impl Job for KeepPartitions {
    const TIMEOUT: Duration = Duration::from_secs(3000);
    type Report = Report;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let conn = &mut app.db.get().await?;
        let forgotten_keys = idempotency::forget(conn, now).await?;
        let forgotten_statuses = service::history::forget(conn, now).await?;
        let forgotten_deliveries = delivery::forget(conn, now).await?;
        db::lease::forget(conn).await?;
        let forgotten_events = event::forget(conn, now).await?;
        let forgotten_audits = audit::forget(conn, now - app.config.retention.audit).await?;
        let partitions = partition::keep_in_order(conn, now, &app.kept(now)).await?;
        if partitions.rescued > 0 {
            tracing::warn!(samples = partitions.rescued, "samples had no partition and were put into one now");
        }
        let mut closed = 0;
        while let Some(name) = partition::close_one(conn, now).await? {
            tracing::debug!(partition = name, "closed a partition");
            closed += 1;
        }
        Ok(Ran::of(Report {
            partitions,
            closed,
            forgotten_audits,
            forgotten_keys,
            forgotten_statuses,
            forgotten_deliveries,
            forgotten_events,
        }))
    }
}
