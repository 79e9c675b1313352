//! Power actions: from somebody's wish to a task that Proxmox has accepted, and what it takes to keep the promise.
//!
//! The task is written down before anything is sent, so that neither a crash nor a cut line can make NexOps forget
//! what it asked for. Nothing is ever sent twice: when nobody knows whether Proxmox took the request, the loop that
//! follows tasks finds out (`jobs/follow.rs`).

use std::sync::Arc;

use nexops_core::error::ErrorCode;
use nexops_core::id::{AuditId, TaskId};
use nexops_core::task::{Task, TaskLog};
use nexops_core::vm::{PowerAction, Vm, VmRef, VmStatus, VmType};
use serde_json::json;

use crate::app::{App, Connection, now};
use crate::db;
use crate::db::audit::{Entry, Origin};
use crate::db::idempotency::Claim;
use crate::db::task::{Begun, End, Intent};
use crate::proxmox::{self, GuestAddress, GuestCurrent, PowerOptions, Upid};

/// Why an action was not sent, or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such guest.
    #[error("no guest {0}")]
    NotFound(VmRef),
    /// Guests of several clusters have the number.
    #[error("several guests have this number")]
    Ambiguous(Vec<Vm>),
    /// The guest is not in a state in which the action makes sense.
    #[error("{message}")]
    WrongState {
        /// Which state it is.
        code: ErrorCode,
        /// The state in a sentence, and what to do.
        message: String,
    },
    /// Proxmox refused, or could not be asked.
    #[error("{error}{}", followed(.task.as_ref()))]
    Proxmox {
        /// How.
        error: proxmox::Error,
        /// The task that may be under way all the same, and is being looked for.
        task: Option<TaskId>,
    },
    /// Proxmox has accepted the action, and only then the database failed.
    #[error(
        "Proxmox has accepted the action, but that could not be written down; do not repeat it, for NexOps looks for it \
         as task {task}"
    )]
    Accepted {
        /// The task.
        task: TaskId,
        /// How the database failed.
        #[source]
        error: db::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// A fault of ours.
    #[error(transparent)]
    Other(anyhow::Error),
}

fn followed(task: Option<&TaskId>) -> String {
    task.map_or_else(String::new, |task| {
        format!(
            "; whether Proxmox took the action is not known yet. NexOps did not repeat it and is looking for it as \
             task {task}"
        )
    })
}

impl From<proxmox::Error> for Error {
    fn from(error: proxmox::Error) -> Self {
        Self::Proxmox { error, task: None }
    }
}

/// The one guest that a reference means.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Ambiguous`], or when the database does not answer.
pub async fn find(app: &App, vm: VmRef) -> Result<Vm, Error> {
    let conn = &mut app.db.get().await?;
    let mut found = db::vm::candidates(conn, vm, app.staleness(now())).await?;
    match (found.pop(), found.is_empty()) {
        (Some(vm), true) => Ok(vm),
        (Some(last), false) => {
            found.push(last);
            Err(Error::Ambiguous(found))
        }
        (None, _) => Err(Error::NotFound(vm)),
    }
}

/// Acts on a guest and gives the task once Proxmox has accepted it. The work goes on when the caller loses patience.
/// Under a claim on an idempotency key at most one task is ever begun.
///
/// # Errors
/// Every one of [`Error`]; nothing was changed then, unless the error names a task.
pub async fn act(
    app: &Arc<App>,
    vm: VmRef,
    action: PowerAction,
    origin: Origin,
    claim: Option<Claim>,
) -> Result<Task, Error> {
    let work = {
        let app = Arc::clone(app);
        async move { prepare_and_send(&app, vm, action, &origin, claim.as_ref()).await }
    };
    app.tracker.spawn(work).await.unwrap_or_else(|error| Err(Error::Other(error.into())))
}

/// What Proxmox's worker wrote about a task; nothing while no worker is known for it.
///
/// # Errors
/// [`Error::Proxmox`] when Proxmox does not tell.
pub async fn log(app: &App, task: &Task, start: u32, limit: u32) -> Result<TaskLog, Error> {
    let upid = task.upid.as_deref().and_then(|upid| upid.parse::<Upid>().ok());
    let (Some(upid), Some(connection)) = (upid, app.connection(task.connection_id)) else {
        return Ok(TaskLog { lines: Vec::new(), total: None });
    };
    Ok(connection.proxmox.task_log(&upid, start, limit).await?)
}

async fn prepare_and_send(
    app: &App,
    vm: VmRef,
    action: PowerAction,
    origin: &Origin,
    claim: Option<&Claim>,
) -> Result<Task, Error> {
    let vm = find(app, vm).await?;
    if vm.gone_at.is_some() {
        return Err(Error::NotFound(vm.id.into()));
    }
    let connection = app.connection(vm.connection_id).ok_or(Error::NotFound(vm.id.into()))?;
    let wish = Wish { task: TaskId::new(), action, origin, claim };
    let _sending = connection.sending(wish.task);
    match prepare(app, &connection, &vm, &wish).await {
        Ok((at, overruled)) => send(app, &connection, wish.task, &at, action, overruled).await,
        Err(error) => {
            note_refusal(app, &vm, &wish, &error).await;
            Err(error)
        }
    }
}

/// Everything before the sending: whether the action makes sense, and the writing down.
async fn prepare(app: &App, connection: &Connection, vm: &Vm, wish: &Wish<'_>) -> Result<(GuestAddress, bool), Error> {
    check_kind(vm, wish.action)?;
    let (at, current) = locate(connection, vm).await?;
    check_state(vm, &current, wish.action)?;
    let overruled = begin(app, vm, &at, wish).await?;
    Ok((at, overruled))
}

/// Writes into the audit log that somebody wanted what he could not have. He gets his answer in any case.
async fn note_refusal(app: &App, vm: &Vm, wish: &Wish<'_>, error: &Error) {
    // A fault is no refusal. Under a lapsed claim the wish is another request's by now, which has a row of its own.
    if matches!(error, Error::Db(_) | Error::Other(_)) {
        return;
    }
    let noted: db::Result<()> = async {
        let mut entry = entry(vm, &vm.node, wish);
        entry.details["refusal"] = json!(error.to_string());
        db::audit::refused(&mut *app.db.get().await?, &entry).await
    }
    .await;
    if let Err(error) = noted {
        tracing::warn!(
            vmid = vm.vmid,
            error = format!("{:#}", anyhow::Error::from(error)),
            "a refused action is not in the audit log"
        );
    }
}

/// The row of the audit log for a wish.
fn entry<'a>(vm: &Vm, node: &str, wish: &'a Wish<'_>) -> Entry<'a> {
    Entry {
        id: AuditId::new(),
        origin: wish.origin,
        action: audited(wish.action),
        resource_type: "vm",
        resource_id: vm.id.0,
        details: json!({"vmid": vm.vmid, "name": vm.name, "node": node, "connection": vm.connection}),
        at: now(),
    }
}

/// What the action is called in the audit log.
const fn audited(action: PowerAction) -> &'static str {
    match action {
        PowerAction::Start => "vm.start",
        PowerAction::Stop => "vm.stop",
        PowerAction::Restart => "vm.restart",
        PowerAction::Shutdown => "vm.shutdown",
        PowerAction::Reset => "vm.reset",
        PowerAction::Suspend => "vm.suspend",
        PowerAction::Resume => "vm.resume",
    }
}

/// An action that somebody wants, and may have.
struct Wish<'a> {
    task: TaskId,
    action: PowerAction,
    origin: &'a Origin,
    claim: Option<&'a Claim>,
}

/// Writes the task down, and says whether it overrules a shutdown that is under way.
async fn begin(app: &App, vm: &Vm, at: &GuestAddress, wish: &Wish<'_>) -> Result<bool, Error> {
    let Wish { task, action, origin: _, claim } = *wish;
    let conn = &mut app.db.get().await?;
    let mut audit = entry(vm, &at.node, wish);
    audit.details["task_id"] = json!(task);
    let intent = Intent {
        id: task,
        connection_id: vm.connection_id,
        vm_id: vm.id,
        vmid: vm.vmid,
        node: &at.node,
        action,
        sender: app.daemon.id,
        audit,
        claim,
    };
    match db::task::begin(conn, &intent).await? {
        Begun::OnTopOf(other) => Ok(other == Some(PowerAction::Shutdown)),
        Begun::Busy(other) => Err(busy(vm, &other)),
        Begun::Lapsed => Err(Error::Other(anyhow::anyhow!("the claim on the idempotency key has lapsed"))),
    }
}

fn busy(vm: &Vm, other: &Task) -> Error {
    let instead = if other.action == PowerAction::Stop { "" } else { ", or stop the guest" };
    let message = format!(
        "another action on guest {} '{}' is still under way (task {}: {}); wait for it{instead}",
        vm.vmid, vm.name, other.id, other.action
    );
    Error::WrongState { code: ErrorCode::VmBusy, message }
}

async fn send(
    app: &App,
    connection: &Connection,
    task: TaskId,
    at: &GuestAddress,
    action: PowerAction,
    overruled: bool,
) -> Result<Task, Error> {
    let overrule_shutdown = overruled && connection.can_overrule_shutdown().await;
    let options = PowerOptions { overrule_shutdown, timeout: None };
    let answer = connection.proxmox.power(at, action, options).await;
    // Whatever becomes of the writing down, the loop finds the worker and follows it.
    connection.follow.ring();
    match answer {
        Ok(upid) => note_worker(app, task, &upid).await.map_err(|error| Error::Accepted { task, error }),
        Err(error) if error.outcome_unknown() => {
            // If that cannot be written down, it is believed for as long as a request can last.
            if let Ok(mut conn) = app.db.get().await {
                let _noted = db::task::sent_in_vain(&mut conn, task).await;
            }
            Err(Error::Proxmox { error, task: Some(task) })
        }
        Err(error) => {
            let reason = error.upstream().map_or_else(|| error.to_string(), |upstream| upstream.reason);
            let conn = &mut app.db.get().await?;
            db::task::finish(conn, task, &End::Failed, &reason, None, now()).await?;
            Err(error.into())
        }
    }
}

async fn note_worker(app: &App, task: TaskId, upid: &Upid) -> db::Result<Task> {
    let conn = &mut app.db.get().await?;
    db::task::bind(conn, task, upid.as_str(), upid.node(), now()).await
}

/// Finds the node that owns the guest now, and asks it how the guest is. A guest that moved since it was last seen is
/// looked for once.
async fn locate(connection: &Connection, vm: &Vm) -> Result<(GuestAddress, GuestCurrent), Error> {
    let at = GuestAddress { node: vm.node.clone(), kind: vm.kind, vmid: vm.vmid };
    match connection.proxmox.guest_current(&at).await {
        Ok(current) => Ok((at, current)),
        Err(proxmox::Error::GuestMissing { .. }) => {
            let resources = connection.proxmox.cluster_resources().await?;
            connection.sync.ring();
            let moved = resources.guests.into_iter().find(|row| row.vmid == vm.vmid && row.kind == vm.kind);
            let at = GuestAddress { node: moved.ok_or(Error::NotFound(vm.id.into()))?.node, ..at };
            let current = connection.proxmox.guest_current(&at).await?;
            Ok((at, current))
        }
        Err(error) => Err(error.into()),
    }
}

fn check_kind(vm: &Vm, action: PowerAction) -> Result<(), Error> {
    match (vm.kind, action) {
        (VmType::Lxc, PowerAction::Reset) => Err(Error::WrongState {
            code: ErrorCode::ActionNotSupported,
            message: format!(
                "guest {} '{}' is a container, which has no reset button; restart or stop it",
                vm.vmid, vm.name
            ),
        }),
        (
            VmType::Qemu | VmType::Lxc,
            PowerAction::Start
            | PowerAction::Stop
            | PowerAction::Restart
            | PowerAction::Shutdown
            | PowerAction::Reset
            | PowerAction::Suspend
            | PowerAction::Resume,
        ) => Ok(()),
    }
}

/// Refuses what cannot work. Proxmox itself would often accept it and fail a second later, in a task.
fn check_state(vm: &Vm, current: &GuestCurrent, action: PowerAction) -> Result<(), Error> {
    let who = format!("guest {} '{}'", vm.vmid, vm.name);
    let refuse = |code, message: String| Err(Error::WrongState { code, message });
    if current.template || vm.template {
        let message = format!("{who} is a template and cannot run; clone it");
        return refuse(ErrorCode::VmIsTemplate, message);
    }
    // A guest that was suspended to disk is off and holds this lock; starting it is how it goes on.
    let hibernated = current.lock.as_deref() == Some("suspended");
    let wakes = matches!(action, PowerAction::Start | PowerAction::Resume);
    if let Some(lock) = current.lock.as_deref().filter(|_| !(hibernated && wakes)) {
        let message = format!("{who} is locked by Proxmox ({lock}); wait until that is over, or look at its tasks");
        return refuse(ErrorCode::VmLocked, message);
    }
    match (action, current.status) {
        (PowerAction::Start | PowerAction::Resume, VmStatus::Running) => {
            refuse(ErrorCode::VmAlreadyRunning, format!("{who} runs already"))
        }
        (PowerAction::Start, VmStatus::Paused) => {
            refuse(ErrorCode::VmPaused, format!("{who} is on already, but paused; resume it"))
        }
        (PowerAction::Start, VmStatus::Error) => {
            refuse(ErrorCode::VmPaused, format!("{who} is on already, but halted by an error; resume or reset it"))
        }
        (PowerAction::Shutdown | PowerAction::Restart, VmStatus::Paused) => {
            refuse(ErrorCode::VmPaused, format!("{who} is paused and cannot hear; resume it first, or stop it"))
        }
        (PowerAction::Suspend, VmStatus::Paused) => refuse(ErrorCode::VmPaused, format!("{who} is paused already")),
        (PowerAction::Resume, VmStatus::Stopped) if hibernated => Ok(()),
        (
            PowerAction::Stop
            | PowerAction::Restart
            | PowerAction::Shutdown
            | PowerAction::Reset
            | PowerAction::Suspend
            | PowerAction::Resume,
            VmStatus::Stopped,
        ) => refuse(ErrorCode::VmNotRunning, format!("{who} does not run")),
        (
            PowerAction::Start
            | PowerAction::Stop
            | PowerAction::Restart
            | PowerAction::Shutdown
            | PowerAction::Reset
            | PowerAction::Suspend
            | PowerAction::Resume,
            VmStatus::Running | VmStatus::Stopped | VmStatus::Paused | VmStatus::Error | VmStatus::Unknown,
        ) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
