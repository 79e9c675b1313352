//! `nexops task`.

mod log;

use futures::stream::{FuturesOrdered, StreamExt};
use nexops_core::id::TaskId;
use nexops_core::task::{ListTasks, Task};
use tokio::time::Instant;

use crate::cli::{Format, ListTasksArgs, TaskCommand, WaitArgs};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::listing::List;
use crate::output::emit;
use crate::paging::all_pages;
use crate::rows::task::{describe, duration_note, label};
use crate::{progress, resolve, wait};

/// Runs one of the verbs.
pub async fn run(command: TaskCommand, context: &Context) -> Result<()> {
    match command {
        TaskCommand::List(args) => list(&args, context).await,
        TaskCommand::Show(args) => show(args.task, context).await,
        TaskCommand::Wait(args) => wait_for(&args, context).await,
        TaskCommand::Log(args) => log::run(&args, context).await,
    }
}

async fn list(args: &ListTasksArgs, context: &Context) -> Result<()> {
    let vm = match &args.vm {
        Some(guest) => Some(resolve::guest_ref(&context.client, guest).await?.to_string()),
        None => None,
    };
    let ListTasksArgs { status, vm: _, node, connection, limit, sort, flags } = args;
    let (node, connection) = (node.clone(), connection.clone());
    let query = ListTasks { page: None, per_page: None, sort: *sort, status: *status, vm, node, connection };
    let list = List {
        attempt: "list tasks",
        flags,
        is_filtered: args.is_filtered(),
        sort: None,
        limit: *limit,
        none_fits: "no task matches",
        empty: "no task yet: power actions make them",
    };
    list.show(context, async |limit| {
        all_pages(limit, async |page, per_page| {
            let query = ListTasks { page: Some(page), per_page: Some(per_page), ..query.clone() };
            context.client.list_tasks(&query).await
        })
        .await
    })
    .await
}

async fn show(id: TaskId, context: &Context) -> Result<()> {
    let found = context.client.find_task(id).await;
    let task = found.map_err(|error| Failure::from_client(&format!("show task {id}"), &error))?.data;
    context.output.one(&task, || describe(&task, context.output.now))
}

async fn wait_for(args: &WaitArgs, context: &Context) -> Result<()> {
    let (ended, failures) = tokio::select! {
        biased;
        () = wait::control_c() => return Err(wait::interrupted(&args.tasks)),
        ended = end_of_all(args, context) => ended?,
    };
    match (context.output.format, ended.as_slice()) {
        (Format::Table | Format::Wide, _) => {}
        (Format::Json | Format::Jsonl | Format::Yaml, [task]) if args.tasks.len() == 1 => {
            context.output.document(task)?;
        }
        (Format::Json | Format::Jsonl | Format::Yaml, []) if args.tasks.len() == 1 => {}
        (Format::Json | Format::Jsonl | Format::Yaml | Format::Csv | Format::Name, tasks) => {
            context.output.list(tasks)?;
        }
    }
    Failure::of_many(failures, args.tasks.len(), "tasks")
}

async fn end_of_all(args: &WaitArgs, context: &Context) -> Result<(Vec<Task>, Vec<Failure>)> {
    let began = Instant::now();
    let patience = wait::Patience::new(args.timeout);
    let text = format!("waiting for {}:", if args.tasks.len() == 1 { "the task" } else { "the tasks" });
    let mut endings: FuturesOrdered<_> =
        args.tasks.iter().map(|id| wait::until_ended(context, *id, patience)).collect();
    let (mut ended, mut failures) = (Vec::new(), Vec::new());
    while let Some(ending) = progress::show(&context.talk, began, &text, endings.next()).await {
        match ending.and_then(|task| {
            let verdict = wait::judge(&task);
            ended.push(task.clone());
            verdict.map(|()| task)
        }) {
            Ok(task) if context.output.is_for_people() && !context.talk.quiet => {
                emit(&format!("{}: {}{}\n", label(&task), task.status, duration_note(&task)))?;
            }
            Ok(_) => {}
            Err(failure) => failures.push(failure),
        }
    }
    Ok((ended, failures))
}
