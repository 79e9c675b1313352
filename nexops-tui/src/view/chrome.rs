//! Round the screens: the line above with tabs, age and clock; the sidebar; the banner; the hints below; toasts.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::Clear;

use super::state::sentence;
use super::{Drawn, Hit, Look, SMALLEST, WIDE, old_from};
use crate::format::age;
use crate::keymap::{Action, Scope};
use crate::model::link::Link;
use crate::model::toast::Tone;
use crate::model::{Model, TABS};
use crate::theme::Role;
use crate::update::{offers, scopes};
use crate::widgets::text::{fit, put, width, wrap};

/// Cells of the sidebar.
const SIDEBAR: u16 = 20;

/// A card in the place of everything.
pub fn too_small(frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let (columns, rows) = SMALLEST;
    let text = format!(
        "need {columns}x{rows}, have {}x{}; make the window larger, or press q to quit",
        area.width, area.height
    );
    sentence(frame, area, &text, Role::Text, look);
}

/// Draws what is round the screens and gives the room that is left.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) -> Rect {
    let has_banner = matches!(model.link, Link::Down { .. } | Link::Unauthorized);
    let [head, banner_line, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(u16::from(has_banner)),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let has_sidebar = area.width >= WIDE && model.preferences.sidebar;
    header(model, frame, head, !has_sidebar, look, drawn);
    banner(model, frame, banner_line, look);
    footer(model, frame, foot, look, drawn);
    if !has_sidebar {
        return body;
    }
    let [side, rest] = Layout::horizontal([Constraint::Length(SIDEBAR), Constraint::Fill(1)]).areas(body);
    sidebar(model, frame, side, look, drawn);
    rest
}

fn header(model: &Model, frame: &mut Frame<'_>, area: Rect, with_tabs: bool, look: &Look<'_>, drawn: &mut Drawn) {
    let wide = area.width >= WIDE;
    let buffer = frame.buffer_mut();
    let strong = |role: Role| look.theme.text(role).add_modifier(Modifier::BOLD);
    let brand = format!(" {} NexOps ", look.symbols.brand());
    let mut x = put(buffer, area, area.x, area.y, &brand, strong(Role::Accent));
    // Where there is little room, how many alerts there are matters more.
    if wide {
        let cluster = fit(&cluster_name(model), 20, look.symbols.ellipsis()).into_owned();
        x = put(buffer, area, x, area.y, &format!("{cluster} "), look.theme.text(Role::Muted));
    }
    if with_tabs {
        for (number, tab) in TABS.iter().enumerate() {
            let text = format!(" {} {}", number + 1, if wide { tab.name } else { tab.short });
            let style = if model.screen.tab() == number {
                strong(Role::Accent).add_modifier(Modifier::UNDERLINED)
            } else {
                look.theme.text(Role::Muted)
            };
            drawn.hits.push((Rect { x, width: width(&text), ..area }, Hit::Tab(number)));
            x = put(buffer, area, x, area.y, " ", look.theme.text(Role::Muted));
            x = put(buffer, area, x, area.y, text.trim_start(), style);
        }
    }
    let mut right = area.right().saturating_sub(1);
    for (text, role) in state_of(model, wide, look).iter().rev() {
        let begin = right.saturating_sub(width(text));
        if begin <= x {
            break;
        }
        put(buffer, area, begin, area.y, text, look.theme.text(*role));
        right = begin.saturating_sub(if wide { 2 } else { 1 });
    }
}

/// What stands at the right of the first line, the most wanted last.
fn state_of(model: &Model, wide: bool, look: &Look<'_>) -> Vec<(String, Role)> {
    let mut parts = Vec::new();
    if let Some(actor) = model.actor.as_ref().filter(|_| wide) {
        parts.push((fit(actor, 24, look.symbols.ellipsis()).into_owned(), Role::Muted));
    }
    if model.read_only {
        parts.push(("read-only".to_owned(), Role::Warning));
    }
    if model.paused {
        parts.push(("paused".to_owned(), Role::Unknown));
    }
    parts.extend(trouble(model, look));
    parts.push(liveness(model, look));
    parts.push((model.now.with_timezone(&look.offset).format("%H:%M").to_string(), Role::Text));
    parts
}

/// The name of the only cluster, or how many there are.
fn cluster_name(model: &Model) -> String {
    let Some(system) = model.store.system.seen() else { return String::new() };
    match system.value.connections.as_slice() {
        [] => String::new(),
        [one] => one.cluster.clone().unwrap_or_else(|| one.name.clone()),
        many => format!("{} clusters", many.len()),
    }
}

/// How many alerts are active, where any are.
fn trouble(model: &Model, look: &Look<'_>) -> Vec<(String, Role)> {
    let Some(overview) = model.store.overview.seen() else { return Vec::new() };
    let alerts = overview.value.alerts;
    let parts = [
        (alerts.critical, look.symbols.critical(), Role::Critical),
        (alerts.warning, look.symbols.warning(), Role::Warning),
    ];
    let some = parts.into_iter().filter(|(count, _, _)| *count > 0);
    some.map(|(count, sign, role)| (format!("{sign}{count}"), role)).collect()
}

/// Whether the daemon is there, and how old its figures are.
fn liveness(model: &Model, look: &Look<'_>) -> (String, Role) {
    let seen = model.store.observed_at().map(|at| model.now - at);
    let old = seen.is_some_and(|seen| seen >= old_from(&model.store));
    match (&model.link, seen) {
        (Link::Connecting, _) => (format!("{} connecting", look.symbols.half()), Role::Muted),
        (Link::Live { .. }, Some(seen)) if old => (format!("{} {} old", look.symbols.half(), age(seen)), Role::Warning),
        (Link::Live { .. }, Some(seen)) => (format!("{} live {}", look.symbols.full(), age(seen)), Role::Ok),
        (Link::Live { .. }, None) => (format!("{} live", look.symbols.full()), Role::Ok),
        (Link::Down { .. } | Link::Unauthorized, Some(seen)) => {
            (format!("{} offline {} old", look.symbols.hollow(), age(seen)), Role::Critical)
        }
        (Link::Down { .. } | Link::Unauthorized, None) => {
            (format!("{} offline", look.symbols.hollow()), Role::Critical)
        }
    }
}

fn banner(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let key = |action| model.keymap.key_of(&[Scope::Global], action, look.symbols);
    let text = match &model.link {
        Link::Down { reason, retry_at, .. } => {
            let seconds = (*retry_at - model.now).num_milliseconds().max(0).div_euclid(1000) + 1;
            let when = format!("{} retry in {seconds} s, {} now", look.symbols.dot(), key(Action::Refresh));
            let reason = format!("the daemon does not answer: {reason}");
            let room = area.width.saturating_sub(width(&when) + 6);
            format!(" {} {} {when}", look.symbols.critical(), fit(&reason, room, look.symbols.ellipsis()))
        }
        Link::Unauthorized => {
            format!(" {} the daemon wants its token; {} to sign in", look.symbols.critical(), key(Action::SignIn))
        }
        Link::Connecting | Link::Live { .. } => return,
    };
    let style = look.theme.text(Role::Warning).add_modifier(Modifier::BOLD).bg(look.theme.color(Role::Raised));
    frame.buffer_mut().set_style(area, style);
    let text = fit(&text, area.width, look.symbols.ellipsis());
    put(frame.buffer_mut(), area, area.x, area.y, &text, style);
}

fn footer(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let buffer = frame.buffer_mut();
    let help = format!("{} help", model.keymap.key_of(&[Scope::Global], Action::Help, look.symbols));
    let hints = model.keymap.hints(&scopes(model), look.symbols);
    let hints: Vec<_> = hints.into_iter().filter(|hint| offers(model, hint.action)).collect();
    let ends_with_help = hints.iter().any(|hint| hint.action == Action::Help);
    let reserved = if ends_with_help { width(&help) + 3 } else { 1 };
    let mut x = area.x + 1;
    for hint in hints {
        let cells = width(&hint.key) + 1 + width(hint.label);
        // However narrow it is, the line ends with how to find out more.
        let limit = if hint.action == Action::Help { area.right() } else { area.right().saturating_sub(reserved) };
        if x + cells > limit {
            continue;
        }
        drawn.hits.push((Rect { x, width: cells, ..area }, Hit::Act(hint.action)));
        x = put(buffer, area, x, area.y, &hint.key, look.theme.text(Role::Accent));
        x = put(buffer, area, x + 1, area.y, hint.label, look.theme.text(Role::Muted)) + 2;
    }
}

fn sidebar(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let buffer = frame.buffer_mut();
    for (y, (number, tab)) in (area.y + 1..area.bottom()).step_by(2).zip(TABS.iter().enumerate()) {
        let line = Rect { x: area.x, y, width: area.width.saturating_sub(1), height: 1 };
        let lit = model.screen.tab() == number;
        let mut style = look.theme.text(if lit { Role::Accent } else { Role::Muted });
        if lit {
            style = style.add_modifier(Modifier::BOLD);
            buffer.set_style(line, look.theme.selected());
            put(buffer, line, line.x, y, look.symbols.selected(), style);
        }
        put(buffer, line, line.x + 2, y, &format!("{} {}", number + 1, tab.name), style);
        drawn.hits.push((line, Hit::Tab(number)));
    }
}

/// Draws the messages that come and go, at the lower right.
pub fn toasts(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let mut bottom = area.bottom();
    for toast in model.toasts.shown(model.now).into_iter().rev() {
        let (sign, role) = match toast.tone {
            Tone::Information => (look.symbols.running(), Role::Information),
            Tone::Good => (look.symbols.done(), Role::Ok),
            Tone::Warning => (look.symbols.warning(), Role::Warning),
            Tone::Bad => (look.symbols.failed(), Role::Critical),
        };
        let lines = wrap(&toast.text, (area.width * 2 / 3).saturating_sub(6).max(1));
        let cells = lines.iter().map(|line| width(line)).max().unwrap_or(0) + 5;
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        if bottom < area.y.saturating_add(height) || cells + 1 > area.width {
            return;
        }
        bottom -= height;
        let place = Rect { x: area.right() - cells - 1, y: bottom, width: cells, height };
        frame.render_widget(Clear, place);
        let buffer = frame.buffer_mut();
        buffer.set_style(place, look.theme.ground(Role::Raised));
        put(buffer, place, place.x + 1, place.y, sign, look.theme.text(role));
        for (y, line) in (place.y..).zip(&lines) {
            put(buffer, place, place.x + 3, y, line, look.theme.text(Role::Text));
        }
    }
}
