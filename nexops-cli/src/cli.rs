//! The command line: nouns, verbs, flags, and their help.

mod alert;
mod audit;
mod code;
mod context;
mod events;
mod list;
mod metrics;
mod node;
mod raw;
mod service;
mod settings;
mod task;
mod vm;

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use nexops_core::text::UnknownWord;

use crate::color::ColorChoice;
use crate::complete::Noun;

pub use alert::{
    ActOnAlertsArgs, AlertCommand, AlertDeliveriesArgs, DeleteRulesArgs, EndSilencesArgs, ListAlertsArgs,
    ListRulesArgs, ListSilencesArgs, PreviewRuleArgs, RuleCommand, RulesArgs, SilenceArgs, TestRulesArgs,
    UpdateRuleArgs,
};
pub use audit::{AuditCommand, ListAuditArgs};
use code::{APPLY_HELP, EXPORT_HELP};
pub use code::{ApplyArgs, CodeKind, ExportArgs};
pub use context::{AddContextArgs, ContextCommand, LoginArgs};
use context::{LOGIN_HELP, LOGOUT_HELP, WHOAMI_HELP};
pub use events::EventsArgs;
pub use list::ListFlags;
pub use metrics::{MetricsCommand, ShowMetricsArgs};
pub use node::{ListNodesArgs, NodeCommand};
use raw::API_HELP;
pub use raw::{ApiArgs, CheckCommand};
pub use service::{
    CheckServicesArgs, Clearable, CreateServiceArgs, DeleteServicesArgs, ListServicesArgs, ServiceCommand,
    ServiceHistoryArgs, SettingsArgs, UpdateServiceArgs,
};
pub use settings::{
    ChannelSettingsArgs, ConnectionSettingsArgs, CreateChannelArgs, CreateConnectionArgs, DeleteChannelsArgs,
    DeleteConnectionArgs, ListChannelsArgs, ListConnectionsArgs, ListDeliveriesArgs, NotifyCommand, ProxmoxCommand,
    RequeueArgs, SecretArgs, SettingsCommand, TestConnectionArgs, UpdateChannelArgs, UpdateConnectionArgs,
};
pub use task::{ListTasksArgs, TaskCommand, TaskLogArgs, WaitArgs};
pub use vm::{ListVmsArgs, MetricsArgs, PowerArgs, ShowVmArgs, VmCommand};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "nexops", version, about = ABOUT, disable_help_subcommand = true, after_help = ROOT_HELP)]
pub struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Address of the daemon.
    #[arg(long, help = URL_HELP, global = true, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub url: Option<String>,
    /// Context to use in place of the present one
    #[arg(long, global = true, value_name = "CONTEXT", conflicts_with = "url", add = Noun::Context.completer())]
    pub context: Option<String>,
    /// Form of the output
    #[arg(short, long, global = true, value_name = "FORMAT", value_enum, hide_possible_values = true)]
    #[arg(default_value = "table", help = "Form of the output: table, wide, json, jsonl, yaml, csv or name")]
    pub output: Format,
    /// Show these columns and no others, in this order
    #[arg(short, long, global = true, value_name = "COLUMN,…", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Leave out the header row of tables and CSV
    #[arg(long, global = true)]
    pub no_headers: bool,
    /// When to use colours: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", value_enum, hide_possible_values = true, default_value = "auto")]
    pub color: ColorChoice,
    /// Tell request ids and HTTP details of errors
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Tell nothing but data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// The same with more columns.
    Wide,
    /// The API's own JSON, without the envelope.
    Json,
    /// The same with a line for each thing.
    Jsonl,
    /// The same as YAML.
    Yaml,
    /// Flat machine values under a header row.
    Csv,
    /// Nothing but the name that other commands take, one a line.
    Name,
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell how the daemon, its connections, the nodes and the guests are
    #[command(after_help = STATUS_HELP)]
    Status,
    /// Nodes: the servers that carry guests
    #[command(subcommand)]
    Node(NodeCommand),
    /// Guests: virtual machines and containers
    #[command(subcommand, visible_alias = "ct")]
    Vm(VmCommand),
    /// Services: what runs on guests or elsewhere, and whether it answers
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Measurements: histories, and everything at a glance
    #[command(subcommand)]
    Metrics(MetricsCommand),
    /// Tasks: power actions under way and done
    #[command(subcommand)]
    Task(TaskCommand),
    /// Alerts: what is wrong or was, and the rules that say so
    #[command(subcommand)]
    Alert(AlertCommand),
    /// The audit log: who changed what
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Follow what happens
    #[command(after_help = events::EVENTS_HELP)]
    Events(EventsArgs),
    /// Settings of the daemon: what it watches, and whom it tells
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Show all of it live in this terminal, to look round and to act
    #[command(after_help = UI_HELP)]
    Ui {
        /// What nexops-tui is told beyond address and context; nexops-tui --help lists it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
        arguments: Vec<OsString>,
    },
    /// Make channels, services and rules as files say
    #[command(after_help = APPLY_HELP)]
    Apply(ApplyArgs),
    /// Write channels, services and rules down as files for apply
    #[command(after_help = EXPORT_HELP)]
    Export(ExportArgs),
    /// Look whether all is well, for Nagios and its kin
    #[command(subcommand)]
    Check(CheckCommand),
    /// Send any request to the API
    #[command(after_help = API_HELP)]
    Api(ApiArgs),
    /// Sign in to a daemon and remember it
    #[command(after_help = LOGIN_HELP)]
    Login(LoginArgs),
    /// Forget the token and who you are
    #[command(after_help = LOGOUT_HELP)]
    Logout,
    /// Tell which daemon is asked, and as whom
    #[command(after_help = WHOAMI_HELP)]
    Whoami,
    /// Contexts: the daemons that you use
    #[command(subcommand)]
    Context(ContextCommand),
    /// Print the completion script of a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages, one for each command
    #[command(after_help = MAN_HELP)]
    Man {
        /// Where to; it is made if it is not there
        #[arg(value_hint = clap::ValueHint::DirPath)]
        directory: PathBuf,
    },
}

/// A shell that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}

/// Reads one of the words of an enum of the API, and offers them to help and completion.
fn word_of<T>(words: &[T], spelling: fn(T) -> &'static str) -> impl TypedValueParser<Value = T> + use<T>
where
    T: Copy + FromStr<Err = UnknownWord> + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.iter().copied().map(spelling)).try_map(|word| word.parse::<T>())
}

const ABOUT: &str = "See and control the nodes and guests of Proxmox VE through a NexOps daemon";

const UI_HELP: &str = "\
Without arguments it starts at the dashboard; ? there shows the keys.

Examples:
  nexops ui --snapshot dashboard
  nexops ui --context lab --snapshot alerts --size 80x24";

const URL_HELP: &str =
    "Address of the daemon [env: NEXOPS_API_URL] [default: that of the context, or http://127.0.0.1:8000]";

const ROOT_HELP: &str = "\
Examples:
  nexops status
  nexops vm list --status running
  nexops vm start 101 web-1
  nexops vm shutdown 101 --yes --timeout 5m
  nexops vm list -o json
  nexops vm list -c vmid,name,cpu_usage --filter 'cpu>80'
  nexops vm list --watch
  nexops service list --status unhealthy
  nexops metrics show 101 --range 24h

Environment:
  NEXOPS_API_URL     address of the daemon
  NEXOPS_API_TOKEN   token that the daemon wants; there is no flag for it, for others could read it
  NEXOPS_CONTEXT     context to use, where NEXOPS_API_URL is not set
  NO_COLOR           no colours

Exit codes:
  0 done, or nothing to do   1 failed, or declined   2 wrong usage, ambiguous name, --yes missing
  3 not found   4 token needed or forbidden   5 conflict   6 daemon or Proxmox unreachable
  7 task failed   8 timed out   9 some of several failed   130 interrupted";

const STATUS_HELP: &str = "\
Examples:
  nexops status
  nexops status -o json
  nexops status --url http://10.0.0.5:8000";

const COMPLETIONS_HELP: &str = "\
Examples:
  nexops completions bash    # as /etc/bash_completion.d/nexops
  nexops completions zsh     # as _nexops in a directory of $fpath
  nexops completions fish    # as ~/.config/fish/completions/nexops.fish";

const MAN_HELP: &str = "\
Examples:
  nexops man ./man1
  nexops man ~/.local/share/man/man1";

#[cfg(test)]
mod tests;
