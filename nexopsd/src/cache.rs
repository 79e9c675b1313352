//! Answers that may be given again: in Redis, where several daemons share them, or in this process.
//!
//! The cache is never the source of truth. A key holds everything that the answer depends on, the version of the data
//! among it, so that nothing in the cache can be wrong: it is found, or it is not. Whatever is the matter with Redis, the
//! answer is made anew, and nobody waits for longer than a moment.

mod redis;

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use secrecy::SecretString;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use self::redis::ping;

/// No answer is kept for longer, whatever it is.
pub const LONGEST: Duration = Duration::from_secs(300);
/// The largest answer that is kept, bytes.
const LARGEST: usize = 4 << 20;
/// What may be kept in this process, bytes.
const CAPACITY: u64 = 32 << 20;

/// The cache.
#[derive(Debug)]
pub struct Cache {
    backend: Backend,
    hits: AtomicU64,
    misses: AtomicU64,
    errors: AtomicU64,
}

#[derive(Debug)]
enum Backend {
    Process(moka::future::Cache<String, Kept>),
    Redis(redis::Backend),
}

#[derive(Debug, Clone)]
struct Kept {
    bytes: Arc<[u8]>,
    time: Duration,
}

/// What an answer is kept under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The key of an answer of this kind that depends on these things and nothing else.
    pub fn of(kind: &str, depends_on: &impl Serialize) -> Self {
        let mut hasher = Sha256::new();
        // A value that cannot be written would share its key with others, so it must not be kept under any.
        serde_json::to_writer(&mut hasher, depends_on).expect("our own types can be written as JSON");
        let mut key = format!("nexops:1:{kind}:");
        for byte in hasher.finalize() {
            let _infallible = write!(key, "{byte:02x}");
        }
        Self(key)
    }
}

/// How often the cache could help since the daemon started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Answers that were there.
    pub hits: u64,
    /// Answers that were not.
    pub misses: u64,
    /// Times that Redis failed, or was left alone because it had.
    pub errors: u64,
}

/// The cache did not do as asked.
#[derive(Debug, thiserror::Error)]
#[error("the cache does not answer")]
struct Failed;

impl Cache {
    /// A cache in Redis if a URL is given, else in this process. Nothing is connected yet.
    ///
    /// # Errors
    /// When the URL cannot be used.
    pub fn new(redis_url: Option<&SecretString>) -> anyhow::Result<Self> {
        let backend = match redis_url {
            Some(url) => Backend::Redis(redis::Backend::new(url)?),
            None => Backend::Process(
                moka::future::Cache::builder()
                    .max_capacity(CAPACITY)
                    .weigher(|key: &String, kept: &Kept| {
                        u32::try_from(key.len() + kept.bytes.len()).unwrap_or(u32::MAX)
                    })
                    .expire_after(AsLongAsSaid)
                    .build(),
            ),
        };
        Ok(Self { backend, hits: AtomicU64::new(0), misses: AtomicU64::new(0), errors: AtomicU64::new(0) })
    }

    /// What is kept under the key, if it is there and can be had at once.
    pub async fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        let found = match &self.backend {
            Backend::Process(kept) => Ok(kept.get(&key.0).await.map(|kept| kept.bytes)),
            Backend::Redis(redis) => redis.get(&key.0).await,
        };
        let counter = match &found {
            Ok(Some(_)) => &self.hits,
            Ok(None) => &self.misses,
            Err(Failed) => &self.errors,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        found.ok().flatten()
    }

    /// Keeps an answer for so long, at most five minutes; one that is very large is not kept.
    pub async fn put(&self, key: Key, bytes: Arc<[u8]>, time: Duration) {
        let time = time.min(LONGEST);
        if bytes.len() > LARGEST || time < Duration::from_millis(1) {
            return;
        }
        match &self.backend {
            Backend::Process(kept) => kept.insert(key.0, Kept { bytes, time }).await,
            Backend::Redis(redis) => {
                if redis.put(&key.0, &bytes, time).await.is_err() {
                    self.errors.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// How often it could help.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts { hits: read(&self.hits), misses: read(&self.misses), errors: read(&self.errors) }
    }
}

/// Each answer has its own time.
struct AsLongAsSaid;

impl Expiry<String, Kept> for AsLongAsSaid {
    fn expire_after_create(&self, _key: &String, kept: &Kept, _now: Instant) -> Option<Duration> {
        Some(kept.time)
    }

    fn expire_after_update(
        &self,
        _key: &String,
        kept: &Kept,
        _now: Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.time)
    }
}
