//! Tasks: how far Proxmox's workers are, how they ended, and what they wrote.

use chrono::{DateTime, Utc};
use nexops_core::task::{TaskLog, TaskLogLine};

use super::error::Error;
use super::payload::{Answer, Row};
use super::upid::Upid;

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// Under way.
    Running,
    /// Over.
    Ended(TaskEnd),
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskEnd {
    /// Whether it had its effect.
    pub outcome: Outcome,
    /// Proxmox's words: `OK`, or the error. [`super::Refusal::from_reason`] reads them.
    pub exit_status: String,
}

/// Whether a task had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It had.
    Succeeded,
    /// It had not.
    Failed,
    /// Its worker died without a verdict.
    Unknown,
}

/// A task in a node's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// Its id.
    pub upid: Upid,
    /// Its kind, as in `qmstart`.
    pub task_type: String,
    /// Who started it, with `!` and the token's name when it was a token.
    pub user: String,
    /// When it began, by the node's clock.
    pub started_at: DateTime<Utc>,
    /// How it ended; `None` while it runs.
    pub ended: Option<TaskEnd>,
}

impl TaskEnd {
    /// Reads an exit status.
    #[must_use]
    pub fn of(exit_status: &str) -> Self {
        let warnings = exit_status.strip_prefix("WARNINGS: ");
        let warned = warnings.is_some_and(|count| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()));
        let outcome = match exit_status {
            "OK" => Outcome::Succeeded,
            _ if warned => Outcome::Succeeded,
            "" | "unexpected status" | "unknown" => Outcome::Unknown,
            _ => Outcome::Failed,
        };
        let exit_status = if exit_status.is_empty() { "unexpected status" } else { exit_status };
        Self { outcome, exit_status: exit_status.to_owned() }
    }
}

impl TaskState {
    pub(super) fn read(row: Row<'_>) -> Result<Self, String> {
        match row.text("status").as_deref() {
            Some("running") => Ok(Self::Running),
            Some("stopped") => Ok(Self::Ended(TaskEnd::of(&row.text("exitstatus").unwrap_or_default()))),
            Some(other) => Err(format!("a task is neither running nor stopped but '{other}'")),
            None => Err("it does not say whether the task runs".to_owned()),
        }
    }
}

impl TaskRow {
    /// The row, if its id can be read.
    pub(super) fn read(row: Row<'_>) -> Option<Self> {
        let upid: Upid = row.text("upid")?.parse().ok()?;
        let over = row.count("endtime").is_some();
        let ended = match row.text("status").as_deref() {
            None if over => Some(TaskEnd::of("")),
            None | Some("RUNNING") => None,
            Some(exit_status) => Some(TaskEnd::of(exit_status)),
        };
        Some(Self {
            task_type: upid.task_type().to_owned(),
            // The list's own `user` has the token's name while the task runs and loses it afterwards; the id keeps it.
            user: upid.user().to_owned(),
            started_at: upid.started_at(),
            ended,
            upid,
        })
    }
}

/// Reads a log. Proxmox answers 200 also for a task that it does not know, with an error as the only line.
pub(super) fn log(answer: &Answer) -> Result<Result<TaskLog, Error>, String> {
    let (rows, _) = answer.rows()?;
    let lines = rows.into_iter().filter_map(|row| {
        let number = u64::try_from(row.count("n")?).ok()?;
        let text = row.value("t").and_then(|text| text.as_str()).unwrap_or_default().to_owned();
        Some(TaskLogLine { number, text })
    });
    let lines: Vec<_> = lines.collect();
    let only = match &lines[..] {
        [line] if answer.total.is_none_or(|total| total <= 1) => line.text.as_str(),
        _ => "",
    };
    if only.starts_with("unable to open file - No such file") {
        return Ok(Err(Error::NoSuchTask));
    }
    if only == "no content" {
        return Ok(Ok(TaskLog { lines: Vec::new(), total: Some(0) }));
    }
    Ok(Ok(TaskLog { lines, total: answer.total }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_exit_status_says_whether_the_task_had_its_effect() {
        let outcome = |exit_status: &str| TaskEnd::of(exit_status).outcome;
        assert_eq!(outcome("OK"), Outcome::Succeeded);
        assert_eq!(outcome("WARNINGS: 2"), Outcome::Succeeded);
        assert_eq!(outcome("WARNINGS: many"), Outcome::Failed);
        assert_eq!(outcome("unexpected status"), Outcome::Unknown);
        assert_eq!(outcome(""), Outcome::Unknown);
        assert_eq!(outcome("interrupted by signal"), Outcome::Failed);
        assert_eq!(outcome("OK then"), Outcome::Failed);
    }

    #[test]
    fn a_row_without_a_status_runs_unless_it_has_an_end() {
        let upid = "UPID:pve1:0000032F:0003C83E:6B03A6CA:qmstart:101:root@pam!full:";
        let ended =
            |row: serde_json::Value| TaskRow::read(Row::of(&row).unwrap()).unwrap().ended.map(|end| end.outcome);
        assert_eq!(ended(json!({"upid": upid})), None);
        assert_eq!(ended(json!({"upid": upid, "status": "RUNNING"})), None);
        assert_eq!(ended(json!({"upid": upid, "status": "OK", "endtime": 1})), Some(Outcome::Succeeded));
        assert_eq!(ended(json!({"upid": upid, "endtime": "1"})), Some(Outcome::Unknown));
        assert!(TaskRow::read(Row::of(&json!({"upid": "UPID:bogus"})).unwrap()).is_none());
    }

    #[test]
    fn the_placeholder_of_an_empty_log_is_no_line() {
        let answer =
            Answer { data: json!([{"n": 1, "t": "no content"}]), total: Some(1), parsing: std::time::Duration::ZERO };
        assert_eq!(log(&answer), Ok(Ok(TaskLog { lines: Vec::new(), total: Some(0) })));
        let answer =
            Answer { data: json!([{"n": 1, "t": "no content"}]), total: Some(9), parsing: std::time::Duration::ZERO };
        assert_eq!(log(&answer).unwrap().unwrap().lines.len(), 1);
    }
}
