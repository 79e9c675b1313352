//! Failures: what did not work, on which object, why, and what to try next.

use std::error::Error as _;

use nexops_core::client;
use nexops_core::error::{ErrorBody, ErrorCode};
use serde::Serialize;

use crate::exit::Exit;

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// The API's error code, or one of this program's own in the same spelling.
    pub code: &'static str,
    /// The failure in a sentence.
    pub message: String,
    /// What to try next.
    pub hint: Option<String>,
    /// Where the failure came from, if it came from the daemon. Boxed, as a result is moved far more often than it fails.
    pub origin: Option<Box<Origin>>,
    /// The failures of single objects that make up this one.
    pub causes: Vec<Failure>,
}

/// Where a failure of the daemon came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The id under which the daemon's log tells more.
    pub request_id: Option<String>,
    /// What only `--verbose` tells.
    pub background: Vec<String>,
}

/// Result of a command, or of a part of one.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure that this program found itself.
    pub fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), hint: None, origin: None, causes: Vec::new() }
    }

    /// The same with advice.
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What a call of the API ended with; `attempt` says what was tried, as "stop vm 101".
    pub fn from_client(attempt: &str, error: &client::Error) -> Self {
        let told = match error {
            client::Error::Api(body) => words_of(body),
            client::Error::Unreachable { .. } => match background_of(error).pop() {
                Some(root) => format!("{error}: {root}"),
                None => error.to_string(),
            },
            client::Error::Timeout { .. } | client::Error::Payload { .. } | client::Error::Url { .. } => {
                error.to_string()
            }
        };
        let (code, hint) = match error {
            client::Error::Api(body) if body.code == ErrorCode::NotFound => {
                (body.code.as_str(), where_to_look(attempt))
            }
            client::Error::Api(body) => (body.code.as_str(), hint_for(body.code)),
            client::Error::Unreachable { .. } => ("DAEMON_UNREACHABLE", Some(DAEMON_HINT)),
            client::Error::Timeout { .. } => ("DAEMON_TIMEOUT", Some(TIMEOUT_HINT)),
            client::Error::Payload { .. } => ("NOT_A_DAEMON", Some(DAEMON_HINT)),
            client::Error::Url { .. } => ("INVALID_URL", Some(URL_HINT)),
        };
        Self {
            hint: hint.map(str::to_owned),
            origin: Some(Box::new(Origin {
                request_id: error.body().and_then(|body| body.request_id.clone()),
                background: background_of(error),
            })),
            ..Self::new(error.into(), code, format!("cannot {attempt}: {told}"))
        }
    }

    /// Joins the failures of several objects into one; `all` is how many objects were asked for.
    pub fn of_many(mut causes: Vec<Self>, all: usize, what: &str) -> Result<()> {
        match (causes.len(), all) {
            (0, _) => Ok(()),
            (1, 1) => Err(causes.remove(0)),
            (failed, all) => {
                let (exit, code) = match causes.first() {
                    Some(first) if failed == all => (first.exit, first.code),
                    Some(_) | None => (Exit::Partial, "PARTIAL_FAILURE"),
                };
                Err(Self { causes, ..Self::new(exit, code, format!("{failed} of {all} {what} failed")) })
            }
        }
    }

    /// The form for programs.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Wire::from(self)).unwrap_or_else(|_| String::from("{}"))
    }
}

const DAEMON_HINT: &str = "see whether nexopsd runs there; another address is given with --url or NEXOPS_API_URL";
const TIMEOUT_HINT: &str = "what was asked may have been done all the same: look with `nexops task list`";
const URL_HINT: &str = "give one like http://127.0.0.1:8000 with --url or NEXOPS_API_URL";

/// The server's sentence, the fields or candidates that it names, and Proxmox's words.
fn words_of(body: &ErrorBody) -> String {
    let mut words = body.message.clone();
    for detail in &body.details {
        // One alone stands in the sentence already.
        if !body.message.contains(&detail.reason) {
            words.push_str(&format!("\n  {}: {}", detail.field, detail.reason));
        }
    }
    match &body.upstream {
        Some(upstream) if !upstream.reason.is_empty() && !words.contains(&upstream.reason) => {
            words.push_str(&format!(" (Proxmox: {})", upstream.reason));
        }
        Some(_) | None => {}
    }
    words
}

/// Details for `--verbose`: the HTTP status and everything below the first sentence.
fn background_of(error: &client::Error) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(body) = error.body() {
        lines.push(format!("HTTP {} {}", body.code.status(), body.code));
        if let Some(status) = body.upstream.as_ref().and_then(|upstream| upstream.status) {
            lines.push(format!("Proxmox answered with HTTP {status}"));
        }
    }
    let mut source = error.source();
    while let Some(cause) = source {
        lines.push(cause.to_string());
        source = cause.source();
    }
    lines
}

/// What shows the things of a kind. The kind is the second word of every attempt, but for plain requests.
const LISTINGS: [(&str, &str); 11] = [
    ("alert", "`nexops alert list --all` shows what there is"),
    ("channel", "`nexops settings notify list` shows what there is"),
    ("connection", "`nexops settings proxmox list` shows what there is"),
    ("guest", "`nexops vm list` shows what there is"),
    ("message", "`nexops settings notify deliveries` shows what there is"),
    ("node", "`nexops node list` shows what there is"),
    ("rule", "`nexops alert rule list` shows what there is"),
    ("service", "`nexops service list` shows what there is"),
    ("silence", "`nexops alert silences` shows what there is"),
    ("task", "`nexops task list` shows what there is"),
    ("vm", "`nexops vm list` shows what there is"),
];
const PATHS_HINT: &str = "`nexops api GET /openapi.json` shows every path";

/// Where to look for what was not found.
fn where_to_look(attempt: &str) -> Option<&'static str> {
    let kind = attempt.split(' ').nth(1)?;
    if kind.starts_with('/') {
        return Some(PATHS_HINT);
    }
    LISTINGS.iter().find(|(known, _)| *known == kind).map(|(_, hint)| *hint)
}

/// What to try after an answer of the daemon, where its own sentence cannot know this program.
pub const fn hint_for(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::Unauthorized => Some("put the daemon's token into the environment variable NEXOPS_API_TOKEN"),
        ErrorCode::HostNotAllowed => {
            Some("use the address that the daemon listens on, or add the name to NEXOPS_ALLOWED_HOSTS")
        }
        ErrorCode::OriginNotAllowed => Some("that is meant for web pages; use the command line or another client"),
        ErrorCode::ProxmoxForbidden => {
            Some("grant NexOps' token the privilege in Proxmox under Datacenter, Permissions")
        }
        ErrorCode::AmbiguousVmid => Some("name the guest by its id or as node/name"),
        ErrorCode::VmAlreadyRunning | ErrorCode::VmNotRunning => {
            Some("`nexops vm list` shows the state of every guest")
        }
        ErrorCode::VmPaused => Some("`nexops vm resume` lets a paused guest go on"),
        ErrorCode::VmLocked => Some("wait until the backup, migration or snapshot that holds the lock has ended"),
        ErrorCode::AlertOver => Some("`nexops alert list` shows those that are not over"),
        ErrorCode::VmIsTemplate => Some("clone the template in Proxmox and start the clone"),
        ErrorCode::VmBusy | ErrorCode::IdempotencyInProgress => {
            Some("`nexops task list --status running` shows what is under way")
        }
        ErrorCode::PreconditionFailed => Some("somebody else changed it meanwhile; look at it and try again"),
        ErrorCode::ProxmoxUnauthorized
        | ErrorCode::ProxmoxUnreachable
        | ErrorCode::ProxmoxCertificate
        | ErrorCode::NodeOffline => Some("`nexops status` shows every connection and what is wrong with it"),
        ErrorCode::ProxmoxTimeout | ErrorCode::RequestTimeout => Some(TIMEOUT_HINT),
        ErrorCode::Internal => Some("the daemon's log tells more under the request id (shown with -v)"),
        ErrorCode::TooManyReaders => {
            Some("end what follows the events without need, such as forgotten `nexops events`")
        }
        ErrorCode::DatabaseUnavailable | ErrorCode::NotReady => {
            Some("try again in a moment; the daemon's log tells more")
        }
        // What there is depends on what was sought.
        ErrorCode::NotFound
        | ErrorCode::InvalidRequest
        | ErrorCode::MethodNotAllowed
        | ErrorCode::ActionNotSupported
        | ErrorCode::IdempotencyKeyReused
        | ErrorCode::NameTaken
        | ErrorCode::NoHealthCheck
        | ErrorCode::PayloadTooLarge
        | ErrorCode::UnsupportedMediaType
        | ErrorCode::ManagedByEnvironment
        | ErrorCode::ChannelInUse
        | ErrorCode::DeliveryNotDead
        | ErrorCode::SecretUnusable
        | ErrorCode::ProxmoxError => None,
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    code: &'a str,
    kind: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Wire<'a>>,
}

impl<'a> From<&'a Failure> for Wire<'a> {
    fn from(failure: &'a Failure) -> Self {
        let Failure { exit, code, message, hint, origin, causes } = failure;
        Self {
            code,
            kind: exit.kind(),
            message,
            hint: hint.as_deref(),
            request_id: origin.as_ref().and_then(|origin| origin.request_id.as_deref()),
            errors: causes.iter().map(Self::from).collect(),
        }
    }
}
