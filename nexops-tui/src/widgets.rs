//! Pieces that screens are put together from. They read the model and draw; they change nothing.

pub mod cell;
pub mod chart;
pub mod facts;
pub mod form;
pub mod meter;
pub mod panel;
pub mod table;
pub mod tabs;
pub mod text;
