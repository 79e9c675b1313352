//! Configuration: flag before environment before file before default. The environment is read here and nowhere else.
//!
//! The variables are those of `.env.example`; a TOML file has the same keys. A key that cannot be used is reported with
//! its name and where it came from.

mod settings;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use nexops_core::text_enum;
use secrecy::{ExposeSecret, SecretString};

pub use self::settings::{Error, Origin, Settings};
use crate::postgres;
use crate::proxmox;
use crate::tls::{Fingerprint, Tls};

/// The name of the connection that the `PROXMOX_*` variables describe.
pub const ENVIRONMENT_CONNECTION: &str = "default";
/// Proxmox's own port.
const PROXMOX_PORT: u16 = 8006;

text_enum! {
    /// What kind of installation this is.
    pub enum Environment {
        /// `.env` in the working directory is read.
        Development = "development",
        /// It is not.
        Production = "production",
    }
}

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Database {
    /// The daemon's own server, in the data directory.
    Private,
    /// Any other server.
    Url(SecretString),
}

/// One cluster or standalone server to watch.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its name, unique.
    pub name: String,
    /// How to reach it.
    pub settings: proxmox::Settings,
}

/// How often the loops run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// Between two looks at all nodes and guests with their configurations.
    pub sync: Duration,
    /// Between two collections of figures.
    pub collect: Duration,
    /// Between two checks of a service.
    pub health: Duration,
}

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Samples as they were collected.
    pub raw: Duration,
    /// Five-minute rollups.
    pub five_minutes: Duration,
    /// One-hour rollups.
    pub hour: Duration,
    /// The audit log.
    pub audit: Duration,
}

/// Who may call the API.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where the daemon listens.
    pub listen: SocketAddr,
    /// The bearer token that every caller needs; `None` asks for none.
    pub token: Option<SecretString>,
    /// Host names, beside loopback and the listen address, under which the daemon may be called.
    pub allowed_hosts: Vec<String>,
    /// Origins whose pages may call the API from a browser.
    pub cors_origins: Vec<String>,
}

/// How to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A level, or a filter as `nexopsd=debug,info`.
    pub filter: String,
}

/// Everything that can be configured, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// What kind of installation this is.
    pub environment: Environment,
    /// Whether a simulated cluster is shown instead of a real one.
    pub demo: bool,
    /// Where the daemon keeps what is its own: the private database, keys.
    pub data_directory: PathBuf,
    /// Where the database is.
    pub database: Database,
    /// The cache server; `None` keeps the cache in process.
    pub redis_url: Option<SecretString>,
    /// The key that encrypts stored secrets, or several; `None` takes the key file in the data directory.
    pub secret_key: Option<SecretString>,
    /// The connection that the environment describes.
    pub proxmox: Option<Connection>,
    /// Who may call.
    pub access: Access,
    /// Whether health checks and webhooks may go to loopback addresses. The demo's services are there.
    pub allow_loopback_targets: bool,
    /// How often the loops run.
    pub intervals: Intervals,
    /// How long things are kept.
    pub retention: Retention,
    /// How to log.
    pub log: Log,
    /// What looks like a mistake, but need not be one.
    pub warnings: Vec<String>,
}

/// What the command line says; it goes before everything else.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--demo`.
    pub demo: bool,
    /// `--insecure`.
    pub insecure: bool,
    /// Keys and values given as flags, under the names of their variables.
    pub values: HashMap<&'static str, String>,
    /// `--config`.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Reads the process environment, `.env`, the configuration file, and puts the flags on top.
    ///
    /// # Errors
    /// When a file cannot be read, or a value cannot be used; the message names the key and where it came from.
    pub fn load(flags: &Flags) -> Result<Self, Error> {
        let settings = Settings::load(flags, environment())?;
        Self::from_settings(flags, &settings, rustix::process::geteuid().is_root())
    }

    /// Makes sense of settings.
    ///
    /// # Errors
    /// When a value cannot be used; the message names the key and where it came from.
    pub fn from_settings(flags: &Flags, settings: &Settings, root: bool) -> Result<Self, Error> {
        let access = Access {
            listen: listen(settings)?,
            token: token(settings)?,
            allowed_hosts: settings.list("NEXOPS_ALLOWED_HOSTS"),
            cors_origins: cors_origins(settings)?,
        };
        if !is_loopback(access.listen.ip()) && access.token.is_none() && !flags.insecure {
            return Err(Error::OpenToAll { listen: access.listen });
        }
        let interval = |key, default, least| settings.duration(key, default, least);
        let (second, hour, day) = (Duration::from_secs(1), Duration::from_secs(3600), Duration::from_secs(86_400));
        Ok(Self {
            environment: settings.parsed("ENVIRONMENT")?.unwrap_or(Environment::Development),
            demo: flags.demo,
            data_directory: data_directory(flags, settings, root)?,
            database: match settings.secret("DATABASE_URL")? {
                Some(url) => Database::Url(database_url(settings, &url)?),
                None => Database::Private,
            },
            redis_url: settings.secret("REDIS_URL")?,
            secret_key: settings.secret("NEXOPS_SECRET_KEY")?,
            proxmox: if flags.demo { None } else { proxmox_connection(settings)? },
            access,
            allow_loopback_targets: settings.switch("NEXOPS_ALLOW_LOOPBACK_TARGETS")?.unwrap_or(flags.demo),
            intervals: Intervals {
                sync: interval("NEXOPS_SYNC_INTERVAL", 300 * second, 5 * second)?,
                collect: interval("NEXOPS_METRICS_INTERVAL", 30 * second, 5 * second)?,
                health: interval("NEXOPS_HEALTH_INTERVAL", 30 * second, 5 * second)?,
            },
            retention: Retention {
                raw: interval("NEXOPS_RETENTION_RAW", 48 * hour, hour)?,
                five_minutes: interval("NEXOPS_RETENTION_5M", 30 * day, hour)?,
                hour: interval("NEXOPS_RETENTION_1H", 365 * day, hour)?,
                audit: interval("NEXOPS_RETENTION_AUDIT", 365 * day, hour)?,
            },
            log: Log { filter: log_filter(settings)? },
            warnings: settings.warnings().to_vec(),
        })
    }
}

fn listen(settings: &Settings) -> Result<SocketAddr, Error> {
    let Some(text) = settings.text("NEXOPS_LISTEN") else { return Ok(SocketAddr::from(([127, 0, 0, 1], 8000))) };
    text.replace("localhost:", "127.0.0.1:").parse().map_err(|error| {
        settings.unusable("NEXOPS_LISTEN", format!("{error}; write it as 127.0.0.1:8000 or [::1]:8000, without names"))
    })
}

fn log_filter(settings: &Settings) -> Result<String, Error> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let filter = settings.text("LOG_LEVEL").unwrap_or_else(|| "info".to_owned()).to_lowercase();
    // A single word that is no level would be taken for a module, and silence all others.
    if !filter.contains(['=', ',']) && !LEVELS.contains(&filter.as_str()) {
        let reason = "it must be error, warn, info, debug or trace, or a filter such as nexopsd=debug,info";
        return Err(settings.unusable("LOG_LEVEL", reason));
    }
    Ok(filter)
}

/// The environment, without what is no text: none of it is ours.
fn environment() -> HashMap<String, String> {
    std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))).collect()
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn token(settings: &Settings) -> Result<Option<SecretString>, Error> {
    let token = settings.secret("NEXOPS_API_TOKEN")?;
    match &token {
        Some(text) if text.expose_secret().chars().any(|character| !character.is_ascii_graphic()) => {
            Err(settings.unusable_secret("NEXOPS_API_TOKEN", "a token is printable ASCII without spaces"))
        }
        _ => Ok(token),
    }
}

fn data_directory(flags: &Flags, settings: &Settings, root: bool) -> Result<PathBuf, Error> {
    let path = |key| settings.text(key).map(PathBuf::from);
    let (explicit, xdg_data_home, home) = (path("NEXOPS_DATA_DIR"), path("XDG_DATA_HOME"), path("HOME"));
    let directory = postgres::default_data_directory(postgres::DataDirectorySources {
        nexops_data_dir: explicit.as_deref(),
        xdg_data_home: xdg_data_home.as_deref(),
        home: home.as_deref(),
        is_root: root,
    })
    .ok_or(Error::NoHome)?;
    // The demo keeps away from the real thing: it may be tried beside it, and thrown away.
    Ok(match directory.file_name() {
        Some(name) if flags.demo => directory.with_file_name(format!("{}-demo", name.to_string_lossy())),
        _ => directory,
    })
}

/// Origins as browsers send them: scheme, host, and port if it is not the usual one.
fn cors_origins(settings: &Settings) -> Result<Vec<String>, Error> {
    let origins = settings.list("NEXOPS_CORS_ORIGINS");
    let is_origin = |origin: &String| {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|host| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/'))
    };
    match origins.iter().find(|origin| !is_origin(origin)) {
        Some(other) => Err(settings.unusable(
            "NEXOPS_CORS_ORIGINS",
            format!("'{other}' is no origin; write it as https://nexops.example, without a path, and each one out"),
        )),
        None => Ok(origins),
    }
}

/// Other languages' database tools put their driver's name into the URL: `postgresql+asyncpg://`.
fn database_url(settings: &Settings, url: &SecretString) -> Result<SecretString, Error> {
    let text = url.expose_secret();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    match scheme.split('+').next() {
        Some("postgres" | "postgresql") => Ok(format!("postgresql://{rest}").into()),
        _ => Err(settings.unusable_secret("DATABASE_URL", "it must begin with postgresql://")),
    }
}

fn proxmox_connection(settings: &Settings) -> Result<Option<Connection>, Error> {
    let hosts = settings.list("PROXMOX_HOST");
    if hosts.is_empty() {
        return match ["PROXMOX_USER", "PROXMOX_TOKEN_NAME"].into_iter().find(|key| settings.text(key).is_some()) {
            Some(key) => Err(Error::Missing { key: "PROXMOX_HOST", because: key }),
            None => Ok(None),
        };
    }
    let needed = |key| settings.text(key).ok_or(Error::Missing { key, because: "PROXMOX_HOST" });
    let user = needed("PROXMOX_USER")?;
    let token_name = needed("PROXMOX_TOKEN_NAME")?;
    // Whoever takes the whole token for one of its parts has the secret in it, so that the value is not repeated.
    if user.contains(['!', '=']) {
        return Err(settings.unusable_secret("PROXMOX_USER", "it is the part before the '!' alone, as in nexops@pve"));
    }
    if !user.contains('@') {
        return Err(settings.unusable("PROXMOX_USER", "it needs its realm, as in nexops@pve"));
    }
    if token_name.contains(['!', '=', '@']) {
        return Err(settings.unusable_secret("PROXMOX_TOKEN_NAME", "it is the part after the '!' alone, as in nexops"));
    }
    let token_value = settings
        .secret("PROXMOX_TOKEN_VALUE")?
        .ok_or(Error::Missing { key: "PROXMOX_TOKEN_VALUE", because: "PROXMOX_HOST" })?;
    let mut fingerprints = Vec::new();
    for text in settings.list("PROXMOX_FINGERPRINT") {
        let fingerprint = text.parse::<Fingerprint>();
        fingerprints.push(fingerprint.map_err(|error| settings.unusable("PROXMOX_FINGERPRINT", error))?);
    }
    let tls = match (fingerprints.is_empty(), settings.switch("PROXMOX_VERIFY_SSL")?.unwrap_or(true)) {
        (false, _) => Tls::Pinned(fingerprints),
        (true, true) => Tls::Verified,
        (true, false) => Tls::Unverified,
    };
    let port = settings.parsed("PROXMOX_PORT")?.unwrap_or(PROXMOX_PORT);
    let timeouts = proxmox::Timeouts::default();
    Ok(Some(Connection {
        name: ENVIRONMENT_CONNECTION.to_owned(),
        settings: proxmox::Settings { hosts, port, user, token_name, token_value, tls, timeouts },
    }))
}

#[cfg(test)]
mod tests;
