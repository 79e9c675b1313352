//! Keeps the samples' partitions in order, and forgets events and idempotency keys whose time is over.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Job, Ran};
use crate::app::App;
use serde::Serialize;

use crate::db::event;
use crate::db::idempotency;
use crate::db::partition::{self, Upkeep};

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
    /// Idempotency keys forgotten.
    pub forgotten_keys: usize,
    /// Events forgotten.
    pub forgotten_events: usize,
}

/// The loop.
#[derive(Debug)]
pub struct KeepPartitions;

impl Job for KeepPartitions {
    const TIMEOUT: Duration = Duration::from_secs(300);
    type Report = Report;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let conn = &mut app.db.get().await?;
        let forgotten_keys = idempotency::forget(conn, now).await?;
        let forgotten_events = event::forget(conn, now).await?;
        let partitions = partition::keep_in_order(conn, now, now - app.config.retention.raw).await?;
        if partitions.rescued > 0 {
            tracing::warn!(samples = partitions.rescued, "samples had no partition and were put into one now");
        }
        Ok(Ran::of(Report { partitions, forgotten_keys, forgotten_events }))
    }
}
