//! The daemon at work: the loops and the API, until it is told to end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::app::App;
use crate::{api, events, jobs};

/// How long requests and actions may take to come to their end.
const DRAIN: Duration = Duration::from_secs(10);

/// Runs the loops and serves the API on `listener` until the app's shutdown is cancelled. Loops end at once; requests
/// and actions that are being sent come to their end, for ten seconds at most.
///
/// # Errors
/// When the listener fails.
pub async fn run(app: Arc<App>, listener: TcpListener) -> anyhow::Result<()> {
    let address = listener.local_addr().context("ask for the address that is listened on")?;
    jobs::start(&app);
    app.tracker.spawn(events::follow(Arc::clone(&app)));
    let service = api::router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let stopping = Arc::clone(&app);
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stopping.shutdown.cancelled().await })
        .into_future();
    tracing::info!(%address, "listening on http://{address}");
    let mut server = tokio::spawn(server);
    tokio::select! {
        ended = &mut server => {
            app.shutdown.cancel();
            return ended.context("serve the API")?.context("serve the API");
        }
        () = app.shutdown.cancelled() => {}
    }
    tracing::info!("stopping: waiting for what is under way");
    app.tracker.close();
    let drained = tokio::time::timeout(DRAIN, async {
        app.tracker.wait().await;
        (&mut server).await
    });
    if drained.await.is_err() {
        tracing::warn!("some requests or actions did not end within {} s and are cut off", DRAIN.as_secs());
        server.abort();
    }
    app.db.close();
    Ok(())
}
