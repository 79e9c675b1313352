//! Figures of the past: per guest, node and storage, and the samples of the whole cluster.

use serde_json::{Value, json};

use super::{Context, unknown};
use crate::answers::{Answer, Refusal};
use crate::auth::{require, require_any};
use crate::guest::GuestKind;
use crate::history::{Consolidation, Request, Timeframe, guest_rows, node_rows, storage_rows};
use crate::metrics;
use crate::node::Node;
use crate::parameters::{Rule, Verified, parse_vmid, verify};
use crate::version::PveVersion;

const WORDS: &[&str] = &["hour", "day", "week", "month", "year"];
const WORDS_OF_NODES: &[&str] = &["hour", "day", "week", "month", "year", "decade"];
/// Each of these suffices.
pub(super) const STORAGE_PRIVILEGES: [&str; 2] = ["Datastore.Audit", "Datastore.AllocateSpace"];

/// Answered by whichever node is asked: the databases are on all of them, also for a node that is offline.
pub(super) fn of_guest(
    context: &mut Context<'_>,
    _node: &str,
    _kind: GuestKind,
    vmid: &str,
) -> Result<Answer, Refusal> {
    require(context.token, &format!("/vms/{vmid}"), "VM.Audit")?;
    context.ask_daemon()?;
    let number = parse_vmid(vmid)?;
    let request = read(context, WORDS)?;
    let guest = context.world.guests.get(&number).ok_or_else(|| missing(&format!("pve2-vm/{vmid}")))?;
    Ok(Answer::data(guest_rows(guest, &context.world.nodes[guest.node], request)))
}

pub(super) fn of_node(context: &mut Context<'_>, node: &str) -> Result<Answer, Refusal> {
    require(context.token, &format!("/nodes/{node}"), "Sys.Audit")?;
    context.ask_daemon()?;
    let words = match context.world.version {
        PveVersion::V7_4 | PveVersion::V8_4 => WORDS,
        PveVersion::V9_1 => WORDS_OF_NODES,
    };
    let request = read(context, words)?;
    let index = context.world.find_node(node).ok_or_else(|| missing(&format!("pve2-node/{node}")))?;
    let guests: Vec<_> = context.world.guests.values().filter(|guest| guest.node == index).collect();
    Ok(Answer::data(node_rows(&context.world.nodes[index], &guests, request)))
}

pub(super) fn of_storage(context: &mut Context<'_>, node: &str, storage: &str) -> Result<Answer, Refusal> {
    require_any(context.token, &format!("/storage/{storage}"), &STORAGE_PRIVILEGES)?;
    context.ask_daemon()?;
    let request = read(context, WORDS)?;
    let absent = || missing(&format!("pve2-storage/{node}/{storage}"));
    let node: &Node = context.world.find_node(node).map(|index| &context.world.nodes[index]).ok_or_else(absent)?;
    let storage = node.storages.iter().find(|other| other.name == storage).ok_or_else(absent)?;
    Ok(Answer::data(storage_rows(storage, node, request)))
}

fn missing(database: &str) -> Refusal {
    Refusal::Failed(format!("RRD error: opening '/var/lib/rrdcached/db/{database}': No such file or directory"))
}

fn read(context: &Context<'_>, words: &'static [&'static str]) -> Result<Request, Refusal> {
    let known = [("timeframe", Rule::OneOf(words)), ("cf", Rule::OneOf(&["AVERAGE", "MAX"]))];
    let parameters: Verified = verify(&context.call.parameters, &known)?;
    let timeframe = parameters
        .text("timeframe")
        .and_then(Timeframe::parse)
        .ok_or_else(|| Refusal::parameter("timeframe", "property is missing and it is not optional"))?;
    let consolidation = match parameters.text("cf") {
        Some("MAX") => Consolidation::Maximum,
        Some(_) | None => Consolidation::Average,
    };
    Ok(Request { timeframe, consolidation, version: context.world.version, now: context.now })
}

pub(super) fn metrics(context: &mut Context<'_>) -> Result<Answer, Refusal> {
    if !context.world.version.is_8_2_or_later() {
        return Err(unknown(context.call));
    }
    require(context.token, "/", "Sys.Audit")?;
    let known = [
        ("history", Rule::Boolean),
        ("local-only", Rule::Boolean),
        ("node-list", Rule::Text),
        ("start-time", Rule::Integer { minimum: 0 }),
    ];
    let parameters = verify(&context.call.parameters, &known)?;
    context.world.freshen(context.now);
    // Whoever answers is online: the first such node is the one that was asked.
    let local = context.world.nodes.iter().find(|node| node.is_online()).map(|node| node.name.as_str());
    let nodes = if parameters.flag("local-only") { local } else { parameters.text("node-list") };
    let request = metrics::Request {
        history: parameters.flag("history"),
        after: parameters.number("start-time").unwrap_or(0),
        nodes,
    };
    let rows: Vec<Value> = metrics::export(context.world, request);
    Ok(Answer::data(json!({ "data": rows })))
}
