//! `nexops context`: the daemons that somebody uses.

use nexops_core::client::Client;
use nexops_core::profile::Profile;
use nexops_core::profile::contexts::{self, Contexts, StoredContext};
use serde::Serialize;

use crate::cli::{AddContextArgs, ContextCommand};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Field, Output, Row};
use crate::talk::Talk;

/// A context as it is listed; whether there is a token, but not which.
#[derive(Debug, Serialize)]
struct ListedContext {
    name: String,
    url: String,
    actor: Option<String>,
    token: bool,
    current: bool,
}

impl Row for ListedContext {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "CURRENT", cell: |context, _| Cell::plain(if context.current { "*" } else { "" }) },
        Column { header: "NAME", cell: |context, _| Cell::plain(&context.name) },
        Column { header: "URL", cell: |context, _| Cell::plain(&context.url) },
        Column { header: "ACTOR", cell: |context, _| Cell::maybe(context.actor.as_deref()) },
        Column { header: "TOKEN", cell: |context, _| Cell::plain(if context.token { "yes" } else { "no" }) },
    ];
    const WIDE: &'static [Column<Self>] = &[];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "name", value: |context| Some(context.name.clone()) },
        Field { name: "url", value: |context| Some(context.url.clone()) },
        Field { name: "actor", value: |context| context.actor.clone() },
        Field { name: "token", value: |context| Some(context.token.to_string()) },
        Field { name: "current", value: |context| Some(context.current.to_string()) },
    ];

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Runs one of the verbs; none of them asks the daemon.
pub fn run(command: ContextCommand, output: &Output, talk: &Talk) -> Result<()> {
    let mut contexts = Contexts::load()?;
    match command {
        ContextCommand::List => list(&contexts, output, talk),
        ContextCommand::Add(args) => add(args, contexts, talk),
        ContextCommand::Use { name } => switch(&name, contexts, talk),
        ContextCommand::Back => switch("-", contexts, talk),
        ContextCommand::Remove { name } => {
            contexts.remove(&name)?;
            Ok(contexts.save()?)
        }
    }
}

fn list(contexts: &Contexts, output: &Output, talk: &Talk) -> Result<()> {
    let listed = |(name, context): (&str, &StoredContext)| ListedContext {
        name: name.to_owned(),
        url: context.url.clone(),
        actor: context.actor.clone(),
        token: context.token.is_some(),
        current: contexts.current() == Some(name),
    };
    let rows: Vec<ListedContext> = contexts.iter().map(listed).collect();
    output.list(&rows)?;
    if rows.is_empty() {
        talk.note("no context yet: `nexops login` makes one");
    }
    Ok(())
}

fn add(args: AddContextArgs, mut contexts: Contexts, talk: &Talk) -> Result<()> {
    let AddContextArgs { name, address, take } = args;
    // The address is checked as every command would; a token belongs to the address that it was given for.
    let profile = Profile { url: address, token: None, actor: None };
    let client = Client::new(profile).map_err(|error| Failure::from_client("use that address", &error))?;
    let url = client.url().to_owned();
    let before = contexts.get(&name).ok().cloned();
    let actor = before.as_ref().and_then(|before| before.actor.clone());
    let token = before.filter(|before| before.url == url).and_then(|before| before.token);
    contexts.put(&name, StoredContext { url, token, actor })?;
    if take {
        contexts.switch(&name)?;
    }
    contexts.save()?;
    if contexts.current() != Some(name.as_str()) {
        talk.note(&format!("`nexops context use {name}` takes it into use"));
    }
    Ok(())
}

fn switch(name: &str, mut contexts: Contexts, talk: &Talk) -> Result<()> {
    let name = contexts.switch(name)?.to_owned();
    contexts.save()?;
    talk.note(&format!("in use: {name} ({})", contexts.get(&name)?.url));
    Ok(())
}

impl From<contexts::Error> for Failure {
    fn from(error: contexts::Error) -> Self {
        let (exit, code, hint) = match &error {
            contexts::Error::NoHome => (Exit::Generic, "NO_HOME", None),
            contexts::Error::File { .. } | contexts::Error::Content { .. } => {
                (Exit::Generic, "CONTEXTS_UNUSABLE", None)
            }
            contexts::Error::Unknown { .. } => {
                (Exit::NotFound, "UNKNOWN_CONTEXT", Some("`nexops context list` shows them, `nexops login` makes one"))
            }
            contexts::Error::Name(_) => (Exit::Usage, "INVALID_NAME", None),
            contexts::Error::NoPrevious => (Exit::NotFound, "NO_PREVIOUS_CONTEXT", Some("nexops context list")),
        };
        let failure = Self::new(exit, code, error.to_string());
        hint.map_or(failure.clone(), |hint| failure.with_hint(hint))
    }
}
