//! Notification channels. Their secrets never come here.

use nexops_core::notification::{Channel, ChannelSettings, ChannelStatus};
use uuid::Uuid;

use crate::format::moment;
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row, stamp};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;

impl Filterable for Channel {
    const PROPERTIES: &'static [&'static str] = &["name", "kind", "state"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "name" => Property::Text(self.name.as_str().into()),
            "kind" => Property::Text(self.settings.kind().as_str().into()),
            "state" => Property::Text(state_of(self).into()),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name) || visit(self.settings.kind().as_str()) || visit(&receiver(self))
    }
}

impl Row for Channel {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(("name", "CHANNEL"), 16, 0, |it, _| Cell::text(it.name.clone()), by_name()).stretch(12),
        Column::new(("kind", "BY"), 8, 0, |it, _| Cell::muted(it.settings.kind().as_str()), by_kind()),
        Column::new(("state", "STATE"), 10, 0, state, Order::Text(|it| state_of(it))),
        Column::new(("to", "TO"), 20, 2, |it, _| Cell::text(receiver(it)), by_kind()).stretch(40),
        Column::new(("last", "LAST SENT"), 9, 1, last, Order::Number(|it| it.last_success_at.map(stamp))),
        Column::new(("waiting", "WAITING"), 7, 3, |it, _| Cell::muted(it.pending.to_string()), by_pending()).right(),
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

const fn by_name() -> Order<Channel> {
    Order::Text(|it| &it.name)
}

const fn by_kind() -> Order<Channel> {
    Order::Text(|it| it.settings.kind().as_str())
}

const fn by_pending() -> Order<Channel> {
    #[expect(clippy::cast_precision_loss, reason = "messages that wait")]
    Order::Number(|it| Some(it.pending as f64))
}

/// How a channel is, in a word.
#[must_use]
pub fn state_of(channel: &Channel) -> &'static str {
    if channel.enabled { channel.status.as_str() } else { "off" }
}

/// The sign and the role of how a channel is.
#[must_use]
pub fn badge(channel: &Channel, look: &Look<'_>) -> (&'static str, Role) {
    match channel.status {
        _ if !channel.enabled => (look.symbols.hollow(), Role::Muted),
        ChannelStatus::Untried => (look.symbols.half(), Role::Muted),
        ChannelStatus::Ok => (look.symbols.full(), Role::Ok),
        ChannelStatus::Failing => (look.symbols.critical(), Role::Critical),
    }
}

fn state(channel: &Channel, look: &Look<'_>) -> Cell {
    let (sign, role) = badge(channel, look);
    Cell::Badge(sign, state_of(channel).into(), role)
}

/// Whom a channel tells, as far as that is no secret.
#[must_use]
pub fn receiver(channel: &Channel) -> String {
    match &channel.settings {
        ChannelSettings::Discord { .. } | ChannelSettings::Slack { .. } => "its webhook".to_owned(),
        ChannelSettings::Email { to, .. } => to.join(", "),
        ChannelSettings::Webhook { url, .. } => url.clone(),
    }
}

fn last(channel: &Channel, look: &Look<'_>) -> Cell {
    let last = channel.last_success_at.map(|at| moment(at, look.now, look.offset));
    Cell::muted(last.unwrap_or_else(|| "never".to_owned()))
}
