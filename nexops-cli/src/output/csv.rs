//! CSV for machines: flat values, RFC 3339 times, nothing where nothing is known.

use super::{Field, unwritable};
use crate::failure::Result;

/// Rows of anything as CSV with all of their fields.
pub fn render_fields<T>(headers: bool, rows: &[T], fields: &'static [Field<T>]) -> Result<String> {
    render(headers, rows, &fields.iter().collect::<Vec<_>>())
}

/// Rows as CSV.
pub fn render<T>(headers: bool, rows: &[T], fields: &[&'static Field<T>]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if headers {
        writer.write_record(fields.iter().map(|field| field.name)).map_err(|error| unwritable(&error))?;
    }
    for row in rows {
        let values = fields.iter().map(|field| (field.value)(row).unwrap_or_default());
        writer.write_record(values).map_err(|error| unwritable(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritable(error.error()))?;
    String::from_utf8(bytes).map_err(|error| unwritable(&error))
}
