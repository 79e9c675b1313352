//! `nexops login`, `logout`, `whoami`, and the verbs of `nexops context`.

use clap::{Args, Subcommand};

use crate::complete::Noun;

/// How to sign in.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Who you are, for the audit log; it proves nothing
    #[arg(long, value_name = "E-MAIL")]
    pub email: Option<String>,
    /// Read the token from standard input
    #[arg(long)]
    pub token_stdin: bool,
    /// Name of the context to keep it in; the one in use, or "default"
    #[arg(long, value_name = "CONTEXT", add = Noun::Context.completer())]
    pub name: Option<String>,
}

/// What to do with contexts.
#[derive(Debug, Subcommand)]
pub enum ContextCommand {
    /// List contexts
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List,
    /// Add a context, or change one
    #[command(after_help = ADD_HELP)]
    Add(AddContextArgs),
    /// Take a context into use
    #[command(after_help = USE_HELP)]
    Use {
        /// Its name; - is the one before
        #[arg(allow_hyphen_values = true, add = Noun::Context.completer())]
        name: String,
    },
    /// Take the context into use that was in use before
    #[command(name = "-", after_help = BACK_HELP)]
    Back,
    /// Forget a context with its token
    #[command(visible_alias = "rm", after_help = REMOVE_HELP)]
    Remove {
        /// Its name
        #[arg(add = Noun::Context.completer())]
        name: String,
    },
}

/// A new context.
#[derive(Debug, Args)]
pub struct AddContextArgs {
    /// Its name
    pub name: String,
    /// Address of the daemon
    #[arg(value_name = "ADDRESS", value_hint = clap::ValueHint::Url)]
    pub address: String,
    /// Take it into use
    #[arg(long = "use")]
    pub take: bool,
}

/// Help of `login`.
pub const LOGIN_HELP: &str = "\
The token is asked for without being shown, if the daemon wants one, and kept in a file that only you can read. The
address is that of the context, or --url.

Examples:
  nexops login
  nexops login --url https://nexops.example --email ann@example.com
  nexops login --url https://nexops.example --name lab --token-stdin < token.txt";

/// Help of `logout`.
pub const LOGOUT_HELP: &str = "\
Examples:
  nexops logout
  nexops logout --context lab";

/// Help of `whoami`.
pub const WHOAMI_HELP: &str = "\
Examples:
  nexops whoami
  nexops whoami -o json";

const LIST_HELP: &str = "\
Examples:
  nexops context list
  nexops context list -o json";

const ADD_HELP: &str = "\
Examples:
  nexops context add home http://127.0.0.1:8000
  nexops context add lab https://nexops.lab.example --use";

const USE_HELP: &str = "\
Examples:
  nexops context use lab
  nexops context use -";

const BACK_HELP: &str = "\
Examples:
  nexops context -";

const REMOVE_HELP: &str = "\
Examples:
  nexops context remove lab";
