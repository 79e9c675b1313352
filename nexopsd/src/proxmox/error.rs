//! Errors: every way in which a conversation with Proxmox can fail, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use nexops_core::error::{ErrorCode, Upstream};

use super::refusal::Refusal;
use crate::tls::{CertificateProblem, Fingerprint, Unusable};

/// Why a call failed. Says what to do next where the operator can do something; never holds the token's secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The settings cannot be used.
    #[error("cannot connect to Proxmox with these settings: {reason}")]
    Settings {
        /// What is wrong with them.
        reason: String,
    },
    /// 401: the token is not accepted.
    #[error(
        "proxmox does not accept the token '{token}': {reason}; check PROXMOX_USER, PROXMOX_TOKEN_NAME and PROXMOX_TOKEN_VALUE, \
         or make a new token with: pveum user token add {} nexops --privsep 1", .token.split('!').next().unwrap_or_default()
    )]
    Unauthorized {
        /// Proxmox's reason.
        reason: String,
        /// The token's id, `user@realm!name`.
        token: String,
    },
    /// 403: the token lacks a privilege.
    #[error("proxmox refuses: {reason}; {}", how_to_grant(.token, .path.as_deref(), .privilege.as_deref()))]
    Forbidden {
        /// Proxmox's reason.
        reason: String,
        /// The token's id, `user@realm!name`.
        token: String,
        /// The path on which the privilege is missing, when the reason says so.
        path: Option<String>,
        /// The missing privilege, or several with `|` of which any would do.
        privilege: Option<String>,
    },
    /// 400: Proxmox does not accept what was sent.
    #[error("proxmox does not accept the request: {reason}{}", listed(.fields))]
    InvalidParameters {
        /// Proxmox's reason.
        reason: String,
        /// What it says of single parameters.
        fields: BTreeMap<String, String>,
    },
    /// 400: the node does not know the task, or no longer.
    #[error("proxmox does not know the task (any more)")]
    NoSuchTask,
    /// 501: this release of Proxmox, or this kind of guest, does not have the operation.
    #[error("this Proxmox does not have the operation: {reason}")]
    NotImplemented {
        /// Proxmox's reason.
        reason: String,
    },
    /// 595 to 599: the host that was asked cannot reach the node that is concerned.
    #[error(
        "node '{node}' cannot be reached from its cluster: {reason} (status {status}); check the node and its pveproxy and pvedaemon services"
    )]
    NodeUnreachable {
        /// The node.
        node: String,
        /// Proxmox's own status.
        status: u16,
        /// Proxmox's reason.
        reason: String,
    },
    /// 500: there is no such guest on that node.
    #[error("proxmox refuses: {reason}; {}", Refusal::GuestMissing.advice().unwrap_or_default())]
    GuestMissing {
        /// Proxmox's reason.
        reason: String,
    },
    /// Another refusal; `refusal` names it where the text is a known one.
    #[error("proxmox refuses: {reason} (status {status}){}", advised(.refusal))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Proxmox's reason.
        reason: String,
        /// What the reason means.
        refusal: Refusal,
    },
    /// The guest agent answers, but refuses what was asked. Proxmox itself calls that a success.
    #[error(
        "the guest agent refuses: {reason}; update qemu-guest-agent inside the guest, or look at what its configuration forbids"
    )]
    Agent {
        /// The agent's words.
        reason: String,
    },
    /// The host's certificate is not acceptable.
    #[error("{}", certificate(.host, .seen, .problem))]
    Certificate {
        /// The host that presented it.
        host: String,
        /// The certificate's fingerprint.
        seen: Fingerprint,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
    /// No host could be reached; nothing was sent.
    #[error("no Proxmox host can be reached: {}", attempts(.tried))]
    Unreachable {
        /// Who was tried, in this order.
        tried: Vec<Attempt>,
    },
    /// A host was reached, but did not answer in time.
    #[error("proxmox did not answer {what} within {} s", .after.as_secs_f32())]
    Timeout {
        /// What was asked, and whom.
        what: String,
        /// The patience that was had.
        after: Duration,
    },
    /// A host was reached, but hung up before its answer was complete.
    #[error("the connection was cut before the answer to {what} was complete: {cause}")]
    Interrupted {
        /// What was asked, and whom.
        what: String,
        /// What happened.
        cause: String,
    },
    /// Something answered that cannot be understood.
    #[error("the answer to {path} cannot be understood: {reason}")]
    Payload {
        /// What was asked.
        path: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The host points elsewhere: it is a proxy, or not the API.
    #[error("{host} answers with a redirect (status {status}){}; PROXMOX_HOST and PROXMOX_PORT must name the API itself, on port 8006 as a rule", to(.location.as_deref()))]
    Redirected {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// Where it points.
        location: Option<String>,
    },
}

/// One host that could not be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The host and port.
    pub host: String,
    /// What happened.
    pub cause: String,
}

impl From<Unusable> for Error {
    fn from(error: Unusable) -> Self {
        Self::Settings { reason: error.0 }
    }
}

impl Error {
    /// Whether an action that failed like this may have been carried out all the same.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Interrupted { .. } | Self::Payload { .. } => true,
            // 595 is the connection to the node, before anything was said; the later ones are not.
            Self::NodeUnreachable { status, .. } => matches!(status, 596..=599),
            // Gateways between us and Proxmox.
            Self::Refused { status, .. } => matches!(status, 502 | 504),
            Self::Settings { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::InvalidParameters { .. }
            | Self::NoSuchTask
            | Self::NotImplemented { .. }
            | Self::GuestMissing { .. }
            | Self::Agent { .. }
            | Self::Certificate { .. }
            | Self::Unreachable { .. }
            | Self::Redirected { .. } => false,
        }
    }

    /// What Proxmox itself said, when it was Proxmox that refused.
    #[must_use]
    pub fn upstream(&self) -> Option<Upstream> {
        let (status, reason) = match self {
            Self::Unauthorized { reason, .. } => (401, reason.clone()),
            Self::Forbidden { reason, .. } => (403, reason.clone()),
            Self::InvalidParameters { reason, fields } => (400, format!("{reason}{}", listed(fields))),
            Self::NoSuchTask => (400, "no such task".to_owned()),
            Self::NotImplemented { reason } => (501, reason.clone()),
            Self::NodeUnreachable { status, reason, .. } | Self::Refused { status, reason, .. } => {
                (*status, reason.clone())
            }
            Self::GuestMissing { reason } => (500, reason.clone()),
            Self::Agent { reason } => (200, reason.clone()),
            Self::Settings { .. }
            | Self::Certificate { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::Payload { .. }
            | Self::Redirected { .. } => return None,
        };
        Some(Upstream { status: Some(status), reason })
    }

    /// What the refusal means, when Proxmox refused for a reason of the guest or the cluster.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::GuestMissing { .. } => Some(&Refusal::GuestMissing),
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Settings { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::InvalidParameters { .. }
            | Self::NoSuchTask
            | Self::NotImplemented { .. }
            | Self::NodeUnreachable { .. }
            | Self::Agent { .. }
            | Self::Certificate { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::Payload { .. }
            | Self::Redirected { .. } => None,
        }
    }

    /// The code under which NexOps passes the failure on.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Settings { .. } => ErrorCode::Internal,
            Self::Unauthorized { .. } => ErrorCode::ProxmoxUnauthorized,
            Self::Forbidden { .. } => ErrorCode::ProxmoxForbidden,
            Self::NoSuchTask => ErrorCode::NotFound,
            Self::NodeUnreachable { .. } => ErrorCode::NodeOffline,
            Self::GuestMissing { .. } => Refusal::GuestMissing.code(),
            Self::Refused { refusal, .. } => refusal.code(),
            Self::Certificate { .. } => ErrorCode::ProxmoxCertificate,
            Self::Unreachable { .. } | Self::Interrupted { .. } => ErrorCode::ProxmoxUnreachable,
            Self::Timeout { .. } => ErrorCode::ProxmoxTimeout,
            Self::InvalidParameters { .. }
            | Self::NotImplemented { .. }
            | Self::Agent { .. }
            | Self::Payload { .. }
            | Self::Redirected { .. } => ErrorCode::ProxmoxError,
        }
    }
}

fn how_to_grant(token: &str, path: Option<&str>, privilege: Option<&str>) -> String {
    let (Some(path), Some(privilege)) = (path, privilege) else {
        return format!("give the token '{token}' what it needs with pveum acl modify");
    };
    let user = token.split('!').next().unwrap_or_default();
    let wanted = privilege.split('|').next().unwrap_or_default();
    // A role that Proxmox brings and that holds the privilege beside those to look, for a role given on a
    // path takes the place of the inherited one.
    let role = match wanted {
        "VM.PowerMgmt" => "PVEVMUser",
        audit if audit.ends_with(".Audit") => "PVEAuditor",
        _ => "ROLE",
    };
    // A token with privilege separation has only what its user has as well, so both need it.
    let lines = format!("pveum acl modify {path} --users {user} --tokens '{token}' --roles {role}");
    match role {
        "ROLE" => format!("grant it with a ROLE that holds {wanted}: {lines}"),
        _ => format!("grant it with: {lines}"),
    }
}

fn listed(fields: &BTreeMap<String, String>) -> String {
    let told: Vec<_> = fields.iter().map(|(field, reason)| format!(" {field}: {}", reason.trim())).collect();
    told.join(";")
}

fn advised(refusal: &Refusal) -> String {
    refusal.advice().map_or_else(String::new, |advice| format!("; {advice}"))
}

fn attempts(tried: &[Attempt]) -> String {
    let told: Vec<_> = tried.iter().map(ToString::to_string).collect();
    told.join("; ")
}

fn to(location: Option<&str>) -> String {
    location.map_or_else(String::new, |location| format!(" to {location}"))
}

fn certificate(host: &str, seen: &Fingerprint, problem: &CertificateProblem) -> String {
    let pin = format!(
        "if `pvenode cert info` on the node shows the SHA-256 fingerprint {seen}, trust it with PROXMOX_FINGERPRINT={seen}"
    );
    match problem {
        CertificateProblem::Untrusted => format!(
            "the certificate of {host} is signed by nobody this machine trusts, as Proxmox's own certificates are; {pin}"
        ),
        CertificateProblem::NameMismatch { names } => format!(
            "the certificate of {host} is for {}; put such a name into PROXMOX_HOST, or {pin}",
            if names.is_empty() { "other names".to_owned() } else { names.join(", ") }
        ),
        CertificateProblem::Expired => {
            format!("the certificate of {host} is past its time, or a clock is wrong; renew it, or {pin}")
        }
        CertificateProblem::PinChanged => format!(
            "the certificate of {host} is not the pinned one: it was renewed, or somebody stands between; {pin}"
        ),
        CertificateProblem::Invalid { reason } => format!("the certificate of {host} is not valid: {reason}; {pin}"),
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.host, self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Error> {
        let text = || "text".to_owned();
        vec![
            Error::Settings { reason: text() },
            Error::Unauthorized { reason: text(), token: "a@pve!b".to_owned() },
            Error::Forbidden { reason: text(), token: text(), path: None, privilege: None },
            Error::InvalidParameters { reason: text(), fields: [(text(), text())].into() },
            Error::NoSuchTask,
            Error::NotImplemented { reason: text() },
            Error::NodeUnreachable { node: text(), status: 595, reason: text() },
            Error::GuestMissing { reason: text() },
            Error::Refused { status: 500, reason: text(), refusal: Refusal::Busy },
            Error::Agent { reason: text() },
            Error::Certificate { host: text(), seen: Fingerprint([0; 32]), problem: CertificateProblem::Expired },
            Error::Unreachable { tried: vec![Attempt { host: text(), cause: text() }] },
            Error::Timeout { what: text(), after: Duration::from_secs(40) },
            Error::Interrupted { what: text(), cause: text() },
            Error::Payload { path: text(), reason: text() },
            Error::Redirected { host: text(), status: 301, location: None },
        ]
    }

    #[test]
    fn a_message_is_one_sentence_in_lower_case_without_a_period() {
        for error in all() {
            let message = error.to_string();
            assert!(message.starts_with(|letter: char| letter.is_lowercase()), "{message}");
            assert!(!message.ends_with('.') && !message.contains('\n') && !message.contains("  "), "{message}");
        }
    }

    #[test]
    fn what_proxmox_said_has_a_status_and_what_it_did_not_say_has_none() {
        let said: Vec<_> = all().iter().map(|error| error.upstream().and_then(|upstream| upstream.status)).collect();
        let ours = None;
        let expected = [
            ours,
            Some(401),
            Some(403),
            Some(400),
            Some(400),
            Some(501),
            Some(595),
            Some(500),
            Some(500),
            Some(200),
            ours,
            ours,
            ours,
            ours,
            ours,
            ours,
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn an_action_may_have_been_carried_out_only_if_it_was_sent_and_not_refused() {
        let unknown: Vec<_> = all().into_iter().filter(Error::outcome_unknown).map(|error| error.code()).collect();
        assert_eq!(unknown, [ErrorCode::ProxmoxTimeout, ErrorCode::ProxmoxUnreachable, ErrorCode::ProxmoxError]);
        let status = |status| Error::NodeUnreachable { node: String::new(), status, reason: String::new() };
        assert!(!status(595).outcome_unknown() && status(596).outcome_unknown());
    }

    #[test]
    fn the_line_that_grants_a_privilege_names_a_role_that_holds_it() {
        let grant = |privilege: &str| how_to_grant("nexops@pve!nexops", Some("/"), Some(privilege));
        let line = "pveum acl modify / --users nexops@pve --tokens 'nexops@pve!nexops' --roles";
        assert_eq!(grant("Sys.Audit"), format!("grant it with: {line} PVEAuditor"));
        assert_eq!(
            grant("VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted"),
            format!("grant it with: {line} PVEAuditor")
        );
        assert_eq!(grant("VM.PowerMgmt"), format!("grant it with: {line} PVEVMUser"));
        assert_eq!(grant("Sys.Modify"), format!("grant it with a ROLE that holds Sys.Modify: {line} ROLE"));
    }
}
