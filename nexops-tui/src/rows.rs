//! The columns of tables, and what filters can ask of their rows.

pub mod consumer;
pub mod node;
pub mod task;
pub mod vm;
