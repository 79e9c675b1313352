//! `nexops status`: the daemon, its connections, and how many of everything are in which state.

mod report;

use std::collections::BTreeMap;

use futures::join;
use nexops_core::client;
use nexops_core::node::ListNodes;
use nexops_core::task::{ListTasks, Task, TaskStatus};
use nexops_core::vm::ListVms;
use serde::Serialize;

use crate::cli::Format;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{csv, emit};
use crate::paging::{Listing, all_pages};
use report::CONNECTION_FIELDS;

/// What `status` tells; what could not be found out is null.
#[derive(Debug, Serialize)]
struct Status {
    url: String,
    system: nexops_core::system::System,
    nodes: Option<Counts>,
    vms: Option<Counts>,
    running_tasks: Option<Vec<Task>>,
}

/// How many things are in which state.
#[derive(Debug, Serialize)]
struct Counts {
    total: usize,
    by_status: BTreeMap<&'static str, usize>,
}

impl Counts {
    fn of(statuses: impl Iterator<Item = &'static str>) -> Self {
        let mut by_status = BTreeMap::new();
        for status in statuses {
            *by_status.entry(status).or_insert(0) += 1;
        }
        Self { total: by_status.values().sum(), by_status }
    }
}

/// Asks for everything at once. Only a daemon that does not tell about itself is a failure.
pub async fn run(context: &Context) -> Result<()> {
    let client = &context.client;
    let (system, nodes, vms, tasks) = join!(
        client.system(),
        all_pages(None, async |page, per_page| {
            let query = ListNodes { page: Some(page), per_page: Some(per_page), ..ListNodes::default() };
            client.list_nodes(&query).await
        }),
        all_pages(None, async |page, per_page| {
            let query = ListVms { page: Some(page), per_page: Some(per_page), ..ListVms::default() };
            client.list_vms(&query).await
        }),
        all_pages(None, async |page, per_page| {
            let (page, per_page) = (Some(page), Some(per_page));
            let query = ListTasks { page, per_page, status: Some(TaskStatus::Running), ..ListTasks::default() };
            client.list_tasks(&query).await
        }),
    );
    let system = system.map_err(|error| Failure::from_client("get the status", &error))?.data;
    let nodes = known(context, "nodes", nodes).map(|rows| Counts::of(rows.iter().map(|node| node.status.as_str())));
    let vms = known(context, "guests", vms).map(|rows| Counts::of(rows.iter().map(|vm| vm.status.as_str())));
    let running_tasks = known(context, "tasks", tasks);
    print(context, &Status { url: client.url().to_owned(), system, nodes, vms, running_tasks })
}

fn known<T>(context: &Context, what: &str, listing: client::Result<Listing<T>>) -> Option<Vec<T>> {
    match listing {
        Ok(listing) => Some(listing.rows),
        Err(error) => {
            context.talk.warn(&format!("cannot count {what}: {error}"));
            None
        }
    }
}

fn print(context: &Context, status: &Status) -> Result<()> {
    let output = &context.output;
    match output.format {
        Format::Table | Format::Wide => emit(&report::render(output, status)),
        Format::Json | Format::Jsonl | Format::Yaml => output.document(status),
        Format::Csv => emit(&csv::render_fields(output.headers, &status.system.connections, CONNECTION_FIELDS)?),
        Format::Name => {
            let names = status.system.connections.iter().map(|connection| connection.name.clone() + "\n");
            emit(&names.collect::<String>())
        }
    }
}
