//! The nouns of `nexops settings`, and where their secrets come from.

mod notify;
mod proxmox;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use notify::{
    ChannelSettingsArgs, CreateChannelArgs, DeleteChannelsArgs, ListChannelsArgs, ListDeliveriesArgs, NotifyCommand,
    RequeueArgs, UpdateChannelArgs,
};
pub use proxmox::{
    ConnectionSettingsArgs, CreateConnectionArgs, DeleteConnectionArgs, ListConnectionsArgs, ProxmoxCommand,
    TestConnectionArgs, UpdateConnectionArgs,
};

/// Which settings.
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Connections to Proxmox: which clusters are watched
    #[command(subcommand)]
    Proxmox(ProxmoxCommand),
    /// Channels: over which people hear of alerts, and what became of every message
    #[command(subcommand, visible_alias = "notifications")]
    Notify(NotifyCommand),
}

/// Where a secret comes from. There is no flag for the secret itself, for others could read it.
#[derive(Debug, Clone, Default, Args)]
pub struct SecretArgs {
    /// Read the secret from standard input
    #[arg(long, conflicts_with = "secret_file")]
    pub secret_stdin: bool,
    /// Read the secret from this file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub secret_file: Option<PathBuf>,
}

impl SecretArgs {
    /// Whether they say nothing.
    pub const fn is_empty(&self) -> bool {
        let Self { secret_stdin, secret_file } = self;
        !*secret_stdin && secret_file.is_none()
    }
}
