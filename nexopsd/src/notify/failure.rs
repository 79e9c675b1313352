//! How sending fails, and what that means for another try.

use std::time::Duration;

use chrono::{DateTime, Utc};
use nexops_core::notification::{DeliveryFailure, FailureClass};

use crate::outbound::{Answer, Error, HeaderMap, header};

/// The longest wish for a pause that is followed: a receiver that asks for more is tried once an hour.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Whether the receiver may have a message that it did not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It has said no, or was never reached.
    Not,
    /// It was told, and did not answer.
    Perhaps,
}

/// How a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why, for programs.
    pub class: FailureClass,
    /// The receiver's status, if it answered.
    pub status: Option<u16>,
    /// Why, for people.
    pub message: String,
    /// How long the receiver wants no other try.
    pub pause: Option<Duration>,
    /// Whether it may have the message all the same.
    pub reach: Reach,
}

impl Failure {
    /// A failure before anything was said.
    pub fn before(class: FailureClass, message: impl Into<String>) -> Self {
        Self { class, status: None, message: message.into(), pause: None, reach: Reach::Not }
    }

    /// No answer in time.
    pub fn silent(after: Duration) -> Self {
        let message = format!("no answer within {} s; it may have been delivered all the same", after.as_secs());
        Self { reach: Reach::Perhaps, ..Self::before(FailureClass::Timeout, message) }
    }

    /// Whether trying again can help.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self.class {
            FailureClass::Unauthorized
            | FailureClass::Gone
            | FailureClass::Rejected
            | FailureClass::Redirected
            | FailureClass::ForbiddenAddress
            | FailureClass::Settings => true,
            FailureClass::RateLimited
            | FailureClass::ServerError
            | FailureClass::Unreachable
            | FailureClass::Timeout
            | FailureClass::Tls => false,
        }
    }

    /// As it is shown and written down.
    #[must_use]
    pub fn at(&self, at: DateTime<Utc>) -> DeliveryFailure {
        DeliveryFailure { class: self.class, status: self.status, message: self.message.clone(), at }
    }

    /// What an answer means that is no success. Nothing of its body is in it.
    pub fn answered(answer: &Answer, now: DateTime<Utc>) -> Self {
        use FailureClass as Class;
        let status = answer.status;
        let (class, words) = match status {
            401 | 403 => (Class::Unauthorized, "the receiver does not let us in: the webhook may have been revoked"),
            404 | 410 => (Class::Gone, "there is no such webhook any more: make a new one and change the channel"),
            408 | 425 => (Class::ServerError, "the receiver is not ready"),
            429 => (Class::RateLimited, "the receiver wants fewer messages"),
            400..=499 => (Class::Rejected, "the receiver does not accept this message"),
            500..=599 => (Class::ServerError, "the receiver is in trouble"),
            _ => (Class::Redirected, "the receiver sends elsewhere: change the channel's address"),
        };
        let pause = matches!(status, 429 | 503).then(|| pause(&answer.headers, now)).flatten();
        Self { class, status: Some(status), message: format!("{words} (status {status})"), pause, reach: Reach::Not }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (class, reach) = match &error {
            Error::Url(_) => (FailureClass::Settings, Reach::Not),
            Error::DeniedName { .. } | Error::DeniedAddress { .. } => (FailureClass::ForbiddenAddress, Reach::Not),
            Error::NoSuchHost { .. } | Error::NoNameServer { .. } | Error::NoNetwork { .. } | Error::Connect { .. } => {
                (FailureClass::Unreachable, Reach::Not)
            }
            Error::Certificate { .. } => (FailureClass::Tls, Reach::Not),
            Error::Broken { .. } => (FailureClass::Unreachable, Reach::Perhaps),
            Error::Timeout { .. } => (FailureClass::Timeout, Reach::Perhaps),
            Error::TooManyRedirects { .. }
            | Error::Downgrade { .. }
            | Error::NotFollowed { .. }
            | Error::BadRedirect { .. } => (FailureClass::Redirected, Reach::Not),
        };
        Self { reach, ..Self::before(class, error.to_string()) }
    }
}

/// How long an answer asks to wait, in whole or broken seconds or until a date.
fn pause(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST_PAUSE),
        Err(_) => (DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now).to_std().unwrap_or_default(),
    };
    Some(asked.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn answer(status: u16, retry_after: Option<&'static str>) -> Answer {
        let headers = retry_after.map(|value| (header::RETRY_AFTER, value.parse().unwrap()));
        Answer {
            status,
            headers: headers.into_iter().collect(),
            body: b"the token is s3cret".to_vec(),
            is_cut: false,
            redirects: 0,
            certificate_expires_at: None,
            took: Duration::ZERO,
        }
    }

    #[rstest]
    #[case(400, FailureClass::Rejected, true)]
    #[case(401, FailureClass::Unauthorized, true)]
    #[case(403, FailureClass::Unauthorized, true)]
    #[case(404, FailureClass::Gone, true)]
    #[case(408, FailureClass::ServerError, false)]
    #[case(410, FailureClass::Gone, true)]
    #[case(413, FailureClass::Rejected, true)]
    #[case(429, FailureClass::RateLimited, false)]
    #[case(500, FailureClass::ServerError, false)]
    #[case(503, FailureClass::ServerError, false)]
    #[case(302, FailureClass::Redirected, true)]
    #[case(101, FailureClass::Redirected, true)]
    fn a_status_says_whether_another_try_can_help(
        #[case] status: u16,
        #[case] class: FailureClass,
        #[case] is_final: bool,
    ) {
        let failure = Failure::answered(&answer(status, None), DateTime::UNIX_EPOCH);
        assert_eq!((failure.class, failure.is_final(), failure.status), (class, is_final, Some(status)));
        assert!(!failure.message.contains("s3cret"));
    }

    #[rstest]
    #[case(429, "2", Some(2.0))]
    #[case(429, "0.35", Some(0.35))]
    #[case(503, "120", Some(120.0))]
    #[case(503, "Thu, 01 Jan 1970 00:02:00 GMT", Some(120.0))]
    #[case(503, "Wed, 31 Dec 1969 00:00:00 GMT", Some(0.0))]
    #[case(429, "-5", Some(0.0))]
    #[case(429, "NaN", Some(0.0))]
    #[case(429, "1e300", Some(3600.0))]
    #[case(429, "864000", Some(3600.0))]
    #[case(429, "soon", None)]
    #[case(500, "120", None)]
    fn a_wish_to_wait_is_followed_within_reason(
        #[case] status: u16,
        #[case] wish: &'static str,
        #[case] seconds: Option<f64>,
    ) {
        let pause = Failure::answered(&answer(status, Some(wish)), DateTime::UNIX_EPOCH).pause;
        assert_eq!(pause.map(|pause| pause.as_secs_f64()), seconds);
    }
}
