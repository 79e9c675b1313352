//! The private Postgres of the zero-setup default: found, initialised, started, watched and stopped by the daemon.
//!
//! It is an ordinary cluster below the data directory, reachable through a Unix socket in a directory that only its
//! account (and root) can enter; that directory is the whole access control. What the daemon leaves behind when it is
//! killed (a running server, a stale `postmaster.pid`, a half-made cluster) is put in order at the next start.

mod account;
mod binaries;
mod cluster;
mod directory;
mod error;
mod log;
mod orphan;
mod server;
mod socket;
mod supervisor;

use std::path::{Path, PathBuf};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::account::Account;
use self::directory::Layout;
use self::server::Server;

pub use self::binaries::{Version, binary_directories};
pub use self::directory::{DataDirectorySources, data_directory_mode, default_data_directory};
pub use self::error::Error;

/// The role that owns the cluster; it exists from `initdb` on and is its superuser.
const ROLE: &str = "nexops";
/// The database the daemon works in.
const DATABASE: &str = "nexops";

/// A private Postgres server owned by this process.
///
/// A server that dies is started again with a growing pause. Dropping the value stops the server without waiting;
/// [`PrivatePostgres::stop`] waits.
#[derive(Debug)]
pub struct PrivatePostgres {
    url: String,
    version: Version,
    server_pid: watch::Receiver<Option<u32>>,
    stopping: DropGuard,
    supervisor: JoinHandle<Result<(), Error>>,
}

impl PrivatePostgres {
    /// Locks the data directory, initialises or reuses the cluster, and waits until the server accepts connections.
    ///
    /// # Errors
    /// No usable Postgres is installed, the directory is in use, unreachable for the server's account or written by
    /// another major version, or the server does not start; each [`Error`] says what to do.
    pub async fn start(data_directory: &Path) -> Result<Self, Error> {
        Self::start_with(data_directory, &binary_directories().await).await
    }

    /// Like [`PrivatePostgres::start`], with the server binaries looked for in these directories only.
    ///
    /// # Errors
    /// As for [`PrivatePostgres::start`].
    pub async fn start_with(data_directory: &Path, binary_directories: &[PathBuf]) -> Result<Self, Error> {
        let installed = binaries::installed(binary_directories).await;
        let newest = binaries::newest(&installed, binary_directories)?;

        let account = Account::for_directory(data_directory)?;
        account.ensure_reaches(data_directory, newest).await?;
        let layout = Layout::create(data_directory, &account)?;
        let lock = layout.lock()?;

        let binaries = cluster::choose_binaries(&layout, &account, &installed, newest)?;
        tracing::info!(
            data_directory = %layout.root().display(),
            postgres.version = %binaries.version,
            postgres.account = %account.name,
            "starting the private PostgreSQL"
        );
        cluster::initialise_if_absent(&layout, &account, &binaries).await?;

        let socket_directory = socket::prepare_directory(&layout, &account)?;
        let url = socket::url(&socket_directory);
        let version = binaries.version;
        let server = Server { binaries, account, layout, socket_directory };
        let postmaster = server.start().await?;

        let (pid_sender, server_pid) = watch::channel(Some(postmaster.pid()));
        let stopping = CancellationToken::new();
        let supervisor = tokio::spawn(supervisor::supervise(server, postmaster, stopping.clone(), pid_sender, lock));
        Ok(Self { url, version, server_pid, stopping: stopping.drop_guard(), supervisor })
    }

    /// URL for tokio-postgres and diesel-async, such as `postgresql://nexops@%2Fvar%2Flib…/nexops`.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The version of the server binaries in use.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Process id of the running server; `None` while a dead one is being replaced.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        *self.server_pid.borrow()
    }

    /// Stops the server (fast shutdown, bounded, then immediate) and releases the data directory.
    ///
    /// # Errors
    /// The server survived even `SIGKILL`, or the task that watches it panicked.
    pub async fn stop(self) -> Result<(), Error> {
        drop(self.stopping);
        self.supervisor.await.map_err(|source| Error::Supervisor { source })?
    }
}
