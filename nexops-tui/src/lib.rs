//! The terminal UI of NexOps.
//!
//! One way round: [`runtime`] turns keys, answers and time into [`msg::Msg`]; [`update`](update::update) changes the
//! [`model::Model`] and says what is to be done outside; [`view`](view::view) draws the model. Update and view do no IO
//! and read no clock.
#![deny(missing_docs)]

pub mod arguments;
pub mod command;
pub mod failure;
pub mod files;
pub mod form;
pub mod format;
pub mod keymap;
pub mod model;
pub mod msg;
pub mod net;
pub mod palette;
pub mod picture;
pub mod power;
pub mod preferences;
pub mod query;
pub mod remote;
pub mod rows;
pub mod runtime;
pub mod screens;
pub mod sign_in;
pub mod snapshot;
pub mod start;
pub mod store;
pub mod symbols;
pub mod table;
pub mod term;
pub mod theme;
pub mod update;
pub mod view;
pub mod widgets;
