//! Guests and the power actions on them.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::error::ErrorCode;
use nexops_core::task::Task;
use nexops_core::usage::Usage;
use nexops_core::vm::{ListVms, PowerAction, UsageQuery, Vm, VmRef};

use super::error::{Error, Result};
use super::extract::{Caller, Query, Vm as VmPath, paging};
use super::idempotency::{self, Key};
use super::kept::{self, Found, Rows};
use super::reply::{self, Known};
use crate::app::{App, Connection, now};
use crate::db::audit::Origin;
use crate::{db, power};

/// How long a caller who wants fresh figures is kept waiting for them.
const FRESH_PATIENCE: Duration = Duration::from_secs(45);

/// Lists guests with their status, allocation and current usage.
#[utoipa::path(get, path = "/infrastructure/vms", tag = "infrastructure", params(ListVms),
    responses((status = 200, description = "One page of the guests", body = ListEnvelope<Vm>)))]
pub async fn list_vms(State(app): State<Arc<App>>, Query(query): Query<ListVms>, known: Known) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    let key = match kept::find(&app, conn, "vms", &query, paging, &known).await? {
        Found::Answer(answer) => return Ok(answer),
        Found::Nothing(key) => key,
    };
    let (page, total) = db::vm::list(conn, &query, paging, app.staleness(now())).await?;
    let usages = page.iter().map(|vm| vm.usage).filter(|usage| !usage.stale);
    let fresh = usages.filter_map(|usage| usage.observed_at).collect();
    kept::keep(&app, conn, key, Rows { page, total, fresh }, paging, &known).await
}

/// Gives one guest with its configuration.
#[utoipa::path(get, path = "/infrastructure/vms/{vmid}", tag = "infrastructure",
    params(("vmid" = inline(VmRef), Path, description = "Proxmox's number of the guest, or its id", example = "101")),
    responses((status = 200, description = "The guest", body = Envelope<Vm>)))]
pub async fn find_vm(State(app): State<Arc<App>>, VmPath(vm): VmPath) -> Result<Json<Envelope<Vm>>> {
    let mut vm = power::find(&app, vm).await?;
    let conn = &mut app.db.get().await?;
    vm.config = db::vm::config(conn, vm.id).await?;
    let observed_at = vm.usage.observed_at;
    Ok(reply::observed(vm, &app, observed_at))
}

/// Gives what a guest uses now.
#[utoipa::path(get, path = "/infrastructure/vms/{vmid}/metrics", tag = "infrastructure",
    params(("vmid" = inline(VmRef), Path, description = "Proxmox's number of the guest, or its id", example = "101"), UsageQuery),
    responses((status = 200, description = "Its current usage", body = Envelope<Usage>)))]
pub async fn vm_usage(
    State(app): State<Arc<App>>,
    VmPath(vm): VmPath,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Envelope<Usage>>> {
    let mut found = power::find(&app, vm).await?;
    if query.fresh {
        let connection = app.connection(found.connection_id).ok_or_else(|| Error::not_found("VM", vm))?;
        if !connection.collect.run_now(FRESH_PATIENCE).await {
            let message = format!(
                "no fresh figures came within {} s; without fresh=true the last known ones are given",
                FRESH_PATIENCE.as_secs()
            );
            return Err(Error::new(ErrorCode::ProxmoxTimeout, message));
        }
        if let Some(error) = connection.failure().filter(|_| connection.lease.is_held()) {
            return Err(error.into());
        }
        fail_as_written_down(&app, &connection).await?;
        found = power::find(&app, found.id.into()).await?;
    }
    Ok(reply::observed(found.usage, &app, found.usage.observed_at))
}

/// How a connection fails to another daemon, which does the looking.
async fn fail_as_written_down(app: &App, connection: &Connection) -> Result<()> {
    if connection.lease.is_held() {
        return Ok(());
    }
    let conn = &mut app.db.get().await?;
    let record = db::connection::records(conn).await?.into_iter().find(|record| record.id == connection.id);
    match record.and_then(|record| record.last_error) {
        Some(error) => Err(Error::new(error.code, error.message)),
        None => Ok(()),
    }
}

/// Declares the route of a power action.
macro_rules! power_routes {
    ($( $(#[$doc:meta])* $name:ident, $path:literal, $action:expr; )+) => { $(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "infrastructure",
            params(
                ("vmid" = inline(VmRef), Path, description = "Proxmox's number of the guest, or its id", example = "101"),
                ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
                    description = "Any text of the caller's own, new for each action. Whoever repeats the request with the \
                        same key within 24 h gets the first answer again, and nothing is done twice"),
            ),
            responses((status = 202, description = "Proxmox has accepted the action; the task tells how it goes", body = Envelope<Task>,
                headers(("Idempotency-Replayed" = bool, description = "Present, and true, when this is the first answer to \
                    the Idempotency-Key, given again; errors carry it too")))))]
        pub async fn $name(
            State(app): State<Arc<App>>,
            VmPath(vm): VmPath,
            Caller(origin): Caller,
            Key(key): Key,
        ) -> Result<Response> {
            act(&app, vm, $action, origin, key).await
        }
    )+ };
}

async fn act(app: &Arc<App>, vm: VmRef, action: PowerAction, origin: Origin, key: Option<String>) -> Result<Response> {
    if let Some(key) = key {
        return idempotency::act_once(app, key, vm, action, origin).await;
    }
    let task = power::act(app, vm, action, origin, None).await?;
    Ok((StatusCode::ACCEPTED, reply::one(task)).into_response())
}

power_routes! {
    /// Switches a guest on.
    start_vm, "/infrastructure/vms/{vmid}/start", PowerAction::Start;
    /// Switches a guest off without asking it.
    stop_vm, "/infrastructure/vms/{vmid}/stop", PowerAction::Stop;
    /// Shuts a guest down and starts it again.
    restart_vm, "/infrastructure/vms/{vmid}/restart", PowerAction::Restart;
    /// Asks a guest to shut down.
    shutdown_vm, "/infrastructure/vms/{vmid}/shutdown", PowerAction::Shutdown;
    /// Presses a virtual machine's reset button.
    reset_vm, "/infrastructure/vms/{vmid}/reset", PowerAction::Reset;
    /// Freezes a guest in memory.
    suspend_vm, "/infrastructure/vms/{vmid}/suspend", PowerAction::Suspend;
    /// Lets a frozen guest go on.
    resume_vm, "/infrastructure/vms/{vmid}/resume", PowerAction::Resume;
}
