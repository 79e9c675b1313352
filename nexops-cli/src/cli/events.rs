//! `nexops events`.

use clap::Args;
use nexops_core::event::EventType;

use super::word_of;

/// Which events to follow.
#[derive(Debug, Clone, Args)]
pub struct EventsArgs {
    /// Only events of this type; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = word_of(EventType::ALL, EventType::as_str))]
    pub types: Vec<EventType>,
    /// Begin after the event with this number, instead of now
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(0..))]
    pub after: Option<i64>,
    /// End after so many events
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
}

pub const EVENTS_HELP: &str = "\
Goes on until Ctrl-C. A daemon that is away is waited for, and what happened meanwhile is told.

Examples:
  nexops events
  nexops events --type task --type alert
  nexops events -o jsonl | jq -c 'select(.type == \"vm\")'
  nexops events --after 4711 --limit 10";
