//! Whether any alert is active.

use nexops_core::alert::{self, Alert, AlertStatus, AlertStatusFilter, ListAlerts};

use super::{Severity, worst_first};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::paging::all_pages;

/// Judges the alerts that are at least so severe. Those that somebody knows of or has silenced count only if `all` do.
pub async fn look(fail_on: alert::Severity, all: bool, context: &Context) -> Result<(Severity, String)> {
    let listing = all_pages(None, async |page, per_page| {
        let query = ListAlerts {
            page: Some(page),
            per_page: Some(per_page),
            status: Some(AlertStatusFilter::Active),
            ..ListAlerts::default()
        };
        context.client.list_alerts(&query).await
    });
    let mut alerts = listing.await.map_err(|error| Failure::from_client("list alerts", &error))?.rows;
    alerts.retain(|alert| all || !is_cared_for(alert));
    let counting: Vec<&Alert> = alerts.iter().filter(|alert| alert.severity >= fail_on).collect();
    let problems: Vec<(Severity, String)> = counting.iter().map(|alert| problem(alert)).collect();
    let figures: Vec<String> = alert::Severity::ALL
        .iter()
        .rev()
        .map(|severity| (severity, alerts.iter().filter(|alert| alert.severity == *severity).count()))
        .map(|(severity, count)| format!("{severity}={count};;;0"))
        .collect();
    let figures = figures.join(" ");
    Ok(match problems.iter().map(|(severity, _)| *severity).max() {
        None => (Severity::Ok, format!("no alert | {figures}")),
        Some(worst) => (worst, format!("{} alerts: {} | {figures}", problems.len(), worst_first(&problems))),
    })
}

fn is_cared_for(alert: &Alert) -> bool {
    alert.status == AlertStatus::Acknowledged || alert.silenced
}

fn problem(alert: &Alert) -> (Severity, String) {
    let severity = match alert.severity {
        alert::Severity::Critical => Severity::Critical,
        alert::Severity::Warning | alert::Severity::Info => Severity::Warning,
    };
    (severity, format!("{} ({})", alert.title, alert.severity))
}
