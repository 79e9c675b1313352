//! Keys and values, each with where it came from.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::Flags;

/// Keys of the clients and of the search for the file itself, which `.env` may hold too.
const CLIENT_KEYS: &[&str] = &["NEXOPS_API_URL", "NEXOPS_TOKEN", "NEXOPS_CONTEXT", "NEXOPS_CONFIG"];

/// Every key that a configuration file may have.
const KEYS: &[&str] = &[
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "REDIS_URL",
    "REDIS_URL_FILE",
    "PROXMOX_HOST",
    "PROXMOX_PORT",
    "PROXMOX_USER",
    "PROXMOX_TOKEN_NAME",
    "PROXMOX_TOKEN_VALUE",
    "PROXMOX_TOKEN_VALUE_FILE",
    "PROXMOX_VERIFY_SSL",
    "PROXMOX_FINGERPRINT",
    "ENVIRONMENT",
    "LOG_LEVEL",
    "NEXOPS_LISTEN",
    "NEXOPS_API_TOKEN",
    "NEXOPS_API_TOKEN_FILE",
    "NEXOPS_ALLOWED_HOSTS",
    "NEXOPS_CORS_ORIGINS",
    "NEXOPS_ALLOW_LOOPBACK_TARGETS",
    "NEXOPS_SECRET_KEY",
    "NEXOPS_SECRET_KEY_FILE",
    "NEXOPS_DATA_DIR",
    "NEXOPS_SYNC_INTERVAL",
    "NEXOPS_METRICS_INTERVAL",
    "NEXOPS_HEALTH_INTERVAL",
    "NEXOPS_RETENTION_RAW",
    "NEXOPS_RETENTION_5M",
    "NEXOPS_RETENTION_1H",
    "NEXOPS_RETENTION_AUDIT",
];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The process environment.
    Environment,
    /// `.env` in the working directory.
    DotEnv,
    /// The configuration file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("the command line"),
            Self::Environment => formatter.write_str("the environment"),
            Self::DotEnv => formatter.write_str(".env"),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value is not of the form that its key needs.
    #[error("{key}='{value}' (from {origin}) cannot be used: {reason}")]
    Unusable {
        /// The key.
        key: String,
        /// The value; `…` where it is secret.
        value: String,
        /// Where it came from.
        origin: Origin,
        /// What is wrong with it.
        reason: String,
    },
    /// One key needs another.
    #[error("{key} is missing: {because} is set, and needs it")]
    Missing {
        /// What is missing.
        key: &'static str,
        /// What needs it.
        because: &'static str,
    },
    /// A file cannot be read or understood.
    #[error("read {} (from {origin}): {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What named it.
        origin: String,
        /// What is wrong.
        reason: String,
    },
    /// The configuration file has a key that does not exist.
    #[error("{}: there is no key '{key}'{}", .path.display(), suggestion(.key))]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// The API would be open to anybody on the network.
    #[error(
        "NEXOPS_LISTEN={listen} can be reached from outside this machine, but no NEXOPS_API_TOKEN is set; set one \
         (openssl rand -hex 32), listen on 127.0.0.1, or say --insecure if anybody may control your guests"
    )]
    OpenToAll {
        /// The address.
        listen: SocketAddr,
    },
    /// There is no place for the data directory.
    #[error(
        "neither NEXOPS_DATA_DIR nor XDG_DATA_HOME nor HOME is set; set NEXOPS_DATA_DIR to a directory for the database"
    )]
    NoHome,
}

fn suggestion(key: &str) -> String {
    let key = key.to_uppercase();
    let near = KEYS.iter().find(|known| known.contains(&key) || key.contains(*known) || differ_little(known, &key));
    near.map(|known| format!("; did you mean {known}?")).unwrap_or_default()
}

/// Whether the texts are alike but for a letter that is missing, too many, or another one.
fn differ_little(left: &str, right: &str) -> bool {
    let same_start = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    let same_end = left.bytes().rev().zip(right.bytes().rev()).take_while(|(left, right)| left == right).count();
    same_start + same_end + 1 >= left.len().max(right.len())
}

/// Keys and values from all sources; the first source that has a key wins, and an empty value counts as absent.
#[derive(Debug, Default)]
pub struct Settings {
    values: HashMap<String, (SecretString, Origin)>,
    warnings: Vec<String>,
}

impl Settings {
    /// Puts flags, environment, `.env` and file together.
    ///
    /// # Errors
    /// When a file cannot be read or has a key that does not exist.
    pub fn load(flags: &Flags, environment: HashMap<String, String>) -> Result<Self, Error> {
        let mut settings = Self::default();
        for (key, value) in &flags.values {
            settings.offer(key, value.clone(), &Origin::Flag);
        }
        for (key, value) in environment {
            settings.offer(&key, value, &Origin::Environment);
        }
        if settings.text("ENVIRONMENT").as_deref() != Some("production") {
            settings.read_dot_env(Path::new(".env"))?;
        }
        if let Some((path, origin)) = settings.file(flags) {
            settings.read_file(&path, &origin)?;
        }
        Ok(settings)
    }

    /// Settings with these values alone, as if from the environment.
    #[must_use]
    pub fn of(values: &[(&str, &str)]) -> Self {
        let mut settings = Self::default();
        for (key, value) in values {
            settings.offer(key, (*value).to_owned(), &Origin::Environment);
        }
        settings
    }

    fn offer(&mut self, key: &str, value: String, origin: &Origin) {
        if !value.trim().is_empty() {
            self.values.entry(key.to_owned()).or_insert_with(|| (value.into(), origin.clone()));
        }
    }

    fn read_dot_env(&mut self, path: &Path) -> Result<(), Error> {
        let failure = |reason: String| Error::File {
            path: path.to_owned(),
            origin: "the working directory; ENVIRONMENT=production ignores it".to_owned(),
            reason,
        };
        let lines = match dotenvy::from_path_iter(path) {
            Ok(lines) => lines,
            Err(error) if error.not_found() => return Ok(()),
            Err(error) => return Err(failure(error.to_string())),
        };
        for line in lines {
            let (key, value) = line.map_err(|error| match error {
                // The error itself would print the line, which may hold a secret.
                dotenvy::Error::LineParse(_, position) => failure(format!(
                    "a line cannot be understood (at its character {position}); it must read KEY=value"
                )),
                error => failure(error.to_string()),
            })?;
            self.offer(&key, value, &Origin::DotEnv);
            self.note_if_unknown(&key);
        }
        Ok(())
    }

    /// `.env` may hold what other programs read, so that only keys which look like ours are noted.
    fn note_if_unknown(&mut self, key: &str) {
        let ours = key.starts_with("NEXOPS_") || key.starts_with("PROXMOX_");
        if ours && !KEYS.contains(&key) && !CLIENT_KEYS.contains(&key) {
            self.warnings.push(format!(".env: there is no key '{key}'{}", suggestion(key)));
        }
    }

    /// What looks like a mistake, but need not be one.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The configuration file: the one that is named, which must exist, or one in the usual places, if it does.
    fn file(&self, flags: &Flags) -> Option<(PathBuf, String)> {
        if let Some(path) = &flags.file {
            return Some((path.clone(), "--config".to_owned()));
        }
        if let Some(path) = self.text("NEXOPS_CONFIG") {
            return Some((path.into(), "NEXOPS_CONFIG".to_owned()));
        }
        let config_home = self.text("XDG_CONFIG_HOME").map(PathBuf::from);
        let config_home = config_home.or_else(|| self.text("HOME").map(|home| Path::new(&home).join(".config")));
        let usual = [Some(PathBuf::from("/etc/nexops")), config_home.map(|path| path.join("nexops"))];
        let path = usual.into_iter().flatten().map(|path| path.join("nexops.toml")).find(|path| path.is_file())?;
        Some((path, "its usual place".to_owned()))
    }

    fn read_file(&mut self, path: &Path, origin: &str) -> Result<(), Error> {
        let failure = |reason: String| Error::File { path: path.to_owned(), origin: origin.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| failure(error.to_string()))?;
        // Only the message: the whole error prints the line, which may hold a secret.
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            failure(format!("line {}: {}", line.unwrap_or(1), error.message()))
        })?;
        for (key, value) in table {
            let name = key.to_uppercase();
            if !KEYS.contains(&name.as_str()) {
                return Err(Error::UnknownKey { path: path.to_owned(), key });
            }
            let value =
                plain(&value).ok_or_else(|| failure(format!("{key} must be a text, number, boolean or list")))?;
            self.offer(&name, value, &Origin::File(path.to_owned()));
        }
        Ok(())
    }

    /// A value as it was written.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        self.values.get(key).map(|(value, _)| value.expose_secret().trim().to_owned())
    }

    /// A list whose members are separated by commas.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<String> {
        let text = self.text(key).unwrap_or_default();
        text.split(',').map(str::trim).filter(|member| !member.is_empty()).map(str::to_owned).collect()
    }

    /// A value of another form.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(&self, key: &str) -> Result<Option<T>, Error> {
        self.text(key).map(|text| text.parse().map_err(|error| self.unusable(key, error))).transpose()
    }

    /// A switch.
    ///
    /// # Errors
    /// When it is neither on nor off.
    pub fn switch(&self, key: &str) -> Result<Option<bool>, Error> {
        let Some(text) = self.text(key) else { return Ok(None) };
        match text.to_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(Some(true)),
            "false" | "0" | "no" | "off" => Ok(Some(false)),
            _ => Err(self.unusable(key, "it must be true or false")),
        }
    }

    /// A length of time, as `30s`, `5m` or `48h`.
    ///
    /// # Errors
    /// When it is no length of time, or shorter than the least that makes sense.
    pub fn duration(&self, key: &str, default: Duration, least: Duration) -> Result<Duration, Error> {
        let Some(text) = self.text(key) else { return Ok(default) };
        let duration = humantime::parse_duration(&text)
            .map_err(|error| self.unusable(key, format!("{error}; write it as 30s, 5m or 48h")))?;
        let most = Duration::from_secs(100 * 365 * 86_400);
        if duration < least || duration > most {
            let least = humantime::format_duration(least);
            return Err(self.unusable(key, format!("it must be at least {least} and at most 100 years")));
        }
        Ok(duration)
    }

    /// A secret, given itself or by the file that holds it (`KEY_FILE`).
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn secret(&self, key: &str) -> Result<Option<SecretString>, Error> {
        if let Some(text) = self.text(key) {
            return Ok(Some(text.into()));
        }
        let file_key = format!("{key}_FILE");
        let Some(path) = self.text(&file_key).map(PathBuf::from) else { return Ok(None) };
        match std::fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => {
                Err(Error::File { path, origin: file_key, reason: "it is empty".to_owned() })
            }
            Ok(text) => Ok(Some(text.trim().to_owned().into())),
            Err(error) => Err(Error::File { path, origin: file_key, reason: error.to_string() }),
        }
    }

    /// The error for a value that cannot be used.
    #[must_use]
    pub fn unusable(&self, key: &str, reason: impl fmt::Display) -> Error {
        let value = self.text(key).unwrap_or_default();
        Error::Unusable { key: key.to_owned(), value, origin: self.origin(key), reason: reason.to_string() }
    }

    /// The error for a secret that cannot be used.
    #[must_use]
    pub fn unusable_secret(&self, key: &str, reason: impl fmt::Display) -> Error {
        let origin = self.origin(key);
        Error::Unusable { key: key.to_owned(), value: "…".to_owned(), origin, reason: reason.to_string() }
    }

    fn origin(&self, key: &str) -> Origin {
        let found = self.values.get(key).or_else(|| self.values.get(&format!("{key}_FILE")));
        found.map_or(Origin::Environment, |(_, origin)| origin.clone())
    }
}

/// A TOML value as it would be written in a variable.
fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        toml::Value::Array(members) => members.iter().map(plain).collect::<Option<Vec<_>>>().map(|all| all.join(",")),
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
