//! The services, and how the selected one answered lately.

use nexops_core::service::{Service, ServiceStatus};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::alerts::divide;
use super::service::RESPONSE;
use super::{charts, list};
use crate::model::Model;
use crate::rows::service::reason;
use crate::store::rows;
use crate::view::{Drawn, Look, Pane};

/// Draws the screen.
pub fn view(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let services = rows(&model.store.services);
    let selected = model.tables.services.selected_row(services);
    let (table, below) = divide(area, services.len(), selected.is_some(), if area.height >= 32 { 12 } else { 9 });
    let summary = counts(services, look);
    let shown = list::Shown {
        pane: Pane::Services,
        name: "Services",
        summary: &summary,
        empty: "no service is watched yet; n makes one",
        none_fits: "no service fits the filter; Esc clears it",
    };
    list::draw(&shown, &model.store.services, model, frame, table, look, drawn);
    let (Some(service), Some(below)) = (selected, below) else { return };
    if below.height >= 16 {
        super::service::aside(model, service, frame, below, look, drawn);
    } else {
        let mut title = format!("{} {} {}", service.name, look.symbols.dot(), charts::ranges(look.range));
        if !reason(service).is_empty() {
            title = format!("{title} {} {}", look.symbols.dot(), reason(service));
        }
        let plot = charts::Plot { title: &title, metrics: RESPONSE, threshold: super::service::slow_from(service) };
        charts::draw(model.store.history(service.id.0, model.range), plot, frame, below, look);
    }
}

/// How many fare how.
fn counts(services: &[Service], look: &Look<'_>) -> String {
    let count = |status| services.iter().filter(|service| service.enabled && service.status == status).count();
    let parts = [
        (count(ServiceStatus::Healthy), "healthy"),
        (count(ServiceStatus::Degraded), "degraded"),
        (count(ServiceStatus::Unhealthy), "unhealthy"),
        (count(ServiceStatus::Unknown), "unknown"),
        (services.iter().filter(|service| !service.enabled).count(), "off"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    parts.join(&format!(" {} ", look.symbols.dot()))
}
