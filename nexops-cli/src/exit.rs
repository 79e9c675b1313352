//! Exit codes: what a script learns without reading a word.

use nexops_core::client;
use nexops_core::error::ErrorCode;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or there was nothing to do.
    Success,
    /// Failed in a way that has no code of its own.
    Generic,
    /// The command line is wrong, a name stands for several things, or a confirmation is missing.
    Usage,
    /// There is no such thing.
    NotFound,
    /// A login is needed, or the right is missing.
    Forbidden,
    /// The thing is not in a state in which this can be done.
    Conflict,
    /// The daemon or Proxmox does not answer.
    Unreachable,
    /// Proxmox ran the task, and the task failed.
    TaskFailed,
    /// The patience ended before the task did.
    TimedOut,
    /// Some of several were done, some were not.
    Partial,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Generic => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Forbidden => 4,
            Self::Conflict => 5,
            Self::Unreachable => 6,
            Self::TaskFailed => 7,
            Self::TimedOut => 8,
            Self::Partial => 9,
            Self::Interrupted => 130,
        }
    }

    /// The word for it in errors written as JSON.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Generic => "generic",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
            Self::Unreachable => "unreachable",
            Self::TaskFailed => "task_failed",
            Self::TimedOut => "timed_out",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<ErrorCode> for Exit {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::InvalidRequest | ErrorCode::AmbiguousVmid => Self::Usage,
            ErrorCode::Unauthorized
            | ErrorCode::HostNotAllowed
            | ErrorCode::OriginNotAllowed
            | ErrorCode::ProxmoxForbidden => Self::Forbidden,
            ErrorCode::NotFound => Self::NotFound,
            ErrorCode::VmAlreadyRunning
            | ErrorCode::VmNotRunning
            | ErrorCode::VmPaused
            | ErrorCode::VmLocked
            | ErrorCode::VmIsTemplate
            | ErrorCode::VmBusy
            | ErrorCode::ActionNotSupported
            | ErrorCode::IdempotencyKeyReused
            | ErrorCode::AlertOver
            | ErrorCode::IdempotencyInProgress
            | ErrorCode::ManagedByEnvironment
            | ErrorCode::NameTaken
            | ErrorCode::NoHealthCheck
            | ErrorCode::PreconditionFailed
            | ErrorCode::ChannelInUse
            | ErrorCode::DeliveryNotDead => Self::Conflict,
            ErrorCode::ProxmoxUnauthorized
            | ErrorCode::ProxmoxUnreachable
            | ErrorCode::ProxmoxCertificate
            | ErrorCode::ProxmoxTimeout
            | ErrorCode::NodeOffline
            | ErrorCode::DatabaseUnavailable
            | ErrorCode::NotReady
            | ErrorCode::TooManyReaders
            | ErrorCode::RequestTimeout => Self::Unreachable,
            ErrorCode::MethodNotAllowed
            | ErrorCode::PayloadTooLarge
            | ErrorCode::UnsupportedMediaType
            | ErrorCode::Internal
            | ErrorCode::SecretUnusable
            | ErrorCode::ProxmoxError => Self::Generic,
        }
    }
}

impl From<&client::Error> for Exit {
    fn from(error: &client::Error) -> Self {
        match error {
            client::Error::Api(body) => body.code.into(),
            client::Error::Unreachable { .. } | client::Error::Timeout { .. } | client::Error::Payload { .. } => {
                Self::Unreachable
            }
            client::Error::Url { .. } => Self::Usage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_conflict_of_the_api_exits_with_5_but_the_ambiguous_number() {
        for code in ErrorCode::ALL.iter().filter(|code| code.status() == 409) {
            let expected = if *code == ErrorCode::AmbiguousVmid { 2 } else { 5 };
            assert_eq!(Exit::from(*code).number(), expected, "{code}");
        }
    }
}
