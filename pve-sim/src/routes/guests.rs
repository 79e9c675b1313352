//! Guests of a node: lists, state, configuration and power.

use serde_json::Value;

use super::{Context, unknown};
use crate::answers::{Answer, Refusal};
use crate::auth::require;
use crate::guest::{Guest, GuestKind};
use crate::matrix::missing_configuration;
use crate::parameters::{Rule, parse_vmid, verify};
use crate::power::{self, Action, Order, Target, find};
use crate::tasks::Actor;
use crate::version::PveVersion;
use crate::views::{Detail, guest_config, guest_status};

pub(super) fn list(context: &mut Context<'_>, node: &str, kind: GuestKind) -> Result<Answer, Refusal> {
    let index = context.reach_daemon(node)?;
    let known: &[(&str, Rule)] = match kind {
        GuestKind::Qemu => &[("full", Rule::Boolean)],
        GuestKind::Lxc => &[],
    };
    let parameters = verify(&context.call.parameters, known)?;
    let detail = if parameters.flag("full") { Detail::FullRow } else { Detail::Row };
    if !context.token.privileges.allow("VM.Audit") {
        return Ok(Answer::data(Vec::<Value>::new()));
    }
    let own = context.world.guests.values().filter(|guest| guest.node == index && guest.kind == kind);
    Ok(Answer::data(
        own.map(|guest| guest_status(guest, detail, context.world.version, context.now)).collect::<Vec<Value>>(),
    ))
}

pub(super) fn current(context: &mut Context<'_>, node: &str, kind: GuestKind, vmid: &str) -> Result<Answer, Refusal> {
    require(context.token, &format!("/vms/{vmid}"), "VM.Audit")?;
    context.reach_daemon(node)?;
    let guest = read(context, node, kind, vmid, &[])?;
    Ok(Answer::data(guest_status(guest, Detail::Current, context.world.version, context.now)))
}

pub(super) fn config(context: &mut Context<'_>, node: &str, kind: GuestKind, vmid: &str) -> Result<Answer, Refusal> {
    let known = [("current", Rule::Boolean), ("snapshot", Rule::Text)];
    Ok(Answer::data(guest_config(read(context, node, kind, vmid, &known)?, context.world.version)))
}

/// The guest a reading request is about.
pub(super) fn read<'a>(
    context: &'a Context<'_>,
    node: &str,
    kind: GuestKind,
    vmid: &str,
    known: &[(&str, Rule)],
) -> Result<&'a Guest, Refusal> {
    require(context.token, &format!("/vms/{vmid}"), "VM.Audit")?;
    let index = context.reach(node)?;
    let vmid = parse_vmid(vmid)?;
    verify(&context.call.parameters, known)?;
    find(context.world, Target { node: index, kind, vmid })
        .ok_or_else(|| Refusal::Failed(missing_configuration(kind, vmid, node)))
}

pub(super) fn power(
    context: &mut Context<'_>,
    node: &str,
    kind: GuestKind,
    vmid: &str,
    action: &str,
) -> Result<Answer, Refusal> {
    let action = Action::parse(kind, action).ok_or_else(|| unknown(context.call))?;
    require(context.token, &format!("/vms/{vmid}"), "VM.PowerMgmt")?;
    let index = context.reach_daemon(node)?;
    let vmid = parse_vmid(vmid)?;
    let parameters = verify(&context.call.parameters, known_parameters(action, context.world.version))?;
    if action == Action::Start && !context.world.is_quorate() {
        return Err(Refusal::failed("cluster not ready - no quorum?"));
    }
    let order = Order {
        timeout_seconds: parameters.number("timeout").map(|seconds| seconds as f64),
        force_stop: parameters.flag("forceStop"),
        overrule_shutdown: parameters.flag("overrule-shutdown"),
        to_disk: parameters.flag("todisk"),
        ..Order::plain(action)
    };
    let token = context.token;
    let actor = Actor { user: token.user.clone(), token: Some(token.name.clone()) };
    let target = Target { node: index, kind, vmid };
    power::request(context.world, target, order, actor, context.now).map(Answer::data)
}

fn known_parameters(action: Action, version: PveVersion) -> &'static [(&'static str, Rule)] {
    const TIMEOUT: (&str, Rule) = ("timeout", Rule::Integer { minimum: 0 });
    const SKIPLOCK: (&str, Rule) = ("skiplock", Rule::RootOnly);
    match action {
        Action::Start => &[TIMEOUT, SKIPLOCK, ("machine", Rule::Text), ("debug", Rule::Boolean)],
        Action::Stop if !version.is_8_2_or_later() => &[TIMEOUT, SKIPLOCK, ("keepActive", Rule::RootOnly)],
        Action::Stop => &[TIMEOUT, SKIPLOCK, ("overrule-shutdown", Rule::Boolean), ("keepActive", Rule::RootOnly)],
        Action::Shutdown => &[TIMEOUT, SKIPLOCK, ("forceStop", Rule::Boolean), ("keepActive", Rule::RootOnly)],
        Action::Reboot => &[TIMEOUT],
        Action::Reset => &[SKIPLOCK],
        Action::Suspend => &[SKIPLOCK, ("todisk", Rule::Boolean), ("statestorage", Rule::Text)],
        Action::Resume => &[SKIPLOCK, ("nocheck", Rule::Boolean)],
    }
}
