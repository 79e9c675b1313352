//! What happens to the model, and what the model wants done.

use chrono::{DateTime, Utc};
use crossterm::event::{KeyEvent, MouseEvent};
use nexops_core::event::Event as Happening;

use crate::command::{Command, Outcome};
use crate::failure::Failure;
use crate::model::Context;
use crate::preferences::{Identity, Preferences};
use crate::store::{Answer, Question};

/// Something that happened, with the time at which it did.
#[derive(Debug)]
pub struct Msg {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub event: Event,
}

/// What can happen.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// A text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(u16, u16),
    /// A time that the model waited for has come.
    Tick,
    /// The program goes on after it was stopped.
    Resumed,
    /// A question was answered, or could not be.
    Answered {
        /// The question.
        question: Question,
        /// Which asking of it.
        generation: u64,
        /// What came.
        result: Result<Answer, Failure>,
    },
    /// A command was carried out, or refused.
    Done {
        /// The command.
        command: Command,
        /// What came of it.
        result: Result<Outcome, Failure>,
    },
    /// The daemon tells by itself what happened, the oldest first.
    Told(Vec<Happening>),
    /// Some of what the daemon told was missed.
    Missed,
    /// The stream of what the daemon tells came about, or broke.
    Stream(bool),
    /// Something went wrong inside that must not go unseen.
    Fault(String),
}

/// Something that is to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask the daemon.
    Ask(Question, u64),
    /// Have the daemon do something.
    Do(Command),
    /// Put a text into the terminal's clipboard.
    Copy(String),
    /// Write down what is to be remembered.
    Save(Box<Preferences>),
    /// From now on speak as this person.
    SignIn(Box<Identity>),
    /// From now on speak to the daemon of this context.
    Switch(Box<Context>),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Leave.
    Quit,
}
