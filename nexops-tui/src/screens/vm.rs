//! One guest: what it does now, its history, its configuration, its tasks.

use nexops_core::id::VmId;
use nexops_core::metric::Metric;
use nexops_core::vm::{Vm, VmType};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;

use super::charts::{self, Plot, ranges};
use crate::format::{gibibytes, mebibytes, moment, uptime};
use crate::model::Model;
use crate::power::under_way;
use crate::rows::task;
use crate::rows::vm::badge;
use crate::theme::Role;
use crate::view::{Drawn, Look, sentence, show};
use crate::widgets;
use crate::widgets::facts::Fact;
use crate::widgets::panel::panel;
use crate::widgets::text::{fit, put};

/// The charts, in their order.
const PLOTS: [Plot<'static>; 4] = [
    Plot { title: "CPU %", metrics: &[Metric::CpuUsage], threshold: None },
    Plot { title: "Memory %", metrics: &[Metric::MemoryUsage], threshold: None },
    Plot { title: "Network in / out", metrics: &[Metric::NetworkIn, Metric::NetworkOut], threshold: None },
    Plot { title: "Disk %", metrics: &[Metric::DiskUsage], threshold: None },
];

/// Draws the screen.
pub fn view(model: &Model, id: VmId, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [head, body] = Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(area);
    let detail = model.store.vm(id);
    let vm = model.store.guest(id).or_else(|| detail?.seen().map(|seen| &*seen.value));
    let Some(vm) = vm else {
        let inner = panel(frame, area, "Guest", "", true, look);
        if show(Some(&model.store.vms), frame, inner, look).is_some() {
            sentence(frame, inner, "this guest is gone; Esc goes back", Role::Warning, look);
        }
        return;
    };
    headline(vm, frame, head, look);
    if let Some(zoomed) = model.zoom.and_then(|at| PLOTS.get(at)) {
        charts::draw(model.store.history(id.0, model.range), *zoomed, frame, body, look);
        return;
    }
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length((area.width * 2 / 5).clamp(30, 44))]).areas(body);
    let shown = if left.height >= 24 || left.width >= 120 { 4 } else { 2 };
    let columns = if left.width >= 100 { 2 } else { 1 };
    let rows = Layout::vertical(vec![Constraint::Fill(1); shown / columns]).split(left);
    for (row, plots) in rows.iter().zip(PLOTS.chunks(columns)) {
        let places = Layout::horizontal(vec![Constraint::Fill(1); columns]).split(*row);
        for (place, plot) in places.iter().zip(plots) {
            charts::draw(model.store.history(id.0, model.range), *plot, frame, *place, look);
        }
    }
    let [config, tasks] = Layout::vertical([Constraint::Fill(2), Constraint::Fill(1)]).areas(right);
    configuration(model, vm, frame, config, look, drawn);
    own_tasks(model, vm, frame, tasks, look);
}

fn headline(vm: &Vm, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let path = format!("Guests {0} {1} {0} {2}", look.symbols.deeper(), vm.node, vm.vmid);
    let inner = panel(frame, area, &path, &ranges(look.range), true, look);
    let (sign, role) = badge(vm.status, look);
    let state = match look.under_way(vm.id) {
        Some(action) => under_way(action).to_owned(),
        None if vm.template => "template".to_owned(),
        None => vm.status_detail.clone().unwrap_or_else(|| vm.status.to_string()),
    };
    let buffer = frame.buffer_mut();
    let x = put(buffer, inner, inner.x + 1, inner.y, &format!("{sign} {state} "), look.theme.text(role));
    let x = put(buffer, inner, x, inner.y, &vm.name, look.theme.text(Role::Strong));
    let kind = match vm.kind {
        VmType::Qemu => "VM",
        VmType::Lxc => "CT",
    };
    let mut facts = vec![kind.to_owned(), format!("up {}", uptime(vm.usage.uptime_seconds))];
    facts.extend(vm.ip_address.clone());
    facts.extend(vm.locked.as_ref().map(|lock| format!("locked: {lock}")));
    facts.extend((!vm.tags.is_empty()).then(|| vm.tags.join(" ")));
    let text = facts.join(&format!(" {} ", look.symbols.dot()));
    let text = fit(&text, inner.right().saturating_sub(x + 3), look.symbols.ellipsis());
    let style = look.theme.text(if vm.usage.stale { Role::Warning } else { Role::Muted });
    put(buffer, inner, x + 2, inner.y, &text, style);
}

/// What a guest may use and how it is configured.
fn configuration(model: &Model, vm: &Vm, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let inner = panel(frame, area, "Configuration", "", false, look);
    let mut facts = vec![
        ("cores".to_owned(), vm.cpu_cores.to_string()),
        ("memory".to_owned(), mebibytes(f64::from(vm.memory_mb))),
        ("disk".to_owned(), gibibytes(vm.disk_gb)),
    ];
    facts.extend(vm.os_type.clone().map(|os| ("system".to_owned(), os)));
    let config = model.store.vm(vm.id).and_then(|remote| remote.seen()?.value.config.as_ref());
    if let Some(serde_json::Value::Object(config)) = config {
        let known = ["cores", "memory", "ostype", "digest", "name", "hostname"];
        for (key, value) in config.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let value = value.as_str().map_or_else(|| value.to_string(), |text| text.replace('\n', " "));
            facts.push((key.clone(), value));
        }
    }
    let facts: Vec<Fact> = facts.into_iter().map(|(name, value)| Fact::new(name, value)).collect();
    drawn.furthest = widgets::facts::facts(frame, inner, &facts, model.scroll, look);
}

fn own_tasks(model: &Model, vm: &Vm, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let inner = panel(frame, area, "Tasks", "", false, look);
    let tasks = model.store.tasks.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
    let mut own = tasks.iter().filter(|task| task.vm_id == vm.id).peekable();
    if own.peek().is_none() {
        sentence(frame, inner, "none lately", Role::Muted, look);
        return;
    }
    for (y, of_this) in (inner.y..inner.bottom()).zip(own) {
        let (sign, role) = task::badge(of_this.status, look);
        let buffer = frame.buffer_mut();
        let x = put(buffer, inner, inner.x + 1, y, sign, look.theme.text(role));
        let x = put(buffer, inner, x + 1, y, of_this.action.as_str(), look.theme.text(Role::Text));
        let when = moment(of_this.started_at, look.now, look.offset);
        let x = put(buffer, inner, x + 1, y, &when, look.theme.text(Role::Muted));
        let words = of_this.exit_status.as_deref().filter(|words| *words != "OK").unwrap_or_default();
        let words = fit(words, inner.right().saturating_sub(x + 2), look.symbols.ellipsis());
        put(buffer, inner, x + 1, y, &words, look.theme.text(role).add_modifier(Modifier::empty()));
    }
}

/// Draws the selected guest beside the list, where there is room for it.
pub fn side(model: &Model, vm: &Vm, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [head, cpu, memory, rest] =
        Layout::vertical([Constraint::Length(3), Constraint::Fill(1), Constraint::Fill(1), Constraint::Fill(1)])
            .areas(area);
    headline(vm, frame, head, look);
    let history = model.store.history(vm.id.0, model.range);
    charts::draw(history, PLOTS[0], frame, cpu, look);
    charts::draw(history, PLOTS[1], frame, memory, look);
    configuration(model, vm, frame, rest, look, drawn);
}
