//! The columns of tables, and what filters can ask of their rows.

pub mod alert;
pub mod audit;
pub mod channel;
pub mod connection;
pub mod consumer;
pub mod node;
pub mod rule;
pub mod service;
pub mod silence;
pub mod task;
pub mod vm;
