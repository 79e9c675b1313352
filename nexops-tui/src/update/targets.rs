//! Where opening what is selected leads, and what is copied of it.

use nexops_core::alert::AlertSource;
use nexops_core::id::{NodeId, ServiceId, TaskId, VmId};

use super::acting;
use super::listing::{focused, meant};
use crate::model::{Model, Place, Screen};
use crate::store::rows;
use crate::view::Pane;

/// Where opening what is selected leads; `None` where it leads nowhere.
#[must_use]
pub fn target(model: &Model) -> Option<Place> {
    let tables = &model.tables;
    match focused(model)? {
        pane @ (Pane::Vms | Pane::Top) => Some((Screen::Vm(VmId(tables.of(pane).selected()?)), 0)),
        Pane::Nodes => Some((Screen::Node(NodeId(tables.nodes.selected()?)), 0)),
        Pane::Tasks => Some((Screen::Task(tables.tasks.selected().map(TaskId)?), 0)),
        Pane::Services => Some((Screen::Service(ServiceId(tables.services.selected()?)), 0)),
        Pane::Alerts | Pane::AlertHistory => {
            let alert = model.selected_alert()?;
            Some(source(alert.source_type, alert.source_id))
        }
        Pane::Audit => {
            let entry = tables.audit.selected_row(rows(&model.store.audit))?;
            match entry.resource_type.as_str() {
                "vm" => model.store.guest(VmId(entry.resource_id)).map(|vm| (Screen::Vm(vm.id), 0)),
                "service" => {
                    model.store.service(ServiceId(entry.resource_id)).map(|service| (Screen::Service(service.id), 0))
                }
                _elsewhere => None,
            }
        }
        Pane::Rules | Pane::Silences | Pane::Connections | Pane::Channels => None,
    }
}

/// Where the thing is shown that an alert is about.
const fn source(kind: AlertSource, id: uuid::Uuid) -> Place {
    match kind {
        AlertSource::Node => (Screen::Node(NodeId(id)), 0),
        AlertSource::Vm => (Screen::Vm(VmId(id)), 0),
        AlertSource::Service => (Screen::Service(ServiceId(id)), 0),
        AlertSource::Connection => (Screen::Settings, 0),
        AlertSource::Channel => (Screen::Settings, 1),
    }
}

/// What is copied of what is selected or shown: an address if it has one, else its name.
#[must_use]
pub fn copied(model: &Model) -> Option<String> {
    if let Some(vm) = meant(model).first() {
        return Some(vm.ip_address.clone().unwrap_or_else(|| vm.name.clone()));
    }
    if let Some(service) = acting::service(model) {
        return Some(service.health_check_url.clone().unwrap_or_else(|| service.name.clone()));
    }
    if let Some(alert) = model.selected_alert() {
        return Some(alert.title.clone());
    }
    let nodes = rows(&model.store.nodes);
    let node = match model.screen {
        Screen::Node(id) => nodes.iter().find(|node| node.id == id),
        Screen::Infrastructure if model.pane == 1 => model.tables.nodes.selected_row(nodes),
        Screen::Task(id) => return model.store.task(id)?.upid.clone(),
        Screen::Audit => {
            return Some(model.tables.audit.selected_row(rows(&model.store.audit))?.resource_id.to_string());
        }
        Screen::Dashboard
        | Screen::Infrastructure
        | Screen::Vm(_)
        | Screen::Services
        | Screen::Service(_)
        | Screen::Alerts
        | Screen::Settings => None,
    }?;
    Some(node.ip_address.clone().unwrap_or_else(|| node.hostname.clone()))
}
