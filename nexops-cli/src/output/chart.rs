//! A small chart of a series: a bar for each point, a blank where nothing was measured.

use nexops_core::metric::{Point, Series, Unit};

use crate::format::{UNKNOWN, rate};

/// Points side by side.
pub const COLUMNS: u32 = 60;
/// Lines of a chart, of eight steps each.
const LINES: usize = 4;
const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The room for the figures at the left.
const MARGIN: usize = 10;

/// What a series was, in a line, and its chart under it.
pub fn render(series: &Series) -> String {
    let figures: Vec<Option<f64>> = series.points.iter().map(|point| point.avg).collect();
    let highest = ceiling(series);
    let mut text = summary(series);
    if figures.iter().all(Option::is_none) {
        return text + "  nothing was measured\n";
    }
    for line in (0..LINES).rev() {
        let mark = match line {
            0 => figure(0.0, series.unit),
            line if line + 1 == LINES => figure(highest, series.unit),
            _ => String::new(),
        };
        let bars: String = figures.iter().map(|value| bar(*value, highest, line)).collect();
        text.push_str(format!("{mark:>MARGIN$} │{bars}").trim_end());
        text.push('\n');
    }
    let ends = (series.points.first(), series.points.last());
    if let (Some(Point { t: first, .. }), Some(Point { t: last, .. })) = ends {
        let form = if *last - *first < chrono::TimeDelta::hours(24) { "%H:%M" } else { "%d %b %H:%M" };
        let (first, last) = (first.format(form).to_string(), last.format(form).to_string());
        let room = figures.len().saturating_sub(first.len());
        text.push_str(&format!("{:MARGIN$}  {first}{last:>room$} UTC\n", ""));
    }
    text
}

/// The name, and mean, smallest and largest of all that was measured.
fn summary(series: &Series) -> String {
    let known = |value: fn(&Point) -> Option<f64>| series.points.iter().filter_map(value).collect::<Vec<f64>>();
    let (means, lowest, highest) = (known(|p| p.avg), known(|p| p.min), known(|p| p.max));
    let mean = (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64);
    let show = |value: Option<f64>| value.map_or_else(|| UNKNOWN.to_owned(), |value| figure(value, series.unit));
    format!(
        "{}  mean {}  lowest {}  highest {}\n",
        series.metric_name,
        show(mean),
        show(lowest.into_iter().reduce(f64::min)),
        show(highest.into_iter().reduce(f64::max)),
    )
}

/// Where the chart ends: percentages at 100, everything else at the highest mean.
fn ceiling(series: &Series) -> f64 {
    match series.unit {
        Unit::Percent => 100.0,
        Unit::Bool => 1.0,
        Unit::Bytes | Unit::BytesPerSecond | Unit::Milliseconds | Unit::Days => {
            series.points.iter().filter_map(|point| point.avg).fold(0.0, f64::max)
        }
    }
}

/// The piece of a bar on one line, counted from below. Anything above nothing shows.
fn bar(value: Option<f64>, highest: f64, line: usize) -> char {
    let Some(value) = value else { return ' ' };
    let steps = if highest > 0.0 { (value / highest * (LINES * 8) as f64).round() as usize } else { 0 };
    STEPS[steps.max(1).saturating_sub(line * 8).min(8)]
}

fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => format!("{value:.1} %"),
        Unit::BytesPerSecond => rate(Some(value)),
        Unit::Bytes => crate::format::size(value),
        Unit::Milliseconds => format!("{value:.0} ms"),
        Unit::Bool => format!("{value:.2}"),
        Unit::Days => format!("{value:.0} d"),
    }
}
