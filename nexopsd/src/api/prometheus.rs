//! The daemon's figures for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::error::{Error, Result};
use crate::app::{App, now};
use crate::exposition;

/// Tells figures of the daemon and of all that it watches, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "system",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")))]
pub async fn prometheus(State(app): State<Arc<App>>) -> Result<Response> {
    let text = exposition::text(&app, now()).await.map_err(Error::internal)?;
    Ok(([(CONTENT_TYPE, exposition::CONTENT_TYPE)], text).into_response())
}
