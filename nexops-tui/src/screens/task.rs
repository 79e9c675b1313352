//! One task, and what its worker wrote.

use nexops_core::id::TaskId;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::format::{moment, took};
use crate::model::Model;
use crate::rows::task::badge;
use crate::theme::Role;
use crate::view::{Drawn, Look, sentence, show};
use crate::widgets::panel::panel;
use crate::widgets::text::{fit, put};

/// Draws the screen.
pub fn view(model: &Model, id: TaskId, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let Some(task) = model.store.task(id) else {
        let inner = panel(frame, area, "Task", "", true, look);
        if show(Some(&model.store.tasks), frame, inner, look).is_some() {
            sentence(frame, inner, "this task is not among the latest any more; Esc goes back", Role::Warning, look);
        }
        return;
    };
    let [head, body] = Layout::vertical([Constraint::Length(4), Constraint::Fill(1)]).areas(area);
    let path = format!("Tasks {0} {1} {2}", look.symbols.deeper(), task.action, task.vmid);
    let inner = panel(frame, head, &path, "", true, look);
    let (sign, role) = badge(task.status, look);
    let dot = format!(" {} ", look.symbols.dot());
    let name = model.store.guest(task.vm_id).map(|vm| vm.name.clone()).unwrap_or_default();
    let mut parts = vec![
        format!("{} {name} on {}", task.vmid, task.node),
        format!("by {}", task.actor),
        format!("at {}", moment(task.started_at, look.now, look.offset)),
        format!("took {}", took(task.finished_at.unwrap_or(look.now) - task.started_at)),
    ];
    parts.extend(task.progress.map(|progress| format!("{progress}%")));
    let buffer = frame.buffer_mut();
    let x = put(buffer, inner, inner.x + 1, inner.y, &format!("{sign} {} ", task.status), look.theme.text(role));
    let text = parts.join(&dot);
    let text = fit(&text, inner.right().saturating_sub(x + 2), look.symbols.ellipsis());
    put(buffer, inner, x + 1, inner.y, &text, look.theme.text(Role::Text));
    let words = task.exit_status.as_deref().or(task.upid.as_deref()).unwrap_or_default();
    let words = fit(words, inner.width.saturating_sub(2), look.symbols.ellipsis());
    put(buffer, inner, inner.x + 1, inner.y + 1, &words, look.theme.text(Role::Muted));
    log(model, id, frame, body, look, drawn);
}

fn log(model: &Model, id: TaskId, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let lines = model.store.log(id).and_then(|remote| remote.seen()).map_or(0, |seen| seen.value.lines.len());
    let inner = panel(frame, area, "Log", &format!("{lines} lines"), false, look);
    let Some(shown) = show(model.store.log(id), frame, inner, look) else { return };
    if shown.value.lines.is_empty() {
        let words = "nothing was written yet: Proxmox writes the log of a power action when it ends";
        sentence(frame, inner, words, Role::Muted, look);
        return;
    }
    drawn.furthest = u16::try_from(lines).unwrap_or(u16::MAX).saturating_sub(inner.height);
    let first = usize::from(model.scroll.min(drawn.furthest));
    let buffer = frame.buffer_mut();
    for (y, line) in (inner.y..inner.bottom()).zip(shown.value.lines.iter().skip(first)) {
        put(buffer, inner, inner.x, y, &format!("{:>5}", line.number), look.theme.text(Role::Faint));
        let text: String = line.text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
        let text = fit(&text, inner.width.saturating_sub(8), look.symbols.ellipsis());
        put(buffer, inner, inner.x + 7, y, &text, look.theme.text(Role::Text));
    }
}
