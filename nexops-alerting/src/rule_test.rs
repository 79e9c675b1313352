//! Rule tests: series in, states and messages out, on a clock that only counts.
//!
//! A file is read strictly: what it says and nobody understands is a [`Fault`] with its line and key, never ignored. Its
//! tests run the evaluator itself, so that what passes here is what the daemon does.

mod decode;
mod fault;
mod file;
mod judge;
mod reader;
mod rules;
mod run;
mod series;
mod step;
mod time;
mod timeline;
mod world;
mod yaml;

pub use fault::Fault;
pub use judge::{Failure, Verdict};

/// Runs every test of a file.
///
/// # Errors
/// [`Fault`] when the file is wrong: with the line, the key, and what would be right.
pub fn run(text: &str) -> Result<Vec<Verdict>, Fault> {
    let file = decode::file(text)?;
    Ok(file.tests.iter().map(|test| run::run(test, file.interval)).collect())
}
