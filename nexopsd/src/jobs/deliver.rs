//! Sends what waits in the outbox.
//!
//! A run looks for channels with something to send, leases them and starts a sender for each; it waits for none of them,
//! so that a slow receiver delays nobody. A sender sends one message after the other and is told by the database which is
//! next. Whatever happens to it, another one goes on from there.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use nexops_core::id::ChannelId;
use nexops_core::notification::{DeliveryEvent, FailureClass};
use serde::Serialize;
use uuid::Uuid;

use super::{Job, Ran};
use crate::app::{App, now};
use crate::db;
use crate::db::outbox::sending::{self, LEASE_SECONDS, Next, TIME_TO_LIVE, Taken, TakenDelivery};
use crate::notify::{self, Accepted, Destination, Event, Failure, Message, Reach};

/// The loop's name.
pub const NAME: &str = "deliver";
/// How often it looks for messages that nobody rang for, as those of a daemon that died.
pub const PERIOD: Duration = Duration::from_secs(3);

/// How often a lease is renewed.
const RENEWAL: Duration = Duration::from_secs(LEASE_SECONDS as u64 / 4);
/// The pause after the first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause of our own choice.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// The pause before what came of a message is written down once more, while the database is away.
const WRITING_AGAIN: Duration = Duration::from_secs(1);

/// The loop.
#[derive(Debug)]
pub struct Deliver {
    /// For the senders, which outlive a run.
    app: Arc<App>,
    /// The channels that senders of this process are at work on.
    busy: Arc<Mutex<HashSet<ChannelId>>>,
}

/// What a run did.
#[derive(Debug, Serialize)]
pub struct Report {
    started: usize,
    at_work: usize,
}

impl Job for Deliver {
    const TIMEOUT: Duration = Duration::from_secs(30);
    const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(3);
    type Report = Report;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let holder = Uuid::now_v7();
        let fence = app.deliver.lease().fence();
        let conn = &mut app.db.get().await?;
        let leased = sending::lease(conn, Some(&fence), holder, &self.busy(), now).await?;
        let started = leased.len();
        for channel in leased {
            let mark = Busy::new(&self.busy, channel);
            app.tracker.spawn(serve(Arc::clone(&self.app), channel, holder, mark));
        }
        let due = sending::next_due(conn).await?;
        let again_in =
            due.map(|due| (due - now).to_std().unwrap_or_default().clamp(Duration::from_millis(100), PERIOD));
        Ok(Ran { report: Report { started, at_work: self.busy().len() }, again_in })
    }
}

impl Deliver {
    /// A loop with no sender at work.
    #[must_use]
    pub fn new(app: &Arc<App>) -> Self {
        Self { app: Arc::clone(app), busy: Arc::default() }
    }

    fn busy(&self) -> Vec<ChannelId> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}

/// The mark of a channel that a sender of this process is at work on.
#[derive(Debug)]
struct Busy {
    busy: Arc<Mutex<HashSet<ChannelId>>>,
    channel: ChannelId,
}

impl Busy {
    fn new(busy: &Arc<Mutex<HashSet<ChannelId>>>, channel: ChannelId) -> Self {
        busy.lock().unwrap_or_else(PoisonError::into_inner).insert(channel);
        Self { busy: Arc::clone(busy), channel }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.channel);
    }
}

/// Sends what is due over one channel, for as long as it is leased to this holder.
async fn serve(app: Arc<App>, channel: ChannelId, holder: Uuid, mark: Busy) {
    let work = AssertUnwindSafe(send_all(&app, channel, holder)).catch_unwind();
    let mut pause = Duration::ZERO;
    tokio::select! {
        ended = work => match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                pause = FIRST_PAUSE;
                tracing::warn!(channel.id = %channel, "a sender ends: {:#}", anyhow::Error::from(error));
            }
            Err(_panic) => {
                pause = LONGEST_PAUSE;
                tracing::error!(channel.id = %channel, "a sender panicked; this is a fault of NexOps");
            }
        },
        () = hold(&app, channel, holder) => tracing::debug!(channel.id = %channel, "another daemon sends over this channel now"),
    }
    if let Ok(conn) = &mut app.db.get().await
        && let Err(error) = sending::release(conn, channel, holder).await
    {
        tracing::debug!(channel.id = %channel, "a lease runs out by itself: {:#}", anyhow::Error::from(error));
    }
    // Its mark stays meanwhile: what is due still would fail again at once, or be sent again.
    tokio::select! {
        () = app.shutdown.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
    drop(mark);
    app.deliver.ring();
}

/// Keeps the lease; returns when somebody else has it.
async fn hold(app: &App, channel: ChannelId, holder: Uuid) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        // While the database is away nobody else can have it either.
        let Ok(conn) = &mut app.db.get().await else { continue };
        if let Ok(false) = sending::renew(conn, channel, holder).await {
            return;
        }
    }
}

async fn send_all(app: &App, channel: ChannelId, holder: Uuid) -> db::Result<()> {
    while !app.shutdown.is_cancelled() {
        let (taken, destination) = {
            let conn = &mut app.db.get().await?;
            let Some(taken) = sending::take(conn, channel, holder, now()).await? else { return Ok(()) };
            (taken, destination(app, conn, channel).await?)
        };
        let sent = match destination {
            Ok(destination) => notify::send(&app.outbound, &destination, &message(&taken), now()).await,
            Err(failure) => Err(failure),
        };
        // The receiver has it, or has said no: whoever sends it again because this was not written down does so in vain.
        while let Err(error) = write_down(app, channel, &taken, &sent).await {
            if !matches!(error, db::Error::Unavailable(_)) || app.shutdown.is_cancelled() {
                return Err(error);
            }
            tokio::time::sleep(WRITING_AGAIN).await;
        }
    }
    Ok(())
}

/// Whom a channel speaks to, with its secret opened.
async fn destination(app: &App, conn: &mut db::Conn, channel: ChannelId) -> db::Result<Result<Destination, Failure>> {
    let stored = db::channel::find_by_id(conn, channel, now()).await?;
    let secret = stored.secret.map(|sealed| app.secrets.unseal(db::channel::place_of_secret(channel), &sealed));
    Ok(match secret.transpose() {
        Ok(secret) => notify::check::destination(stored.shown.settings, secret),
        Err(error) => Err(Failure::before(FailureClass::Settings, error.to_string())),
    })
}

fn message(taken: &Taken) -> Message {
    let event = |delivery: &TakenDelivery| {
        let TakenDelivery { id, alert_id, event, facts, at, attempts: _, queued_at: _ } = delivery;
        Event { id: *id, alert_id: *alert_id, kind: *event, facts: facts.clone(), at: *at }
    };
    Message { id: taken.id, events: taken.deliveries.iter().map(event).collect() }
}

async fn write_down(app: &App, channel: ChannelId, taken: &Taken, sent: &Result<Accepted, Failure>) -> db::Result<()> {
    let now = now();
    let conn = &mut app.db.get().await?;
    match sent {
        Ok(Accepted { pause }) => {
            let not_before = (!pause.is_zero()).then(|| later(now, *pause));
            sending::accepted(conn, channel, taken, not_before, now).await
        }
        Err(failure) => {
            let next = next(taken, failure, now);
            let attempts = attempts(taken);
            match next {
                Next::GiveUp => tracing::warn!(
                    channel.id = %channel, message.id = %taken.id, attempts,
                    "a notification was given up: {}", failure.message
                ),
                Next::Again(at) if attempts == 1 => tracing::warn!(
                    channel.id = %channel, message.id = %taken.id, next = %at,
                    "a notification was not accepted and is tried again: {}", failure.message
                ),
                Next::Again(at) => tracing::debug!(
                    channel.id = %channel, message.id = %taken.id, attempts, next = %at,
                    "a notification was not accepted again: {}", failure.message
                ),
            }
            let may_be_known = failure.reach == Reach::Perhaps;
            sending::failed(conn, channel, taken, &failure.at(now), may_be_known, next).await
        }
    }
}

fn attempts(taken: &Taken) -> u32 {
    taken.deliveries.iter().map(|delivery| delivery.attempts).max().unwrap_or_default()
}

/// What is to become of a message that was not accepted. Who tries a channel wants to know at once.
fn next(taken: &Taken, failure: &Failure, now: DateTime<Utc>) -> Next {
    let is_test = taken.deliveries.iter().any(|delivery| delivery.event == DeliveryEvent::Test);
    let youngest = taken.deliveries.iter().map(|delivery| delivery.queued_at).max().unwrap_or(now);
    let pause = pause(attempts(taken), taken.id).max(failure.pause.unwrap_or_default());
    let again = later(now, pause);
    if is_test || failure.is_final() || again - youngest > TIME_TO_LIVE { Next::GiveUp } else { Next::Again(again) }
}

/// How long to wait after so many failures: longer each time, and never the same for all.
fn pause(attempts: u32, message: Uuid) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    // The last bits of an id are random; each attempt looks at others.
    let bits = message.as_u128() >> (attempts % 7 * 8) & 0xff;
    pause.mul_f64(0.75 + bits as f64 / 510.0)
}

fn later(now: DateTime<Utc>, pause: Duration) -> DateTime<Utc> {
    now + TimeDelta::from_std(pause).unwrap_or(TIME_TO_LIVE)
}

#[cfg(test)]
mod tests;
