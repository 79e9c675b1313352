//! The verbs of `nexops task`.

use std::time::Duration;

use clap::{Args, Subcommand};
use nexops_core::id::TaskId;
use nexops_core::page::Sort;
use nexops_core::task::{TaskColumn, TaskStatus};

use super::{ListFlags, word_of};
use crate::complete::{Noun, sort_by};

/// What to do with tasks.
#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// List tasks, the latest first
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List(ListTasksArgs),
    /// Show one task
    #[command(alias = "get", after_help = SHOW_HELP)]
    Show(ShowTaskArgs),
    /// Wait until tasks have ended
    #[command(after_help = WAIT_HELP)]
    Wait(WaitArgs),
    /// Print what Proxmox wrote about a task
    #[command(after_help = LOG_HELP)]
    Log(TaskLogArgs),
}

/// Which tasks to list.
#[derive(Debug, Clone, Args)]
pub struct ListTasksArgs {
    /// Only tasks in this state
    #[arg(long, value_parser = word_of(TaskStatus::ALL, TaskStatus::as_str))]
    pub status: Option<TaskStatus>,
    /// Only tasks of this guest: its number, name, node/name or id
    #[arg(long, value_name = "GUEST", add = Noun::Guest.completer())]
    pub vm: Option<String>,
    /// Only tasks on this node
    #[arg(long, add = Noun::Node.completer())]
    pub node: Option<String>,
    /// Only tasks of this connection
    #[arg(long, add = Noun::Connection.completer())]
    pub connection: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Column to sort by, with - before it for the latest or largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_by(TaskColumn::ALL))]
    pub sort: Option<Sort<TaskColumn>>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

impl ListTasksArgs {
    /// Whether any task is left out on purpose.
    pub fn is_filtered(&self) -> bool {
        let Self { status, vm, node, connection, limit: _, sort: _, flags: _ } = self;
        status.is_some() || vm.is_some() || node.is_some() || connection.is_some()
    }
}

/// Which task to show.
#[derive(Debug, Args)]
pub struct ShowTaskArgs {
    /// Id of the task
    #[arg(value_name = "ID", add = Noun::Task.completer())]
    pub task: TaskId,
}

/// Which tasks to wait for.
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Ids of the tasks
    #[arg(required = true, value_name = "ID", add = Noun::Task.completer())]
    pub tasks: Vec<TaskId>,
    /// How long to wait, as 90s, 5m or 1h
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = humantime::parse_duration)]
    pub timeout: Duration,
}

/// Which task's log to print.
#[derive(Debug, Args)]
pub struct TaskLogArgs {
    /// Id of the task
    #[arg(value_name = "ID", add = Noun::Task.completer())]
    pub task: TaskId,
    /// Go on printing until the task has ended
    #[arg(short, long)]
    pub follow: bool,
}

const LIST_HELP: &str = "\
Examples:
  nexops task list
  nexops task list --status running
  nexops task list --vm web-1 --limit 10
  nexops task list --status failed -o csv
  nexops task list --limit 20 --watch
  nexops task list --filter 'action:shutdown actor:ann' --sort -finished_at";

const SHOW_HELP: &str = "\
Examples:
  nexops task show 019aaf00-0000-7000-8000-000000000001
  nexops task show 019aaf00-0000-7000-8000-000000000001 -o json";

const WAIT_HELP: &str = "\
Exits with 0 when all have succeeded, 7 when they failed, 9 when some of several failed, 8 when the time is up.

Examples:
  nexops task wait 019aaf00-0000-7000-8000-000000000001
  nexops task wait 019aaf00-0000-7000-8000-000000000001 --timeout 2m";

const LOG_HELP: &str = "\
Examples:
  nexops task log 019aaf00-0000-7000-8000-000000000001
  nexops task log 019aaf00-0000-7000-8000-000000000001 --follow";
