//! The session that holds the leases: it gives signs of life, asks for leases that nobody holds, and hears what other
//! daemons want.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::calls::{self, Call};
use super::{Lease, Standing, VALIDITY};
use crate::app::{App, now};
use crate::db::lease::{Session, Tenure};

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(1);
/// How long the database may take to take notice of one.
const PATIENCE: Duration = Duration::from_secs(4);
/// Before a lost session is followed by a new one.
const PAUSE: Duration = Duration::from_millis(500);
/// For how long after the database was away the daemons that had the leases may take them again before others do: what
/// they measured meanwhile waits in their memory.
const COURTESY: Duration = Duration::from_secs(3);

/// Holds as many leases as can be had until the daemon ends.
pub async fn keep(app: Arc<App>) {
    let (mut failing, mut courtesy) = (false, Duration::ZERO);
    loop {
        let ended = tokio::select! {
            () = app.shutdown.cancelled() => return,
            ended = hold(&app, courtesy, &mut failing) => ended,
        };
        courtesy = COURTESY;
        for lease in app.leases() {
            lease.cast_off();
        }
        if let Err(error) = ended
            && !std::mem::replace(&mut failing, true)
        {
            tracing::warn!("the leases are lost, so that the loops wait: {error:#}");
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn hold(app: &Arc<App>, courtesy: Duration, failing: &mut bool) -> anyhow::Result<()> {
    let mut session = timeout(PATIENCE, Session::open(&app.db, app.daemon.id)).await??;
    let takes_all_from = Instant::now() + courtesy;
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beats.tick() => {
                beat(app, &mut session, takes_all_from).await?;
                if std::mem::replace(failing, false) {
                    tracing::info!("the leases can be held again");
                }
            }
            heard = session.hear() => match serde_json::from_str::<Call>(&heard?) {
                Ok(call) => calls::answer(app, call),
                Err(error) => tracing::warn!("another daemon said something that is not understood: {error}"),
            },
        }
    }
}

/// Gives a sign of life: what is held is renewed, what is not is asked for.
async fn beat(app: &App, session: &mut Session, takes_all_from: Instant) -> anyhow::Result<()> {
    let begun = Instant::now();
    let is_ours = |lease: &Arc<Lease>| begun >= takes_all_from || lease.is_adrift() || lease.epoch().is_some();
    let leases: Vec<_> = app.leases().into_iter().filter(is_ours).collect();
    let scopes: Vec<&str> = leases.iter().map(|lease| lease.scope()).collect();
    let held: HashMap<String, Tenure> = timeout(PATIENCE, session.beat(&scopes, &app.daemon.name, now())).await??;
    for lease in leases {
        match held.get(lease.scope()) {
            Some(Tenure::Ours { epoch }) => take(&lease, *epoch, begun + VALIDITY),
            Some(Tenure::Theirs { holder }) => leave(&lease, holder),
            None => {}
        }
    }
    Ok(())
}

/// Notes that this daemon holds a lease, and says so in the log if it did not before.
fn take(lease: &Lease, epoch: i64, until: Instant) {
    if lease.epoch() != Some(epoch) {
        tracing::info!(lease.scope = lease.scope(), lease.epoch = epoch, "this daemon does the work from now on");
    }
    lease.hold(epoch, until);
}

/// Notes that another daemon holds a lease, and says so in the log if it is news.
fn leave(lease: &Lease, holder: &str) {
    if lease.holder_elsewhere().as_deref() != Some(holder) {
        tracing::info!(lease.scope = lease.scope(), lease.holder = holder, "another daemon does the work");
    }
    lease.set(Standing::Elsewhere { holder: holder.to_owned() });
}
