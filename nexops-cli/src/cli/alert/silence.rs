//! Silences: what is not sent for a while.

use std::time::Duration;

use clap::Args;
use nexops_core::alert::silence::Silence;
use nexops_core::id::SilenceId;

use crate::cli::ListFlags;
use crate::complete::{Noun, sort_fields};
use crate::listing::SortBy;

/// What to silence.
#[derive(Debug, Args)]
pub struct SilenceArgs {
    /// A guest: its number, name, node/name or id
    #[arg(long, value_name = "GUEST", conflicts_with = "node", add = Noun::Guest.completer())]
    pub vm: Option<String>,
    /// A node, by its name
    #[arg(long, value_name = "NODE", add = Noun::Node.completer())]
    pub node: Option<String>,
    /// A rule, by its name or id
    #[arg(long, value_name = "RULE", add = Noun::Rule.completer())]
    pub rule: Option<String>,
    /// For how long, as 30m or 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub span: Duration,
    /// Why, for whoever wonders later
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Which silences to list.
#[derive(Debug, Clone, Args)]
pub struct ListSilencesArgs {
    /// Those that have ended
    #[arg(long)]
    pub ended: bool,
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_fields::<Silence>())]
    pub sort: Option<SortBy>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

/// Which silences to end.
#[derive(Debug, Args)]
pub struct EndSilencesArgs {
    /// Ids of the silences
    #[arg(required = true, value_name = "ID")]
    pub silences: Vec<SilenceId>,
}

/// Help of `silence`.
pub const SILENCE_HELP: &str = "\
What still fires at the end and was never sent is sent then.

Examples:
  nexops alert silence --vm 101 --for 2h --reason kernel-update
  nexops alert silence --node pve2 --rule cpu-high --for 1h --reason more-memory";

/// Help of `silences`.
pub const SILENCES_HELP: &str = "\
Examples:
  nexops alert silences
  nexops alert silences --ended -o json";

/// Help of `unsilence`.
pub const UNSILENCE_HELP: &str = "\
Examples:
  nexops alert unsilence 019aaf00-0000-7000-8000-000000000001";
