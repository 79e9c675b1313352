//! The verbs of `nexops settings notify`.

use clap::{Args, Subcommand};
use nexops_core::id::DeliveryId;
use nexops_core::notification::{Channel, ChannelKind, Delivery, DeliveryState, MailSecurity};

use super::SecretArgs;
use crate::cli::{ListFlags, word_of};
use crate::complete::{Noun, sort_fields};
use crate::listing::SortBy;

/// What to do with channels and the messages that go over them.
#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// List channels
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List(ListChannelsArgs),
    /// Show one channel
    #[command(alias = "get", after_help = SHOW_HELP)]
    Show(ChannelArgs),
    /// Make a channel
    #[command(visible_alias = "add", after_help = CREATE_HELP)]
    Create(CreateChannelArgs),
    /// Change a channel; what is not given stays, the secret too
    #[command(after_help = UPDATE_HELP)]
    Update(UpdateChannelArgs),
    /// Delete channels that no rule uses
    #[command(visible_alias = "rm", after_help = DELETE_HELP)]
    Delete(DeleteChannelsArgs),
    /// Send a test the way of a real alert, and wait for what comes of it
    #[command(after_help = TEST_HELP)]
    Test(ChannelArgs),
    /// List messages and what became of them, the latest first
    #[command(after_help = DELIVERIES_HELP)]
    Deliveries(ListDeliveriesArgs),
    /// Queue messages again that were given up
    #[command(after_help = REQUEUE_HELP)]
    Requeue(RequeueArgs),
}

/// Which channels to list.
#[derive(Debug, Clone, Args)]
pub struct ListChannelsArgs {
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_fields::<Channel>())]
    pub sort: Option<SortBy>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

/// Which channel.
#[derive(Debug, Args)]
pub struct ChannelArgs {
    /// Name or id of the channel
    #[arg(add = Noun::Channel.completer())]
    pub channel: String,
}

/// What a channel needs to know, but for its secret.
#[derive(Debug, Clone, Default, Args)]
pub struct ChannelSettingsArgs {
    /// The mail server of an email channel
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// Its port [default: 587 with starttls, 465 with tls, 25 with none]
    #[arg(long)]
    pub port: Option<u16>,
    /// How the way to it is protected: starttls, tls or none
    #[arg(long, value_parser = word_of(MailSecurity::ALL, MailSecurity::as_str), hide_possible_values = true)]
    pub security: Option<MailSecurity>,
    /// Who logs in to it; nobody when empty
    #[arg(long, value_name = "USER")]
    pub username: Option<String>,
    /// Whom its mail is from, as nexops@example.net
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// Whom its mail is for; several may be given
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub to: Vec<String>,
    /// Where the requests of a webhook channel go
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub webhook: Option<String>,
    /// Whether anything is sent over it
    #[arg(long, value_name = "BOOL")]
    pub enabled: Option<bool>,
    /// Where the secret comes from: the address of a Discord or Slack webhook, a password, a signing secret.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// The channel to make.
#[derive(Debug, Args)]
pub struct CreateChannelArgs {
    /// Its name
    pub name: String,
    /// What carries its messages: discord, slack, email or webhook
    #[arg(long, value_parser = word_of(ChannelKind::ALL, ChannelKind::as_str), hide_possible_values = true)]
    pub kind: ChannelKind,
    /// What it needs to know.
    #[command(flatten)]
    pub settings: ChannelSettingsArgs,
}

/// What to change.
#[derive(Debug, Args)]
pub struct UpdateChannelArgs {
    /// Name or id of the channel
    #[arg(add = Noun::Channel.completer())]
    pub channel: String,
    /// A new name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Ask for a new secret
    #[arg(long, conflicts_with_all = ["secret_stdin", "secret_file"])]
    pub ask_secret: bool,
    /// What else to change.
    #[command(flatten)]
    pub settings: ChannelSettingsArgs,
}

/// Which channels to delete.
#[derive(Debug, Args)]
pub struct DeleteChannelsArgs {
    /// Names or ids of the channels
    #[arg(required = true, value_name = "CHANNEL", add = Noun::Channel.completer())]
    pub channels: Vec<String>,
    /// Do not ask; needed where nobody could answer
    #[arg(short, long)]
    pub yes: bool,
}

/// Which messages to list.
#[derive(Debug, Clone, Args)]
pub struct ListDeliveriesArgs {
    /// Only messages that are so far: pending, sent, dead or cancelled
    #[arg(long, value_parser = word_of(DeliveryState::ALL, DeliveryState::as_str), hide_possible_values = true)]
    pub state: Option<DeliveryState>,
    /// Only messages over this channel
    #[arg(long, add = Noun::Channel.completer())]
    pub channel: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_fields::<Delivery>())]
    pub sort: Option<SortBy>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

/// Which messages to queue again.
#[derive(Debug, Args)]
pub struct RequeueArgs {
    /// Ids of the messages
    #[arg(required_unless_present = "all", value_name = "ID")]
    pub deliveries: Vec<DeliveryId>,
    /// All that were given up
    #[arg(long, conflicts_with = "deliveries")]
    pub all: bool,
    /// With --all: only those over this channel
    #[arg(long, requires = "all", add = Noun::Channel.completer())]
    pub channel: Option<String>,
}

const LIST_HELP: &str = "\
Examples:
  nexops settings notify list
  nexops settings notify list --filter status:failing -o json";

const SHOW_HELP: &str = "\
Examples:
  nexops settings notify show operators";

const CREATE_HELP: &str = "\
The secret is asked for without showing it, unless it comes from a file or standard input: the address of a Discord or
Slack webhook, the password of a mail account, what the requests of a webhook are signed with.

Examples:
  nexops settings notify create operators --kind discord
  nexops settings notify create chat --kind slack --secret-file webhook.txt
  nexops settings notify create mail --kind email --host 192.0.2.25 --security none --from nexops@example.net --to ann@example.net
  openssl rand -hex 32 | nexops settings notify create pager --kind webhook --webhook https://pager.example/nexops --secret-stdin";

const UPDATE_HELP: &str = "\
Examples:
  nexops settings notify update mail --to ann@example.net,bob@example.net
  nexops settings notify update operators --enabled false
  nexops settings notify update operators --ask-secret";

const DELETE_HELP: &str = "\
Examples:
  nexops settings notify delete chat
  nexops settings notify delete chat pager --yes";

const TEST_HELP: &str = "\
Exits with 1 when the message does not get through, and with 8 when that is not known yet.

Examples:
  nexops settings notify test operators";

const DELIVERIES_HELP: &str = "\
Examples:
  nexops settings notify deliveries
  nexops settings notify deliveries --state dead --channel operators
  nexops settings notify deliveries -o csv --limit 1000";

const REQUEUE_HELP: &str = "\
Examples:
  nexops settings notify requeue 019aaf00-0000-7000-8000-0000000000d1
  nexops settings notify requeue --all --channel operators";
