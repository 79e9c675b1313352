//! The picture on the terminal: only what differs from it is written, in one piece, and nothing when nothing does.

mod pen;

use std::io::{self, Write};

use ratatui::buffer::Buffer;

use self::pen::Pen;
use crate::model::Model;
use crate::snapshot;

/// From here on what is written belongs together (DEC 2026).
const BEGIN: &[u8] = b"\x1b[?2026h";
/// Here it ends.
const END: &[u8] = b"\x1b[?2026l";
/// Default colours, and an empty screen.
const ERASE: &[u8] = b"\x1b[0m\x1b[2J";

/// The picture on a terminal.
#[derive(Debug)]
pub struct Picture<W: Write> {
    out: W,
    /// What is there; `None` before the first picture.
    shown: Option<Buffer>,
}

impl<W: Write> Picture<W> {
    /// A terminal on which nothing was drawn yet.
    pub const fn blank(out: W) -> Self {
        Self { out, shown: None }
    }

    /// What it was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Shows the model, and notes in it where what was drawn; says whether anything had to be written.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn show(&mut self, model: &mut Model) -> io::Result<bool> {
        let (picture, drawn) = snapshot::render(model);
        for (pane, (first, _)) in &drawn.tables {
            model.tables.of_mut(*pane).drawn_from(*first);
        }
        model.drawn = drawn;
        if self.shown.as_ref() == Some(&picture) {
            return Ok(false);
        }
        let mut bytes = BEGIN.to_vec();
        let before = match self.shown.take().filter(|shown| shown.area == picture.area) {
            Some(before) => before,
            None => {
                bytes.extend_from_slice(ERASE);
                Buffer::empty(picture.area)
            }
        };
        let mut pen = Pen::default();
        for (x, y, cell) in before.diff(&picture) {
            pen.put(&mut bytes, x, y, cell);
        }
        pen.lift(&mut bytes);
        bytes.extend_from_slice(END);
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        self.shown = Some(picture);
        Ok(true)
    }
}
