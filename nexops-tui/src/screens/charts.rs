//! Charts of a source's history, with their titles, axes and read-out.

use chrono::Duration;
use nexops_core::metric::{Metric, Point, Range, SourceSeries, Unit};
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::format::{milliseconds, moment, percent, rate};
use crate::remote::{Remote, View};
use crate::theme::Role;
use crate::update::CURSOR_STEPS;
use crate::view::{Look, show};
use crate::widgets::chart::{Chart, Line, chart, round_top};
use crate::widgets::panel::panel;

/// What a chart of a source shows.
#[derive(Debug, Clone, Copy)]
pub struct Plot<'p> {
    /// Its heading.
    pub title: &'p str,
    /// One metric, or two of the same unit.
    pub metrics: &'p [Metric],
    /// Where a rule would fire.
    pub threshold: Option<f64>,
}

/// The spans to choose from, the chosen one in brackets.
#[must_use]
pub fn ranges(range: Range) -> String {
    let name = |other: &Range| if *other == range { format!("[{other}]") } else { other.to_string() };
    Range::ALL.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// The words under the horizontal axis.
const fn times(range: Range) -> [&'static str; 3] {
    match range {
        Range::Hour => ["-1h", "-30m", "now"],
        Range::SixHours => ["-6h", "-3h", "now"],
        Range::Day => ["-24h", "-12h", "now"],
        Range::Week => ["-7d", "-3d12h", "now"],
    }
}

/// Draws a chart of a source's history in a panel of its own.
pub fn draw(
    history: Option<&Remote<Box<SourceSeries>>>,
    plot: Plot<'_>,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) {
    let seen = history.and_then(|remote| match remote.view() {
        View::Ready(seen, _) => Some(&seen.value),
        View::Loading | View::Failed(_) => None,
    });
    let found: Vec<(Metric, &[Point])> = plot
        .metrics
        .iter()
        .filter_map(|metric| {
            let series = seen?.series.iter().find(|series| series.metric_name == *metric)?;
            Some((*metric, series.points.as_slice()))
        })
        .collect();
    let cursor = look.cursor.map(|at| 1.0 - f64::from(at) / f64::from(CURSOR_STEPS));
    let readings: Vec<String> = found.iter().map(|(metric, points)| reading(*metric, points, cursor)).collect();
    let when = cursor.map(|share| {
        let back = look.range.duration().num_seconds() as f64 * (1.0 - share);
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a week at the most")]
        let at = look.now - Duration::seconds(back as i64);
        format!(
            "{} ",
            if look.range == Range::Week {
                at.with_timezone(&look.offset).format("%a %H:%M").to_string()
            } else {
                moment_of(at, look)
            }
        )
    });
    let summary = format!("{}{}", when.unwrap_or_default(), readings.join(" / "));
    let inner = panel(frame, area, plot.title, &summary, false, look);
    if found.is_empty() {
        if show(history, frame, inner, look).is_some() {
            crate::view::sentence(frame, inner, "nothing was measured in this time", Role::Muted, look);
        }
        return;
    }
    draw_lines(&found, plot.threshold, cursor, frame, inner, look);
}

fn moment_of(at: chrono::DateTime<chrono::Utc>, look: &Look<'_>) -> String {
    if look.now - at < Duration::hours(24) {
        at.with_timezone(&look.offset).format("%H:%M").to_string()
    } else {
        moment(at, look.now, look.offset)
    }
}

/// Draws the lines into the room inside a panel.
fn draw_lines(
    found: &[(Metric, &[Point])],
    threshold: Option<f64>,
    cursor: Option<f64>,
    frame: &mut Frame<'_>,
    inner: Rect,
    look: &Look<'_>,
) {
    let unit = found[0].0.unit();
    let lines: Vec<Line> = found
        .iter()
        .zip([Role::Accent, Role::Second])
        .map(|((_, points), role)| Line { points: points.iter().map(|point| point.avg).collect(), role })
        .collect();
    let largest = lines.iter().flat_map(|line| line.points.iter().copied().flatten()).fold(0.0, f64::max);
    let top = if unit == Unit::Percent { 100.0 } else { round_top(largest) };
    let labels = [label(unit, top), label(unit, top / 2.0), label(unit, 0.0)];
    let shown = Chart { lines: &lines, top, labels, times: times(look.range), threshold, cursor };
    chart(frame.buffer_mut(), inner, &shown, look);
}

/// A value on the vertical axis.
fn label(unit: Unit, value: f64) -> String {
    match unit {
        Unit::BytesPerSecond => rate(Some(value)).replace("/s", ""),
        Unit::Milliseconds => milliseconds(Some(value)),
        Unit::Percent | Unit::Bytes | Unit::Bool | Unit::Days => format!("{value:.0}"),
    }
}

/// The value where the chart is read, or the latest.
fn reading(metric: Metric, points: &[Point], cursor: Option<f64>) -> String {
    let value = match cursor {
        None => points.iter().rev().find_map(|point| point.avg),
        Some(share) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a place in the list"
            )]
            let place = (share * points.len().saturating_sub(1) as f64).round() as usize;
            points.get(place).and_then(|point| point.avg)
        }
    };
    text(metric.unit(), value)
}

/// A value with its unit.
#[must_use]
pub fn text(unit: Unit, value: Option<f64>) -> String {
    match unit {
        Unit::Percent => percent(value),
        Unit::BytesPerSecond => rate(value),
        Unit::Milliseconds => milliseconds(value),
        Unit::Bytes | Unit::Bool | Unit::Days => value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}")),
    }
}
