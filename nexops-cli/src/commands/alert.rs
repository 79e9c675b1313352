//! `nexops alert`.

mod rule;
pub mod rule_test;
mod silence;

use nexops_core::alert::{Alert, AlertNote, ListAlerts};
use nexops_core::notification::AlertDeliveriesQuery;

use crate::cli::{ActOnAlertsArgs, AlertCommand, AlertDeliveriesArgs, ListAlertsArgs};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::listing::List;
use crate::output::emit;
use crate::paging::all_pages;
use crate::rows::alert::describe;

/// Runs one of the verbs.
pub async fn run(command: AlertCommand, context: &Context) -> Result<()> {
    match command {
        AlertCommand::List(args) => list(&args, context).await,
        AlertCommand::Show(args) => {
            let found = context.client.find_alert(args.alert).await;
            let attempt = format!("show alert {}", args.alert);
            let alert = found.map_err(|error| Failure::from_client(&attempt, &error))?.data;
            context.output.one(&alert, || describe(&alert, context.output.now))
        }
        AlertCommand::Ack(args) => act(&args, Deed::Acknowledge, context).await,
        AlertCommand::Resolve(args) => act(&args, Deed::Resolve, context).await,
        AlertCommand::Silence(args) => silence::make(&args, context).await,
        AlertCommand::Silences(args) => silence::list(&args, context).await,
        AlertCommand::Unsilence(args) => silence::end(&args, context).await,
        AlertCommand::Deliveries(args) => deliveries(&args, context).await,
        AlertCommand::Rule(command) => rule::run(command, context).await,
    }
}

async fn list(args: &ListAlertsArgs, context: &Context) -> Result<()> {
    let ListAlertsArgs { status, all, severity, source_type, limit, sort, flags } = args;
    let query = ListAlerts {
        status: (!all).then_some(*status),
        severity: *severity,
        source_type: *source_type,
        ..ListAlerts::default()
    };
    let list = List {
        attempt: "list alerts",
        flags,
        is_filtered: severity.is_some() || source_type.is_some(),
        sort: sort.as_ref(),
        limit: *limit,
        none_fits: "no alert matches",
        empty: "no alert: `nexops alert list --all` shows past ones",
    };
    list.show(context, async |limit| {
        all_pages(limit, async |page, per_page| {
            let query = ListAlerts { page: Some(page), per_page: Some(per_page), ..query.clone() };
            context.client.list_alerts(&query).await
        })
        .await
    })
    .await
}

/// What is done to an alert.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Acknowledge,
    Resolve,
}

async fn act(args: &ActOnAlertsArgs, deed: Deed, context: &Context) -> Result<()> {
    let note = AlertNote { note: args.note.clone() };
    let (mut done, mut failures) = (Vec::<Alert>::new(), Vec::new());
    for id in &args.alerts {
        let (verb, result) = match deed {
            Deed::Acknowledge => ("acknowledge", context.client.acknowledge_alert(*id, &note).await),
            Deed::Resolve => ("close", context.client.resolve_alert(*id, &note).await),
        };
        match result {
            Ok(alert) => done.push(alert.data),
            Err(error) => failures.push(Failure::from_client(&format!("{verb} alert {id}"), &error)),
        }
    }
    if context.output.is_for_people() {
        let participle = match deed {
            Deed::Acknowledge => "acknowledged",
            Deed::Resolve => "closed",
        };
        for alert in done.iter().filter(|_| !context.talk.quiet) {
            emit(&format!("{participle}: {}\n", crate::format::clean(&alert.title)))?;
        }
    } else {
        context.output.list(&done)?;
    }
    Failure::of_many(failures, args.alerts.len(), "alerts")
}

async fn deliveries(args: &AlertDeliveriesArgs, context: &Context) -> Result<()> {
    let list = List {
        attempt: "list messages",
        flags: &args.flags,
        is_filtered: false,
        sort: args.sort.as_ref(),
        limit: None,
        none_fits: "no message matches",
        empty: "nothing was sent about this alert",
    };
    list.show(context, async |limit| {
        all_pages(limit, async |page, per_page| {
            let query = AlertDeliveriesQuery { page: Some(page), per_page: Some(per_page) };
            context.client.alert_deliveries(args.alert, &query).await
        })
        .await
    })
    .await
}
