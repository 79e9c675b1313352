//! The audit log: who changed what, from where, and how it ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::id::AuditId;
use crate::page::Sort;
use crate::page::cursor::Cursor;
use crate::text_enum;

text_enum! {
    /// How an audited action ended.
    pub enum Outcome {
        /// Not known yet: the action is under way.
        Pending = "pending",
        /// It had its effect.
        Succeeded = "succeeded",
        /// It was refused, or failed; `details` says why.
        Failed = "failed",
        /// Nobody can tell.
        Unknown = "unknown",
    }
}

/// One action that somebody asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// Who asked for it: the name in `X-Nexops-Actor`, which proves nothing; "anonymous" without one.
    pub actor: String,
    /// What was asked for, as `vm.start`.
    pub action: String,
    /// The kind of thing that it was done to, as `vm`.
    pub resource_type: String,
    /// The thing.
    pub resource_id: Uuid,
    /// What else there is to know: names and numbers at that time, and how it ended.
    pub details: serde_json::Value,
    /// How it ended.
    pub outcome: Outcome,
    /// The id of the request, under which the daemon's log tells more; null for what no request asked for.
    pub request_id: Option<String>,
    /// The address that the request came from.
    pub ip_address: String,
    /// When it was asked for.
    pub timestamp: DateTime<Utc>,
}

/// Which rows of the audit log to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAuditLogs {
    /// Page, counted from 1. Not together with `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Rows a page, 1 to 1000; 20 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub per_page: Option<u32>,
    /// Goes on where another page ended: its `meta.next_cursor`. Unlike a page number it leaves nothing out and repeats
    /// nothing when rows are added meanwhile. The other parameters must be the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, pattern = "^[0-9a-f]{56}$")]
    pub cursor: Option<Cursor>,
    /// The column to sort by, with `-` before it for descending; the latest first if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, example = "-timestamp", pattern = "^-?(timestamp)$")]
    pub sort: Option<Sort<AuditColumn>>,
    /// Only what this actor asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Only this action, as `vm.start`; with a dot at the end all that begin so, as `vm.`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only what was done to this kind of thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Only what was done to this thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<Uuid>,
    /// Only what ended so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Only what was asked for at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Only what was asked for before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

text_enum! {
    /// A column that the audit log can be sorted by.
    pub enum AuditColumn {
        /// When it was asked for.
        Timestamp = "timestamp",
    }
}
