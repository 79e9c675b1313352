//! Tests of the terminal UI: what keys do, what screens look like, and the program in a real terminal.

mod fixture;
mod keys;
mod screens;
mod sizes;
mod terminal;
