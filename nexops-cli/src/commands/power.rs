//! `nexops vm start` and the other power actions: find, confirm, send, wait, tell.

mod outcome;

use std::cell::RefCell;
use std::collections::HashSet;

use futures::stream::{self, FuturesOrdered, StreamExt};
use nexops_core::client;
use nexops_core::error::ErrorCode;
use nexops_core::id::TaskId;
use nexops_core::task::Task;
use nexops_core::vm::{ListVms, PowerAction, Vm};
use tokio::time::Instant;

use crate::cli::PowerArgs;
use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::filter::Filter;
use crate::format::clean;
use crate::output::Row as _;
use crate::paging::all_pages;
use crate::rows::{task, vm};
use crate::{progress, resolve, wait};
use outcome::{Ending, Outcome, Unchanged};

/// Requests that are under way at the same time.
const CONCURRENT_REQUESTS: usize = 4;

/// Does one action to every guest that was named. What fails for one guest does not keep the others from theirs.
pub async fn run(action: PowerAction, args: PowerArgs, context: &Context) -> Result<()> {
    let must_ask = confirm::is_asked_for(action) && !args.yes && !args.dry_run;
    if must_ask {
        confirm::require_terminal(action)?;
    }
    let is_single = args.guests.len() == 1;
    let guests = match &args.filter {
        Some(filter) => select(filter, context).await?,
        None => find(&args.guests, context).await,
    };
    if args.dry_run {
        return tell(action, guests, context);
    }
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

/// The guests that fit, in the daemon's order.
async fn select(filter: &Filter, context: &Context) -> Result<Vec<Result<Vm>>> {
    let fits = filter.of(Vm::FIELDS)?;
    let listing = all_pages(None, async |page, per_page| {
        context.client.list_vms(&ListVms { page: Some(page), per_page: Some(per_page), ..ListVms::default() }).await
    });
    let vms = listing.await.map_err(|error| Failure::from_client("list guests", &error))?.rows;
    let fitting: Vec<Result<Vm>> = vms.into_iter().filter(|vm| vm.gone_at.is_none() && fits(vm)).map(Ok).collect();
    if fitting.is_empty() {
        return Err(Failure::new(Exit::NotFound, "NOT_FOUND", "no guest fits; nothing was sent")
            .with_hint("`nexops vm list --filter …` shows which guests fit"));
    }
    Ok(fitting)
}

/// Shows what would be acted on.
fn tell(action: PowerAction, guests: Vec<Result<Vm>>, context: &Context) -> Result<()> {
    let all = guests.len();
    let (mut found, mut failures) = (Vec::with_capacity(all), Vec::new());
    for guest in guests {
        match guest {
            Ok(vm) => found.push(vm),
            Err(failure) => failures.push(failure),
        }
    }
    context.output.list(&found)?;
    context.talk.note(&format!("{action} would be sent to {} guests; nothing was sent", found.len()));
    Failure::of_many(failures, all, "guests")
}

/// One action under these arguments.
struct Job<'a> {
    action: PowerAction,
    args: &'a PowerArgs,
    context: &'a Context,
    under_way: &'a RefCell<Vec<TaskId>>,
}

impl Job<'_> {
    /// Sends everything, then waits for everything, or does both for a few guests at a time; tells of each guest as it is
    /// through, in the given order.
    async fn act_on_all(&self, guests: Vec<Result<Vm>>) -> Result<Vec<Outcome>> {
        let began = Instant::now();
        let patience = wait::Patience::new(self.args.timeout);
        let text = match guests.as_slice() {
            [Ok(guest)] => format!("{} {}:", self.action, vm::label(guest)),
            several => format!("{} {} guests:", self.action, several.len()),
        };
        let talk = &self.context.talk;
        let mut outcomes = Vec::with_capacity(guests.len());
        if let Some(parallel) = self.args.parallel {
            let whole = |guest| async move { self.follow(self.send(guest).await, patience).await };
            let mut endings = std::pin::pin!(stream::iter(guests).map(whole).buffered(parallel.into()));
            while let Some(outcome) = progress::show(talk, began, &text, endings.next()).await {
                outcome::print_line(self.context, self.action, &outcome)?;
                outcomes.push(outcome);
            }
            return Ok(outcomes);
        }
        let sending = stream::iter(guests.into_iter().map(|guest| self.send(guest))).buffered(CONCURRENT_REQUESTS);
        let sent: Vec<Outcome> = progress::show(talk, began, &text, sending.collect()).await;
        let mut endings: FuturesOrdered<_> = sent.into_iter().map(|outcome| self.follow(outcome, patience)).collect();
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
