//! The audit log.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use nexops_core::audit::{AuditEntry, ListAuditLogs};
use nexops_core::envelope::ListEnvelope;
use nexops_core::error::FieldError;

use super::error::{Error, Result};
use super::extract::{Query, paging};
use super::reply::{self, Known};
use crate::app::App;
use crate::db;

/// Lists who changed what, the latest first.
#[utoipa::path(get, path = "/audit-logs", tag = "audit", params(ListAuditLogs),
    responses((status = 200, description = "One page of the audit log", body = ListEnvelope<AuditEntry>)))]
pub async fn list_audit_logs(
    State(app): State<Arc<App>>,
    Query(query): Query<ListAuditLogs>,
    known: Known,
) -> Result<Response> {
    let page = match (query.page, query.cursor) {
        (Some(_), Some(_)) => {
            let reason = "a page number and a cursor say different things; give one of them";
            return Err(Error::invalid(vec![FieldError::new("page", reason)]));
        }
        (page, None) => page,
        (None, Some(cursor)) => Some(cursor.page.saturating_add(1)),
    };
    let paging = paging(page, query.per_page)?;
    let conn = &mut app.db.get().await?;
    reply::list_by_time(db::audit::list(conn, &query, paging).await?, paging, &known)
}
