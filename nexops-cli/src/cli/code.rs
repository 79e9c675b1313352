//! `nexops apply` and `nexops export`: rules, services and channels as code.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A kind of thing that can be kept as code. The order is that in which they are put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum CodeKind {
    /// Channels, over which people hear of alerts.
    #[value(alias = "channels")]
    Channel,
    /// Services.
    #[value(alias = "services")]
    Service,
    /// Alert rules.
    #[value(alias = "rules")]
    Rule,
}

impl CodeKind {
    /// Every member.
    pub const ALL: [Self; 3] = [Self::Channel, Self::Service, Self::Rule];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Service => "service",
            Self::Rule => "rule",
        }
    }
}

impl std::fmt::Display for CodeKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What to put in force.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A file in YAML or JSON, - for standard input; several may be given
    #[arg(short, long = "file", required = true, num_args = 1.., value_name = "FILE")]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What to write down.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Only these kinds: channel, service, rule
    #[arg(value_name = "KIND", value_enum, hide_possible_values = true)]
    pub kinds: Vec<CodeKind>,
    /// Only those with this name; several may be given
    #[arg(long = "name", value_name = "NAME", value_delimiter = ',')]
    pub names: Vec<String>,
}

/// Help of `apply`.
pub const APPLY_HELP: &str = "\
A file holds documents, each with `kind` (channel, service or rule), `name`, and what `nexops export` writes. What is
not there is made, what differs is changed, what is the same is left alone; nothing is ever deleted. All files are
read and checked before anything is sent. A channel's secret is kept where the file does not hold it.

Exits with 9 when some of it was done and some was not.

Examples:
  nexops apply -f rules.yaml --dry-run
  nexops apply -f rules.yaml services.yaml
  nexops export | nexops apply -f -";

/// Help of `export`.
pub const EXPORT_HELP: &str = "\
Prints YAML, or JSON with -o json, as `nexops apply` reads it. What goes without saying is left out, and so is every
secret: a daemon that already has it keeps it, any other wants it in the file or by `settings notify create`.

Examples:
  nexops export > nexops.yaml
  nexops export rule --name cpu-high
  nexops export channel service -o json";
