//! The cache server, if one is configured. It is never the source of truth.

use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

/// How long Redis may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks Redis whether it is there.
///
/// # Errors
/// When the URL cannot be used, or Redis does not answer.
pub async fn ping(url: &SecretString) -> anyhow::Result<()> {
    // The error of the client would print the URL, and with it the password.
    let client = redis::Client::open(url.expose_secret())
        .map_err(|error| anyhow::anyhow!("REDIS_URL cannot be used: {}", error.category()))?;
    let answer = tokio::time::timeout(PATIENCE, async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    });
    answer.await.with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))?.context("ask Redis")?;
    Ok(())
}
