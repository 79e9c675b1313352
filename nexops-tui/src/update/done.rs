//! What came of commands.

use nexops_core::alert::preview::Preview;
use nexops_core::notification::TestOutcome;
use nexops_core::service::{Service, ServiceStatus};
use nexops_core::settings::ProxmoxTrial;

use super::failed;
use crate::command::{Command, Followed, Outcome, Request};
use crate::failure::Failure;
use crate::format::{milliseconds, moment, took};
use crate::model::Model;
use crate::model::modal::{Modal, Report};
use crate::model::toast::Tone;

/// Alerts of a preview, at the most.
const PREVIEWED: usize = 100;

/// A command was carried out, or refused.
pub fn take(model: &mut Model, command: Command, result: Result<Outcome, Failure>) {
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(failure) => return refused(model, &command, &failure),
    };
    for question in command.request.outdates() {
        model.store.invalidate(question);
    }
    let (tone, text) = match outcome {
        Outcome::Task(task) => {
            let Request::Power(vm, action) = command.request else { return };
            let text = format!("{}: {}", command.subject, crate::power::under_way(action));
            model.followed.insert(task.id, Followed { task: task.id, vm, name: command.subject, action });
            (Tone::Information, text)
        }
        Outcome::Checked(service) => checked(&service),
        Outcome::Tried(trial) => {
            if let Some(form) = waiting(model, &command) {
                form.sent = None;
            }
            model.modals.push(Modal::Report(report(&command.subject, &trial)));
            return;
        }
        Outcome::Previewed(preview) => {
            if let Some(form) = waiting(model, &command) {
                form.sent = None;
            }
            let report = previewed(&command.subject, &preview, model);
            model.modals.push(Modal::Report(report));
            return;
        }
        Outcome::Sent(report) => {
            let reason = report.failure.map(|failure| failure.message).unwrap_or_default();
            match report.outcome {
                TestOutcome::Delivered => (Tone::Good, format!("{}: the test was delivered", command.subject)),
                TestOutcome::Failed => (Tone::Bad, format!("{}: the test failed: {reason}", command.subject)),
                TestOutcome::Pending => {
                    (Tone::Warning, format!("{}: the test is on its way; nobody has answered yet", command.subject))
                }
            }
        }
        Outcome::Done => {
            close(model, &command);
            (Tone::Good, format!("{}: {}", command.subject, command.request.participle()))
        }
    };
    model.toasts.say(tone, text, model.now);
}

/// Says at the form that waits for it why something was refused; in a toast where none waits.
fn refused(model: &mut Model, command: &Command, failure: &Failure) {
    match waiting(model, command) {
        Some(form) => form.refuse(failure),
        None => {
            let text = format!("cannot {} {}: {}", command.request.verb(), command.subject, failure.message);
            model.toasts.say(Tone::Bad, text, model.now);
        }
    }
    failed(model, failure);
}

/// The form that waits for what comes of a command.
fn waiting<'m>(model: &'m mut Model, command: &Command) -> Option<&'m mut crate::form::Form> {
    let number = command.form?;
    model.modals.iter_mut().find_map(|modal| match modal {
        Modal::Form(form) if form.sent == Some(number) => Some(&mut **form),
        Modal::Form(_)
        | Modal::Help(_)
        | Modal::Messages(_)
        | Modal::Palette(_)
        | Modal::Confirm(_)
        | Modal::Columns(_)
        | Modal::Report(_) => None,
    })
}

fn close(model: &mut Model, command: &Command) {
    if let Some(number) = command.form {
        model.modals.retain(|modal| !matches!(modal, Modal::Form(form) if form.sent == Some(number)));
    }
}

fn checked(service: &Service) -> (Tone, String) {
    let tone = match service.status {
        ServiceStatus::Healthy => Tone::Good,
        ServiceStatus::Unhealthy => Tone::Bad,
        ServiceStatus::Degraded | ServiceStatus::Unknown => Tone::Warning,
    };
    let took = service.response_time_ms.map(|took| format!(", {}", milliseconds(Some(took)))).unwrap_or_default();
    let reason = service.last_error.as_ref().or(service.status_reason.as_ref());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    (tone, format!("{} is {}{took}{reason}", service.name, service.status))
}

/// When a rule would have fired, as lines to read.
fn previewed(subject: &str, preview: &Preview, model: &Model) -> Report {
    let tone = if preview.total == 0 { Tone::Good } else { Tone::Information };
    let mut lines = vec![
        (format!("In the last day it would have fired {} times, of {} sources", preview.total, preview.sources), tone),
        (format!("{} messages would have gone to each channel", preview.notifications), Tone::Information),
    ];
    lines.extend(preview.alerts.iter().take(PREVIEWED).map(|alert| {
        let name = alert.source_name.clone().unwrap_or_else(|| alert.source_id.to_string());
        let at = moment(alert.fired_at, model.now, model.offset);
        let value = alert.value.map(|value| format!(", at {value:.1}")).unwrap_or_default();
        let lasted = alert.resolved_at.map_or_else(|| "still".to_owned(), |end| took(end - alert.fired_at));
        (format!("{at}  {name}{value}, {lasted}"), Tone::Information)
    }));
    Report { title: format!("Trial of {subject}"), lines, pin: None, scroll: 0 }
}

/// What a trial of a connection found, as lines to read.
fn report(subject: &str, trial: &ProxmoxTrial) -> Report {
    let mut lines = Vec::new();
    let count = |count: Option<u32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    match &trial.problem {
        None => {
            let version = trial.pve_version.as_deref().unwrap_or("?");
            let cluster = trial.cluster.as_deref().unwrap_or("a standalone server");
            lines.push((format!("It works: Proxmox VE {version}, {cluster}, in {} ms", trial.took_ms), Tone::Good));
            let seen = format!("{} nodes and {} guests can be seen", count(trial.nodes), count(trial.vms));
            lines.push((seen, Tone::Information));
        }
        Some(problem) => lines.push((format!("It does not work: {}", problem.message), Tone::Bad)),
    }
    if let Some(other) = &trial.same_cluster_as {
        lines.push((format!("'{other}' leads to the same cluster: all of it would be watched twice"), Tone::Warning));
    }
    for missing in &trial.missing_privileges {
        let text = format!("{} is missing on {}: {}", missing.privilege, missing.path, missing.without_it);
        lines.push((text, Tone::Warning));
    }
    if let Some(grant) = &trial.grant {
        lines.push(("To grant what is missing, run on a Proxmox host:".to_owned(), Tone::Information));
        lines.extend(grant.lines().map(|line| (line.to_owned(), Tone::Information)));
    }
    let mut pin = None;
    if let Some(certificate) = &trial.certificate {
        let accepted = if certificate.accepted { "accepted" } else { "not accepted" };
        let tone = if certificate.accepted { Tone::Information } else { Tone::Warning };
        lines.push((format!("certificate of {}, {accepted}:", certificate.host), tone));
        lines.push((certificate.fingerprint.clone(), tone));
        pin = (!certificate.accepted).then(|| certificate.fingerprint.clone());
    }
    Report { title: format!("Trial of {subject}"), lines, pin, scroll: 0 }
}
