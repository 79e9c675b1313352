//! Looks into running guests, for what only their inside knows: addresses, and how full the disks of virtual machines
//! are.
//!
//! An agent that is dead takes a worker of its node for three seconds. So the guests of a node are asked one after the
//! other, which leaves the node's second place to everybody else, seldom, at times of their own, and the more seldom the
//! longer nothing is learned. What hangs here delays no other loop.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use nexops_core::id::VmId;
use nexops_core::vm::{AgentStatus, VmType};
use serde::Serialize;
use tokio::time::Instant;

use super::{Job, Ran};
use crate::app::{App, Connection};
use crate::db::inside::{self, AddressSeen, Due, Seen};
use crate::proxmox::{Birthmark, Client, Error, GuestAddress, Refusal, best_address, has_agent};

/// The loop's name.
pub const NAME: &str = "inside";
/// How often the loop looks for guests that are due.
pub const PERIOD: Duration = Duration::from_secs(30);

/// A guest is asked no more often than this.
const USUALLY: TimeDelta = TimeDelta::minutes(5);
/// A guest of which nothing is learned is asked no less often than this.
const AT_LEAST: TimeDelta = TimeDelta::hours(1);
/// A guest's address is forgotten after so many times in a row that nobody told it.
const ADDRESS_HOLDS: i16 = 3;
/// Guests looked at in one run at most; the rest follows in the next.
const GUESTS_PER_RUN: i64 = 2000;
/// How long one answer may take: the three seconds of a dead agent, and the way there.
const ANSWERING: Duration = Duration::from_secs(8);
/// How long a run goes on asking.
const ASKING: Duration = Duration::from_secs(60);

/// The loop, for one connection.
#[derive(Debug)]
pub struct Inside {
    /// The cluster.
    pub connection: Arc<Connection>,
}

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    due: usize,
    answered: usize,
    silent: usize,
}

impl Job for Inside {
    const TIMEOUT: Duration = Duration::from_secs(120);
    type Report = Report;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let guests = {
            let conn = &mut app.db.get().await?;
            inside::due(conn, self.connection.id, now, GUESTS_PER_RUN).await?
        };
        let mut report = Report { due: guests.len(), ..Report::default() };
        let mut by_node: HashMap<String, Vec<Due>> = HashMap::new();
        for guest in guests {
            by_node.entry(guest.node.clone()).or_default().push(guest);
        }
        let until = Instant::now() + ASKING;
        let nodes = by_node.into_values().map(|guests| self.look_into_those_of_a_node(app, guests, until, now));
        for counted in futures::future::join_all(nodes).await {
            let (answered, silent) = counted?;
            report.answered += answered;
            report.silent += silent;
        }
        Ok(Ran::of(report))
    }
}

impl Inside {
    async fn look_into_those_of_a_node(
        &self,
        app: &App,
        guests: Vec<Due>,
        until: Instant,
        now: DateTime<Utc>,
    ) -> anyhow::Result<(usize, usize)> {
        let (mut answered, mut silent) = (0, 0);
        for guest in guests {
            if Instant::now() >= until {
                break;
            }
            let learned = match look(&self.connection.proxmox, &guest).await {
                Ok(learned) => learned,
                Err(error) => {
                    tracing::debug!(connection.name = self.connection.name, "the insides stay unseen: {error}");
                    break;
                }
            };
            match learned.agent {
                None | Some(AgentStatus::Answers) => answered += 1,
                Some(AgentStatus::Silent | AgentStatus::Refuses) => silent += 1,
                Some(AgentStatus::Absent | AgentStatus::Forbidden) => {}
            }
            let conn = &mut app.db.get().await?;
            inside::note(conn, guest.id, &learned.noted(&guest, now), app.staleness(now), now).await?;
        }
        Ok((answered, silent))
    }
}

/// What one guest told.
#[derive(Debug, Default)]
struct Learned {
    agent: Option<AgentStatus>,
    address: Option<std::net::IpAddr>,
    disk: Option<(i64, i64)>,
    in_vain: bool,
}

impl Learned {
    fn in_vain(agent: Option<AgentStatus>) -> Self {
        Self { agent, in_vain: true, ..Self::default() }
    }

    fn noted(&self, guest: &Due, now: DateTime<Utc>) -> Seen {
        let failures = if self.in_vain { guest.failures.saturating_add(1) } else { 0 };
        // Where nothing can be learned until somebody changes something, there is no hurry.
        let pause = match self.agent {
            Some(AgentStatus::Forbidden) => AT_LEAST,
            None | Some(AgentStatus::Answers | AgentStatus::Silent | AgentStatus::Refuses | AgentStatus::Absent) => {
                pause(failures)
            }
        };
        let due_at = now + jittered(pause, guest.id, now);
        let address = if (1..ADDRESS_HOLDS).contains(&failures) {
            AddressSeen::Unchanged
        } else {
            AddressSeen::Now(self.address)
        };
        Seen { agent: self.agent, address, disk: self.disk, failures, due_at }
    }
}

/// Twice as long after every time that nothing was learned.
fn pause(failures: i16) -> TimeDelta {
    let doubled = USUALLY * 2_i32.pow(u32::from(failures.clamp(0, 4).unsigned_abs()));
    doubled.min(AT_LEAST)
}

/// Up to a fifth longer, so that the guests that began together do not stay together.
fn jittered(pause: TimeDelta, id: VmId, now: DateTime<Utc>) -> TimeDelta {
    let mut hasher = DefaultHasher::new();
    (id.0, now.timestamp_millis()).hash(&mut hasher);
    let thousandths = i32::try_from(hasher.finish() % 200).unwrap_or(0);
    pause + pause * thousandths / 1000
}

/// Asks one guest. An error when its node does not answer, so that the others there need not be asked either.
async fn look(proxmox: &Client, guest: &Due) -> Result<Learned, Error> {
    let at = GuestAddress { node: guest.node.clone(), kind: guest.kind, vmid: guest.vmid };
    let configured = Birthmark::of_config(&guest.config).hardware_addresses;
    match guest.kind {
        VmType::Lxc => match in_time(proxmox.container_interfaces(&at)).await {
            Ok(interfaces) => Ok(Learned { address: best_address(&interfaces, &configured), ..Learned::default() }),
            Err(error) => refused(error, None),
        },
        VmType::Qemu if !has_agent(&guest.config) => {
            Ok(Learned { agent: Some(AgentStatus::Absent), ..Learned::default() })
        }
        VmType::Qemu => {
            let interfaces = match in_time(proxmox.agent_interfaces(&at)).await {
                Ok(interfaces) => interfaces,
                Err(error) => return refused(error, Some(AgentStatus::Silent)),
            };
            let learned = Learned {
                agent: Some(AgentStatus::Answers),
                address: best_address(&interfaces, &configured),
                ..Learned::default()
            };
            match in_time(proxmox.agent_disk_use(&at)).await {
                Ok(disk) => Ok(Learned { disk: disk.map(|disk| (disk.used, disk.total)), ..learned }),
                // The address is worth something by itself.
                Err(Error::Agent { .. }) => Ok(Learned { agent: Some(AgentStatus::Refuses), ..learned }),
                Err(error) => refused(error, Some(AgentStatus::Silent))
                    .map(|refused| Learned { address: learned.address, ..refused }),
            }
        }
    }
}

/// What it means for one guest that it was asked in vain.
fn refused(error: Error, silent: Option<AgentStatus>) -> Result<Learned, Error> {
    match &error {
        Error::Agent { .. } => Ok(Learned::in_vain(Some(AgentStatus::Refuses))),
        Error::Forbidden { .. } => Ok(Learned::in_vain(silent.map(|_| AgentStatus::Forbidden))),
        Error::Refused { refusal: Refusal::AgentNotConfigured, .. } => Ok(Learned::in_vain(Some(AgentStatus::Absent))),
        // A question of its own that takes too long says nothing of the node.
        Error::Timeout { .. }
        | Error::Refused { .. }
        | Error::GuestMissing { .. }
        | Error::NotImplemented { .. }
        | Error::InvalidParameters { .. }
        | Error::Payload { .. } => Ok(Learned::in_vain(silent)),
        Error::Settings { .. }
        | Error::Unauthorized { .. }
        | Error::NoSuchTask
        | Error::NodeUnreachable { .. }
        | Error::Certificate { .. }
        | Error::Unreachable { .. }
        | Error::Interrupted { .. }
        | Error::Redirected { .. } => Err(error),
    }
}

async fn in_time<T>(question: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_elapsed| Err(Error::Timeout { what: "a question to a guest".to_owned(), after: ANSWERING });
    tokio::time::timeout(ANSWERING, question).await.unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longer_nothing_is_learned_the_more_seldom_a_guest_is_asked() {
        let minutes: Vec<i64> = (0..7).map(|failures| pause(failures).num_minutes()).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 60, 60, 60]);
        assert_eq!((pause(i16::MAX), pause(i16::MIN)), (AT_LEAST, USUALLY));
    }

    proptest! {
        #[test]
        fn no_guest_is_asked_again_within_five_minutes_and_those_asked_together_part(
            failures in 0..100_i16, in_vain in any::<bool>(), seconds in 0..4_000_000_000_i64,
        ) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let guest = |id| Due { id, node: String::new(), kind: VmType::Qemu, vmid: 100, config: serde_json::Value::Null, failures };
            let learned = Learned { in_vain, ..Learned::default() };
            let pauses: Vec<TimeDelta> = (0..20).map(|_| learned.noted(&guest(VmId::new()), now).due_at - now).collect();
            prop_assert!(pauses.iter().all(|pause| (USUALLY..AT_LEAST + AT_LEAST / 5).contains(pause)));
            prop_assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        }
    }
}
