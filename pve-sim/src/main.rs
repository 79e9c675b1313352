//! Runs a simulated Proxmox VE API server until it is interrupted.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use pve_sim::{Config, Privileges, PveVersion, Simulator, Token, start};
use tokio::signal::unix::{SignalKind, signal};

/// Simulate the API of a Proxmox VE cluster.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8006")]
    listen: SocketAddr,
    /// The release to imitate.
    #[arg(long, value_name = "RELEASE", default_value = "9.1", value_parser = parse_version)]
    pve_version: PveVersion,
    /// Number of nodes.
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=200))]
    nodes: u32,
    /// Number of guests.
    #[arg(long, value_name = "COUNT", default_value_t = 24, value_parser = clap::value_parser!(u32).range(..=100_000))]
    guests: u32,
    /// The same seed gives the same cluster.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to take orders from other processes over plain HTTP; a loopback address.
    #[arg(long, value_name = "ADDRESS")]
    control: Option<SocketAddr>,
    /// Name of the cluster.
    #[arg(long, value_name = "NAME", default_value = "homelab")]
    cluster_name: String,
    /// Factor on the duration of tasks: 1 is real time, 0.1 ten times as fast.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = parse_scale)]
    time_scale: f64,
    /// Seconds between refreshes of the figures in lists; 0 is always fresh.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    stat_interval: u64,
    /// A token that may do everything; may be repeated.
    #[arg(long, value_name = "USER!NAME=SECRET", value_parser = parse_token)]
    token: Vec<Token>,
    /// A token that may only read; may be repeated.
    #[arg(long, value_name = "USER!NAME=SECRET", value_parser = parse_token)]
    auditor_token: Vec<Token>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut interrupted = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let mut terminated = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let simulator = start(config(arguments)).await?;
    print!("{}", introduction(&simulator));
    std::io::stdout().flush().context("write to standard output")?;
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    simulator.stop().await;
    Ok(())
}

fn config(arguments: Arguments) -> Config {
    let defaults = Config::default();
    let mut tokens = if arguments.token.is_empty() { defaults.tokens.clone() } else { arguments.token };
    let auditors = arguments.auditor_token.into_iter();
    tokens.extend(auditors.map(|token| Token { privileges: Privileges::auditor(), ..token }));
    Config {
        version: arguments.pve_version,
        nodes: arguments.nodes,
        guests: arguments.guests,
        seed: arguments.seed,
        listen: arguments.listen,
        control: arguments.control,
        cluster_name: arguments.cluster_name,
        time_scale: arguments.time_scale,
        stat_interval: Duration::from_secs(arguments.stat_interval),
        tokens,
        ..defaults
    }
}

/// Where it is, and the settings of the daemon that point to it.
fn introduction(simulator: &Simulator) -> String {
    let (url, fingerprint, token) = (simulator.url(), simulator.fingerprint(), simulator.token());
    let Token { user, name, secret, .. } = token;
    let (id, port) = (token.id(), simulator.address().port());
    // Listening on every address is nothing one can connect to.
    let host = match simulator.address().ip() {
        address if address.is_unspecified() => "127.0.0.1".to_owned(),
        address => address.to_string(),
    };
    let control = simulator.control_address().map(|address| format!("control     http://{address}\n"));
    let control = control.unwrap_or_default();
    format!(
        "pve-sim listens on {url}\nfingerprint {fingerprint}\ntoken       {id}={secret}\n{control}\n\
         PROXMOX_HOST={host}\nPROXMOX_PORT={port}\nPROXMOX_USER={user}\n\
         PROXMOX_TOKEN_NAME={name}\nPROXMOX_TOKEN_VALUE={secret}\n\
         PROXMOX_FINGERPRINT={fingerprint}\n"
    )
}

fn parse_token(text: &str) -> Result<Token, String> {
    let wrong = || "expected USER@REALM!NAME=SECRET".to_owned();
    let (id, secret) = text.split_once('=').ok_or_else(wrong)?;
    let (user, name) = id.split_once('!').ok_or_else(wrong)?;
    if !user.contains('@') || name.is_empty() || secret.is_empty() {
        return Err(wrong());
    }
    Ok(Token {
        user: user.to_owned(),
        name: name.to_owned(),
        secret: secret.to_owned(),
        privileges: Privileges::full(),
    })
}

fn parse_version(text: &str) -> Result<PveVersion, String> {
    PveVersion::parse(text)
        .ok_or_else(|| format!("expected one of {}", PveVersion::ALL.map(PveVersion::name).join(", ")))
}

fn parse_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale >= 0.0 => Ok(scale),
        Ok(_) | Err(_) => Err("expected a number from 0 up".to_owned()),
    }
}
