//! Leases in the database: session locks say who holds them, and a number says whose turn it is.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::StreamExt;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::connect::establish;
use super::{Db, Error, Result};

/// The channel on which daemons ask each other for runs.
const CALLS: &str = "nexops_calls";
/// For how long PostgreSQL bears the silence of a session that holds leases.
const SILENCE: Duration = Duration::from_secs(8);
/// How long one of its statements may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);

/// What proves that its bearer holds a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The lease.
    pub scope: String,
    /// The number under which it is held; `None` where it is not.
    pub epoch: Option<i64>,
}

/// Makes sure that the lease is held, until the transaction ends.
///
/// It cannot change hands before. This belongs to the beginning of every transaction that writes what only one daemon may
/// write. There is nothing to prove where nobody else can do the work.
///
/// # Errors
/// [`Error::Superseded`] when another daemon holds the lease, or when the database does not answer.
pub async fn check(conn: &mut AsyncPgConnection, fence: Option<&Fence>) -> Result<()> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        epoch: i64,
    }
    let Some(fence) = fence else { return Ok(()) };
    let row: Option<Row> = diesel::sql_query("SELECT epoch FROM leases WHERE scope = $1 FOR SHARE")
        .bind::<Text, _>(&fence.scope)
        .get_result(conn)
        .await
        .optional()?;
    match (row, fence.epoch) {
        (Some(row), Some(epoch)) if row.epoch == epoch => Ok(()),
        (Some(_) | None, _) => Err(Error::Superseded { scope: fence.scope.clone() }),
    }
}

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenure {
    /// This session.
    Ours {
        /// The number under which it holds it.
        epoch: i64,
    },
    /// Another one.
    Theirs {
        /// The daemon, as it calls itself.
        holder: String,
    },
}

/// A connection that holds leases. They go with it.
pub struct Session {
    conn: AsyncPgConnection,
    held: HashMap<String, i64>,
}

impl Session {
    /// Connects, and makes it known that this daemon lives.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(db: &Db, daemon: Uuid) -> anyhow::Result<Self> {
        let mut conn = establish(db.url.expose_secret().to_owned()).await?;
        conn.batch_execute(&format!(
            "SET statement_timeout = {}; SET idle_session_timeout = {}; LISTEN {CALLS}; \
             SELECT pg_advisory_lock(hashtextextended('nexops/daemon/{daemon}', 0))",
            STATEMENT_TIMEOUT.as_millis(),
            SILENCE.as_millis(),
        ))
        .await?;
        Ok(Self { conn, held: HashMap::new() })
    }

    /// Gives a sign of life: asks for the leases that are not held, lets go of those that are not wanted any more, and says
    /// who holds which.
    ///
    /// # Errors
    /// When the database does not answer; the session is of no use then.
    pub async fn beat(&mut self, scopes: &[&str], holder: &str, now: DateTime<Utc>) -> Result<HashMap<String, Tenure>> {
        let wanted: HashSet<&str> = scopes.iter().copied().collect();
        let left: Vec<String> = self.held.keys().filter(|scope| !wanted.contains(scope.as_str())).cloned().collect();
        for scope in left {
            diesel::sql_query("SELECT pg_advisory_unlock(hashtextextended('nexops/lease/' || $1, 0))")
                .bind::<Text, _>(&scope)
                .execute(&mut self.conn)
                .await?;
            self.held.remove(&scope);
        }
        let missing: Vec<&str> = scopes.iter().copied().filter(|scope| !self.held.contains_key(*scope)).collect();
        let asked: Vec<Asked> = diesel::sql_query(
            "SELECT scope, pg_try_advisory_lock(hashtextextended('nexops/lease/' || scope, 0)) AS got, holder \
             FROM unnest($1) AS wanted (scope) LEFT JOIN leases USING (scope)",
        )
        .bind::<Array<Text>, _>(&missing)
        .load(&mut self.conn)
        .await?;
        let mut tenures = HashMap::new();
        for Asked { scope, got, holder: theirs } in asked {
            if got {
                let epoch = self.take_up(&scope, holder, now).await?;
                self.held.insert(scope, epoch);
            } else {
                tenures.insert(scope, Tenure::Theirs { holder: theirs.unwrap_or_default() });
            }
        }
        tenures.extend(self.held.iter().map(|(scope, &epoch)| (scope.clone(), Tenure::Ours { epoch })));
        Ok(tenures)
    }

    /// Gives a lease that was just locked its next number. That waits for whoever writes under the one before.
    async fn take_up(&mut self, scope: &str, holder: &str, now: DateTime<Utc>) -> Result<i64> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            epoch: i64,
        }
        let row: Row = diesel::sql_query(
            "INSERT INTO leases (scope, epoch, holder, since) VALUES ($1, 1, $2, $3) \
             ON CONFLICT (scope) DO UPDATE SET epoch = leases.epoch + 1, holder = $2, since = $3 RETURNING epoch",
        )
        .bind::<Text, _>(scope)
        .bind::<Text, _>(holder)
        .bind::<Timestamptz, _>(now)
        .get_result(&mut self.conn)
        .await?;
        Ok(row.epoch)
    }

    /// Waits for what another daemon says.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn hear(&mut self) -> Result<String> {
        let mut notices = std::pin::pin!(self.conn.notifications_stream());
        let notice = notices.next().await.ok_or_else(|| Error::Unavailable(anyhow::anyhow!("the session ended")))??;
        Ok(notice.payload)
    }
}

#[derive(QueryableByName)]
struct Asked {
    #[diesel(sql_type = Text)]
    scope: String,
    #[diesel(sql_type = Bool)]
    got: bool,
    #[diesel(sql_type = Nullable<Text>)]
    holder: Option<String>,
}

/// Says something to all daemons.
///
/// # Errors
/// When the database does not answer.
pub async fn call(conn: &mut AsyncPgConnection, text: &str) -> Result<()> {
    diesel::sql_query("SELECT pg_notify($1, $2)").bind::<Text, _>(CALLS).bind::<Text, _>(text).execute(conn).await?;
    Ok(())
}

/// Whether a daemon lives, or did eight seconds ago.
///
/// # Errors
/// When the database does not answer.
pub async fn lives(conn: &mut AsyncPgConnection, daemon: Uuid) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        free: bool,
    }
    // Those who ask at the same time do not take each other for the daemon.
    let row: Row = diesel::sql_query(
        "SELECT pg_try_advisory_xact_lock_shared(hashtextextended('nexops/daemon/' || $1, 0)) AS free",
    )
    .bind::<Text, _>(daemon.to_string())
    .get_result(conn)
    .await?;
    Ok(!row.free)
}

/// Forgets the leases of connections that are no more.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(conn: &mut AsyncPgConnection) -> Result<usize> {
    let forgotten = diesel::sql_query(
        "DELETE FROM leases WHERE scope LIKE 'connection/%' \
         AND NOT EXISTS (SELECT FROM proxmox_connections WHERE 'connection/' || id = scope)",
    );
    Ok(forgotten.execute(conn).await?)
}
