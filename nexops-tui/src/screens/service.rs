//! One service: how it answers, how it fared, how it is checked.

use nexops_core::id::ServiceId;
use nexops_core::metric::Metric;
use nexops_core::service::{Service, ServiceHistory, UptimeRange};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::charts::{self, Plot, ranges};
use crate::format::{age, milliseconds, moment, took};
use crate::model::Model;
use crate::rows::service::{badge, days_left, reason, share, state_of, status_badge};
use crate::theme::Role;
use crate::view::{Drawn, Look, WIDE, sentence, show};
use crate::widgets::facts::{Fact, facts};
use crate::widgets::meter;
use crate::widgets::panel::panel;
use crate::widgets::text::{fit, put};

/// What the chart of a service shows.
pub const RESPONSE: &[Metric] = &[Metric::ResponseTime];

/// Draws the screen.
pub fn view(model: &Model, id: ServiceId, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let Some(service) = model.store.service(id) else {
        let inner = panel(frame, area, "Service", "", true, look);
        if show(Some(&model.store.services), frame, inner, look).is_some() {
            sentence(frame, inner, "this service is gone; Esc goes back", Role::Warning, look);
        }
        return;
    };
    let [head, body] = Layout::vertical([Constraint::Length(4), Constraint::Fill(1)]).areas(area);
    headline(service, frame, head, look);
    if model.zoom.is_some() {
        chart(model, service, frame, body, look);
        return;
    }
    let side = if area.width >= WIDE { 50 } else { 34 };
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(side)]).areas(body);
    let [top, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(left);
    chart(model, service, frame, top, look);
    history(model, id, frame, bottom, look);
    check(model, service, frame, right, look, drawn);
}

/// Draws the selected service beside the list, or below it, where there is room for it.
pub fn aside(model: &Model, service: &Service, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [head, body] = Layout::vertical([Constraint::Length(4), Constraint::Fill(1)]).areas(area);
    headline(service, frame, head, look);
    let [answers, settings] = if body.width >= 90 {
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(42)]).areas(body)
    } else {
        Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(body)
    };
    chart(model, service, frame, answers, look);
    check(model, service, frame, settings, look, drawn);
}

/// From how many milliseconds on an answer counts as slow.
#[must_use]
pub fn slow_from(service: &Service) -> Option<f64> {
    service.check.degraded_above_ms.map(f64::from)
}

fn headline(service: &Service, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let path = format!("Services {} {}", look.symbols.deeper(), service.name);
    let inner = panel(frame, area, &path, &ranges(look.range), true, look);
    let (sign, role) = badge(service, look);
    let dot = format!(" {} ", look.symbols.dot());
    let buffer = frame.buffer_mut();
    let x = put(buffer, inner, inner.x + 1, inner.y, &format!("{sign} {} ", state_of(service)), look.theme.text(role));
    let mut parts = vec![format!("since {}", moment(service.status_since, look.now, look.offset))];
    parts.push(milliseconds(service.response_time_ms));
    parts.push(format!("{} up in 24 h", share(service.uptime_24h)));
    parts.extend(service.last_health_check.map(|at| format!("checked {} ago", age(look.now - at))));
    let text = fit(&parts.join(&dot), inner.right().saturating_sub(x + 2), look.symbols.ellipsis()).into_owned();
    put(buffer, inner, x + 1, inner.y, &text, look.theme.text(Role::Text));
    let (why, role) = match reason(service) {
        "" => (service.health_check_url.as_deref().unwrap_or("it is not checked: it has no URL"), Role::Muted),
        reason => (reason, Role::Warning),
    };
    let why = fit(why, inner.width.saturating_sub(2), look.symbols.ellipsis());
    put(buffer, inner, inner.x + 1, inner.y + 1, &why, look.theme.text(role));
}

fn chart(model: &Model, service: &Service, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let plot = Plot { title: "Response time", metrics: RESPONSE, threshold: slow_from(service) };
    charts::draw(model.store.history(service.id.0, model.range), plot, frame, area, look);
}

/// How it fared: uptime over three spans, and the changes of its status.
fn history(model: &Model, id: ServiceId, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let inner = panel(frame, area, "History", "", false, look);
    let Some(shown) = show(model.store.service_history(id), frame, inner, look) else { return };
    uptimes(shown.value, frame, inner, look);
    let below = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let buffer = frame.buffer_mut();
    for (y, change) in (below.y..below.bottom()).zip(&shown.value.changes) {
        let (sign, role) = status_badge(change.status, look);
        let when = moment(change.since, look.now, look.offset);
        put(buffer, below, below.x + 1, y, &when, look.theme.text(Role::Muted));
        let text = format!("{sign} {}", change.status);
        let x = put(buffer, below, below.x + 8, y, &text, look.theme.text(role));
        let lasted = format!("for {}", took(change.until.unwrap_or(look.now) - change.since));
        put(buffer, below, x.max(below.x + 20), y, &lasted, look.theme.text(Role::Muted));
        let x = below.x + 32;
        let why = change.reason.as_deref().unwrap_or_default();
        let why = fit(why, below.right().saturating_sub(x + 1), look.symbols.ellipsis());
        put(buffer, below, x, y, &why, look.theme.text(Role::Text));
    }
}

fn uptimes(history: &ServiceHistory, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let buffer = frame.buffer_mut();
    let mut x = area.x + 1;
    for uptime in &history.uptime {
        let name = match uptime.range {
            UptimeRange::Day => "24h",
            UptimeRange::Week => "7d",
            UptimeRange::Month => "30d",
        };
        x = put(buffer, area, x, area.y, &format!("{name} "), look.theme.text(Role::Muted));
        if area.width >= 60 {
            let bar = Rect { x, y: area.y, width: 8, height: 1 };
            meter::meter(buffer, bar, uptime.percent, Role::Ok, look);
            x = bar.right() + 1;
        }
        x = put(buffer, area, x, area.y, &share(uptime.percent), look.theme.text(Role::Strong)) + 3;
    }
}

/// How it is checked, and what is known of it.
fn check(model: &Model, service: &Service, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let inner = panel(frame, area, "Check", "", false, look);
    let check = &service.check;
    let mut lines = vec![
        Fact::new("url", service.health_check_url.clone().unwrap_or_else(|| "-".to_owned())),
        Fact::new("good", check.expected_status.to_string()),
        Fact::new("timeout", format!("{} s, {} retries", check.timeout_seconds, check.retries)),
    ];
    lines.extend(check.body_contains.as_ref().map(|text| Fact::new("contains", text.clone())));
    lines.extend(check.degraded_above_ms.map(|limit| Fact::new("slow above", format!("{limit} ms"))));
    if let Some(ends_at) = service.certificate_expires_at {
        let (days, role) = days_left(ends_at, look.now);
        let role = if role == Role::Muted { Role::Text } else { role };
        let day = ends_at.with_timezone(&look.offset).format("%Y-%m-%d");
        lines.push(Fact::new("certificate", format!("{days} days left, until {day}")).meant(role));
    }
    if let Some(vm) = &service.vm {
        let gone = if vm.gone_at.is_some() { ", gone" } else { "" };
        lines.push(Fact::new("guest", format!("{} {} ({}{gone})", vm.vmid, vm.name, vm.status)));
    }
    lines.push(Fact::new("runs", service.kind.as_str()));
    lines.extend(service.namespace.as_ref().map(|group| Fact::new("group", group.clone())));
    lines.extend((!service.description.is_empty()).then(|| Fact::new("", service.description.clone())));
    if service.failures > 0 {
        lines.push(Fact::new("failures", format!("{} in a row", service.failures)).meant(Role::Warning));
    }
    lines.extend(service.last_error.as_ref().map(|error| Fact::new("last error", error.clone()).meant(Role::Warning)));
    drawn.furthest = facts(frame, inner, &lines, model.scroll, look);
}
