//! Signs: those of Unicode, or those that every terminal has.

/// Which signs the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Symbols {
    /// Lines, blocks and circles.
    #[default]
    Unicode,
    /// Nothing beyond ASCII.
    Ascii,
}

/// How charts are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Marker {
    /// Eight dots a cell.
    #[default]
    Braille,
    /// Two blocks a cell.
    Block,
    /// One sign a cell, of ASCII.
    Ascii,
}

impl Marker {
    /// Every marker.
    pub const ALL: [Self; 3] = [Self::Braille, Self::Block, Self::Ascii];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Braille => "braille",
            Self::Block => "block",
            Self::Ascii => "ascii",
        }
    }
}

impl Symbols {
    const fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.pick("unicode", "ascii")
    }

    /// Runs, healthy, live.
    #[must_use]
    pub const fn full(self) -> &'static str {
        self.pick("●", "*")
    }

    /// Off.
    #[must_use]
    pub const fn hollow(self) -> &'static str {
        self.pick("○", "o")
    }

    /// Paused, changing.
    #[must_use]
    pub const fn half(self) -> &'static str {
        self.pick("◐", "~")
    }

    /// Critical.
    #[must_use]
    pub const fn critical(self) -> &'static str {
        self.pick("▲", "!")
    }

    /// A warning.
    #[must_use]
    pub const fn warning(self) -> &'static str {
        self.pick("◆", "!")
    }

    /// Done.
    #[must_use]
    pub const fn done(self) -> &'static str {
        self.pick("✓", "+")
    }

    /// Failed.
    #[must_use]
    pub const fn failed(self) -> &'static str {
        self.pick("✗", "x")
    }

    /// Under way.
    #[must_use]
    pub const fn running(self) -> &'static str {
        self.pick("◌", "~")
    }

    /// Not known.
    #[must_use]
    pub const fn unknown(self) -> &'static str {
        self.pick("◌", "?")
    }

    /// The selected row.
    #[must_use]
    pub const fn selected(self) -> &'static str {
        self.pick("▌", ">")
    }

    /// Smallest first.
    #[must_use]
    pub const fn ascending(self) -> &'static str {
        self.pick("▲", "^")
    }

    /// Largest first.
    #[must_use]
    pub const fn descending(self) -> &'static str {
        self.pick("▼", "v")
    }

    /// Between parts of a line.
    #[must_use]
    pub const fn dot(self) -> &'static str {
        self.pick("·", "-")
    }

    /// Where something was cut off.
    #[must_use]
    pub const fn ellipsis(self) -> &'static str {
        self.pick("…", "~")
    }

    /// Between the parts of a path.
    #[must_use]
    pub const fn deeper(self) -> &'static str {
        self.pick("›", ">")
    }

    /// Between the names of panes.
    #[must_use]
    pub const fn bar(self) -> &'static str {
        self.pick("│", "|")
    }

    /// Round a choice that can be changed.
    #[must_use]
    pub const fn choices(self) -> (&'static str, &'static str) {
        match self {
            Self::Unicode => ("‹", "›"),
            Self::Ascii => ("<", ">"),
        }
    }

    /// Between what was and what is.
    #[must_use]
    pub const fn becomes(self) -> &'static str {
        self.pick("→", "->")
    }

    /// The brand.
    #[must_use]
    pub const fn brand(self) -> &'static str {
        self.pick("◆", "#")
    }

    /// Received.
    #[must_use]
    pub const fn received(self) -> &'static str {
        self.pick("↓", "in")
    }

    /// Sent.
    #[must_use]
    pub const fn sent(self) -> &'static str {
        self.pick("↑", "out")
    }

    /// Parts of a cell filled from the left, from an eighth to the whole.
    #[must_use]
    pub const fn eighths(self) -> [&'static str; 8] {
        match self {
            Self::Unicode => ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
            Self::Ascii => ["-", "-", "-", "=", "=", "=", "#", "#"],
        }
    }

    /// Parts of a cell filled from below, from an eighth to the whole.
    #[must_use]
    pub const fn levels(self) -> [&'static str; 8] {
        match self {
            Self::Unicode => ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            Self::Ascii => ["_", "_", ".", "-", "-", "=", "=", "#"],
        }
    }

    /// The empty rest of a meter.
    #[must_use]
    pub const fn rest(self) -> &'static str {
        self.pick("·", ".")
    }
}
