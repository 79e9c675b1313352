//! nexopsd
pub mod postgres;
