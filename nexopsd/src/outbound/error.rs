//! Why a request to a user's URL came to nothing. Nothing of what the other side sent is in here.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::CONNECT_TIMEOUT;
use super::address::Denied;
use crate::tls::{CertificateProblem, Rejected, causes};

/// Why there is no answer. The words are for people, and say nothing of the answer's body or of the URL's path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The URL cannot be used as it is written.
    #[error("the URL cannot be used: {0}")]
    Url(String),
    /// The host is a name that is never asked.
    #[error("{host} is never asked: a cloud hands out credentials there")]
    DeniedName {
        /// The name.
        host: String,
    },
    /// All addresses of the host are ones that are never asked.
    #[error("{host}{} may not be asked: {why}", at(*.address, .host))]
    DeniedAddress {
        /// The host as it is written.
        host: String,
        /// The address.
        address: IpAddr,
        /// Why.
        why: Denied,
    },
    /// The name server says that there is no such name.
    #[error("there is no host named {host}: {reason}")]
    NoSuchHost {
        /// The name.
        host: String,
        /// The resolver's words.
        reason: String,
    },
    /// The name server did not say whether there is such a name.
    #[error("the address of {host} cannot be found out: {reason}")]
    NoNameServer {
        /// The name.
        host: String,
        /// What is wrong.
        reason: String,
    },
    /// This machine has no way to the host's network at all.
    #[error("this machine has no way to {host}: {reason}")]
    NoNetwork {
        /// The host.
        host: String,
        /// The operating system's words.
        reason: String,
    },
    /// No connection came about.
    #[error("{host} cannot be reached: {reason}")]
    Connect {
        /// The host.
        host: String,
        /// What went wrong.
        reason: String,
    },
    /// The certificate is not accepted.
    #[error("the certificate of {host} is not accepted: {problem}")]
    Certificate {
        /// The host.
        host: String,
        /// Why.
        problem: CertificateProblem,
        /// When it ends or ended; absent when it cannot be read.
        expires_at: Option<DateTime<Utc>>,
    },
    /// The connection broke, or what came over it is not HTTP.
    #[error("{host} does not answer as a web server does: {reason}")]
    Broken {
        /// The host.
        host: String,
        /// What went wrong.
        reason: String,
    },
    /// It took too long.
    #[error("no answer within {}", humantime::format_duration(*.after))]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// It was sent on too often.
    #[error("sent on more than {most} times; perhaps the redirects run in a circle")]
    TooManyRedirects {
        /// How often it may be sent on.
        most: usize,
    },
    /// It was sent on from HTTPS to a place without it.
    #[error("{host} sends on to an address without TLS, which is not followed")]
    Downgrade {
        /// The host that did.
        host: String,
    },
    /// It was sent on in a way that cannot be followed.
    #[error("{host} sends on to {to}, which is not followed; use that address if you trust it")]
    NotFollowed {
        /// The host that did.
        host: String,
        /// The host it named.
        to: String,
    },
    /// It was sent on to what is no address.
    #[error("{host} sends on to what is no address")]
    BadRedirect {
        /// The host that did.
        host: String,
    },
}

impl Error {
    /// Whether the fault may well be on this side: nobody can say that the other side is down.
    #[must_use]
    pub fn is_our_own(&self) -> bool {
        match self {
            Self::NoNameServer { .. } | Self::NoNetwork { .. } => true,
            Self::Url(_)
            | Self::DeniedName { .. }
            | Self::DeniedAddress { .. }
            | Self::NoSuchHost { .. }
            | Self::Connect { .. }
            | Self::Certificate { .. }
            | Self::Broken { .. }
            | Self::Timeout { .. }
            | Self::TooManyRedirects { .. }
            | Self::Downgrade { .. }
            | Self::NotFollowed { .. }
            | Self::BadRedirect { .. } => false,
        }
    }

    /// What a failed request came from. `host` is whom it was for, `after` how long it could have taken.
    pub(super) fn of(error: &reqwest::Error, host: &str, after: Duration) -> Self {
        let host = host.to_owned();
        // The resolver's own refusal travels inside.
        if let Some(own) = causes(error).find_map(|cause| cause.downcast_ref::<Self>()) {
            return own.clone();
        }
        if let Some(Rejected { problem, expires_at, .. }) = Rejected::among_causes(error) {
            return Self::Certificate { host, problem: problem.clone(), expires_at: *expires_at };
        }
        if error.is_timeout() {
            return Self::Timeout { after: if error.is_connect() { after.min(CONNECT_TIMEOUT) } else { after } };
        }
        let deepest = causes(error).last().map_or_else(|| error.to_string(), ToString::to_string);
        match causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind) {
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown | io::ErrorKind::AddrNotAvailable) => {
                Self::NoNetwork { host, reason: deepest }
            }
            _ if error.is_connect() => Self::Connect { host, reason: in_words(error, deepest) },
            _ => Self::Broken { host, reason: deepest },
        }
    }
}

/// The address after a name; nothing after an address.
fn at(address: IpAddr, host: &str) -> String {
    let is_itself = host.trim_matches(['[', ']']).parse() == Ok(address);
    if is_itself { String::new() } else { format!(" ({address})") }
}

fn in_words(error: &(dyn StdError + 'static), deepest: String) -> String {
    match causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => "it does not speak TLS; is it http instead of https?".to_owned(),
        Some(other) => format!("the TLS handshake failed: {other}"),
        None => deepest,
    }
}
