//! The verbs of `nexops node`.

use clap::{Args, Subcommand};
use nexops_core::node::{ListNodes, NodeColumn, NodeStatus};
use nexops_core::page::Sort;

use super::{ListFlags, word_of};
use crate::complete::{Noun, sort_by};

/// What to do with nodes.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// List nodes
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List(ListNodesArgs),
    /// Show one node
    #[command(alias = "get", after_help = SHOW_HELP)]
    Show(ShowNodeArgs),
}

/// Which nodes to list.
#[derive(Debug, Clone, Args)]
pub struct ListNodesArgs {
    /// Only nodes in this state
    #[arg(long, value_parser = word_of(NodeStatus::ALL, NodeStatus::as_str))]
    pub status: Option<NodeStatus>,
    /// Only nodes of this connection
    #[arg(long, add = Noun::Connection.completer())]
    pub connection: Option<String>,
    /// Only nodes whose name or address contains this
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Column to sort by, with - before it for the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_by(NodeColumn::ALL))]
    pub sort: Option<Sort<NodeColumn>>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

impl ListNodesArgs {
    /// Whether any node is left out on purpose.
    pub fn is_filtered(&self) -> bool {
        let Self { status, connection, search, sort: _, flags: _ } = self;
        status.is_some() || connection.is_some() || search.is_some()
    }
}

impl From<&ListNodesArgs> for ListNodes {
    fn from(args: &ListNodesArgs) -> Self {
        let ListNodesArgs { status, connection, search, sort, flags: _ } = args.clone();
        Self { page: None, per_page: None, sort, status, connection, search }
    }
}

/// Which node to show.
#[derive(Debug, Args)]
pub struct ShowNodeArgs {
    /// Name, connection/name or id of the node
    #[arg(add = Noun::Node.completer())]
    pub node: String,
}

const LIST_HELP: &str = "\
Examples:
  nexops node list
  nexops node list --status offline
  nexops node list --sort -memory_usage -o wide
  nexops node list -c name,cpu,memory --watch";

const SHOW_HELP: &str = "\
Examples:
  nexops node show pve1
  nexops node show default/pve1 -o json";
