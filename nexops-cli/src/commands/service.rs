//! `nexops service`.

mod edit;

use futures::stream::{self, StreamExt};
use nexops_core::service::{HistoryQuery, ListServices, Service, ServiceSettings};

use crate::cli::{
    CheckServicesArgs, CreateServiceArgs, DeleteServicesArgs, Format, ListServicesArgs, ServiceCommand,
    ServiceHistoryArgs, UpdateServiceArgs,
};
use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::listing::List;
use crate::output::{details, emit};
use crate::paging::all_pages;
use crate::resolve;
use crate::rows::service::{describe, describe_uptime, line};

/// Requests that are under way at the same time.
const CONCURRENT_REQUESTS: usize = 4;

/// Runs one of the verbs.
pub async fn run(command: ServiceCommand, context: &Context) -> Result<()> {
    match command {
        ServiceCommand::List(args) => list(&args, context).await,
        ServiceCommand::Show(args) => {
            let service = resolve::service(&context.client, &args.service).await?;
            context.output.one(&service, || describe(&service, context.output.now))
        }
        ServiceCommand::Create(args) => create(&args, context).await,
        ServiceCommand::Update(args) => update(&args, context).await,
        ServiceCommand::Delete(args) => delete(&args, context).await,
        ServiceCommand::Check(args) => check(&args, context).await,
        ServiceCommand::History(args) => history(&args, context).await,
    }
}

async fn list(args: &ListServicesArgs, context: &Context) -> Result<()> {
    let vm_id = match &args.vm {
        Some(guest) => Some(resolve::guest(&context.client, guest).await?.id),
        None => None,
    };
    let ListServicesArgs { status, kind, namespace, vm: _, search, sort, flags } = args.clone();
    let query = ListServices { page: None, per_page: None, sort, status, kind, namespace, vm_id, search };
    let list = List {
        attempt: "list services",
        flags: &flags,
        is_filtered: args.is_filtered(),
        sort: None,
        limit: None,
        none_fits: "no service matches",
        empty: "no service yet: `nexops service create` makes one",
    };
    list.show(context, async |limit| {
        all_pages(limit, async |page, per_page| {
            let query = ListServices { page: Some(page), per_page: Some(per_page), ..query.clone() };
            context.client.list_services(&query).await
        })
        .await
    })
    .await
}

async fn create(args: &CreateServiceArgs, context: &Context) -> Result<()> {
    let mut settings = ServiceSettings::named(&args.name);
    edit::apply(&args.settings, &mut settings, context).await?;
    let made = context.client.create_service(&settings).await;
    let made = made.map_err(|error| Failure::from_client(&format!("create service {}", args.name), &error))?.data;
    context.tell("service", &made, "created")
}

async fn update(args: &UpdateServiceArgs, context: &Context) -> Result<()> {
    let service = resolve::service(&context.client, &args.service).await?;
    let mut settings = service.settings();
    if let Some(name) = &args.name {
        settings.name.clone_from(name);
    }
    edit::clear(&args.clear, &mut settings);
    edit::apply(&args.settings, &mut settings, context).await?;
    if settings == service.settings() {
        return context.tell("service", &service, "unchanged");
    }
    // Only the version that was just seen: what somebody else changes meanwhile is not overwritten.
    let changed = context.client.update_service(service.id, &settings, Some(service.version)).await;
    let attempt = format!("update service {}", args.service);
    let changed = changed.map_err(|error| Failure::from_client(&attempt, &error))?.data;
    context.tell("service", &changed, "updated")
}

/// Finds services in the order in which they were named.
async fn find(names: &[String], context: &Context) -> Vec<Result<Service>> {
    let searches = names.iter().map(|name| resolve::service(&context.client, name));
    stream::iter(searches).buffered(CONCURRENT_REQUESTS).collect().await
}

async fn delete(args: &DeleteServicesArgs, context: &Context) -> Result<()> {
    if !args.yes {
        confirm::require_terminal("delete")?;
    }
    let found = find(&args.services, context).await;
    let services: Vec<&Service> = found.iter().filter_map(|service| service.as_ref().ok()).collect();
    if !args.yes && !services.is_empty() {
        let lines: String = services.iter().map(|service| format!("  {}\n", clean(&service.name))).collect();
        confirm::answer(&format!("This deletes with its history:\n{lines}Go on? [y/N] "))?;
    }
    let mut failures = Vec::new();
    let mut deleted = Vec::new();
    for service in found {
        let outcome = match service {
            Ok(service) => {
                let attempt = format!("delete service {}", service.name);
                let outcome = context.client.delete_service(service.id, None).await;
                outcome.map_err(|error| Failure::from_client(&attempt, &error))
            }
            Err(failure) => Err(failure),
        };
        match outcome {
            Ok(envelope) => deleted.push(envelope.data),
            Err(failure) => failures.push(failure),
        }
    }
    if context.output.is_for_people() {
        for service in &deleted {
            context.tell("service", service, "deleted")?;
        }
    } else {
        print(&deleted, args.services.len(), context)?;
    }
    Failure::of_many(failures, args.services.len(), "services")
}

/// Prints what is left of several things that were named: the thing itself when only one was.
fn print(services: &[Service], named: usize, context: &Context) -> Result<()> {
    match services {
        [service] if named == 1 => context.output.one(service, Vec::new),
        services => context.output.list(services),
    }
}

async fn check(args: &CheckServicesArgs, context: &Context) -> Result<()> {
    let checks = args.services.iter().map(async |name| {
        let service = resolve::service(&context.client, name).await?;
        let checked = context.client.check_service(service.id).await;
        checked
            .map(|envelope| envelope.data)
            .map_err(|error| Failure::from_client(&format!("check service {name}"), &error))
    });
    let outcomes: Vec<Result<Service>> = stream::iter(checks).buffered(CONCURRENT_REQUESTS).collect().await;
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(service) => {
                if let Some(reason) = &service.last_error {
                    let message = clean(&format!("service {} fails: {reason}", service.name));
                    let failure = Failure::new(Exit::Generic, "CHECK_FAILED", message);
                    failures.push(match &service.explanation {
                        Some(explanation) => failure.with_hint(clean(explanation)),
                        None => failure,
                    });
                }
                services.push(service);
            }
            Err(failure) => failures.push(failure),
        }
    }
    if context.output.is_for_people() && context.output.columns.is_empty() {
        let lines: String = services.iter().map(|service| line(service) + "\n").collect();
        emit(&lines)?;
    } else {
        print(&services, args.services.len(), context)?;
    }
    Failure::of_many(failures, args.services.len(), "services")
}

async fn history(args: &ServiceHistoryArgs, context: &Context) -> Result<()> {
    let service = resolve::service(&context.client, &args.service).await?;
    let found = context.client.service_history(service.id, &HistoryQuery { limit: args.limit }).await;
    let attempt = format!("show the history of service {}", args.service);
    let history = found.map_err(|error| Failure::from_client(&attempt, &error))?.data;
    match context.output.format {
        Format::Table | Format::Wide => {
            let uptime = details::render(&describe_uptime(&history), context.output.colored);
            emit(&format!("{uptime}\n{}", context.output.text(&history.changes)?))
        }
        Format::Json | Format::Jsonl | Format::Yaml => context.output.document(&history),
        Format::Csv | Format::Name => context.output.list(&history.changes),
    }
}
