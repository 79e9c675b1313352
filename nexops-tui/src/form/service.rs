//! The form of a service.

use nexops_core::error::FieldError;
use nexops_core::service::{CheckSettings, Service, ServiceSettings, ServiceType, StatusSet};

use super::reader::Reader;
use super::{Field, Form, Purpose, source};
use crate::store::Store;

/// A form for a new service, or for one that there is.
#[must_use]
pub fn open(service: Option<&Service>, store: &Store) -> Form {
    let settings = service.map_or_else(|| ServiceSettings::named(""), Service::settings);
    let check = &settings.check;
    let guest = settings.vm_id.map(|id| store.name_of(nexops_core::alert::AlertSource::Vm, id.0)).unwrap_or_default();
    let number = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = vec![
        Field::text("name", "Name", &settings.name, "what it is called; unique"),
        Field::text(
            "health_check_url",
            "URL to check",
            &text(&settings.health_check_url),
            "http:// or https://; empty for a service that is not checked",
        ),
        Field::choice(
            "type",
            "Runs",
            ServiceType::ALL.iter().map(|kind| kind.as_str()),
            settings.kind.as_str(),
            "where",
        ),
        Field::text("vm_id", "Guest", &guest, "the number or name of the guest that it runs on; empty for none"),
        Field::toggle("enabled", "Checked", settings.enabled, "whether it is checked"),
        Field::text("expected_status", "Good statuses", &check.expected_status.to_string(), "as 200-299,401"),
        Field::text("body_contains", "Text in answer", &text(&check.body_contains), "empty for any answer"),
        Field::text("timeout_seconds", "Timeout, s", &check.timeout_seconds.to_string(), "1 to 60"),
        Field::text("retries", "Retries", &check.retries.to_string(), "failures in a row that are forgiven, 0 to 10"),
        Field::text("degraded_above_ms", "Slow above, ms", &number(check.degraded_above_ms), "empty for no limit"),
        Field::text(
            "certificate_warning_days",
            "Certificate, days",
            &check.certificate_warning_days.to_string(),
            "warn so long before it ends; 0 for never",
        ),
        Field::toggle(
            "verify_tls",
            "Trust only known",
            check.verify_tls,
            "whether its certificate must be trusted here",
        ),
        Field::text("namespace", "Group", &text(&settings.namespace), "of your own choosing; empty for none"),
        Field::text("description", "Description", &settings.description, "what it is"),
    ];
    let title = service.map_or_else(|| "New service".to_owned(), |service| format!("Change {}", service.name));
    let verb = if service.is_some() { "Save" } else { "Make" };
    Form::new(title, verb, Purpose::Service(service.cloned().map(Box::new)), fields)
}

/// What the form says.
///
/// # Errors
/// What is wrong, field by field.
pub fn read(form: &Form, before: Option<&Service>, store: &Store) -> Result<ServiceSettings, Vec<FieldError>> {
    let mut reader = Reader::new(form);
    let expected: Result<StatusSet, String> =
        reader.text("expected_status").parse().map_err(|error: nexops_core::service::NotAStatusSet| error.to_string());
    let expected_status = reader.take("expected_status", expected).unwrap_or_default();
    let vm_id = reader.filled("vm_id").and_then(|name| {
        let guest = source::guest(store, &name);
        reader.take("vm_id", guest)
    });
    let settings = ServiceSettings {
        kind: reader.chosen("type").unwrap_or(ServiceType::External),
        health_check_url: reader.filled("health_check_url"),
        vm_id,
        namespace: reader.filled("namespace"),
        description: reader.text("description"),
        enabled: reader.is_on("enabled"),
        check: CheckSettings {
            expected_status,
            body_contains: reader.filled("body_contains"),
            timeout_seconds: reader.number("timeout_seconds"),
            retries: reader.number("retries"),
            degraded_above_ms: reader.number_or_none("degraded_above_ms"),
            certificate_warning_days: reader.number("certificate_warning_days"),
            verify_tls: reader.is_on("verify_tls"),
        },
        metadata: before.map_or_else(|| ServiceSettings::named("").metadata, |service| service.metadata.clone()),
        name: reader.text("name"),
    };
    reader.finish(settings, |settings| settings.problems().into_iter().map(without_path).collect())
}

/// A complaint at the field's own name: fields of the check stand in the same form.
fn without_path(fault: FieldError) -> FieldError {
    let field = fault.field.rsplit('.').next().unwrap_or(&fault.field).to_owned();
    FieldError::new(field, fault.reason)
}
