//! `nexops alert silence`, `silences` and `unsilence`.

use chrono::TimeDelta;
use nexops_core::alert::AlertSource;
use nexops_core::alert::silence::{CreateSilence, ListSilences};
use uuid::Uuid;

use crate::cli::{EndSilencesArgs, ListSilencesArgs, SilenceArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::timestamp;
use crate::listing::List;
use crate::output::emit;
use crate::paging::all_pages;
use crate::resolve;

/// Lists silences.
pub async fn list(args: &ListSilencesArgs, context: &Context) -> Result<()> {
    let list = List {
        attempt: "list silences",
        flags: &args.flags,
        is_filtered: args.ended,
        sort: args.sort.as_ref(),
        limit: None,
        none_fits: "no silence matches",
        empty: "nothing is silenced: `nexops alert silence` does it",
    };
    list.show(context, async |limit| {
        all_pages(limit, async |page, per_page| {
            let ended = Some(args.ended);
            let query = ListSilences { page: Some(page), per_page: Some(per_page), ended };
            context.client.list_silences(&query).await
        })
        .await
    })
    .await
}

/// Ends silences before their time.
pub async fn end(args: &EndSilencesArgs, context: &Context) -> Result<()> {
    let mut failures = Vec::new();
    for id in &args.silences {
        match context.client.end_silence(*id).await {
            Ok(ended) => context.tell("silence", &ended.data, "ended")?,
            Err(error) => failures.push(Failure::from_client(&format!("end silence {id}"), &error)),
        }
    }
    Failure::of_many(failures, args.silences.len(), "silences")
}

/// Silences a thing or a rule for a while.
pub async fn make(args: &SilenceArgs, context: &Context) -> Result<()> {
    let source: Option<(AlertSource, Uuid)> = match (&args.vm, &args.node) {
        (Some(guest), _) => Some((AlertSource::Vm, resolve::guest(&context.client, guest).await?.id.0)),
        (None, Some(node)) => Some((AlertSource::Node, resolve::node(&context.client, node).await?.id.0)),
        (None, None) => None,
    };
    let rule = match &args.rule {
        Some(rule) => Some(resolve::rule(&context.client, rule).await?.id),
        None => None,
    };
    if source.is_none() && rule.is_none() {
        return Err(Failure::new(Exit::Usage, "USAGE", "a silence needs --vm, --node or --rule"));
    }
    let span = TimeDelta::from_std(args.span).unwrap_or(TimeDelta::MAX);
    let ends_at = context
        .output
        .now
        .checked_add_signed(span)
        .ok_or_else(|| Failure::new(Exit::Usage, "USAGE", "--for is longer than anybody can wait"))?;
    let wanted = CreateSilence {
        source_type: source.map(|(kind, _)| kind),
        source_id: source.map(|(_, id)| id),
        rule_id: rule,
        reason: args.reason.clone(),
        starts_at: None,
        ends_at,
    };
    let made = context.client.create_silence(&wanted).await;
    let made = made.map_err(|error| Failure::from_client("make the silence", &error))?.data;
    if context.output.is_for_people() {
        if context.talk.quiet { Ok(()) } else { emit(&format!("silent until {}\n", timestamp(made.ends_at))) }
    } else {
        context.output.document(&made)
    }
}
