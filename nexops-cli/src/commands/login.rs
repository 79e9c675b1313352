//! `nexops login`, `logout` and `whoami`: who asks which daemon, and with which token.

use std::io::{self, BufRead, Write};

use nexops_core::client::{self, Client};
use nexops_core::error::ErrorCode;
use nexops_core::profile::Profile;
use nexops_core::profile::contexts::{Contexts, StoredContext};
use secrecy::SecretString;
use serde::Serialize;

use crate::cli::{Format, Global, LoginArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::hidden;
use crate::output::{Cell, Field, csv, details, emit};
use crate::talk::Talk;

/// Signs in: nothing is kept unless the daemon accepts it.
pub async fn login(args: LoginArgs, global: &Global, talk: &Talk) -> Result<()> {
    let mut contexts = Contexts::load()?;
    let name = args.name.or_else(|| global.context.clone()).or_else(|| contexts.current().map(str::to_owned));
    let name = name.unwrap_or_else(|| "default".to_owned());
    let before = contexts.get(&name).ok().cloned();
    let url = match (&global.url, &before) {
        (Some(url), _) => url.clone(),
        (None, Some(before)) => before.url.clone(),
        (None, None) => Profile::from_environment(None).url,
    };
    let actor = match args.email {
        Some(email) => Some(email),
        None => ask_who(before.and_then(|before| before.actor))?,
    };
    let anonymous = client_for(&url, None, actor.clone())?;
    let token = if args.token_stdin { Some(read_token()?) } else { ask_for_token(&anonymous).await? };
    let client = client_for(&url, token.clone(), actor.clone())?;
    client.system().await.map_err(|error| Failure::from_client("sign in", &error))?;
    let context = StoredContext { url: client.url().to_owned(), token, actor: actor.clone() };
    contexts.put(&name, context)?;
    contexts.switch(&name)?;
    contexts.save()?;
    let who = actor.map(|actor| format!(" as {actor}")).unwrap_or_default();
    talk.note(&format!("signed in at {}{who} (context {name})", client.url()));
    Ok(())
}

fn client_for(url: &str, token: Option<SecretString>, actor: Option<String>) -> Result<Client> {
    let profile = Profile { url: url.to_owned(), token, actor };
    Client::new(profile).map_err(|error| Failure::from_client("use that address", &error))
}

/// Who somebody at a terminal says that he is; elsewhere what was known before.
fn ask_who(before: Option<String>) -> Result<Option<String>> {
    if !hidden::is_at_terminal() {
        return Ok(before);
    }
    let default = before.as_ref().map(|before| format!(" [{before}]")).unwrap_or_default();
    let answer = prompt(&format!("E-mail{default}: "))?;
    Ok(if answer.is_empty() { before } else { Some(answer) })
}

/// A token, if the daemon wants one.
async fn ask_for_token(client: &Client) -> Result<Option<SecretString>> {
    let error = match client.system().await {
        Ok(_) => return Ok(None),
        Err(error) => error,
    };
    match error.code() {
        Some(ErrorCode::Unauthorized) if hidden::is_at_terminal() => {
            checked(hidden::ask("Token")?.trim().to_owned()).map(Some)
        }
        Some(ErrorCode::Unauthorized) => {
            let message = "the daemon wants a token, and there is no terminal to ask for it";
            Err(Failure::new(Exit::Usage, "TOKEN_NEEDED", message).with_hint("give it with --token-stdin"))
        }
        _ => Err(Failure::from_client("sign in", &error)),
    }
}

fn prompt(question: &str) -> Result<String> {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush());
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| unreadable(&error))?;
    Ok(answer.trim().to_owned())
}

fn read_token() -> Result<SecretString> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| unreadable(&error))?;
    checked(line.trim().to_owned())
}

fn checked(token: String) -> Result<SecretString> {
    if token.is_empty() || token.chars().any(|letter| !letter.is_ascii_graphic()) {
        return Err(Failure::new(Exit::Usage, "INVALID_TOKEN", "a token is one word of visible ASCII characters"));
    }
    Ok(token.into())
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Generic, "INPUT_FAILED", format!("cannot read the answer: {error}"))
}

/// Forgets the token and who somebody is; the address stays.
pub fn logout(global: &Global, talk: &Talk) -> Result<()> {
    let mut contexts = Contexts::load()?;
    let name = global.context.clone().or_else(|| contexts.current().map(str::to_owned));
    let Some(name) = name else {
        talk.note("nobody is signed in");
        return Ok(());
    };
    let url = contexts.get(&name)?.url.clone();
    contexts.put(&name, StoredContext { url, token: None, actor: None })?;
    contexts.save()?;
    talk.note(&format!("signed out (context {name})"));
    Ok(())
}

/// Who asks which daemon.
#[derive(Debug, Serialize)]
struct Identity {
    url: String,
    actor: Option<String>,
    token: bool,
    version: Option<String>,
}

const FIELDS: &[Field<Identity>] = &[
    Field { name: "url", value: |identity| Some(identity.url.clone()) },
    Field { name: "actor", value: |identity| identity.actor.clone() },
    Field { name: "token", value: |identity| Some(identity.token.to_string()) },
    Field { name: "version", value: |identity| identity.version.clone() },
];

/// Tells who asks which daemon, and whether that daemon accepts it.
pub async fn whoami(global: &Global, context: &Context) -> Result<()> {
    let profile = Profile::chosen(global.url.as_deref(), global.context.as_deref())?;
    let system: client::Result<_> = context.client.system().await;
    let identity = Identity {
        url: profile.url,
        actor: profile.actor,
        token: profile.token.is_some(),
        version: system.as_ref().ok().map(|system| system.data.version.clone()),
    };
    let output = &context.output;
    match output.format {
        Format::Table | Format::Wide => {
            let pairs = [
                ("Daemon", Cell::plain(&identity.url)),
                ("Version", Cell::maybe(identity.version.as_deref())),
                ("Actor", Cell::plain(identity.actor.as_deref().unwrap_or("anonymous"))),
                ("Token", Cell::plain(if identity.token { "yes" } else { "no" })),
            ];
            emit(&details::render(&pairs, output.colored))?;
        }
        Format::Json | Format::Jsonl | Format::Yaml => output.document(&identity)?,
        Format::Csv => emit(&csv::render_fields(output.headers, &[identity], FIELDS)?)?,
        Format::Name => emit(&format!("{}\n", identity.actor.as_deref().unwrap_or("anonymous")))?,
    }
    system.map(|_| ()).map_err(|error| Failure::from_client("ask that daemon", &error))
}
