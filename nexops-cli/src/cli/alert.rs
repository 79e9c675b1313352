//! The verbs of `nexops alert`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with alerts.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// Rules: when an alert is raised, and whom it is sent to
    #[command(subcommand)]
    Rule(RuleCommand),
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// Test rules on made-up series, without a daemon
    #[command(after_help = TEST_HELP)]
    Test(TestRulesArgs),
}

/// Which files of tests to run.
#[derive(Debug, Args)]
pub struct TestRulesArgs {
    /// Files of rule tests in YAML; - for standard input
    #[arg(required = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
}

const TEST_HELP: &str = "\
Runs the daemon's own evaluator on a clock that only counts. Exits with 0 when all tests passed, 1 when some failed,
2 when a file is wrong.

Examples:
  nexops alert rule test rules/*.yaml
  nexops alert rule test cpu.yaml -o json";
