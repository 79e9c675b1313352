//! What every list can: choose among its rows, and go on looking.

use std::time::Duration;

use chrono::DateTime;
use clap::Args;

use crate::filter::Filter;

/// The flags of every `list`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rows")]
pub struct ListFlags {
    /// Only rows that fit, as 'cpu>80 tag:prod name:web-* !status:stopped'; plain words look into all fields
    #[arg(long, value_name = "TERMS")]
    pub filter: Option<Filter>,
    /// Go on looking, every 2 s or as often as said, and show what changes
    #[arg(short, long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s", value_parser = interval)]
    pub watch: Option<Duration>,
    /// Look again until every row fits, as status:running
    #[arg(long, value_name = "TERMS", value_parser = until)]
    pub until: Option<Filter>,
    /// How long to look with --until, as 90s, 5m or 1h
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = humantime::parse_duration)]
    pub timeout: Duration,
}

/// A time or a span is meant for another flag.
fn until(text: &str) -> Result<Filter, String> {
    if humantime::parse_duration(text).is_ok() || DateTime::parse_from_rfc3339(text).is_ok() {
        let words = "it takes what every row must fit, as status:running; how long to look is said with --timeout";
        return Err(format!("{words}, and the end of a time, as in the audit log, with --before"));
    }
    text.parse()
}

/// More often than this is a burden for the daemon, and figures change every 30 s.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(500);

fn interval(text: &str) -> Result<Duration, String> {
    let interval = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if interval < SHORTEST_INTERVAL { Err("the shortest interval is 500ms".to_owned()) } else { Ok(interval) }
}
