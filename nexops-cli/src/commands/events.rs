//! `nexops events`: what happens, line by line, for as long as somebody reads.

use std::time::Duration;

use nexops_core::client;
use nexops_core::client::events::{EventStream, News};
use nexops_core::event::{Event, EventQuery};

use crate::cli::{EventsArgs, Format};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::{Output, write};
use crate::rows::event::line;
use crate::wait::may_pass;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
const ATTEMPT: &str = "follow the events";

/// Follows until so many were told, or nobody reads any more.
pub async fn run(args: &EventsArgs, context: &Context) -> Result<()> {
    refuse_documents(context.output.format)?;
    let EventsArgs { types, after, limit } = args;
    let query = EventQuery { types: types.clone() };
    let connected = context.client.events(&query, *after).await;
    let mut stream = connected.map_err(|error| Failure::from_client(ATTEMPT, &error))?;
    let output = &context.output;
    if !write(&heading(output)?)? {
        return Ok(());
    }
    let bare = Output { headers: false, ..output.clone() };
    let mut left = limit.unwrap_or(u64::MAX);
    while left > 0 {
        let text = match next(&mut stream, context).await? {
            Some(event) => {
                left -= 1;
                text_of(&event, &bare)?
            }
            None if output.format == Format::Jsonl => "{\"type\":\"reset\"}\n".to_owned(),
            None => continue,
        };
        if !write(&text)? {
            return Ok(());
        }
    }
    Ok(())
}

/// The next event; nothing where some are missing. A daemon that is away is waited for.
async fn next(stream: &mut EventStream, context: &Context) -> Result<Option<Event>> {
    let mut pause = FIRST_PAUSE;
    loop {
        match stream.next().await {
            Ok(News::Event(event)) => return Ok(Some(*event)),
            Ok(News::Reset) => {
                context
                    .talk
                    .warn("events are missing here: more happened than is kept; lists show how everything is now");
                return Ok(None);
            }
            Ok(News::Connected) => context.talk.note("the daemon is back"),
            Ok(News::Ended) => context.talk.note("the daemon ended the stream; waiting for it"),
            Err(error) if may_pass(&error) => {
                if pause == FIRST_PAUSE {
                    say_away(context, &error);
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return Err(Failure::from_client(ATTEMPT, &error)),
        }
    }
}

fn say_away(context: &Context, error: &client::Error) {
    context.talk.warn(&format!("{error}; waiting for it"));
}

fn heading(output: &Output) -> Result<String> {
    if output.format == Format::Csv { output.text::<Event>(&[]) } else { Ok(String::new()) }
}

fn text_of(event: &Event, bare: &Output) -> Result<String> {
    match bare.format {
        Format::Table | Format::Wide if bare.columns.is_empty() => Ok(line(event)),
        Format::Table | Format::Wide | Format::Json | Format::Jsonl | Format::Yaml | Format::Csv | Format::Name => {
            bare.text(std::slice::from_ref(event))
        }
    }
}

/// A document has one end, and events have none.
fn refuse_documents(format: Format) -> Result<()> {
    match format {
        Format::Json | Format::Yaml => {
            Err(Failure::new(Exit::Usage, "USAGE", "events never end, so they cannot be printed as one document")
                .with_hint("-o jsonl prints a line for each"))
        }
        Format::Jsonl | Format::Table | Format::Wide | Format::Csv | Format::Name => Ok(()),
    }
}
