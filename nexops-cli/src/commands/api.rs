//! `nexops api`: any request, for what there is no command for.

use std::io::Read as _;

use crate::cli::{ApiArgs, Format};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::emit;

/// Sends the request and prints the answer.
pub async fn run(args: ApiArgs, context: &Context) -> Result<()> {
    let ApiArgs { method, path, data } = args;
    let method = method.to_uppercase();
    refuse_what_never_ends(&method, &path)?;
    let body = match data.as_deref() {
        Some("-") => Some(read_all()?),
        Some(_) | None => data,
    };
    let answer = context.client.raw(&method, &path, body).await;
    let text = answer.map_err(|error| Failure::from_client(&format!("{method} {path}"), &error))?;
    match (serde_json::from_str::<serde_json::Value>(&text), context.output.format) {
        (Ok(_), Format::Csv | Format::Name) | (Err(_), _) => emit(&text),
        (Ok(document), Format::Table | Format::Wide | Format::Json | Format::Jsonl | Format::Yaml) => {
            context.output.document(&document)
        }
    }
}

/// The events are a stream, of which no whole ever comes.
fn refuse_what_never_ends(method: &str, path: &str) -> Result<()> {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let path = path.split('?').next().unwrap_or_default().trim_matches('/');
    if method == "GET" && path == "events" {
        return Err(Failure::new(Exit::Usage, "USAGE", "the answer to GET /events never ends")
            .with_hint("`nexops events -o jsonl` follows the events, one a line"));
    }
    Ok(())
}

fn read_all() -> Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    let failed = |error| Failure::new(Exit::Generic, "INPUT_FAILED", format!("cannot read the body: {error}"));
    read.map_err(failed)?;
    Ok(text)
}
