//! `nexops alert`.

pub mod rule_test;
