//! The commands, a file for each noun.

pub mod alert;
pub mod completions;
pub mod metrics;
pub mod node;
pub mod power;
pub mod service;
pub mod status;
pub mod task;
pub mod vm;
