//! What lies over a screen and has the keys while it does.

use tui_input::Input;

use crate::command::Command;
use crate::form::Form;
use crate::model::toast::Tone;
use crate::palette::Palette;

/// Something that lies over a screen.
#[derive(Debug)]
pub enum Modal {
    /// The keys, scrolled so far.
    Help(u16),
    /// What the toasts said, scrolled so far from the end.
    Messages(u16),
    /// The command palette.
    Palette(Palette),
    /// A question before something is done.
    Confirm(Confirm),
    /// The columns of a table.
    Columns(Columns),
    /// Something to fill in.
    Form(Box<Form>),
    /// What came of a trial.
    Report(Report),
}

/// What came of a trial.
#[derive(Debug)]
pub struct Report {
    /// What was tried.
    pub title: String,
    /// What came of it, line by line, and how each line is meant.
    pub lines: Vec<(String, Tone)>,
    /// The fingerprint of a certificate that was refused and can be pinned in the form below.
    pub pin: Option<String>,
    /// How far it was scrolled.
    pub scroll: u16,
}

/// A question before something is done. What is to be done is held here since the question was put: it does not matter
/// where the selection is by now.
#[derive(Debug)]
pub struct Confirm {
    /// What it is about.
    pub title: String,
    /// What will happen, to what.
    pub lines: Vec<String>,
    /// What the button says.
    pub verb: String,
    /// What is done.
    pub commands: Vec<Command>,
    /// What must be typed before it may be done, and what was typed.
    pub typed: Option<(String, Input)>,
    /// Whether the button that does it is lit; at first it is the other.
    pub agreed: bool,
}

impl Confirm {
    /// Whether it may be done.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.typed.as_ref().is_none_or(|(wanted, typed)| typed.value().trim() == wanted)
    }
}

/// The columns of a table while they are chosen.
#[derive(Debug)]
pub struct Columns {
    /// Every column in its order: key, heading, and whether it is shown.
    pub columns: Vec<(&'static str, &'static str, bool)>,
    /// Which is selected.
    pub position: usize,
}
