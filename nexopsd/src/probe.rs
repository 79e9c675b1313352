//! Asks services how they are, and writes down what that means.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use nexops_core::id::ServiceId;

use crate::app::{App, now};
use crate::db;
use crate::db::service::health::{Check, Checked};
use crate::health::{SEARCHED, judge};
use crate::outbound::{self, Error, Request, parse_url};

/// Asks a service once. It ends within the service's own timeout, and within `longest`.
pub async fn ask(outbound: &outbound::Client, check: Check, longest: Duration) -> Checked {
    let outcome = match parse_url(&check.url) {
        Ok(url) => {
            let seconds = u64::try_from(check.settings.timeout_seconds).unwrap_or(1);
            let timeout = Duration::from_secs(seconds).min(longest);
            let read = if check.settings.body_contains.is_some() { SEARCHED } else { 0 };
            let verify_tls = check.settings.verify_tls;
            outbound.send(Request { verify_tls, read, ..Request::get(url, timeout) }).await
        }
        Err(error) => Err::<_, Error>(error),
    };
    let at = now();
    let finding = judge(&check.settings, outcome.as_ref(), at);
    Checked { check, at, finding }
}

/// The longest that a check may take: what is left of the interval when the checks have begun over its first third.
#[must_use]
pub fn longest(app: &App) -> Duration {
    app.config.intervals.health * 2 / 3
}

/// For how long a service may go without a check before the time counts as unknown.
#[must_use]
pub fn gap(app: &App) -> TimeDelta {
    let three_intervals = TimeDelta::from_std(app.config.intervals.health * 3).unwrap_or(TimeDelta::MAX);
    three_intervals.max(TimeDelta::seconds(90))
}

/// Checks a service now. Nothing happens when it is none that is checked.
///
/// # Errors
/// When the database does not answer.
pub async fn check_now(app: &App, id: ServiceId) -> db::Result<()> {
    let check = db::service::health::check(&mut *app.db.get().await?, id).await?;
    let Some(check) = check else { return Ok(()) };
    let checked = ask(&app.outbound, check, longest(app)).await;
    // Whoever asks for it may have it of any daemon.
    db::service::health::record(&mut *app.db.get().await?, None, &[checked], gap(app)).await?;
    Ok(())
}

/// Checks a service soon, beside whatever asks for it.
pub fn check_soon(app: &Arc<App>, id: ServiceId) {
    let app = Arc::clone(app);
    app.tracker.clone().spawn(async move {
        let checked = tokio::select! {
            () = app.shutdown.cancelled() => return,
            checked = check_now(&app, id) => checked,
        };
        if let Err(error) = checked.context("check a service that was changed") {
            tracing::debug!("left to the next run: {error:#}");
        }
    });
}
