//! The real binary against a server that answers as the API's contract says.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod apply;
mod audit;
mod bulk;
mod channels;
mod completions;
mod confirmation;
mod connections;
mod contexts;
mod cron;
mod daemon;
mod events;
mod examples;
mod exit_codes;
mod forms;
mod lists;
mod metrics;
mod monitoring;
mod names;
mod power;
mod rule_tests;
mod services;
mod status;
mod tasks;
mod terminal;
mod ui;
