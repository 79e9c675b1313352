//! `nexops vm`.

use nexops_core::usage::Usage;
use nexops_core::vm::{ListVms, PowerAction, UsageQuery};

use super::power;
use crate::cli::{Format, ListVmsArgs, MetricsArgs, ShowVmArgs, VmCommand};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::freshness::{warn_if_stale, warn_if_usage_stale};
use crate::listing::List;
use crate::output::{csv, details, emit};
use crate::paging::all_pages;
use crate::resolve;
use crate::rows::vm::{USAGE_FIELDS, describe, describe_usage};

/// Runs one of the verbs.
pub async fn run(command: VmCommand, context: &Context) -> Result<()> {
    match command {
        VmCommand::List(args) => list(&args, context).await,
        VmCommand::Show(args) => show(&args, context).await,
        VmCommand::Metrics(args) => metrics(&args, context).await,
        VmCommand::Start(args) => power::run(PowerAction::Start, args, context).await,
        VmCommand::Stop(args) => power::run(PowerAction::Stop, args, context).await,
        VmCommand::Restart(args) => power::run(PowerAction::Restart, args, context).await,
        VmCommand::Shutdown(args) => power::run(PowerAction::Shutdown, args, context).await,
        VmCommand::Reset(args) => power::run(PowerAction::Reset, args, context).await,
        VmCommand::Suspend(args) => power::run(PowerAction::Suspend, args, context).await,
        VmCommand::Resume(args) => power::run(PowerAction::Resume, args, context).await,
    }
}

async fn list(args: &ListVmsArgs, context: &Context) -> Result<()> {
    let query = ListVms::from(args);
    let list = List {
        attempt: "list guests",
        flags: &args.flags,
        is_filtered: args.is_filtered(),
        sort: None,
        limit: None,
        none_fits: "no guest matches",
        empty: "no guest seen: check `nexops status`",
    };
    list.show(context, async |limit| {
        all_pages(limit, async |page, per_page| {
            let query = ListVms { page: Some(page), per_page: Some(per_page), ..query.clone() };
            context.client.list_vms(&query).await
        })
        .await
    })
    .await
}

async fn show(args: &ShowVmArgs, context: &Context) -> Result<()> {
    let reference = resolve::guest_ref(&context.client, &args.guest).await?;
    let found = context.client.find_vm(reference).await;
    let vm = found.map_err(|error| Failure::from_client(&format!("show guest {}", args.guest), &error))?.data;
    warn_if_stale(context, Some(freshness_of(&vm.usage)), std::slice::from_ref(&vm));
    context.output.one(&vm, || describe(&vm, context.output.now))
}

async fn metrics(args: &MetricsArgs, context: &Context) -> Result<()> {
    let reference = resolve::guest_ref(&context.client, &args.guest).await?;
    let found = context.client.vm_usage(reference, &UsageQuery { fresh: args.fresh }).await;
    let attempt = format!("show the figures of guest {}", args.guest);
    let usage = found.map_err(|error| Failure::from_client(&attempt, &error))?.data;
    warn_if_usage_stale(context, &usage);
    let output = &context.output;
    match output.format {
        Format::Table | Format::Wide => emit(&details::render(&describe_usage(&usage, output.now), output.colored)),
        Format::Json | Format::Jsonl | Format::Yaml => output.document(&usage),
        Format::Csv => emit(&csv::render_fields(output.headers, &[usage], USAGE_FIELDS)?),
        Format::Name => emit(&format!("{reference}\n")),
    }
}

fn freshness_of(usage: &Usage) -> nexops_core::envelope::Freshness {
    nexops_core::envelope::Freshness { observed_at: usage.observed_at, stale: usage.stale }
}
