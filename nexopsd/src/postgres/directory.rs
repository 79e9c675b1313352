//! The data directory: where it is, what lies where in it, and the lock that keeps a second daemon out.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::account::Account;
use super::error::Error;

const ROOT_DATA_DIRECTORY: &str = "/var/lib/nexops";
const FOLDER: &str = "nexops";
const ONLY_OWNER: u32 = 0o700;
/// Root's directory must let the server's account pass to its part; it cannot list it.
const OWNER_AND_PASSAGE: u32 = 0o711;

/// What decides where the data directory is; the values come from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct DataDirectorySources<'a> {
    /// `NEXOPS_DATA_DIR`, which wins over everything.
    pub nexops_data_dir: Option<&'a Path>,
    /// `XDG_DATA_HOME`; ignored unless absolute, as its specification asks.
    pub xdg_data_home: Option<&'a Path>,
    /// `HOME`.
    pub home: Option<&'a Path>,
    /// Whether the daemon runs as root.
    pub is_root: bool,
}

/// The directory the daemon keeps its data in; `None` when neither a variable nor a home directory says where.
#[must_use]
pub fn default_data_directory(sources: DataDirectorySources<'_>) -> Option<PathBuf> {
    let DataDirectorySources { nexops_data_dir, xdg_data_home, home, is_root } = sources;
    if let Some(directory) = nexops_data_dir.filter(|directory| !directory.as_os_str().is_empty()) {
        return Some(directory.to_owned());
    }
    if is_root {
        return Some(PathBuf::from(ROOT_DATA_DIRECTORY));
    }
    if let Some(directory) = xdg_data_home.filter(|directory| directory.is_absolute()) {
        return Some(directory.join(FOLDER));
    }
    home.filter(|home| home.is_absolute()).map(|home| home.join(".local/share").join(FOLDER))
}

/// The permissions of a data directory that is made.
#[must_use]
pub fn data_directory_mode() -> u32 {
    if geteuid().is_root() { OWNER_AND_PASSAGE } else { ONLY_OWNER }
}

/// What lies where in the data directory.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Creates what is missing; the part of the server belongs to its account and to nobody else.
    pub(super) fn create(data_directory: &Path, account: &Account) -> Result<Self, Error> {
        DirBuilder::new()
            .recursive(true)
            .mode(data_directory_mode())
            .create(data_directory)
            .map_err(Error::file("create the data directory", data_directory))?;
        let root = fs::canonicalize(data_directory).map_err(Error::file("resolve", data_directory))?;
        let layout = Self { root };
        make_private(&layout.server(), account)?;
        Ok(layout)
    }

    /// The data directory itself, absolute and without links.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The server's part.
    pub(super) fn server(&self) -> PathBuf {
        server_in(&self.root)
    }

    /// The Postgres cluster (what Postgres calls its data directory).
    pub(super) fn cluster(&self) -> PathBuf {
        cluster_in(&self.root)
    }

    /// What the server prints. It lies beside the server's part: root never opens a path the account could redirect.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// Takes the lock; it is held as long as the file is open, and the kernel releases it with the process.
    pub(super) fn lock(&self) -> Result<File, Error> {
        let path = self.root.join("nexopsd.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(Error::file("open the lock file", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let holder = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
                return Err(Error::Locked { directory: self.root.clone(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(Error::File { action: "lock", path, source }),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(Error::file("write our process id into", &path))?;
        Ok(file)
    }
}

fn server_in(data_directory: &Path) -> PathBuf {
    data_directory.join("postgres")
}

/// Where the cluster of a data directory lies, whether or not it exists.
pub(super) fn cluster_in(data_directory: &Path) -> PathBuf {
    server_in(data_directory).join("data")
}

/// Creates the directory if absent and closes it to everybody but the account.
pub(super) fn make_private(directory: &Path, account: &Account) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(ONLY_OWNER).create(directory).map_err(Error::file("create", directory))?;
    account.take_over(directory)?;
    close_to_others(directory)
}

/// Takes away the permissions a restore may have given to others, with which Postgres would refuse the cluster.
pub(super) fn close_to_others(directory: &Path) -> Result<(), Error> {
    let found = fs::symlink_metadata(directory).map_err(Error::file("read", directory))?;
    // A link leads where root should not change permissions on an unprivileged account's word.
    if found.is_symlink() || found.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(directory, Permissions::from_mode(ONLY_OWNER))
        .map_err(Error::file("set the permissions of", directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_then_root_then_xdg_then_home() {
        let check = |variable: &str, xdg: &str, home: &str, is_root: bool, expected: Option<&str>| {
            let path = |text: &'static str| (!text.is_empty()).then(|| Path::new(text));
            let leak = |text: &str| path(Box::leak(text.to_owned().into_boxed_str()));
            let sources = DataDirectorySources {
                nexops_data_dir: leak(variable),
                xdg_data_home: leak(xdg),
                home: leak(home),
                is_root,
            };
            assert_eq!(default_data_directory(sources).as_deref(), expected.map(Path::new));
        };
        check("/srv/nexops", "/xdg", "/home/a", true, Some("/srv/nexops"));
        check("", "/xdg", "/root", true, Some("/var/lib/nexops"));
        check("", "/xdg", "/home/a", false, Some("/xdg/nexops"));
        check("", "relative", "/home/a", false, Some("/home/a/.local/share/nexops"));
        check("", "", "/home/a", false, Some("/home/a/.local/share/nexops"));
        check("", "", "", false, None);
    }
}
