//! Charts of a source's history, with their titles, axes and read-out.

use chrono::Duration;
use nexops_core::metric::{Metric, Point, Range, SourceSeries, Unit};
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::format::{milliseconds, percent, rate};
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
    let readings: Vec<String> = found
        .iter()
        .map(|(metric, points)| {
            let values: Vec<Option<f64>> = points.iter().map(|point| point.avg).collect();
            text(metric.unit(), value_at(&values, cursor))
        })
        .collect();
    let summary = format!("{}{}", when(cursor, look), readings.join(" / "));
    let inner = panel(frame, area, plot.title, &summary, false, look);
    if found.is_empty() {
        if show(history, frame, inner, look).is_some() {
            crate::view::sentence(frame, inner, "nothing was measured in this time", Role::Muted, look);
        }
        return;
    }
    draw_lines(&found, plot.threshold, cursor, frame, inner, look);
}

/// The time at which charts are read; nothing while they are not.
fn when(cursor: Option<f64>, look: &Look<'_>) -> String {
    let Some(share) = cursor else { return String::new() };
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "seconds of a week at the most")]
    let back = (look.range.duration().num_seconds() as f64 * (1.0 - share)) as i64;
    let at = (look.now - Duration::seconds(back)).with_timezone(&look.offset);
    if look.range == Range::Week { at.format("%a %H:%M  ").to_string() } else { at.format("%H:%M  ").to_string() }
}

/// Draws two lines of percentages that were worked out here, in a panel with its own heading.
pub fn draw_percentages(title: &str, lines: [Vec<Option<f64>>; 2], frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let cursor = look.cursor.map(|at| 1.0 - f64::from(at) / f64::from(CURSOR_STEPS));
    let readings: Vec<String> = lines.iter().map(|points| percent(value_at(points, cursor))).collect();
    let summary = format!("{}{}", when(cursor, look), readings.join(" / "));
    let inner = panel(frame, area, title, &summary, true, look);
    let lines = lines.map(Some).into_iter().flatten().zip([Role::Accent, Role::Second]);
    let lines: Vec<Line> = lines.map(|(points, role)| Line { points, role }).collect();
    let labels = ["100".to_owned(), "50".to_owned(), "0".to_owned()];
    let shown = Chart { lines: &lines, top: 100.0, labels, times: times(look.range), threshold: None, cursor };
    chart(frame.buffer_mut(), inner, &shown, look);
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
        // There is nothing between up and down.
        Unit::Bool if value >= 1.0 => "up".to_owned(),
        Unit::Bool => (if value > 0.0 { "" } else { "down" }).to_owned(),
        Unit::Percent | Unit::Bytes | Unit::Days => format!("{value:.0}"),
    }
}

/// The value where the chart is read, or the latest.
fn value_at(points: &[Option<f64>], cursor: Option<f64>) -> Option<f64> {
    let Some(share) = cursor else { return points.iter().rev().copied().flatten().next() };
    let last = points.len().checked_sub(1)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in the list"
    )]
    let place = (share * last as f64).round() as usize;
    points.get(place).copied().flatten()
}

/// A value with its unit.
#[must_use]
pub fn text(unit: Unit, value: Option<f64>) -> String {
    match unit {
        Unit::Percent => percent(value),
        Unit::BytesPerSecond => rate(value),
        Unit::Milliseconds => milliseconds(value),
        Unit::Bool => value.map_or("-", |value| if value >= 0.5 { "up" } else { "down" }).to_owned(),
        Unit::Bytes | Unit::Days => value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}")),
    }
}
