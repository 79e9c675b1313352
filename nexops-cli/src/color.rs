//! Colours: few, with a meaning each, and only where they are welcome.

use std::env;
use std::ffi::OsString;

use clap::ValueEnum;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a piece of text says by its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// All is well: green.
    Good,
    /// Something is wrong: red.
    Bad,
    /// Something wants a look: amber.
    Odd,
    /// Of less interest: dim.
    Dim,
}

impl Tone {
    /// The escape sequence that begins the tone; empty for plain text.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "\u{1b}[32m",
            Self::Bad => "\u{1b}[31m",
            Self::Odd => "\u{1b}[33m",
            Self::Dim => "\u{1b}[2m",
        }
    }
}

/// The escape sequence that ends every tone.
pub const RESET: &str = "\u{1b}[0m";

/// The text in its tone.
pub fn paint(text: &str, tone: Tone, colored: bool) -> String {
    match (colored, tone.code()) {
        (false, _) | (true, "") => text.to_owned(),
        (true, code) => format!("{code}{text}{RESET}"),
    }
}

/// Whether to colour what goes to a stream.
pub fn is_wanted(choice: ColorChoice, is_terminal: bool) -> bool {
    decide(choice, is_terminal, |name| env::var_os(name))
}

fn decide(choice: ColorChoice, is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE") != Some("0".into()) => true,
        ColorChoice::Auto => is_terminal && variable("TERM") != Some("dumb".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(choice: ColorChoice, is_terminal: bool, variables: &[(&str, &str)], expected: bool) {
        let variable = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        assert_eq!(decide(choice, is_terminal, variable), expected, "{choice:?} {is_terminal} {variables:?}");
    }

    #[test]
    fn the_flag_goes_before_the_environment_and_the_environment_before_the_terminal() {
        check(ColorChoice::Auto, true, &[], true);
        check(ColorChoice::Auto, false, &[], false);
        check(ColorChoice::Auto, true, &[("TERM", "dumb")], false);
        check(ColorChoice::Auto, true, &[("NO_COLOR", "1")], false);
        check(ColorChoice::Auto, true, &[("NO_COLOR", "")], true);
        check(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "1")], true);
        check(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "0")], false);
        check(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false);
        check(ColorChoice::Always, false, &[("NO_COLOR", "1")], true);
        check(ColorChoice::Never, true, &[("CLICOLOR_FORCE", "1")], false);
    }
}
