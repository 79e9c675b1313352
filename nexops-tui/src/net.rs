//! Questions and commands on their way to the daemon.

mod commands;
mod stream;

use std::time::Duration;

use nexops_core::alert::rule::ListRules;
use nexops_core::alert::silence::ListSilences;
use nexops_core::alert::{AlertStatusFilter, ListAlerts};
use nexops_core::audit::ListAuditLogs;
use nexops_core::client::{Client, Result};
use nexops_core::envelope::ListEnvelope;
use nexops_core::metric::SeriesQuery;
use nexops_core::node::ListNodes;
use nexops_core::notification::ListChannels;
use nexops_core::page::MAX_PER_PAGE;
use nexops_core::service::{HistoryQuery, ListServices};
use nexops_core::settings::ListProxmoxConnections;
use nexops_core::task::{ListTasks, TaskLogQuery};
use nexops_core::vm::ListVms;

pub use self::stream::follow;
use crate::command::{Outcome, Request};
use crate::failure::Failure;
use crate::store::{Answer, Question};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a command may take: Proxmox itself may take half a minute.
const PATIENCE_WITH_COMMANDS: Duration = Duration::from_secs(45);
/// Points of a chart: two a cell of a wide screen.
const POINTS: u32 = 360;
/// Tasks in the drawer.
const TASKS: u32 = 100;
/// Lines of a task's log.
const LOG_LINES: u32 = 2000;
/// Alerts of the past, and lines of the audit log.
const PAST: u32 = 500;
/// Alerts on the dashboard.
const LATEST: u32 = 10;
/// Changes of a service's status.
const CHANGES: u32 = 200;
/// The most rows of a list.
const MOST_PAGES: u32 = 50;

/// Has the daemon do something.
///
/// # Errors
/// When it refuses, or cannot be reached.
pub async fn carry_out(client: &Client, request: Request) -> std::result::Result<Outcome, Failure> {
    within(PATIENCE_WITH_COMMANDS, commands::carry_out(client, request)).await
}

/// Asks the daemon.
///
/// # Errors
/// When it refuses, or cannot be reached.
pub async fn ask(client: &Client, question: Question) -> std::result::Result<Answer, Failure> {
    within(PATIENCE, answer(client, question)).await
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
        Question::TaskLog(id) => {
            let query = TaskLogQuery { start: None, limit: Some(LOG_LINES) };
            Answer::TaskLog(client.task_log(id, &query).await?.data)
        }
        Question::Services => Answer::Services(
            all(|page| async move {
                let query = ListServices { page: Some(page), per_page: Some(MAX_PER_PAGE), ..ListServices::default() };
                client.list_services(&query).await
            })
            .await?,
        ),
        Question::ServiceHistory(id) => {
            let query = HistoryQuery { limit: Some(CHANGES) };
            Answer::ServiceHistory(Box::new(client.service_history(id, &query).await?.data))
        }
        Question::Alerts => Answer::Alerts(
            all(|page| async move {
                let status = Some(AlertStatusFilter::Active);
                let query =
                    ListAlerts { page: Some(page), per_page: Some(MAX_PER_PAGE), status, ..ListAlerts::default() };
                client.list_alerts(&query).await
            })
            .await?,
        ),
        Question::AlertHistory => {
            let query = ListAlerts { per_page: Some(PAST), ..ListAlerts::default() };
            Answer::AlertHistory(client.list_alerts(&query).await?.data)
        }
        Question::LatestAlerts => {
            let query = ListAlerts { per_page: Some(LATEST), ..ListAlerts::default() };
            Answer::LatestAlerts(client.list_alerts(&query).await?.data)
        }
        Question::Rules => Answer::Rules(
            all(|page| async move {
                let query = ListRules { page: Some(page), per_page: Some(MAX_PER_PAGE), ..ListRules::default() };
                client.list_alert_rules(&query).await
            })
            .await?,
        ),
        Question::Silences => Answer::Silences(
            all(|page| async move {
                let query = ListSilences { page: Some(page), per_page: Some(MAX_PER_PAGE), ended: None };
                client.list_silences(&query).await
            })
            .await?,
        ),
        Question::Audit => {
            let query = ListAuditLogs { per_page: Some(PAST), ..ListAuditLogs::default() };
            Answer::Audit(client.list_audit_logs(&query).await?.data)
        }
        Question::Connections => Answer::Connections(
            all(|page| async move {
                let query = ListProxmoxConnections { page: Some(page), per_page: Some(MAX_PER_PAGE) };
                client.list_proxmox_connections(&query).await
            })
            .await?,
        ),
        Question::Channels => Answer::Channels(
            all(|page| async move {
                let query = ListChannels { page: Some(page), per_page: Some(MAX_PER_PAGE) };
                client.list_channels(&query).await
            })
            .await?,
        ),
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
