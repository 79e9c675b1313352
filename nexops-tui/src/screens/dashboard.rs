//! Everything at a glance: how many, how full, what is wrong, who takes most, and how that went lately.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use nexops_core::alert::AlertStatus;
use nexops_core::metric::Metric;
use nexops_core::overview::{Consumer, Overview};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::charts::{self, ranges};
use crate::format::{gibibytes, mebibytes, moment, percent};
use crate::keymap::Action;
use crate::model::Model;
use crate::rows::vm::badge;
use crate::theme::Role;
use crate::view::{Drawn, Hit, Look, Pane, WIDEST, sentence, show};
use crate::widgets::meter::{meter, role_of};
use crate::widgets::panel::panel;
use crate::widgets::text::{fit, put, put_right, width};

/// Charts of the cluster are made from this many nodes at the most.
pub const CHARTED_NODES: usize = 16;
/// Alerts that are shown.
const LATEST: usize = 10;
/// Rows of the guests that take most, with their frame.
const TOP: u16 = 7;

/// Draws the screen.
pub fn view(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let tall = area.height >= 32;
    let [counts, gauges, middle, below] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Length(4),
        Constraint::Fill(1),
        Constraint::Length(if tall { TOP + 1 } else { TOP }),
    ])
    .areas(area);
    let overview = model.store.overview.seen().map(|seen| &*seen.value);
    count_cards(overview, frame, counts, look);
    gauge_cards(overview, frame, gauges, look);
    let latest = if area.width >= WIDEST - 20 { 64 } else { area.width * 2 / 5 };
    let [chart, alerts] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(latest)]).areas(middle);
    history(model, frame, chart, look);
    latest_alerts(model, frame, alerts, look, drawn);
    if tall {
        let [top, nodes] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(below);
        top_guests(model, frame, top, look, drawn);
        nodes_at_a_glance(model, frame, nodes, look);
    } else {
        top_guests(model, frame, below, look, drawn);
    }
}

/// How many there are of each kind.
fn count_cards(overview: Option<&Overview>, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let wide = area.width >= 120;
    let places = Layout::horizontal(vec![Constraint::Fill(1); if wide { 5 } else { 4 }]).split(area);
    let dash = || ("-".to_owned(), Role::Faint);
    let counted = |text: Option<(String, Role)>| text.unwrap_or_else(dash);
    let nodes = overview.map(|overview| {
        let nodes = overview.nodes;
        let role = if nodes.online == nodes.total { Role::Strong } else { Role::Critical };
        (format!("{} {} {} online", nodes.total, look.symbols.dot(), nodes.online), role)
    });
    let vms = overview.map(|overview| (overview.vms.total.to_string(), Role::Strong));
    let running = overview.map(|overview| {
        let vms = overview.vms;
        let others = [(vms.error, "in error"), (vms.unknown, "unknown"), (vms.paused, "paused")];
        let others = others.iter().find(|(count, _)| *count > 0);
        let role = if vms.error > 0 { Role::Critical } else { Role::Strong };
        let words = others.map(|(count, name)| format!(" {} {count} {name}", look.symbols.dot())).unwrap_or_default();
        (format!("{}{words}", vms.running), role)
    });
    let alerts = overview.map(|overview| {
        let alerts = overview.alerts;
        let counts = [(alerts.critical, look.symbols.critical()), (alerts.warning, look.symbols.warning())];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, sign)| format!(" {sign}{count}"));
        let counts: String = counts.collect();
        let dot = if counts.is_empty() { "" } else { look.symbols.dot() };
        let words = format!("{} {dot}{counts}", alerts.active);
        match (alerts.critical, alerts.active) {
            (0, 0) => ("none".to_owned(), Role::Ok),
            (0, _) => (words, Role::Warning),
            _ => (words, Role::Critical),
        }
    });
    let services = overview.map(|overview| {
        let services = overview.services;
        let role = if services.unhealthy > 0 {
            Role::Critical
        } else if services.degraded > 0 {
            Role::Warning
        } else {
            Role::Strong
        };
        (format!("{} {} {} healthy", services.total, look.symbols.dot(), services.healthy), role)
    });
    let cards = [
        ("Nodes", counted(nodes)),
        ("Guests", counted(vms)),
        ("Running", counted(running)),
        ("Active alerts", counted(alerts)),
        ("Services", counted(services)),
    ];
    for (place, (title, (text, role))) in places.iter().zip(cards) {
        let inner = panel(frame, *place, title, "", false, look);
        let text = fit(&text, inner.width.saturating_sub(2), look.symbols.ellipsis());
        put(frame.buffer_mut(), inner, inner.x + 1, inner.y, &text, look.theme.text(role));
    }
}

/// How full all of it is together.
fn gauge_cards(overview: Option<&Overview>, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let places = Layout::horizontal([Constraint::Fill(1); 3]).split(area);
    #[expect(clippy::cast_precision_loss, reason = "MiB of a cluster")]
    let memory = |used: Option<i64>, total: i64| {
        let used = used.map_or_else(|| "-".to_owned(), |used| mebibytes(used as f64));
        format!("{used} of {}", mebibytes(total as f64))
    };
    let cards = overview.map_or_else(
        || [("CPU", String::new(), None), ("Memory", String::new(), None), ("Storage", String::new(), None)],
        |overview| {
            let Overview { cpu, memory: mem, disk, .. } = overview;
            let used = cpu.used_cores.map_or_else(|| "-".to_owned(), |used| format!("{used:.1}"));
            let disk_used = disk.used_gb.map_or_else(|| "-".to_owned(), gibibytes);
            [
                ("CPU", format!("{used} of {} threads", cpu.total_cores), cpu.usage),
                ("Memory", memory(mem.used_mb, mem.total_mb), mem.usage),
                ("Storage", format!("{disk_used} of {}", gibibytes(disk.total_gb)), disk.usage),
            ]
        },
    );
    for (place, (title, words, value)) in places.iter().zip(cards) {
        let inner = panel(frame, *place, title, "", false, look);
        let buffer = frame.buffer_mut();
        let words = fit(&words, inner.width.saturating_sub(2), look.symbols.ellipsis());
        put(buffer, inner, inner.x + 1, inner.y, &words, look.theme.text(Role::Text));
        let line = Rect { x: inner.x + 1, y: inner.y + 1, width: inner.width.saturating_sub(7), height: 1 };
        if inner.height >= 2 {
            meter(buffer, line, value, role_of(value), look);
            let place = Rect { width: inner.width.saturating_sub(1), ..inner };
            put_right(buffer, place, inner.y + 1, &percent(value), look.theme.text(Role::Strong));
        }
    }
}

/// CPU and memory of all nodes together, weighed by their size.
fn history(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let nodes = model.store.nodes.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
    let mut cpu = Sum::default();
    let mut memory = Sum::default();
    for node in nodes.iter().take(CHARTED_NODES) {
        let Some(seen) = model.store.history(node.id.0, look.range).and_then(|remote| remote.seen()) else { continue };
        for series in &seen.value.series {
            let points = series.points.iter().map(|point| (point.t, point.avg));
            match series.metric_name {
                Metric::CpuUsage => cpu.add(points, f64::from(node.cpu_cores)),
                Metric::MemoryUsage => memory.add(points, f64::from(node.memory_total_mb)),
                _other => {}
            }
        }
    }
    let (cpu, memory) = (cpu.means(), memory.means());
    let title = format!("CPU and memory {} {}", look.symbols.dot(), ranges(look.range));
    if cpu.is_empty() && memory.is_empty() {
        let inner = panel(frame, area, &title, "", true, look);
        if show(Some(&model.store.nodes), frame, inner, look).is_some() {
            sentence(frame, inner, "nothing was measured in this time yet", Role::Muted, look);
        }
        return;
    }
    charts::draw_percentages(&title, [cpu, memory], frame, area, look);
}

/// The last alerts, over or not.
fn latest_alerts(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let inner = panel(frame, area, "Latest alerts", "", false, look);
    drawn.hits.push((inner, Hit::Act(Action::GoAlerts)));
    let Some(shown) = show(Some(&model.store.latest_alerts), frame, inner, look) else { return };
    if shown.value.is_empty() {
        sentence(frame, inner, "no alert was raised yet", Role::Muted, look);
    }
    for (y, alert) in (inner.y..inner.bottom()).zip(shown.value.iter().take(LATEST)) {
        let over = alert.status == AlertStatus::Resolved;
        let (sign, role) =
            if over { (look.symbols.done(), Role::Muted) } else { crate::rows::alert::badge(alert.severity, look) };
        let buffer = frame.buffer_mut();
        put(buffer, inner, inner.x + 1, y, sign, look.theme.text(role));
        let when = moment(alert.fired_at, look.now, look.offset);
        let title = fit(&alert.title, inner.width.saturating_sub(width(&when) + 5), look.symbols.ellipsis());
        put(buffer, inner, inner.x + 3, y, &title, look.theme.text(if over { Role::Muted } else { Role::Text }));
        let line = Rect { width: inner.width.saturating_sub(1), ..inner };
        put_right(buffer, line, y, &when, look.theme.text(Role::Muted));
    }
}

/// Values of several sources, weighed by their size, by time.
#[derive(Default)]
struct Sum(BTreeMap<DateTime<Utc>, (f64, f64)>);

impl Sum {
    fn add(&mut self, points: impl Iterator<Item = (DateTime<Utc>, Option<f64>)>, weight: f64) {
        for (at, value) in points {
            let sum = self.0.entry(at).or_insert((0.0, 0.0));
            if let Some(value) = value {
                sum.0 += value * weight;
                sum.1 += weight;
            }
        }
    }

    fn means(self) -> Vec<Option<f64>> {
        self.0.into_values().map(|(sum, weight)| (weight > 0.0).then(|| sum / weight)).collect()
    }
}

/// The guests that take most of what they have.
fn top_guests(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let inner = panel(frame, area, "Busiest guests", "the higher of CPU and memory", false, look);
    let Some(shown) = show(Some(&model.store.overview), frame, inner, look) else { return };
    if shown.value.top_vms.is_empty() {
        sentence(frame, inner, "no guest's use is known yet", Role::Muted, look);
    }
    for (y, (number, consumer)) in (inner.y..inner.bottom()).zip(shown.value.top_vms.iter().enumerate()) {
        let line = Rect { y, height: 1, ..inner };
        let selected = model.tables.top.position() == number && !model.drawer;
        if selected {
            frame.buffer_mut().set_style(line, look.theme.selected());
            let sign = look.symbols.selected();
            put(frame.buffer_mut(), line, line.x, y, sign, look.theme.text(Role::Accent));
        }
        top_guest(consumer, frame, line, look);
        drawn.hits.push((line, Hit::Row(Pane::Top, consumer.id.0)));
    }
}

fn top_guest(consumer: &Consumer, frame: &mut Frame<'_>, line: Rect, look: &Look<'_>) {
    let (sign, role) = badge(consumer.status, look);
    let buffer = frame.buffer_mut();
    let y = line.y;
    put(buffer, line, line.x + 2, y, sign, look.theme.text(role));
    let meters = line.width >= 70;
    let figure = if meters { 16 } else { 9 };
    let with_node = line.width >= 56;
    let name_room = line.width.saturating_sub(6 + 2 * (figure + 2) + if with_node { 10 } else { 0 });
    let name = format!("{} {}", consumer.vmid, consumer.name);
    put(buffer, line, line.x + 4, y, &fit(&name, name_room, look.symbols.ellipsis()), look.theme.text(Role::Text));
    if with_node {
        let node = fit(&consumer.node, 8, look.symbols.ellipsis());
        put(buffer, line, line.x + 5 + name_room, y, &node, look.theme.text(Role::Muted));
    }
    let figures = [("CPU", consumer.cpu_usage), ("MEM", consumer.memory_usage)];
    let mut x = line.right().saturating_sub(2 * (figure + 2));
    for (title, value) in figures {
        let next = put(buffer, line, x, y, title, look.theme.text(Role::Muted));
        if meters {
            let bar = Rect { x: next + 1, y, width: figure - 9, height: 1 };
            meter(buffer, bar, value, role_of(value), look);
        }
        let place = Rect { x, y, width: figure, height: 1 };
        let role = if value.is_some_and(|value| value >= 75.0) { role_of(value) } else { Role::Text };
        put_right(buffer, place, y, &percent(value), look.theme.text(role));
        x += figure + 2;
    }
}

/// Every node in a line, where there is room for it.
fn nodes_at_a_glance(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let inner = panel(frame, area, "Nodes", "", false, look);
    let Some(shown) = show(Some(&model.store.nodes), frame, inner, look) else { return };
    for (y, node) in (inner.y..inner.bottom()).zip(shown.value) {
        let (sign, role) = crate::rows::node::badge(node.status, look);
        let buffer = frame.buffer_mut();
        put(buffer, inner, inner.x + 1, y, sign, look.theme.text(role));
        let name = fit(&node.hostname, 14, look.symbols.ellipsis());
        put(buffer, inner, inner.x + 3, y, &name, look.theme.text(Role::Text));
        let figures = [("CPU", node.usage.cpu_usage), ("MEM", node.usage.memory_usage), ("DSK", node.usage.disk_usage)];
        let room = inner.width.saturating_sub(19) / 3;
        for (x, (title, value)) in (inner.x + 18..).step_by(usize::from(room.max(1))).zip(figures) {
            let place = Rect { x, y, width: room.saturating_sub(1), height: 1 };
            let next = put(buffer, place, x, y, title, look.theme.text(Role::Muted));
            let bar = Rect { x: next + 1, y, width: place.right().saturating_sub(next + 6), height: 1 };
            meter(buffer, bar, value, role_of(value), look);
            put_right(buffer, place, y, &percent(value), look.theme.text(Role::Text));
        }
    }
}
