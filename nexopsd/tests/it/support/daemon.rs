//! A running daemon: the real server on a port of its own, over a real database, watching simulated clusters over TLS.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use nexops_core::client::Client;
use nexops_core::error::ErrorBody;
use nexops_core::profile::Profile;
use nexops_core::system::ConnectionHealth;
use nexops_core::task::Task;
use nexops_core::vm::{ListVms, PowerAction, Vm};
use nexopsd::app::{App, Connection};
use nexopsd::config::{self, Config, Flags, Settings};
use nexopsd::start::{self, OpenDatabase};
use nexopsd::{db, jobs, serve};
use pve_sim::Simulator;
use tokio::task::JoinHandle;

use super::database::TestDatabase;
use super::{PATIENCE, wait_until};

/// A simulated cluster that answers without the delays of a real one, and whose figures are always fresh.
pub fn quick_cluster() -> pve_sim::Config {
    pve_sim::Config {
        time_scale: 0.02,
        stat_interval: Duration::ZERO,
        auth_delay: Duration::ZERO,
        offline_delay: Duration::ZERO,
        ..pve_sim::Config::default()
    }
}

/// What a test wants to be different.
#[derive(Debug, Default)]
pub struct Wishes {
    clusters: Vec<(String, pve_sim::Config)>,
    connections: Vec<config::Connection>,
    variables: Vec<(String, String)>,
    patience: Option<Duration>,
    idle: bool,
}

impl Wishes {
    /// One more cluster, under a name.
    pub fn cluster(mut self, name: &str, cluster: pve_sim::Config) -> Self {
        self.clusters.push((name.to_owned(), cluster));
        self
    }

    /// One more connection, to whatever it names.
    pub fn connection(mut self, connection: config::Connection) -> Self {
        self.connections.push(connection);
        self
    }

    /// A configuration variable.
    pub fn variable(mut self, key: &str, value: &str) -> Self {
        self.variables.push((key.to_owned(), value.to_owned()));
        self
    }

    /// How long the daemon waits for an answer of the clusters.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// No loop runs by itself.
    pub fn idle(mut self) -> Self {
        self.idle = true;
        self
    }

    /// Starts it all on a database of its own, and waits until every cluster was looked at.
    pub async fn start(self) -> Daemon {
        let database = Arc::new(TestDatabase::new().await);
        self.start_on(database).await
    }

    /// Starts it all on a database that is there already.
    pub async fn start_on(self, database: Arc<TestDatabase>) -> Daemon {
        let mut simulators = Vec::new();
        let mut connections = self.connections;
        for (name, cluster) in self.clusters {
            let simulator = pve_sim::start(cluster).await.unwrap();
            let mut connection = start::connection_to(&simulator, &name).unwrap();
            connection.settings.timeouts.request = self.patience.unwrap_or(connection.settings.timeouts.request);
            connections.push(connection);
            simulators.push(simulator);
        }
        Daemon::launch(database, simulators, connections, &self.variables, self.idle).await
    }
}

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    /// Its inside.
    pub app: Arc<App>,
    /// Where it listens.
    pub url: String,
    /// The production client, with the daemon's token if it wants one, as the actor "ann".
    pub client: Client,
    /// The simulated clusters, in the order in which they were wished for.
    pub simulators: Vec<Simulator>,
    /// Its database.
    pub database: Arc<TestDatabase>,
    connections: Vec<config::Connection>,
    variables: Vec<(String, String)>,
    server: JoinHandle<anyhow::Result<()>>,
}

impl Daemon {
    /// A daemon that watches one quick cluster of 3 nodes and 24 guests.
    pub async fn new() -> Self {
        Wishes::default().cluster("default", quick_cluster()).start().await
    }

    async fn launch(
        database: Arc<TestDatabase>,
        simulators: Vec<Simulator>,
        connections: Vec<config::Connection>,
        variables: &[(String, String)],
        idle: bool,
    ) -> Self {
        let config = config_of(variables);
        let token = config.access.token.clone();
        let open = OpenDatabase { db: db::Db::new(database.url().into()).unwrap(), server: None };
        let app = Arc::new(start::build(config, &open, connections.clone()).await.unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = if idle {
            let router = nexopsd::api::router(Arc::clone(&app));
            let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
            tokio::spawn(async move { Ok(axum::serve(listener, service).await?) })
        } else {
            tokio::spawn(serve::run(Arc::clone(&app), listener))
        };
        let profile = Profile { url: url.clone(), token, actor: Some("ann".to_owned()) };
        let client = Client::new(profile).unwrap();
        let daemon =
            Self { app, url, client, simulators, database, connections, variables: variables.to_vec(), server };
        if !idle {
            daemon.app.check.first_run().await;
            for connection in daemon.app.connections().iter() {
                let first = futures::future::join(connection.collect.first_run(), connection.sync.first_run());
                tokio::time::timeout(PATIENCE, first).await.expect("the first look at a cluster ends");
            }
        }
        daemon
    }

    /// The only simulated cluster's controls.
    pub fn cluster(&self) -> &pve_sim::Control {
        self.simulators[0].control()
    }

    /// The only connection.
    pub fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.app.connections()[0])
    }

    /// Runs a loop now, and waits for it.
    pub async fn run(&self, handle: &jobs::Handle) {
        assert!(handle.run_now(PATIENCE).await, "the loop {:?} does not end", handle.health().name);
    }

    /// Collects figures from every cluster now.
    pub async fn collect(&self) {
        for connection in self.app.connections().iter() {
            self.run(&connection.collect).await;
        }
    }

    /// Looks at everything in every cluster now.
    pub async fn sync(&self) {
        for connection in self.app.connections().iter() {
            self.run(&connection.sync).await;
        }
    }

    /// Puts everything that was measured so far back in time, as if the test had waited that long since: without it, a
    /// collection within the same second is the same reading again.
    pub async fn wait_as_if(&self, seconds: u32) {
        let sql = format!(
            "UPDATE metric_samples SET ts = ts - interval '{seconds} s'; \
             UPDATE metric_latest SET observed_at = observed_at - interval '{seconds} s', \
                 uptime_seconds = uptime_seconds - {seconds}; \
             UPDATE proxmox_connections SET last_success_at = last_success_at - interval '{seconds} s', \
                 collected_at = collected_at - interval '{seconds} s'"
        );
        self.database.connect().await.batch_execute(&sql).await.unwrap();
    }

    /// All guests, as the API lists them.
    pub async fn vms(&self) -> Vec<Vm> {
        let all = ListVms { per_page: Some(1000), ..ListVms::default() };
        self.client.list_vms(&all).await.unwrap().data
    }

    /// One guest, as the API gives it.
    pub async fn vm(&self, vmid: i32) -> Vm {
        self.client.find_vm(vmid).await.unwrap().data
    }

    /// A plain HTTP client for requests that the production client would never send.
    pub fn raw(&self) -> reqwest::Client {
        reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
    }

    /// How one connection fares, as the daemon tells.
    pub async fn health(&self, connection: &str) -> ConnectionHealth {
        let system = self.client.system().await.unwrap().data;
        system.connections.into_iter().find(|health| health.name == connection).unwrap()
    }

    /// Acts on a guest; the task is under way.
    pub async fn act(&self, vmid: i32, action: PowerAction) -> Task {
        self.client.act_on_vm(vmid, action).await.unwrap_or_else(|error| panic!("{action} {vmid}: {error}")).data
    }

    /// Acts on a guest in vain, and gives the daemon's account.
    pub async fn refusal(&self, vmid: i32, action: PowerAction) -> ErrorBody {
        match self.client.act_on_vm(vmid, action).await {
            Ok(accepted) => panic!("{action} {vmid} was accepted: {:?}", accepted.data),
            Err(error) => error.body().cloned().unwrap_or_else(|| panic!("{action} {vmid}: {error}")),
        }
    }

    /// Acts on a guest beside the test, as somebody who may hang up.
    pub fn act_aside(&self, vmid: i32, action: PowerAction) -> JoinHandle<reqwest::Result<reqwest::Response>> {
        let request = self.raw().post(format!("{}/api/v1/infrastructure/vms/{vmid}/{action}", self.url));
        tokio::spawn(request.send())
    }

    /// The paths of the actions that the only cluster received.
    pub fn posts(&self) -> Vec<String> {
        let requests = self.cluster().requests().into_iter();
        requests.filter(|request| request.method == "POST").map(|request| request.path).collect()
    }

    /// Waits until a task has ended and gives it.
    pub async fn end_of(&self, task: nexops_core::id::TaskId) -> Task {
        let find = async || self.client.find_task(task).await.unwrap().data;
        wait_until("the task ends", async || find().await.finished_at.is_some()).await;
        find().await
    }

    /// Ends the daemon at once, without a chance to tidy up, and starts another one on the same database and clusters.
    pub async fn restart_after_kill(self) -> Self {
        self.server.abort();
        let Self { app, simulators, database, connections, variables, server, .. } = self;
        let _aborted = server.await;
        // What the old daemon still has under way must not reach the database any more.
        app.db.close();
        app.shutdown.cancel();
        drop(app);
        Self::launch(database, simulators, connections, &variables, false).await
    }

    /// Ends the daemon at once, without a chance to tidy up.
    pub async fn kill(self) {
        self.server.abort();
        let _aborted = self.server.await;
        self.app.db.close();
        self.app.shutdown.cancel();
    }

    /// Ends the daemon as SIGTERM does, and waits for it.
    pub async fn stop(self) -> Arc<TestDatabase> {
        self.app.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.server).await.expect("the daemon ends").unwrap().unwrap();
        self.database
    }
}

/// A configuration in which loops run when the test says so, once the first run is over.
fn config_of(variables: &[(String, String)]) -> Config {
    let mut values = vec![
        ("HOME", "/nonexistent"),
        ("NEXOPS_SECRET_KEY", "a key of the tests that keeps nothing"),
        ("NEXOPS_SYNC_INTERVAL", "1h"),
        ("NEXOPS_METRICS_INTERVAL", "1h"),
        ("NEXOPS_HEALTH_INTERVAL", "1h"),
    ];
    values.retain(|(key, _)| !variables.iter().any(|(other, _)| other == key));
    values.extend(variables.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    Config::from_settings(&Flags::default(), &Settings::of(&values), false).unwrap()
}
