//! Whether services answer.

use nexops_core::service::{Service, ServiceStatus};

use super::{Report, Severity};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::paging::all;
use crate::resolve;

/// Judges the services that are named, or else all that are checked.
pub async fn look(names: &[String], context: &Context) -> Result<Report> {
    let mut problems = Vec::new();
    if names.is_empty() {
        let all = all::services(&context.client, None).await;
        let all = all.map_err(|error| Failure::from_client("list services", &error))?.rows;
        let checked: Vec<&Service> = all.iter().filter(|service| is_checked(service)).collect();
        if checked.is_empty() {
            let words = "no service is checked: `nexops service create` makes one";
            return Err(Failure::new(Exit::NotFound, "NOTHING_SEEN", words));
        }
        problems.extend(checked.iter().filter_map(|service| problem(service)));
        return Ok(Report { what: "services", total: checked.len(), problems });
    }
    for name in names {
        match resolve::service(&context.client, name).await {
            Ok(service) => problems.extend(problem(&service)),
            Err(failure) if failure.exit == Exit::NotFound => {
                problems.push((Severity::Critical, format!("{name} (not there)")));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(Report { what: "services", total: names.len(), problems })
}

/// Whether anybody wants to know: a paused service is unknown on purpose.
fn is_checked(service: &Service) -> bool {
    service.enabled && service.health_check_url.is_some()
}

fn problem(service: &Service) -> Option<(Severity, String)> {
    let severity = match service.status {
        ServiceStatus::Healthy => return None,
        ServiceStatus::Unhealthy => Severity::Critical,
        ServiceStatus::Degraded | ServiceStatus::Unknown => Severity::Warning,
    };
    let reason = service.status_reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some((severity, format!("{} ({}{reason})", service.name, service.status)))
}
