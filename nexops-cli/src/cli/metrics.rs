//! The verbs of `nexops metrics`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use nexops_core::metric::{Metric, Range, SeriesQuery};

use super::word_of;
use crate::complete::Noun;

/// What to do with measurements.
#[derive(Debug, Subcommand)]
pub enum MetricsCommand {
    /// Show the history of a guest, node or service
    #[command(alias = "get", after_help = SHOW_HELP)]
    Show(ShowMetricsArgs),
    /// Count everything by its status, and tell how full the clusters are
    #[command(after_help = OVERVIEW_HELP)]
    Overview,
}

/// Which history to show.
#[derive(Debug, Args)]
pub struct ShowMetricsArgs {
    /// Number, name, node/name or id of a guest; name of a node; id of a service
    #[arg(add = Noun::Guest.completer())]
    pub source: String,
    /// How far back from now [default: 1h]
    #[arg(long, value_parser = word_of(Range::ALL, Range::as_str))]
    pub range: Option<Range>,
    /// From this time on, as 2026-03-15T10:30:00Z, instead of --range
    #[arg(long, value_name = "TIME", conflicts_with = "range")]
    pub from: Option<DateTime<Utc>>,
    /// Until this time [default: now]
    #[arg(long, value_name = "TIME", requires = "from")]
    pub to: Option<DateTime<Utc>>,
    /// Only this metric; may be given several times
    #[arg(long, value_parser = word_of(Metric::ALL, Metric::as_str))]
    pub metric: Vec<Metric>,
    /// The most points of a series, 2 to 5000 [default: as many as a chart has columns, else 500]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(2..=5000))]
    pub max_points: Option<u32>,
}

impl ShowMetricsArgs {
    /// What to ask for, with so many points if the person does not say how many.
    pub fn query(&self, usual_points: Option<u32>) -> SeriesQuery {
        let Self { source: _, range, from, to, metric, max_points } = self;
        SeriesQuery {
            range: *range,
            from: *from,
            to: *to,
            metric: metric.clone(),
            max_points: max_points.or(usual_points),
        }
    }
}

const SHOW_HELP: &str = "\
Examples:
  nexops metrics show 101
  nexops metrics show web-1 --range 7d --metric cpu_usage
  nexops metrics show pve1 --range 24h --metric cpu_usage --metric memory_usage
  nexops metrics show 101 --from 2026-03-15T08:00:00Z --to 2026-03-15T10:00:00Z -o csv";

const OVERVIEW_HELP: &str = "\
Examples:
  nexops metrics overview
  nexops metrics overview -o json";
