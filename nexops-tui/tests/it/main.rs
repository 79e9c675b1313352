//! Tests of the terminal UI: what keys do, what screens look like, and the program in a real terminal.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod acting;
mod bytes;
mod documentation;
mod fixture;
mod keys;
mod live;
mod palette;
mod reading;
mod screens;
mod sizes;
mod terminal;
