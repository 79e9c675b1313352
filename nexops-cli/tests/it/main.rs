//! The real binary against a server that answers as the API's contract says.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod bulk;
mod completions;
mod confirmation;
mod daemon;
mod exit_codes;
mod forms;
mod lists;
mod metrics;
mod names;
mod power;
mod rule_tests;
mod services;
mod status;
mod tasks;
mod terminal;
