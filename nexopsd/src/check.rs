//! `nexopsd check`: everything the daemon needs, a line each: well, or what to do.

use std::fmt;
use std::time::Duration;

use crate::cache;
use crate::config::{Config, Connection, Database};
use crate::postgres;
use crate::privileges;
use crate::proxmox::{self, Client};
use crate::start::open_database;

/// What came out of one check.
#[derive(Debug)]
struct Line {
    subject: &'static str,
    result: Result<String, String>,
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(text) => write!(formatter, "ok      {:<14} {text}", self.subject),
            Err(text) => write!(formatter, "FAILED  {:<14} {text}", self.subject),
        }
    }
}

/// Checks everything, prints a line for each thing, and says whether all is well.
pub async fn run(config: &Config) -> bool {
    let mut well = true;
    let mut report = |subject, result: Result<String, String>| {
        well &= result.is_ok();
        println!("{}", Line { subject, result });
    };
    report("configuration", Ok(format!("{}, data in {}", config.environment, config.data_directory.display())));
    report("database", database(config).await.map_err(|error| format!("{error:#}")));
    report("redis", redis(config).await.map_err(|error| format!("{error:#}")));
    let missing = "no PROXMOX_HOST is set; .env.example shows the four variables that it takes";
    let answer = match &config.proxmox {
        Some(connection) => proxmox(connection).await,
        None => Err(missing.to_owned()),
    };
    report("proxmox", answer);
    well
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
        None => Ok("not configured; the cache is in process".to_owned()),
        Some(url) => cache::ping(url).await.map(|()| "answers".to_owned()),
    }
}

async fn proxmox(connection: &Connection) -> Result<String, String> {
    let answer = async {
        let client = Client::new(&connection.settings)?;
        let version = client.version().await?;
        let resources = client.cluster_resources().await?;
        let permissions = client.permissions().await?;
        Ok::<_, proxmox::Error>((version, resources, permissions))
    };
    let (version, resources, permissions) = answer.await.map_err(|error| error.to_string())?;
    let token_id = format!("{}!{}", connection.settings.user, connection.settings.token_name);
    match privileges::missing(&permissions, &token_id, version.major) {
        Some(missing) => Err(missing),
        None => Ok(format!(
            "Proxmox VE {} with {} nodes and {} guests",
            version.text,
            resources.nodes.len(),
            resources.guests.len()
        )),
    }
}
