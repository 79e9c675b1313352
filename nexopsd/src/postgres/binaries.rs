//! Which Postgres servers are installed, and where.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::error::Error;

/// The oldest major version whose SQL the migrations may use.
const OLDEST_MAJOR: u32 = 14;
/// The newest major version the project is meant to work with; newer ones are tried with a warning.
const NEWEST_KNOWN_MAJOR: u32 = 17;
const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Where distributions put the server binaries: parent, prefix of the entries in it, folder inside the entry.
const USUAL_PLACES: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // PGDG packages on Fedora, RHEL
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/usr/local", "pgsql", "bin"),             // built from source
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// Version of a Postgres server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The major version, which decides the format of the data directory.
    pub major: u32,
    /// The minor version; 0 for a development or beta version.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl Version {
    /// Reads the answer of `postgres --version`, such as `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    fn from_answer(answer: &str) -> Option<Self> {
        let number = answer.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
        let digits = |text: &str| {
            let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
            text[..end].parse::<u32>().ok()
        };
        let (major, minor) = number.split_once('.').unwrap_or((number, ""));
        Some(Self { major: digits(major)?, minor: digits(minor).unwrap_or(0) })
    }
}

/// One installed Postgres server.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    pub(super) directory: PathBuf,
    pub(super) version: Version,
}

impl Binaries {
    pub(super) fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }
}

/// Directories that may hold Postgres server binaries: the one on `PATH`, then the usual places.
pub async fn binary_directories() -> Vec<PathBuf> {
    let usual = USUAL_PLACES.iter().flat_map(|&(parent, prefix, inside)| entries(Path::new(parent), prefix, inside));
    on_path().await.into_iter().chain(usual).collect()
}

/// The servers in these directories, newest first.
pub(super) async fn installed(directories: &[PathBuf]) -> Vec<Binaries> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for directory in directories {
        // `postgres` on PATH is often a link into the real directory; PostgreSQL finds its other files from there.
        let Some(directory) =
            fs::canonicalize(directory.join("postgres")).ok().and_then(|program| program.parent().map(Path::to_owned))
        else {
            continue;
        };
        if !directory.join("initdb").is_file() || !seen.insert(directory.clone()) {
            continue;
        }
        match version_of(&directory.join("postgres")).await {
            Some(version) => found.push(Binaries { directory, version }),
            None => tracing::debug!(directory = %directory.display(), "`postgres --version` gave no answer"),
        }
    }
    found.sort_by_key(|binaries| std::cmp::Reverse(binaries.version));
    found
}

/// The newest installed server, if it can be used.
pub(super) fn newest<'a>(installed: &'a [Binaries], searched: &[PathBuf]) -> Result<&'a Binaries, Error> {
    let newest = installed.first().ok_or_else(|| Error::NoBinaries { searched: searched.to_owned() })?;
    if newest.version.major < OLDEST_MAJOR {
        return Err(Error::TooOld {
            version: newest.version,
            oldest: OLDEST_MAJOR,
            directory: newest.directory.clone(),
        });
    }
    Ok(newest)
}

/// Says so when the chosen server is newer than what the project was tried with.
pub(super) fn warn_if_unknown(version: Version) {
    if version.major > NEWEST_KNOWN_MAJOR {
        tracing::warn!(
            postgres.version = %version,
            "PostgreSQL {} is newer than {NEWEST_KNOWN_MAJOR}, the newest version NexOps is meant for; going on",
            version.major
        );
    }
}

/// The shell answers what is on `PATH`, so that the environment is read in `config` only.
async fn on_path() -> Option<PathBuf> {
    let answer = answer_of(Command::new("sh").args(["-c", "command -v postgres"])).await?;
    let program = fs::canonicalize(answer.trim_end_matches('\n')).ok()?;
    program.parent().map(Path::to_owned)
}

async fn version_of(postgres: &Path) -> Option<Version> {
    Version::from_answer(&answer_of(Command::new(postgres).arg("--version")).await?)
}

async fn answer_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(QUESTION_TIMEOUT, output).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn entries(parent: &Path, prefix: &str, inside: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| if inside.is_empty() { entry.path() } else { entry.path().join(inside) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_every_packaging() {
        let check = |answer: &str, expected: Option<(u32, u32)>| {
            let version = Version::from_answer(answer).map(|version| (version.major, version.minor));
            assert_eq!(version, expected, "{answer}");
        };
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some((15, 18)));
        check("postgres (PostgreSQL) 17.2\n", Some((17, 2)));
        check("postgres (PostgreSQL) 18devel\n", Some((18, 0)));
        check("postgres (PostgreSQL) 17beta1 (Homebrew)\n", Some((17, 0)));
        check("postgres: command not found\n", None);
    }

    #[test]
    fn an_old_server_is_refused_with_its_version() {
        let old = Binaries { directory: "/opt/pg/bin".into(), version: Version { major: 13, minor: 4 } };
        let error = newest(&[old], &[]).expect_err("13 is too old").to_string();
        assert!(error.contains("PostgreSQL 13.4") && error.contains("version 14 or newer"), "{error}");
    }
}
