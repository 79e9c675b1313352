//! Tests of the evaluator from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod faults;
mod files;
mod negative;
mod properties;
