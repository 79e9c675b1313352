//! The drawer with the tasks: what is under way and what was done, over the right of any screen.

use nexops_core::task::TaskStatus;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::list::{self, Shown};
use crate::model::Model;
use crate::store::rows;
use crate::view::{Drawn, Look, Pane};

/// Draws the drawer.
pub fn drawer(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let cells = (area.width * 3 / 5).clamp(60.min(area.width), 90);
    let place = Rect { x: area.right().saturating_sub(cells), width: cells, ..area };
    frame.render_widget(Clear, place);
    let tasks = rows(&model.store.tasks);
    let running = tasks.iter().filter(|task| task.status == TaskStatus::Running).count();
    let shown = Shown {
        pane: Pane::Tasks,
        name: "Tasks",
        summary: &format!("{running} running"),
        empty: "nothing was done yet: start, stop and restart guests, and it shows here",
        none_fits: "no task fits the filter; Esc clears it",
    };
    list::draw(&shown, &model.store.tasks, model, frame, place, look, drawn);
}
