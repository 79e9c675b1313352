//! `nexops metrics`.

use nexops_core::metric::SourceSeries;
use nexops_core::overview::Overview;

use crate::cli::{Format, MetricsCommand, ShowMetricsArgs};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::freshness::warn_if_stale;
use crate::output::{chart, details, emit};
use crate::resolve;
use crate::rows::metrics::{describe, points};

/// Runs one of the verbs.
pub async fn run(command: MetricsCommand, context: &Context) -> Result<()> {
    match command {
        MetricsCommand::Show(args) => show(&args, context).await,
        MetricsCommand::Overview => overview(context).await,
    }
}

async fn show(args: &ShowMetricsArgs, context: &Context) -> Result<()> {
    let source = resolve::source(&context.client, &args.source).await?;
    let output = &context.output;
    let is_chart = output.is_for_people() && output.columns.is_empty();
    let query = args.query(is_chart.then_some(chart::COLUMNS));
    let history = context
        .client
        .metric_series(source, &query)
        .await
        .map_err(|error| Failure::from_client(&format!("show the history of {}", args.source), &error))?
        .data;
    if history.series.is_empty() {
        let what = if args.metric.is_empty() { "nothing" } else { "nothing of that" };
        context.talk.warn(&format!("{what} was ever measured of {}", args.source));
    }
    print(context, &history)
}

fn print(context: &Context, history: &SourceSeries) -> Result<()> {
    let output = &context.output;
    match output.format {
        Format::Json | Format::Jsonl | Format::Yaml if output.columns.is_empty() => output.document(history),
        Format::Table | Format::Wide if output.columns.is_empty() => {
            emit(&history.series.iter().map(chart::render).collect::<Vec<_>>().join("\n"))
        }
        Format::Name if output.columns.is_empty() => {
            emit(&history.series.iter().map(|series| format!("{}\n", series.metric_name)).collect::<String>())
        }
        Format::Table | Format::Wide | Format::Json | Format::Jsonl | Format::Yaml | Format::Csv | Format::Name => {
            output.list(&points(history))
        }
    }
}

async fn overview(context: &Context) -> Result<()> {
    let answer = context
        .client
        .metrics_overview()
        .await
        .map_err(|error| Failure::from_client("tell how everything is", &error))?;
    let overview: Overview = answer.data;
    warn_if_stale(context, answer.meta.freshness, &overview.top_vms);
    let output = &context.output;
    match output.format {
        Format::Json | Format::Jsonl | Format::Yaml if output.columns.is_empty() => output.document(&overview),
        Format::Table | Format::Wide if output.columns.is_empty() => {
            let mut text = details::render(&describe(&overview), output.colored);
            if !overview.top_vms.is_empty() {
                text.push_str("\nBusiest guests\n");
                text.push_str(&output.text(&overview.top_vms)?);
            }
            emit(&text)
        }
        Format::Table | Format::Wide | Format::Json | Format::Jsonl | Format::Yaml | Format::Csv | Format::Name => {
            output.list(&overview.top_vms)
        }
    }
}
