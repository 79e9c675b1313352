//! The database: the only place that knows Diesel and SQL. Functions take and return the types of `nexops-core`.
//!
//! Every function takes the connection it works on, so that a caller can put several into one transaction.

pub mod alert;
pub mod alert_rule;
pub mod audit;
pub mod channel;
mod connect;
pub mod connection;
pub mod delivery;
pub mod evaluation;
pub mod event;
pub mod history;
pub mod idempotency;
pub mod inside;
pub mod inventory;
pub mod latest;
pub mod lease;
pub mod node;
pub mod outbox;
pub mod overview;
pub mod partition;
pub mod proxmox_storage;
pub mod rollup;
mod schema;
pub mod seed;
pub mod series;
pub mod service;
pub mod silence;
pub mod storage;
pub mod task;
pub mod version;
pub mod vm;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use diesel::result::DatabaseErrorKind;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures::FutureExt;
use nexops_core::text::UnknownWord;
use secrecy::{ExposeSecret, SecretString};

use self::connect::establish;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// How long to wait for a place in the pool, for a new connection, and for the check of an old one.
const POOL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long all of that may take.
const POOL_PATIENCE: Duration = Duration::from_secs(8);
/// Connections at most. Jobs hold one each while they write; requests take theirs for milliseconds.
const POOL_SIZE: usize = 16;

/// A connection out of the pool; it goes back when dropped.
pub type Conn = Object<AsyncPgConnection>;

/// What database functions give.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the database did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such row.
    #[error("no such row")]
    NotFound,
    /// The row would break a uniqueness rule.
    #[error("a row with these values exists already ({constraint})")]
    Unique {
        /// The rule's name in the schema.
        constraint: String,
    },
    /// It is not the version that the caller means to change.
    #[error("it is at version {version} by now")]
    OtherVersion {
        /// The version that is there.
        version: i64,
    },
    /// The work is another daemon's by now, so that what this one brings is not written down.
    #[error("another daemon does this work by now ({scope})")]
    Superseded {
        /// The lease that changed hands.
        scope: String,
    },
    /// The database is away, or too busy to answer in time.
    #[error("the database does not answer")]
    Unavailable(#[source] anyhow::Error),
    /// A fault of ours, or of the data.
    #[error("the database refused a statement")]
    Other(#[source] anyhow::Error),
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::Error as Diesel;
        match error {
            Diesel::NotFound => Self::NotFound,
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, ref information) => {
                Self::Unique { constraint: information.constraint_name().unwrap_or("?").to_owned() }
            }
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _)
            | Diesel::BrokenTransactionManager => Self::Unavailable(error.into()),
            // The kinds that Diesel knows leave out a server that is going down or full, and a statement that took too
            // long.
            Diesel::DatabaseError(_, ref information)
                if [
                    "terminating connection",
                    "statement timeout",
                    "shutting down",
                    "starting up",
                    "connection closed",
                    "error communicating with the server",
                    "in recovery mode",
                    "connection slots",
                    "too many clients",
                    "could not extend file",
                    "No space left on device",
                ]
                .iter()
                .any(|text| information.message().contains(text)) =>
            {
                Self::Unavailable(error.into())
            }
            _ => Self::Other(error.into()),
        }
    }
}

impl From<UnknownWord> for Error {
    fn from(error: UnknownWord) -> Self {
        Self::Other(error.into())
    }
}

/// A pool of connections to one database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    url: SecretString,
}

/// How the pool of connections is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Connections in use.
    pub used: u64,
    /// Connections that wait for use.
    pub idle: u64,
    /// Connections at most.
    pub limit: u64,
    /// Those who wait for a connection.
    pub waiting: u64,
}

impl fmt::Debug for Db {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Db").field("pool", &self.pool.status()).finish_non_exhaustive()
    }
}

impl Db {
    /// Prepares a pool; nothing is connected yet.
    ///
    /// # Errors
    /// When the pool's settings contradict each other, which they do not.
    pub fn new(url: SecretString) -> anyhow::Result<Self> {
        let mut settings = ManagerConfig::<AsyncPgConnection>::default();
        settings.custom_setup = Box::new(|url| establish(url.to_owned()).boxed());
        let manager = AsyncDieselConnectionManager::new_with_config(url.expose_secret(), settings);
        let pool = Pool::builder(manager)
            .max_size(POOL_SIZE)
            .wait_timeout(Some(POOL_TIMEOUT))
            .create_timeout(Some(POOL_TIMEOUT))
            .recycle_timeout(Some(POOL_TIMEOUT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .context("set up the database pool")?;
        Ok(Self { pool, url })
    }

    /// A connection, within eight seconds.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none could be had.
    pub async fn get(&self) -> Result<Conn> {
        // Each connection of the pool that a hanging server keeps silent takes its own time to be found out.
        let got = tokio::time::timeout(POOL_PATIENCE, self.pool.get()).await;
        let got = got.map_err(|_elapsed| {
            Error::Unavailable(anyhow::anyhow!("no connection within {} s", POOL_PATIENCE.as_secs()))
        })?;
        got.map_err(|error| {
            Error::Unavailable(match error {
                deadpool::managed::PoolError::Backend(error) => anyhow::anyhow!("{error}"),
                error => error.into(),
            })
        })
    }

    /// How the pool is at this moment.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        let status = self.pool.status();
        let idle = status.available.min(status.size);
        let count = |number: usize| number as u64;
        PoolState {
            used: count(status.size - idle),
            idle: count(idle),
            limit: count(status.max_size),
            waiting: count(status.waiting),
        }
    }

    /// A connection beside the pool that hears of new events.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not come about within five seconds.
    pub async fn listen(&self) -> Result<event::Listener> {
        let connection = tokio::time::timeout(POOL_TIMEOUT, establish(self.url.expose_secret().to_owned())).await;
        let connection = connection.map_err(|elapsed| Error::Unavailable(elapsed.into()))?;
        event::Listener::on(connection.map_err(|error| Error::Unavailable(error.into()))?).await
    }

    /// Brings the schema up to date and says which migrations that took.
    ///
    /// It needs a multi-threaded runtime, for Diesel's migrations block the thread they run on.
    ///
    /// # Errors
    /// When the database does not answer or a migration fails.
    pub async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        let connection =
            establish(self.url.expose_secret().to_owned()).await.context("connect to the database to migrate it")?;
        let mut harness = AsyncMigrationHarness::new(connection);
        let applied = harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(|error| anyhow::anyhow!(error))
            .context("migrate the database")?;
        Ok(applied.iter().map(ToString::to_string).collect())
    }

    /// Undoes every migration: all tables and all that is in them.
    ///
    /// # Errors
    /// When the database does not answer or a migration cannot be undone.
    pub async fn revert_all(&self) -> anyhow::Result<()> {
        let connection = establish(self.url.expose_secret().to_owned()).await.context("connect to the database")?;
        AsyncMigrationHarness::new(connection)
            .revert_all_migrations(MIGRATIONS)
            .map_err(|error| anyhow::anyhow!(error))
            .context("undo the migrations")?;
        Ok(())
    }

    /// Whether the schema lacks migrations that this daemon knows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn needs_migration(&self) -> anyhow::Result<bool> {
        let connection = establish(self.url.expose_secret().to_owned()).await.context("connect to the database")?;
        AsyncMigrationHarness::new(connection).has_pending_migration(MIGRATIONS).map_err(|error| anyhow::anyhow!(error))
    }

    /// Closes the pool; whoever waits for a connection gets an error.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// Lets the transaction under way return before its last bytes are on disk: right for figures that are measured again
/// in half a minute, wrong for what somebody was promised.
///
/// # Errors
/// As every statement.
async fn commit_lazily(conn: &mut AsyncPgConnection) -> Result<()> {
    diesel::sql_query("SET LOCAL synchronous_commit = off").execute(conn).await?;
    Ok(())
}

/// Waits for the sole right to change what is known of one connection's nodes and guests, until the transaction ends.
///
/// # Errors
/// As every statement.
async fn lock_inventory(conn: &mut AsyncPgConnection, id: nexops_core::id::ConnectionId) -> Result<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<diesel::sql_types::Text, _>(format!("nexops/inventory/{id}"))
        .execute(conn)
        .await?;
    Ok(())
}

/// Reads a word that our own CHECK constraints let into the database.
fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<T> {
    Ok(text.parse()?)
}

/// The one number of a `SELECT count(…) AS count`.
#[derive(Debug, diesel::QueryableByName)]
struct CountRow {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// Text as PostgreSQL can store it: it knows no NUL.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// JSON as PostgreSQL can store it.
pub(crate) fn storable_json(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(storable(&text)),
        Value::Array(list) => list.into_iter().map(storable_json).collect(),
        Value::Object(object) => {
            object.into_iter().map(|(key, value)| (storable(&key), storable_json(value))).collect()
        }
        value @ (Value::Null | Value::Bool(_) | Value::Number(_)) => value,
    }
}

/// A time as PostgreSQL can compare it: it knows fewer years than a caller can write.
fn storable_time(at: DateTime<Utc>) -> DateTime<Utc> {
    const FIRST: DateTime<Utc> = DateTime::<Utc>::UNIX_EPOCH;
    const LAST: DateTime<Utc> = DateTime::<Utc>::from_timestamp(253_402_300_799, 0).expect("the year 9999 is a time");
    at.clamp(FIRST, LAST)
}

/// A pattern for ILIKE that finds the text anywhere, whatever special characters are in it.
fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    #[test]
    fn nul_characters_anywhere_in_json_are_replaced() {
        let stored = super::storable_json(serde_json::json!({"a\0": ["b\0", {"c": "d\0e"}, 1, null]}));
        assert_eq!(stored, serde_json::json!({"a\u{fffd}": ["b\u{fffd}", {"c": "d\u{fffd}e"}, 1, null]}));
    }

    #[test]
    fn special_characters_of_a_search_are_taken_literally() {
        assert_eq!(super::contains(r"50%_a\b"), r"%50\%\_a\\b%");
    }
}
