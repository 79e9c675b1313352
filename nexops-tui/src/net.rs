//! Questions and commands on their way to the daemon.

use std::time::Duration;

use nexops_core::client::{Client, Result};
use nexops_core::envelope::{Envelope, ListEnvelope};
use nexops_core::metric::SeriesQuery;
use nexops_core::node::ListNodes;
use nexops_core::page::MAX_PER_PAGE;
use nexops_core::task::{ListTasks, TaskLogQuery};
use nexops_core::vm::ListVms;

use crate::failure::Failure;
use crate::msg::{Command, Outcome};
use crate::store::{Answer, Question};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a command may take: Proxmox itself may take half a minute.
const PATIENCE_WITH_COMMANDS: Duration = Duration::from_secs(45);
/// Points of a chart: two a cell of a wide screen.
const POINTS: u32 = 360;
/// Tasks in the drawer.
const TASKS: u32 = 100;
/// The most rows of a list.
const MOST_PAGES: u32 = 50;

/// Asks the daemon.
///
/// # Errors
/// When it refuses, or cannot be reached.
pub async fn ask(client: &Client, question: Question) -> std::result::Result<Answer, Failure> {
    within(PATIENCE, answer(client, question)).await
}

/// Has the daemon do something.
///
/// # Errors
/// When it refuses, or cannot be reached.
pub async fn carry_out(client: &Client, command: Command) -> std::result::Result<Outcome, Failure> {
    within(PATIENCE_WITH_COMMANDS, async {
        match command {
            Command::Power { vm, name: _, action } => {
                let Envelope { data, .. } = client.act_on_vm(vm, action).await?;
                Ok(Outcome::Task(Box::new(data)))
            }
        }
    })
    .await
}

async fn within<T>(patience: Duration, work: impl Future<Output = Result<T>>) -> std::result::Result<T, Failure> {
    match tokio::time::timeout(patience, work).await {
        Ok(result) => result.map_err(Failure::from),
        Err(_elapsed) => Err(Failure::unreachable(format!("no answer within {} s", patience.as_secs()))),
    }
}

async fn answer(client: &Client, question: Question) -> Result<Answer> {
    Ok(match question {
        Question::System => Answer::System(Box::new(client.system().await?.data)),
        Question::Overview => Answer::Overview(Box::new(client.metrics_overview().await?.data)),
        Question::Nodes => Answer::Nodes(
            all(|page| async move {
                let query = ListNodes { page: Some(page), per_page: Some(MAX_PER_PAGE), ..ListNodes::default() };
                client.list_nodes(&query).await
            })
            .await?,
        ),
        Question::Vms => Answer::Vms(
            all(|page| async move {
                let query = ListVms { page: Some(page), per_page: Some(MAX_PER_PAGE), ..ListVms::default() };
                client.list_vms(&query).await
            })
            .await?,
        ),
        Question::Tasks => {
            let query = ListTasks { per_page: Some(TASKS), ..ListTasks::default() };
            Answer::Tasks(client.list_tasks(&query).await?.data)
        }
        Question::Vm(id) => Answer::Vm(Box::new(client.find_vm(id).await?.data)),
        Question::Series(source, range) => {
            let query = SeriesQuery { range: Some(range), max_points: Some(POINTS), ..SeriesQuery::default() };
            Answer::Series(Box::new(client.metric_series(source, &query).await?.data))
        }
        Question::TaskLog(id) => Answer::TaskLog(client.task_log(id, &TaskLogQuery::default()).await?.data),
    })
}

/// Every page of a list.
async fn all<T, F: Future<Output = Result<ListEnvelope<T>>>>(page: impl Fn(u32) -> F) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    for number in 1..=MOST_PAGES {
        let ListEnvelope { mut data, meta } = page(number).await?;
        let empty = data.is_empty();
        rows.append(&mut data);
        if empty || u64::try_from(rows.len()).unwrap_or(u64::MAX) >= meta.total {
            break;
        }
    }
    Ok(rows)
}
