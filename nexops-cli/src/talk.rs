//! Talk on standard error: warnings, notes, progress and errors.

use std::io::Write;

use crate::color::{Tone, paint};
use crate::failure::Failure;
use crate::format::clean;

/// How much is said, and how.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    /// Whether errors are written as JSON; notes are left out then, so that nothing else stands there.
    pub json: bool,
    /// Whether only errors are told.
    pub quiet: bool,
    /// Whether request ids and HTTP details are told.
    pub verbose: bool,
    /// Whether colours are welcome.
    pub colored: bool,
    /// Whether somebody looks at a terminal that can be drawn on.
    pub terminal: bool,
}

impl Talk {
    /// Says something that helps, and that nobody misses when it is not there.
    pub fn note(&self, text: &str) {
        if !self.quiet && !self.json {
            say(&clean_lines(text));
        }
    }

    /// Says something that the reader of the data should know.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            say(&format!("{} {}", paint("warning:", Tone::Odd, self.colored), clean_lines(text)));
        }
    }

    /// Tells a failure.
    pub fn fail(&self, failure: &Failure) {
        if self.json {
            say(&failure.to_json());
        } else {
            self.fail_for_people(failure);
        }
    }

    fn fail_for_people(&self, failure: &Failure) {
        for cause in &failure.causes {
            self.fail_for_people(cause);
        }
        say(&format!("{} {}", paint("error:", Tone::Bad, self.colored), clean_lines(&failure.message)));
        if let Some(hint) = &failure.hint {
            say(&format!("{} {hint}", paint("hint:", Tone::Dim, self.colored)));
        }
        if let (true, Some(origin)) = (self.verbose, &failure.origin) {
            for line in &origin.background {
                say(&format!("  {}", clean(line)));
            }
            if let Some(request_id) = &origin.request_id {
                say(&format!("  request id {}", clean(request_id)));
            }
        }
    }
}

/// Foreign words may have several lines, but may not command the terminal.
fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// Nobody can be told when standard error is gone, so failures to write there are ignored.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
