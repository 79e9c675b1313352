//! Keeps the server running until the daemon stops it.

use std::fs::File;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::error::Error;
use super::server::{Postmaster, Server};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A server that lived this long earns a quick restart again.
const STABLE_AFTER: Duration = Duration::from_secs(60);

/// Watches the server, starts it again when it dies, and stops it when asked to. Holds the lock to the very end.
pub(super) async fn supervise(
    server: Server,
    mut postmaster: Postmaster,
    stopping: CancellationToken,
    pid: watch::Sender<Option<u32>>,
    lock: File,
) -> Result<(), Error> {
    let mut pause = FIRST_PAUSE;
    loop {
        let started = Instant::now();
        let ended = tokio::select! {
            ended = postmaster.wait() => ended,
            () = stopping.cancelled() => {
                let stopped = postmaster.stop().await;
                server.remove_socket_directory();
                tracing::info!("the private PostgreSQL has stopped");
                drop(lock);
                return stopped;
            }
        };
        pid.send_replace(None);
        tracing::error!(
            status = ended.as_ref().map_or_else(ToString::to_string, ToString::to_string),
            log = postmaster.log_tail(),
            "the private PostgreSQL ended by itself; starting it again"
        );
        if started.elapsed() > STABLE_AFTER {
            pause = FIRST_PAUSE;
        }
        match stopping.run_until_cancelled(restart(&server, &mut pause)).await {
            Some(restarted) => postmaster = restarted,
            None => {
                let stopped = server.stop_leftovers().await;
                server.remove_socket_directory();
                return stopped;
            }
        }
        pid.send_replace(Some(postmaster.pid()));
        tracing::info!(postgres.pid = postmaster.pid(), "the private PostgreSQL accepts connections again");
    }
}

/// Tries until it works: a full disk or a missing file may be mended while the daemon waits.
async fn restart(server: &Server, pause: &mut Duration) -> Postmaster {
    loop {
        sleep(*pause).await;
        *pause = (*pause * 2).min(LONGEST_PAUSE);
        match server.start().await {
            Ok(postmaster) => return postmaster,
            Err(error) => tracing::warn!(
                error = &error as &(dyn std::error::Error + 'static),
                retry_in_ms = pause.as_millis(),
                "the private PostgreSQL could not be started; trying again"
            ),
        }
    }
}
