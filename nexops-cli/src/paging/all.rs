//! Everything of a kind that the daemon has, for whoever has to look through all of it.

use nexops_core::alert::rule::{AlertRule, ListRules};
use nexops_core::client::{Client, Result};
use nexops_core::node::{ListNodes, Node};
use nexops_core::notification::{Channel, ListChannels};
use nexops_core::service::{ListServices, Service};
use nexops_core::settings::{ListProxmoxConnections, ProxmoxConnection};
use nexops_core::vm::{ListVms, Vm};

use super::{Listing, all_pages};

/// All guests, or `limit` of them.
pub async fn vms(client: &Client, limit: Option<u32>) -> Result<Listing<Vm>> {
    all_pages(limit, async |page, per_page| {
        client.list_vms(&ListVms { page: Some(page), per_page: Some(per_page), ..ListVms::default() }).await
    })
    .await
}

/// All nodes, or `limit` of them.
pub async fn nodes(client: &Client, limit: Option<u32>) -> Result<Listing<Node>> {
    all_pages(limit, async |page, per_page| {
        client.list_nodes(&ListNodes { page: Some(page), per_page: Some(per_page), ..ListNodes::default() }).await
    })
    .await
}

/// All services, or `limit` of them.
pub async fn services(client: &Client, limit: Option<u32>) -> Result<Listing<Service>> {
    all_pages(limit, async |page, per_page| {
        let query = ListServices { page: Some(page), per_page: Some(per_page), ..ListServices::default() };
        client.list_services(&query).await
    })
    .await
}

/// All alert rules, or `limit` of them.
pub async fn rules(client: &Client, limit: Option<u32>) -> Result<Listing<AlertRule>> {
    all_pages(limit, async |page, per_page| {
        let query = ListRules { page: Some(page), per_page: Some(per_page), ..ListRules::default() };
        client.list_alert_rules(&query).await
    })
    .await
}

/// All channels, or `limit` of them.
pub async fn channels(client: &Client, limit: Option<u32>) -> Result<Listing<Channel>> {
    all_pages(limit, async |page, per_page| {
        client.list_channels(&ListChannels { page: Some(page), per_page: Some(per_page) }).await
    })
    .await
}

/// All connections to Proxmox, or `limit` of them.
pub async fn connections(client: &Client, limit: Option<u32>) -> Result<Listing<ProxmoxConnection>> {
    all_pages(limit, async |page, per_page| {
        let query = ListProxmoxConnections { page: Some(page), per_page: Some(per_page) };
        client.list_proxmox_connections(&query).await
    })
    .await
}
