//! When alerts fire, resolve and are sent. Pure: no IO, no clock.
#![deny(missing_docs)]
