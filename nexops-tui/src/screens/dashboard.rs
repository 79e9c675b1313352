//! Everything at a glance.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::model::Model;
use crate::view::{Drawn, Look};

/// Charts of the cluster are made from this many nodes at the most.
pub const CHARTED_NODES: usize = 16;

/// Draws the screen.
pub fn view(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [cards, rest] = Layout::vertical([Constraint::Length(6), Constraint::Fill(1)]).areas(area);
    super::infrastructure::node_cards(model, true, frame, cards, look, drawn);
    super::infrastructure::guest_table(model, false, frame, rest, look, drawn);
}
