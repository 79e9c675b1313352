//! The commands, a file for each noun.

pub mod completions;
pub mod node;
pub mod power;
pub mod status;
pub mod task;
pub mod vm;
