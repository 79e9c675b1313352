//! Tables for people: aligned columns, no borders, two spaces between.

use tabled::builder::Builder;
use tabled::grid::util::string::get_string_width;
use tabled::settings::object::Columns;
use tabled::settings::style::Style;
use tabled::settings::{Color, Modify, Padding, Width};

use super::columns::{self, Wanted};
use super::{Cell, Column, Output, Row};
use crate::color::{RESET, Tone};
use crate::failure::Result;

/// The rows under the columns that are wanted, or else under those of all sets together.
pub fn render<T: Row>(output: &Output, rows: &[T], sets: &[&'static [Column<T>]]) -> Result<String> {
    let columns = columns::of_table(&output.columns, sets)?;
    let headers: Vec<String> = columns.iter().map(Wanted::header).collect();
    let cells = rows.iter().map(|row| columns.iter().map(|column| column.cell(row, output.now)).collect()).collect();
    Ok(grid(output, &headers, cells))
}

/// Spaces between columns.
const GAP: usize = 2;
/// Less than this says nothing any more.
const NARROWEST: usize = 10;

/// Cells under headers. On a terminal the widest are cut where a line would not fit; ids never are, for they are copied.
pub fn grid(output: &Output, headers: &[impl AsRef<str>], rows: Vec<Vec<Cell>>) -> String {
    let mut builder = Builder::with_capacity(rows.len() + 1, headers.len());
    if output.headers {
        builder.push_record(headers.iter().map(AsRef::as_ref));
    }
    let narrowed = output.width.map(|width| narrowed(width, headers, &rows)).unwrap_or_default();
    let mut tones = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let line = index + usize::from(output.headers);
        tones.extend(row.iter().enumerate().map(|(column, cell)| (line, column, cell.tone)));
        builder.push_record(row.into_iter().map(|cell| cell.text));
    }
    if builder.count_records() == 0 {
        return String::new();
    }
    let mut table = builder.build();
    table.with(Style::empty()).with(Padding::new(0, GAP, 0, 0));
    for (column, width) in narrowed {
        table.with(Modify::new(Columns::one(column)).with(Width::truncate(width).suffix("…")));
    }
    if output.colored {
        for (line, column, tone) in tones.into_iter().filter(|(_, _, tone)| *tone != Tone::Plain) {
            table.with(Modify::new((line, column)).with(Color::new(tone.code(), RESET)));
        }
    }
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The columns that must give way so that a line fits, and the width that is left to each.
fn narrowed(width: usize, headers: &[impl AsRef<str>], rows: &[Vec<Cell>]) -> Vec<(usize, usize)> {
    let natural: Vec<usize> = headers
        .iter()
        .enumerate()
        .map(|(column, header)| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| get_string_width(&cell.text));
            cells.max().unwrap_or(0).max(get_string_width(header.as_ref()))
        })
        .collect();
    let may_give_way = |column: usize| headers.get(column).is_some_and(|header| !header.as_ref().ends_with("ID"));
    let mut widths = natural.clone();
    while widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) > width {
        let widest = (0..widths.len()).filter(|column| may_give_way(*column)).max_by_key(|column| widths[*column]);
        match widest {
            Some(column) if widths[column] > NARROWEST => widths[column] -= 1,
            Some(_) | None => break,
        }
    }
    widths.into_iter().enumerate().filter(|(column, width)| *width < natural[*column]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(width: usize) -> Vec<(usize, usize)> {
        let row = |cells: [&str; 3]| cells.map(Cell::plain).to_vec();
        let rows = [row(["019aaf00-0000-7000-8000-000000000001", "firing", &"t".repeat(40)])];
        narrowed(width, &["ID", "STATUS", "TITLE"], &rows)
    }

    #[test]
    fn the_widest_column_gives_way_but_never_an_id() {
        assert_eq!(cut(86), []);
        assert_eq!(cut(80), [(2, 34)]);
        assert_eq!(cut(20), [(2, NARROWEST)]);
    }
}
