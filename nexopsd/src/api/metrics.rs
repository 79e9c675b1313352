//! Histories, and everything at a glance.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Datelike, Duration, Utc};
use nexops_core::envelope::Envelope;
use nexops_core::error::FieldError;
use nexops_core::metric::{Range, SeriesQuery, SourceSeries};
use nexops_core::overview::Overview;
use uuid::Uuid;

use super::error::{Error, Result};
use super::extract::{Path, Query};
use super::reply;
use crate::app::{App, now};
use crate::db;
use crate::db::history::{self, Buckets};

/// Points of a series when the caller does not say how many.
const DEFAULT_POINTS: u32 = 500;
/// The most points of a series.
const MOST_POINTS: u32 = 5000;
/// The longest time that can be asked for at once.
const LONGEST: Duration = Duration::days(366);

/// Counts everything by its status, and says how full the clusters are and which guests take most.
#[utoipa::path(get, path = "/metrics/overview", tag = "metrics",
    responses((status = 200, description = "Everything in numbers", body = Envelope<Overview>)))]
pub async fn metrics_overview(State(app): State<Arc<App>>) -> Result<Json<Envelope<Overview>>> {
    let conn = &mut app.db.get().await?;
    let overview = db::overview::read(conn).await?;
    let observed_at = db::connection::observed_at(conn).await?;
    Ok(reply::observed(overview, &app, observed_at))
}

/// Gives the history of a node, guest or service.
#[utoipa::path(get, path = "/metrics/{source_id}", tag = "metrics",
    params(("source_id" = Uuid, Path, description = "The id of a node, guest or service"), SeriesQuery),
    responses((status = 200, description = "One series for each metric", body = Envelope<SourceSeries>)))]
pub async fn metric_series(
    State(app): State<Arc<App>>,
    Path(source_id): Path<Uuid>,
    Query(query): Query<SeriesQuery>,
) -> Result<Json<Envelope<SourceSeries>>> {
    let now = now();
    let span = Span::of(&query, now).map_err(Error::invalid)?;
    let conn = &mut app.db.get().await?;
    let source_type = db::series::source_type(conn, source_id).await?;
    let source_type = source_type.ok_or_else(|| Error::not_found("node, VM or service", source_id))?;
    let interval = u32::try_from(app.config.intervals.collect.as_secs()).unwrap_or(u32::MAX);
    let finest = history::finest(span.from, span.to, &app.kept(now), interval);
    let buckets = Buckets::cut(span.from, span.to, span.max_points, finest);
    let series = history::read(conn, source_id, &query.metric, buckets).await?;
    Ok(reply::one(SourceSeries { source_type, source_id, range: span.range, series }))
}

/// The time that is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    range: Option<Range>,
    max_points: u32,
}

impl Span {
    fn of(query: &SeriesQuery, now: DateTime<Utc>) -> std::result::Result<Self, Vec<FieldError>> {
        let wrong = |field: &str, reason: &str| Err(vec![FieldError::new(field, reason)]);
        let max_points = query.max_points.unwrap_or(DEFAULT_POINTS);
        if !(2..=MOST_POINTS).contains(&max_points) {
            return wrong("max_points", &format!("{max_points} is out of range: 2 to {MOST_POINTS}"));
        }
        let (from, to, range) = match (query.range, query.from, query.to) {
            (Some(_), Some(_), _) => return wrong("from", "give either range, or from and to"),
            (Some(_), None, Some(_)) => return wrong("to", "give either range, or from and to"),
            (None, None, Some(_)) => return wrong("to", "it needs from as well"),
            (range, None, None) => {
                let range = range.unwrap_or(Range::Hour);
                (now - range.duration(), now, Some(range))
            }
            (None, Some(from), to) => (from, to.unwrap_or(now), None),
        };
        let is_thinkable = |time: DateTime<Utc>| (1970..=9999).contains(&time.year());
        if !is_thinkable(from) {
            return wrong("from", "its year must be 1970 to 9999");
        }
        if !is_thinkable(to) {
            return wrong("to", "its year must be 1970 to 9999");
        }
        if from >= to {
            return wrong("from", "it must be before to");
        }
        if to - from > LONGEST {
            return wrong("from", "a year is the longest time that can be asked for at once");
        }
        Ok(Self { from, to, range, max_points })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn at(text: &str) -> Option<DateTime<Utc>> {
        Some(text.parse().unwrap())
    }

    #[rstest]
    #[case(SeriesQuery { max_points: Some(1), ..SeriesQuery::default() }, "max_points")]
    #[case(SeriesQuery { max_points: Some(5001), ..SeriesQuery::default() }, "max_points")]
    #[case(SeriesQuery { range: Some(Range::Day), from: at("2026-01-01T00:00:00Z"), ..SeriesQuery::default() }, "from")]
    #[case(SeriesQuery { to: at("2026-01-01T00:00:00Z"), ..SeriesQuery::default() }, "to")]
    #[case(SeriesQuery { from: at("2026-01-02T00:00:00Z"), to: at("2026-01-01T00:00:00Z"), ..SeriesQuery::default() }, "from")]
    #[case(SeriesQuery { from: at("2020-01-02T00:00:00Z"), ..SeriesQuery::default() }, "from")]
    #[case(SeriesQuery { from: at("1969-12-31T00:00:00Z"), to: at("1970-01-01T00:00:00Z"), ..SeriesQuery::default() }, "from")]
    #[case(SeriesQuery { from: at("9999-12-31T00:00:00Z"), to: at("+10000-01-01T00:00:00Z"), ..SeriesQuery::default() }, "to")]
    fn a_span_that_makes_no_sense_names_the_field(#[case] query: SeriesQuery, #[case] field: &str) {
        let errors = Span::of(&query, "2026-06-01T00:00:00Z".parse().unwrap()).unwrap_err();
        assert_eq!(errors[0].field, field);
    }

    #[test]
    fn without_a_range_the_last_hour_is_meant() {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let span = Span::of(&SeriesQuery::default(), now).unwrap();
        assert_eq!(span, Span { from: now - Duration::hours(1), to: now, range: Some(Range::Hour), max_points: 500 });
    }
}
