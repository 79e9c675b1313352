//! What can be said when it is started.
#![expect(clippy::doc_markdown, reason = "the comments on the arguments are what --help prints")]

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// The NexOps terminal UI: nodes, guests, services and alerts, live.
///
/// Press ? for the keys. It speaks to the daemon at NEXOPS_API_URL, else to that of the context in use (`nexops login`,
/// `nexops context`), else to http://127.0.0.1:8000; with the token in NEXOPS_API_TOKEN or in the context where the
/// daemon wants one.
#[derive(Debug, Parser)]
#[command(name = "nexops-tui", version, max_term_width = 100)]
pub struct Arguments {
    /// The daemon's address [variable: NEXOPS_API_URL]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Speaks to the daemon of this context [variable: NEXOPS_CONTEXT]
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    pub context: Option<String>,
    /// Reads this configuration file [default: ~/.config/nexops/tui.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Shows this many colours [default: what the terminal says; none where NO_COLOR is set]
    #[arg(long, value_name = "DEPTH")]
    pub color: Option<ColorDepth>,
    /// Uses nothing beyond ASCII
    #[arg(long)]
    pub ascii: bool,
    /// Changes nothing: keys that act on guests are off
    #[arg(long)]
    pub read_only: bool,
    /// Prints one screen as text and ends: dashboard, infrastructure, services, alerts, alert-history, rules, silences,
    /// connections, channels, appearance, audit
    #[arg(long, value_name = "SCREEN")]
    pub snapshot: Option<String>,
    /// The size of that text
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "120x40", requires = "snapshot")]
    pub size: String,
    /// Prints the page of keys for the documentation, and ends
    #[arg(long, hide = true)]
    pub keys: bool,
    /// Panics after the first picture, so that a test can see the terminal restored
    #[arg(long, hide = true)]
    pub panic: bool,
}

/// How many colours are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorDepth {
    /// All of them.
    Truecolor,
    /// The 256 of xterm.
    #[value(name = "256")]
    Indexed,
    /// The terminal's own sixteen.
    #[value(name = "16")]
    Sixteen,
    /// None.
    None,
}
