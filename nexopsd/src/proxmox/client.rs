//! The client: one method for each thing NexOps asks of Proxmox.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use nexops_core::task::TaskLog;
use nexops_core::vm::PowerAction;

use super::calls::CallCount;
use super::cluster::{ClusterStatus, Resources, Version};
use super::config::GuestConfig;
use super::error::Error;
use super::guest::{GuestAddress, GuestCurrent};
use super::history::{Minute, Remembered};
use super::inside::{self, AgentRefusal, DiskUse, Interface};
use super::node::NodeRow;
use super::payload::Answer;
use super::permissions::Permissions;
use super::power::{self, PowerOptions};
use super::settings::Settings;
use super::task::{self, TaskRow, TaskState};
use super::transport::{Route, Transport};
use super::upid::Upid;
use crate::tls::{Fingerprint, Tls};

/// The finest that the round-robin databases hold.
const MINUTES: &str = "rrddata?timeframe=hour&cf=AVERAGE";
/// Tasks that are asked for at most.
const TASKS: u32 = 200;

/// A connection to one cluster. Cheap to clone; all clones share hosts, connections and limits.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hosts, token) = (self.transport.hosts(), self.transport.token());
        formatter.debug_struct("Client").field("hosts", &hosts).field("token", &token).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Settings`] when they cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { transport: Arc::new(Transport::new(settings)?) })
    }

    /// The certificate that the first host to answer presents, and that host. Nothing is sent to it, the token least of
    /// all. `None` when no host can be reached.
    pub async fn certificate(settings: &Settings) -> Option<(String, Fingerprint)> {
        // No certificate has this one.
        let curious = Settings { tls: Tls::Pinned(vec![Fingerprint([0; 32])]), ..settings.clone() };
        match Self::new(&curious).ok()?.version().await {
            Err(Error::Certificate { host, seen, .. }) => Some((host, seen)),
            Ok(_) | Err(_) => None,
        }
    }

    /// The hosts as `name:port`, in the order of the settings.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        self.transport.hosts().to_vec()
    }

    /// How often each node was asked since the client was made, and in vain.
    #[must_use]
    pub fn calls(&self) -> Vec<CallCount> {
        self.transport.calls()
    }

    /// The release of the host that answers. Any token that is accepted may ask.
    ///
    /// # Errors
    /// Those of the transport, [`Error::Unauthorized`], [`Error::Payload`].
    pub async fn version(&self) -> Result<Version, Error> {
        self.read(Route::local("/version"), |answer| {
            Version::read(answer.row()?).ok_or("it names no version".to_owned())
        })
        .await
    }

    /// The nodes with their fingerprints.
    ///
    /// # Errors
    /// Those of the transport, [`Error::Unauthorized`], [`Error::Payload`].
    pub async fn nodes(&self) -> Result<Vec<NodeRow>, Error> {
        self.read(Route::local("/nodes"), |answer| {
            let (rows, _) = answer.rows()?;
            Ok(rows.into_iter().filter_map(NodeRow::read).collect())
        })
        .await
    }

    /// The members of the cluster and whether it has a majority.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without `Sys.Audit` on `/`; those of the transport, [`Error::Unauthorized`], [`Error::Payload`].
    pub async fn cluster_status(&self) -> Result<ClusterStatus, Error> {
        self.read(Route::local("/cluster/status"), ClusterStatus::read).await
    }

    /// All nodes, guests and storages with their figures, in one request. What the token may not see is not in it.
    ///
    /// # Errors
    /// Those of the transport, [`Error::Unauthorized`], [`Error::Payload`].
    pub async fn cluster_resources(&self) -> Result<Resources, Error> {
        Ok(self.timed_resources().await?.0)
    }

    /// The same, and how long the understanding of the answer took.
    ///
    /// # Errors
    /// Those of [`Self::cluster_resources`].
    pub async fn timed_resources(&self) -> Result<(Resources, Duration), Error> {
        let read = |answer: &Answer| {
            let clock = Instant::now();
            Resources::read(answer).map(|resources| (resources, answer.parsing + clock.elapsed()))
        };
        self.read(Route::local("/cluster/resources"), read).await
    }

    /// What a guest does at this moment.
    ///
    /// # Errors
    /// [`Error::GuestMissing`] when it is not there (any more), [`Error::NodeUnreachable`], [`Error::Forbidden`] without `VM.Audit`.
    pub async fn guest_current(&self, at: &GuestAddress) -> Result<GuestCurrent, Error> {
        let current =
            self.read(Route::guest(at, "status/current")?, |answer| answer.row().map(GuestCurrent::read)).await;
        match current {
            // Something stands in for Proxmox that does not know the question; the list of all guests it must know.
            Err(Error::NotImplemented { .. } | Error::Refused { status: 404 | 405, .. }) => self.guest_listed(at).await,
            current => current,
        }
    }

    async fn guest_listed(&self, at: &GuestAddress) -> Result<GuestCurrent, Error> {
        let mut guests = self.cluster_resources().await?.guests.into_iter();
        let row = guests.find(|row| row.address() == *at);
        row.map(GuestCurrent::from).ok_or_else(|| Error::GuestMissing {
            reason: format!("guest {} is not listed on node {}", at.vmid, at.node),
        })
    }

    /// A guest's configuration, changes that wait for a restart included, secrets masked.
    ///
    /// # Errors
    /// As for [`Self::guest_current`].
    pub async fn guest_config(&self, at: &GuestAddress) -> Result<GuestConfig, Error> {
        self.read(Route::guest(at, "config")?, |answer| GuestConfig::read(answer.data.clone())).await
    }

    /// The network interfaces inside a virtual machine, as its guest agent tells. Ask seldom: a dead agent takes a worker
    /// of the node for three seconds.
    ///
    /// # Errors
    /// [`Error::Agent`] when the agent refuses; [`Error::Refused`] with [`super::Refusal::AgentNotRunning`],
    /// [`super::Refusal::AgentNotConfigured`] or [`super::Refusal::NotRunning`]; [`Error::Forbidden`] without
    /// `VM.GuestAgent.Audit`, or `VM.Monitor` before release 9.
    pub async fn agent_interfaces(&self, at: &GuestAddress) -> Result<Vec<Interface>, Error> {
        let answer = self.read(Route::guest(at, "agent/network-get-interfaces")?, inside::agent_interfaces).await?;
        answer.map_err(|AgentRefusal(reason)| Error::Agent { reason })
    }

    /// How full the disks of a virtual machine are, as its guest agent tells; `None` when it knows no sizes.
    ///
    /// # Errors
    /// As for [`Self::agent_interfaces`].
    pub async fn agent_disk_use(&self, at: &GuestAddress) -> Result<Option<DiskUse>, Error> {
        let answer = self.read(Route::guest(at, "agent/get-fsinfo")?, inside::disk_use).await?;
        answer.map_err(|AgentRefusal(reason)| Error::Agent { reason })
    }

    /// The network interfaces of a container; none when it is stopped.
    ///
    /// # Errors
    /// [`Error::NotImplemented`] before release 8.1; else as for [`Self::guest_current`].
    pub async fn container_interfaces(&self, at: &GuestAddress) -> Result<Vec<Interface>, Error> {
        self.read(Route::guest(at, "interfaces")?, inside::container_interfaces).await
    }

    /// Orders a power action and gives the task that carries it out. That it succeeded is for the task to tell.
    ///
    /// # Errors
    /// Most are a refusal. When [`Error::outcome_unknown`] says so, look for the task before trying again.
    pub async fn power(&self, at: &GuestAddress, action: PowerAction, options: PowerOptions) -> Result<Upid, Error> {
        let route = Route::guest(at, &format!("status/{}", power::word(action)))?;
        let answer = self.transport.post(&route, &options.form()).await?;
        let upid = answer.data.as_str().ok_or_else(|| "it names no task".to_owned());
        upid.and_then(|upid| upid.parse::<Upid>().map_err(|error| error.to_string()))
            .map_err(|reason| route.payload(reason))
    }

    /// How far a task is, asked of its node.
    ///
    /// # Errors
    /// [`Error::NoSuchTask`], [`Error::NodeUnreachable`], [`Error::Forbidden`] for somebody else's task without `Sys.Audit`.
    pub async fn task_status(&self, upid: &Upid) -> Result<TaskState, Error> {
        self.read(Route::node(upid.node(), &format!("tasks/{upid}/status"))?, |answer| TaskState::read(answer.row()?))
            .await
    }

    /// Lines of a task's log, from the `start`-th on (counted from 0).
    ///
    /// # Errors
    /// As for [`Self::task_status`].
    pub async fn task_log(&self, upid: &Upid, start: u32, limit: u32) -> Result<TaskLog, Error> {
        let rest = format!("tasks/{upid}/log?start={start}&limit={limit}");
        self.read(Route::node(upid.node(), &rest)?, task::log).await?
    }

    /// A guest's tasks on a node since a moment, running ones and others, the latest first.
    ///
    /// # Errors
    /// [`Error::NodeUnreachable`]; those of the transport, [`Error::Unauthorized`], [`Error::Payload`].
    pub async fn tasks_of_guest(&self, node: &str, vmid: i32, since: DateTime<Utc>) -> Result<Vec<TaskRow>, Error> {
        let rest = format!("tasks?source=all&vmid={vmid}&since={}&limit={TASKS}", since.timestamp().max(0));
        self.read(Route::node(node, &rest)?, |answer| {
            let (rows, _) = answer.rows()?;
            let mut tasks: Vec<_> = rows.into_iter().filter_map(TaskRow::read).collect();
            tasks.sort_by_key(|task| std::cmp::Reverse(task.started_at));
            Ok(tasks)
        })
        .await
    }

    /// What a node remembers of itself and its guests since a moment, half an hour at most. Since 8.2.
    ///
    /// # Errors
    /// [`Error::NotImplemented`] before that, [`Error::Forbidden`] without `Sys.Audit` on `/`; those of the transport,
    /// [`Error::Unauthorized`], [`Error::Payload`].
    pub async fn remembered(&self, node: &str, since: DateTime<Utc>) -> Result<Remembered, Error> {
        let since = since.timestamp().max(0);
        let path = format!("/cluster/metrics/export?history=1&node-list={node}&start-time={since}");
        self.read(Route::local(&path), |answer| Remembered::read(answer, node)).await
    }

    /// The last hour of a guest, minute by minute. Every node knows it of every guest.
    ///
    /// # Errors
    /// [`Error::Refused`] for a guest of which nothing was ever written; [`Error::Forbidden`] without `VM.Audit`; those
    /// of the transport, [`Error::Unauthorized`], [`Error::Payload`].
    pub async fn minutes_of_guest(&self, at: &GuestAddress) -> Result<Vec<Minute>, Error> {
        self.read(Route::guest(at, MINUTES)?, Minute::read_all).await
    }

    /// The last hour of a node, minute by minute.
    ///
    /// # Errors
    /// As for [`Self::minutes_of_guest`], with `Sys.Audit` in place of `VM.Audit`.
    pub async fn minutes_of_node(&self, node: &str) -> Result<Vec<Minute>, Error> {
        self.read(Route::node(node, MINUTES)?, Minute::read_all).await
    }

    /// What the token may do. Empty for a token that was given no rights of its own.
    ///
    /// # Errors
    /// Those of the transport, [`Error::Unauthorized`], [`Error::Payload`].
    pub async fn permissions(&self) -> Result<Permissions, Error> {
        self.read(Route::local("/access/permissions"), Permissions::read).await
    }

    async fn read<T>(&self, route: Route, read: impl FnOnce(&Answer) -> Result<T, String>) -> Result<T, Error> {
        let answer = self.transport.get(&route).await?;
        read(&answer).map_err(|reason| route.payload(reason))
    }
}
