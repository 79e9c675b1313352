//! nexops-core
