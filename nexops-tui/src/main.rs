//! The terminal UI.
fn main() {}
