//! The question before an action that takes something away.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};

use nexops_core::vm::{PowerAction, Vm};

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::rows::vm;

/// Whether the action is only done after a yes.
pub const fn is_asked_for(action: PowerAction) -> bool {
    match action {
        PowerAction::Stop
        | PowerAction::Restart
        | PowerAction::Shutdown
        | PowerAction::Reset
        | PowerAction::Suspend => true,
        PowerAction::Start | PowerAction::Resume => false,
    }
}

/// Fails when nobody could answer the question.
pub fn require_terminal(action: impl Display) -> Result<()> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    let message = format!("{action} needs a confirmation, and there is no terminal to ask on; nothing was sent");
    Err(Failure::new(Exit::Usage, "CONFIRMATION_NEEDED", message).with_hint("add --yes to do it without being asked"))
}

/// Asks; fails when the answer is not yes.
pub fn ask(action: PowerAction, guests: &[&Vm]) -> Result<()> {
    answer(&question(action, guests))
}

/// Puts a question; fails when the answer is not yes.
pub fn answer(question: &str) -> Result<()> {
    let mut stderr = io::stderr().lock();
    // A question that cannot be shown is answered below by the end of the input.
    let _ = stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Exit::Generic, "NOT_CONFIRMED", "not confirmed; nothing was sent"))
}

fn question(action: PowerAction, guests: &[&Vm]) -> String {
    let mut text = format!("{}:\n", effect(action));
    for guest in guests {
        let place = clean(&format!("{} {} on {}", guest.vmid, guest.name, guest.node));
        text.push_str(&format!("  {place}, {}\n", vm::status(guest).text));
    }
    text.push_str("Go on? [y/N] ");
    text
}

const fn effect(action: PowerAction) -> &'static str {
    match action {
        PowerAction::Start => "This switches on",
        PowerAction::Stop => "This switches off at once, and what is not yet on the disk is lost",
        PowerAction::Restart => "This shuts down and starts again",
        PowerAction::Shutdown => "This asks to shut down",
        PowerAction::Reset => "This presses the reset button, and what is not yet on the disk is lost",
        PowerAction::Suspend => "This freezes in memory",
        PowerAction::Resume => "This lets go on",
    }
}
