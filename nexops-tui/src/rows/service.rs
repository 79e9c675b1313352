//! Services.

use chrono::{DateTime, Utc};
use nexops_core::metric::Metric;
use nexops_core::service::{Service, ServiceStatus};
use uuid::Uuid;

use crate::format::{age, milliseconds};
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row, stamp};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;

/// Days before the end of a certificate from which on that is worth a look.
const SOON: i64 = 14;

impl Filterable for Service {
    const PROPERTIES: &'static [&'static str] = &["name", "state", "type", "group", "url", "uptime", "ms", "cert"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        Some(match name {
            "name" => Property::Text(self.name.as_str().into()),
            "state" => Property::Text(state_of(self).into()),
            "type" => Property::Text(self.kind.as_str().into()),
            "group" => Property::Text(self.namespace.as_deref().unwrap_or_default().into()),
            "url" => Property::Text(self.health_check_url.as_deref().unwrap_or_default().into()),
            "uptime" => Property::Number(self.uptime_24h),
            "ms" => Property::Number(self.response_time_ms),
            #[expect(clippy::cast_precision_loss, reason = "days of a certificate")]
            "cert" => Property::Number(Some(
                self.certificate_expires_at?.signed_duration_since(self.last_health_check?).num_days() as f64,
            )),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name)
            || visit(state_of(self))
            || self.health_check_url.as_deref().is_some_and(&mut *visit)
            || self.namespace.as_deref().is_some_and(&mut *visit)
            || self.vm.as_ref().is_some_and(|vm| visit(&vm.name))
    }
}

impl Row for Service {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(("name", "SERVICE"), 16, 0, |service, _| Cell::text(service.name.clone()), by_name()).stretch(12),
        Column::new(("state", "STATE"), 11, 0, state, Order::Text(|service| state_of(service))),
        Column::new(("trend", "RESPONSE"), 12, 4, trend, Order::Number(|service| service.response_time_ms)).stretch(12),
        Column::new(("ms", "LATEST"), 8, 2, latest, Order::Number(|service| service.response_time_ms)).right(),
        Column::new(("uptime", "UP 24H"), 7, 1, uptime, Order::Number(|service| service.uptime_24h)).right(),
        Column::new(
            ("cert", "CERT"),
            5,
            3,
            certificate,
            Order::Number(|service| service.certificate_expires_at.map(stamp)),
        )
        .right(),
        Column::new(
            ("checked", "CHECKED"),
            7,
            5,
            checked,
            Order::Number(|service| service.last_health_check.map(stamp)),
        )
        .right(),
        Column::new(("guest", "GUEST"), 12, 7, |service, _| guest(service), Order::Text(guest_name)).stretch(8),
        Column::new(("why", "WHY"), 14, 6, |service, _| why(service), Order::Text(reason)).stretch(50),
        Column::new(("group", "GROUP"), 10, 8, |it, _| Cell::muted(group(it).to_owned()), Order::Text(|it| group(it))),
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

const fn by_name() -> Order<Service> {
    Order::Text(|service| &service.name)
}

/// The word for how a service fares; one that is not checked says so.
#[must_use]
pub fn state_of(service: &Service) -> &'static str {
    if service.enabled { service.status.as_str() } else { "off" }
}

/// The sign and the role of how a service fares.
#[must_use]
pub const fn badge(service: &Service, look: &Look<'_>) -> (&'static str, Role) {
    if !service.enabled {
        return (look.symbols.hollow(), Role::Muted);
    }
    status_badge(service.status, look)
}

/// The sign and the role of a status.
#[must_use]
pub const fn status_badge(status: ServiceStatus, look: &Look<'_>) -> (&'static str, Role) {
    match status {
        ServiceStatus::Healthy => (look.symbols.full(), Role::Ok),
        ServiceStatus::Degraded => (look.symbols.warning(), Role::Warning),
        ServiceStatus::Unhealthy => (look.symbols.critical(), Role::Critical),
        ServiceStatus::Unknown => (look.symbols.unknown(), Role::Unknown),
    }
}

fn state(service: &Service, look: &Look<'_>) -> Cell {
    let (sign, role) = badge(service, look);
    Cell::Badge(sign, state_of(service).into(), role)
}

/// The response times of the span that charts show, each as a share of the longest.
fn trend(service: &Service, look: &Look<'_>) -> Cell {
    let history = look.store.history(service.id.0, look.range).and_then(|remote| remote.seen());
    let series = history.and_then(|seen| seen.value.series.iter().find(|it| it.metric_name == Metric::ResponseTime));
    let points: Vec<Option<f64>> =
        series.map(|series| series.points.iter().map(|point| point.avg).collect()).unwrap_or_default();
    let longest = points.iter().copied().flatten().fold(0.0, f64::max);
    let (_, role) = badge(service, look);
    let role = if role == Role::Ok { Role::Accent } else { role };
    Cell::Levels(points.into_iter().map(|point| point.map(|point| point / longest.max(1.0))).collect(), role)
}

fn latest(service: &Service, _look: &Look<'_>) -> Cell {
    Cell::text(milliseconds(service.response_time_ms))
}

/// Percent of time, with a decimal where that matters.
#[must_use]
pub fn share(percent: Option<f64>) -> String {
    match percent {
        None => "-".to_owned(),
        // What is not whole never reads as whole.
        Some(percent) if percent < 100.0 => format!("{:.1}%", (percent * 10.0).floor() / 10.0),
        Some(_) => "100%".to_owned(),
    }
}

fn uptime(service: &Service, _look: &Look<'_>) -> Cell {
    let role = match service.uptime_24h {
        Some(percent) if percent < 95.0 => Role::Critical,
        Some(percent) if percent < 99.5 => Role::Warning,
        Some(_) => Role::Text,
        None => Role::Muted,
    };
    Cell::Text(share(service.uptime_24h).into(), role)
}

/// Whole days until the end of a certificate, and how that is meant.
#[must_use]
pub fn days_left(ends_at: DateTime<Utc>, now: DateTime<Utc>) -> (i64, Role) {
    let days = (ends_at - now).num_days();
    let role = if ends_at <= now {
        Role::Critical
    } else if days < SOON {
        Role::Warning
    } else {
        Role::Muted
    };
    (days, role)
}

fn certificate(service: &Service, look: &Look<'_>) -> Cell {
    let Some(ends_at) = service.certificate_expires_at else { return Cell::muted("-") };
    let (days, role) = days_left(ends_at, look.now);
    let text = match days {
        _ if role == Role::Critical => "over".to_owned(),
        1000.. => format!("{}y", days / 365),
        _soon => format!("{days}d"),
    };
    Cell::Text(text.into(), role)
}

fn checked(service: &Service, look: &Look<'_>) -> Cell {
    Cell::muted(service.last_health_check.map_or_else(|| "-".to_owned(), |at| format!("{} ago", age(look.now - at))))
}

fn guest(service: &Service) -> Cell {
    match &service.vm {
        Some(vm) => Cell::muted(format!("{} {}", vm.vmid, vm.name)),
        None => Cell::muted("-"),
    }
}

fn guest_name(service: &Service) -> &str {
    service.vm.as_ref().map_or("", |vm| &vm.name)
}

/// Why a service is not healthy; empty when it is.
#[must_use]
pub fn reason(service: &Service) -> &str {
    let reasons = [&service.explanation, &service.status_reason, &service.last_error];
    reasons.into_iter().find_map(Option::as_deref).unwrap_or_default()
}

fn why(service: &Service) -> Cell {
    Cell::muted(reason(service).to_owned())
}

fn group(service: &Service) -> &str {
    service.namespace.as_deref().unwrap_or_default()
}
