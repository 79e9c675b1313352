//! `nexops export`: what was set up, as `apply` reads it.

use nexops_core::client::{self, Client};
use nexops_core::notification::{Channel, ChannelDraft};
use serde_yaml_ng::Value;

use crate::cli::{CodeKind, ExportArgs, Format};
use crate::code::Wanted;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::output::emit;
use crate::paging::all;

/// Writes down what there is.
pub async fn run(args: &ExportArgs, context: &Context) -> Result<()> {
    let kinds = if args.kinds.is_empty() { CodeKind::ALL.to_vec() } else { args.kinds.clone() };
    let mut found = Vec::new();
    for kind in CodeKind::ALL.into_iter().filter(|kind| kinds.contains(kind)) {
        let those = present(kind, &context.client).await;
        found.extend(those.map_err(|error| Failure::from_client(&format!("export every {kind}"), &error))?);
    }
    if !args.names.is_empty() {
        found.retain(|wanted| args.names.iter().any(|name| name == wanted.name()));
        if let Some(name) = args.names.iter().find(|name| !found.iter().any(|wanted| wanted.name() == *name)) {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            let message = format!("there is no {} named '{name}'", kinds.join(" or "));
            return Err(Failure::new(Exit::NotFound, "NOT_FOUND", message));
        }
    }
    print(&found, context)?;
    if found.is_empty() {
        context.talk.note("nothing is set up yet");
    }
    Ok(())
}

/// What there is of a kind, as it would be wanted.
pub async fn present(kind: CodeKind, client: &Client) -> client::Result<Vec<Wanted>> {
    Ok(match kind {
        CodeKind::Channel => all::channels(client, None).await?.rows.into_iter().map(draft).collect(),
        CodeKind::Service => {
            let services = all::services(client, None).await?.rows;
            services.iter().map(|service| Wanted::Service(Box::new(service.settings()))).collect()
        }
        CodeKind::Rule => {
            let rules = all::rules(client, None).await?.rows;
            rules.iter().map(|rule| Wanted::Rule(Box::new(rule.definition()))).collect()
        }
    })
}

/// A channel as it would be wanted.
pub fn draft(channel: Channel) -> Wanted {
    let Channel { name, settings, enabled, .. } = channel;
    Wanted::Channel(Box::new(ChannelDraft { name: Some(name), settings, enabled }))
}

/// Prints documents.
pub fn print(found: &[Wanted], context: &Context) -> Result<()> {
    let documents: Vec<Value> = found.iter().map(Wanted::document).collect();
    match context.output.format {
        Format::Json | Format::Jsonl => context.output.document(&documents),
        Format::Table | Format::Wide | Format::Yaml => {
            let mut text = String::new();
            for document in &documents {
                let one = serde_yaml_ng::to_string(document);
                let one = one.map_err(|error| Failure::new(Exit::Generic, "OUTPUT_FAILED", error.to_string()))?;
                text.push_str(if text.is_empty() { "" } else { "---\n" });
                text.push_str(&one);
            }
            emit(&text)
        }
        Format::Name => {
            let line = |wanted: &Wanted| format!("{}/{}\n", wanted.kind(), clean(wanted.name()));
            emit(&found.iter().map(line).collect::<String>())
        }
        Format::Csv => Err(Failure::new(Exit::Usage, "USAGE", "documents cannot be written as CSV")
            .with_hint("-o yaml, json or jsonl can hold them; `nexops service list -o csv` lists services")),
    }
}
