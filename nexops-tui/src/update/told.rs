//! What the daemon tells by itself, taken over into what is shown.

use nexops_core::alert::{Alert, AlertStatus};
use nexops_core::event::{Change, Event};
use nexops_core::service::Service;

use super::{asking, follow, listing};
use crate::model::{Model, Screen};
use crate::remote::Remote;
use crate::store::Question;
use crate::view::Pane;

/// Takes over what happened. While the picture is held still it waits: all is asked anew when it goes on.
pub fn take(model: &mut Model, events: Vec<Event>) {
    if model.paused {
        return;
    }
    let mut changed: Vec<Pane> = Vec::new();
    for event in events {
        let panes = apply(model, event);
        for pane in panes {
            if !changed.contains(pane) {
                changed.push(*pane);
            }
        }
    }
    for pane in &changed {
        listing::arrange(model, *pane);
    }
    if changed.contains(&Pane::Tasks) {
        follow(model);
    }
}

/// Takes over one thing that happened, and gives the tables that show it.
fn apply(model: &mut Model, event: Event) -> &'static [Pane] {
    let store = &mut model.store;
    match event.change {
        Change::Vm(vm) => {
            let gone = event.deleted || vm.gone_at.is_some();
            store.invalidate(Question::Overview);
            put(&mut store.vms, *vm, gone, |one, other| one.id == other.id);
            &[Pane::Vms]
        }
        Change::Node(node) => {
            let gone = event.deleted || node.gone_at.is_some();
            store.invalidate(Question::Overview);
            put(&mut store.nodes, *node, gone, |one, other| one.id == other.id);
            &[Pane::Nodes]
        }
        Change::Task(task) => {
            put(&mut store.tasks, *task, event.deleted, |one, other| one.id == other.id);
            &[Pane::Tasks]
        }
        Change::Service(service) => {
            store.invalidate(Question::Overview);
            if model.screen == Screen::Service(service.id) {
                store.invalidate(Question::ServiceHistory(service.id));
            }
            let known = store.service(service.id).and_then(|known| known.uptime_24h);
            // An event does not work out the uptime.
            let service = Service { uptime_24h: service.uptime_24h.or(known), ..*service };
            put(&mut store.services, service, event.deleted, |one, other| one.id == other.id);
            &[Pane::Services]
        }
        Change::Alert(alert) => {
            store.invalidate(Question::Overview);
            let over = event.deleted || alert.status == AlertStatus::Resolved;
            let same = |one: &Alert, other: &Alert| one.id == other.id;
            put(&mut store.latest_alerts, (*alert).clone(), event.deleted, same);
            put(&mut store.alert_history, (*alert).clone(), event.deleted, same);
            put(&mut store.alerts, *alert, over, same);
            &[Pane::Alerts, Pane::AlertHistory]
        }
        Change::Metrics(_) => {
            asking::new_figures(model);
            &[]
        }
    }
}

/// Puts a row into a list in the place of the one that it was, or before all others if it is new.
fn put<T>(list: &mut Remote<Vec<T>>, row: T, gone: bool, same: impl Fn(&T, &T) -> bool) {
    list.amend(|rows| {
        let place = rows.iter().position(|other| same(other, &row));
        match (place, gone) {
            (Some(place), true) => drop(rows.remove(place)),
            (Some(place), false) => rows[place] = row,
            (None, true) => {}
            (None, false) => rows.insert(0, row),
        }
    });
}
