//! `nexops vm start` and the other power actions: find, confirm, send, wait, tell.

mod outcome;

use std::cell::RefCell;
use std::collections::HashSet;

use futures::stream::{self, FuturesOrdered, StreamExt};
use nexops_core::client;
use nexops_core::error::ErrorCode;
use nexops_core::id::TaskId;
use nexops_core::task::Task;
use nexops_core::vm::{PowerAction, Vm};
use tokio::time::Instant;

use crate::cli::PowerArgs;
use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::rows::{task, vm};
use crate::{progress, resolve, wait};
use outcome::{Ending, Outcome, Unchanged};

/// Requests that are under way at the same time.
const CONCURRENT_REQUESTS: usize = 4;

/// Does one action to every guest that was named. What fails for one guest does not keep the others from theirs.
pub async fn run(action: PowerAction, args: PowerArgs, context: &Context) -> Result<()> {
    let must_ask = confirm::is_asked_for(action) && !args.yes;
    if must_ask {
        confirm::require_terminal(action)?;
    }
    let is_single = args.guests.len() == 1;
    let guests = find(&args.guests, context).await;
    let found: Vec<&Vm> = guests.iter().filter_map(|guest| guest.as_ref().ok()).collect();
    if must_ask && !found.is_empty() {
        confirm::ask(action, &found)?;
    }
    let under_way = RefCell::new(Vec::new());
    let job = Job { action, args: &args, context, under_way: &under_way };
    let outcomes = tokio::select! {
        biased;
        () = wait::control_c() => return Err(wait::interrupted(&under_way.borrow())),
        outcomes = job.act_on_all(guests) => outcomes?,
    };
    outcome::print_documents(context, &outcomes, is_single)?;
    let all = outcomes.len();
    let failures = outcomes.into_iter().filter_map(|outcome| outcome.failure).collect();
    Failure::of_many(failures, all, "guests")
}

/// Finds the guests in the order in which they were named; a guest that was named twice is there once.
async fn find(names: &[String], context: &Context) -> Vec<Result<Vm>> {
    let searches = names.iter().map(|name| resolve::guest(&context.client, name));
    let found: Vec<Result<Vm>> = stream::iter(searches).buffered(CONCURRENT_REQUESTS).collect().await;
    let mut seen = HashSet::new();
    found.into_iter().filter(|guest| guest.as_ref().map_or(true, |vm| seen.insert(vm.id))).collect()
}

/// One action under these arguments.
struct Job<'a> {
    action: PowerAction,
    args: &'a PowerArgs,
    context: &'a Context,
    under_way: &'a RefCell<Vec<TaskId>>,
}

impl Job<'_> {
    /// Sends everything, then waits for everything, and tells of each guest as it is through, in the given order.
    async fn act_on_all(&self, guests: Vec<Result<Vm>>) -> Result<Vec<Outcome>> {
        let began = Instant::now();
        let patience = wait::Patience::new(self.args.timeout);
        let text = match guests.as_slice() {
            [Ok(guest)] => format!("{} {}:", self.action, vm::label(guest)),
            several => format!("{} {} guests:", self.action, several.len()),
        };
        let talk = &self.context.talk;
        let sending = stream::iter(guests.into_iter().map(|guest| self.send(guest))).buffered(CONCURRENT_REQUESTS);
        let sent: Vec<Outcome> = progress::show(talk, began, &text, sending.collect()).await;
        let mut endings: FuturesOrdered<_> = sent.into_iter().map(|outcome| self.follow(outcome, patience)).collect();
        let mut outcomes = Vec::with_capacity(endings.len());
        while let Some(outcome) = progress::show(talk, began, &text, endings.next()).await {
            outcome::print_line(self.context, self.action, &outcome)?;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    async fn send(&self, guest: Result<Vm>) -> Outcome {
        let vm = match guest {
            Ok(vm) => vm,
            Err(failure) => return Outcome::failed(failure),
        };
        let label = vm::label(&vm);
        match self.context.client.act_on_vm(vm.id, self.action).await {
            Ok(envelope) => {
                self.under_way.borrow_mut().push(envelope.data.id);
                Outcome { label, ending: Some(Ending::Sent(envelope.data)), failure: None }
            }
            Err(error) => match unchanged_reason(self.action, &error) {
                Some(reason) => {
                    let unchanged = Unchanged::new(self.action, &vm, reason);
                    Outcome { label, ending: Some(Ending::Unchanged(unchanged)), failure: None }
                }
                None => Outcome::failed(Failure::from_client(&format!("{} {label}", self.action), &error)),
            },
        }
    }

    async fn follow(&self, outcome: Outcome, patience: wait::Patience) -> Outcome {
        let Outcome { label, ending: Some(Ending::Sent(sent)), failure: None } = outcome else { return outcome };
        if self.args.no_wait {
            return Outcome { label, ending: Some(Ending::Sent(sent)), failure: None };
        }
        let ended = wait::until_ended(self.context, sent.id, patience).await;
        match ended {
            Ok(ended) => {
                self.under_way.borrow_mut().retain(|id| *id != ended.id);
                let failure = wait::judge(&ended).err().map(|failure| self.named(failure, &label, &ended));
                Outcome { label, ending: Some(Ending::Ended(ended)), failure }
            }
            Err(failure) => {
                let failure = Failure { message: format!("{} {label}: {}", self.action, failure.message), ..failure };
                Outcome { label, ending: Some(Ending::Sent(sent)), failure: Some(failure) }
            }
        }
    }

    /// The failure with the guest's name in it, which a task does not know.
    fn named(&self, failure: Failure, label: &str, ended: &Task) -> Failure {
        let message = format!("{} {label} failed: {}", self.action, task::result(ended));
        if failure.exit == Exit::TaskFailed { Failure { message: clean(&message), ..failure } } else { failure }
    }
}

/// Whether the refusal says no more than that there is nothing to do.
fn unchanged_reason(action: PowerAction, error: &client::Error) -> Option<&'static str> {
    match (action, error.code()) {
        (PowerAction::Start | PowerAction::Resume, Some(ErrorCode::VmAlreadyRunning)) => Some("already running"),
        (PowerAction::Stop | PowerAction::Shutdown, Some(ErrorCode::VmNotRunning)) => Some("already stopped"),
        (PowerAction::Suspend, Some(ErrorCode::VmPaused)) => Some("already paused"),
        (
            PowerAction::Start
            | PowerAction::Stop
            | PowerAction::Restart
            | PowerAction::Shutdown
            | PowerAction::Reset
            | PowerAction::Suspend
            | PowerAction::Resume,
            _,
        ) => None,
    }
}
