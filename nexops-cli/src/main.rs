//! The command line: one request or a few to the daemon, one answer on standard output.

mod cli;
mod code;
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
mod hidden;
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
        Err(error) => {
            let exit = usage::report(&error);
            // To Nagios 2 is critical; a check that was called wrongly knows nothing.
            return match exit {
                Exit::Usage if usage::is_of_check() => commands::check::Severity::Unknown.number().into(),
                exit => exit.into(),
            };
        }
    };
    let talk = context::talk(&cli.global);
    run(cli).unwrap_or_else(|failure| {
        talk.fail(&failure);
        failure.exit.into()
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Generic, "NO_RUNTIME", format!("cannot prepare for requests: {error}")))?;
    let Cli { global, command } = cli;
    let context = || Context::new(&global);
    let talk = context::talk(&global);
    runtime.block_on(async {
        match command {
            Command::Status => commands::status::run(&context()?).await,
            Command::Node(command) => commands::node::run(command, &context()?).await,
            Command::Vm(command) => commands::vm::run(command, &context()?).await,
            Command::Service(command) => commands::service::run(command, &context()?).await,
            Command::Metrics(command) => commands::metrics::run(command, &context()?).await,
            Command::Task(command) => commands::task::run(command, &context()?).await,
            Command::Alert(AlertCommand::Rule(RuleCommand::Test(args))) => {
                commands::alert::rule_test::run(&args, global.output, global.quiet)
            }
            Command::Alert(command) => commands::alert::run(command, &context()?).await,
            Command::Audit(command) => commands::audit::run(command, &context()?).await,
            Command::Events(args) => commands::events::run(&args, &context()?).await,
            Command::Apply(args) => commands::apply::run(&args, &context()?).await,
            Command::Export(args) => commands::export::run(&args, &context()?).await,
            Command::Settings(command) => commands::settings::run(command, &context()?).await,
            Command::Check(command) => return Ok(commands::check::run(command, context()).await.number().into()),
            Command::Ui { arguments } => commands::ui::run(&arguments, &global),
            Command::Api(args) => commands::api::run(args, &context()?).await,
            Command::Login(args) => commands::login::login(args, &global, &talk).await,
            Command::Logout => commands::login::logout(&global, &talk),
            Command::Whoami => commands::login::whoami(&global, &context()?).await,
            Command::Context(command) => commands::context::run(command, &context::output(&global), &talk),
            Command::Completions { shell } => commands::completions::run(shell),
            Command::Man { directory } => commands::man::run(&directory),
        }?;
        Ok(ExitCode::SUCCESS)
    })
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
