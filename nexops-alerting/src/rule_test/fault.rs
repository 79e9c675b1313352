//! What is wrong with a file.

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {key}: {reason}")]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The key concerned, with the way to it.
    pub key: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Fault {
    /// A fault at a line and key.
    pub(crate) fn new(line: usize, key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { line, key: key.into(), reason: reason.into() }
    }
}
