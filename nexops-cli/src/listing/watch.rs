//! `--watch` and `--until`: the same list again and again.

use std::collections::HashMap;
use std::time::Duration;

use chrono::Local;
use nexops_core::client;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::List;
use crate::cli::Format;
use crate::color::{Tone, paint};
use crate::context::{Context, now};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::elapsed;
use crate::freshness::warn_if_stale;
use crate::output::{Output, Row, emit};
use crate::paging::Listing;
use crate::wait::{LONGEST_TIMEOUT, may_pass};

const PAUSE: Duration = Duration::from_secs(2);

/// Looks until every row fits, or for ever. A daemon that is away for a while is waited for.
pub async fn run<T: Row, F>(list: &List<'_>, context: &Context, fetch: impl Fn() -> F) -> Result<()>
where
    F: Future<Output = client::Result<Listing<T>>>,
{
    let flags = list.flags;
    let is_watched = flags.watch.is_some();
    refuse_documents(context.output.format, is_watched)?;
    let goal = flags.until.as_ref().map(|until| until.of(T::FIELDS)).transpose()?;
    let began = Instant::now();
    let end = began + if goal.is_some() { flags.timeout.min(LONGEST_TIMEOUT) } else { LONGEST_TIMEOUT };
    let mut screen = Screen::default();
    let mut absence: Option<client::Error> = None;
    let mut short_of_it = String::new();
    loop {
        match timeout_at(end, fetch()).await {
            Err(_) => {}
            Ok(Ok(listing)) => {
                absence = None;
                let output = Output { now: now(), ..context.output.clone() };
                let fitting = goal.as_ref().map(|fits| listing.rows.iter().filter(|row| fits(row)).count());
                let is_reached = fitting.is_some_and(|fitting| fitting > 0 && fitting == listing.rows.len());
                short_of_it = format!("{} of {} rows fit", fitting.unwrap_or_default(), listing.rows.len());
                if is_watched {
                    screen.show(&output, &listing, flags.watch.unwrap_or(PAUSE))?;
                } else if is_reached {
                    warn_if_stale(context, listing.freshness, &listing.rows);
                    output.list(&listing.rows)?;
                }
                if is_reached {
                    return Ok(());
                }
            }
            Ok(Err(error)) if may_pass(&error) && (screen.is_begun || goal.is_some()) => {
                if absence.is_none() {
                    context.talk.warn(&format!("{error}; still looking"));
                }
                absence = Some(error);
            }
            Ok(Err(error)) => return Err(Failure::from_client(list.attempt, &error)),
        }
        sleep_until(end.min(Instant::now() + flags.watch.unwrap_or(PAUSE))).await;
        if Instant::now() >= end {
            let why = absence.map_or(short_of_it, |error| error.to_string());
            let after = elapsed(chrono::TimeDelta::from_std(flags.timeout).unwrap_or(chrono::TimeDelta::MAX));
            return Err(Failure::new(Exit::TimedOut, "WAIT_TIMEOUT", format!("not reached after {after}: {why}")));
        }
    }
}

/// A document has one end, and a watch has none.
fn refuse_documents(format: Format, is_watched: bool) -> Result<()> {
    match format {
        Format::Json | Format::Yaml if is_watched => {
            Err(Failure::new(Exit::Usage, "USAGE", "--watch never ends, so it cannot print one document")
                .with_hint("-o jsonl prints a line for each row that is new or has changed"))
        }
        Format::Json | Format::Yaml | Format::Jsonl | Format::Table | Format::Wide | Format::Csv | Format::Name => {
            Ok(())
        }
    }
}

/// What was shown last.
#[derive(Default)]
struct Screen {
    is_begun: bool,
    last: String,
    rows: HashMap<String, String>,
}

impl Screen {
    /// Draws over what stood there, or where that cannot be done prints what is new: tables as a whole, rows one by one.
    fn show<T: Row>(&mut self, output: &Output, listing: &Listing<T>, interval: Duration) -> Result<()> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        match output.format {
            Format::Table | Format::Wide if output.terminal => {
                self.draw(output, &output.text(&listing.rows)?, interval, is_first)
            }
            Format::Table | Format::Wide | Format::Json | Format::Yaml => {
                let text = output.text(&listing.rows)?;
                if text == self.last {
                    return Ok(());
                }
                emit(&format!("{}{text}", if is_first { "" } else { "\n" }))?;
                self.last = text;
                Ok(())
            }
            Format::Csv | Format::Jsonl | Format::Name => self.append(output, &listing.rows, is_first),
        }
    }

    /// One write for the whole picture, so that nothing flickers.
    fn draw(&self, output: &Output, text: &str, interval: Duration, is_first: bool) -> Result<()> {
        let room = rustix::termios::tcgetwinsize(std::io::stdout()).map_or(24, |size| usize::from(size.ws_row).max(4));
        let time = output.now.with_timezone(&Local).format("%H:%M:%S");
        let head = format!("{time}, every {}; Ctrl-C ends it", humantime::format_duration(interval));
        let lines: Vec<&str> = text.lines().collect();
        let shown = if lines.len() + 1 > room { room - 2 } else { lines.len() };
        let mut picture = String::from(if is_first { "\u{1b}[2J\u{1b}[H" } else { "\u{1b}[H" });
        picture.push_str(&paint(&head, Tone::Dim, output.colored));
        for line in &lines[..shown] {
            picture.push_str("\u{1b}[K\n");
            picture.push_str(line);
        }
        if shown < lines.len() {
            picture.push_str(&format!("\u{1b}[K\n… and {} more lines", lines.len() - shown));
        }
        picture.push_str("\u{1b}[K\u{1b}[J");
        if shown == lines.len() {
            picture.push('\n');
        }
        emit(&picture)
    }

    fn append<T: Row>(&mut self, output: &Output, rows: &[T], is_first: bool) -> Result<()> {
        let mut text = if is_first { output.text::<T>(&[])? } else { String::new() };
        let bare = Output { headers: false, ..output.clone() };
        for row in rows {
            let line = bare.text(std::slice::from_ref(row))?;
            if self.rows.get(&row.name()) != Some(&line) {
                text.push_str(&line);
                self.rows.insert(row.name(), line);
            }
        }
        if text.is_empty() { Ok(()) } else { emit(&text) }
    }
}
