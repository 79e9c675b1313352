//! Waiting for the end of a task, with patience for a daemon that is away for a while.

use std::time::Duration;

use nexops_core::client;
use nexops_core::error::ErrorCode;
use nexops_core::id::TaskId;
use nexops_core::task::{Task, TaskStatus};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::elapsed;
use crate::rows::task;

const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// So far away that it never comes, yet tokio can count to it.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Until when to wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    timeout: Duration,
    deadline: Instant,
}

impl Patience {
    /// Patience that begins now.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, deadline: Instant::now() + timeout.min(LONGEST_TIMEOUT) }
    }
}

/// Polls a task until it has ended.
pub async fn until_ended(context: &Context, id: TaskId, patience: Patience) -> Result<Task> {
    let mut pause = FIRST_PAUSE;
    let mut absence: Option<client::Error> = None;
    loop {
        match timeout_at(patience.deadline, context.client.find_task(id)).await {
            Err(_) => return Err(timed_out(id, patience, absence.as_ref())),
            Ok(Ok(envelope)) if envelope.data.status != TaskStatus::Running => return Ok(envelope.data),
            Ok(Ok(_)) => absence = None,
            Ok(Err(error)) if may_pass(&error) => {
                if absence.is_none() {
                    context.talk.note(&format!("{error}; the task goes on, still waiting"));
                }
                absence = Some(error);
            }
            Ok(Err(error)) => return Err(Failure::from_client(&format!("follow task {id}"), &error)),
        }
        sleep_until(patience.deadline.min(Instant::now() + pause)).await;
        if Instant::now() >= patience.deadline {
            return Err(timed_out(id, patience, absence.as_ref()));
        }
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Whether the failure may be over with the next request: the daemon restarts, or its database or a proxy before it does.
pub fn may_pass(error: &client::Error) -> bool {
    match error {
        client::Error::Unreachable { .. } | client::Error::Timeout { .. } | client::Error::Payload { .. } => true,
        client::Error::Url { .. } => false,
        client::Error::Api(body) => match body.code {
            ErrorCode::DatabaseUnavailable
            | ErrorCode::NotReady
            | ErrorCode::TooManyReaders
            | ErrorCode::RequestTimeout
            | ErrorCode::Internal => true,
            ErrorCode::InvalidRequest
            | ErrorCode::Unauthorized
            | ErrorCode::HostNotAllowed
            | ErrorCode::OriginNotAllowed
            | ErrorCode::ProxmoxForbidden
            | ErrorCode::NotFound
            | ErrorCode::MethodNotAllowed
            | ErrorCode::AmbiguousVmid
            | ErrorCode::VmAlreadyRunning
            | ErrorCode::VmNotRunning
            | ErrorCode::VmPaused
            | ErrorCode::VmLocked
            | ErrorCode::VmIsTemplate
            | ErrorCode::VmBusy
            | ErrorCode::ActionNotSupported
            | ErrorCode::IdempotencyKeyReused
            | ErrorCode::AlertOver
            | ErrorCode::IdempotencyInProgress
            | ErrorCode::NameTaken
            | ErrorCode::NoHealthCheck
            | ErrorCode::PreconditionFailed
            | ErrorCode::ChannelInUse
            | ErrorCode::DeliveryNotDead
            | ErrorCode::PayloadTooLarge
            | ErrorCode::UnsupportedMediaType
            | ErrorCode::ManagedByEnvironment
            | ErrorCode::SecretUnusable => false,
            ErrorCode::ProxmoxUnauthorized
            | ErrorCode::ProxmoxUnreachable
            | ErrorCode::ProxmoxCertificate
            | ErrorCode::NodeOffline
            | ErrorCode::ProxmoxError
            | ErrorCode::ProxmoxTimeout => true,
        },
    }
}

fn timed_out(id: TaskId, patience: Patience, absence: Option<&client::Error>) -> Failure {
    let after = elapsed(chrono::TimeDelta::from_std(patience.timeout).unwrap_or(chrono::TimeDelta::MAX));
    let why = absence.map(|error| format!(" ({error})")).unwrap_or_default();
    Failure::new(Exit::TimedOut, "WAIT_TIMEOUT", format!("task {id} has not ended after {after}; it goes on{why}"))
        .with_hint(format!("nexops task wait {id}"))
}

/// What a task that has ended means for this program.
pub fn judge(ended: &Task) -> Result<()> {
    match ended.status {
        TaskStatus::Succeeded | TaskStatus::Running => Ok(()),
        TaskStatus::Failed | TaskStatus::Unknown => {
            let message = format!("{} failed: {}", task::label(ended), task::result(ended));
            Err(Failure::new(Exit::TaskFailed, "TASK_FAILED", message)
                .with_hint(format!("nexops task log {}", ended.id)))
        }
    }
}

/// What Ctrl-C ends with; `tasks` are those under way.
pub fn interrupted(tasks: &[TaskId]) -> Failure {
    let ids: Vec<String> = tasks.iter().map(TaskId::to_string).collect();
    match ids.len() {
        0 => Failure::new(Exit::Interrupted, "INTERRUPTED", "interrupted; what was sent may be done all the same")
            .with_hint("nexops task list"),
        1 => Failure::new(Exit::Interrupted, "INTERRUPTED", format!("interrupted; task {} goes on", ids.join(" ")))
            .with_hint(format!("nexops task wait {}", ids.join(" "))),
        _ => Failure::new(Exit::Interrupted, "INTERRUPTED", format!("interrupted; {} tasks go on", ids.len()))
            .with_hint(format!("nexops task wait {}", ids.join(" "))),
    }
}

/// Ends with Ctrl-C; never when the signal cannot be heard.
pub async fn control_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
