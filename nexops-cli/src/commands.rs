//! The commands, a file for each noun.

pub mod alert;
pub mod api;
pub mod apply;
pub mod audit;
pub mod check;
pub mod completions;
pub mod context;
pub mod events;
pub mod export;
pub mod login;
pub mod man;
pub mod metrics;
pub mod node;
pub mod power;
pub mod service;
pub mod settings;
pub mod status;
pub mod task;
pub mod ui;
pub mod vm;
