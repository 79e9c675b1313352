//! Tables for people: aligned columns, no borders, two spaces between.

use tabled::builder::Builder;
use tabled::settings::style::Style;
use tabled::settings::{Color, Modify, Padding};

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

/// Cells under headers.
pub fn grid(output: &Output, headers: &[impl AsRef<str>], rows: Vec<Vec<Cell>>) -> String {
    let mut builder = Builder::with_capacity(rows.len() + 1, headers.len());
    if output.headers {
        builder.push_record(headers.iter().map(AsRef::as_ref));
    }
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
    table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
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
