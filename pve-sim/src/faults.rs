//! Faults on demand: what breaks, where, and how often.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::Method;

/// Something that goes wrong with the requests it matches.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The beginning of the path below `/api2/json`, for example `/cluster/resources`; `/` matches all.
    pub path: String,
    /// Only this method; any when absent.
    pub method: Option<Method>,
    /// How often it strikes; until cleared when absent.
    pub times: Option<u32>,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that strikes every request below the path until it is cleared.
    pub fn new(path: &str, kind: FaultKind) -> Self {
        Self { path: path.to_owned(), method: None, times: None, kind }
    }

    /// Strikes that often and no more.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Strikes only requests of this method.
    #[must_use]
    pub fn method(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An error of the API, in JSON, with this status and reason phrase. 595 to 599 have no body.
    Status {
        /// The status code.
        code: u16,
        /// The reason phrase, also the message in the body.
        reason: String,
    },
    /// 401 after the usual delay, as if the token had been removed.
    Unauthorized,
    /// The right answer, late.
    Delay(Duration),
    /// No answer while the client waits.
    Hang,
    /// The connection is closed without an answer and without an effect.
    CutConnection,
    /// The request takes effect, then the connection is closed without an answer.
    CutAfterHandling,
    /// The right answer, broken off in the middle.
    Truncated,
    /// 200 with something that is no JSON.
    Garbage,
    /// 200 with an empty list.
    EmptyList,
}

/// The faults that wait for requests.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The oldest fault that matches, counted as having struck.
    pub(crate) fn strike(&self, method: &Method, path: &str) -> Option<FaultKind> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = faults.iter().position(|fault| {
            path.starts_with(&fault.path) && fault.method.as_ref().is_none_or(|only| only == method)
        })?;
        let fault = &mut faults[found];
        let kind = fault.kind.clone();
        match fault.times {
            None => {}
            Some(left @ 2..) => fault.times = Some(left - 1),
            Some(_) => {
                faults.remove(found);
            }
        }
        Some(kind)
    }
}
