//! What is asked of the inside of a guest: its agent, or its network namespace.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Context, guests, unknown};
use crate::agent::{Agent, Question, answer, container_interfaces};
use crate::answers::{Answer, Refusal};
use crate::auth::{require, require_any};
use crate::guest::{GuestKind, State};
use crate::matrix::missing_configuration;
use crate::parameters::{parse_vmid, verify};
use crate::power::{Target, find};

/// How long the server waits for the agent to answer its ping.
const PING_SECONDS: f64 = 3.0;

pub(super) fn interfaces(
    context: &mut Context<'_>,
    node: &str,
    kind: GuestKind,
    vmid: &str,
) -> Result<Answer, Refusal> {
    if !context.world.version.is_8_2_or_later() {
        return Err(unknown(context.call));
    }
    require(context.token, &format!("/vms/{vmid}"), "VM.Audit")?;
    context.reach_daemon(node)?;
    let guest = guests::read(context, node, kind, vmid, &[])?;
    // No network without a process: null, and still 200.
    Ok(Answer::data(if guest.state() == State::Stopped { Value::Null } else { container_interfaces(guest) }))
}

pub(super) fn ping(context: &mut Context<'_>, node: &str, _kind: GuestKind, vmid: &str) -> Result<Answer, Refusal> {
    put(context, node, vmid, Question::Ping)
}

pub(super) fn ask(context: &mut Context<'_>, node: &str, vmid: &str, command: &str) -> Result<Answer, Refusal> {
    let question = Question::parse(command).ok_or_else(|| unknown(context.call))?;
    put(context, node, vmid, question)
}

fn put(context: &Context<'_>, node: &str, vmid: &str, question: Question) -> Result<Answer, Refusal> {
    require_any(context.token, &format!("/vms/{vmid}"), context.world.version.agent_privileges())?;
    let index = context.reach_daemon(node)?;
    let vmid = parse_vmid(vmid)?;
    verify(&context.call.parameters, &[])?;
    let guest = find(context.world, Target { node: index, kind: GuestKind::Qemu, vmid })
        .ok_or_else(|| Refusal::Failed(missing_configuration(GuestKind::Qemu, vmid, node)))?;
    let silent = || {
        let after = Duration::try_from_secs_f64(PING_SECONDS * context.world.time_scale).unwrap_or_default();
        Refusal::AgentSilent { after }
    };
    // The configuration is looked at before the process.
    match (guest.agent, guest.state()) {
        (Agent::Absent, _) => Err(Refusal::failed("No QEMU guest agent configured")),
        (Agent::Dead | Agent::Answers, State::Stopped) => Err(Refusal::Failed(format!("VM {vmid} is not running"))),
        // Who is paused does not answer either.
        (Agent::Dead, State::Running | State::Paused) | (Agent::Answers, State::Paused) => Err(silent()),
        (Agent::Answers, State::Running) => Ok(Answer::data(json!({ "result": answer(guest, question, context.now) }))),
    }
}
