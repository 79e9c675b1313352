//! Checks every service, each on its own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use nexops_core::id::ServiceId;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::{Job, Ran, until_due};
use crate::app::App;
use crate::db::service::health::{self, Checked, Recorded};
use crate::probe;

/// The loop's name.
pub const NAME: &str = "check";
/// How many services are asked at a time.
const AT_A_TIME: usize = 512;
/// How many results are written in one transaction.
const BATCH: usize = 100;
/// By how much the checks of a few services are spread; those of many are spread over a third of the interval.
const SPREAD_EACH: Duration = Duration::from_millis(40);

/// The loop.
#[derive(Debug)]
pub struct CheckServices;

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    services: usize,
    recorded: usize,
    changed: usize,
    samples: usize,
    panicked: usize,
}

impl Job for CheckServices {
    const TIMEOUT: Duration = Duration::from_secs(600);
    type Report = Report;

    async fn can_wait(&self, app: &App, now: DateTime<Utc>) -> Duration {
        let last = async { health::last_checked_at(&mut *app.db.get().await?).await };
        until_due(last.await.ok().flatten(), app.config.intervals.health, now)
    }

    async fn run(&self, app: &App, _now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let fence = app.check.lease().fence();
        let checks = health::checks(&mut *app.db.get().await?).await?;
        let mut report = Report { services: checks.len(), ..Report::default() };
        let many = u32::try_from(checks.len()).unwrap_or(u32::MAX);
        let spread = SPREAD_EACH.saturating_mul(many).min(app.config.intervals.health / 3);
        let places = Arc::new(Semaphore::new(AT_A_TIME));
        let mut probes = JoinSet::new();
        for check in checks {
            let (outbound, longest, places) = (app.outbound.clone(), probe::longest(app), Arc::clone(&places));
            probes.spawn(async move {
                // A service is asked at its own time, so that all are not asked at once, and each at an even pace.
                tokio::time::sleep(spread.mul_f64(share(check.id))).await;
                let _place = places.acquire_owned().await;
                probe::ask(&outbound, check, longest).await
            });
        }
        while let Some(first) = probes.join_next().await {
            let mut batch = Vec::new();
            report.take(first, &mut batch);
            while batch.len() < BATCH
                && let Some(next) = probes.try_join_next()
            {
                report.take(next, &mut batch);
            }
            let recorded = health::record(&mut *app.db.get().await?, Some(&fence), &batch, probe::gap(app)).await?;
            report.add(recorded);
        }
        app.evaluate.ring();
        Ok(Ran::of(report))
    }
}

impl Report {
    fn take(&mut self, probe: Result<Checked, JoinError>, batch: &mut Vec<Checked>) {
        match probe {
            Ok(checked) => batch.push(checked),
            Err(error) => {
                self.panicked += 1;
                tracing::error!("the check of a service ended badly, which is a fault of NexOps: {error}");
            }
        }
    }

    fn add(&mut self, recorded: Recorded) {
        let Recorded { services, changed, samples } = recorded;
        self.recorded += services;
        self.changed += changed;
        self.samples += samples;
    }
}

/// A service's place in the order of the day, 0 to 1, always the same.
fn share(id: ServiceId) -> f64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    f64::from(u16::try_from(hasher.finish() % 1000).unwrap_or_default()) / 1000.0
}
