//! The table of endpoints.

mod access;
mod cluster;
mod guests;
mod nodes;
mod tasks;

use hyper::Method;

use crate::answers::{Answer, Refusal};
use crate::auth::Token;
use crate::clock::Moment;
use crate::guest::GuestKind;
use crate::request::Call;
use crate::world::World;

/// What an endpoint works with.
struct Context<'a> {
    world: &'a mut World,
    token: &'a Token,
    call: &'a Call,
    now: Moment,
}

/// Finds the endpoint of a call and runs it.
///
/// Endpoints check in the order of the real server: privilege, node, parameters, then the rest.
pub(crate) fn dispatch(world: &mut World, token: &Token, call: &Call, now: Moment) -> Result<Answer, Refusal> {
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    let delete = call.method == Method::DELETE;
    let mut context = Context { world, token, call, now };
    match call.segments().as_slice() {
        ["version"] if get => cluster::version(&context),
        ["access", "permissions"] if get => access::permissions(&context),
        ["cluster", "resources"] if get => cluster::resources(&mut context),
        ["cluster", "status"] if get => cluster::status(&context),
        ["cluster", "tasks"] if get => tasks::of_cluster(&context),
        ["nodes"] if get => nodes::list(&mut context),
        ["nodes", node, "version"] if get => nodes::version(&context, node),
        ["nodes", node, "status"] if get => nodes::status(&mut context, node),
        ["nodes", node, "storage"] if get => nodes::storage(&context, node),
        ["nodes", node, "tasks"] if get => tasks::of_node(&context, node),
        ["nodes", node, "tasks", upid] if delete => tasks::abort(&mut context, node, upid),
        ["nodes", node, "tasks", upid, "status"] if get => tasks::status(&context, node, upid),
        ["nodes", node, "tasks", upid, "log"] if get => tasks::log(&context, node, upid),
        ["nodes", node, "qemu"] if get => guests::list(&context, node, GuestKind::Qemu),
        ["nodes", node, "lxc"] if get => guests::list(&context, node, GuestKind::Lxc),
        ["nodes", node, kind, vmid, rest @ ..] => match (parse_kind(kind), rest) {
            (Some(kind), ["status", "current"]) if get => guests::current(&context, node, kind, vmid),
            (Some(kind), ["config"]) if get => guests::config(&context, node, kind, vmid),
            (Some(kind), ["status", action]) if post => guests::power(&mut context, node, kind, vmid, action),
            _ => Err(unknown(call)),
        },
        _ => Err(unknown(call)),
    }
}

fn parse_kind(text: &str) -> Option<GuestKind> {
    match text {
        "qemu" => Some(GuestKind::Qemu),
        "lxc" => Some(GuestKind::Lxc),
        _ => None,
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
}
