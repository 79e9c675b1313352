//! Command lines that cannot be understood, and those that ask for help.

use std::env;
use std::ffi::OsString;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::talk::Talk;

/// Prints help and version on standard output, and what is wrong on standard error.
pub fn report(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // A reader that has left has seen what it wanted.
        let _ = error.print();
        return Exit::Success;
    }
    if wants_json(env::args_os()) {
        let text = error.to_string();
        let paragraph: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let message = paragraph.join(" ");
        let message = message.strip_prefix("error: ").unwrap_or(&message);
        let failure = Failure::new(Exit::Usage, "USAGE", message).with_hint("--help shows what can be given");
        Talk { json: true, quiet: false, verbose: false, colored: false, terminal: false }.fail(&failure);
    } else {
        let _ = error.print();
    }
    Exit::Usage
}

/// Whether `check` was called, as far as that can be told of arguments that could not be read as a whole.
pub fn is_of_check() -> bool {
    env::args_os().skip(1).find(|word| !word.to_string_lossy().starts_with('-')).is_some_and(|word| word == "check")
}

/// Whether JSON was asked for, as far as that can be told of arguments that could not be read as a whole.
fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let arguments: Vec<String> = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
    let is_joined = |argument: &String| {
        ["-ojson", "-o=json", "--output=json"]
            .iter()
            .any(|flag| argument.strip_suffix('l').unwrap_or(argument) == *flag)
    };
    let is_split = |pair: &[String]| matches!(pair, [flag, value] if matches!(flag.as_str(), "-o" | "--output") && matches!(value.as_str(), "json" | "jsonl"));
    arguments.iter().any(is_joined) || arguments.windows(2).any(is_split)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_recognised_in_every_spelling() {
        let check = |line: &str| wants_json(line.split(' ').map(OsString::from));
        assert!(
            check("nexops vm bogus -o json")
                && check("nexops vm -ojsonl")
                && check("nexops vm -o jsonl")
                && check("nexops --output=json vm")
                && check("nexops vm -ojson")
        );
        assert!(!check("nexops vm json") && !check("nexops -o yaml json"));
    }
}
