//! The table of endpoints.

mod access;
mod cluster;
mod guests;
mod history;
mod inside;
mod nodes;
mod tasks;

use std::future::{Ready, ready};
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequest, Path, Request};
use axum::routing::{delete, get, post};

use crate::answers::{Answer, Refusal};
use crate::auth::{Token, authenticate};
use crate::clock::Moment;
use crate::control::Shared;
use crate::guest::GuestKind;
use crate::request::{ApiPath, Call, authorization, read_parameters};
use crate::version::PveVersion;
use crate::world::World;

/// What the router needs to know about calls and their answers.
pub(crate) struct Api {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tokens: Vec<Arc<Token>>,
    pub(crate) version: PveVersion,
}

/// What an endpoint works with.
struct Context<'a> {
    world: &'a mut World,
    token: &'a Token,
    call: &'a Call,
    now: Moment,
}

type Outcome = Result<Answer, Refusal>;

/// Every endpoint there is.
///
/// Endpoints check in the order of the real server: privilege, node, parameters, then the rest. They run only for an
/// [`Admitted`] call, and so do the answers for paths and methods that are not there.
pub(crate) fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/version", get(at_cluster(cluster::version)))
        .route("/access/permissions", get(at_cluster(access::permissions)))
        .route("/cluster/resources", get(at_cluster(cluster::resources)))
        .route("/cluster/status", get(at_cluster(cluster::status)))
        .route("/cluster/tasks", get(at_cluster(tasks::of_cluster)))
        .route("/cluster/metrics/export", get(at_cluster(history::metrics)))
        .route("/nodes", get(at_cluster(nodes::list)))
        .route("/nodes/{node}/version", get(at_node(nodes::version)))
        .route("/nodes/{node}/status", get(at_node(nodes::status)))
        .route("/nodes/{node}/storage", get(at_node(nodes::storage)))
        .route("/nodes/{node}/storage/{storage}/status", get(at_part(nodes::storage_status)))
        .route("/nodes/{node}/storage/{storage}/rrddata", get(at_part(history::of_storage)))
        .route("/nodes/{node}/rrddata", get(at_node(history::of_node)))
        .route("/nodes/{node}/tasks", get(at_node(tasks::of_node)))
        .route("/nodes/{node}/tasks/{upid}", delete(at_part(tasks::abort)))
        .route("/nodes/{node}/tasks/{upid}/status", get(at_part(tasks::status)))
        .route("/nodes/{node}/tasks/{upid}/log", get(at_part(tasks::log)))
        .merge(guest_routes(GuestKind::Qemu))
        .merge(guest_routes(GuestKind::Lxc))
        .route("/nodes/{node}/lxc/{vmid}/interfaces", get(at_guest(GuestKind::Lxc, inside::interfaces)))
        .route("/nodes/{node}/qemu/{vmid}/agent/ping", post(at_guest(GuestKind::Qemu, inside::ping)))
        .route("/nodes/{node}/qemu/{vmid}/agent/{command}", get(at_agent))
        .method_not_allowed_fallback(not_implemented)
        .fallback(not_implemented)
        .with_state(api)
}

fn guest_routes(kind: GuestKind) -> Router<Arc<Api>> {
    let list = format!("/nodes/{{node}}/{}", kind.key());
    let guest = format!("{list}/{{vmid}}");
    Router::new()
        .route(&list, get(at_node(move |context, node| guests::list(context, node, kind))))
        .route(&format!("{guest}/config"), get(at_guest(kind, guests::config)))
        .route(&format!("{guest}/rrddata"), get(at_guest(kind, history::of_guest)))
        .route(&format!("{guest}/status/current"), get(at_guest(kind, guests::current)))
        .route(&format!("{guest}/status/{{action}}"), post(at_action(kind)))
}

/// The answer where there is no endpoint, or none for the method.
async fn not_implemented(admitted: Admitted) -> Refusal {
    unknown(&admitted.call)
}

fn at_cluster(
    endpoint: fn(&mut Context<'_>) -> Outcome,
) -> impl Fn(Admitted) -> Ready<Outcome> + Clone + Send + Sync + 'static {
    move |admitted| admitted.run(endpoint)
}

fn at_node(
    endpoint: impl Fn(&mut Context<'_>, &str) -> Outcome + Clone + Send + Sync + 'static,
) -> impl Fn(Path<String>, Admitted) -> Ready<Outcome> + Clone + Send + Sync + 'static {
    move |Path(node), admitted| admitted.run(|context| endpoint(context, &node))
}

/// For what belongs to a node and is named after it in the path: a task, a storage.
fn at_part(
    endpoint: fn(&mut Context<'_>, &str, &str) -> Outcome,
) -> impl Fn(Path<(String, String)>, Admitted) -> Ready<Outcome> + Clone + Send + Sync + 'static {
    move |Path((node, part)), admitted| admitted.run(|context| endpoint(context, &node, &part))
}

fn at_guest(
    kind: GuestKind,
    endpoint: fn(&mut Context<'_>, &str, GuestKind, &str) -> Outcome,
) -> impl Fn(Path<(String, String)>, Admitted) -> Ready<Outcome> + Clone + Send + Sync + 'static {
    move |Path((node, vmid)), admitted| admitted.run(|context| endpoint(context, &node, kind, &vmid))
}

fn at_action(
    kind: GuestKind,
) -> impl Fn(Path<(String, String, String)>, Admitted) -> Ready<Outcome> + Clone + Send + Sync + 'static {
    move |Path((node, vmid, action)), admitted| {
        admitted.run(|context| guests::power(context, &node, kind, &vmid, &action))
    }
}

async fn at_agent(Path((node, vmid, command)): Path<(String, String, String)>, admitted: Admitted) -> Outcome {
    admitted.run(|context| inside::ask(context, &node, &vmid, &command)).await
}

/// A call whose token is known and whose parameters are read.
struct Admitted {
    api: Arc<Api>,
    token: Arc<Token>,
    call: Call,
}

impl FromRequest<Arc<Api>> for Admitted {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let token = authenticate(&api.tokens, authorization(&parts), api.version)?.clone();
        let parameters = read_parameters(&parts, body).await?;
        let path = parts.extensions.remove::<ApiPath>();
        let path = path.map_or_else(|| parts.uri.path().to_owned(), |ApiPath(path)| path);
        Ok(Self { api: api.clone(), token, call: Call { method: parts.method, path, parameters } })
    }
}

impl Admitted {
    /// Runs an endpoint in the world as it is now.
    fn run(&self, endpoint: impl FnOnce(&mut Context<'_>) -> Outcome) -> Ready<Outcome> {
        let call = &self.call;
        ready(self.api.shared.with_world(|world, now| {
            let changed = world.granted.get(&self.token.id()).map(|privileges| privileges.as_of(world.version));
            let changed = changed.map(|privileges| Arc::new(Token { privileges, ..Token::clone(&self.token) }));
            let token = changed.as_ref().unwrap_or(&self.token);
            endpoint(&mut Context { world, token, call, now })
        }))
    }
}

fn unknown(call: &Call) -> Refusal {
    Refusal::NotImplemented { method: call.method.to_string(), path: call.path.clone() }
}

impl Context<'_> {
    /// The node a request is passed on to; it must exist and answer.
    fn reach(&self, name: &str) -> Result<usize, Refusal> {
        let index = self.world.find_node(name).ok_or_else(|| {
            Refusal::Failed(format!(
                "hostname lookup '{name}' failed - failed to get address info for: {name}: Temporary \
                 failure in name resolution"
            ))
        })?;
        if self.world.nodes[index].is_online() { Ok(index) } else { Err(Refusal::NodeUnreachable) }
    }

    /// The same for what the server itself has no right to do and passes on to its daemon.
    fn reach_daemon(&self, name: &str) -> Result<usize, Refusal> {
        let index = self.reach(name)?;
        self.ask_daemon()?;
        Ok(index)
    }

    /// The daemon must run.
    fn ask_daemon(&self) -> Result<(), Refusal> {
        if self.world.daemon_down { Err(Refusal::DaemonDown) } else { Ok(()) }
    }
}
