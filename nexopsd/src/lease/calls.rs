//! Calls between daemons: who is asked for a run of a loop that another daemon runs passes the wish on, and hears when it
//! was fulfilled.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::db;
use crate::jobs::Handle;

/// How long a run may take that another daemon waits for.
const PATIENCE: Duration = Duration::from_secs(120);

/// What daemons tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    /// The daemon that wants the run.
    by: Uuid,
    /// The call's number there.
    number: u64,
    /// The lease under which the loop works.
    scope: String,
    /// The loop.
    job: String,
    /// Whether the run is over.
    done: bool,
}

/// Asks whoever holds the loop's lease for a run. The handle is told when it is over.
///
/// # Errors
/// When the database does not answer.
pub async fn call(app: &App, handle: &Handle) -> db::Result<()> {
    let (scope, job) = (handle.lease().scope().to_owned(), handle.name().to_owned());
    send(app, &Call { by: app.daemon.id, number: handle.called(), scope, job, done: false }).await
}

/// Does what another daemon wants, or takes note of what it did.
pub(super) fn answer(app: &Arc<App>, call: Call) {
    let handle =
        app.handles().into_iter().find(|handle| handle.lease().scope() == call.scope && handle.name() == call.job);
    let Some(handle) = handle else { return };
    if call.done {
        if call.by == app.daemon.id {
            handle.answered(call.number);
        }
        return;
    }
    if !handle.lease().is_held() {
        return;
    }
    let app = Arc::clone(app);
    app.tracker.clone().spawn(async move {
        let ran = tokio::select! {
            () = app.shutdown.cancelled() => false,
            ran = handle.run_now(PATIENCE) => ran,
        };
        if ran && let Err(error) = send(&app, &Call { done: true, ..call }).await {
            tracing::debug!("another daemon could not be told that a run is over: {:#}", anyhow::Error::from(error));
        }
    });
}

async fn send(app: &App, call: &Call) -> db::Result<()> {
    let text = serde_json::to_string(call).map_err(|error| db::Error::Other(error.into()))?;
    db::lease::call(&mut *app.db.get().await?, &text).await
}
