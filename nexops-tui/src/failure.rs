//! What went wrong with a question or a command, reduced to what a screen shows.

use nexops_core::client::Error;
use nexops_core::error::{ErrorCode, FieldError};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Of which kind it is.
    pub kind: Kind,
    /// What the daemon, or the network, said.
    pub message: String,
    /// The fields that the daemon did not accept.
    pub fields: Vec<FieldError>,
}

/// The kinds of failure that are met in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The daemon is not there: it is tried again and again.
    Unreachable,
    /// A token is wanted.
    Unauthorized,
    /// The daemon has refused, or could not.
    Refused(Option<ErrorCode>),
}

impl Failure {
    /// The daemon is not there.
    #[must_use]
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { kind: Kind::Unreachable, message: message.into(), fields: Vec::new() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(body) => {
                let kind = match body.code {
                    ErrorCode::Unauthorized => Kind::Unauthorized,
                    code => Kind::Refused(Some(code)),
                };
                Self { kind, message: body.message, fields: body.details }
            }
            Error::Unreachable { url, ref source } => {
                let reason = innermost(source);
                Self::unreachable(format!("{url}: {reason}"))
            }
            Error::Timeout { .. } => Self::unreachable(error.to_string()),
            Error::Payload { .. } | Error::Url { .. } => {
                Self { kind: Kind::Refused(None), message: error.to_string(), fields: Vec::new() }
            }
        }
    }
}

/// The words of the cause that lies deepest: "Connection refused" says more than "error sending request".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
