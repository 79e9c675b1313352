//! Secrets that people type in or pipe in: nothing shows while they do, and no command line ever holds one.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};

use nexops_core::secret::WriteOnly;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::cli::SecretArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// More is no secret.
const LONGEST: u64 = 64 << 10;

/// The secret that the flags say where to find; `None` when they say nothing.
pub fn given(secret: &SecretArgs) -> Result<Option<WriteOnly>> {
    let unreadable = |place: &str, error: io::Error| {
        Failure::new(Exit::Usage, "SECRET_UNREADABLE", format!("cannot read the secret from {place}: {error}"))
    };
    let mut text = String::new();
    if let Some(path) = &secret.secret_file {
        let place = path.display().to_string();
        let file = fs::File::open(path).map_err(|error| unreadable(&place, error))?;
        file.take(LONGEST).read_to_string(&mut text).map_err(|error| unreadable(&place, error))?;
    } else if secret.secret_stdin {
        let read = io::stdin().lock().take(LONGEST).read_to_string(&mut text);
        read.map_err(|error| unreadable("standard input", error))?;
    } else {
        return Ok(None);
    }
    whole(&text).map(Some)
}

/// Asks for a secret on the terminal.
pub fn secret(question: &str) -> Result<WriteOnly> {
    if !is_at_terminal() {
        let message = "a secret is needed, and there is no terminal to ask for it";
        return Err(Failure::new(Exit::Usage, "SECRET_NEEDED", message)
            .with_hint("give it with --secret-stdin or --secret-file"));
    }
    whole(&ask(question)?)
}

fn whole(text: &str) -> Result<WriteOnly> {
    match text.trim() {
        "" => Err(Failure::new(Exit::Usage, "SECRET_NEEDED", "the secret is empty")),
        text => Ok(text.to_owned().into()),
    }
}

/// Whether there is somebody to ask.
pub fn is_at_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Puts a question and reads a line that does not show.
pub fn ask(question: &str) -> Result<String> {
    let unreadable =
        |error: io::Error| Failure::new(Exit::Generic, "INPUT_FAILED", format!("cannot read the answer: {error}"));
    let silence = Silence::begin().map_err(|error| unreadable(error.into()))?;
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{question} (not shown): ").and_then(|()| stderr.flush());
    let line = type_line(&mut io::stdin().lock());
    drop(silence);
    // The line break that was typed did not show either.
    let _ = writeln!(stderr);
    line.map_err(unreadable)?.ok_or_else(|| Failure::new(Exit::Interrupted, "INTERRUPTED", "interrupted"))
}

/// What somebody types up to the line break; nothing where he gives it up. The terminal passes every key on as it is,
/// so that Ctrl-C does not end the program while nothing shows.
fn type_line(keys: &mut impl Read) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut key = [0];
    loop {
        let is_over = keys.read(&mut key)? == 0;
        match key[0] {
            _ if is_over => break,
            b'\r' | b'\n' | END_OF_INPUT => break,
            INTERRUPT | QUIT => return Ok(None),
            BACKSPACE | DELETE => {
                // All bytes of a letter go together.
                while line.pop().is_some_and(|byte: u8| byte & 0b1100_0000 == 0b1000_0000) {}
            }
            KILL_LINE => line.clear(),
            byte => line.push(byte),
        }
    }
    String::from_utf8(line).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

const INTERRUPT: u8 = 0x03;
const END_OF_INPUT: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const KILL_LINE: u8 = 0x15;
const QUIT: u8 = 0x1c;
const DELETE: u8 = 0x7f;

/// While it lives, the terminal shows nothing of what is typed.
struct Silence(Termios);

impl Silence {
    fn begin() -> rustix::io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Now, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_mend_a_line_work_though_nothing_shows() {
        let typed = |keys: &str| type_line(&mut keys.as_bytes()).unwrap();
        assert_eq!(typed("s3cret\rmore").as_deref(), Some("s3cret"));
        assert_eq!(typed("s3crett\u{7f}\n").as_deref(), Some("s3cret"));
        assert_eq!(typed("aé\u{7f}b\n").as_deref(), Some("ab"));
        assert_eq!(typed("wrong\u{15}right\n").as_deref(), Some("right"));
        assert_eq!(typed("\u{7f}a").as_deref(), Some("a"));
        assert_eq!(typed("a\u{3}b\n"), None);
    }
}
