//! Nodes as cards, and the guests.

use nexops_core::node::Node;
use nexops_core::vm::{Vm, VmStatus};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::list::{self, Shown};
use crate::format::uptime;
use crate::model::Model;
use crate::rows::node::badge;
use crate::store::rows;
use crate::theme::Role;
use crate::view::{Drawn, Hit, Look, Pane, WIDEST, sentence, show};
use crate::widgets::meter::{meter, role_of};
use crate::widgets::panel::panel;
use crate::widgets::text::{fit, put, put_right, width};

/// Rows of a node's card.
const CARD: u16 = 6;
/// The narrowest card.
const NARROWEST: u16 = 26;

/// Draws the screen.
pub fn view(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [cards, guests] = Layout::vertical([Constraint::Length(CARD), Constraint::Fill(1)]).areas(area);
    node_cards(model, model.pane == 1, frame, cards, look, drawn);
    let (guests, side) = if area.width >= WIDEST {
        let [guests, side] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(52)]).areas(guests);
        (guests, Some(side))
    } else {
        (guests, None)
    };
    guest_table(model, frame, guests, look, drawn);
    if let Some(side) = side {
        let vms = model.store.vms.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
        if let Some(vm) = model.tables.vms.selected_row(vms) {
            super::vm::side(model, vm, frame, side, look, drawn);
        }
    }
}

/// Draws the table of guests in its panel.
fn guest_table(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let marked = model.tables.vms.marks().len();
    let counts = counts(rows(&model.store.vms), look);
    let summary = if marked == 0 { counts } else { format!("{marked} marked {} {counts}", look.symbols.dot()) };
    let shown = Shown {
        pane: Pane::Vms,
        name: "Guests",
        summary: &summary,
        empty: &why_empty(model),
        none_fits: "no guest fits the filter; Esc clears it",
    };
    list::draw(&shown, &model.store.vms, model, frame, area, look, drawn);
}

fn counts(vms: &[Vm], look: &Look<'_>) -> String {
    let count = |status| vms.iter().filter(|vm| vm.status == status && !vm.template).count();
    let parts = [
        (count(VmStatus::Running), "running"),
        (count(VmStatus::Paused), "paused"),
        (count(VmStatus::Stopped), "stopped"),
        (count(VmStatus::Error), "in error"),
        (count(VmStatus::Unknown), "unknown"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    parts.join(&format!(" {} ", look.symbols.dot()))
}

/// Why there are no guests: an empty list has a reason.
fn why_empty(model: &Model) -> String {
    let connections = model.store.system.seen().map(|seen| seen.value.connections.as_slice()).unwrap_or_default();
    if connections.is_empty() {
        return "no Proxmox is connected yet: add one in the settings".to_owned();
    }
    let failing = connections
        .iter()
        .find_map(|connection| Some(format!("{}: {}", connection.name, connection.last_error.as_ref()?.message)));
    let limited = connections
        .iter()
        .find_map(|connection| Some(format!("{}: {}", connection.name, connection.warning.as_ref()?)));
    failing.or(limited).unwrap_or_else(|| "the cluster has no guests".to_owned())
}

/// Draws as many cards of nodes as fit, the selected one among them.
pub fn node_cards(model: &Model, focused: bool, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let Some(shown) = show(Some(&model.store.nodes), frame, area, look) else { return };
    let order = model.tables.nodes.order();
    if order.is_empty() {
        sentence(frame, area, "no nodes are known", Role::Muted, look);
        return;
    }
    let fitting = usize::from((area.width / NARROWEST).max(1)).min(order.len());
    let first = (model.tables.nodes.position() + 1).saturating_sub(fitting);
    let places = Layout::horizontal(vec![Constraint::Fill(1); fitting]).split(area);
    drawn.tables.insert(Pane::Nodes, (first, fitting));
    for (place, index) in places.iter().zip(order.iter().skip(first)) {
        let Some(node) = shown.value.get(*index) else { continue };
        let selected = focused && model.tables.nodes.selected() == Some(node.id.0);
        card(node, guests_on(model, node), selected, frame, *place, look);
        drawn.hits.push((*place, Hit::Row(Pane::Nodes, node.id.0)));
    }
}

fn guests_on(model: &Model, node: &Node) -> usize {
    model.store.vms.seen().map_or(0, |seen| seen.value.iter().filter(|vm| vm.node_id == node.id).count())
}

fn card(node: &Node, guests: usize, selected: bool, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let (sign, role) = badge(node.status, look);
    let badge = format!(" {sign} {} ", node.status);
    // Frame and blanks; an address that is cut off helps nobody.
    let named = node.ip_address.as_ref().map(|address| format!("{} {} {address}", node.hostname, look.symbols.dot()));
    let title = named.filter(|named| width(named) + width(&badge) + 4 <= area.width);
    let inner = panel(frame, area, title.as_deref().unwrap_or(&node.hostname), "", selected, look);
    put_right(
        frame.buffer_mut(),
        Rect { width: area.width.saturating_sub(1), ..area },
        area.y,
        &badge,
        look.theme.text(role).bg(look.theme.color(Role::Surface)),
    );
    let figures = [("CPU", node.usage.cpu_usage), ("MEM", node.usage.memory_usage), ("DSK", node.usage.disk_usage)];
    for (y, (name, value)) in (inner.y..inner.bottom()).zip(figures) {
        let buffer = frame.buffer_mut();
        let x = put(buffer, inner, inner.x + 1, y, name, look.theme.text(Role::Muted));
        let number = crate::format::percent(value);
        put_right(buffer, inner, y, &number, look.theme.text(Role::Text));
        let bar = Rect { x: x + 1, y, width: inner.right().saturating_sub(x + 7), height: 1 };
        meter(buffer, bar, value, role_of(value), look);
    }
    let facts = [format!("up {}", uptime(node.usage.uptime_seconds)), format!("{guests} guests")];
    let text = facts.join(&format!(" {} ", look.symbols.dot()));
    let text = fit(&text, inner.width.saturating_sub(2), look.symbols.ellipsis());
    put(frame.buffer_mut(), inner, inner.x + 1, inner.y + 3, &text, look.theme.text(Role::Muted));
}
