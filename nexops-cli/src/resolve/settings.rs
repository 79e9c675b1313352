//! What people set up, by name or id: services, rules, channels, connections. A name that looks like an id is taken for
//! one.

use nexops_core::alert::rule::AlertRule;
use nexops_core::client::{self, Client};
use nexops_core::id::{ConnectionId, RuleId, ServiceId};
use nexops_core::notification::Channel;
use nexops_core::service::{ListServices, Service};
use nexops_core::settings::ProxmoxConnection;
use uuid::Uuid;

use super::unknown;
use crate::failure::{Failure, Result};
use crate::paging::{all, all_pages};

/// A service by its name or id.
pub async fn service(client: &Client, text: &str) -> Result<Service> {
    let failed = failed("service", text);
    if let Ok(id) = Uuid::try_parse(text) {
        return client.find_service(ServiceId(id)).await.map(|envelope| envelope.data).map_err(failed);
    }
    let found = all_pages(None, async |page, per_page| {
        let query = ListServices {
            page: Some(page),
            per_page: Some(per_page),
            search: Some(text.to_owned()),
            ..ListServices::default()
        };
        client.list_services(&query).await
    })
    .await
    .map_err(&failed)?;
    if let Some(service) = found.rows.into_iter().find(|service| service.name == text) {
        return Ok(service);
    }
    let all = all::services(client, None).await.map_err(failed)?.rows;
    named("service", text, all, |service| &service.name, "nexops service list")
}

/// A rule by its name or id.
pub async fn rule(client: &Client, text: &str) -> Result<AlertRule> {
    let failed = failed("rule", text);
    if let Ok(id) = Uuid::try_parse(text) {
        return client.find_alert_rule(RuleId(id)).await.map(|envelope| envelope.data).map_err(failed);
    }
    let all = all::rules(client, None).await.map_err(failed)?.rows;
    named("rule", text, all, |rule| &rule.name, "nexops alert rule list")
}

/// A channel by its name or id.
pub async fn channel(client: &Client, text: &str) -> Result<Channel> {
    let mut all = all::channels(client, None).await.map_err(failed("channel", text))?.rows;
    if let Some(place) = all.iter().position(|channel| channel.id.to_string() == text) {
        return Ok(all.swap_remove(place));
    }
    named("channel", text, all, |channel| &channel.name, "nexops settings notify list")
}

/// A connection by its name or id.
pub async fn connection(client: &Client, text: &str) -> Result<ProxmoxConnection> {
    let failed = failed("connection", text);
    if let Ok(id) = Uuid::try_parse(text) {
        return client.find_proxmox_connection(ConnectionId(id)).await.map(|envelope| envelope.data).map_err(failed);
    }
    let all = all::connections(client, None).await.map_err(failed)?.rows;
    named("connection", text, all, |connection| &connection.name, "nexops settings proxmox list")
}

fn failed(kind: &'static str, text: &str) -> impl Fn(client::Error) -> Failure + use<> {
    let attempt = format!("find {kind} {text}");
    move |error| Failure::from_client(&attempt, &error)
}

/// The one with that name, or else a failure that offers names like it.
fn named<T>(kind: &str, text: &str, mut all: Vec<T>, name: fn(&T) -> &String, listing: &str) -> Result<T> {
    match all.iter().position(|one| name(one) == text) {
        Some(place) => Ok(all.swap_remove(place)),
        None => Err(unknown(kind, None, text, all.iter().map(|one| name(one).as_str()), listing)),
    }
}
