//! Errors of handlers, and how they become answers.

use axum::response::{IntoResponse, Response};
use nexops_core::error::{ErrorBody, ErrorCode, FieldError};

use crate::connections::change;
use crate::{channels, db, power, proxmox, secret};

/// What handlers give when they cannot give what was asked for.
pub type Result<T> = std::result::Result<T, Error>;

/// An error on its way to the caller.
#[derive(Debug)]
pub struct Error {
    /// What the caller is told; the request id is added at the end of the conversation.
    pub body: ErrorBody,
    /// What only the log is told.
    pub source: Option<anyhow::Error>,
}

impl Error {
    /// An error that needs no more explanation.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let body = ErrorBody { code, message: message.into(), details: Vec::new(), request_id: None, upstream: None };
        Self { body, source: None }
    }

    /// 400, with the fields that are wrong.
    pub fn invalid(details: Vec<FieldError>) -> Self {
        let list: Vec<String> = details.iter().map(|error| format!("{}: {}", error.field, error.reason)).collect();
        let mut error = Self::new(ErrorCode::InvalidRequest, list.join("; "));
        error.body.details = details;
        error
    }

    /// 404.
    pub fn not_found(kind: &str, id: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::NotFound, format!("{kind} with id '{id}' not found"))
    }

    /// The error of the database; where there is no such row, 404 for the thing that was sought.
    pub fn missing(error: db::Error, kind: &str, id: impl std::fmt::Display) -> Self {
        match error {
            db::Error::NotFound => Self::not_found(kind, id),
            db::Error::Unique { .. }
            | db::Error::OtherVersion { .. }
            | db::Error::Superseded { .. }
            | db::Error::Unavailable(_)
            | db::Error::Other(_) => error.into(),
        }
    }

    fn with_source(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::NotFound => Self::new(ErrorCode::NotFound, "there is no such thing"),
            db::Error::OtherVersion { version } => Self::new(
                ErrorCode::PreconditionFailed,
                format!(
                    "somebody else changed it meanwhile (it is at version {version}); get it again, then change it"
                ),
            ),
            db::Error::Unique { ref constraint } if constraint.ends_with("_name_key") => {
                let mut error =
                    Self::new(ErrorCode::NameTaken, "another one has this name already; choose another name");
                error.body.details = vec![FieldError::new("name", "another one has it already")];
                error
            }
            db::Error::Unavailable(_) => Self::new(
                ErrorCode::DatabaseUnavailable,
                "the database does not answer; the daemon goes on trying, so try again in a moment",
            )
            .with_source(error),
            db::Error::Unique { .. } | db::Error::Superseded { .. } | db::Error::Other(_) => Self::internal(error),
        }
    }
}

impl Error {
    /// 500; what happened is for the log alone.
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorCode::Internal, "this is a fault of NexOps; its log tells more under the request id")
            .with_source(source)
    }
}

impl From<proxmox::Error> for Error {
    fn from(error: proxmox::Error) -> Self {
        let mut answer = Self::new(error.code(), error.to_string());
        answer.body.upstream = error.upstream();
        answer
    }
}

impl From<change::Error> for Error {
    fn from(error: change::Error) -> Self {
        match error {
            change::Error::Invalid(details) => Self::invalid(details),
            change::Error::NotFound(id) => Self::not_found("connection", id),
            change::Error::Managed { .. } => Self::new(ErrorCode::ManagedByEnvironment, error.to_string()),
            change::Error::Secret(error) => error.into(),
            change::Error::Db(error) => error.into(),
        }
    }
}

impl From<channels::Error> for Error {
    fn from(error: channels::Error) -> Self {
        match error {
            channels::Error::Invalid(details) => Self::invalid(details),
            channels::Error::NoChannel(name) => {
                Self::new(ErrorCode::NotFound, format!("channel with name '{name}' not found"))
            }
            channels::Error::NoDelivery(id) => Self::not_found("delivery", id),
            channels::Error::InUse { .. } => Self::new(ErrorCode::ChannelInUse, error.to_string()),
            channels::Error::NotDead(message) => Self::new(ErrorCode::DeliveryNotDead, message),
            channels::Error::Secret(error) => error.into(),
            channels::Error::Db(error) => error.into(),
        }
    }
}

impl From<secret::Error> for Error {
    fn from(error: secret::Error) -> Self {
        Self::new(ErrorCode::SecretUnusable, error.to_string())
    }
}

impl From<power::Error> for Error {
    fn from(error: power::Error) -> Self {
        match error {
            power::Error::NotFound(vm) => Self::not_found("VM", vm),
            power::Error::Ambiguous(candidates) => {
                let mut answer = Self::new(
                    ErrorCode::AmbiguousVmid,
                    "guests of several clusters have this number; use the id of one of them",
                );
                let candidate = |vm: nexops_core::vm::Vm| {
                    let place = format!("{} '{}' on node {} of {}", vm.kind, vm.name, vm.node, vm.connection);
                    FieldError::new(vm.id.to_string(), place)
                };
                answer.body.details = candidates.into_iter().map(candidate).collect();
                answer
            }
            power::Error::WrongState { code, message } => Self::new(code, message),
            power::Error::Proxmox { error: ref cause, .. } => {
                let mut answer = Self::from(cause.clone());
                answer.body.message = error.to_string();
                answer
            }
            power::Error::Accepted { task: _, error: ref cause } => {
                let code = match cause {
                    db::Error::Unavailable(_) => ErrorCode::DatabaseUnavailable,
                    db::Error::NotFound
                    | db::Error::Unique { .. }
                    | db::Error::OtherVersion { .. }
                    | db::Error::Superseded { .. }
                    | db::Error::Other(_) => ErrorCode::Internal,
                };
                Self::new(code, error.to_string()).with_source(error)
            }
            power::Error::Db(error) => error.into(),
            power::Error::Other(error) => Self::internal(error),
        }
    }
}

impl IntoResponse for Error {
    /// The body is written at the end of the conversation, where the request id is known.
    fn into_response(self) -> Response {
        let status = axum::http::StatusCode::from_u16(self.body.code.status())
            .unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}
