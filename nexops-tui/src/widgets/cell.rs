//! A table's cell: text in roles, so that a selected row can keep them.

use std::borrow::Cow;

use crate::theme::Role;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A text.
    Text(Cow<'static, str>, Role),
    /// A sign and a text, both in the role.
    Badge(&'static str, Cow<'static, str>, Role),
    /// A number out of a hundred, with a meter where there is room; `None` when it is not known.
    Percent(Option<f64>, Role),
    /// A row of levels, 0..=1; `None` where nothing was measured.
    Levels(Vec<Option<f64>>, Role),
}

impl Cell {
    /// A text of the usual kind.
    #[must_use]
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into(), Role::Text)
    }

    /// A text that matters less.
    #[must_use]
    pub fn muted(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into(), Role::Muted)
    }
}
