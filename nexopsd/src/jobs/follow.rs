//! Follows tasks to their end, also those that a daemon before this one began.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use nexops_core::task::Task;
use nexops_core::vm::PowerAction;
use serde::Serialize;

use super::{Job, Ran};
use crate::app::{App, Connection, now};
use crate::db;
use crate::db::task::{End, Running, Seen};
use crate::db::vm::record::ConfirmedState;
use crate::proxmox::{Error, GuestAddress, GuestCurrent, Outcome, TaskEnd, TaskRow, TaskState, Upid};

/// The loop's name.
pub const NAME: &str = "follow";
/// How often the loop looks for tasks when it knows of none.
pub const PERIOD: Duration = Duration::from_secs(30);

/// How long a guest may take to come into the intended state after its worker ended well: a reboot's worker only shuts
/// the guest down, and one for a highly available guest only files a request.
const SETTLING: TimeDelta = TimeDelta::seconds(60);
/// How long after the sending a worker may appear that Proxmox never confirmed. Longer than any request of ours lasts.
const APPEARING: TimeDelta = TimeDelta::seconds(90);
/// How far Proxmox's clock may be from ours when a worker is recognised by its start.
const CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(5);
/// How long a node may take to tell how a task is before the others go on without it; it is asked again with them.
const ANSWERING: Duration = Duration::from_secs(5);
/// After this long a task whose node stays silent is given up.
const PATIENCE: TimeDelta = TimeDelta::hours(24);

/// The loop, for one connection.
#[derive(Debug)]
pub struct Follow {
    /// The cluster.
    pub connection: Arc<Connection>,
}

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    running: usize,
    ended: usize,
}

/// Whether a task needs another look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    GoesOn,
    Ended,
}

impl Job for Follow {
    const TIMEOUT: Duration = Duration::from_secs(120);
    /// Somebody may be waiting for the end of a task.
    const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(3);
    type Report = Report;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let running = {
            let conn = &mut app.db.get().await?;
            db::task::running(conn, self.connection.id).await?
        };
        let steps = futures::future::join_all(running.iter().map(|running| self.step(app, running, now))).await;
        let mut report = Report::default();
        let mut again_in: Option<Duration> = None;
        for (running, step) in running.iter().zip(steps) {
            match step? {
                Step::Ended => report.ended += 1,
                Step::GoesOn => {
                    report.running += 1;
                    let pause = pause(now - running.task.started_at);
                    again_in = Some(again_in.map_or(pause, |shortest| shortest.min(pause)));
                }
            }
        }
        Ok(Ran { report, again_in })
    }
}

/// Most actions end within seconds; the others can be looked at less often.
fn pause(age: TimeDelta) -> Duration {
    match age.num_seconds() {
        ..5 => Duration::from_millis(400),
        5..15 => Duration::from_secs(1),
        15.. => Duration::from_secs(3),
    }
}

impl Follow {
    async fn step(&self, app: &App, running: &Running, now: DateTime<Utc>) -> anyhow::Result<Step> {
        let task = &running.task;
        let answer = match task.upid.as_deref().map(str::parse::<Upid>) {
            Some(Ok(upid)) => match in_time(self.connection.proxmox.task_status(&upid)).await {
                Ok(TaskState::Running) => Ok(Step::GoesOn),
                Ok(TaskState::Ended(end)) => return self.settle(app, running, &end).await,
                Err(error) => Err(error),
            },
            Some(Err(error)) => return self.give_up(app, running, &format!("the stored worker id: {error}")).await,
            None if self.connection.is_sending(task.id) => Ok(Step::GoesOn),
            None if is_sent_elsewhere(app, running, now).await? => Ok(Step::GoesOn),
            None => return self.search(app, running, now).await,
        };
        match answer {
            Ok(step) => Ok(step),
            Err(error) => self.unanswered(app, running, &error, now).await,
        }
    }

    /// Decides what it means that Proxmox does not tell how a task is.
    async fn unanswered(
        &self,
        app: &App,
        running: &Running,
        error: &Error,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Step> {
        match error {
            Error::NoSuchTask | Error::Forbidden { .. } => self.give_up(app, running, &error.to_string()).await,
            _ if now - running.task.started_at > PATIENCE => {
                self.give_up(app, running, &format!("no answer for a day: {error}")).await
            }
            _ => Ok(Step::GoesOn),
        }
    }

    async fn give_up(&self, app: &App, running: &Running, reason: &str) -> anyhow::Result<Step> {
        let reason = format!("how it ended is not known: {reason}");
        let guest = self.look_at(running).await.unwrap_or_default();
        self.finish(app, &running.task, &End::Unknown, &reason, guest.as_ref()).await
    }

    /// Brings a task whose worker has ended to its end, with a look at the guest.
    async fn settle(&self, app: &App, running: &Running, end: &TaskEnd) -> anyhow::Result<Step> {
        let task = &running.task;
        let guest = match self.look_at(running).await {
            Ok(guest) => guest,
            // Who sees the task ended shall see the guest as it is, so that it is worth a while to wait for that.
            Err(_) if self.is_settling(app, running).await? => return Ok(Step::GoesOn),
            Err(error) if task.action == PowerAction::Restart && end.outcome == Outcome::Succeeded => {
                let reason = format!("the guest was shut down; whether it runs again is not known: {error}");
                return self.finish(app, task, &End::Unknown, &reason, None).await;
            }
            Err(_) => None,
        };
        match end.outcome {
            Outcome::Failed => self.finish(app, task, &End::Failed, &end.exit_status, guest.as_ref()).await,
            Outcome::Unknown => self.finish(app, task, &End::Unknown, &end.exit_status, guest.as_ref()).await,
            Outcome::Succeeded => match &guest {
                Some(guest) if comes_later(task.action, guest) => self.wait_for(app, running, end, guest).await,
                Some(_) | None => self.finish(app, task, &End::Succeeded, &end.exit_status, guest.as_ref()).await,
            },
        }
    }

    /// Waits until the guest does what the worker only set going.
    async fn wait_for(
        &self,
        app: &App,
        running: &Running,
        end: &TaskEnd,
        guest: &GuestCurrent,
    ) -> anyhow::Result<Step> {
        if self.is_settling(app, running).await? {
            return Ok(Step::GoesOn);
        }
        let reason = format!(
            "Proxmox's worker ended with {}, but {} s later the guest is {}, not {}",
            end.exit_status,
            SETTLING.num_seconds(),
            guest.status,
            running.task.action.intended_status()
        );
        self.finish(app, &running.task, &End::Failed, &reason, Some(guest)).await
    }

    /// Whether the worker ended so lately that the guest has time left; notes the end when it is first seen.
    async fn is_settling(&self, app: &App, running: &Running) -> anyhow::Result<bool> {
        let now = now();
        let Some(ended_at) = running.worker_ended_at else {
            let conn = &mut app.db.get().await?;
            db::task::worker_ended(conn, running.task.id, now).await?;
            return Ok(true);
        };
        Ok(now - ended_at < SETTLING)
    }

    /// Looks for the worker of a task that was sent without an answer. It is never sent again.
    async fn search(&self, app: &App, running: &Running, now: DateTime<Utc>) -> anyhow::Result<Step> {
        let task = &running.task;
        let since = task.started_at - CLOCK_DIFFERENCE;
        let rows = match in_time(self.connection.proxmox.tasks_of_guest(&task.node, task.vmid, since)).await {
            Ok(rows) => rows,
            Err(error) => return self.unanswered(app, running, &error, now).await,
        };
        let conn = &mut app.db.get().await?;
        let upids: Vec<String> = rows.iter().map(|row| row.upid.to_string()).collect();
        let taken = db::task::bound(conn, self.connection.id, &upids).await?;
        let ours = rows
            .iter()
            .filter(|row| !taken.contains(&row.upid.to_string()))
            .filter(|row| row.started_at >= since && self.is_ours(row) && fits(task.action, &row.task_type))
            .min_by_key(|row| (row.started_at - task.started_at).abs());
        match ours {
            Some(row) => {
                db::task::bind(conn, task.id, &row.upid.to_string(), row.upid.node(), now).await?;
                tracing::info!(task.id = %task.id, upid = %row.upid, "found the worker of a task that was not confirmed");
                Ok(Step::GoesOn)
            }
            None if now - task.started_at < APPEARING => Ok(Step::GoesOn),
            None => self.give_up(app, running, "Proxmox never confirmed it and runs no worker for it").await,
        }
    }

    /// Active workers are listed with the token's id, archived ones with the user alone.
    fn is_ours(&self, row: &TaskRow) -> bool {
        let token = self.connection.token_id.as_str();
        row.user == token || token.split('!').next() == Some(row.user.as_str())
    }

    /// The guest as its node sees it; `None` when it is not there any more or may not be seen. An error when the node
    /// may tell a little later.
    async fn look_at(&self, running: &Running) -> Result<Option<GuestCurrent>, Error> {
        let Running { task, kind, worker_ended_at: _, sender: _ } = running;
        let at = GuestAddress { node: task.node.clone(), kind: *kind, vmid: task.vmid };
        match in_time(self.connection.proxmox.guest_current(&at)).await {
            Ok(guest) => Ok(Some(guest)),
            Err(Error::GuestMissing { .. } | Error::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn finish(
        &self,
        app: &App,
        task: &Task,
        end: &End,
        exit_status: &str,
        guest: Option<&GuestCurrent>,
    ) -> anyhow::Result<Step> {
        let state = guest.map(|guest| ConfirmedState {
            status: guest.status,
            status_detail: guest.status_detail.clone(),
            locked: guest.lock.clone(),
        });
        let now = now();
        let staleness = app.staleness(now);
        let seen = state.as_ref().map(|state| Seen { vm: task.vm_id, state, staleness });
        let conn = &mut app.db.get().await?;
        db::task::finish(conn, task.id, end, exit_status, seen, now).await?;
        tracing::info!(task.id = %task.id, vmid = task.vmid, action = %task.action, exit_status, "a task ended");
        Ok(Step::Ended)
    }
}

/// Whether another daemon is sending the task at the moment.
async fn is_sent_elsewhere(app: &App, running: &Running, now: DateTime<Utc>) -> db::Result<bool> {
    match running.sender.filter(|sender| *sender != app.daemon.id) {
        Some(sender) if now - running.task.started_at < APPEARING => {
            db::lease::lives(&mut *app.db.get().await?, sender).await
        }
        Some(_) | None => Ok(false),
    }
}

/// An answer, or the error that it took too long for those who wait with it.
async fn in_time<T>(question: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let silent = |_elapsed| Err(Error::Timeout { what: "a question about a task".to_owned(), after: ANSWERING });
    tokio::time::timeout(ANSWERING, question).await.unwrap_or_else(silent)
}

/// Whether the worker's good end was only the beginning.
fn comes_later(action: PowerAction, guest: &GuestCurrent) -> bool {
    let deferred = guest.ha_managed || action == PowerAction::Restart;
    deferred && guest.status != action.intended_status()
}

/// Whether Proxmox's workers of this type carry out the action. Those named `ha…` file a request for a highly
/// available guest.
fn fits(action: PowerAction, task_type: &str) -> bool {
    let types: &[&str] = match action {
        PowerAction::Start => &["qmstart", "vzstart", "hastart"],
        PowerAction::Stop => &["qmstop", "vzstop", "hastop"],
        PowerAction::Restart => &["qmreboot", "vzreboot"],
        PowerAction::Shutdown => &["qmshutdown", "vzshutdown", "hastop"],
        PowerAction::Reset => &["qmreset"],
        PowerAction::Suspend => &["qmpause", "qmsuspend", "vzsuspend"],
        PowerAction::Resume => &["qmresume", "vzresume", "qmstart"],
    };
    types.contains(&task_type)
}
