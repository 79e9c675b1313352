//! What the checks of a service mean. Pure: no IO, no clock.

use chrono::{DateTime, TimeDelta, Utc};
use nexops_core::service::{CheckSettings, ServiceStatus, ServiceVm};
use nexops_core::vm::VmStatus;

use crate::outbound::{Answer, Error};

/// How much of a body is searched for the text that it must contain, in bytes.
pub const SEARCHED: usize = 1 << 20;
/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// What one check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it says of the service.
    pub verdict: Verdict,
    /// Milliseconds until the head of the answer; absent when none came.
    pub response_time_ms: Option<f64>,
    /// When the certificate ends; absent without TLS.
    pub certificate_expires_at: Option<DateTime<Utc>>,
}

/// What one check says of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Good,
    /// It answers rightly, and yet something is wrong.
    Poor(String),
    /// It does not answer, or not rightly.
    Bad(String),
    /// The fault may be on this side.
    Inconclusive(String),
}

/// Looks at what a request came to.
#[must_use]
pub fn judge(settings: &CheckSettings, outcome: Result<&Answer, &Error>, now: DateTime<Utc>) -> Finding {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(error) => {
            let expires_at = match error {
                Error::Certificate { expires_at, .. } => *expires_at,
                _ => None,
            };
            let reason = shortened(error.to_string());
            let verdict = if error.is_our_own() { Verdict::Inconclusive(reason) } else { Verdict::Bad(reason) };
            return Finding { verdict, response_time_ms: None, certificate_expires_at: expires_at };
        }
    };
    let response_time_ms = (answer.took.as_secs_f64() * 10_000.0).round() / 10.0;
    let verdict = match complaint(settings, answer) {
        Some(complaint) => Verdict::Bad(shortened(complaint)),
        None => match reservation(settings, answer, response_time_ms, now) {
            Some(reservation) => Verdict::Poor(shortened(reservation)),
            None => Verdict::Good,
        },
    };
    Finding { verdict, response_time_ms: Some(response_time_ms), certificate_expires_at: answer.certificate_expires_at }
}

/// What is wrong with an answer. Never more of it than the status.
fn complaint(settings: &CheckSettings, answer: &Answer) -> Option<String> {
    let CheckSettings { expected_status, body_contains, .. } = settings;
    if !expected_status.contains(answer.status) {
        return Some(format!("it answers with HTTP {}; expected is {expected_status}", answer.status));
    }
    let wanted = body_contains.as_deref()?;
    if contains(&answer.body, wanted.as_bytes()) {
        return None;
    }
    let within = if answer.is_cut { "the first MiB of the body" } else { "the body" };
    Some(format!("the expected text is not in {within}"))
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    let Some((first, rest)) = text.split_first() else { return true };
    body.iter().enumerate().any(|(at, byte)| byte == first && body[at + 1..].starts_with(rest))
}

/// What is not as it should be with an answer that is right.
fn reservation(settings: &CheckSettings, answer: &Answer, response_time_ms: f64, now: DateTime<Utc>) -> Option<String> {
    if let Some(limit) = settings.degraded_above_ms
        && response_time_ms > f64::from(limit)
    {
        return Some(format!("it took {response_time_ms:.0} ms to answer, over the limit of {limit} ms"));
    }
    let warned = TimeDelta::days(i64::from(settings.certificate_warning_days));
    let left = answer.certificate_expires_at? - now;
    if warned.is_zero() || left > warned {
        return None;
    }
    let days = left.num_days();
    Some(match days {
        _ if left < TimeDelta::zero() => "its certificate has ended".to_owned(),
        0 => "its certificate ends within a day".to_owned(),
        1 => "its certificate ends in 1 day".to_owned(),
        days => format!("its certificate ends in {days} days"),
    })
}

fn shortened(mut reason: String) -> String {
    if let Some((end, _)) = reason.char_indices().nth(LONGEST_REASON) {
        reason.truncate(end);
        reason.push('…');
    }
    reason
}

/// Why a service on this guest cannot answer; `None` when the guest is no reason.
#[must_use]
pub fn explanation(vm: &ServiceVm) -> Option<String> {
    let ServiceVm { vmid, name, status, gone_at } = vm;
    let what = match (gone_at, status) {
        (Some(_), _) => "is gone",
        (None, VmStatus::Stopped) => "is stopped",
        (None, VmStatus::Paused) => "is paused",
        (None, VmStatus::Error) => "has an error",
        (None, VmStatus::Running | VmStatus::Unknown) => return None,
    };
    Some(format!("VM {vmid} '{name}' {what}"))
}

/// How a service fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its status.
    pub status: ServiceStatus,
    /// Why it is not healthy.
    pub reason: Option<String>,
    /// Since when it has this status.
    pub since: DateTime<Utc>,
    /// How many checks in a row have failed.
    pub failures: i32,
    /// When the first of them did.
    pub failing_since: Option<DateTime<Utc>>,
    /// What was wrong with the last check.
    pub last_error: Option<String>,
}

impl State {
    /// A service of which nothing is known.
    #[must_use]
    pub fn unknown(reason: &str, since: DateTime<Utc>) -> Self {
        Self {
            status: ServiceStatus::Unknown,
            reason: Some(reason.to_owned()),
            since,
            failures: 0,
            failing_since: None,
            last_error: None,
        }
    }

    /// How the service fares after one more check.
    #[must_use]
    pub fn after(&self, verdict: &Verdict, retries: i32, now: DateTime<Utc>) -> Self {
        let fine = |status, reason: Option<&String>| Self {
            failures: 0,
            failing_since: None,
            last_error: None,
            ..self.becoming(status, reason.cloned(), now)
        };
        match verdict {
            Verdict::Good => fine(ServiceStatus::Healthy, None),
            Verdict::Poor(reason) => fine(ServiceStatus::Degraded, Some(reason)),
            // What failed before still did, but this check says nothing.
            Verdict::Inconclusive(reason) => Self {
                last_error: Some(reason.clone()),
                ..self.becoming(ServiceStatus::Unknown, Some(format!("inconclusive: {reason}")), now)
            },
            Verdict::Bad(reason) => {
                let failing_since = self.failing_since.unwrap_or(now);
                let failures = self.failures.saturating_add(1);
                let tried = Self {
                    failures,
                    failing_since: Some(failing_since),
                    last_error: Some(reason.clone()),
                    ..self.clone()
                };
                if failures > retries {
                    // It went down when the first of these checks failed, or when it was last known to be otherwise.
                    return tried.becoming(ServiceStatus::Unhealthy, Some(reason.clone()), failing_since);
                }
                match self.status {
                    ServiceStatus::Unknown => {
                        let reason = format!("failing ({failures} of {}): {reason}", retries.saturating_add(1));
                        Self { reason: Some(reason), ..tried }
                    }
                    ServiceStatus::Healthy | ServiceStatus::Unhealthy | ServiceStatus::Degraded => tried,
                }
            }
        }
    }

    /// The same with this status. The present one, if it is another, lasted a moment at least.
    fn becoming(&self, status: ServiceStatus, reason: Option<String>, since: DateTime<Utc>) -> Self {
        let since = if status == self.status { self.since } else { since.max(self.since + TimeDelta::milliseconds(1)) };
        Self { status, reason, since, ..self.clone() }
    }

    /// 1 while the service counts as up, 0 while it counts as down; absent when that is not known. While the retries
    /// cover failures, it is what it was.
    #[must_use]
    pub fn up(&self) -> Option<f64> {
        match self.status {
            ServiceStatus::Healthy | ServiceStatus::Degraded => Some(1.0),
            ServiceStatus::Unhealthy => Some(0.0),
            ServiceStatus::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests;
