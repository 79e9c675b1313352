//! The hand behind the curtain for other processes: [`Control`] over plain HTTP, on loopback only.

mod wire;

use anyhow::{Context, bail};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::wire::{ClusterChange, FaultWanted, GuestChange, NodeChange, PrivilegesChange};
use crate::auth::Privileges;
use crate::control::Control;
use crate::guest::NewGuest;

/// Binds the address. Whoever reaches it may do anything, so it must not leave the machine.
pub(crate) async fn listen(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    if !address.ip().is_loopback() {
        bail!("control on {address}: only a loopback address will do");
    }
    TcpListener::bind(address).await.with_context(|| format!("listen on {address} for control"))
}

/// Serves until the token is cancelled.
pub(crate) async fn serve(listener: TcpListener, control: Control, stop: CancellationToken) {
    let served = axum::serve(listener, router(control)).with_graceful_shutdown(stop.cancelled_owned());
    // It ends only when it is told to, and then there is nobody left to tell.
    let _ = served.await;
}

fn router(control: Control) -> Router {
    Router::new()
        .route("/faults", post(inject).delete(clear_faults))
        .route("/nodes", get(nodes))
        .route("/nodes/{node}", post(change_node))
        .route("/guests", get(guests).post(add_guest))
        .route("/guests/{vmid}", get(guest).post(change_guest).delete(remove_guest))
        .route("/guests/{vmid}/reset-counters", post(reset_counters))
        .route("/cluster", post(change_cluster))
        .route("/privileges", post(change_privileges))
        .route("/certificate", get(certificate).post(renew_certificate))
        .route("/statistics", post(refresh_statistics))
        .route("/requests", get(requests).delete(clear_requests))
        .method_not_allowed_fallback(nothing_there)
        .fallback(nothing_there)
        .with_state(control)
}

type Outcome = Result<Json<Value>, Problem>;
type Body<T> = Result<Json<T>, JsonRejection>;

/// Why nothing was done.
#[derive(Debug)]
enum Problem {
    /// 400: the body makes no sense.
    Malformed(String),
    /// 404.
    NotFound(String),
    /// 409: it contradicts what is there.
    Conflict(String),
    /// 500.
    Failed(String),
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::Malformed(rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Malformed(text) => (StatusCode::BAD_REQUEST, text),
            Self::NotFound(text) => (StatusCode::NOT_FOUND, text),
            Self::Conflict(text) => (StatusCode::CONFLICT, text),
            Self::Failed(text) => (StatusCode::INTERNAL_SERVER_ERROR, text),
        };
        (status, Json(json!({ "error": text }))).into_response()
    }
}

async fn nothing_there() -> Problem {
    Problem::NotFound("no such path, or not with this method".to_owned())
}

fn done() -> Outcome {
    Ok(Json(json!({})))
}

async fn inject(Shared(control): Shared<Control>, body: Body<FaultWanted>) -> Outcome {
    let Json(wanted) = body?;
    control.inject(wanted.into_fault().map_err(Problem::Malformed)?);
    done()
}

async fn clear_faults(Shared(control): Shared<Control>) -> Outcome {
    control.clear_faults();
    done()
}

async fn nodes(Shared(control): Shared<Control>) -> Outcome {
    Ok(Json(json!(control.nodes())))
}

async fn change_node(Shared(control): Shared<Control>, Path(node): Path<String>, body: Body<NodeChange>) -> Outcome {
    let Json(NodeChange { online }) = body?;
    known_node(&control, &node)?;
    control.set_node_online(&node, online);
    done()
}

async fn guests(Shared(control): Shared<Control>) -> Outcome {
    Ok(Json(json!(control.guests())))
}

async fn guest(Shared(control): Shared<Control>, Path(vmid): Path<String>) -> Outcome {
    let vmid = known_guest(&control, &vmid)?;
    Ok(Json(json!(control.guest(vmid))))
}

async fn add_guest(Shared(control): Shared<Control>, body: Body<NewGuest>) -> Outcome {
    let Json(guest) = body?;
    known_node(&control, &guest.node)?;
    let vmid = guest.vmid;
    if control.add_guest(guest) { done() } else { Err(Problem::Conflict(format!("there is a guest {vmid} already"))) }
}

async fn change_guest(Shared(control): Shared<Control>, Path(vmid): Path<String>, body: Body<GuestChange>) -> Outcome {
    let Json(GuestChange { state, lock, node, agent, ignores_shutdown }) = body?;
    let vmid = known_guest(&control, &vmid)?;
    if let Some(node) = node {
        known_node(&control, &node)?;
        control.migrate_guest(vmid, &node);
    }
    if let Some(state) = state {
        control.set_guest_state(vmid, state);
    }
    if let Some(lock) = lock {
        control.set_guest_lock(vmid, lock.as_deref());
    }
    if let Some(agent) = agent {
        control.set_agent(vmid, agent);
    }
    if let Some(ignores) = ignores_shutdown {
        control.set_guest_ignores_shutdown(vmid, ignores);
    }
    done()
}

async fn remove_guest(Shared(control): Shared<Control>, Path(vmid): Path<String>) -> Outcome {
    let vmid = known_guest(&control, &vmid)?;
    control.remove_guest(vmid);
    done()
}

async fn reset_counters(Shared(control): Shared<Control>, Path(vmid): Path<String>) -> Outcome {
    let vmid = known_guest(&control, &vmid)?;
    control.reset_counters(vmid);
    done()
}

async fn change_cluster(Shared(control): Shared<Control>, body: Body<ClusterChange>) -> Outcome {
    let Json(ClusterChange { quorum, daemon, clock_skew_seconds }) = body?;
    if let Some(present) = quorum {
        control.set_quorum(present);
    }
    if let Some(up) = daemon {
        control.set_daemon_up(up);
    }
    if let Some(seconds) = clock_skew_seconds {
        control.set_clock_skew(seconds);
    }
    done()
}

async fn change_privileges(Shared(control): Shared<Control>, body: Body<PrivilegesChange>) -> Outcome {
    let Json(PrivilegesChange { token, privileges }) = body?;
    let names: Vec<&str> = privileges.iter().map(String::as_str).collect();
    control.set_privileges(&token, Privileges::of(&names));
    done()
}

async fn certificate(Shared(control): Shared<Control>) -> Outcome {
    Ok(Json(json!({ "fingerprint": control.fingerprint(), "certificate_pem": control.certificate_pem() })))
}

async fn renew_certificate(Shared(control): Shared<Control>) -> Outcome {
    control.renew_certificate().map_err(|error| Problem::Failed(format!("{error:#}")))?;
    certificate(Shared(control)).await
}

async fn refresh_statistics(Shared(control): Shared<Control>) -> Outcome {
    control.refresh_statistics();
    done()
}

async fn requests(Shared(control): Shared<Control>) -> Outcome {
    Ok(Json(json!(control.requests())))
}

async fn clear_requests(Shared(control): Shared<Control>) -> Outcome {
    control.clear_requests();
    done()
}

fn known_guest(control: &Control, vmid: &str) -> Result<u32, Problem> {
    let found = vmid.parse().ok().filter(|vmid| control.guest(*vmid).is_some());
    found.ok_or_else(|| Problem::NotFound(format!("there is no guest {vmid}")))
}

fn known_node(control: &Control, node: &str) -> Result<(), Problem> {
    let found = control.nodes().iter().any(|other| other == node);
    if found { Ok(()) } else { Err(Problem::NotFound(format!("there is no node {node}"))) }
}
