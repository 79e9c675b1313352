//! What other processes may ask for, as JSON.

use std::time::Duration;

use hyper::Method;
use serde::{Deserialize, Deserializer};

use crate::agent::Agent;
use crate::faults::{Fault, FaultKind};
use crate::guest::State;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeChange {
    pub(super) online: bool,
}

/// What is missing stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GuestChange {
    pub(super) state: Option<State>,
    /// `null` unlocks.
    #[serde(default, deserialize_with = "present")]
    pub(super) lock: Option<Option<String>>,
    pub(super) node: Option<String>,
    pub(super) agent: Option<Agent>,
    pub(super) ignores_shutdown: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrivilegesChange {
    /// `user@realm!name`.
    pub(super) token: String,
    pub(super) privileges: Vec<String>,
}

/// What is missing stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterChange {
    pub(super) quorum: Option<bool>,
    pub(super) daemon: Option<bool>,
    pub(super) clock_skew_seconds: Option<i32>,
}

/// A fault in one flat object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultWanted {
    kind: Kind,
    #[serde(default = "everywhere")]
    path: String,
    method: Option<String>,
    times: Option<u32>,
    /// Of kind `status`.
    code: Option<u16>,
    /// Of kind `status`.
    reason: Option<String>,
    /// Of kind `delay`.
    seconds: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Status,
    Unauthorized,
    Delay,
    Hang,
    CutConnection,
    CutAfterHandling,
    Truncated,
    Garbage,
    EmptyList,
}

impl FaultWanted {
    /// The fault, or what is wrong with it.
    pub(super) fn into_fault(self) -> Result<Fault, String> {
        let kind = match self.kind {
            Kind::Status => FaultKind::Status {
                code: self
                    .code
                    .filter(|code| (200..=999).contains(code))
                    .ok_or("status needs a code from 200 to 999")?,
                reason: self.reason.unwrap_or_default(),
            },
            Kind::Unauthorized => FaultKind::Unauthorized,
            Kind::Delay => {
                let time = self.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                FaultKind::Delay(time.ok_or("delay needs seconds from 0 up")?)
            }
            Kind::Hang => FaultKind::Hang,
            Kind::CutConnection => FaultKind::CutConnection,
            Kind::CutAfterHandling => FaultKind::CutAfterHandling,
            Kind::Truncated => FaultKind::Truncated,
            Kind::Garbage => FaultKind::Garbage,
            Kind::EmptyList => FaultKind::EmptyList,
        };
        let wrong = |method: &String| format!("'{method}' is no method");
        let method = self.method.map(|method| method.parse::<Method>().map_err(|_| wrong(&method))).transpose()?;
        Ok(Fault { path: self.path, method, times: self.times, kind })
    }
}

fn everywhere() -> String {
    "/".to_owned()
}

/// Tells `null` from a missing field.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
