//! The command line: one request or a few to the daemon, one answer on standard output.

mod cli;
mod color;
mod commands;
mod complete;
mod confirm;
mod context;
mod exit;
mod failure;
mod filter;
mod format;
mod freshness;
mod listing;
mod output;
mod paging;
mod progress;
mod resolve;
mod rows;
mod talk;
mod usage;
mod wait;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{AlertCommand, Cli, Command, RuleCommand};
use context::Context;
use exit::Exit;
use failure::{Failure, Result};

fn main() -> ExitCode {
    complete::answer();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error).into(),
    };
    let talk = context::talk(&cli.global);
    match run(cli) {
        Ok(()) => Exit::Success.into(),
        Err(failure) => {
            talk.fail(&failure);
            failure.exit.into()
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    if let Command::Completions { shell } = cli.command {
        return commands::completions::run(shell);
    }
    if let Command::Alert(AlertCommand::Rule(RuleCommand::Test(args))) = &cli.command {
        return commands::alert::rule_test::run(args, cli.global.output, cli.global.quiet);
    }
    let context = Context::new(&cli.global)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Generic, "NO_RUNTIME", format!("cannot prepare for requests: {error}")))?;
    runtime.block_on(async {
        match cli.command {
            Command::Status => commands::status::run(&context).await,
            Command::Node(command) => commands::node::run(command, &context).await,
            Command::Vm(command) => commands::vm::run(command, &context).await,
            Command::Service(command) => commands::service::run(command, &context).await,
            Command::Metrics(command) => commands::metrics::run(command, &context).await,
            Command::Task(command) => commands::task::run(command, &context).await,
            Command::Alert(command) => commands::alert::run(command, &context).await,
            Command::Completions { shell } => commands::completions::run(shell),
        }
    })
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
