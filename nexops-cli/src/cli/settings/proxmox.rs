//! The verbs of `nexops settings proxmox`.

use clap::{Args, Subcommand};
use nexops_core::settings::ProxmoxConnection;

use super::SecretArgs;
use crate::cli::ListFlags;
use crate::complete::{Noun, sort_fields};
use crate::listing::SortBy;

/// What to do with connections.
#[derive(Debug, Subcommand)]
pub enum ProxmoxCommand {
    /// List connections
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List(ListConnectionsArgs),
    /// Show one connection
    #[command(alias = "get", after_help = SHOW_HELP)]
    Show(ConnectionArgs),
    /// Make a connection and watch its cluster
    #[command(visible_alias = "add", after_help = CREATE_HELP)]
    Create(CreateConnectionArgs),
    /// Change a connection; what is not given stays, the token too
    #[command(after_help = UPDATE_HELP)]
    Update(UpdateConnectionArgs),
    /// Delete a connection with everything that was seen through it
    #[command(visible_alias = "rm", after_help = DELETE_HELP)]
    Delete(DeleteConnectionArgs),
    /// Try a stored connection, or one that is not stored; exits with 6 when it does not work
    #[command(after_help = TEST_HELP)]
    Test(TestConnectionArgs),
}

/// Which connections to list.
#[derive(Debug, Clone, Args)]
pub struct ListConnectionsArgs {
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_fields::<ProxmoxConnection>())]
    pub sort: Option<SortBy>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

/// Which connection.
#[derive(Debug, Args)]
pub struct ConnectionArgs {
    /// Name or id of the connection
    #[arg(add = Noun::Connection.completer())]
    pub connection: String,
}

/// What a connection is made of.
#[derive(Debug, Clone, Default, Args)]
pub struct ConnectionSettingsArgs {
    /// Host of the cluster: name, name:port or address; several may be given
    #[arg(long = "host", value_name = "HOST", value_delimiter = ',')]
    pub hosts: Vec<String>,
    /// Port of hosts that name none [default: 8006]
    #[arg(long)]
    pub port: Option<u16>,
    /// User that owns the token, with realm, as nexops@pve
    #[arg(long)]
    pub user: Option<String>,
    /// Name of the token, as nexops
    #[arg(long, value_name = "NAME")]
    pub token_name: Option<String>,
    /// SHA-256 fingerprint of the certificate to accept; none when empty
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<String>,
    /// Whether certificates must be trusted by the daemon's machine [default: true]
    #[arg(long, value_name = "BOOL")]
    pub verify_tls: Option<bool>,
    /// Whether the cluster is watched [default: true]
    #[arg(long, value_name = "BOOL")]
    pub enabled: Option<bool>,
    /// Where the token's secret comes from.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// The connection to make.
#[derive(Debug, Args)]
pub struct CreateConnectionArgs {
    /// Name of the new connection
    pub name: String,
    /// What it is made of.
    #[command(flatten)]
    pub settings: ConnectionSettingsArgs,
}

/// What to change.
#[derive(Debug, Args)]
pub struct UpdateConnectionArgs {
    /// Name or id of the connection
    #[arg(add = Noun::Connection.completer())]
    pub connection: String,
    /// New name of the connection
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Ask for a new secret
    #[arg(long, conflicts_with_all = ["secret_stdin", "secret_file"])]
    pub ask_secret: bool,
    /// What else to change.
    #[command(flatten)]
    pub settings: ConnectionSettingsArgs,
}

/// Which connection to delete.
#[derive(Debug, Args)]
pub struct DeleteConnectionArgs {
    /// Name or id of the connection
    #[arg(add = Noun::Connection.completer())]
    pub connection: String,
    /// Do not ask; needed where nobody could answer
    #[arg(short, long)]
    pub yes: bool,
}

/// Which connection to try.
#[derive(Debug, Args)]
pub struct TestConnectionArgs {
    /// Name or id of a stored connection; without it, one that is described by the flags
    #[arg(add = Noun::Connection.completer())]
    pub connection: Option<String>,
    /// What to try in place of what is stored.
    #[command(flatten)]
    pub settings: ConnectionSettingsArgs,
}

const LIST_HELP: &str = "\
Examples:
  nexops settings proxmox list
  nexops settings proxmox list -o json";

const SHOW_HELP: &str = "\
Examples:
  nexops settings proxmox show homelab";

const CREATE_HELP: &str = "\
The token's secret is asked for without showing it, unless it comes from a file or standard input.

Examples:
  nexops settings proxmox create homelab --host 192.0.2.10 --user nexops@pve --token-name nexops
  nexops settings proxmox create lab --host pve1,pve2 --user nexops@pve --token-name nexops --secret-file token.txt";

const UPDATE_HELP: &str = "\
Examples:
  nexops settings proxmox update homelab --enabled false
  nexops settings proxmox update homelab --fingerprint 38:3F:AB:D0
  nexops settings proxmox update homelab --token-name new --ask-secret";

const DELETE_HELP: &str = "\
To stop watching and keep what was seen: nexops settings proxmox update NAME --enabled false

Examples:
  nexops settings proxmox delete homelab
  nexops settings proxmox delete homelab --yes";

const TEST_HELP: &str = "\
Examples:
  nexops settings proxmox test homelab
  nexops settings proxmox test --host 192.0.2.10 --user nexops@pve --token-name nexops
  nexops settings proxmox test homelab --host pve2.example";
