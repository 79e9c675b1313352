//! `nexops api` and `nexops check`: for scripts and for monitoring.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use nexops_core::alert::Severity;

use super::word_of;
use crate::complete::Noun;

/// One request as it is sent.
#[derive(Debug, Args)]
pub struct ApiArgs {
    /// HTTP method
    #[arg(value_parser = PossibleValuesParser::new(["GET", "POST", "PUT", "DELETE"]), ignore_case = true)]
    pub method: String,
    /// Path, with or without /api/v1, and query
    pub path: String,
    /// Body, as JSON; - reads it from standard input
    #[arg(short, long, value_name = "JSON", allow_hyphen_values = true)]
    pub data: Option<String>,
}

/// What to look at.
#[derive(Debug, Subcommand)]
pub enum CheckCommand {
    /// Whether guests run: those that are named, or else whether any is in error
    #[command(after_help = GUESTS_HELP)]
    Guests {
        /// Numbers, names, node/names or ids of guests that must run
        #[arg(value_name = "GUEST", add = Noun::Guest.completer())]
        guests: Vec<String>,
    },
    /// Whether all nodes are online
    #[command(after_help = NODES_HELP)]
    Nodes,
    /// Whether services answer: those that are named, or else all that are checked
    #[command(after_help = SERVICES_HELP)]
    Services {
        /// Names or ids of services
        #[arg(value_name = "SERVICE", add = Noun::Service.completer())]
        services: Vec<String>,
    },
    /// Whether any alert is active
    #[command(after_help = ALERTS_HELP)]
    Alerts {
        /// The least severity that counts: info, warning or critical
        #[arg(long, value_name = "SEVERITY", default_value = "warning", hide_possible_values = true)]
        #[arg(value_parser = word_of(Severity::ALL, Severity::as_str))]
        fail_on: Severity,
        /// Count those too that somebody has acknowledged or silenced
        #[arg(short, long)]
        all: bool,
    },
    /// Whether all Proxmox connections answer
    #[command(after_help = CONNECTIONS_HELP)]
    Connections,
}

/// Help of `api`.
pub const API_HELP: &str = "\
Prints the answer as it came. Nothing is asked before it is sent.

Examples:
  nexops api GET /infrastructure/vms/101
  nexops api GET '/tasks?status=running&per_page=5'
  nexops api POST /infrastructure/vms/101/start
  nexops api GET /healthz";

const GUESTS_HELP: &str = "\
Exits with 0 when all is well, 1 for a warning, 2 when it is critical and 3 when nobody can tell, as Nagios and its kin
expect. A named guest must run: paused is a warning, anything else critical. Without names a guest in error is critical
and one of unknown state a warning.

Examples:
  nexops check guests
  nexops check guests web-1 101";

const NODES_HELP: &str = "\
Exits with 0, 1, 2 or 3 as Nagios and its kin expect. A node that is offline is critical, any other state a warning.

Examples:
  nexops check nodes";

const SERVICES_HELP: &str = "\
Exits with 0, 1, 2 or 3 as Nagios and its kin expect. A service that is unhealthy is critical, one that is degraded or
unknown a warning. Without names paused services do not count.

Examples:
  nexops check services
  nexops check services wiki blog";

const ALERTS_HELP: &str = "\
Exits with 0, 1, 2 or 3 as Nagios and its kin expect. A critical alert is critical, any other that counts a warning.

Examples:
  nexops check alerts
  nexops check alerts --fail-on critical
  nexops check alerts --all";

const CONNECTIONS_HELP: &str = "\
Exits with 0, 1, 2 or 3 as Nagios and its kin expect.

Examples:
  nexops check connections";
