//! Services: what runs on guests or elsewhere, and whether it answers.

mod history;
mod status_set;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use self::history::{HistoryQuery, ServiceHistory, StatusChange, Uptime, UptimeRange};
pub use self::status_set::{NotAStatusSet, StatusSet};
use crate::error::FieldError;
use crate::id::{ServiceId, VmId};
use crate::page::Sort;
use crate::text_enum;
use crate::vm::VmStatus;

text_enum! {
    /// Where a service runs.
    pub enum ServiceType {
        /// On a virtual machine.
        Vm = "vm",
        /// In a container.
        Container = "container",
        /// Somewhere that NexOps does not watch.
        External = "external",
    }
}

text_enum! {
    /// How a service fares.
    pub enum ServiceStatus {
        /// Its last check was good.
        Healthy = "healthy",
        /// More checks in a row failed than may.
        Unhealthy = "unhealthy",
        /// It answers, but slowly, or its certificate ends soon.
        Degraded = "degraded",
        /// Nobody knows: it was not checked yet, is not checked, or the fault was on this side.
        Unknown = "unknown",
    }
}

/// How a service is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CheckSettings {
    /// The HTTP statuses that are good, as numbers and ranges: "200-299,401".
    pub expected_status: StatusSet,
    /// Text that the first MiB of the body must contain; null for none. 1 to 1000 characters.
    #[schema(min_length = 1, max_length = 1000)]
    pub body_contains: Option<String>,
    /// Seconds within which the answer must be there, 1 to 60. The daemon waits for two thirds of its
    /// `NEXOPS_HEALTH_INTERVAL` at most.
    #[schema(minimum = 1, maximum = 60)]
    pub timeout_seconds: i32,
    /// How many checks in a row may fail before the service counts as unhealthy, 0 to 10.
    #[schema(minimum = 0, maximum = 10)]
    pub retries: i32,
    /// Milliseconds above which an answer is slow and the service degraded, 1 to 60000; null for no limit.
    #[schema(minimum = 1, maximum = 60000)]
    pub degraded_above_ms: Option<i32>,
    /// Days before the end of the certificate from which on the service counts as degraded, 0 to 365; 0 for never.
    #[schema(minimum = 0, maximum = 365)]
    pub certificate_warning_days: i32,
    /// Whether the certificate must be one that the daemon's machine trusts, for the name in the URL.
    pub verify_tls: bool,
}

impl Default for CheckSettings {
    fn default() -> Self {
        Self {
            expected_status: StatusSet::default(),
            body_contains: None,
            timeout_seconds: 10,
            retries: 2,
            degraded_above_ms: None,
            certificate_warning_days: 14,
            verify_tls: true,
        }
    }
}

/// What people decide about a service: the body of POST and PUT. PUT replaces all of it; what is left out gets its
/// default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// The name, unique: 1 to 255 printable characters without a space at either end.
    #[schema(
        example = "wiki",
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: String,
    /// What it is, up to 2000 characters; empty if not given.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Where it runs; "external" if not given.
    #[serde(rename = "type", default = "external")]
    pub kind: ServiceType,
    /// The URL that is requested, http or https, without user and password; null for a service that is not checked.
    #[serde(default)]
    #[schema(max_length = 500, pattern = "^https?://", example = "https://wiki.example/health")]
    pub health_check_url: Option<String>,
    /// The guest on which it runs; null for none.
    #[serde(default)]
    pub vm_id: Option<VmId>,
    /// A group of one's own choosing, up to 100 characters; null for none.
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub namespace: Option<String>,
    /// Whatever else is worth keeping: an object; empty if not given.
    #[serde(default = "no_metadata")]
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// Whether it is checked; true if not given. While it is not, its status is unknown.
    #[serde(default = "crate::yes")]
    pub enabled: bool,
    /// How it is checked.
    #[serde(default)]
    pub check: CheckSettings,
}

const fn external() -> ServiceType {
    ServiceType::External
}

fn no_metadata() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

impl ServiceSettings {
    /// Settings of a service that is not checked.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            kind: external(),
            health_check_url: None,
            vm_id: None,
            namespace: None,
            metadata: no_metadata(),
            enabled: true,
            check: CheckSettings::default(),
        }
    }

    /// What is out of range, field by field. Whether the URL can be used, only the daemon can tell.
    #[must_use]
    pub fn problems(&self) -> Vec<FieldError> {
        let Self { name, description, kind: _, health_check_url, vm_id: _, namespace, metadata, enabled: _, check } =
            self;
        let mut problems = Vec::new();
        let mut want = |good: bool, field: &str, reason: &str| {
            if !good {
                problems.push(FieldError::new(field, reason));
            }
        };
        let length = |text: &str| text.chars().count();
        let is_label = |text: &str, longest: usize| {
            let printable = !text.chars().any(char::is_control);
            printable && !text.is_empty() && text.trim() == text && length(text) <= longest
        };
        let reason = "it must be 1 to 255 printable characters without a space at either end";
        want(is_label(name, 255), "name", reason);
        want(length(description) <= 2000, "description", "it must not be longer than 2000 characters");
        let url = health_check_url.as_deref().unwrap_or_default();
        want(length(url) <= 500, "health_check_url", "it must not be longer than 500 characters");
        let reason = "it must be 1 to 100 printable characters without a space at either end, or null";
        want(is_label(namespace.as_deref().unwrap_or("-"), 100), "namespace", reason);
        want(metadata.is_object(), "metadata", "it must be an object");
        let text = check.body_contains.as_deref().unwrap_or("-");
        want((1..=1000).contains(&length(text)), "check.body_contains", "it must be 1 to 1000 characters, or null");
        want((1..=60).contains(&check.timeout_seconds), "check.timeout_seconds", "it must be 1 to 60");
        want((0..=10).contains(&check.retries), "check.retries", "it must be 0 to 10");
        let limit = check.degraded_above_ms.unwrap_or(1);
        want((1..=60_000).contains(&limit), "check.degraded_above_ms", "it must be 1 to 60000, or null");
        want(
            (0..=365).contains(&check.certificate_warning_days),
            "check.certificate_warning_days",
            "it must be 0 to 365",
        );
        problems
    }
}

/// A service and how it fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// NexOps' own id.
    pub id: ServiceId,
    /// The name, unique.
    pub name: String,
    /// What it is; may be empty.
    pub description: String,
    /// Where it runs.
    #[serde(rename = "type")]
    pub kind: ServiceType,
    /// How it fares.
    pub status: ServiceStatus,
    /// Why it is not healthy, in a sentence; null when it is.
    pub status_reason: Option<String>,
    /// Since when it has had this status.
    pub status_since: DateTime<Utc>,
    /// What explains that it is not healthy: that its guest does not run. Null when nothing does.
    pub explanation: Option<String>,
    /// The URL that is requested; null for a service that is not checked.
    pub health_check_url: Option<String>,
    /// The guest on which it runs; null for none.
    pub vm_id: Option<VmId>,
    /// That guest; null for none.
    pub vm: Option<ServiceVm>,
    /// A group of one's own choosing; null for none.
    pub namespace: Option<String>,
    /// Whatever else is worth keeping.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// Whether it is checked.
    pub enabled: bool,
    /// How it is checked.
    pub check: CheckSettings,
    /// When it was last checked; null if it never was.
    pub last_health_check: Option<DateTime<Utc>>,
    /// How many checks in a row have failed until now.
    pub failures: i32,
    /// What was wrong with the last check, also while the retries still cover it; null when it was good.
    pub last_error: Option<String>,
    /// Milliseconds until the head of the last answer; null when none came.
    pub response_time_ms: Option<f64>,
    /// When its certificate ends; null without TLS.
    pub certificate_expires_at: Option<DateTime<Utc>>,
    /// Percent of the last 24 hours in which it was healthy or degraded, of the time in which that was known; null when
    /// nothing is known.
    pub uptime_24h: Option<f64>,
    /// Counts its changes by people, from 1; the strong `ETag` is made of it.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When people last changed it.
    pub updated_at: DateTime<Utc>,
}

impl Service {
    /// What people decided about it: what to change and PUT back.
    #[must_use]
    pub fn settings(&self) -> ServiceSettings {
        ServiceSettings {
            name: self.name.clone(),
            description: self.description.clone(),
            kind: self.kind,
            health_check_url: self.health_check_url.clone(),
            vm_id: self.vm_id,
            namespace: self.namespace.clone(),
            metadata: self.metadata.clone(),
            enabled: self.enabled,
            check: self.check.clone(),
        }
    }
}

/// The guest on which a service runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceVm {
    /// Proxmox's number.
    pub vmid: i32,
    /// Its name.
    pub name: String,
    /// What it does.
    pub status: VmStatus,
    /// When it was found to be gone; null while it exists.
    pub gone_at: Option<DateTime<Utc>>,
}

/// Which services to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListServices {
    /// Page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// The column to sort by, with `-` before it for descending; by `name` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, example = "name", pattern = "^-?(name|status|type|response_time_ms|last_health_check|created_at)$")]
    pub sort: Option<Sort<ServiceColumn>>,
    /// Only services that fare so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ServiceStatus>,
    /// Only services that run there.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[param(rename = "type")]
    pub kind: Option<ServiceType>,
    /// Only services of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Only services on the guest with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vm_id: Option<VmId>,
    /// Only services whose name, description or URL contains this, in any case of letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

text_enum! {
    /// A column that a list of services can be sorted by.
    pub enum ServiceColumn {
        /// The name.
        Name = "name",
        /// How it fares.
        Status = "status",
        /// Where it runs.
        Type = "type",
        /// How long the last answer took.
        ResponseTimeMs = "response_time_ms",
        /// When it was last checked.
        LastHealthCheck = "last_health_check",
        /// When it was made.
        CreatedAt = "created_at",
    }
}
