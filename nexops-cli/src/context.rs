//! What every command works with: the client and where to print.

use std::env;
use std::io::{self, IsTerminal};

use chrono::{DateTime, Utc};
use nexops_core::client::Client;
use nexops_core::profile::Profile;
use rustix::termios::tcgetwinsize;

use crate::cli::{Format, Global};
use crate::color;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::output::{Output, Row, emit};
use crate::talk::Talk;

/// What every command works with.
#[derive(Debug)]
pub struct Context {
    /// The daemon.
    pub client: Client,
    /// Where data goes.
    pub output: Output,
    /// Where talk goes.
    pub talk: Talk,
}

impl Context {
    /// Prepares a command without asking the daemon anything yet.
    pub fn new(global: &Global) -> Result<Self> {
        let profile = Profile::chosen(global.url.as_deref(), global.context.as_deref())?;
        let client = Client::new(profile).map_err(|error| Failure::from_client("use that address", &error))?;
        Ok(Self { client, output: output(global), talk: talk(global) })
    }

    /// Tells what became of a thing: a line for people, the thing itself for programs.
    pub fn tell<T: Row>(&self, kind: &str, thing: &T, what: &str) -> Result<()> {
        match self.output.is_for_people() {
            true if self.talk.quiet => Ok(()),
            true => emit(&format!("{kind} {}: {what}\n", clean(&thing.name()))),
            false => self.output.one(thing, Vec::new),
        }
    }
}

/// The time that ages are counted from.
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Whether somebody looks at a terminal that can be drawn on.
fn is_terminal(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// The width of the terminal on standard output; nothing is cut for a reader that is none.
fn width() -> Option<usize> {
    let columns = tcgetwinsize(io::stdout()).ok()?.ws_col;
    (columns > 0).then_some(usize::from(columns))
}

/// How to print under these flags.
pub fn output(global: &Global) -> Output {
    let colored = color::is_wanted(global.color, io::stdout().is_terminal());
    Output {
        format: global.output,
        headers: !global.no_headers,
        colored,
        columns: global.columns.clone(),
        terminal: is_terminal(&io::stdout()),
        width: width(),
        now: now(),
    }
}

/// How to talk under these flags.
pub fn talk(global: &Global) -> Talk {
    Talk {
        json: matches!(global.output, Format::Json | Format::Jsonl),
        quiet: global.quiet,
        verbose: global.verbose,
        colored: color::is_wanted(global.color, io::stderr().is_terminal()),
        terminal: is_terminal(&io::stderr()),
    }
}
