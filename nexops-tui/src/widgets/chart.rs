//! Line charts: two lines at the most, a dashed threshold, and gaps where nothing was measured.

mod bridge;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use self::bridge::bridge;
use super::text::{put, put_right, width};
use crate::symbols::{Marker, Symbols};
use crate::theme::Role;
use crate::view::Look;

/// What a chart shows.
#[derive(Debug, Clone)]
pub struct Chart<'c> {
    /// The lines, the first in front.
    pub lines: &'c [Line],
    /// The top of the vertical axis; what is above is cut off.
    pub top: f64,
    /// The words at the top, in the middle and at the bottom of that axis.
    pub labels: [String; 3],
    /// The words under the horizontal axis: left, in the middle, right.
    pub times: [&'c str; 3],
    /// Where a rule would fire.
    pub threshold: Option<f64>,
    /// Where it is read, 0..=1 from the left.
    pub cursor: Option<f64>,
}

/// A line of a chart.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its values, the oldest first, evenly spaced; `None` where nothing was measured.
    pub points: Vec<Option<f64>>,
    /// Its colour.
    pub role: Role,
}

/// Draws a chart.
pub fn chart(buffer: &mut Buffer, area: Rect, chart: &Chart<'_>, look: &Look<'_>) {
    let axis = chart.labels.iter().map(|label| width(label)).max().unwrap_or(0);
    if area.width < axis + 4 || area.height < 3 {
        return;
    }
    let faint = look.theme.text(Role::Faint);
    let muted = look.theme.text(Role::Muted);
    let (vertical, corner, horizontal) = match look.symbols {
        Symbols::Unicode => ("│", "└", "─"),
        Symbols::Ascii => ("|", "+", "-"),
    };
    let plot = Rect { x: area.x + axis + 1, width: area.width - axis - 1, height: area.height - 2, ..area };
    for y in plot.y..plot.bottom() {
        put(buffer, area, plot.x - 1, y, vertical, faint);
    }
    put(buffer, area, plot.x - 1, plot.bottom(), corner, faint);
    for x in plot.x..plot.right() {
        put(buffer, area, x, plot.bottom(), horizontal, faint);
    }
    let label_area = Rect { width: axis, ..area };
    put_right(buffer, label_area, plot.y, &chart.labels[0], muted);
    if plot.height >= 5 {
        put_right(buffer, label_area, plot.y + plot.height / 2, &chart.labels[1], muted);
    }
    put_right(buffer, label_area, plot.bottom() - 1, &chart.labels[2], muted);
    let below = Rect { y: plot.bottom() + 1, height: 1, ..plot };
    put(buffer, area, below.x, below.y, chart.times[0], muted);
    let middle = below.x + (below.width.saturating_sub(width(chart.times[1]))) / 2;
    if below.width >= 24 {
        put(buffer, area, middle, below.y, chart.times[1], muted);
    }
    put_right(buffer, below, below.y, chart.times[2], muted);

    if let Some(threshold) = chart.threshold.filter(|threshold| *threshold <= chart.top) {
        let y = plot.bottom() - 1 - row_of(threshold, chart.top, plot.height);
        let dash = if look.symbols == Symbols::Unicode { "╌" } else { "-" };
        for x in (plot.x..plot.right()).filter(|x| (x - plot.x).is_multiple_of(2)) {
            put(buffer, area, x, y, dash, look.theme.text(Role::Warning));
        }
    }
    for line in chart.lines.iter().rev() {
        draw_line(buffer, plot, line, chart.top, look);
    }
    if let Some(cursor) = chart.cursor {
        let x = plot.x + column_of(cursor, plot.width);
        for y in plot.y..plot.bottom() {
            if buffer[(x, y)].symbol() == " " {
                put(buffer, plot, x, y, vertical, look.theme.text(Role::Strong));
            }
        }
    }
}

/// The row, counted from below, in which a value stands.
fn row_of(value: f64, top: f64, height: u16) -> u16 {
    let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
    (0..height).rev().find(|row| f64::from(*row) <= share * f64::from(height - 1) + 0.5).unwrap_or(0)
}

/// The column in which a share of the width lies.
fn column_of(share: f64, columns: u16) -> u16 {
    let last = columns.saturating_sub(1);
    (0..=last).rev().find(|column| f64::from(*column) <= share.clamp(0.0, 1.0) * f64::from(last) + 0.5).unwrap_or(0)
}

/// Draws a line in dots: two by four a cell in braille, one by two in blocks, one by one in ASCII.
fn draw_line(buffer: &mut Buffer, plot: Rect, line: &Line, top: f64, look: &Look<'_>) {
    let (across, down) = match look.marker {
        Marker::Braille => (2, 4),
        Marker::Block => (1, 2),
        Marker::Ascii => (1, 1),
    };
    let (columns, rows) = (plot.width * across, plot.height * down);
    let values = resample(&bridge(&line.points), usize::from(columns));
    let mut dots = vec![0_u8; usize::from(plot.width) * usize::from(plot.height)];
    let mut set = |column: u16, row: u16| {
        let from_top = rows - 1 - row;
        let cell = usize::from(from_top / down) * usize::from(plot.width) + usize::from(column / across);
        dots[cell] |= match look.marker {
            Marker::Braille => BRAILLE[usize::from(from_top % 4)][usize::from(column % 2)],
            Marker::Block => 1 << (from_top % 2),
            Marker::Ascii => 1,
        };
    };
    let mut before: Option<u16> = None;
    for (column, value) in (0..columns).zip(&values) {
        let row = value.map(|value| row_of(value, top, rows));
        if let Some(row) = row {
            // Steep parts are drawn without holes: half of the way belongs to each of both columns.
            let from =
                before.map_or(row, |before| if before < row { before + 1 } else { before.saturating_sub(1).max(row) });
            for row in from.min(row)..=from.max(row) {
                set(column, row);
            }
        }
        before = row;
    }
    let style = look.theme.text(line.role);
    for (index, bits) in dots.into_iter().enumerate().filter(|(_, bits)| *bits != 0) {
        let x = plot.x + u16::try_from(index % usize::from(plot.width)).unwrap_or(0);
        let y = plot.y + u16::try_from(index / usize::from(plot.width)).unwrap_or(0);
        put_dots(buffer, plot, (x, y), bits, style, look.marker);
    }
}

/// The bit of each dot of a braille cell, by row and column.
const BRAILLE: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

fn put_dots(buffer: &mut Buffer, plot: Rect, (x, y): (u16, u16), bits: u8, style: Style, marker: Marker) {
    let sign = match marker {
        Marker::Braille => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
        Marker::Block => match bits {
            1 => '▀',
            2 => '▄',
            _ => '█',
        },
        Marker::Ascii => '*',
    };
    put(buffer, plot, x, y, sign.encode_utf8(&mut [0; 4]), style);
}

/// As many values as there are columns: means where there are more points, repetitions where there are fewer.
#[must_use]
pub fn resample(points: &[Option<f64>], columns: usize) -> Vec<Option<f64>> {
    (0..columns)
        .map(|column| {
            let from = column * points.len() / columns;
            let to = ((column + 1) * points.len() / columns).max(from + 1).min(points.len());
            let known: Vec<f64> = points.get(from..to).unwrap_or_default().iter().copied().flatten().collect();
            #[expect(clippy::cast_precision_loss, reason = "the number of points of a chart")]
            let count = known.len() as f64;
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / count)
        })
        .collect()
}

/// A round number not below the largest value, for the top of an axis.
#[must_use]
pub fn round_top(largest: f64) -> f64 {
    if largest.is_nan() || largest <= 0.0 {
        return 1.0;
    }
    let magnitude = 10_f64.powf(largest.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|step| step * magnitude).find(|top| *top >= largest).unwrap_or(largest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_gap_stays_a_gap_when_there_are_more_columns_than_points() {
        let points = [Some(1.0), None, Some(3.0)];
        assert_eq!(resample(&points, 6), [Some(1.0), Some(1.0), None, None, Some(3.0), Some(3.0)]);
    }

    #[test]
    fn points_that_share_a_column_are_averaged() {
        assert_eq!(resample(&[Some(1.0), Some(3.0), None, Some(5.0)], 2), [Some(2.0), Some(5.0)]);
    }

    proptest! {
        #[test]
        fn the_top_of_an_axis_is_never_below_the_values(largest in 0.001_f64..1e12) {
            let top = round_top(largest);
            prop_assert!(top >= largest && top <= largest * 10.0);
        }

        #[test]
        fn a_value_stands_within_the_plot(value in -10.0_f64..200.0, height in 1_u16..60) {
            prop_assert!(row_of(value, 100.0, height) < height);
        }
    }
}
