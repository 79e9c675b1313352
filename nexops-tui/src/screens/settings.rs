//! What can be set up: connections to Proxmox, notification channels, and how things look here.

use nexops_core::notification::Channel;
use nexops_core::settings::ProxmoxConnection;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::alerts::divide;
use super::list::{self, Shown};
use crate::format::moment;
use crate::model::Model;
use crate::rows::channel::receiver;
use crate::store::rows;
use crate::theme::Role;
use crate::update::Setting;
use crate::view::{Drawn, Hit, Look, Pane};
use crate::widgets::facts::{Fact, facts};
use crate::widgets::meter::meter;
use crate::widgets::panel::panel;
use crate::widgets::tabs::tabs;
use crate::widgets::text::{fit, put};

/// Draws the screen.
pub fn view(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let names = ["Proxmox connections", "Notification channels", "Appearance"].map(str::to_owned);
    tabs(frame, head, &names, model.pane, look, drawn);
    match model.pane {
        0 => connections(model, frame, body, look, drawn),
        1 => channels(model, frame, body, look, drawn),
        _appearance => appearance(model, frame, body, look, drawn),
    }
}

fn connections(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let all = rows(&model.store.connections);
    let selected = model.tables.connections.selected_row(all);
    let (table, detail) = divide(area, all.len(), selected.is_some(), 11);
    let shown = Shown {
        pane: Pane::Connections,
        name: "Connections",
        summary: "",
        empty: "no Proxmox is connected yet; n connects one",
        none_fits: "no connection fits the filter; Esc clears it",
    };
    list::draw(&shown, &model.store.connections, model, frame, table, look, drawn);
    if let (Some(connection), Some(detail)) = (selected, detail) {
        about_connection(connection, frame, detail, look);
    }
}

fn about_connection(connection: &ProxmoxConnection, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let inner = panel(frame, area, &connection.name, "", false, look);
    let secret = if connection.has_token { "its secret is stored" } else { "its secret is not known" };
    let trust = match (&connection.fingerprint, connection.verify_tls) {
        (Some(_), _) => "the pinned certificate alone",
        (None, true) => "certificates that this daemon's machine trusts",
        (None, false) => "any certificate",
    };
    let trust = Fact::new("trusts", trust);
    let mut lines = vec![
        Fact::new("hosts", format!("{}, port {}", connection.hosts.join(", "), connection.port)),
        Fact::new("token", format!("{}!{}, {secret}", connection.user, connection.token_name)),
        if connection.fingerprint.is_none() && !connection.verify_tls { trust.meant(Role::Warning) } else { trust },
    ];
    lines.extend(connection.last_error.as_ref().map(|error| {
        let since = moment(error.since, look.now, look.offset);
        Fact::new("fails", format!("since {since}: {}", error.message)).meant(Role::Critical)
    }));
    lines.extend(connection.warning.as_ref().map(|text| Fact::new("limited", text.clone()).meant(Role::Warning)));
    lines.extend(
        connection
            .same_cluster_as
            .as_ref()
            .map(|other| Fact::new("twice", format!("'{other}' leads to the same cluster")).meant(Role::Warning)),
    );
    if connection.managed_by_environment {
        lines.push(Fact::new("set by", "the daemon's PROXMOX_* variables; change it there").meant(Role::Muted));
    }
    facts(frame, inner, &lines, 0, look);
}

fn channels(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let all = rows(&model.store.channels);
    let selected = model.tables.channels.selected_row(all);
    let (table, detail) = divide(area, all.len(), selected.is_some(), 8);
    let shown = Shown {
        pane: Pane::Channels,
        name: "Channels",
        summary: "",
        empty: "nobody is told of alerts yet; n makes a channel",
        none_fits: "no channel fits the filter; Esc clears it",
    };
    list::draw(&shown, &model.store.channels, model, frame, table, look, drawn);
    if let (Some(channel), Some(detail)) = (selected, detail) {
        about_channel(model, channel, frame, detail, look);
    }
}

fn about_channel(model: &Model, channel: &Channel, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let inner = panel(frame, area, &channel.name, channel.settings.kind().as_str(), false, look);
    let rules: Vec<&str> = rows(&model.store.rules)
        .iter()
        .filter(|rule| rule.notification_channels.contains(&channel.name))
        .map(|rule| rule.name.as_str())
        .collect();
    let secret = if channel.has_secret { "stored, and never shown" } else { "none" };
    let mut lines = vec![Fact::new("tells", receiver(channel)), Fact::new("secret", secret)];
    lines.extend((!rules.is_empty()).then(|| Fact::new("rules", rules.join(", "))));
    lines.push(Fact::new("waiting", format!("{} messages", channel.pending)));
    lines.extend(
        channel
            .failing_since
            .map(|at| Fact::new("fails", format!("since {}", moment(at, look.now, look.offset))).meant(Role::Critical)),
    );
    lines.extend(channel.last_error.as_ref().map(|it| Fact::new("error", it.message.clone()).meant(Role::Warning)));
    facts(frame, inner, &lines, 0, look);
}

/// How things look, with the choice of each, and a sample of it.
fn appearance(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [list, sample] = Layout::vertical([Constraint::Length(9), Constraint::Fill(1)]).areas(area);
    let inner = panel(frame, list, "Appearance", "remembered on this machine", true, look);
    let on_off = |on: bool| if on { "on" } else { "off" };
    for (y, (number, setting)) in (inner.y..inner.bottom()).zip(Setting::ALL.into_iter().enumerate()) {
        let (name, value, help) = match setting {
            Setting::Theme => ("Theme", model.palette.as_str(), "navy, light, contrast, mono, or your own"),
            Setting::Symbols => ("Signs", model.symbols.name(), "ascii where boxes and circles are missing"),
            Setting::Marker => ("Charts", model.marker.name(), "block or ascii where braille is missing"),
            Setting::Mouse => ("Mouse", on_off(model.mouse), "hold Shift to select text while it is on"),
            Setting::Sidebar => ("Sidebar", on_off(model.preferences.sidebar), "from 110 columns on"),
        };
        let line = Rect { y, height: 1, ..inner };
        let lit = number == model.line;
        let buffer = frame.buffer_mut();
        if lit {
            buffer.set_style(line, look.theme.selected());
            put(buffer, line, line.x, y, look.symbols.selected(), look.theme.text(Role::Accent));
        }
        put(buffer, line, line.x + 2, y, name, look.theme.text(if lit { Role::Strong } else { Role::Muted }));
        let (before, after) = look.symbols.choices();
        let value = if lit { format!("{before} {value} {after}") } else { format!("  {value}") };
        put(buffer, line, line.x + 14, y, &value, look.theme.text(Role::Text));
        let help = fit(help, line.width.saturating_sub(36), look.symbols.ellipsis());
        put(buffer, line, line.x + 34, y, &help, look.theme.text(Role::Muted));
        drawn.hits.push((line, Hit::Line(number)));
    }
    let inner = panel(frame, sample, "Sample", "", false, look);
    colors(frame, inner, look);
}

/// Every colour with its meaning, and a meter.
fn colors(frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let samples = [
        (look.symbols.full(), "running, healthy", Role::Ok, 30.0),
        (look.symbols.warning(), "worth a look", Role::Warning, 78.0),
        (look.symbols.critical(), "wrong", Role::Critical, 94.0),
        (look.symbols.half(), "paused, unknown", Role::Unknown, 0.0),
        (look.symbols.running(), "under way", Role::Information, 55.0),
        (look.symbols.hollow(), "off", Role::Muted, 0.0),
    ];
    let buffer = frame.buffer_mut();
    for (y, (sign, words, role, percent)) in (area.y..area.bottom()).zip(samples) {
        put(buffer, area, area.x + 2, y, &format!("{sign} {words}"), look.theme.text(role));
        let bar = Rect { x: area.x + 24, y, width: area.width.saturating_sub(26).min(40), height: 1 };
        meter(buffer, bar, Some(percent), role, look);
    }
}
