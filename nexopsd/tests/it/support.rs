//! What the tests stand on: a database of their own, simulated clusters, and a running daemon.

pub mod answer;
pub mod browser;
pub mod daemon;
pub mod database;
pub mod log;
pub mod mail;
pub mod notice;
pub mod program;
pub mod receiver;
pub mod site;

use std::time::Duration;

/// How long anything in a test may take before it counts as not happening.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a condition holds, looking again and again; a test that waits in vain says for what.
pub async fn wait_until<F: AsyncFnMut() -> bool>(what: &str, mut condition: F) {
    wait_for(PATIENCE, what, &mut condition).await;
}

/// As [`wait_until`], with a patience of its own.
pub async fn wait_for<F: AsyncFnMut() -> bool>(patience: Duration, what: &str, mut condition: F) {
    let deadline = tokio::time::Instant::now() + patience;
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
