//! From a configuration to a running daemon: the database, the demo's cluster, the listener.

use std::time::Duration;

use anyhow::{Context, bail};
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::app::{App, kept, now};
use crate::config::{self, Config, Database};
use crate::db::{self, Db};
use crate::postgres::PrivatePostgres;
use crate::proxmox;
use crate::tls::{Fingerprint, Tls};

/// How long the daemon waits for a database that is starting itself, after a power cut for example.
pub const DATABASE_PATIENCE: Duration = Duration::from_secs(60);
const DATABASE_PAUSE: Duration = Duration::from_secs(2);
/// The name of the demo's connection.
const DEMO_CONNECTION: &str = "demo";

/// The database, and the private server under it if there is one.
#[derive(Debug)]
pub struct OpenDatabase {
    /// The database.
    pub db: Db,
    /// The private server; it must be stopped at the end.
    pub server: Option<PrivatePostgres>,
}

impl OpenDatabase {
    /// Stops the private server, if there is one.
    pub async fn close(self) {
        self.db.close();
        if let Some(server) = self.server
            && let Err(error) = server.stop().await
        {
            tracing::warn!("the private PostgreSQL did not stop as it should: {:#}", anyhow::Error::from(error));
        }
    }
}

/// Opens the configured database, starting the private server if that is what is configured. The schema is left as it
/// is.
///
/// # Errors
/// When the private server does not start, or another server does not answer for as long as `patience`.
pub async fn open_database(config: &Config, patience: Duration) -> anyhow::Result<OpenDatabase> {
    match &config.database {
        Database::Private => {
            let server = PrivatePostgres::start(&config.data_directory).await?;
            Ok(OpenDatabase { db: Db::new(server.url().into())?, server: Some(server) })
        }
        Database::Url(url) => {
            let db = Db::new(url.clone())?;
            wait_for(&db, patience).await?;
            Ok(OpenDatabase { db, server: None })
        }
    }
}

async fn wait_for(db: &Db, patience: Duration) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + patience;
    let mut said = false;
    loop {
        let error = match db.get().await {
            Ok(_connection) => return Ok(()),
            Err(error) => anyhow::Error::from(error),
        };
        if tokio::time::Instant::now() >= deadline {
            return Err(error.context("connect to DATABASE_URL; check the URL, and that the server runs"));
        }
        if !std::mem::replace(&mut said, true) {
            tracing::warn!("waiting for the database of DATABASE_URL: {error:#}");
        }
        tokio::time::sleep(DATABASE_PAUSE).await;
    }
}

/// Listens where the configuration says.
///
/// # Errors
/// When the address is taken or is not one of this machine.
pub async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.access.listen;
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "listen on {address}: if another program has the port, perhaps another nexopsd, choose one with \
             NEXOPS_LISTEN={}:{}",
            address.ip(),
            address.port().saturating_add(1)
        )
    })
}

/// Brings the schema up to date, makes sure that samples have a place to go, and puts the daemon together.
///
/// # Errors
/// When the database fails, or holds the data of real clusters while the demo is wanted.
pub async fn build(
    config: Config,
    database: &OpenDatabase,
    connections: Vec<config::Connection>,
) -> anyhow::Result<App> {
    let db = database.db.clone();
    let applied = db.migrate().await?;
    if !applied.is_empty() {
        tracing::info!(migrations = applied.len(), "brought the database schema up to date");
    }
    let now = now();
    {
        let conn = &mut db.get().await?;
        if config.demo
            && matches!(config.database, Database::Url(_))
            && db::connection::exists_beside(conn, DEMO_CONNECTION).await?
        {
            bail!(
                "the database of DATABASE_URL holds real clusters; give the demo another one, or none to use its own"
            );
        }
        // A backup may hold the table; samples have a place to go even so, and the loop tries again.
        if let Err(error) = db::partition::keep_in_order(conn, now, &kept(&config.retention, now)).await {
            tracing::warn!("the partitions could not be put in order: {:#}", anyhow::Error::from(error));
        }
    }
    App::new(config, db, database.server.is_some(), connections, now).await
}

/// Starts a simulated cluster inside this process.
///
/// # Errors
/// When it cannot listen on loopback.
pub async fn simulate() -> anyhow::Result<(pve_sim::Simulator, config::Connection)> {
    let simulator = pve_sim::start(pve_sim::Config::default()).await.context("start the simulated cluster")?;
    let connection = connection_to(&simulator, DEMO_CONNECTION)?;
    Ok((simulator, connection))
}

/// How to reach a simulated cluster: over HTTPS with its certificate pinned, as a real one.
///
/// # Errors
/// When the simulator's fingerprint is none.
pub fn connection_to(simulator: &pve_sim::Simulator, name: &str) -> anyhow::Result<config::Connection> {
    let token = simulator.token();
    let fingerprint: Fingerprint =
        simulator.fingerprint().parse().map_err(|error| anyhow::anyhow!("{error}")).context("read the fingerprint")?;
    let address = simulator.address();
    Ok(config::Connection {
        name: name.to_owned(),
        settings: proxmox::Settings {
            hosts: vec![address.ip().to_string()],
            port: address.port(),
            user: token.user.clone(),
            token_name: token.name.clone(),
            token_value: SecretString::from(token.secret.clone()),
            tls: Tls::Pinned(vec![fingerprint]),
            timeouts: proxmox::Timeouts::default(),
        },
    })
}
