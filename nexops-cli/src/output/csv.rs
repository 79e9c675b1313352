//! CSV for machines: flat values, RFC 3339 times, nothing where nothing is known.

use super::{Field, Row, unwritable};
use crate::failure::Result;

/// The rows as CSV.
pub fn render<T: Row>(headers: bool, rows: &[T]) -> Result<String> {
    render_fields(headers, rows, T::FIELDS)
}

/// Rows of anything as CSV.
pub fn render_fields<T>(headers: bool, rows: &[T], fields: &[Field<T>]) -> Result<String> {
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
