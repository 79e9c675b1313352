//! `nexopsd`: arguments, configuration, logging, then the daemon, then the exit code.
#![expect(clippy::doc_markdown, reason = "the comments on the arguments are what --help prints")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use nexopsd::app::App;
use nexopsd::config::{Config, Flags, Log};
use nexopsd::start::{self, OpenDatabase};
use nexopsd::{api, check, jobs, lease, seed, serve, telemetry};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The NexOps daemon: watches Proxmox VE, keeps its history, serves the HTTP API, obeys.
///
/// Without a command it serves until it is told to stop. Everything is configured by environment variables, .env in
/// the working directory, or a TOML file with the same keys; .env.example lists them.
#[derive(Debug, Parser)]
#[command(name = "nexopsd", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Shows a simulated cluster, with a database of its own
    #[arg(long)]
    demo: bool,
    /// Reads this configuration file [else: NEXOPS_CONFIG, /etc/nexops/nexops.toml, ~/.config/nexops/nexops.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Listens here [variable: NEXOPS_LISTEN] [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Keeps the private database here; --demo appends -demo to the name [variable: NEXOPS_DATA_DIR]
    #[arg(long, global = true, value_name = "DIRECTORY")]
    data_dir: Option<String>,
    /// Logs this much: error, warn, info, debug, trace [variable: LOG_LEVEL] [default: info]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Lets anybody who can reach the address control the guests, without a token
    #[arg(long)]
    insecure: bool,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Brings the database schema up to date and ends
    Migrate,
    /// Checks configuration, database, Redis and Proxmox, and says what to do about what fails (exit code 1)
    Check,
    /// Fills the demo's database, or that of DATABASE_URL, with nodes, guests, services, rules, alerts and a week of
    /// metrics; done again, it adds only what is missing
    Seed {
        /// Also into a database that holds other connections or services; a daemon on it must not run meanwhile
        #[arg(long)]
        anyway: bool,
    },
    /// Prints the OpenAPI document
    Openapi,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("nexopsd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Some(Command::Openapi) = arguments.command {
        println!("{}", api::document().to_pretty_json().context("write the OpenAPI document")?);
        return Ok(ExitCode::SUCCESS);
    }
    let command = arguments.command;
    let config = Config::load(&flags(arguments))?;
    telemetry::start(&log_for(command, &config.log))?;
    match command {
        None => serve_until_stopped(config).await.map(|()| ExitCode::SUCCESS),
        Some(Command::Migrate) => migrate(&config).await.map(|()| ExitCode::SUCCESS),
        Some(Command::Seed { anyway }) => seed(config, anyway).await.map(|()| ExitCode::SUCCESS),
        Some(Command::Check) => Ok(if check::run(&config).await { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        Some(Command::Openapi) => Ok(ExitCode::SUCCESS),
    }
}

/// A command that answers on standard output is not to have what the private database tells between its lines.
fn log_for(command: Option<Command>, log: &Log) -> Log {
    match command {
        Some(Command::Check | Command::Migrate | Command::Seed { .. }) if log.filter == "info" => {
            Log { filter: "warn".to_owned() }
        }
        Some(Command::Check | Command::Migrate | Command::Seed { .. } | Command::Openapi) | None => log.clone(),
    }
}

fn flags(arguments: Arguments) -> Flags {
    let Arguments { command, demo, config, listen, data_dir, log_level, insecure } = arguments;
    let values = [("NEXOPS_LISTEN", listen), ("NEXOPS_DATA_DIR", data_dir), ("LOG_LEVEL", log_level)];
    let values: HashMap<&'static str, String> =
        values.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    // What is made up goes where the demo looks for it.
    let demo = demo || matches!(command, Some(Command::Seed { .. }));
    Flags { demo, insecure, values, file: config }
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let database = start::open_database(config, start::DATABASE_PATIENCE).await?;
    let applied = database.db.migrate().await;
    database.close().await;
    match applied?.as_slice() {
        [] => println!("the database schema is up to date"),
        applied => applied.iter().for_each(|migration| println!("applied {migration}")),
    }
    Ok(())
}

async fn seed(mut config: Config, anyway: bool) -> anyhow::Result<()> {
    config.demo = !anyway;
    let (simulator, cluster) = start::simulate().await?;
    let database = start::open_database(&config, start::DATABASE_PATIENCE).await?;
    let filled = fill(config, anyway, &database, cluster).await;
    database.close().await;
    simulator.stop().await;
    let seed::Filled { services, rules, alerts, samples } = filled?;
    println!("done: {services} services, {rules} rules, {alerts} alerts, {samples} samples; nexopsd --demo shows them");
    Ok(())
}

async fn fill(
    config: Config,
    anyway: bool,
    database: &OpenDatabase,
    cluster: nexopsd::config::Connection,
) -> anyhow::Result<seed::Filled> {
    let app = Arc::new(start::build(config, database, vec![cluster.clone()]).await?);
    if !anyway && seed::is_in_use(&app).await? {
        anyhow::bail!("the database holds services of somebody's own; --anyway adds the made-up ones to them");
    }
    for connection in app.connections().iter() {
        jobs::watch(&app, connection);
    }
    // They wait for a lease.
    app.tracker.spawn(lease::keep(Arc::clone(&app)));
    let filled = seed::fill(&app, &cluster, |step| println!("{step}")).await;
    app.shutdown.cancel();
    app.tracker.close();
    app.tracker.wait().await;
    filled
}

/// Fills the demo beside everything else.
fn fill_demo(app: &Arc<App>, cluster: nexopsd::config::Connection) {
    let app = Arc::clone(app);
    app.tracker.clone().spawn(async move {
        let filled = tokio::select! {
            () = app.shutdown.cancelled() => return,
            filled = seed::fill(&app, &cluster, |_| ()) => filled,
        };
        if let Err(error) = filled {
            tracing::warn!("the demo could not be filled with services and history: {error:#}");
        }
    });
}

async fn serve_until_stopped(config: Config) -> anyhow::Result<()> {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let stop = stop_on_signals()?;
    // The port first: it is what most often is wrong, and finding out costs nothing yet.
    let listener = start::listen(&config).await?;
    let database = tokio::select! {
        database = start::open_database(&config, start::DATABASE_PATIENCE) => database?,
        () = stop.cancelled() => return Ok(()),
    };
    let result = serve_on(config, &database, listener, stop).await;
    database.close().await;
    result
}

async fn serve_on(
    config: Config,
    database: &OpenDatabase,
    listener: tokio::net::TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let (simulator, connections) = if config.demo {
        let (simulator, connection) = start::simulate().await?;
        (Some((simulator, connection.clone())), vec![connection])
    } else {
        (None, config.proxmox.clone().into_iter().collect())
    };
    if connections.is_empty() {
        tracing::warn!("no Proxmox is configured: set PROXMOX_HOST and its companions (.env.example), or try --demo");
    }
    let app = Arc::new(start::build(config, database, connections).await?);
    let stopping = app.shutdown.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        stopping.cancel();
    });
    if let Some((_, cluster)) = &simulator {
        fill_demo(&app, cluster.clone());
    }
    let result = serve::run(app, listener).await;
    if let Some((simulator, _)) = simulator {
        simulator.stop().await;
    }
    result
}

/// The first SIGINT or SIGTERM asks for an orderly end, the second ends at once.
fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if told.is_cancelled() {
                eprintln!("nexopsd: told to stop twice, so ending at once");
                std::process::exit(130);
            }
            told.cancel();
        }
    });
    Ok(stop)
}
