//! How a service fared in the past.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ServiceStatus;
use crate::id::ServiceId;
use crate::text_enum;

text_enum! {
    /// A span of time that ends now, over which uptime is told.
    pub enum UptimeRange {
        /// The last day.
        Day = "24h",
        /// The last seven days.
        Week = "7d",
        /// The last thirty days.
        Month = "30d",
    }
}

impl UptimeRange {
    /// How long the span is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        match self {
            Self::Day => Duration::hours(24),
            Self::Week => Duration::days(7),
            Self::Month => Duration::days(30),
        }
    }
}

/// How a service fared in the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceHistory {
    /// The service.
    pub service_id: ServiceId,
    /// Its uptime over 24 hours, 7 days and 30 days.
    pub uptime: Vec<Uptime>,
    /// Its statuses, the latest first.
    pub changes: Vec<StatusChange>,
}

/// How much of a span a service was up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Uptime {
    /// The span, which ends now.
    pub range: UptimeRange,
    /// Percent of the known time in which it was healthy or degraded; null when nothing is known.
    pub percent: Option<f64>,
    /// Seconds in which it was healthy or degraded.
    pub up_seconds: f64,
    /// Seconds in which it was unhealthy.
    pub down_seconds: f64,
    /// Seconds in which nobody knew: it was not checked, or the fault was on this side. They count neither way.
    pub unknown_seconds: f64,
}

/// A status that a service had for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusChange {
    /// The status.
    pub status: ServiceStatus,
    /// Why it was not healthy; null when it was.
    pub reason: Option<String>,
    /// From when on.
    pub since: DateTime<Utc>,
    /// Until when; null for the present status.
    pub until: Option<DateTime<Utc>>,
}

/// How much of a service's history to give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// The most statuses to give, 1 to 1000; 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}
