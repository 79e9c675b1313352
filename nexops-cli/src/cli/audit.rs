//! The verbs of `nexops audit`.

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use nexops_core::audit::{AuditColumn, Outcome};
use nexops_core::page::Sort;
use uuid::Uuid;

use super::{ListFlags, word_of};
use crate::complete::sort_by;

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List who changed what, the latest first
    #[command(visible_alias = "ls", after_help = LIST_HELP)]
    List(ListAuditArgs),
}

/// Which rows of the audit log to list.
#[derive(Debug, Clone, Args)]
pub struct ListAuditArgs {
    /// Only what this person or program asked for
    #[arg(long)]
    pub actor: Option<String>,
    /// Only this action, as vm.start; with a dot at the end all that begin so, as vm.
    #[arg(long)]
    pub action: Option<String>,
    /// Only what was done to this kind of thing, as vm or service
    #[arg(long, value_name = "KIND")]
    pub resource_type: Option<String>,
    /// Only what was done to the thing with this id
    #[arg(long, value_name = "ID")]
    pub resource_id: Option<Uuid>,
    /// Only what ended so
    #[arg(long, value_parser = word_of(Outcome::ALL, Outcome::as_str))]
    pub outcome: Option<Outcome>,
    /// Only from this time on, as 2026-03-01T08:00:00Z, or 24h for the last 24 hours
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Option<Moment>,
    /// Only before this time, or before so long ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub before: Option<Moment>,
    /// No more than so many
    #[arg(long, value_name = "COUNT", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Column to sort by, with - before it for the latest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = sort_by(AuditColumn::ALL))]
    pub sort: Option<Sort<AuditColumn>>,
    /// What every list can.
    #[command(flatten)]
    pub flags: ListFlags,
}

impl ListAuditArgs {
    /// Whether any row is left out on purpose.
    pub fn is_filtered(&self) -> bool {
        let Self { actor, action, resource_type, resource_id, outcome, since, before, limit: _, sort: _, flags: _ } =
            self;
        let texts = actor.is_some() || action.is_some() || resource_type.is_some();
        texts || resource_id.is_some() || outcome.is_some() || since.is_some() || before.is_some()
    }
}

/// A time, or how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The time itself.
    At(DateTime<Utc>),
    /// So long ago.
    Ago(TimeDelta),
}

impl Moment {
    /// The time that is meant.
    pub fn before(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(time) => time,
            Self::Ago(span) => now
                .checked_sub_signed(span)
                .map_or(DateTime::<Utc>::UNIX_EPOCH, |time| time.max(DateTime::<Utc>::UNIX_EPOCH)),
        }
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(Moment::At(time.to_utc()));
    }
    let span = humantime::parse_duration(text).ok().and_then(|span| TimeDelta::from_std(span).ok());
    span.map(Moment::Ago).ok_or_else(|| "write a time as 2026-03-01T08:00:00Z, or a span as 90m, 24h or 7d".to_owned())
}

const LIST_HELP: &str = "\
Examples:
  nexops audit list
  nexops audit list --since 24h --outcome failed
  nexops audit list --actor ann --action vm. --limit 20
  nexops audit list --resource-type vm --sort timestamp -o csv";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_a_span() {
        let now = DateTime::parse_from_rfc3339("2026-03-02T00:00:00Z").unwrap().to_utc();
        let at = |text| moment(text).map(|moment| moment.before(now).to_rfc3339());
        assert_eq!(at("2026-03-01T09:00:00+01:00"), Ok("2026-03-01T08:00:00+00:00".to_owned()));
        assert_eq!(at("24h"), Ok("2026-03-01T00:00:00+00:00".to_owned()));
        assert_eq!(at("9000y"), Ok("1970-01-01T00:00:00+00:00".to_owned()));
        assert!(at("yesterday").is_err());
    }
}
