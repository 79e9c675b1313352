//! Leases: who does the work, when several daemons share the database.
//!
//! Every loop works under a lease. A daemon holds its leases as session locks of one connection of its own, which says
//! every second that it lives. PostgreSQL ends a session that is silent for eight seconds and gives the locks to whoever
//! asks next, so that a daemon that was killed is followed within a second or two, and one that hangs within ten.
//!
//! A lease that changes hands gets a new number. Who writes under a lease shows the number to the database, which refuses
//! an old one: a daemon that wakes up after a long stop cannot do what the next one does already.

mod calls;
mod session;

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

pub use self::calls::call;
pub use self::session::keep;
use crate::db::lease::Fence;

/// For how long after the last sign of life a lease counts as held. Shorter than PostgreSQL's patience with the session.
const VALIDITY: Duration = Duration::from_secs(6);

/// What is known of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Nothing yet.
    Unknown,
    /// It is ours, under this number, until then or until it is renewed.
    Held {
        /// Its number.
        epoch: i64,
        /// The number with which the time began since when nobody else has held it.
        tenure: i64,
        /// When it ends if nobody renews it.
        until: Instant,
    },
    /// It was ours, and the database cannot be asked who has it now.
    Adrift {
        /// Since when.
        since: Instant,
        /// Its number when it was ours.
        epoch: i64,
        /// As while it was held.
        tenure: i64,
    },
    /// Another daemon has it.
    Elsewhere {
        /// Which one.
        holder: String,
    },
}

/// The right to do one kind of work.
#[derive(Debug)]
pub struct Lease {
    scope: String,
    standing: watch::Sender<Standing>,
}

impl Lease {
    /// A lease that nobody holds yet. The same scope is the same lease in every daemon.
    #[must_use]
    pub fn new(scope: impl Into<String>) -> Self {
        Self { scope: scope.into(), standing: watch::Sender::new(Standing::Unknown) }
    }

    /// What it is for.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Whether this daemon holds it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(*self.standing.borrow(), Standing::Held { until, .. } if Instant::now() < until)
    }

    /// The daemon that holds it, if that is another one.
    #[must_use]
    pub fn holder_elsewhere(&self) -> Option<String> {
        match &*self.standing.borrow() {
            Standing::Elsewhere { holder } => Some(holder.clone()),
            Standing::Unknown | Standing::Held { .. } | Standing::Adrift { .. } => None,
        }
    }

    /// What proves to the database that this daemon holds it, or held it when the database was last there.
    #[must_use]
    pub fn fence(&self) -> Fence {
        let epoch = match *self.standing.borrow() {
            Standing::Held { epoch, .. } | Standing::Adrift { epoch, .. } => Some(epoch),
            Standing::Unknown | Standing::Elsewhere { .. } => None,
        };
        Fence { scope: self.scope.clone(), epoch }
    }

    /// The time since when no other daemon has held it, by the number with which it began; `None` where it is not ours.
    /// It goes on when the database was away and nobody else came first.
    #[must_use]
    pub fn tenure(&self) -> Option<i64> {
        match *self.standing.borrow() {
            Standing::Held { tenure, .. } | Standing::Adrift { tenure, .. } => Some(tenure),
            Standing::Unknown | Standing::Elsewhere { .. } => None,
        }
    }

    /// Whether the work may be done: the lease is held, or it was lost to nobody less than `adrift` ago, because the
    /// database is away.
    fn permits(standing: &Standing, adrift: Duration) -> bool {
        match standing {
            Standing::Held { until, .. } => Instant::now() < *until + adrift,
            Standing::Adrift { since, .. } => Instant::now() < *since + adrift,
            Standing::Unknown | Standing::Elsewhere { .. } => false,
        }
    }

    /// Whether the work may be done at this moment.
    #[must_use]
    pub fn is_permitted(&self, adrift: Duration) -> bool {
        Self::permits(&self.standing.borrow(), adrift)
    }

    /// Waits until the work may be done.
    pub async fn permitted(&self, adrift: Duration) {
        let mut standing = self.standing.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _permitted = standing.wait_for(|standing| Self::permits(standing, adrift)).await;
    }

    /// Waits until the work may not be done any more.
    pub async fn forbidden(&self, adrift: Duration) {
        let mut standing = self.standing.subscribe();
        loop {
            let ends = match &*standing.borrow_and_update() {
                standing if !Self::permits(standing, adrift) => return,
                Standing::Held { until: at, .. } | Standing::Adrift { since: at, .. } => *at + adrift,
                Standing::Unknown | Standing::Elsewhere { .. } => return,
            };
            tokio::select! {
                _ = standing.changed() => {}
                () = sleep_until(ends) => {}
            }
        }
    }

    /// Waits until another daemon is known to hold it.
    pub async fn elsewhere(&self) {
        let mut standing = self.standing.subscribe();
        let _elsewhere = standing.wait_for(|standing| matches!(standing, Standing::Elsewhere { .. })).await;
    }

    fn set(&self, new: Standing) {
        self.standing.send_if_modified(|standing| {
            let differs = *standing != new;
            *standing = new;
            differs
        });
    }

    /// Notes that it is held under this number until then, if nobody renews it.
    fn hold(&self, epoch: i64, until: Instant) {
        // Each number is given once: the next one is ours if nobody came between.
        let tenure = match *self.standing.borrow() {
            Standing::Held { epoch: before, tenure, .. } | Standing::Adrift { epoch: before, tenure, .. }
                if epoch - before <= 1 =>
            {
                tenure
            }
            Standing::Unknown | Standing::Held { .. } | Standing::Adrift { .. } | Standing::Elsewhere { .. } => epoch,
        };
        self.set(Standing::Held { epoch, tenure, until });
    }

    /// Whether it was this daemon's before the database went away.
    fn is_adrift(&self) -> bool {
        matches!(*self.standing.borrow(), Standing::Adrift { .. })
    }

    /// The number under which it is held in the present session, for those who renew it.
    fn epoch(&self) -> Option<i64> {
        match *self.standing.borrow() {
            Standing::Held { epoch, .. } => Some(epoch),
            Standing::Unknown | Standing::Adrift { .. } | Standing::Elsewhere { .. } => None,
        }
    }

    /// Notes that the session is gone with which it was held.
    fn cast_off(&self) {
        self.standing.send_if_modified(|standing| match *standing {
            Standing::Held { epoch, tenure, .. } => {
                *standing = Standing::Adrift { since: Instant::now(), epoch, tenure };
                true
            }
            Standing::Unknown | Standing::Adrift { .. } | Standing::Elsewhere { .. } => false,
        });
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const NOT: Duration = Duration::ZERO;
    const MINUTE: Duration = Duration::from_secs(60);

    /// A lease that is held from now for so long.
    fn held(validity: Duration) -> Lease {
        let lease = Lease::new("test");
        lease.hold(7, Instant::now() + validity);
        lease
    }

    #[tokio::test]
    async fn a_lease_that_is_not_renewed_ends_by_itself() {
        let lease = held(MINUTE);
        assert!(lease.is_held() && lease.permitted(NOT).now_or_never().is_some());
        assert!(lease.forbidden(NOT).now_or_never().is_none());
        let lease = held(NOT);
        assert!(!lease.is_held() && lease.permitted(NOT).now_or_never().is_none());
        assert!(lease.forbidden(NOT).now_or_never().is_some());
    }

    #[tokio::test]
    async fn work_that_may_go_on_without_the_database_does_so_for_a_while() {
        let lease = held(MINUTE);
        lease.cast_off();
        assert!(!lease.is_permitted(NOT) && lease.is_permitted(MINUTE));
        assert!(lease.forbidden(NOT).now_or_never().is_some() && lease.forbidden(MINUTE).now_or_never().is_none());
        assert_eq!(lease.fence().epoch, Some(7));
    }

    #[tokio::test]
    async fn a_tenure_goes_on_until_somebody_else_comes_between() {
        let lease = held(MINUTE);
        lease.cast_off();
        lease.hold(8, Instant::now() + MINUTE);
        assert_eq!((lease.tenure(), lease.fence().epoch), (Some(7), Some(8)));
        lease.cast_off();
        lease.hold(10, Instant::now() + MINUTE);
        assert_eq!(lease.tenure(), Some(10));
        lease.set(Standing::Elsewhere { holder: "other".to_owned() });
        assert_eq!(lease.tenure(), None);
        lease.hold(12, Instant::now() + MINUTE);
        assert_eq!(lease.tenure(), Some(12));
    }

    #[tokio::test]
    async fn work_that_another_daemon_does_ends_at_once() {
        let lease = held(MINUTE);
        lease.set(Standing::Elsewhere { holder: "other".to_owned() });
        assert!(lease.forbidden(MINUTE).now_or_never().is_some());
        assert_eq!((lease.holder_elsewhere().as_deref(), lease.fence().epoch), (Some("other"), None));
    }
}
