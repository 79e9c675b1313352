//! nexopsd
