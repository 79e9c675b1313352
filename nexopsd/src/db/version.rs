//! Versions: a thing that several people may change is changed only by whoever saw it as it is.

use super::{Error, Result};

/// Which version of a thing a caller means to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is.
    Any,
    /// One of these.
    OneOf(Vec<i64>),
}

impl Expected {
    /// Checks the version that is there.
    ///
    /// # Errors
    /// [`Error::OtherVersion`] when it is not what the caller means.
    pub fn check(&self, version: i64) -> Result<()> {
        match self {
            Self::Any => Ok(()),
            Self::OneOf(meant) if meant.contains(&version) => Ok(()),
            Self::OneOf(_) => Err(Error::OtherVersion { version }),
        }
    }
}
