//! Handles: loops as seen from outside.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use nexops_core::system::JobHealth;
use tokio::sync::{Notify, watch};

use crate::lease::Lease;
use crate::proxmox;

/// A loop as seen from outside: how it fares, and a bell to ring for an extra run.
#[derive(Debug)]
pub struct Handle {
    name: &'static str,
    connection: Option<String>,
    lease: Arc<Lease>,
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
    runs: u64,
    failures: u64,
    last_started_at: Option<DateTime<Utc>>,
    last_succeeded_at: Option<DateTime<Utc>>,
    last_duration: Option<Duration>,
    last_error: Option<String>,
    last_report: serde_json::Value,
}

impl Handle {
    /// A loop that has not run yet: for a connection of that name under its lease, or under a lease of its own.
    #[must_use]
    pub fn new(name: &'static str, connection: Option<(&str, &Arc<Lease>)>, period: Duration) -> Self {
        let (connection, lease) = match connection {
            Some((connection, lease)) => (Some(connection.to_owned()), Arc::clone(lease)),
            None => (None, Arc::new(Lease::new(format!("job/{name}")))),
        };
        Self {
            name,
            connection,
            lease,
            period,
            bell: Notify::new(),
            runs: watch::Sender::default(),
            health: Mutex::default(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name of the connection that it works for, if it works for one.
    pub(super) fn connection(&self) -> Option<&str> {
        self.connection.as_deref()
    }

    pub(super) fn period(&self) -> Duration {
        self.period
    }

    /// The right to run it, which one daemon has at a time.
    #[must_use]
    pub fn lease(&self) -> &Arc<Lease> {
        &self.lease
    }

    /// Waits until somebody rings.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Notes that another daemon is asked for a run, and gives the call's number.
    #[must_use]
    pub fn called(&self) -> u64 {
        self.count_begun()
    }

    /// Notes that a run is over for which another daemon was called.
    pub fn answered(&self, call: u64) {
        self.count_ended(call);
    }

    /// Asks for a run as soon as the present one, if any, is over.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Asks for a run, in whichever daemon does the work, and waits until one that began after the asking is over, well
    /// or not. Gives `false` when that takes longer than `patience`.
    pub async fn run_now(&self, patience: Duration) -> bool {
        let mut runs = self.runs.subscribe();
        let wanted = runs.borrow_and_update().begun + 1;
        self.ring();
        tokio::time::timeout(patience, runs.wait_for(|runs| runs.ended >= wanted)).await.is_ok_and(|done| done.is_ok())
    }

    /// Waits until the loop has run at least once, or another daemon is known to run it.
    pub async fn first_run(&self) {
        let mut runs = self.runs.subscribe();
        tokio::select! {
            // The sender lives in `self`, so that waiting cannot fail.
            _ended = runs.wait_for(|runs| runs.ended >= 1) => {}
            () = self.lease.elsewhere() => {}
        }
    }

    /// Whether the loop has run at least once.
    #[must_use]
    pub fn has_run(&self) -> bool {
        self.runs.borrow().ended >= 1
    }

    /// How it fares.
    #[must_use]
    pub fn health(&self) -> JobHealth {
        let Health { runs, failures, last_started_at, last_succeeded_at, last_duration, last_error, last_report } =
            &*self.health.lock().unwrap_or_else(PoisonError::into_inner);
        JobHealth {
            name: self.name.to_owned(),
            connection: self.connection.clone(),
            period_seconds: self.period.as_secs_f64(),
            runs: *runs,
            failures: *failures,
            done_by: self.lease.holder_elsewhere(),
            last_started_at: *last_started_at,
            last_succeeded_at: *last_succeeded_at,
            last_duration_ms: last_duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
            last_error: last_error.clone(),
            last_report: last_report.clone(),
        }
    }

    fn count_begun(&self) -> u64 {
        self.runs.send_modify(|runs| runs.begun += 1);
        self.runs.borrow().begun
    }

    fn count_ended(&self, number: u64) {
        self.runs.send_modify(|runs| runs.ended = runs.ended.max(number));
    }

    /// Notes that a run begins, and gives its number.
    pub(super) fn begin(&self, now: DateTime<Utc>) -> u64 {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).last_started_at = Some(now);
        self.count_begun()
    }

    /// Notes how a run ended.
    pub(super) fn end(
        &self,
        number: u64,
        took: Duration,
        now: DateTime<Utc>,
        result: Result<serde_json::Value, &anyhow::Error>,
    ) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.last_duration = Some(took);
        health.runs += 1;
        match result {
            Ok(report) => {
                health.last_report = report;
                health.last_succeeded_at = Some(now);
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
        self.count_ended(number);
    }
}
