//! Tasks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::error::FieldError;
use nexops_core::id::TaskId;
use nexops_core::task::{ListTasks, Task, TaskLog, TaskLogQuery};
use nexops_core::vm::NotAVmRef;

use super::error::{Error, Result};
use super::extract::{Path, Query, paging};
use super::reply::{self, Known};
use crate::app::App;
use crate::{db, power};

/// Lines of a log when the caller does not say how many.
const DEFAULT_LINES: u32 = 500;
/// The most lines at a time.
const MOST_LINES: u32 = 5000;

/// Lists power actions, under way and done, the latest first.
#[utoipa::path(get, path = "/tasks", tag = "tasks", params(ListTasks),
    responses((status = 200, description = "One page of the tasks", body = ListEnvelope<Task>)))]
pub async fn list_tasks(State(app): State<Arc<App>>, Query(query): Query<ListTasks>, known: Known) -> Result<Response> {
    let paging = paging(query.page, query.per_page)?;
    let vm = query.vm.as_deref().map(str::parse).transpose();
    let vm = vm.map_err(|error: NotAVmRef| Error::invalid(vec![FieldError::new("vm", error.to_string())]))?;
    let conn = &mut app.db.get().await?;
    reply::list(db::task::list(conn, &query, vm, paging).await?, paging, &known)
}

/// Gives one task.
#[utoipa::path(get, path = "/tasks/{id}", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task", body = Envelope<Task>)))]
pub async fn find_task(State(app): State<Arc<App>>, Path(id): Path<TaskId>) -> Result<Json<Envelope<Task>>> {
    Ok(reply::one(find(&app, id).await?))
}

/// Gives a piece of a task's log, as Proxmox has it now.
#[utoipa::path(get, path = "/tasks/{id}/log", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id"), TaskLogQuery),
    responses((status = 200, description = "The lines", body = Envelope<TaskLog>)))]
pub async fn task_log(
    State(app): State<Arc<App>>,
    Path(id): Path<TaskId>,
    Query(query): Query<TaskLogQuery>,
) -> Result<Json<Envelope<TaskLog>>> {
    let limit = query.limit.unwrap_or(DEFAULT_LINES);
    if !(1..=MOST_LINES).contains(&limit) {
        let reason = format!("{limit} is out of range: 1 to {MOST_LINES}");
        return Err(Error::invalid(vec![FieldError::new("limit", reason)]));
    }
    let task = find(&app, id).await?;
    Ok(reply::one(power::log(&app, &task, query.start.unwrap_or(0), limit).await?))
}

async fn find(app: &App, id: TaskId) -> Result<Task> {
    let conn = &mut app.db.get().await?;
    db::task::find(conn, id).await.map_err(|error| match error {
        db::Error::NotFound => Error::not_found("task", id),
        db::Error::Unique { .. }
        | db::Error::OtherVersion { .. }
        | db::Error::Superseded { .. }
        | db::Error::Unavailable(_)
        | db::Error::Other(_) => error.into(),
    })
}
