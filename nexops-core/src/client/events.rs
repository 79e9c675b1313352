//! The stream of events, as the client follows it.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Method, Response};

use super::{Client, Error, Result, builder, with_query};
use crate::event::{Event, EventQuery};

/// After so long without a word the daemon counts as gone; it speaks every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// The longest event that is accepted, bytes.
const LONGEST_EVENT: usize = 8 * 1024 * 1024;

/// What a follower of the events learns.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The daemon was reached again after the connection had broken; what happened meanwhile follows.
    Connected,
    /// Something happened.
    Event(Box<Event>),
    /// Something is missing here, for the follower was away or slow, or too much happened: ask for everything anew.
    Reset,
    /// The daemon ended the stream, as when it is stopped. Going on connects anew.
    Ended,
}

/// The events of a daemon, one after the other, across broken connections.
///
/// It never waits by itself, for that takes a runtime: after an error, or [`News::Ended`], whoever follows pauses for
/// as long as seems right to him and goes on with [`EventStream::next`], which connects anew and continues after the
/// last event.
#[derive(Debug)]
pub struct EventStream {
    client: Client,
    query: EventQuery,
    last: Option<i64>,
    response: Option<Response>,
    parser: Parser,
    ready: VecDeque<News>,
}

impl EventStream {
    pub(super) async fn open(client: &Client, query: &EventQuery, after: Option<i64>) -> Result<Self> {
        // A stream has no end that could come in time; its own beats show that the daemon lives.
        let scheme = client.url().split(':').next().unwrap_or_default();
        let http = builder(scheme).read_timeout(SILENCE).build();
        let http = http.map_err(|source| Error::Unreachable { url: client.url().to_owned(), source })?;
        let mut stream = Self {
            client: Client { http, profile: client.profile.clone() },
            query: query.clone(),
            last: after,
            response: None,
            parser: Parser::default(),
            ready: VecDeque::new(),
        };
        stream.connect().await?;
        Ok(stream)
    }

    /// The last event that was told or passed over. Another stream can go on after it.
    #[must_use]
    pub const fn last(&self) -> Option<i64> {
        self.last
    }

    /// Waits for what happens next; connects first where there is no connection. The wait can be broken off at any time
    /// without losing anything.
    ///
    /// # Errors
    /// When the daemon cannot be reached or refuses, or the connection breaks.
    pub async fn next(&mut self) -> Result<News> {
        loop {
            if let Some(news) = self.ready.pop_front() {
                return Ok(news);
            }
            let Some(response) = &mut self.response else {
                self.connect().await?;
                return Ok(News::Connected);
            };
            match response.chunk().await {
                Ok(Some(chunk)) => self.take(&chunk)?,
                Ok(None) => {
                    self.response = None;
                    return Ok(News::Ended);
                }
                Err(error) => {
                    self.response = None;
                    return Err(self.client.failure_within(error, SILENCE));
                }
            }
        }
    }

    async fn connect(&mut self) -> Result<()> {
        self.parser = Parser::default();
        let mut request = self.client.request(Method::GET, with_query("/events", &self.query));
        request = request.header(ACCEPT, "text/event-stream");
        if let Some(last) = self.last {
            request = request.header("last-event-id", last);
        }
        self.response = Some(self.client.accepted(request).await?);
        Ok(())
    }

    fn take(&mut self, chunk: &[u8]) -> Result<()> {
        for message in self.parser.take(chunk) {
            if let Some(id) = message.id.as_deref().and_then(|id| id.parse().ok()) {
                self.last = Some(id);
            }
            match (message.name.as_str(), serde_json::from_str::<Event>(&message.data)) {
                _ if message.data.is_empty() => {}
                ("reset", _) => self.ready.push_back(News::Reset),
                (_, Ok(event)) => self.ready.push_back(News::Event(Box::new(event))),
                // A newer daemon may tell of things that this client does not know yet.
                (name, Err(_)) if name.parse::<crate::event::EventType>().is_err() => {}
                (_, Err(error)) => return Err(self.unintelligible(&error.to_string())),
            }
        }
        if self.parser.held() > LONGEST_EVENT {
            return Err(self.unintelligible("an event has no end"));
        }
        Ok(())
    }

    fn unintelligible(&mut self, reason: &str) -> Error {
        self.response = None;
        Error::Payload { url: format!("{}/api/v1/events", self.client.url()), reason: reason.to_owned() }
    }
}

/// One block of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Message {
    id: Option<String>,
    name: String,
    data: String,
}

/// Makes messages out of bytes that come in pieces: the format of server-sent events, as far as our daemon writes it.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    message: Message,
}

impl Parser {
    fn take(&mut self, chunk: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                messages.extend(self.take_line(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n'])));
            }
        }
        messages
    }

    fn take_line(&mut self, line: &str) -> Option<Message> {
        if line.is_empty() {
            return Some(std::mem::take(&mut self.message)).filter(|message| *message != Message::default());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.message.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.message.name),
            "data" => {
                if !self.message.data.is_empty() {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            // A comment has no field, and `retry` is for those who wait by themselves.
            _ => {}
        }
        None
    }

    /// Bytes that wait for the end of their message.
    fn held(&self) -> usize {
        self.line.len() + self.message.data.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = ": \nretry: 2000\nid: 4\n\nid: 5\nevent: vm\ndata: {\"a\":1}\n\n:\n\nevent: reset\r\ndata:x\r\ndata: y\r\n\r\nid: 6";

    fn message(id: Option<&str>, name: &str, data: &str) -> Message {
        Message { id: id.map(str::to_owned), name: name.to_owned(), data: data.to_owned() }
    }

    proptest! {
        #[test]
        fn messages_are_the_same_however_the_bytes_are_cut(cuts in prop::collection::vec(0..STREAM.len(), 0..8)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let (mut parser, mut begin, mut messages) = (Parser::default(), 0, Vec::new());
            for end in cuts.into_iter().chain([STREAM.len()]) {
                messages.extend(parser.take(&STREAM.as_bytes()[begin..end]));
                begin = end;
            }
            let expected =
                vec![message(Some("4"), "", ""), message(Some("5"), "vm", "{\"a\":1}"), message(None, "reset", "x\ny")];
            prop_assert_eq!(messages, expected);
            prop_assert_eq!(parser.held(), "id: 6".len());
        }

        #[test]
        fn no_bytes_whatever_are_too_much(bytes: Vec<u8>) {
            let _messages = Parser::default().take(&bytes);
        }
    }
}
