//! `nexops task log`.

use std::time::Duration;

use nexops_core::id::TaskId;
use nexops_core::task::{TaskLog, TaskLogLine, TaskLogQuery, TaskStatus};
use tokio::time::sleep;

use crate::cli::{Format, TaskLogArgs};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::output::{csv, emit};
use crate::rows::task::LOG_FIELDS;
use crate::wait;

/// The most lines that one answer holds.
const LINES_PER_REQUEST: u32 = 5000;
const FOLLOW_PAUSE: Duration = Duration::from_secs(1);

/// Prints the log; with `--follow` until the task has ended.
pub async fn run(args: &TaskLogArgs, context: &Context) -> Result<()> {
    tokio::select! {
        biased;
        () = wait::control_c(), if args.follow => Err(wait::interrupted(&[args.task])),
        printed = print(args, context) => printed,
    }
}

async fn print(args: &TaskLogArgs, context: &Context) -> Result<()> {
    let mut log = TaskLog { lines: Vec::new(), total: None };
    loop {
        // The state is asked for first, so that the lines written between the two answers are not missed.
        let is_last = !args.follow || has_ended(args.task, context).await?;
        let new = fetch_rest(args.task, context, log.lines.len()).await?;
        if let Format::Table | Format::Wide | Format::Name = context.output.format {
            emit(&new.lines.iter().map(|line| clean(&line.text) + "\n").collect::<String>())?;
        }
        log.total = new.total;
        log.lines.extend(new.lines);
        if is_last {
            break;
        }
        sleep(FOLLOW_PAUSE).await;
    }
    if log.lines.is_empty() {
        context.talk.note("Proxmox has written nothing about this task; of a power action it writes at the end");
    }
    match context.output.format {
        Format::Table | Format::Wide | Format::Name => Ok(()),
        Format::Json | Format::Jsonl | Format::Yaml => context.output.document(&log),
        Format::Csv => emit(&csv::render_fields(context.output.headers, &log.lines, LOG_FIELDS)?),
    }
}

async fn has_ended(id: TaskId, context: &Context) -> Result<bool> {
    let found = context.client.find_task(id).await;
    let task = found.map_err(|error| Failure::from_client(&format!("follow task {id}"), &error))?.data;
    Ok(task.status != TaskStatus::Running)
}

async fn fetch_rest(id: TaskId, context: &Context, known: usize) -> Result<TaskLog> {
    let mut lines: Vec<TaskLogLine> = Vec::new();
    loop {
        let start = u32::try_from(known + lines.len()).unwrap_or(u32::MAX);
        let query = TaskLogQuery { start: Some(start), limit: Some(LINES_PER_REQUEST) };
        let found = context.client.task_log(id, &query).await;
        let log = found.map_err(|error| Failure::from_client(&format!("read the log of task {id}"), &error))?.data;
        let is_full = log.lines.len() >= LINES_PER_REQUEST as usize;
        lines.extend(log.lines);
        if !is_full {
            return Ok(TaskLog { lines, total: log.total });
        }
    }
}
