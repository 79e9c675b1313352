//! What happens to the model, and what the model wants done.

use chrono::{DateTime, Utc};
use crossterm::event::{KeyEvent, MouseEvent};
use nexops_core::id::{TaskId, VmId};
use nexops_core::task::Task;
use nexops_core::vm::PowerAction;

use crate::failure::Failure;
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
    /// The daemon tells what happens.
    Told(Vec<Question>),
    /// The stream of events came about, or broke.
    Stream(bool),
    /// Something went wrong inside that must not go unseen.
    Fault(String),
}

/// Something that is to be done outside.
#[derive(Debug, Clone, PartialEq)]
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
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Leave.
    Quit,
}

/// Something that the daemon is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A power action on a guest.
    Power {
        /// The guest.
        vm: VmId,
        /// What it is called, for messages.
        name: String,
        /// What to do.
        action: PowerAction,
    },
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A task is under way.
    Task(Box<Task>),
    /// It is done.
    Done,
}

/// How a task is known to messages: it is followed until it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// The task.
    pub task: TaskId,
    /// The guest.
    pub vm: VmId,
    /// What it is called.
    pub name: String,
    /// What is done.
    pub action: PowerAction,
}
