//! The system account the server runs under: our own, or an unprivileged one when the daemon is root.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{getegid, geteuid};
use tokio::process::Command;

use super::binaries::Binaries;
use super::directory;
use super::error::Error;

const MAY_ENTER_AS_OWNER: u32 = 0o100;
const MAY_ENTER_AS_GROUP: u32 = 0o010;
const MAY_ENTER_AS_OTHER: u32 = 0o001;

/// A system account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    gid: u32,
}

impl Account {
    /// Our own account; for root the owner of the existing cluster, else `postgres`, else `nobody`.
    pub(super) fn for_directory(data_directory: &Path) -> Result<Self, Error> {
        let accounts = Self::all();
        let named = |uid: u32, gid: u32| {
            let known = accounts.iter().find(|account| account.uid == uid);
            known.cloned().unwrap_or_else(|| Self { name: uid.to_string(), uid, gid })
        };
        if !geteuid().is_root() {
            return Ok(named(geteuid().as_raw(), getegid().as_raw()));
        }
        let owner = fs::metadata(directory::cluster_in(data_directory)).ok().filter(|owner| owner.uid() != 0);
        if let Some(owner) = owner {
            return Ok(named(owner.uid(), owner.gid()));
        }
        let by_name = |name: &str| accounts.iter().find(|account| account.name == name && account.uid != 0);
        by_name("postgres").or_else(|| by_name("nobody")).cloned().ok_or(Error::NoAccount)
    }

    fn all() -> Vec<Self> {
        // The system accounts stand in this file even where people come from LDAP.
        let lines = fs::read_to_string("/etc/passwd").unwrap_or_default();
        lines.lines().filter_map(Self::from_passwd_line).collect()
    }

    fn from_passwd_line(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Self { name, uid, gid })
    }

    /// A command that runs `program` under this account in `directory`.
    ///
    /// The environment starts empty: the daemon's secrets are none of Postgres's business, `PG*` variables would
    /// change what it does, and its messages stay in one language. The own process group keeps Ctrl-C in the terminal
    /// away from the server, which the daemon needs until it has drained. Switching the account also drops root's
    /// supplementary groups (the standard library does that together with the uid).
    pub(super) fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env_clear().env("LC_ALL", "C").env("TZ", "UTC").process_group(0);
        if geteuid().is_root() {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// What a person puts before a command to run it under this account.
    pub(super) fn command_prefix(&self) -> String {
        if geteuid().is_root() { format!("runuser -u {} -- ", self.name) } else { String::new() }
    }

    /// Hands a file or directory that root made to this account.
    pub(super) fn take_over(&self, path: &Path) -> Result<(), Error> {
        if !geteuid().is_root() {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid)).map_err(Error::file("change the owner of", path))
    }

    /// Tries to enter the directory (or what exists of the way to it) as this account, before anything is created.
    pub(super) async fn ensure_reaches(&self, directory: &Path, binaries: &Binaries) -> Result<(), Error> {
        if !geteuid().is_root() {
            return Ok(());
        }
        let Some(existing) = directory.ancestors().find_map(|ancestor| fs::canonicalize(ancestor).ok()) else {
            return Ok(());
        };
        // An attempt is right where mode bits are not the whole truth (access lists, user namespaces).
        let program = binaries.postgres();
        let mut attempt = self.command(&program, &existing);
        attempt.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Err(source) = attempt.status().await else { return Ok(()) };
        if source.kind() == io::ErrorKind::PermissionDenied
            && let Some(blocked) = self.first_blocked(&existing)
        {
            return Err(Error::Unreachable { directory: directory.to_owned(), blocked, account: self.name.clone() });
        }
        Err(Error::Spawn { program, account: self.name.clone(), source })
    }

    /// The first directory from `/` on that this account may not enter.
    fn first_blocked(&self, directory: &Path) -> Option<PathBuf> {
        let from_root = directory.ancestors().collect::<Vec<_>>().into_iter().rev();
        from_root.into_iter().find(|ancestor| !self.may_enter(ancestor)).map(Path::to_owned)
    }

    fn may_enter(&self, directory: &Path) -> bool {
        let Ok(metadata) = fs::metadata(directory) else { return false };
        let needed = if metadata.uid() == self.uid {
            MAY_ENTER_AS_OWNER
        } else if metadata.gid() == self.gid {
            MAY_ENTER_AS_GROUP
        } else {
            MAY_ENTER_AS_OTHER
        };
        metadata.mode() & needed != 0
    }
}
