//! The terminal: taken when it begins, given back however it ends; frames go out in one piece.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};

use crate::model::Model;
use crate::picture::Picture;

/// A frame fits, so that it is written at once.
const BUFFER: usize = 64 * 1024;
/// The longest text that terminals take into their clipboard.
const LONGEST_COPY: usize = 74_994;

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours.
#[derive(Debug)]
pub struct Term {
    picture: Picture<BufWriter<Stdout>>,
    mouse: bool,
}

impl Term {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it does not do as told.
    pub fn take(mouse: bool) -> io::Result<Self> {
        enter(mouse)?;
        Ok(Self { picture: Picture::blank(BufWriter::with_capacity(BUFFER, io::stdout())), mouse })
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal does not tell.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    /// Shows the model; says whether that took a new picture.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn show(&mut self, model: &mut Model) -> io::Result<bool> {
        self.picture.show(model)
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn mouse(&mut self, taken: bool) -> io::Result<()> {
        self.mouse = taken;
        if taken { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }

    /// Puts a text into the clipboard of the terminal, which may be on another machine (OSC 52).
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn copy(&mut self, text: &str, in_tmux: bool) -> io::Result<()> {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        if encoded.len() > LONGEST_COPY {
            return Ok(());
        }
        let mut out = io::stdout();
        if in_tmux {
            write!(out, "\x1bPtmux;\x1b\x1b]52;c;{encoded}\x07\x1b\\")?;
        } else {
            write!(out, "\x1b]52;c;{encoded}\x07")?;
        }
        out.flush()
    }

    /// Gives the terminal back, stops the process until it is told to go on, and takes the terminal again.
    ///
    /// # Errors
    /// When the terminal does not do as told.
    pub fn stop(&mut self) -> io::Result<()> {
        restore();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        enter(self.mouse)?;
        self.picture = Picture::blank(BufWriter::with_capacity(BUFFER, io::stdout()));
        Ok(())
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        restore();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse { execute!(io::stdout(), EnableMouseCapture) } else { Ok(()) }
}

/// Gives the terminal back, if it is ours. It may be called at any moment, and more than once.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ignored = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            cursor::Show,
            LeaveAlternateScreen
        );
        let _ignored = disable_raw_mode();
    }
}

/// Has a panic of the main thread give the terminal back before it is told. One of another thread is told on the screen.
pub fn restore_on_panic() {
    let main = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == main {
            restore();
            before(panic);
        }
    }));
}
