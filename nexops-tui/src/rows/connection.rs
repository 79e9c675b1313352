//! Connections to Proxmox. Their secrets never come here.

use nexops_core::settings::ProxmoxConnection;
use uuid::Uuid;

use crate::format::age;
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row, stamp};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;

impl Filterable for ProxmoxConnection {
    const PROPERTIES: &'static [&'static str] = &["name", "host", "cluster", "state", "user"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "name" => Property::Text(self.name.as_str().into()),
            "host" => Property::Texts(&self.hosts),
            "cluster" => Property::Text(self.cluster.as_deref().unwrap_or_default().into()),
            "state" => Property::Text(state_of(self).into()),
            "user" => Property::Text(self.user.as_str().into()),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name)
            || self.cluster.as_deref().is_some_and(&mut *visit)
            || self.hosts.iter().any(|host| visit(host))
    }
}

impl Row for ProxmoxConnection {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(("name", "CONNECTION"), 14, 0, |it, _| Cell::text(it.name.clone()), by_name()).stretch(10),
        Column::new(("state", "STATE"), 10, 0, state, Order::Text(|it| state_of(it))),
        Column::new(("cluster", "CLUSTER"), 12, 2, |it, _| Cell::muted(cluster(it)), by_cluster()).stretch(8),
        Column::new(("hosts", "HOSTS"), 18, 1, |it, _| Cell::text(it.hosts.join(", ")), by_host()).stretch(30),
        Column::new(
            ("version", "PVE"),
            7,
            3,
            |it, _| Cell::muted(version(it).to_owned()),
            Order::Text(|it| version(it)),
        ),
        Column::new(("seen", "ANSWERED"), 9, 2, seen, Order::Number(|it| it.last_success_at.map(stamp))).right(),
        Column::new(("token", "AS"), 20, 4, |it, _| Cell::muted(format!("{}!{}", it.user, it.token_name)), by_user()),
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

const fn by_name() -> Order<ProxmoxConnection> {
    Order::Text(|it| &it.name)
}

const fn by_cluster() -> Order<ProxmoxConnection> {
    Order::Text(|it| match &it.cluster {
        Some(cluster) => cluster.as_str(),
        None => "",
    })
}

const fn by_host() -> Order<ProxmoxConnection> {
    Order::Text(|it| it.hosts.first().map_or("", String::as_str))
}

const fn by_user() -> Order<ProxmoxConnection> {
    Order::Text(|it| &it.user)
}

fn cluster(connection: &ProxmoxConnection) -> String {
    connection.cluster.clone().unwrap_or_else(|| "standalone".to_owned())
}

fn version(connection: &ProxmoxConnection) -> &str {
    connection.pve_version.as_deref().unwrap_or("-")
}

/// How a connection is, in a word.
#[must_use]
pub fn state_of(connection: &ProxmoxConnection) -> &'static str {
    match (connection.enabled, &connection.last_error, connection.last_success_at, &connection.warning) {
        (false, ..) => "off",
        (true, Some(_), ..) => "failing",
        (true, None, None, _) => "pending",
        (true, None, Some(_), Some(_)) => "limited",
        (true, None, Some(_), None) => "ok",
    }
}

/// The sign and the role of how a connection is.
#[must_use]
pub fn badge(connection: &ProxmoxConnection, look: &Look<'_>) -> (&'static str, Role) {
    match state_of(connection) {
        "off" => (look.symbols.hollow(), Role::Muted),
        "failing" => (look.symbols.critical(), Role::Critical),
        "limited" => (look.symbols.warning(), Role::Warning),
        "ok" => (look.symbols.full(), Role::Ok),
        _pending => (look.symbols.running(), Role::Information),
    }
}

fn state(connection: &ProxmoxConnection, look: &Look<'_>) -> Cell {
    let (sign, role) = badge(connection, look);
    Cell::Badge(sign, state_of(connection).into(), role)
}

fn seen(connection: &ProxmoxConnection, look: &Look<'_>) -> Cell {
    Cell::muted(
        connection.last_success_at.map_or_else(|| "never".to_owned(), |at| format!("{} ago", age(look.now - at))),
    )
}
