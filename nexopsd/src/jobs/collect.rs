//! Collects figures: one question to each cluster, one batch into the database.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::look::{Purpose, look};
use super::{Job, Ran, until_due};
use crate::app::{App, Connection};
use crate::db;

/// The loop's name.
pub const NAME: &str = "collect";

/// The loop, for one connection.
#[derive(Debug)]
pub struct Collect {
    /// The cluster.
    pub connection: Arc<Connection>,
}

/// What a run did.
#[derive(Debug, Serialize)]
pub struct Report {
    nodes: usize,
    vms: usize,
    samples: usize,
    /// Samples that had waited for the database, and those that had to go meanwhile.
    waited_samples: usize,
    lost_samples: usize,
    /// Samples out of Proxmox's own history, and those that it gave for impossible times.
    filled_samples: usize,
    refused_samples: usize,
    rows_not_understood: usize,
    asking_ms: f64,
    parsing_ms: f64,
    recording_ms: f64,
    recording_samples_ms: f64,
}

impl Job for Collect {
    const TIMEOUT: Duration = Duration::from_secs(120);
    const ADRIFT: Duration = Duration::from_secs(600);
    type Report = Report;

    async fn can_wait(&self, app: &App, now: DateTime<Utc>) -> Duration {
        let last = async { db::connection::collected_at(&mut *app.db.get().await?, self.connection.id).await };
        until_due(last.await.ok().flatten(), app.config.intervals.collect, now)
    }

    async fn run(&self, app: &App, _now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let looked = look(app, &self.connection, Purpose::Figures).await?;
        if looked.new > 0 || looked.uncertain > 0 {
            // Their configurations are wanted, and perhaps the cluster has changed in other ways.
            self.connection.sync.ring();
        }
        app.evaluate.ring();
        Ok(Ran::of(Report {
            nodes: looked.nodes,
            vms: looked.guests,
            samples: looked.recorded.samples,
            waited_samples: looked.waited,
            lost_samples: looked.lost,
            filled_samples: looked.filled.samples,
            refused_samples: looked.filled.refused,
            rows_not_understood: looked.skipped,
            asking_ms: milliseconds(looked.asking),
            parsing_ms: milliseconds(looked.parsing),
            recording_ms: milliseconds(looked.recording),
            recording_samples_ms: milliseconds(looked.recorded.samples_took),
        }))
    }
}

/// To the hundredth.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100_000.0).round() / 100.0
}
