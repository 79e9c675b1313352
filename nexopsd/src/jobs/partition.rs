//! Keeps the samples' partitions in order.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Job, Ran};
use crate::app::App;
use crate::db::partition::{self, Upkeep};

/// The loop's name.
pub const NAME: &str = "partitions";
/// How often it runs. Partitions are made days ahead, so that it may fail for long without harm.
pub const PERIOD: Duration = Duration::from_secs(3600);

/// The loop.
#[derive(Debug)]
pub struct KeepPartitions;

impl Job for KeepPartitions {
    const TIMEOUT: Duration = Duration::from_secs(300);
    type Report = Upkeep;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Upkeep>> {
        let conn = &mut app.db.get().await?;
        let upkeep = partition::keep_in_order(conn, now, now - app.config.retention.raw).await?;
        if upkeep.rescued > 0 {
            tracing::warn!(samples = upkeep.rescued, "samples had no partition and were put into one now");
        }
        Ok(Ran::of(upkeep))
    }
}
