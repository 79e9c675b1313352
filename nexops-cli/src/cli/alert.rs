//! The verbs of `nexops alert`.

mod silence;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use nexops_core::alert::rule::AlertRule;
use nexops_core::alert::{Alert, AlertSource, AlertStatusFilter, Severity};
use nexops_core::id::AlertId;
use nexops_core::metric::Range;
use nexops_core::notification::Delivery;

pub use silence::{EndSilencesArgs, ListSilencesArgs, SilenceArgs};
use silence::{SILENCE_HELP, SILENCES_HELP, UNSILENCE_HELP};

use super::{ListFlags, word_of};
use crate::complete::{Noun, sort_fields};
use crate::listing::SortBy;

/// What to do with alerts.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// List alerts: those that are active, or all
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List(ListAlertsArgs),
    /// Show one alert
    #[command(alias = "get", after_help = SHOW_HELP)]
    Show(ShowAlertArgs),
    /// Say that somebody knows: nothing more is sent while it lasts
    #[command(visible_alias = "acknowledge", after_help = ACK_HELP)]
    Ack(ActOnAlertsArgs),
    /// Close alerts by hand
    #[command(after_help = RESOLVE_HELP)]
    Resolve(ActOnAlertsArgs),
    /// Send no alerts about a guest or a node, or of a rule, for a while
    #[command(after_help = SILENCE_HELP)]
    Silence(SilenceArgs),
    /// List silences: those that have not ended, or those that have
    #[command(after_help = SILENCES_HELP)]
    Silences(ListSilencesArgs),
    /// End silences before their time
    #[command(after_help = UNSILENCE_HELP)]
    Unsilence(EndSilencesArgs),
    /// List the messages about an alert, and what became of them
    #[command(after_help = DELIVERIES_HELP)]
    Deliveries(AlertDeliveriesArgs),
    /// Rules: when an alert is raised, and whom it is sent to
    #[command(subcommand)]
    Rule(RuleCommand),
}

/// Which alerts to list.
#[derive(Debug, Clone, Args)]
pub struct ListAlertsArgs {
    /// Only alerts that are so far: active, firing, acknowledged or resolved
    #[arg(long, default_value = "active", value_parser = word_of(AlertStatusFilter::ALL, AlertStatusFilter::as_str))]
    pub status: AlertStatusFilter,
    /// Active and past ones
    #[arg(short, long, conflicts_with = "status")]
    pub all: bool,
    /// Only alerts of this severity
    #[arg(long, value_parser = word_of(Severity::ALL, Severity::as_str))]
    pub severity: Option<Severity>,
    /// Only alerts about this kind of thing
    #[arg(long = "source-type", value_name = "TYPE", value_parser = word_of(AlertSource::ALL, AlertSource::as_str))]
    pub source_type: Option<AlertSource>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_fields::<Alert>())]
    pub sort: Option<SortBy>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

/// Which alert to show.
#[derive(Debug, Args)]
pub struct ShowAlertArgs {
    /// Id of the alert
    #[arg(value_name = "ID", add = Noun::Alert.completer())]
    pub alert: AlertId,
}

/// Whose messages to list.
#[derive(Debug, Args)]
pub struct AlertDeliveriesArgs {
    /// Id of the alert
    #[arg(value_name = "ID", add = Noun::Alert.completer())]
    pub alert: AlertId,
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_fields::<Delivery>())]
    pub sort: Option<SortBy>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

/// Which alerts to acknowledge or close.
#[derive(Debug, Args)]
pub struct ActOnAlertsArgs {
    /// Ids of the alerts
    #[arg(required = true, value_name = "ID", add = Noun::Alert.completer())]
    pub alerts: Vec<AlertId>,
    /// Why, for whoever reads it later
    #[arg(short = 'm', long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// List rules
    #[command(visible_alias = "ls", after_help = RULE_LIST_HELP)]
    List(ListRulesArgs),
    /// Show one rule
    #[command(alias = "get", after_help = RULE_SHOW_HELP)]
    Show(RuleArgs),
    /// Make a rule out of a file
    #[command(after_help = RULE_CREATE_HELP)]
    Create(CreateRuleArgs),
    /// Replace what a rule says by a file
    #[command(after_help = RULE_UPDATE_HELP)]
    Update(UpdateRuleArgs),
    /// Delete rules; their open alerts are closed
    #[command(after_help = RULE_DELETE_HELP)]
    Delete(DeleteRulesArgs),
    /// Put rules in force
    #[command(after_help = RULE_ENABLE_HELP)]
    Enable(RulesArgs),
    /// Put rules out of force; their open alerts are closed
    #[command(after_help = RULE_DISABLE_HELP)]
    Disable(RulesArgs),
    /// Show when a rule would have fired
    #[command(after_help = RULE_PREVIEW_HELP)]
    Preview(PreviewRuleArgs),
    /// Print the rules that are offered to begin with, as files for apply
    #[command(after_help = STARTERS_HELP)]
    Starters,
    /// Test rules on made-up series, without a daemon
    #[command(after_help = TEST_HELP)]
    Test(TestRulesArgs),
}

/// Which rules to list.
#[derive(Debug, Clone, Args)]
pub struct ListRulesArgs {
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_fields::<AlertRule>())]
    pub sort: Option<SortBy>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

/// Which rule is meant.
#[derive(Debug, Args)]
pub struct RuleArgs {
    /// Name or id of the rule
    #[arg(add = Noun::Rule.completer())]
    pub rule: String,
}

/// Which rules are meant.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// Names or ids of the rules
    #[arg(required = true, value_name = "RULE", add = Noun::Rule.completer())]
    pub rules: Vec<String>,
}

/// A rule to make.
#[derive(Debug, Args)]
pub struct CreateRuleArgs {
    /// A file with the rule, in YAML or JSON; - for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: PathBuf,
}

/// A rule to replace.
#[derive(Debug, Args)]
pub struct UpdateRuleArgs {
    /// Name or id of the rule
    #[arg(add = Noun::Rule.completer())]
    pub rule: String,
    /// A file with what it says from now on, as `show -o yaml` prints it; - for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Rules to delete.
#[derive(Debug, Args)]
pub struct DeleteRulesArgs {
    /// Names or ids of the rules
    #[arg(required = true, value_name = "RULE", add = Noun::Rule.completer())]
    pub rules: Vec<String>,
    /// Do not ask; needed where nobody could answer
    #[arg(short, long)]
    pub yes: bool,
}

/// Which rule to try.
#[derive(Debug, Args)]
pub struct PreviewRuleArgs {
    /// A file with the rule, in YAML or JSON; - for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: PathBuf,
    /// On which span of stored history
    #[arg(long, default_value = "24h", value_parser = word_of(Range::ALL, Range::as_str))]
    pub range: Range,
}

/// Which files of tests to run.
#[derive(Debug, Args)]
pub struct TestRulesArgs {
    /// Files of rule tests in YAML; - for standard input
    #[arg(required = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
}

const LIST_HELP: &str = "\
Examples:
  nexops alert list
  nexops alert list --severity critical
  nexops alert list --all --limit 50 -o csv
  nexops alert list --watch";

const SHOW_HELP: &str = "\
Examples:
  nexops alert show 019aaf00-0000-7000-8000-000000000001";

const ACK_HELP: &str = "\
Examples:
  nexops alert ack 019aaf00-0000-7000-8000-000000000001 -m looking";

const RESOLVE_HELP: &str = "\
It is raised again when its condition is proven again.

Examples:
  nexops alert resolve 019aaf00-0000-7000-8000-000000000001 -m disk-replaced";

const DELIVERIES_HELP: &str = "\
Examples:
  nexops alert deliveries 019aaf00-0000-7000-8000-000000000001";

const STARTERS_HELP: &str = "\
They name no channels: whoever takes one says where it is sent.

Examples:
  nexops alert rule starters > rules.yaml
  nexops alert rule starters | nexops apply -f - --dry-run";

const RULE_LIST_HELP: &str = "\
Examples:
  nexops alert rule list
  nexops alert rule list --filter severity:critical -o wide";

const RULE_SHOW_HELP: &str = "\
Examples:
  nexops alert rule show cpu-high
  nexops alert rule show cpu-high -o yaml";

const RULE_CREATE_HELP: &str = "\
Examples:
  nexops alert rule create cpu-high.yaml";

const RULE_UPDATE_HELP: &str = "\
Examples:
  nexops alert rule update cpu-high cpu-high.yaml";

const RULE_DELETE_HELP: &str = "\
Examples:
  nexops alert rule delete cpu-high
  nexops alert rule delete cpu-high memory-high --yes";

const RULE_ENABLE_HELP: &str = "\
Examples:
  nexops alert rule enable cpu-high";

const RULE_DISABLE_HELP: &str = "\
Examples:
  nexops alert rule disable cpu-high memory-high";

const RULE_PREVIEW_HELP: &str = "\
Examples:
  nexops alert rule preview cpu-high.yaml
  nexops alert rule preview cpu-high.yaml --range 7d -o json";

const TEST_HELP: &str = "\
Runs the daemon's own evaluator on a clock that only counts. Exits with 0 when all tests passed, 1 when some failed,
2 when a file is wrong.

Examples:
  nexops alert rule test rules/*.yaml
  nexops alert rule test cpu.yaml -o json";
