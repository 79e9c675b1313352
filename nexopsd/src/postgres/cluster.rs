//! The cluster on disk: which major version wrote it, and how a new one is made.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::account::Account;
use super::binaries::{self, Binaries};
use super::directory::{self, Layout};
use super::error::Error;
use super::log::LogSection;
use super::{DATABASE, ROLE};

const INITIALISE_TIMEOUT: Duration = Duration::from_secs(180);
/// A new cluster is made under such a name and renamed when complete; leftovers of a killed attempt are removed.
const UNFINISHED_PREFIX: &str = "unfinished-";
/// `ctype` knows letters beyond ASCII; `collate` C never changes under an index when the C library is upgraded.
const CTYPE: &str = if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" };

/// Defaults for a small machine. They are written as `ALTER SYSTEM`, so the same statement changes them later.
const SETTINGS: &[(&str, &str)] = &[
    ("max_connections", "50"),
    ("shared_buffers", "64MB"),
    ("min_wal_size", "64MB"),
    ("max_wal_size", "512MB"),
    ("wal_compression", "on"),
    ("random_page_cost", "1.1"),
    ("jit", "off"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_checkpoints", "off"),
];

/// The binaries for this cluster: those of its own major version, or the newest for a new one.
pub(super) fn choose_binaries(
    layout: &Layout,
    account: &Account,
    installed: &[Binaries],
    newest: &Binaries,
) -> Result<Binaries, Error> {
    let cluster = layout.cluster();
    let chosen = match major_of(&cluster)? {
        None => newest,
        Some(major) => {
            ensure_owned(&cluster, account)?;
            installed.iter().find(|binaries| binaries.version.major == major).ok_or_else(|| Error::OtherMajor {
                directory: cluster.clone(),
                cluster: major,
                installed: newest.version.major,
                steps: upgrade_steps(layout, account, major, newest),
            })?
        }
    };
    binaries::warn_if_unknown(chosen.version);
    Ok(chosen.clone())
}

/// Makes the cluster, the role and the database unless they exist.
pub(super) async fn initialise_if_absent(layout: &Layout, account: &Account, binaries: &Binaries) -> Result<(), Error> {
    remove_unfinished(&layout.server())?;
    let cluster = layout.cluster();
    if major_of(&cluster)?.is_some() {
        return directory::close_to_others(&cluster);
    }
    tracing::info!(directory = %cluster.display(), "initialising a PostgreSQL cluster");
    // Our process id: an `initdb` that outlived an earlier daemon writes into another directory.
    let unfinished = layout.server().join(format!("{UNFINISHED_PREFIX}{}", std::process::id()));
    run_initdb(layout, account, binaries, &unfinished).await?;
    run_first_statements(layout, account, binaries, &unfinished).await?;
    fs::rename(&unfinished, &cluster).map_err(Error::file("rename the finished cluster to", &cluster))
}

/// The major version that wrote the cluster; `None` when there is no cluster yet.
fn major_of(cluster: &Path) -> Result<Option<u32>, Error> {
    let not_a_cluster = || Error::NotACluster { directory: cluster.to_owned() };
    match fs::read_to_string(cluster.join("PG_VERSION")) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| not_a_cluster()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_dir(cluster) {
            Ok(mut entries) => {
                if entries.next().is_none() {
                    Ok(None)
                } else {
                    Err(not_a_cluster())
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::File { action: "read", path: cluster.to_owned(), source }),
        },
        Err(source) => Err(Error::File { action: "read PG_VERSION in", path: cluster.to_owned(), source }),
    }
}

fn ensure_owned(cluster: &Path, account: &Account) -> Result<(), Error> {
    let owner = fs::metadata(cluster).map_err(Error::file("read", cluster))?.uid();
    if owner == account.uid {
        return Ok(());
    }
    Err(Error::WrongOwner { directory: cluster.to_owned(), owner, account: account.name.clone() })
}

async fn run_initdb(layout: &Layout, account: &Account, binaries: &Binaries, target: &Path) -> Result<(), Error> {
    let program = binaries.initdb();
    let mut command = account.command(&program, &layout.server());
    command.args(initdb_options()).arg("--pgdata").arg(target);
    Step { action: "initialise a PostgreSQL cluster", program, command, input: String::new() }
        .run(layout, account)
        .await
}

/// Settings and the database, through the single-user mode: no client library, no moment without them.
async fn run_first_statements(
    layout: &Layout,
    account: &Account,
    binaries: &Binaries,
    cluster: &Path,
) -> Result<(), Error> {
    let settings = SETTINGS.iter().map(|(name, value)| format!("ALTER SYSTEM SET {name} = '{value}'\n"));
    let input = settings.chain([format!("CREATE DATABASE {DATABASE}\n")]).collect();
    let program = binaries.postgres();
    let mut command = account.command(&program, &layout.server());
    command.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(cluster).arg("template1");
    Step { action: "create the database in a new PostgreSQL cluster", program, command, input }
        .run(layout, account)
        .await
}

/// Trust is for the socket only, and only its directory's owner and root can reach that.
fn initdb_options() -> Vec<String> {
    vec![
        format!("--username={ROLE}"),
        "--auth-local=trust".to_owned(),
        "--auth-host=reject".to_owned(),
        "--encoding=UTF8".to_owned(),
        "--lc-collate=C".to_owned(),
        format!("--lc-ctype={CTYPE}"),
        "--lc-messages=C".to_owned(),
        "--data-checksums".to_owned(),
    ]
}

/// A program that runs to its end, reading `input` and printing into the log.
struct Step {
    action: &'static str,
    program: PathBuf,
    command: Command,
    input: String,
}

impl Step {
    async fn run(mut self, layout: &Layout, account: &Account) -> Result<(), Error> {
        let action = self.action;
        let (section, output) = LogSection::begin(&layout.log())?;
        let errors = output.try_clone().map_err(Error::file("open the log", section.path()))?;
        let command = self.command.stdin(Stdio::piped()).stdout(output).stderr(errors).kill_on_drop(true);
        let mut child = command.spawn().map_err(|source| Error::Spawn {
            program: self.program.clone(),
            account: account.name.clone(),
            source,
        })?;
        let finish = async {
            if let Some(mut stdin) = child.stdin.take() {
                // A program that ends early closes the pipe; its status and log say more than that error.
                let _closed = stdin.write_all(self.input.as_bytes()).await;
            }
            child.wait().await
        };
        let finished = timeout(INITIALISE_TIMEOUT, finish).await.map_err(|_| Error::TimedOut {
            action,
            seconds: INITIALISE_TIMEOUT.as_secs(),
            log: section.path().to_owned(),
            tail: section.tail(),
        })?;
        let status = finished.map_err(Error::file("wait for", &self.program))?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Ended { action, status, log: section.path().to_owned(), tail: section.tail() })
    }
}

fn remove_unfinished(server: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(server).map_err(Error::file("read", server))?;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED_PREFIX) {
            let path = entry.path();
            tracing::info!(directory = %path.display(), "removing a cluster whose initialisation was interrupted");
            fs::remove_dir_all(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}

fn upgrade_steps(layout: &Layout, account: &Account, old: u32, newest: &Binaries) -> String {
    let new = newest.version.major;
    let server = layout.server();
    let (server, prefix) = (shell_quoted(&server), account.command_prefix());
    let new_bin = shell_quoted(&newest.directory);
    let old_bin = shell_quoted(&sibling_directory(&newest.directory, new, old));
    let options = initdb_options().join(" ");
    format!(
        "either install PostgreSQL {old} again (`apt-get install postgresql-{old}`), which is then used, or upgrade:\n  \
         1. apt-get install postgresql-{old}   # pg_upgrade needs both; without starting nexopsd in between\n  \
         2. cd {server}\n  \
         3. {prefix}{new_bin}/initdb {options} --pgdata=data-{new}\n  \
         4. {prefix}{new_bin}/pg_upgrade --username={ROLE} --old-bindir={old_bin} --new-bindir={new_bin} \
         --old-datadir=data --new-datadir=data-{new} --socketdir=/tmp\n  \
         5. cp -p data/postgresql.auto.conf data-{new}/ && mv data data-{old} && mv data-{new} data \
         && rm -f delete_old_cluster.sh   # it would delete the new one now\n  \
         6. start nexopsd; remove {server}/data-{old} when all is well"
    )
}

/// Where the other major version is by the same packaging: `/usr/lib/postgresql/15/bin` for `…/16/bin`.
fn sibling_directory(directory: &Path, from: u32, to: u32) -> PathBuf {
    PathBuf::from(directory.to_string_lossy().replace(&from.to_string(), &to.to_string()))
}

fn shell_quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/._-@+".contains(character);
    if text.chars().all(is_plain) { text.into_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
