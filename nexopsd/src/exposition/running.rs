//! How the daemon itself runs.

use std::fmt;

use chrono::{DateTime, Utc};
use nexops_core::system::JobHealth;

use super::Snapshot;
use super::page::{Labels, Page};
use crate::cache::Counts;
use crate::db::PoolState;

pub fn write(page: &mut Page<'_, '_>, snapshot: &Snapshot) -> fmt::Result {
    let version = vec![("version", env!("CARGO_PKG_VERSION"))];
    page.gauges("nexops_build_info", "The daemon's version; always 1", [(version, Some(1.0))].into_iter())?;
    let started = seconds(snapshot.started_at);
    page.gauge("nexops_start_time_seconds", "When the daemon started, in seconds since 1970", started)?;
    jobs(page, &snapshot.jobs)?;
    calls(page, snapshot)?;
    database(page, snapshot)?;
    let Counts { hits, misses, errors } = snapshot.cache;
    let results = [("hit", hits), ("miss", misses), ("error", errors)];
    let lines = results.into_iter().map(|(result, number)| (vec![("result", result)], Some(count(number))));
    page.counters("nexops_cache_requests", "Answers looked for in the cache, and how that went", lines)?;
    page.counter("nexops_events_passed_on", "Events passed on to readers", snapshot.events_passed_on)?;
    page.counter("nexops_event_resets", "Readers told to look at everything anew", snapshot.event_resets)?;
    #[expect(clippy::cast_precision_loss, reason = "there are 256 at most")]
    let readers = snapshot.event_readers as f64;
    page.gauge("nexops_event_readers", "Readers that follow the events now", readers)
}

fn jobs(page: &mut Page<'_, '_>, jobs: &[JobHealth]) -> fmt::Result {
    let each = |value: fn(&JobHealth) -> Option<f64>| jobs.iter().map(move |job| (labels(job), value(job)));
    page.counters("nexops_job_runs", "Runs of a loop since the start", each(|job| Some(count(job.runs))))?;
    page.counters("nexops_job_failures", "Runs of a loop that failed", each(|job| Some(count(job.failures))))?;
    page.gauges("nexops_job_period_seconds", "Between two runs of a loop", each(|job| Some(job.period_seconds)))?;
    let took = |job: &JobHealth| job.last_duration_ms.map(|milliseconds| count(milliseconds) / 1000.0);
    page.gauges("nexops_job_last_duration_seconds", "How long the last run of a loop took", each(took))?;
    let help = "When a run of a loop last succeeded, in seconds since 1970";
    page.gauges("nexops_job_last_success_timestamp_seconds", help, each(|job| job.last_succeeded_at.map(seconds)))
}

fn labels(job: &JobHealth) -> Labels<'_> {
    vec![("job", job.name.as_str()), ("connection", job.connection.as_deref().unwrap_or_default())]
}

fn calls(page: &mut Page<'_, '_>, snapshot: &Snapshot) -> fmt::Result {
    let calls = || snapshot.calls.iter().flat_map(|(name, calls)| calls.iter().map(move |call| (name, call)));
    let lines = calls().map(|(name, call)| {
        (vec![("connection", name.as_str()), ("node", call.node.as_str())], Some(count(call.requests)))
    });
    let help = "Requests to Proxmox; without a node: those that the cluster as a whole was asked";
    page.counters("nexops_proxmox_requests", help, lines)?;
    let lines = calls().flat_map(|(name, call)| {
        let labels = move |code| vec![("connection", name.as_str()), ("node", call.node.as_str()), ("code", code)];
        call.errors.iter().map(move |(code, errors)| (labels(code.as_str()), Some(count(*errors))))
    });
    page.counters("nexops_proxmox_request_errors", "Requests to Proxmox that failed, by error code", lines)
}

fn database(page: &mut Page<'_, '_>, snapshot: &Snapshot) -> fmt::Result {
    let up = if snapshot.stored.is_some() { 1.0 } else { 0.0 };
    page.gauge("nexops_database_up", "Whether the database answered this scrape", up)?;
    let PoolState { used, idle, limit, waiting } = snapshot.pool;
    let states = [(vec![("state", "used")], used), (vec![("state", "idle")], idle)];
    let lines = states.into_iter().map(|(labels, connections)| (labels, Some(count(connections))));
    page.gauges("nexops_database_connections", "Connections to the database, by state", lines)?;
    page.gauge("nexops_database_connections_limit", "Connections to the database at most", count(limit))?;
    page.gauge("nexops_database_waiting", "Those who wait for a connection to the database", count(waiting))
}

fn seconds(at: DateTime<Utc>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for hundreds of thousands of years")]
    let milliseconds = at.timestamp_millis() as f64;
    milliseconds / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, which no count here reaches")]
const fn count(number: u64) -> f64 {
    number as f64
}
