//! `nexops check`: one line and an exit code for monitoring systems of Nagios' kin.

mod alerts;
mod services;

use nexops_core::node::NodeStatus;
use nexops_core::system::ConnectionStatus;
use nexops_core::vm::{Vm, VmStatus};

use crate::cli::CheckCommand;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::output::emit;
use crate::paging::all;
use crate::resolve;

/// How bad it is, in the order and with the exit codes of Nagios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// All is well: 0.
    Ok,
    /// Somebody should have a look: 1.
    Warning,
    /// Somebody must act: 2.
    Critical,
    /// Nobody can tell: 3.
    Unknown,
}

impl Severity {
    /// The exit code.
    pub const fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// What was looked at: how many things, and those with which something is wrong.
struct Report {
    what: &'static str,
    total: usize,
    problems: Vec<(Severity, String)>,
}

/// Looks, and prints what it found. A failure to look is an answer too.
pub async fn run(command: CheckCommand, context: Result<Context>) -> Severity {
    let (severity, line) = match look(command, context).await {
        Ok(verdict) => verdict,
        Err(failure) => (Severity::Unknown, failure.message.lines().collect::<Vec<_>>().join(" ")),
    };
    let printed = emit(&format!("{} - {}\n", severity.word(), clean(&line)));
    if printed.is_ok() { severity } else { Severity::Unknown }
}

async fn look(command: CheckCommand, context: Result<Context>) -> Result<(Severity, String)> {
    let context = &context?;
    let report = match command {
        CheckCommand::Guests { guests } if guests.is_empty() => all_guests(context).await,
        CheckCommand::Guests { guests } => named_guests(&guests, context).await,
        CheckCommand::Nodes => nodes(context).await,
        CheckCommand::Connections => connections(context).await,
        CheckCommand::Services { services } => services::look(&services, context).await,
        CheckCommand::Alerts { fail_on, all } => return alerts::look(fail_on, all, context).await,
    };
    report.map(|report| report.told())
}

impl Report {
    fn told(&self) -> (Severity, String) {
        let Self { what, total, problems } = self;
        let severity = problems.iter().map(|(severity, _)| *severity).max().unwrap_or(Severity::Ok);
        let good = total.saturating_sub(problems.len());
        let figures = format!("| ok={good};;;0;{total}");
        if problems.is_empty() {
            return (severity, format!("{total} {what} {figures}"));
        }
        (severity, format!("{} of {total} {what}: {} {figures}", problems.len(), worst_first(problems)))
    }
}

/// The problems in a line. What stands behind a bar would be taken for figures.
fn worst_first(problems: &[(Severity, String)]) -> String {
    let mut sorted: Vec<&(Severity, String)> = problems.iter().collect();
    sorted.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let names: Vec<&str> = sorted.iter().map(|(_, problem)| problem.as_str()).collect();
    names.join(", ").replace('|', "/")
}

async fn vms(context: &Context) -> Result<Vec<Vm>> {
    let listing = all::vms(&context.client, None).await;
    let vms = listing.map_err(|error| Failure::from_client("list guests", &error))?.rows;
    if vms.is_empty() {
        return Err(Failure::new(Exit::NotFound, "NOTHING_SEEN", "no guest was ever seen: check `nexops status`"));
    }
    Ok(vms)
}

async fn all_guests(context: &Context) -> Result<Report> {
    let vms = vms(context).await?;
    let problem = |vm: &Vm| {
        let severity = match vm.status {
            VmStatus::Error => Severity::Critical,
            VmStatus::Unknown => Severity::Warning,
            VmStatus::Running | VmStatus::Stopped | VmStatus::Paused if vm.usage.stale => Severity::Warning,
            VmStatus::Running | VmStatus::Stopped | VmStatus::Paused => Severity::Ok,
        };
        (severity != Severity::Ok).then(|| (severity, told(vm)))
    };
    Ok(Report { what: "guests", total: vms.len(), problems: vms.iter().filter_map(problem).collect() })
}

async fn named_guests(names: &[String], context: &Context) -> Result<Report> {
    let mut problems = Vec::new();
    for name in names {
        match resolve::guest(&context.client, name).await {
            Ok(vm) => {
                let severity = match vm.status {
                    VmStatus::Running if vm.usage.stale => Severity::Warning,
                    VmStatus::Running => Severity::Ok,
                    VmStatus::Paused => Severity::Warning,
                    VmStatus::Stopped | VmStatus::Error | VmStatus::Unknown => Severity::Critical,
                };
                problems.extend((severity != Severity::Ok).then(|| (severity, told(&vm))));
            }
            Err(failure) if failure.exit == Exit::NotFound => {
                problems.push((Severity::Critical, format!("{name} (not there)")));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(Report { what: "guests", total: names.len(), problems })
}

fn told(vm: &Vm) -> String {
    let old = if vm.usage.stale { ", seen long ago" } else { "" };
    format!("{} {} ({}{old})", vm.vmid, vm.name, vm.status)
}

async fn nodes(context: &Context) -> Result<Report> {
    let listing = all::nodes(&context.client, None).await;
    let nodes = listing.map_err(|error| Failure::from_client("list nodes", &error))?.rows;
    if nodes.is_empty() {
        return Err(Failure::new(Exit::NotFound, "NOTHING_SEEN", "no node was ever seen: check `nexops status`"));
    }
    let mut problems = Vec::new();
    for node in &nodes {
        let (severity, word) = match node.status {
            NodeStatus::Online if node.usage.stale => (Severity::Warning, "seen long ago"),
            NodeStatus::Online => continue,
            NodeStatus::Offline => (Severity::Critical, "offline"),
            NodeStatus::Maintenance => (Severity::Warning, "maintenance"),
            NodeStatus::Unknown => (Severity::Warning, "unknown"),
        };
        problems.push((severity, format!("{} ({word})", node.hostname)));
    }
    Ok(Report { what: "nodes", total: nodes.len(), problems })
}

async fn connections(context: &Context) -> Result<Report> {
    let system = context.client.system().await.map_err(|error| Failure::from_client("get the status", &error))?.data;
    if system.connections.is_empty() {
        let words = "there is no connection to Proxmox: check `nexops status`";
        return Err(Failure::new(Exit::NotFound, "NOTHING_SEEN", words));
    }
    let mut problems = Vec::new();
    for connection in &system.connections {
        let reason = connection.last_error.as_ref().map(|error| error.message.clone()).or(connection.warning.clone());
        let severity = match connection.status {
            ConnectionStatus::Ok => continue,
            ConnectionStatus::Limited | ConnectionStatus::Pending => Severity::Warning,
            ConnectionStatus::Failing => Severity::Critical,
        };
        let reason = reason.unwrap_or_else(|| connection.status.to_string());
        problems.push((severity, format!("{} ({reason})", connection.name)));
    }
    Ok(Report { what: "connections", total: system.connections.len(), problems })
}
