//! The verbs of `nexops vm`.

use std::time::Duration;

use clap::{Args, Subcommand};
use nexops_core::page::Sort;
use nexops_core::vm::{ListVms, VmColumn, VmStatus, VmType};

use super::{ListFlags, word_of};
use crate::complete::{Noun, sort_by};
use crate::filter::Filter;

/// What to do with guests.
#[derive(Debug, Subcommand)]
pub enum VmCommand {
    /// List guests
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List(ListVmsArgs),
    /// Show one guest with its configuration
    #[command(alias = "get", after_help = SHOW_HELP)]
    Show(ShowVmArgs),
    /// Show what a guest uses now
    #[command(after_help = METRICS_HELP)]
    Metrics(MetricsArgs),
    /// Switch guests on
    #[command(mut_arg("yes", |arg| arg.hide(true)), after_help = START_HELP)]
    Start(PowerArgs),
    /// Switch guests off at once, as by pulling the plug
    #[command(after_help = STOP_HELP)]
    Stop(PowerArgs),
    /// Shut guests down and start them again
    #[command(after_help = RESTART_HELP)]
    Restart(PowerArgs),
    /// Ask guests to shut down
    #[command(after_help = SHUTDOWN_HELP)]
    Shutdown(PowerArgs),
    /// Press the reset button of virtual machines
    #[command(after_help = RESET_HELP)]
    Reset(PowerArgs),
    /// Freeze guests in memory
    #[command(after_help = SUSPEND_HELP)]
    Suspend(PowerArgs),
    /// Let frozen guests go on
    #[command(mut_arg("yes", |arg| arg.hide(true)), after_help = RESUME_HELP)]
    Resume(PowerArgs),
}

/// Which guests to list.
#[derive(Debug, Clone, Args)]
pub struct ListVmsArgs {
    /// Only guests in this state
    #[arg(long, value_parser = word_of(VmStatus::ALL, VmStatus::as_str))]
    pub status: Option<VmStatus>,
    /// Only virtual machines or only containers
    #[arg(long = "type", value_name = "TYPE", value_parser = word_of(VmType::ALL, VmType::as_str))]
    pub kind: Option<VmType>,
    /// Only guests on this node
    #[arg(long, add = Noun::Node.completer())]
    pub node: Option<String>,
    /// Only guests with this tag
    #[arg(long, add = Noun::Tag.completer())]
    pub tag: Option<String>,
    /// Only guests of this connection
    #[arg(long, add = Noun::Connection.completer())]
    pub connection: Option<String>,
    /// Only guests whose name, number, address or node contains this
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_by(VmColumn::ALL))]
    pub sort: Option<Sort<VmColumn>>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

impl ListVmsArgs {
    /// Whether any guest is left out on purpose.
    pub fn is_filtered(&self) -> bool {
        let Self { status, kind, node, tag, connection, search, sort: _, flags: _ } = self;
        status.is_some() || kind.is_some() || [node, tag, connection, search].iter().any(|filter| filter.is_some())
    }
}

impl From<&ListVmsArgs> for ListVms {
    fn from(args: &ListVmsArgs) -> Self {
        let ListVmsArgs { status, kind, node, tag, connection, search, sort, flags: _ } = args.clone();
        Self { page: None, per_page: None, sort, status, kind, node, tag, connection, search }
    }
}

/// Which guest to show.
#[derive(Debug, Args)]
pub struct ShowVmArgs {
    /// Number, name, node/name or id of the guest
    #[arg(add = Noun::Guest.completer())]
    pub guest: String,
}

/// Whose figures to show.
#[derive(Debug, Args)]
pub struct MetricsArgs {
    /// Number, name, node/name or id of the guest
    #[arg(add = Noun::Guest.completer())]
    pub guest: String,
    /// Ask Proxmox now instead of showing the last collection
    #[arg(long)]
    pub fresh: bool,
}

/// Which guests to act on, and how to wait.
#[derive(Debug, Args)]
pub struct PowerArgs {
    /// Numbers, names, node/names or ids of the guests
    #[arg(required_unless_present = "filter", value_name = "GUEST", add = Noun::Guest.completer())]
    pub guests: Vec<String>,
    /// All guests that fit in place of named ones, as 'tag:lab status:stopped'
    #[arg(long, value_name = "TERMS", conflicts_with = "guests")]
    pub filter: Option<Filter>,
    /// Tell which guests are meant, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How many guests are in the works at the same time; all if it is not said
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub parallel: Option<u16>,
    /// Do not wait for the end; print the task's id
    #[arg(long)]
    pub no_wait: bool,
    /// How long to wait for the end, as 90s, 5m or 1h
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = humantime::parse_duration)]
    pub timeout: Duration,
    /// Do not ask; needed where nobody could answer
    #[arg(short, long)]
    pub yes: bool,
}

const LIST_HELP: &str = "\
Examples:
  nexops vm list
  nexops vm list --status running --node pve1
  nexops vm list --sort -cpu_usage -o wide
  nexops vm list --tag prod -o json
  nexops vm list -c vmid,name,ip_address --no-headers
  nexops vm list --filter 'cpu>80 !tag:lab' --watch 5s
  nexops vm list --tag web --until status:running --timeout 5m
  nexops vm list --status stopped -o name | xargs nexops vm start";

const SHOW_HELP: &str = "\
Examples:
  nexops vm show 101
  nexops vm show web-1 -o yaml
  nexops vm show pve1/web-1";

const METRICS_HELP: &str = "\
Examples:
  nexops vm metrics 101
  nexops vm metrics web-1 --fresh -o json";

const START_HELP: &str = "\
A guest that runs already is left alone, and that is a success.

Examples:
  nexops vm start 101
  nexops vm start 101 102 web-1
  nexops vm start web-1 --no-wait
  nexops vm start --filter 'tag:lab status:stopped !template:true' --parallel 4
  nexops vm start web-1 --timeout 2m -o json";

const STOP_HELP: &str = "\
What the guest has not written to its disk is lost; `shutdown` asks it first.
A guest that is off already is left alone, and that is a success.

Examples:
  nexops vm stop 101
  nexops vm stop 101 102 --yes";

const RESTART_HELP: &str = "\
Examples:
  nexops vm restart web-1
  nexops vm restart 101 --yes --timeout 5m";

const SHUTDOWN_HELP: &str = "\
A guest that is off already is left alone, and that is a success.

Examples:
  nexops vm shutdown web-1
  nexops vm shutdown 101 102 --yes --timeout 5m
  nexops vm shutdown --filter 'node:pve1 status:running' --dry-run";

const RESET_HELP: &str = "\
What the guest has not written to its disk is lost; `restart` asks it first.

Examples:
  nexops vm reset 101
  nexops vm reset 101 --yes --no-wait";

const SUSPEND_HELP: &str = "\
Examples:
  nexops vm suspend 101
  nexops vm suspend 101 --yes";

const RESUME_HELP: &str = "\
Examples:
  nexops vm resume 101
  nexops vm resume 101 102";
