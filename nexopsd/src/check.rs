//! `nexopsd check`: everything the daemon needs, a line each: well, or what to do.

use std::fmt;
use std::time::Duration;

use crate::cache;
use crate::config::{Config, Connection, Database};
use crate::postgres;
use crate::privileges;
use crate::proxmox::{self, Client};
use crate::secret::{KEY_FILE, Keyring};
use crate::start::open_database;

/// What came out of one check.
#[derive(Debug)]
enum Finding {
    /// All is well.
    Well(String),
    /// The daemon works, but not all of it will; what is missing, and what to do.
    Limited(String),
    /// The daemon does not work like this; why, and what to do.
    Bad(String),
}

/// A finding and what it is about.
#[derive(Debug)]
struct Line {
    subject: &'static str,
    finding: Finding,
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verdict, text) = match &self.finding {
            Finding::Well(text) => ("ok", text),
            Finding::Limited(text) => ("limited", text),
            Finding::Bad(text) => ("FAILED", text),
        };
        write!(formatter, "{verdict:<7} {:<14} {text}", self.subject)
    }
}

impl From<anyhow::Result<String>> for Finding {
    fn from(result: anyhow::Result<String>) -> Self {
        match result {
            Ok(text) => Self::Well(text),
            Err(error) => Self::Bad(format!("{error:#}")),
        }
    }
}

/// Checks everything, prints a line for each thing, and says whether the daemon will work.
pub async fn run(config: &Config) -> bool {
    let mut works = true;
    let mut report = |subject, finding| {
        works &= !matches!(finding, Finding::Bad(_));
        println!("{}", Line { subject, finding });
    };
    let configuration = format!("{}, data in {}", config.environment, config.data_directory.display());
    report(
        "configuration",
        match config.warnings.join("; ") {
            warnings if warnings.is_empty() => Finding::Well(configuration),
            warnings => Finding::Limited(format!("{configuration}; {warnings}")),
        },
    );
    report("secret key", secret_key(config).into());
    report("database", database(config).await.into());
    report("redis", redis(config).await.into());
    let missing = "no PROXMOX_HOST is set; .env.example shows the four variables that it takes";
    let finding = match &config.proxmox {
        Some(connection) => proxmox(connection).await,
        None => Finding::Bad(missing.to_owned()),
    };
    report("proxmox", finding);
    works
}

fn secret_key(config: &Config) -> anyhow::Result<String> {
    Keyring::open(config.secret_key.as_ref(), &config.data_directory)?;
    let file = config.data_directory.join(KEY_FILE);
    Ok(match (&config.secret_key, file.exists()) {
        (Some(_), _) => "given by NEXOPS_SECRET_KEY".to_owned(),
        (None, true) => format!("{}; keep a copy beside the backups", file.display()),
        (None, false) => format!("{} is made when the first secret is stored", file.display()),
    })
}

async fn database(config: &Config) -> anyhow::Result<String> {
    let database = match open_database(config, Duration::ZERO).await {
        Ok(database) => database,
        Err(error) => match error.downcast_ref::<postgres::Error>() {
            // Most likely the daemon itself, which has checked it at its start.
            Some(postgres::Error::Locked { holder, .. }) => {
                let holder = holder.map_or_else(String::new, |pid| format!(" (process {pid})"));
                return Ok(format!("private PostgreSQL, in use by a nexopsd that runs{holder}"));
            }
            Some(_) | None => return Err(error),
        },
    };
    let answer = async {
        let version = crate::db::storage::version(&mut *database.db.get().await?).await?;
        let schema = if database.db.needs_migration().await? {
            "its schema is made or brought up to date at the next start, or with nexopsd migrate"
        } else {
            "its schema is up to date"
        };
        let kind = match config.database {
            Database::Private => "private PostgreSQL",
            Database::Url(_) => "PostgreSQL",
        };
        anyhow::Ok(format!("{kind} {version}; {schema}"))
    }
    .await;
    database.close().await;
    answer
}

async fn redis(config: &Config) -> anyhow::Result<String> {
    match &config.redis_url {
        None => Ok("not configured, and not needed".to_owned()),
        Some(url) => cache::ping(url).await.map(|()| "answers; lists are kept there".to_owned()),
    }
}

async fn proxmox(connection: &Connection) -> Finding {
    let answer = async {
        let client = Client::new(&connection.settings)?;
        let version = client.version().await?;
        let resources = client.cluster_resources().await?;
        // Not every answer to this question is needed, and not everything that stands in for Proxmox knows it.
        let permissions = client.permissions().await.ok();
        Ok::<_, proxmox::Error>((version, resources, permissions))
    };
    let (version, resources, permissions) = match answer.await {
        Ok(answer) => answer,
        Err(error) => return Finding::Bad(error.to_string()),
    };
    let (nodes, guests) = (resources.nodes.len(), resources.guests.len());
    let seen = format!("Proxmox VE {} with {nodes} nodes and {guests} guests", version.text);
    let token_id = format!("{}!{}", connection.settings.user, connection.settings.token_name);
    match permissions.and_then(|permissions| privileges::missing(&permissions, &token_id, version.major)) {
        Some(missing) => Finding::Limited(format!("{seen}, but {missing}")),
        None => Finding::Well(seen),
    }
}
