//! Where the server's Unix socket lies, and the URL that leads to it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::account::Account;
use super::directory::Layout;
use super::error::Error;
use super::{DATABASE, ROLE};

/// The port is only a part of the socket's name.
pub(super) const PORT: u16 = 5432;
/// What fits into the kernel's `sun_path` with the closing zero.
const LONGEST_SOCKET_PATH_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The socket file in a directory.
pub(super) fn file_in(directory: &Path) -> PathBuf {
    directory.join(format!(".s.PGSQL.{PORT}"))
}

/// The lock file Postgres puts beside the socket.
pub(super) fn lock_file_in(directory: &Path) -> PathBuf {
    directory.join(format!(".s.PGSQL.{PORT}.lock"))
}

/// URL of the database behind the socket in this directory.
pub(super) fn url(directory: &Path) -> String {
    format!("postgresql://{ROLE}@{}/{DATABASE}", percent_encoded(directory.as_os_str().as_bytes()))
}

/// The server's part of the data directory where that is short enough, else a private directory in `/run` or `/tmp`.
pub(super) fn prepare_directory(layout: &Layout, account: &Account) -> Result<PathBuf, Error> {
    let inside = layout.server();
    if file_in(&inside).as_os_str().len() <= LONGEST_SOCKET_PATH_BYTES {
        return Ok(inside);
    }
    // The name follows from the data directory, so that a killed daemon's directory is used again; somebody else's
    // directory of that name is left alone.
    let digest = Sha256::digest(layout.root().as_os_str().as_bytes());
    let name = format!("nexops-{}", digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let other_name = format!("{name}-{}", Uuid::now_v7().simple());
    let bases: &[&str] = if geteuid().is_root() { &["/run", "/tmp"] } else { &["/tmp"] };

    let mut failure = None;
    for base in bases {
        for name in [&name, &other_name] {
            let directory = Path::new(base).join(name);
            match create_or_reuse(&directory, account) {
                Ok(()) => return Ok(directory),
                Err(error) => failure = Some(error),
            }
        }
    }
    Err(failure.expect("at least one base and one name were tried"))
}

fn create_or_reuse(directory: &Path, account: &Account) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Ok(()) => account.take_over(directory),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => ensure_private(directory, account),
        Err(source) => Err(Error::File { action: "create the socket directory", path: directory.to_owned(), source }),
    }
}

fn ensure_private(directory: &Path, account: &Account) -> Result<(), Error> {
    let found = fs::symlink_metadata(directory).map_err(Error::file("read", directory))?;
    if found.is_dir() && found.uid() == account.uid && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    let source = io::Error::other("it exists and is not a private directory of the server's account");
    Err(Error::File { action: "use the socket directory", path: directory.to_owned(), source })
}

fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_survives_the_url() {
        assert_eq!(url(Path::new("/srv/my data/ü@x")), "postgresql://nexops@%2Fsrv%2Fmy%20data%2F%C3%BC%40x/nexops");
    }
}
