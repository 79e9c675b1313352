//! What the daemon is made of. Built once in `main`, and again by each test.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Context;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use nexops_core::id::{ConnectionId, TaskId};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::cache::Cache;
use crate::config::{self, Config};
use crate::connections::Complaints;
use crate::db::connection::Managed;
use crate::db::latest::Staleness;
use crate::db::partition::Kept;
use crate::db::{self, Db};
use crate::events::Events;
use crate::jobs;
use crate::jobs::memory::Memory;
use crate::lease::Lease;
use crate::outbound;
use crate::proxmox;
use crate::secret::Keyring;
use crate::tls::Tls;

/// Everything that handlers and jobs work with.
#[derive(Debug)]
pub struct App {
    /// The configuration.
    pub config: Config,
    /// Which of several daemons it is.
    pub daemon: Daemon,
    /// The database.
    pub db: Db,
    /// The keys that seal stored secrets.
    pub secrets: Keyring,
    /// Whether the database is the daemon's own private server.
    pub private_database: bool,
    connections: RwLock<Arc<[Arc<Connection>]>>,
    /// What health checks and webhooks are sent with.
    pub outbound: outbound::Client,
    /// The connections that the environment describes.
    pub environment: Vec<config::Connection>,
    /// Held while the watched connections are brought in step with the stored ones.
    pub refreshing: tokio::sync::Mutex<Complaints>,
    /// The loop that checks services.
    pub check: Arc<jobs::Handle>,
    /// Answers that may be given again.
    pub cache: Cache,
    /// What happened, on its way to those who listen.
    pub events: Events,
    /// The job that keeps the samples' partitions in order.
    pub partitions: Arc<jobs::Handle>,
    /// The job that sends notifications; ring it when there are new ones.
    pub deliver: Arc<jobs::Handle>,
    /// The job that rolls samples up.
    pub rollup: Arc<jobs::Handle>,
    /// The job that evaluates the alert rules.
    pub evaluate: Arc<jobs::Handle>,
    /// When the daemon started.
    pub started_at: DateTime<Utc>,
    /// Cancelled when the daemon is to end.
    pub shutdown: CancellationToken,
    /// Everything that runs beside the requests, so that the end can wait for it.
    pub tracker: TaskTracker,
}

/// A daemon as others know it.
#[derive(Debug)]
pub struct Daemon {
    /// New with every start.
    pub id: Uuid,
    /// Its machine, process and address.
    pub name: String,
}

impl Daemon {
    fn new(config: &Config) -> Self {
        let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let (machine, process, address) = (machine.trim(), std::process::id(), config.access.listen);
        Self { id: Uuid::now_v7(), name: format!("{machine}, process {process}, {address}") }
    }
}

/// A cluster that is watched.
#[derive(Debug)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Which of its stored forms it is; `None` where the environment describes it.
    pub revision: Option<i32>,
    /// Cancelled when it is not to be watched any more.
    pub stop: CancellationToken,
    /// The right to look at it and to write down what is seen.
    pub lease: Arc<Lease>,
    /// Its loops, so that their end can be waited for.
    pub loops: TaskTracker,
    /// How it is asked.
    pub proxmox: proxmox::Client,
    /// The id of the token with which it is asked, `user@realm!name`.
    pub token_id: String,
    /// The loop that looks at everything.
    pub sync: Arc<jobs::Handle>,
    /// The loop that collects figures.
    pub collect: Arc<jobs::Handle>,
    /// The loop that follows tasks.
    pub follow: Arc<jobs::Handle>,
    /// The loop that looks into guests.
    pub inside: Arc<jobs::Handle>,
    /// Held from looking at the cluster until what was seen is written down, so that an older look never overwrites a
    /// newer one.
    pub looking: tokio::sync::Mutex<Memory>,
    in_flight: Mutex<HashSet<TaskId>>,
    failing: Mutex<Option<proxmox::Error>>,
    version: Mutex<Option<(u32, u32)>>,
}

impl App {
    /// Puts the daemon together on a database whose schema is up to date. Nothing runs yet.
    ///
    /// # Errors
    /// When the database does not answer, a connection's settings cannot be used, or the key of stored secrets cannot.
    pub async fn new(
        config: Config,
        db: Db,
        private_database: bool,
        connections: Vec<config::Connection>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let secrets = Keyring::open(config.secret_key.as_ref(), &config.data_directory)?;
        let conn = &mut db.get().await?;
        let mut adopted = Vec::with_capacity(connections.len());
        for connection in &connections {
            adopted.push(Arc::new(Connection::adopt(conn, &config, connection, now).await?));
        }
        let ids: Vec<ConnectionId> = adopted.iter().map(|connection| connection.id).collect();
        let outbound = outbound::Client::new(config.allow_loopback_targets).context("set up the client for checks")?;
        db::connection::let_go(conn, &ids, now).await.context("let go of the connections that are not described")?;
        let check = Arc::new(jobs::Handle::new(jobs::check::NAME, None, config.intervals.health));
        let cache = Cache::new(config.redis_url.as_ref())?;
        let partitions = Arc::new(jobs::Handle::new(jobs::partition::NAME, None, jobs::partition::PERIOD));
        let deliver = Arc::new(jobs::Handle::new(jobs::deliver::NAME, None, jobs::deliver::PERIOD));
        let rollup = Arc::new(jobs::Handle::new(jobs::rollup::NAME, None, jobs::rollup::PERIOD));
        let evaluate = Arc::new(jobs::Handle::new(jobs::evaluate::NAME, None, jobs::evaluate::PERIOD));
        Ok(Self {
            daemon: Daemon::new(&config),
            config,
            db,
            secrets,
            private_database,
            connections: RwLock::new(adopted.into()),
            outbound,
            environment: connections,
            refreshing: tokio::sync::Mutex::default(),
            check,
            cache,
            events: Events::default(),
            partitions,
            deliver,
            rollup,
            evaluate,
            started_at: now,
            shutdown: CancellationToken::new(),
            tracker: TaskTracker::new(),
        })
    }

    /// The clusters that are watched at this moment.
    #[must_use]
    pub fn connections(&self) -> Arc<[Arc<Connection>]> {
        Arc::clone(&self.connections.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts others in the place of the clusters that are watched.
    pub(crate) fn set_connections(&self, connections: Vec<Arc<Connection>>) {
        *self.connections.write().unwrap_or_else(PoisonError::into_inner) = connections.into();
    }

    /// The connection with this id, if it is watched.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<Arc<Connection>> {
        self.connections().iter().find(|connection| connection.id == id).cloned()
    }

    /// From when on figures count as stale.
    #[must_use]
    pub fn staleness(&self, now: DateTime<Utc>) -> Staleness {
        Staleness::at(now, self.config.intervals.collect)
    }

    /// From when on samples and rollups are kept.
    #[must_use]
    pub fn kept(&self, now: DateTime<Utc>) -> Kept {
        kept(&self.config.retention, now)
    }

    /// Every loop's handle, by connection and name.
    #[must_use]
    pub fn handles(&self) -> Vec<Arc<jobs::Handle>> {
        let connections = self.connections();
        let per_connection = connections.iter().flat_map(|c| [&c.collect, &c.follow, &c.inside, &c.sync]);
        per_connection
            .chain([&self.check, &self.deliver, &self.evaluate, &self.partitions, &self.rollup])
            .cloned()
            .collect()
    }
}

/// From when on samples and rollups are kept.
#[must_use]
pub fn kept(retention: &config::Retention, now: DateTime<Utc>) -> Kept {
    let since = |span| now - TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
    Kept { samples: since(retention.raw), five_minutes: since(retention.five_minutes), hours: since(retention.hour) }
}

impl App {
    /// Every lease under which this daemon would work.
    #[must_use]
    pub fn leases(&self) -> Vec<Arc<Lease>> {
        let mut leases: Vec<Arc<Lease>> = Vec::new();
        for handle in self.handles() {
            if leases.iter().all(|lease| lease.scope() != handle.lease().scope()) {
                leases.push(Arc::clone(handle.lease()));
            }
        }
        leases
    }
}

/// The time, in the precision in which it is written down and shown.
#[must_use]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

impl Connection {
    /// Writes down a connection that the environment describes, and makes it ready.
    ///
    /// # Errors
    /// When the database does not answer, or its settings cannot be used.
    pub async fn adopt(
        conn: &mut db::Conn,
        config: &Config,
        connection: &config::Connection,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let config::Connection { name, settings } = connection;
        let (verify_tls, fingerprint) = match &settings.tls {
            Tls::Verified => (true, None),
            Tls::Pinned(pins) => (true, Some(pins.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))),
            Tls::Unverified => (false, None),
        };
        let managed = Managed {
            name,
            hosts: &settings.hosts,
            port: settings.port,
            user: &settings.user,
            token_name: &settings.token_name,
            verify_tls,
            fingerprint: fingerprint.as_deref(),
        };
        let id = db::connection::adopt(conn, &managed, now).await.context("write down the connection")?;
        Self::new(id, None, config, connection)
    }

    /// Makes a connection ready. Nothing is asked yet.
    ///
    /// # Errors
    /// When its settings cannot be used.
    pub fn new(
        id: ConnectionId,
        revision: Option<i32>,
        config: &Config,
        connection: &config::Connection,
    ) -> anyhow::Result<Self> {
        let config::Connection { name, settings } = connection;
        let client = proxmox::Client::new(settings).with_context(|| format!("set up the connection '{name}'"))?;
        let lease = Arc::new(Lease::new(format!("connection/{id}")));
        let handle = |job, period| Arc::new(jobs::Handle::new(job, Some((name, &lease)), period));
        Ok(Self {
            id,
            name: name.clone(),
            revision,
            stop: CancellationToken::new(),
            loops: TaskTracker::new(),
            proxmox: client,
            token_id: settings.token_id(),
            sync: handle(jobs::sync::NAME, config.intervals.sync),
            collect: handle(jobs::collect::NAME, config.intervals.collect),
            follow: handle(jobs::follow::NAME, jobs::follow::PERIOD),
            inside: handle(jobs::inside::NAME, jobs::inside::PERIOD),
            lease,
            looking: tokio::sync::Mutex::default(),
            in_flight: Mutex::default(),
            failing: Mutex::default(),
            version: Mutex::default(),
        })
    }

    /// Ends its loops, and waits until they have left off. They are in the middle of nothing that is not repeated.
    pub async fn end_loops(&self) {
        self.stop.cancel();
        self.loops.close();
        self.loops.wait().await;
    }

    /// Notes that Proxmox answers, and says so in the log if it did not before. The database is told with what was seen.
    pub fn answered(&self) {
        let before = self.failing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(error) = before {
            tracing::info!(connection.name = self.name, after = %error.code(), "Proxmox answers again");
        }
    }

    /// Notes how Proxmox failed: in the log once for each kind of failure, and in the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn failed(&self, db: &Db, error: &proxmox::Error, now: DateTime<Utc>) -> db::Result<()> {
        let code = error.code();
        let before = self.failing.lock().unwrap_or_else(PoisonError::into_inner).replace(error.clone());
        if before.map(|error| error.code()) != Some(code) {
            tracing::warn!(connection.name = self.name, code = %code, "Proxmox does not answer as it should: {error}");
        }
        let conn = &mut db.get().await?;
        db::connection::failed(conn, self.id, code, &error.to_string(), now).await
    }

    /// How the last look at the cluster failed; `None` when it did not.
    #[must_use]
    pub fn failure(&self) -> Option<proxmox::Error> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers which release of Proxmox answers.
    pub fn runs_version(&self, major: u32, minor: u32) {
        *self.version.lock().unwrap_or_else(PoisonError::into_inner) = Some((major, minor));
    }

    /// Which release of Proxmox answers; `None` before it was asked.
    #[must_use]
    pub fn version(&self) -> Option<(u32, u32)> {
        *self.version.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which release of Proxmox answers, as it says itself if nobody in this daemon has asked it before.
    ///
    /// # Errors
    /// As every question to Proxmox.
    pub async fn learn_version(&self) -> Result<(u32, u32), proxmox::Error> {
        if let Some(version) = self.version() {
            return Ok(version);
        }
        let version = self.proxmox.version().await?;
        self.runs_version(version.major, version.minor);
        Ok((version.major, version.minor))
    }

    /// Whether a stop may take the place of a shutdown that is under way: since 8.2. Earlier releases refuse the wish
    /// itself, so that it is not made where the release cannot be learned.
    pub async fn can_overrule_shutdown(&self) -> bool {
        self.learn_version().await.is_ok_and(|version| version >= (8, 2))
    }

    /// Marks a task as being sent to Proxmox by this process, until the mark is dropped.
    #[must_use]
    pub fn sending(self: &Arc<Self>, task: TaskId) -> InFlight {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).insert(task);
        InFlight { connection: Arc::clone(self), task }
    }

    /// Whether this process is sending the task to Proxmox at the moment.
    #[must_use]
    pub fn is_sending(&self, task: TaskId) -> bool {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).contains(&task)
    }
}

/// The mark of a task that is being sent to Proxmox.
#[derive(Debug)]
pub struct InFlight {
    connection: Arc<Connection>,
    task: TaskId,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.connection.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.task);
    }
}
