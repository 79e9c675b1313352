//! The commands, a file for each noun.

pub mod alert;
pub mod api;
pub mod check;
pub mod completions;
pub mod context;
pub mod login;
pub mod node;
pub mod power;
pub mod service;
pub mod status;
pub mod task;
pub mod vm;
