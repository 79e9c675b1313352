//! What became of a power action on one guest, and how it is told.

use nexops_core::id::{ConnectionId, TaskId, VmId};
use nexops_core::task::Task;
use nexops_core::vm::{PowerAction, Vm};
use serde::Serialize;

use crate::cli::Format;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::emit;
use crate::rows::task::duration_note;

/// What became of the action on one guest.
#[derive(Debug)]
pub struct Outcome {
    /// The guest, as sentences name it.
    pub label: String,
    /// How far it came; `None` when nothing was sent or accepted.
    pub ending: Option<Ending>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

impl Outcome {
    /// Nothing was sent, or what was sent was refused.
    pub fn failed(failure: Failure) -> Self {
        Self { label: String::new(), ending: None, failure: Some(failure) }
    }
}

/// How far an accepted action came.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Ending {
    /// The task is under way.
    Sent(Task),
    /// The task has ended.
    Ended(Task),
    /// There was nothing to do.
    Unchanged(Unchanged),
}

/// What stands in the place of a task where none was needed: the same keys, and `status` is "unchanged".
#[derive(Debug, Serialize)]
pub struct Unchanged {
    id: Option<TaskId>,
    upid: Option<String>,
    action: PowerAction,
    vm_id: VmId,
    vmid: i32,
    node: String,
    connection_id: ConnectionId,
    status: &'static str,
    exit_status: &'static str,
}

impl Unchanged {
    /// Says why there was nothing to do, as "already running".
    pub fn new(action: PowerAction, vm: &Vm, reason: &'static str) -> Self {
        Self {
            id: None,
            upid: None,
            action,
            vm_id: vm.id,
            vmid: vm.vmid,
            node: vm.node.clone(),
            connection_id: vm.connection_id,
            status: "unchanged",
            exit_status: reason,
        }
    }
}

/// Tells people of one guest as soon as it is through. What failed is told at the end, on standard error.
pub fn print_line(context: &Context, action: PowerAction, outcome: &Outcome) -> Result<()> {
    if !context.output.is_for_people() {
        return Ok(());
    }
    let label = &outcome.label;
    match (&outcome.ending, &outcome.failure) {
        (Some(Ending::Sent(task)), None) => {
            context.talk.note(&format!("{label}: {action} is under way; follow it with: nexops task wait {}", task.id));
            emit(&format!("{}\n", task.id))
        }
        (Some(Ending::Ended(task)), None) if !context.talk.quiet => {
            emit(&format!("{label}: {}{}\n", action.participle(), duration_note(task)))
        }
        (Some(Ending::Unchanged(unchanged)), None) if !context.talk.quiet => {
            emit(&format!("{label}: unchanged ({})\n", unchanged.exit_status))
        }
        (Some(Ending::Ended(_) | Ending::Unchanged(_)), None) | (_, Some(_)) | (None, None) => Ok(()),
    }
}

/// Prints all guests together in the forms for programs: an object when one guest was named, else a list.
pub fn print_documents(context: &Context, outcomes: &[Outcome], is_single: bool) -> Result<()> {
    let output = &context.output;
    let endings: Vec<&Ending> = outcomes.iter().filter_map(|outcome| outcome.ending.as_ref()).collect();
    let tasks = || -> Vec<Task> {
        endings
            .iter()
            .filter_map(|ending| match ending {
                Ending::Sent(task) | Ending::Ended(task) => Some(task.clone()),
                Ending::Unchanged(_) => None,
            })
            .collect()
    };
    match (output.format, endings.as_slice()) {
        (Format::Table | Format::Wide, _) => Ok(()),
        (Format::Json | Format::Jsonl | Format::Yaml, [ending]) if is_single => output.document(ending),
        (Format::Json | Format::Jsonl | Format::Yaml, []) if is_single => Ok(()),
        (Format::Json | Format::Jsonl | Format::Yaml, endings) => output.document(endings),
        (Format::Csv | Format::Name, _) => output.list(&tasks()),
    }
}
