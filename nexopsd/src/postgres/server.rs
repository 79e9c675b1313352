//! Starting and stopping one server process (Postgres calls it the postmaster).

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::time::{Instant, timeout};

use super::account::Account;
use super::binaries::Binaries;
use super::directory::Layout;
use super::error::Error;
use super::log::LogSection;
use super::{orphan, socket};

/// Recovery after a crash replays the log on the disk it has; a small machine may need minutes.
const READY_TIMEOUT: Duration = Duration::from_secs(300);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Line of `postmaster.pid` in which the server says how far it is (as `pg_ctl` reads it).
const STATUS_LINE: usize = 7;

/// All that is needed to start the server, once or again.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) binaries: Binaries,
    pub(super) account: Account,
    pub(super) layout: Layout,
    pub(super) socket_directory: PathBuf,
}

impl Server {
    /// Clears what an earlier server left and starts a new one; it accepts connections when this returns.
    pub(super) async fn start(&self) -> Result<Postmaster, Error> {
        self.stop_leftovers().await?;
        let mut postmaster = self.spawn()?;
        postmaster.wait_until_ready().await?;
        Ok(postmaster)
    }

    /// Waits until no process of this cluster runs, stopping those that do.
    pub(super) async fn stop_leftovers(&self) -> Result<(), Error> {
        orphan::clear(&self.layout.cluster(), &self.socket_directory).await
    }

    /// Removes the socket directory if it was made outside the data directory.
    pub(super) fn remove_socket_directory(&self) {
        if self.socket_directory != self.layout.server()
            && let Err(error) = fs::remove_dir(&self.socket_directory)
        {
            tracing::debug!(directory = %self.socket_directory.display(), %error, "the socket directory stays");
        }
    }

    fn spawn(&self) -> Result<Postmaster, Error> {
        let program = self.binaries.postgres();
        let (section, output) = LogSection::begin(&self.layout.log())?;
        let errors = output.try_clone().map_err(Error::file("open the log", section.path()))?;
        let mut command = self.account.command(&program, &self.layout.server());
        command.arg("-D").arg(self.layout.cluster());
        for setting in self.fixed_settings() {
            command.arg("-c").arg(setting);
        }
        let child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        let child = child.map_err(|source| Error::Spawn { program, account: self.account.name.clone(), source })?;
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).expect("not waited for yet");
        Ok(Postmaster { child, pid, section, cluster: self.layout.cluster() })
    }

    /// What keeps the server private and safe; on the command line, so that no configuration file overrides it.
    fn fixed_settings(&self) -> Vec<OsString> {
        let mut settings: Vec<OsString> = [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "logging_collector=off",
            "log_destination=stderr",
            "fsync=on",
        ]
        .map(OsString::from)
        .into();
        settings.push(format!("port={}", socket::PORT).into());
        settings.push(socket_directories_setting(&self.socket_directory));
        settings
    }
}

/// The setting is a list; quotes keep commas and spaces of the path in one entry.
fn socket_directories_setting(directory: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut setting = b"unix_socket_directories=\"".to_vec();
    for &byte in directory.as_os_str().as_bytes() {
        if byte == b'"' {
            setting.push(byte);
        }
        setting.push(byte);
    }
    setting.push(b'"');
    OsString::from_vec(setting)
}

/// A server process we started. Dropping it asks for a fast shutdown without waiting.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
    pid: Pid,
    section: LogSection,
    cluster: PathBuf,
}

impl Postmaster {
    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// Waits until the process ends.
    pub(super) async fn wait(&mut self) -> Result<ExitStatus, Error> {
        self.child.wait().await.map_err(Error::file("wait for the server of", &self.cluster))
    }

    /// The last lines it logged.
    pub(super) fn log_tail(&self) -> String {
        self.section.tail()
    }

    /// Fast shutdown, bounded; then immediate; then the end.
    pub(super) async fn stop(mut self) -> Result<(), Error> {
        for (signal, patience) in orphan::STOP_SIGNALS {
            self.send(signal);
            match timeout(patience, self.child.wait()).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(source)) => {
                    return Err(Error::File { action: "wait for the server of", path: self.cluster.clone(), source });
                }
                Err(_) => tracing::warn!(postgres.pid = self.pid(), ?signal, "PostgreSQL did not stop in time"),
            }
        }
        Err(Error::Unstoppable { pid: self.pid(), directory: self.cluster.clone() })
    }

    async fn wait_until_ready(&mut self) -> Result<(), Error> {
        let action = "start PostgreSQL";
        let deadline = Instant::now() + READY_TIMEOUT;
        while !self.is_ready() {
            match timeout(POLL_INTERVAL, self.wait()).await {
                Ok(status) => {
                    let (log, tail) = (self.section.path().to_owned(), self.section.tail());
                    return Err(Error::Ended { action, status: status?, log, tail });
                }
                Err(_) if Instant::now() < deadline => {}
                Err(_) => {
                    let (log, tail) = (self.section.path().to_owned(), self.section.tail());
                    return Err(Error::TimedOut { action, seconds: READY_TIMEOUT.as_secs(), log, tail });
                }
            }
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        let text = fs::read_to_string(self.cluster.join("postmaster.pid")).unwrap_or_default();
        orphan::postmaster_pid(&self.cluster) == Some(self.pid)
            && text.lines().nth(STATUS_LINE).is_some_and(|status| status.trim() == "ready")
    }

    fn send(&self, signal: Signal) {
        // Without an id it was waited for: the number may be somebody else's by now.
        if self.child.id().is_some() {
            let _gone = kill_process(self.pid, signal);
        }
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        self.send(Signal::INT);
    }
}
