//! The verbs of `nexops service`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use nexops_core::page::Sort;
use nexops_core::service::{ServiceColumn, ServiceStatus, ServiceType, StatusSet};

use super::{ListFlags, word_of};
use crate::complete::{Noun, sort_by};

/// What to do with services.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// List services with their health
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List(ListServicesArgs),
    /// Show one service
    #[command(alias = "get", after_help = SHOW_HELP)]
    Show(ServiceArgs),
    /// Make a service
    #[command(after_help = CREATE_HELP)]
    Create(CreateServiceArgs),
    /// Change a service; what is not named stays as it is
    #[command(after_help = UPDATE_HELP)]
    Update(UpdateServiceArgs),
    /// Delete services with their history
    #[command(after_help = DELETE_HELP)]
    Delete(DeleteServicesArgs),
    /// Check services now
    #[command(after_help = CHECK_HELP)]
    Check(CheckServicesArgs),
    /// Show how a service fared: uptime and statuses
    #[command(after_help = HISTORY_HELP)]
    History(ServiceHistoryArgs),
}

/// Which services to list.
#[derive(Debug, Clone, Args)]
pub struct ListServicesArgs {
    /// Only services that fare so
    #[arg(long, value_parser = word_of(ServiceStatus::ALL, ServiceStatus::as_str))]
    pub status: Option<ServiceStatus>,
    /// Only services that run there
    #[arg(long = "type", value_name = "TYPE", value_parser = word_of(ServiceType::ALL, ServiceType::as_str))]
    pub kind: Option<ServiceType>,
    /// Only services of this group
    #[arg(long)]
    pub namespace: Option<String>,
    /// Only services on this guest: its number, name, node/name or id
    #[arg(long, value_name = "GUEST", add = Noun::Guest.completer())]
    pub vm: Option<String>,
    /// Only services whose name, description or URL contains this
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_by(ServiceColumn::ALL))]
    pub sort: Option<Sort<ServiceColumn>>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

impl ListServicesArgs {
    /// Whether any service is left out on purpose.
    pub fn is_filtered(&self) -> bool {
        let Self { status, kind, namespace, vm, search, sort: _, flags: _ } = self;
        status.is_some() || kind.is_some() || [namespace, vm, search].iter().any(|filter| filter.is_some())
    }
}

/// Which service is meant.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// Name or id of the service
    #[arg(add = Noun::Service.completer())]
    pub service: String,
}

/// A service to make.
#[derive(Debug, Args)]
pub struct CreateServiceArgs {
    /// Its name
    pub name: String,
    /// What else is said of it.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// A service to change.
#[derive(Debug, Args)]
pub struct UpdateServiceArgs {
    /// Name or id of the service
    #[arg(add = Noun::Service.completer())]
    pub service: String,
    /// A new name
    #[arg(long = "name", value_name = "NAME")]
    pub name: Option<String>,
    /// Take these away: url, vm, namespace, contains, slow-after
    #[arg(long, value_name = "SETTING,…", value_enum, value_delimiter = ',', hide_possible_values = true)]
    pub clear: Vec<Clearable>,
    /// What is said of it.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// A setting that a service can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Clearable {
    /// The URL.
    Url,
    /// The guest.
    Vm,
    /// The group.
    Namespace,
    /// The text that the body must contain.
    Contains,
    /// The limit above which an answer is slow.
    SlowAfter,
}

/// What can be said of a service.
#[derive(Debug, Default, Args)]
pub struct SettingsArgs {
    /// The URL to check, http or https
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub check_url: Option<String>,
    /// Where it runs: vm, container or external
    #[arg(long = "type", value_name = "TYPE", value_parser = word_of(ServiceType::ALL, ServiceType::as_str), hide_possible_values = true)]
    pub kind: Option<ServiceType>,
    /// The guest on which it runs: its number, name, node/name or id
    #[arg(long, value_name = "GUEST", add = Noun::Guest.completer())]
    pub vm: Option<String>,
    /// A group of your own choosing
    #[arg(long)]
    pub namespace: Option<String>,
    /// What it is, in a sentence
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// HTTP statuses that are good, as 200-299,401
    #[arg(long, value_name = "STATUSES")]
    pub expect: Option<StatusSet>,
    /// Text that the body must contain
    #[arg(long, value_name = "TEXT")]
    pub contains: Option<String>,
    /// How long an answer may take before the check fails, as 5s
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub patience: Option<Duration>,
    /// How many checks in a row may fail before it counts as unhealthy
    #[arg(long, value_name = "COUNT")]
    pub retries: Option<i32>,
    /// How long an answer may take before it counts as degraded, as 800ms
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub slow_after: Option<Duration>,
    /// Days before the end of its certificate from which on it counts as degraded; 0 for never
    #[arg(long, value_name = "DAYS")]
    pub certificate_warning: Option<i32>,
    /// Whether its certificate must be one that the daemon's machine trusts
    #[arg(long, value_name = "BOOL")]
    pub verify_tls: Option<bool>,
    /// Whether it is checked
    #[arg(long, value_name = "BOOL")]
    pub enabled: Option<bool>,
}

/// Services to delete.
#[derive(Debug, Args)]
pub struct DeleteServicesArgs {
    /// Names or ids of the services
    #[arg(required = true, value_name = "SERVICE", add = Noun::Service.completer())]
    pub services: Vec<String>,
    /// Do not ask; needed where nobody could answer
    #[arg(short, long)]
    pub yes: bool,
}

/// Services to check.
#[derive(Debug, Args)]
pub struct CheckServicesArgs {
    /// Names or ids of the services
    #[arg(required = true, value_name = "SERVICE", add = Noun::Service.completer())]
    pub services: Vec<String>,
}

/// Whose history to show.
#[derive(Debug, Args)]
pub struct ServiceHistoryArgs {
    /// Name or id of the service
    #[arg(add = Noun::Service.completer())]
    pub service: String,
    /// No more than so many statuses
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: Option<u32>,
}

const LIST_HELP: &str = "\
Examples:
  nexops service list
  nexops service list --status unhealthy
  nexops service list --namespace home --sort -response_time_ms -o wide
  nexops service list --filter '!status:healthy' --watch
  nexops service list -o name | xargs nexops service check";

const SHOW_HELP: &str = "\
Examples:
  nexops service show wiki
  nexops service show wiki -o yaml";

const CREATE_HELP: &str = "\
Examples:
  nexops service create wiki --check-url https://wiki.example/health
  nexops service create blog --check-url http://10.0.0.7/ --vm web-1 --type vm --slow-after 800ms
  nexops service create nas --check-url https://nas.lan/ --verify-tls false --expect 200-299,401";

const UPDATE_HELP: &str = "\
Examples:
  nexops service update wiki --contains pong --retries 3
  nexops service update wiki --enabled false
  nexops service update wiki --clear contains,slow-after";

const DELETE_HELP: &str = "\
Examples:
  nexops service delete wiki
  nexops service delete wiki blog --yes";

const CHECK_HELP: &str = "\
Exits with 1 when a check fails, 9 when those of some of several fail.

Examples:
  nexops service check wiki
  nexops service check wiki blog -o json";

const HISTORY_HELP: &str = "\
Examples:
  nexops service history wiki
  nexops service history wiki --limit 10 -o json";
