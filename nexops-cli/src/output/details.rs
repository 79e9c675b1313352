//! Descriptions of one thing for people: a key and a value a line.

use super::Cell;
use crate::color::paint;

/// The pairs with their values aligned.
pub fn render(pairs: &[(&'static str, Cell)], colored: bool) -> String {
    let width = pairs.iter().map(|(key, _)| key.len()).max().unwrap_or(0) + 2;
    pairs.iter().map(|(key, cell)| format!("{key:width$}{}\n", paint(&cell.text, cell.tone, colored))).collect()
}
