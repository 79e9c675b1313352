//! Evaluates the alert rules: after each collection and check, and every half minute in any case.

use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use nexops_alerting::Setting;
use serde::Serialize;

use super::{Job, Ran};
use crate::alerting::{self, Clock};
use crate::app::App;
use crate::db::evaluation;

/// The loop's name.
pub const NAME: &str = "evaluate";
/// How often it runs when nobody rings: ends of silences, reminders and missing samples come without samples.
pub const PERIOD: Duration = Duration::from_secs(30);

/// The loop.
#[derive(Debug, Default)]
pub struct Evaluate {
    clock: Clock,
}

/// What a run did.
#[derive(Debug, Serialize)]
pub struct Report {
    rules: usize,
    samples: usize,
    future_samples: u32,
    states: usize,
    alerts: usize,
    messages: usize,
}

impl Job for Evaluate {
    const TIMEOUT: Duration = Duration::from_secs(60);
    type Report = Report;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        self.clock.begin(Instant::now(), now);
        let interval = TimeDelta::from_std(app.config.intervals.collect).context("the interval of collections")?;
        let setting = Setting { now, interval };
        let fence = app.evaluate.lease().fence();
        let conn = &mut app.db.get().await?;
        let judge = |world: &mut evaluation::World| alerting::judge(world, &self.clock, setting);
        let (world, done) = evaluation::evaluate(conn, Some(&fence), self.clock.step(), interval, now, judge).await?;
        self.clock.written();
        if done.future_samples > 0 {
            tracing::warn!(
                samples = done.future_samples,
                "samples lie ahead of the clock; is the time of a node wrong?"
            );
        }
        Ok(Ran::of(Report {
            rules: world.rules.values().filter(|rule| rule.enabled).count(),
            samples: world.fresh.values().map(Vec::len).sum(),
            future_samples: done.future_samples,
            states: done.states.len(),
            alerts: done.alerts.len(),
            messages: done.notices.len(),
        }))
    }
}
