//! Tasks: power actions from the decision to act until their end.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::audit::Outcome;
use nexops_core::event::Change;
use nexops_core::id::{ConnectionId, TaskId, VmId};
use nexops_core::page::{Paging, Sort};
use nexops_core::task::{ListTasks, Task, TaskColumn, TaskStatus};
use nexops_core::vm::{PowerAction, VmRef, VmType};
use serde_json::json;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::idempotency::{self, Claim};
use super::latest::Staleness;
use super::schema::{proxmox_connections, tasks, vms};
use super::vm::candidates;
use super::vm::record::{ConfirmedState, confirm};
use super::{Error, Result, event};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = tasks)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct TaskRow {
    id: Uuid,
    connection_id: Uuid,
    vm_id: Uuid,
    vmid: i32,
    node: String,
    action: String,
    upid: Option<String>,
    status: String,
    exit_status: Option<String>,
    progress: Option<i16>,
    actor: String,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl TaskRow {
    fn into_task(self) -> Result<Task> {
        let Self {
            id,
            connection_id,
            vm_id,
            vmid,
            node,
            action,
            upid,
            status,
            exit_status,
            progress,
            actor,
            started_at,
            finished_at,
        } = self;
        Ok(Task {
            id: id.into(),
            upid,
            action: super::word(&action)?,
            vm_id: vm_id.into(),
            vmid,
            node,
            connection_id: connection_id.into(),
            status: super::word(&status)?,
            exit_status,
            progress,
            actor,
            started_at,
            finished_at,
        })
    }
}

/// The decision to act on a guest.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent<'a> {
    /// The id that the task will have.
    pub id: TaskId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The guest.
    pub vm_id: VmId,
    /// Its number.
    pub vmid: i32,
    /// The node that owns it.
    pub node: &'a str,
    /// What is to be done.
    pub action: PowerAction,
    /// The daemon that sends it.
    pub sender: Uuid,
    /// The audit row.
    pub audit: Entry<'a>,
    /// The claim on an idempotency key under which it is done, if the caller gave one.
    pub claim: Option<&'a Claim>,
}

/// Whether an action may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is written down; a stop perhaps on top of another action that is still under way.
    OnTopOf(Option<PowerAction>),
    /// Another action on the guest is still under way, and nothing was written down.
    Busy(Task),
    /// The claim has lapsed, somebody else may have acted under its key, and nothing was written down.
    Lapsed,
}

/// Writes down that an action is about to be sent to Proxmox, together with its audit row. From here on nothing that
/// happens to the daemon can make it forget.
///
/// A stop may come on top of anything but another stop, and nothing may come on top of a stop. The guest's row is locked
/// meanwhile, so that of several who act at once one is first.
///
/// # Errors
/// When the database does not answer.
pub async fn begin(conn: &mut AsyncPgConnection, intent: &Intent<'_>) -> Result<Begun> {
    conn.transaction::<_, Error, _>(async |conn| {
        vms::table.find(intent.vm_id.0).select(vms::id).for_no_key_update().first::<Uuid>(conn).await?;
        let running = running_on(conn, intent.vm_id).await?;
        let is_stop = |action| action == PowerAction::Stop;
        let on_top_of = match running {
            Some(other) if is_stop(other.action) || !is_stop(intent.action) => return Ok(Begun::Busy(other)),
            other => other.map(|task| task.action),
        };
        if let Some(claim) = intent.claim
            && !idempotency::bind(conn, claim, intent.id).await?
        {
            return Ok(Begun::Lapsed);
        }
        audit::begin(conn, &intent.audit).await?;
        diesel::insert_into(tasks::table)
            .values((
                tasks::id.eq(intent.id.0),
                tasks::connection_id.eq(intent.connection_id.0),
                tasks::vm_id.eq(intent.vm_id.0),
                tasks::vmid.eq(intent.vmid),
                tasks::node.eq(intent.node),
                tasks::action.eq(intent.action.as_str()),
                tasks::status.eq(TaskStatus::Running.as_str()),
                tasks::sender.eq(intent.sender),
                tasks::actor.eq(&intent.audit.origin.actor),
                tasks::audit_id.eq(intent.audit.id.0),
                tasks::started_at.eq(intent.audit.at),
            ))
            .execute(conn)
            .await?;
        tell(conn, intent.id, intent.audit.at).await?;
        Ok(Begun::OnTopOf(on_top_of))
    })
    .await
}

/// Tells those who follow how a task is.
async fn tell(conn: &mut AsyncPgConnection, id: TaskId, now: DateTime<Utc>) -> Result<Task> {
    let task = find(conn, id).await?;
    event::record(conn, &[Change::Task(Box::new(task.clone()))], now).await?;
    Ok(task)
}

/// Binds a task to the worker that Proxmox started for it.
///
/// # Errors
/// [`Error::Unique`] when another task has that worker; or when the database does not answer.
pub async fn bind(
    conn: &mut AsyncPgConnection,
    id: TaskId,
    upid: &str,
    node: &str,
    now: DateTime<Utc>,
) -> Result<Task> {
    conn.transaction(async |conn| {
        diesel::update(tasks::table.find(id.0)).set((tasks::upid.eq(upid), tasks::node.eq(node))).execute(conn).await?;
        tell(conn, id, now).await
    })
    .await
}

/// Notes that a task's sender is done with it and does not know what came of it, so that its worker is to be looked for.
///
/// # Errors
/// When the database does not answer.
pub async fn sent_in_vain(conn: &mut AsyncPgConnection, id: TaskId) -> Result<()> {
    diesel::update(tasks::table.find(id.0)).set(tasks::sender.eq(None::<Uuid>)).execute(conn).await?;
    Ok(())
}

/// Notes when a task's worker ended well while the guest has yet to be seen in the intended state.
///
/// # Errors
/// When the database does not answer.
pub async fn worker_ended(conn: &mut AsyncPgConnection, id: TaskId, now: DateTime<Utc>) -> Result<()> {
    diesel::update(tasks::table.find(id.0)).set(tasks::worker_ended_at.eq(now)).execute(conn).await?;
    Ok(())
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It had its effect.
    Succeeded,
    /// It had not.
    Failed,
    /// Nobody can tell.
    Unknown,
}

impl End {
    const fn status(&self) -> TaskStatus {
        match self {
            Self::Succeeded => TaskStatus::Succeeded,
            Self::Failed => TaskStatus::Failed,
            Self::Unknown => TaskStatus::Unknown,
        }
    }

    const fn outcome(&self) -> Outcome {
        match self {
            Self::Succeeded => Outcome::Succeeded,
            Self::Failed => Outcome::Failed,
            Self::Unknown => Outcome::Unknown,
        }
    }
}

/// A guest as its own node told it, when a task on it had ended.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The guest.
    pub vm: VmId,
    /// How it is.
    pub state: &'a ConfirmedState,
    /// When the figures that are told with it count as stale.
    pub staleness: Staleness,
}

/// Writes down how a task ended, with the outcome in the audit log and the guest's state as it was read afterwards: who
/// sees the task ended sees the guest as it is.
///
/// # Errors
/// When the database does not answer.
pub async fn finish(
    conn: &mut AsyncPgConnection,
    id: TaskId,
    end: &End,
    exit_status: &str,
    seen: Option<Seen<'_>>,
    now: DateTime<Utc>,
) -> Result<()> {
    let exit_status = &super::storable(exit_status);
    conn.transaction::<_, Error, _>(async |conn| {
        let audit_id: Option<(Uuid, Option<String>)> =
            diesel::update(tasks::table.find(id.0).filter(tasks::status.eq(TaskStatus::Running.as_str())))
                .set((
                    tasks::status.eq(end.status().as_str()),
                    tasks::exit_status.eq(exit_status),
                    tasks::finished_at.eq(now),
                ))
                .returning((tasks::audit_id, tasks::upid))
                .get_result(conn)
                .await
                .optional()?;
        let Some((audit_id, upid)) = audit_id else {
            return Ok(());
        };
        audit::end(conn, audit_id, end.outcome(), json!({"exit_status": exit_status, "upid": upid})).await?;
        if let Some(Seen { vm, state, staleness }) = seen {
            confirm(conn, vm, state, now).await?;
            let vms = candidates(conn, vm.into(), staleness).await?.into_iter();
            event::record(conn, &vms.map(|vm| Change::Vm(Box::new(vm))).collect::<Vec<_>>(), now).await?;
        }
        tell(conn, id, now).await?;
        Ok(())
    })
    .await
}

/// A task that is not known to have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The task.
    pub task: Task,
    /// The guest's kind.
    pub kind: VmType,
    /// When its worker ended well, if it did.
    pub worker_ended_at: Option<DateTime<Utc>>,
    /// The daemon that sends it, or sent it, to Proxmox.
    pub sender: Option<Uuid>,
}

/// The tasks of a connection that are not known to have ended, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn running(conn: &mut AsyncPgConnection, connection: ConnectionId) -> Result<Vec<Running>> {
    type Row = (TaskRow, String, Option<DateTime<Utc>>, Option<Uuid>);
    let rows: Vec<Row> = tasks::table
        .inner_join(vms::table)
        .filter(tasks::connection_id.eq(connection.0).and(tasks::status.eq(TaskStatus::Running.as_str())))
        .order_by(tasks::id)
        .select((TaskRow::as_select(), vms::kind, tasks::worker_ended_at, tasks::sender))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(row, kind, worker_ended_at, sender)| {
            Ok(Running { task: row.into_task()?, kind: super::word(&kind)?, worker_ended_at, sender })
        })
        .collect()
}

/// The action on a guest that is under way, if there is one; of two, the stop.
async fn running_on(conn: &mut AsyncPgConnection, vm: VmId) -> Result<Option<Task>> {
    let row: Option<TaskRow> = tasks::table
        .filter(tasks::vm_id.eq(vm.0).and(tasks::status.eq(TaskStatus::Running.as_str())))
        .order_by((tasks::action.eq(PowerAction::Stop.as_str()).desc(), tasks::id.desc()))
        .select(TaskRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(TaskRow::into_task).transpose()
}

/// Which of these workers belong to tasks of ours already.
///
/// # Errors
/// When the database does not answer.
pub async fn bound(conn: &mut AsyncPgConnection, connection: ConnectionId, upids: &[String]) -> Result<Vec<String>> {
    let bound: Vec<Option<String>> = tasks::table
        .filter(tasks::connection_id.eq(connection.0).and(tasks::upid.eq_any(upids)))
        .select(tasks::upid)
        .load(conn)
        .await?;
    Ok(bound.into_iter().flatten().collect())
}

/// One task.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn find(conn: &mut AsyncPgConnection, id: TaskId) -> Result<Task> {
    let row: TaskRow = tasks::table.find(id.0).select(TaskRow::as_select()).first(conn).await?;
    row.into_task()
}

/// One page of the tasks, and how many there are in all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    query: &ListTasks,
    vm: Option<VmRef>,
    paging: Paging,
) -> Result<(Vec<Task>, u64)> {
    let ListTasks { page: _, per_page: _, sort, status, vm: _, node, connection } = query;
    macro_rules! filtered {
        () => {{
            let mut query = tasks::table.inner_join(proxmox_connections::table).into_boxed();
            if let Some(status) = status {
                query = query.filter(tasks::status.eq(status.as_str()));
            }
            query = match vm {
                Some(VmRef::Vmid(vmid)) => query.filter(tasks::vmid.eq(vmid)),
                Some(VmRef::Id(id)) => query.filter(tasks::vm_id.eq(id.0)),
                None => query,
            };
            if let Some(node) = node {
                query = query.filter(tasks::node.eq(node));
            }
            if let Some(connection) = connection {
                query = match connection.parse::<Uuid>() {
                    Ok(id) => query.filter(tasks::connection_id.eq(id)),
                    Err(_) => query.filter(proxmox_connections::name.eq(connection)),
                };
            }
            query
        }};
    }
    let total: i64 = filtered!().count().get_result(conn).await?;
    let page = filtered!()
        .limit(i64::from(paging.per_page()))
        .offset(i64::try_from(paging.offset()).unwrap_or(i64::MAX))
        .select(TaskRow::as_select());
    let Sort { column, descending } = sort.unwrap_or(Sort { column: TaskColumn::StartedAt, descending: true });
    let rows = match (column, descending) {
        (TaskColumn::StartedAt, false) => page.order_by((tasks::started_at.asc(), tasks::id.asc())),
        (TaskColumn::StartedAt, true) => page.order_by((tasks::started_at.desc(), tasks::id.desc())),
        (TaskColumn::FinishedAt, false) => page.order_by((tasks::finished_at.asc().nulls_last(), tasks::id.asc())),
        (TaskColumn::FinishedAt, true) => page.order_by((tasks::finished_at.desc().nulls_last(), tasks::id.asc())),
        (TaskColumn::Status, false) => page.order_by((tasks::status.asc(), tasks::id.asc())),
        (TaskColumn::Status, true) => page.order_by((tasks::status.desc(), tasks::id.asc())),
        (TaskColumn::Vmid, false) => page.order_by((tasks::vmid.asc(), tasks::id.asc())),
        (TaskColumn::Vmid, true) => page.order_by((tasks::vmid.desc(), tasks::id.asc())),
        (TaskColumn::Action, false) => page.order_by((tasks::action.asc(), tasks::id.asc())),
        (TaskColumn::Action, true) => page.order_by((tasks::action.desc(), tasks::id.asc())),
    }
    .load(conn)
    .await?;
    Ok((rows.into_iter().map(TaskRow::into_task).collect::<Result<_>>()?, total.unsigned_abs()))
}
