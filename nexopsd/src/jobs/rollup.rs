//! Rolls samples up: into five minutes, and those into hours.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Job, Ran};
use crate::app::App;
use crate::db::rollup::{self, Resolution};

/// The loop's name.
pub const NAME: &str = "rollup";
/// How often it runs. What is not rolled up yet is read from the samples meanwhile.
pub const PERIOD: Duration = Duration::from_secs(300);

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Rows of five minutes made.
    pub five_minutes: usize,
    /// Rows of an hour made.
    pub hours: usize,
}

/// The loop.
#[derive(Debug)]
pub struct RollUp;

impl Job for RollUp {
    const TIMEOUT: Duration = Duration::from_secs(600);
    type Report = Report;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let fence = &app.rollup.lease().fence();
        let conn = &mut app.db.get().await?;
        rollup::summarize(conn).await?;
        let mut report = Report::default();
        while let Some(rows) = rollup::advance(conn, Some(fence), Resolution::FiveMinutes, now).await? {
            report.five_minutes += rows;
        }
        while let Some(rows) = rollup::advance(conn, Some(fence), Resolution::Hour, now).await? {
            report.hours += rows;
        }
        Ok(Ran::of(report))
    }
}
