//! The loops.
//!
//! A run takes no input and can be repeated: it looks at the world and brings our picture of it up to date. It is not
//! retried; the next run is the retry. Loops that work per connection run once for each, so that a dead cluster delays
//! nobody.

pub mod backfill;
pub mod backlog;
pub mod check;
pub mod collect;
pub mod deliver;
pub mod evaluate;
pub mod follow;
pub mod inside;
mod look;
pub mod memory;
pub mod partition;
pub mod rollup;
pub mod sync;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use nexops_core::system::JobHealth;
use serde::Serialize;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, Connection, now};
use crate::connections;
use crate::proxmox;

/// The longest pause before a loop that failed looks again, unless the loop itself says otherwise.
const LONGEST_PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// One loop's work.
pub trait Job: Send + Sync + 'static {
    /// How long a run may take.
    const TIMEOUT: Duration;
    /// The longest pause after a run that failed.
    const PAUSE_AFTER_FAILURE: Duration = LONGEST_PAUSE_AFTER_FAILURE;
    /// What a run did, in numbers.
    type Report: Serialize + Send;

    /// Does the work once.
    fn run(&self, app: &App, now: DateTime<Utc>) -> impl Future<Output = anyhow::Result<Ran<Self::Report>>> + Send;
}

/// How a run went.
#[derive(Debug)]
pub struct Ran<Report> {
    /// What it did.
    pub report: Report,
    /// When the next run is wanted, if earlier than usual.
    pub again_in: Option<Duration>,
}

impl<Report> Ran<Report> {
    /// A run after which the usual pause is right.
    pub fn of(report: Report) -> Self {
        Self { report, again_in: None }
    }
}

/// A loop as seen from outside: how it fares, and a bell to ring for an extra run.
#[derive(Debug)]
pub struct Handle {
    name: &'static str,
    connection: Option<String>,
    period: Duration,
    bell: Notify,
    runs: watch::Sender<Runs>,
    health: Mutex<Health>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Runs {
    begun: u64,
    ended: u64,
}

#[derive(Debug, Default)]
struct Health {
    failures: u64,
    last_started_at: Option<DateTime<Utc>>,
    last_duration: Option<Duration>,
    last_error: Option<String>,
    last_report: serde_json::Value,
}

impl Handle {
    /// A loop that has not run yet.
    #[must_use]
    pub fn new(name: &'static str, connection: Option<&str>, period: Duration) -> Self {
        Self {
            name,
            connection: connection.map(str::to_owned),
            period,
            bell: Notify::new(),
            runs: watch::Sender::default(),
            health: Mutex::default(),
        }
    }

    /// Asks for a run as soon as the present one, if any, is over.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Asks for a run and waits until one that began after the asking is over, well or not. Gives `false` when that
    /// takes longer than `patience`.
    pub async fn run_now(&self, patience: Duration) -> bool {
        let mut runs = self.runs.subscribe();
        let wanted = runs.borrow_and_update().begun + 1;
        self.ring();
        tokio::time::timeout(patience, runs.wait_for(|runs| runs.ended >= wanted)).await.is_ok_and(|done| done.is_ok())
    }

    /// Waits until the loop has run at least once.
    pub async fn first_run(&self) {
        let mut runs = self.runs.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _ended = runs.wait_for(|runs| runs.ended >= 1).await;
    }

    /// Whether the loop has run at least once.
    #[must_use]
    pub fn has_run(&self) -> bool {
        self.runs.borrow().ended >= 1
    }

    /// How it fares.
    #[must_use]
    pub fn health(&self) -> JobHealth {
        let Health { failures, last_started_at, last_duration, last_error, last_report } =
            &*self.health.lock().unwrap_or_else(PoisonError::into_inner);
        JobHealth {
            name: self.name.to_owned(),
            connection: self.connection.clone(),
            period_seconds: self.period.as_secs_f64(),
            runs: self.runs.borrow().ended,
            failures: *failures,
            last_started_at: *last_started_at,
            last_duration_ms: last_duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
            last_error: last_error.clone(),
            last_report: last_report.clone(),
        }
    }

    fn begin(&self, now: DateTime<Utc>) {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).last_started_at = Some(now);
        self.runs.send_modify(|runs| runs.begun += 1);
    }

    fn end(&self, took: Duration, result: Result<serde_json::Value, &anyhow::Error>) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.last_duration = Some(took);
        match result {
            Ok(report) => {
                health.last_report = report;
                health.last_error = None;
            }
            Err(error) => {
                let text = format!("{error:#}");
                // What Proxmox does wrong is logged where it is noticed; and nothing is logged twice in a row.
                if !error.is::<proxmox::Error>() && health.last_error.as_ref() != Some(&text) {
                    tracing::warn!(job.name = self.name, connection.name = self.connection, "a run failed: {text}");
                }
                health.failures += 1;
                health.last_error = Some(text);
            }
        }
        drop(health);
        self.runs.send_modify(|runs| runs.ended += 1);
    }
}

/// Starts every loop.
pub fn start(app: &Arc<App>) {
    for connection in app.connections().iter() {
        watch(app, connection);
    }
    let never = CancellationToken::new();
    spawn(app, &app.tracker, &never, &app.check, check::CheckServices);
    spawn(app, &app.tracker, &never, &app.partitions, partition::KeepPartitions);
    spawn(app, &app.tracker, &never, &app.rollup, rollup::RollUp);
    spawn(app, &app.tracker, &never, &app.deliver, deliver::Deliver::new(app));
    spawn(app, &app.tracker, &never, &app.evaluate, evaluate::Evaluate::default());
    app.tracker.spawn(connections::keep_in_step(Arc::clone(app)));
}

/// Starts the loops of one connection.
pub fn watch(app: &Arc<App>, connection: &Arc<Connection>) {
    let Connection { stop, loops, sync, collect, follow, inside, .. } = &**connection;
    let connection = || Arc::clone(connection);
    spawn(app, loops, stop, sync, sync::Sync { connection: connection() });
    spawn(app, loops, stop, collect, collect::Collect { connection: connection() });
    spawn(app, loops, stop, follow, follow::Follow { connection: connection() });
    spawn(app, loops, stop, inside, inside::Inside { connection: connection() });
}

fn spawn<J: Job>(app: &Arc<App>, tracker: &TaskTracker, stop: &CancellationToken, handle: &Arc<Handle>, job: J) {
    let (app, stop, handle) = (Arc::clone(app), stop.clone(), Arc::clone(handle));
    let ended = {
        let (app, stop) = (Arc::clone(&app), stop.clone());
        async move {
            tokio::select! {
                () = app.shutdown.cancelled() => {}
                () = stop.cancelled() => {}
            }
        }
    };
    let all = app.tracker.clone();
    let work = async move {
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                () = handle.bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            pause = run_once(&app, &handle, &job).await;
        }
    };
    // Every run writes in transactions and is repeated at the next start, so that it can be left at any moment.
    tracker.spawn(all.track_future(async move {
        tokio::select! {
            biased;
            () = ended => {}
            () = work => {}
        }
    }));
}

/// Runs a job once, come what may, and says how long to pause.
async fn run_once<J: Job>(app: &App, handle: &Handle, job: &J) -> Duration {
    let (start, clock) = (now(), Instant::now());
    handle.begin(start);
    let run = tokio::time::timeout(J::TIMEOUT, AssertUnwindSafe(job.run(app, start)).catch_unwind());
    let result = match run.await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(anyhow::anyhow!("the job panicked; this is a fault of NexOps")),
        Err(_elapsed) => Err(anyhow::anyhow!("the job did not end within {} s", J::TIMEOUT.as_secs())),
    };
    match result {
        Ok(Ran { report, again_in }) => {
            let report = serde_json::to_value(report).unwrap_or_default();
            tracing::debug!(job.name = handle.name, connection.name = handle.connection, %report, "a run ended");
            handle.end(clock.elapsed(), Ok(report));
            again_in.unwrap_or(handle.period).saturating_sub(clock.elapsed().min(handle.period / 2))
        }
        Err(error) => {
            handle.end(clock.elapsed(), Err(&error));
            handle.period.min(J::PAUSE_AFTER_FAILURE)
        }
    }
}
