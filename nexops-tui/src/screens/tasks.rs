//! The drawer with the tasks: what is under way and what was done, over the right of any screen.

use nexops_core::task::TaskStatus;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use crate::model::Model;
use crate::theme::Role;
use crate::view::{Drawn, Look, Pane, sentence, show};
use crate::widgets::panel::panel;
use crate::widgets::table::table;

/// Draws the drawer.
pub fn drawer(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let cells = (area.width * 3 / 5).clamp(60.min(area.width), 90);
    let place = Rect { x: area.right().saturating_sub(cells), width: cells, ..area };
    frame.render_widget(Clear, place);
    let tasks = model.store.tasks.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
    let running = tasks.iter().filter(|task| task.status == TaskStatus::Running).count();
    let inner = panel(frame, place, "Tasks", &format!("{running} running"), true, look);
    let Some(shown) = show(Some(&model.store.tasks), frame, inner, look) else { return };
    if shown.value.is_empty() {
        sentence(
            frame,
            inner,
            "nothing was done yet: start, stop and restart guests, and it shows here",
            Role::Muted,
            look,
        );
        return;
    }
    table(frame, inner, Pane::Tasks, shown.value, &model.tables.tasks, look, drawn);
}
