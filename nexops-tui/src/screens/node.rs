//! One node: what it does now, its history, its guests.

use nexops_core::id::NodeId;
use nexops_core::metric::Metric;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::charts::{self, Plot, ranges};
use crate::format::{gibibytes, mebibytes, percent, uptime};
use crate::model::Model;
use crate::rows::node::badge;
use crate::rows::vm;
use crate::theme::Role;
use crate::view::{Drawn, Look, WIDE, sentence, show};
use crate::widgets::panel::panel;
use crate::widgets::text::{fit, put, put_right};

/// The charts, in their order.
const PLOTS: [Plot<'static>; 3] = [
    Plot { title: "CPU %", metrics: &[Metric::CpuUsage], threshold: None },
    Plot { title: "Memory %", metrics: &[Metric::MemoryUsage], threshold: None },
    Plot { title: "Root disk %", metrics: &[Metric::DiskUsage], threshold: None },
];

/// Draws the screen.
pub fn view(model: &Model, id: NodeId, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [head, body] = Layout::vertical([Constraint::Length(4), Constraint::Fill(1)]).areas(area);
    let Some(node) = model.store.node(id) else {
        let inner = panel(frame, area, "Node", "", true, look);
        if show(Some(&model.store.nodes), frame, inner, look).is_some() {
            sentence(frame, inner, "this node is gone; Esc goes back", Role::Warning, look);
        }
        return;
    };
    let path = format!("Nodes {} {}", look.symbols.deeper(), node.hostname);
    let inner = panel(frame, head, &path, &ranges(look.range), true, look);
    let (sign, role) = badge(node.status, look);
    let dot = format!(" {} ", look.symbols.dot());
    let buffer = frame.buffer_mut();
    let x = put(buffer, inner, inner.x + 1, inner.y, &format!("{sign} {} ", node.status), look.theme.text(role));
    let x = put(buffer, inner, x, inner.y, &node.hostname, look.theme.text(Role::Strong));
    let mut facts = vec![format!("up {}", uptime(node.usage.uptime_seconds)), node.connection.clone()];
    facts.extend(node.ip_address.clone());
    put(buffer, inner, x + 2, inner.y, &facts.join(&dot), look.theme.text(Role::Muted));
    let size = [
        format!("{} threads, {} in use", node.cpu_cores, percent(node.usage.cpu_usage)),
        format!(
            "{} of {} memory",
            node.usage.memory_used_mb.map_or_else(
                || "-".to_owned(),
                |used| {
                    #[expect(clippy::cast_precision_loss, reason = "MiB of a server")]
                    mebibytes(used as f64)
                }
            ),
            mebibytes(f64::from(node.memory_total_mb))
        ),
        format!(
            "{} of {} root disk",
            node.usage.disk_used_gb.map_or_else(|| "-".to_owned(), gibibytes),
            gibibytes(f64::from(node.disk_total_gb))
        ),
    ];
    put(buffer, inner, inner.x + 1, inner.y + 1, &size.join(&dot), look.theme.text(Role::Text));
    let history = model.store.history(id.0, model.range);
    if let Some(zoomed) = model.zoom.and_then(|at| PLOTS.get(at)) {
        charts::draw(history, *zoomed, frame, body, look);
        return;
    }
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(if area.width >= WIDE { 46 } else { 30 })])
            .areas(body);
    let count = if left.height >= 24 { 3 } else { 2 };
    let places = Layout::vertical(vec![Constraint::Fill(1); count]).split(left);
    for (place, plot) in places.iter().zip(PLOTS) {
        charts::draw(history, plot, frame, *place, look);
    }
    guests(model, id, frame, right, look, drawn);
}

fn guests(model: &Model, id: NodeId, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let vms = model.store.vms.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
    let mut here: Vec<_> = vms.iter().filter(|vm| vm.node_id == id).collect();
    here.sort_by(|one, two| two.usage.cpu_usage.unwrap_or(-1.0).total_cmp(&one.usage.cpu_usage.unwrap_or(-1.0)));
    let inner = panel(frame, area, &format!("Guests {}", here.len()), "by CPU", false, look);
    drawn.furthest = u16::try_from(here.len()).unwrap_or(u16::MAX).saturating_sub(inner.height);
    let first = usize::from(model.scroll.min(drawn.furthest));
    for (y, guest) in (inner.y..inner.bottom()).zip(here.iter().skip(first)) {
        let (sign, role) = vm::badge(guest.status, look);
        let buffer = frame.buffer_mut();
        let x = put(buffer, inner, inner.x + 1, y, sign, look.theme.text(role));
        let name = format!("{} {}", guest.vmid, guest.name);
        put(
            buffer,
            inner,
            x + 1,
            y,
            &fit(&name, inner.width.saturating_sub(9), look.symbols.ellipsis()),
            look.theme.text(Role::Text),
        );
        put_right(
            buffer,
            Rect { width: inner.width.saturating_sub(1), ..inner },
            y,
            &percent(guest.usage.cpu_usage),
            look.theme.text(Role::Muted),
        );
    }
}
