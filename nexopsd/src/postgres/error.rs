//! What can go wrong with the private Postgres, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use super::binaries::Version;

/// Why the private Postgres could not be started, kept or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No directory holds both `postgres` and `initdb`.
    #[error(
        "find the PostgreSQL server binaries: `postgres` and `initdb` are in none of {}; install them with \
         `apt-get install postgresql` (Debian, Ubuntu), `dnf install postgresql-server` (Fedora, RHEL) or \
         `brew install postgresql@17` (macOS), or set DATABASE_URL to a server of your own",
        list(.searched)
    )]
    NoBinaries {
        /// Where they were looked for.
        searched: Vec<PathBuf>,
    },

    /// The newest installed server is too old.
    #[error(
        "use PostgreSQL {version} from {}: version {oldest} or newer is needed; install a newer one \
         (`apt-get install postgresql`) or set DATABASE_URL to a server of your own",
        .directory.display()
    )]
    TooOld {
        /// The newest version found.
        version: Version,
        /// The oldest major version that works.
        oldest: u32,
        /// Where it was found.
        directory: PathBuf,
    },

    /// The cluster was written by a major version that is not installed.
    #[error(
        "start PostgreSQL {installed} on {}, which PostgreSQL {cluster} wrote: {steps}",
        .directory.display()
    )]
    OtherMajor {
        /// The cluster's directory.
        directory: PathBuf,
        /// The major version that wrote it.
        cluster: u32,
        /// The newest installed major version.
        installed: u32,
        /// How to get going again, with the exact commands.
        steps: String,
    },

    /// The directory exists, is not empty, and is not a Postgres cluster.
    #[error(
        "use {} as a PostgreSQL cluster: it has files but no readable PG_VERSION; move it away to begin with an empty \
         database, or restore it from a backup",
        .directory.display()
    )]
    NotACluster {
        /// The directory.
        directory: PathBuf,
    },

    /// Another process holds the data directory.
    #[error(
        "lock data directory {}: {} uses it; stop that one, or set NEXOPS_DATA_DIR to another directory",
        .directory.display(),
        in_words(*.holder)
    )]
    Locked {
        /// The data directory.
        directory: PathBuf,
        /// Process id of the holder, when it has written it down.
        holder: Option<u32>,
    },

    /// The daemon runs as root and there is no account to run the server under.
    #[error(
        "find an unprivileged account for PostgreSQL, which refuses to run as root: /etc/passwd has neither `postgres` \
         nor `nobody`; add one with `useradd --system postgres`, or start nexopsd as an ordinary user"
    )]
    NoAccount,

    /// The server's account cannot enter the data directory.
    #[error(
        "reach {} as account {account}, which runs PostgreSQL because it refuses root: {account} may not enter {}; \
         allow it with `chmod o+x {}`, or set NEXOPS_DATA_DIR to a directory such as /var/lib/nexops",
        .directory.display(), .blocked.display(), .blocked.display()
    )]
    Unreachable {
        /// The data directory.
        directory: PathBuf,
        /// The first directory on the way that the account may not enter.
        blocked: PathBuf,
        /// The account.
        account: String,
    },

    /// The cluster belongs to somebody else.
    #[error(
        "use {} as account {account}: it belongs to uid {owner}; hand it over with `chown -R {account}: {}`, or start \
         nexopsd as its owner",
        .directory.display(), .directory.display()
    )]
    WrongOwner {
        /// The cluster's directory.
        directory: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who would run the server.
        account: String,
    },

    /// A file operation failed.
    #[error("{action} {}", .path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A program could not be executed.
    #[error("run {} as account {account}", .program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The account.
        account: String,
        /// What the system said.
        source: io::Error,
    },

    /// A program ended although it should not have, or with a failure.
    #[error("{action}: the program ended with {status}; the end of {} says:\n{tail}", .log.display())]
    Ended {
        /// What was attempted.
        action: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Its log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },

    /// Something took too long.
    #[error("{action}: not done after {seconds} s; the end of {} says:\n{tail}", .log.display())]
    TimedOut {
        /// What was attempted.
        action: &'static str,
        /// How long it was given.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },

    /// A server process survived every signal.
    #[error("stop PostgreSQL process {pid} of {}: it survived SIGKILL, look for a hanging disk", .directory.display())]
    Unstoppable {
        /// The process.
        pid: u32,
        /// Its cluster.
        directory: PathBuf,
    },

    /// The task that watches the server panicked.
    #[error("wait for the task that watches PostgreSQL; this is a bug in nexopsd, please report it")]
    Supervisor {
        /// How the task ended.
        source: tokio::task::JoinError,
    },
}

impl Error {
    /// For `map_err` on file operations.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}

fn list(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "PATH and the usual places".to_owned();
    }
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn in_words(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another nexopsd".to_owned(), |pid| format!("process {pid}"))
}
