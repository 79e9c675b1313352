//! From flags to the settings of a service.

use std::time::Duration;

use nexops_core::service::ServiceSettings;

use crate::cli::{Clearable, SettingsArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::resolve;

/// Writes what was said into the settings, and leaves the rest as it is.
pub async fn apply(args: &SettingsArgs, settings: &mut ServiceSettings, context: &Context) -> Result<()> {
    fn put<T: Clone>(said: Option<&T>, place: &mut T) {
        if let Some(said) = said {
            place.clone_from(said);
        }
    }
    fn put_some<T: Clone>(said: Option<&T>, place: &mut Option<T>) {
        if said.is_some() {
            *place = said.cloned();
        }
    }
    let SettingsArgs {
        check_url,
        kind,
        vm,
        namespace,
        description,
        expect,
        contains,
        patience,
        retries,
        slow_after,
        certificate_warning,
        verify_tls,
        enabled,
    } = args;
    if let Some(guest) = vm {
        settings.vm_id = Some(resolve::guest(&context.client, guest).await?.id);
    }
    put_some(check_url.as_ref(), &mut settings.health_check_url);
    put(kind.as_ref(), &mut settings.kind);
    put_some(namespace.as_ref(), &mut settings.namespace);
    put(description.as_ref(), &mut settings.description);
    put(enabled.as_ref(), &mut settings.enabled);
    let check = &mut settings.check;
    put(expect.as_ref(), &mut check.expected_status);
    put_some(contains.as_ref(), &mut check.body_contains);
    put(retries.as_ref(), &mut check.retries);
    put(certificate_warning.as_ref(), &mut check.certificate_warning_days);
    put(verify_tls.as_ref(), &mut check.verify_tls);
    if let Some(patience) = patience {
        check.timeout_seconds = whole("--patience", *patience, Duration::from_secs(1))?;
    }
    if let Some(limit) = slow_after {
        check.degraded_above_ms = Some(whole("--slow-after", *limit, Duration::from_millis(1))?);
    }
    Ok(())
}

/// Takes settings away.
pub fn clear(these: &[Clearable], settings: &mut ServiceSettings) {
    for this in these {
        match this {
            Clearable::Url => settings.health_check_url = None,
            Clearable::Vm => settings.vm_id = None,
            Clearable::Namespace => settings.namespace = None,
            Clearable::Contains => settings.check.body_contains = None,
            Clearable::SlowAfter => settings.check.degraded_above_ms = None,
        }
    }
}

/// A length of time in whole units; what is finer is no use to anybody.
fn whole(flag: &str, time: Duration, unit: Duration) -> Result<i32> {
    let is_whole = time.as_nanos().is_multiple_of(unit.as_nanos());
    let units = i32::try_from(time.as_nanos() / unit.as_nanos()).ok().filter(|_| is_whole);
    units.ok_or_else(|| {
        let unit = humantime::format_duration(unit);
        let time = humantime::format_duration(time);
        Failure::new(Exit::Usage, "USAGE", format!("{flag} {time} is no whole number of {unit}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_whole_units() {
        let second = Duration::from_secs(1);
        assert_eq!(whole("--patience", Duration::from_secs(90), second), Ok(90));
        assert_eq!(whole("--slow-after", second, Duration::from_millis(1)), Ok(1000));
        assert!(whole("--patience", Duration::from_millis(1500), second).is_err());
        assert!(whole("--patience", Duration::from_secs(1 << 40), second).is_err());
    }
}
