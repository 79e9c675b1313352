//! The HTTP API: the table of routes, and around it what every request goes through.
//!
//! From outside to inside: the conversation (request id, patience, panics, errors in the envelope, log), the host that
//! is called, cross-origin rules, the token, the size of bodies.

mod access;
mod alerts;
mod audit;
mod conversation;
mod docs;
mod error;
mod events;
mod extract;
mod health;
mod idempotency;
mod kept;
mod metrics;
mod nodes;
mod notifications;
mod prometheus;
mod reply;
mod rules;
mod services;
mod settings;
mod silences;
mod system;
mod tasks;
mod vms;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::limit::RequestBodyLimitLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The longest body that is accepted, whether a handler reads it or not.
const BODY_LIMIT_BYTES: usize = 256 * 1024;

/// Every route below `/api/v1`.
fn v1() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(nodes::list_nodes))
        .routes(routes!(nodes::find_node))
        .routes(routes!(nodes::node_usage))
        .routes(routes!(vms::list_vms))
        .routes(routes!(vms::find_vm))
        .routes(routes!(vms::vm_usage))
        .routes(routes!(vms::start_vm))
        .routes(routes!(vms::stop_vm))
        .routes(routes!(vms::restart_vm))
        .routes(routes!(vms::shutdown_vm))
        .routes(routes!(vms::reset_vm))
        .routes(routes!(vms::suspend_vm))
        .routes(routes!(vms::resume_vm))
        .routes(routes!(tasks::list_tasks))
        .routes(routes!(tasks::find_task))
        .routes(routes!(tasks::task_log))
        .routes(routes!(metrics::metrics_overview))
        .routes(routes!(services::list_services, services::create_service))
        .routes(routes!(services::find_service, services::update_service, services::delete_service))
        .routes(routes!(services::check_service))
        .routes(routes!(services::service_history))
        .routes(routes!(metrics::metric_series))
        .routes(routes!(settings::list_proxmox_connections))
        .routes(routes!(settings::create_proxmox_connection))
        .routes(routes!(settings::test_proxmox_connection))
        .routes(routes!(settings::find_proxmox_connection))
        .routes(routes!(settings::update_proxmox_connection))
        .routes(routes!(settings::delete_proxmox_connection))
        .routes(routes!(alerts::list_alerts))
        .routes(routes!(alerts::find_alert))
        .routes(routes!(alerts::acknowledge_alert))
        .routes(routes!(alerts::resolve_alert))
        .routes(routes!(rules::list_alert_rules, rules::create_alert_rule))
        .routes(routes!(rules::list_starter_rules))
        .routes(routes!(rules::preview_alert_rule))
        .routes(routes!(rules::find_alert_rule, rules::update_alert_rule, rules::delete_alert_rule))
        .routes(routes!(silences::list_silences, silences::create_silence))
        .routes(routes!(silences::end_silence))
        .routes(routes!(audit::list_audit_logs))
        .routes(routes!(events::events))
        .routes(routes!(notifications::list_channels, notifications::create_channel))
        .routes(routes!(notifications::find_channel, notifications::update_channel, notifications::delete_channel))
        .routes(routes!(notifications::test_channel))
        .routes(routes!(notifications::list_deliveries))
        .routes(routes!(notifications::requeue_delivery))
        .routes(routes!(notifications::alert_deliveries))
        .routes(routes!(system::system))
}

fn all() -> (Router<Arc<App>>, OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(docs::base())
        .nest("/api/v1", v1())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(prometheus::prometheus))
        .split_for_parts();
    docs::complete(&mut document);
    (router, document)
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> OpenApi {
    all().1
}

/// The whole API, ready to be served.
pub fn router(app: Arc<App>) -> Router {
    let (router, document) = all();
    let cors = access::cors(&app.config.access.cors_origins);
    router
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT_BYTES))
        .route_layer(from_fn_with_state(Arc::clone(&app), access::want_token))
        .merge(docs::pages(document))
        .layer(cors)
        .layer(from_fn_with_state(Arc::clone(&app), access::check_origin))
        .layer(from_fn_with_state(Arc::clone(&app), access::check_host))
        .layer(from_fn(conversation::hold))
        .with_state(app)
}
