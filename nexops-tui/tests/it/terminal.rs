//! The program itself, in a pseudo-terminal.
