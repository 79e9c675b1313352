//! The loops.
//!
//! A run takes no input and can be repeated: it looks at the world and brings our picture of it up to date. It is not
//! retried; the next run is the retry. Loops that work per connection run once for each, so that a dead cluster delays
//! nobody.
//!
//! Several daemons may share the database: each loop works under a lease, and waits while another daemon has it.

pub mod backfill;
pub mod backlog;
pub mod check;
pub mod collect;
pub mod deliver;
pub mod evaluate;
pub mod follow;
mod handle;
pub mod inside;
mod look;
pub mod memory;
pub mod partition;
pub mod rollup;
pub mod sync;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::handle::Handle;
use crate::app::{App, Connection, now};
use crate::connections;
use crate::lease;

/// The longest pause before a loop that failed looks again, unless the loop itself says otherwise.
const LONGEST_PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// One loop's work.
pub trait Job: Send + Sync + 'static {
    /// How long a run may take.
    const TIMEOUT: Duration;
    /// The longest pause after a run that failed.
    const PAUSE_AFTER_FAILURE: Duration = LONGEST_PAUSE_AFTER_FAILURE;
    /// How long it goes on when the database is away, so that nobody can tell who is to do the work. Not at all, unless
    /// it can keep what it brings.
    const ADRIFT: Duration = Duration::ZERO;
    /// What a run did, in numbers.
    type Report: Serialize + Send;

    /// How long the work can wait that another daemon did until now: that one may have done it a moment ago.
    fn can_wait(&self, _app: &App, _now: DateTime<Utc>) -> impl Future<Output = Duration> + Send {
        std::future::ready(Duration::ZERO)
    }

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
    app.tracker.spawn(lease::keep(Arc::clone(app)));
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
            if !handle.lease().is_permitted(J::ADRIFT) {
                pause = match wait_for_lease(&app, &handle, J::ADRIFT).await {
                    Before::Another => job.can_wait(&app, now()).await,
                    Before::Nobody => Duration::ZERO,
                };
            }
            let rung = tokio::select! {
                () = handle.rung() => true,
                () = tokio::time::sleep(pause) => false,
            };
            if !handle.lease().is_permitted(J::ADRIFT) {
                // Whoever has the lease now is told.
                if rung {
                    handle.ring();
                }
                continue;
            }
            tokio::select! {
                biased;
                () = handle.lease().forbidden(J::ADRIFT) => pause = Duration::ZERO,
                next = run_once(&app, &handle, &job) => pause = next,
            }
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

/// Who did the work before this daemon.
enum Before {
    Another,
    Nobody,
}

/// Waits until this daemon may do the work. Meanwhile, wishes for a run are passed on to the one that does it.
async fn wait_for_lease(app: &App, handle: &Handle, adrift: Duration) -> Before {
    let mut before = Before::Nobody;
    while !handle.lease().is_permitted(adrift) {
        if handle.lease().holder_elsewhere().is_some() {
            before = Before::Another;
        }
        tokio::select! {
            biased;
            () = handle.lease().permitted(adrift) => {}
            () = handle.rung() => if let Err(error) = lease::call(app, handle).await {
                tracing::debug!(job.name = handle.name(), "no other daemon could be asked for a run: {error}");
            },
            () = handle.lease().elsewhere(), if matches!(before, Before::Nobody) => {}
        }
    }
    before
}

/// What is left of an interval after work that was done last at that time. Not more than the interval, whatever clocks say.
fn until_due(last: Option<DateTime<Utc>>, interval: Duration, now: DateTime<Utc>) -> Duration {
    let passed = last.map(|last| (now - last).to_std().unwrap_or_default());
    passed.map_or(Duration::ZERO, |passed| interval.saturating_sub(passed))
}

/// Runs a job once, come what may, and says how long to pause.
async fn run_once<J: Job>(app: &App, handle: &Handle, job: &J) -> Duration {
    let (start, clock) = (now(), Instant::now());
    let number = handle.begin(start);
    let run = tokio::time::timeout(J::TIMEOUT, AssertUnwindSafe(job.run(app, start)).catch_unwind());
    let result = match run.await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(anyhow::anyhow!("the job panicked; this is a fault of NexOps")),
        Err(_elapsed) => Err(anyhow::anyhow!("the job did not end within {} s", J::TIMEOUT.as_secs())),
    };
    match result {
        Ok(Ran { report, again_in }) => {
            let report = serde_json::to_value(report).unwrap_or_default();
            tracing::debug!(job.name = handle.name(), connection.name = handle.connection(), %report, "a run ended");
            handle.end(number, clock.elapsed(), now(), Ok(report));
            again_in.unwrap_or(handle.period()).saturating_sub(clock.elapsed().min(handle.period() / 2))
        }
        Err(error) => {
            handle.end(number, clock.elapsed(), now(), Err(&error));
            handle.period().min(J::PAUSE_AFTER_FAILURE)
        }
    }
}
