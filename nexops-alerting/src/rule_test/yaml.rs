//! YAML as a tree that remembers its lines.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::fault::Fault;

/// The most nodes a file may have, aliases counted each time: a short file can stand for an endless one.
const MOST_NODES: usize = 1_000_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its line, from 1.
    pub line: usize,
    /// What it is.
    pub content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text, a number, a truth value or nothing.
    Scalar {
        /// As it is written.
        text: String,
        /// Whether it stands without quotes, so that it may be more than text.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// Keys and their values, in the order of the file.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's line.
    pub line: usize,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Whether it says that there is nothing.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What it is, for sentences.
    pub const fn kind(&self) -> &'static str {
        match &self.content {
            Content::Scalar { .. } => "a single value",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    fn size(&self) -> usize {
        1 + match &self.content {
            Content::Scalar { .. } => 0,
            Content::List(items) => items.iter().map(Self::size).sum(),
            Content::Map(entries) => entries.iter().map(|entry| 1 + entry.value.size()).sum(),
        }
    }
}

/// Reads the one document of a file.
pub fn parse(text: &str) -> Result<Node, Fault> {
    let mut builder = Builder { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0, depth: 0 };
    let mut document = None;
    loop {
        match builder.next()? {
            (Event::StreamEnd, _) => break,
            (Event::DocumentStart(_), span) if document.is_some() => {
                return Err(Fault::new(line(span), "file", "it must be one YAML document"));
            }
            (Event::DocumentStart(_), _) => {
                let (event, span) = builder.next()?;
                document = Some(builder.node(event, span)?);
            }
            _ => {}
        }
    }
    document.ok_or_else(|| Fault::new(1, "file", "it is empty"))
}

fn line(span: Span) -> usize {
    span.start.line()
}

struct Builder<'input> {
    parser: Parser<'input, saphyr_parser::StrInput<'input>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    depth: usize,
}

impl<'input> Builder<'input> {
    fn next(&mut self) -> Result<(Event<'input>, Span), Fault> {
        match self.parser.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Fault::new(error.marker().line(), "file", format!("no YAML: {}", error.info()))),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'input>, span: Span) -> Result<Node, Fault> {
        let line = line(span);
        self.count(1, line)?;
        self.depth += 1;
        if self.depth > 64 {
            return Err(Fault::new(line, "file", "it is nested too deeply"));
        }
        let (anchor, content) = match event {
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let mut node = node.ok_or_else(|| Fault::new(line, "file", "the alias stands for nothing"))?;
                self.count(node.size(), line)?;
                self.depth -= 1;
                node.line = line;
                return Ok(node);
            }
            Event::Scalar(text, style, anchor, _tag) => {
                (anchor, Content::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain })
            }
            Event::SequenceStart(anchor, _tag) => (anchor, Content::List(self.list()?)),
            Event::MappingStart(anchor, _tag) => (anchor, Content::Map(self.map()?)),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(Fault::new(line, "file", "it ends too early")),
        };
        self.depth -= 1;
        let node = Node { line, content };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Vec<Node>, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self) -> Result<Vec<Entry>, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = match self.next()? {
                (Event::MappingEnd, _) => break,
                other => other,
            };
            let key = self.node(event, span)?;
            let Content::Scalar { text, .. } = key.content else {
                return Err(Fault::new(key.line, "file", "a key must be a single word"));
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            if text == "<<" {
                merge(&mut merged, value)?;
            } else if entries.iter().any(|entry| entry.key == text) {
                return Err(Fault::new(key.line, text, "it stands there twice"));
            } else {
                entries.push(Entry { line: key.line, key: text, value });
            }
        }
        for entry in merged {
            if !entries.iter().any(|own| own.key == entry.key) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes > MOST_NODES { Err(Fault::new(line, "file", "it is too large")) } else { Ok(()) }
    }
}

/// What a map takes over from others with `<<`; the first one goes before the later.
fn merge(into: &mut Vec<Entry>, from: Node) -> Result<(), Fault> {
    let line = from.line;
    match from.content {
        Content::Map(entries) => {
            for entry in entries {
                if !into.iter().any(|earlier| earlier.key == entry.key) {
                    into.push(entry);
                }
            }
            Ok(())
        }
        Content::List(maps) => maps.into_iter().try_for_each(|map| merge(into, map)),
        Content::Scalar { .. } => Err(Fault::new(line, "<<", "only a map can be taken over")),
    }
}
