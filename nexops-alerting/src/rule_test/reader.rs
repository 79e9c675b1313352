//! Reads maps strictly: a key that nobody asked for is a fault.

use super::fault::Fault;
use super::time::Millis;
use super::yaml::{Content, Entry, Node};

/// A map being read, and the way to it.
#[derive(Debug)]
pub struct Reader {
    line: usize,
    path: String,
    entries: Vec<Entry>,
    asked: Vec<&'static str>,
}

impl Reader {
    /// Begins to read a map.
    pub fn new(node: Node, path: &str) -> Result<Self, Fault> {
        match node.content {
            Content::Map(entries) => Ok(Self { line: node.line, path: path.to_owned(), entries, asked: Vec::new() }),
            Content::Scalar { .. } | Content::List(_) => {
                Err(Fault::new(node.line, path, format!("it must be a map, not {}", node.kind())))
            }
        }
    }

    /// The line on which the map begins.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The way to a key of the map.
    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A fault of the map as a whole.
    pub fn fault(&self, key: &str, reason: impl Into<String>) -> Fault {
        Fault::new(self.line, self.path(key), reason)
    }

    /// The value of a key; `None` where it is left out or null.
    pub fn optional(&mut self, key: &'static str) -> Option<Node> {
        self.asked.push(key);
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        let value = self.entries.remove(index).value;
        (!value.is_null()).then_some(value)
    }

    /// The value of a key that must be there.
    pub fn required(&mut self, key: &'static str) -> Result<Node, Fault> {
        self.optional(key).ok_or_else(|| self.fault(key, "it is missing"))
    }

    /// A text, with its line.
    pub fn text(&mut self, key: &'static str) -> Result<Option<(String, usize)>, Fault> {
        let Some(node) = self.optional(key) else { return Ok(None) };
        match node.content {
            Content::Scalar { text, .. } => Ok(Some((text, node.line))),
            Content::List(_) | Content::Map(_) => {
                Err(Fault::new(node.line, self.path(key), format!("it must be a single value, not {}", node.kind())))
            }
        }
    }

    /// A text that must be there.
    pub fn required_text(&mut self, key: &'static str) -> Result<(String, usize), Fault> {
        self.text(key)?.ok_or_else(|| self.fault(key, "it is missing"))
    }

    /// A value that is read from text.
    pub fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Fault> {
        let Some((text, line)) = self.text(key)? else { return Ok(None) };
        parse(&text).map(Some).map_err(|reason| Fault::new(line, self.path(key), reason))
    }

    /// A time that is not before the beginning.
    pub fn time(&mut self, key: &'static str) -> Result<Option<Millis>, Fault> {
        self.parsed(key, |text| match Millis::parse(text)? {
            Millis(negative) if negative < 0 => Err(format!("'{text}' is negative")),
            time => Ok(time),
        })
    }

    /// True or false.
    pub fn truth(&mut self, key: &'static str) -> Result<Option<bool>, Fault> {
        self.parsed(key, |text| match text {
            "true" | "True" | "TRUE" => Ok(true),
            "false" | "False" | "FALSE" => Ok(false),
            other => Err(format!("'{other}' is neither true nor false")),
        })
    }

    /// A list; `None` where it is left out.
    pub fn list(&mut self, key: &'static str) -> Result<Option<Vec<Node>>, Fault> {
        let Some(node) = self.optional(key) else { return Ok(None) };
        match node.content {
            Content::List(items) => Ok(Some(items)),
            Content::Scalar { .. } | Content::Map(_) => {
                Err(Fault::new(node.line, self.path(key), format!("it must be a list, not {}", node.kind())))
            }
        }
    }

    /// Ends the reading: whatever was not asked for is unknown.
    pub fn end(self) -> Result<(), Fault> {
        match self.entries.first() {
            None => Ok(()),
            Some(Entry { line, key, .. }) => {
                let reason = format!("it is not known here; known are {}", self.asked.join(", "));
                Err(Fault::new(*line, self.path(key), reason))
            }
        }
    }
}
