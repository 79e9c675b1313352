//! The wrappers around every answer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ErrorBody;
use crate::page::cursor::Cursor;

/// A successful answer that holds one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Envelope<T> {
    /// What was asked for.
    pub data: T,
    /// About the answer.
    pub meta: Meta,
}

/// About an answer that holds one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meta {
    /// When the daemon answered.
    pub timestamp: DateTime<Utc>,
    /// When Proxmox was last really seen to say this. Absent where the data does not come from Proxmox; null before the first answer.
    #[serde(flatten)]
    #[schema(value_type = Freshness)]
    pub freshness: Option<Freshness>,
}

/// A successful answer that holds one page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListEnvelope<T> {
    /// The rows of this page; empty past the end.
    pub data: Vec<T>,
    /// About the list.
    pub meta: ListMeta,
}

/// About one page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListMeta {
    /// Rows on all pages together.
    pub total: u64,
    /// This page, counted from 1.
    pub page: u32,
    /// Rows on a full page, 1..=1000.
    pub per_page: u32,
    /// Where the next page begins, for `cursor`; only in lists by time that know cursors, and only while there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next_cursor: Option<Cursor>,
    /// When the daemon answered.
    pub timestamp: DateTime<Utc>,
    /// How old the data is. Absent where it does not come from Proxmox.
    #[serde(flatten)]
    #[schema(value_type = Freshness)]
    pub freshness: Option<Freshness>,
}

/// How old data from Proxmox is.
///
/// The schema calls its fields not required, for it has no other way to say that an answer may lack both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Freshness {
    /// When Proxmox last answered with this; null if it never did. Over several clusters: the oldest.
    #[schema(required = false)]
    pub observed_at: Option<DateTime<Utc>>,
    /// Whether that is more than two collection intervals ago (or never).
    #[schema(required = false)]
    pub stale: bool,
}

/// An answer that says what went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorEnvelope {
    /// What went wrong and what to do.
    pub error: ErrorBody,
}
