//! Redis as the cache, and what happens when it is not there.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};
use secrecy::{ExposeSecret, SecretString};

use super::Failed;

/// How long Redis may take to say that it is there, when somebody asks for just that.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it may take for an answer. Making the answer anew takes hardly longer.
const ANSWER: Duration = Duration::from_millis(50);
/// How long a connection may take to come about; nobody waits for it.
const CONNECT: Duration = Duration::from_secs(2);
/// How long Redis is left alone after it failed.
const PAUSE: Duration = Duration::from_secs(2);

fn client(url: &SecretString) -> anyhow::Result<Client> {
    // The error of the client would print the URL, and with it the password.
    Client::open(url.expose_secret()).map_err(|error| anyhow::anyhow!("REDIS_URL cannot be used: {}", error.category()))
}

/// Asks Redis whether it is there.
///
/// # Errors
/// When the URL cannot be used, or Redis does not answer.
pub async fn ping(url: &SecretString) -> anyhow::Result<()> {
    let client = client(url)?;
    let answer = tokio::time::timeout(PATIENCE, async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    });
    answer.await.with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))?.context("ask Redis")?;
    Ok(())
}

/// One connection to Redis, made anew in the background where it broke.
pub struct Backend {
    client: Client,
    link: Arc<Mutex<Link>>,
}

/// How the connection is.
enum Link {
    Up(MultiplexedConnection),
    /// Somebody connects.
    Connecting,
    /// Left alone until then.
    Down {
        until: Instant,
    },
}

impl fmt::Debug for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client would print the URL, and with it the password.
        formatter.debug_struct("Backend").finish_non_exhaustive()
    }
}

impl Backend {
    pub fn new(url: &SecretString) -> anyhow::Result<Self> {
        Ok(Self { client: client(url)?, link: Arc::new(Mutex::new(Link::Down { until: Instant::now() })) })
    }

    pub async fn get(&self, key: &str) -> Result<Option<Arc<[u8]>>, Failed> {
        let found: Option<Vec<u8>> = self.ask(redis::cmd("GET").arg(key)).await?;
        Ok(found.map(Arc::from))
    }

    pub async fn put(&self, key: &str, bytes: &[u8], time: Duration) -> Result<(), Failed> {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.ask(redis::cmd("SET").arg(key).arg(bytes).arg("PX").arg(milliseconds)).await
    }

    /// Asks, if there is a connection. One that fails is given up: what was asked may have gone astray on it.
    async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Failed> {
        let mut connection = self.connection().ok_or(Failed)?;
        match tokio::time::timeout(ANSWER, command.query_async::<T>(&mut connection)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.failed(&error.to_string())),
            Err(_elapsed) => Err(self.failed("it does not answer")),
        }
    }

    /// The connection, if there is one. If there is none and its pause is over, one is made meanwhile.
    fn connection(&self) -> Option<MultiplexedConnection> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        match &*link {
            Link::Up(connection) => Some(connection.clone()),
            Link::Down { until } if *until <= Instant::now() => {
                *link = Link::Connecting;
                let (client, link) = (self.client.clone(), Arc::clone(&self.link));
                tokio::spawn(async move {
                    let made = connect(&client).await;
                    let mut link = link.lock().unwrap_or_else(PoisonError::into_inner);
                    *link = made.map_or_else(|_still_away| Link::Down { until: Instant::now() + PAUSE }, Link::Up);
                });
                None
            }
            Link::Connecting | Link::Down { .. } => None,
        }
    }

    /// Leaves Redis alone for a while. Of many who notice at once, one says so.
    fn failed(&self, reason: &str) -> Failed {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*link, Link::Up(_)) {
            tracing::warn!("Redis fails, and the daemon goes on without a cache: {reason}");
            *link = Link::Down { until: Instant::now() + PAUSE };
        }
        Failed
    }
}

/// Connects, and makes sure that somebody is there who answers.
async fn connect(client: &Client) -> anyhow::Result<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(ANSWER));
    let connecting = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let answer: RedisResult<String> = redis::cmd("PING").query_async(&mut connection).await;
        answer.map(|_pong| connection)
    };
    Ok(tokio::time::timeout(CONNECT, connecting).await??)
}
