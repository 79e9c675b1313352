//! How services fare, as their checks find it.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexops_core::id::ServiceId;
use nexops_core::metric::{Metric, SourceType};
use nexops_core::service::CheckSettings;
use uuid::Uuid;

use super::ServiceRow;
use crate::db::lease::{self, Fence};
use crate::db::schema::{service_status_changes, services};
use crate::db::series::{self, Sample, SeriesIndex};
use crate::db::{Error, Result, commit_lazily, word};
use crate::health::{Finding, State};

const SECONDS_A_DAY: f64 = 86_400.0;

/// A service that is to be checked.
#[derive(Debug, Clone)]
pub struct Check {
    /// The service.
    pub id: ServiceId,
    /// The version at which it is checked like this.
    pub version: i64,
    /// What to ask for.
    pub url: String,
    /// How.
    pub settings: CheckSettings,
}

/// A service that was checked.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Which, and how.
    pub check: Check,
    /// When.
    pub at: DateTime<Utc>,
    /// What was found.
    pub finding: Finding,
}

/// What was written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Services whose check counted.
    pub services: usize,
    /// Services whose status is another one now.
    pub changed: usize,
    /// Samples.
    pub samples: usize,
}

/// Every service that is to be checked.
///
/// # Errors
/// When the database does not answer.
pub async fn checks(conn: &mut AsyncPgConnection) -> Result<Vec<Check>> {
    let rows = services::table
        .filter(services::enabled.and(services::health_check_url.is_not_null()))
        .select(ServiceRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().filter_map(|row| into_check(row).transpose()).collect()
}

/// When a service was last checked; `None` where none ever was.
///
/// # Errors
/// When the database does not answer.
pub async fn last_checked_at(conn: &mut AsyncPgConnection) -> Result<Option<DateTime<Utc>>> {
    Ok(services::table.select(diesel::dsl::max(services::last_health_check)).first(conn).await?)
}

/// One service, if it is to be checked.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn check(conn: &mut AsyncPgConnection, id: ServiceId) -> Result<Option<Check>> {
    into_check(services::table.find(id.0).select(ServiceRow::as_select()).first(conn).await?)
}

fn into_check(row: ServiceRow) -> Result<Option<Check>> {
    let service = super::into_service((row, None))?;
    let Some(url) = service.health_check_url.filter(|_| service.enabled) else { return Ok(None) };
    Ok(Some(Check { id: service.id, version: service.version, url, settings: service.check }))
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = services)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct StateRow {
    id: Uuid,
    version: i64,
    status: String,
    status_reason: Option<String>,
    status_since: DateTime<Utc>,
    failures: i32,
    failing_since: Option<DateTime<Utc>>,
    last_error: Option<String>,
    last_health_check: Option<DateTime<Utc>>,
}

impl StateRow {
    fn into_state(self) -> Result<State> {
        let Self {
            id: _, version: _, status, status_reason, status_since, failures, failing_since, last_error, ..
        } = self;
        Ok(State {
            status: word(&status)?,
            reason: status_reason,
            since: status_since,
            failures,
            failing_since,
            last_error,
        })
    }
}

/// Writes down what checks found, if the lease is held where one is needed.
///
/// A check of a service that was changed meanwhile, or checked later, counts no more. When a service was not checked for
/// longer than `gap`, that time is noted as unknown.
///
/// # Errors
/// [`Error::Superseded`], or when the database does not answer.
pub async fn record(
    conn: &mut AsyncPgConnection,
    fence: Option<&Fence>,
    checked: &[Checked],
    gap: TimeDelta,
) -> Result<Recorded> {
    conn.transaction::<_, Error, _>(async |conn| {
        commit_lazily(conn).await?;
        lease::check(conn, fence).await?;
        // In the order of ids, so that two who write at once do not wait for each other crosswise.
        let rows: Vec<StateRow> = services::table
            .filter(services::id.eq_any(checked.iter().map(|checked| checked.check.id.0)))
            .order_by(services::id)
            .select(StateRow::as_select())
            .for_update()
            .load(conn)
            .await?;
        let by_id: HashMap<Uuid, &Checked> = checked.iter().map(|checked| (checked.check.id.0, checked)).collect();
        let mut recorded = Recorded::default();
        let mut samples = Vec::new();
        for row in rows {
            let Some(checked) = by_id.get(&row.id) else { continue };
            let is_late = row.last_health_check.is_some_and(|last| last >= checked.at);
            if row.version != checked.check.version || is_late {
                continue;
            }
            let unchecked_from = row.last_health_check.map(|last| last + gap).filter(|until| *until < checked.at);
            let mut before = row.into_state()?;
            if let Some(from) = unchecked_from.filter(|_| before.up().is_some()) {
                before = State { since: from.max(before.since), ..State::unknown("it was not checked", from) };
                note_change(conn, checked.check.id, &before).await?;
            }
            let after = before.after(&checked.finding.verdict, checked.check.settings.retries, checked.at);
            if after.status != before.status {
                note_change(conn, checked.check.id, &after).await?;
                recorded.changed += 1;
            }
            store(conn, checked, &after).await?;
            if after.status != before.status {
                super::told(conn, checked.check.id, checked.at).await?;
            }
            recorded.services += 1;
            samples.extend(samples_of(checked, &after));
        }
        let now = checked.iter().map(|checked| checked.at).max().unwrap_or_default();
        recorded.samples = series::insert(conn, &mut SeriesIndex::default(), &samples, now).await?.samples;
        Ok(recorded)
    })
    .await
}

async fn store(conn: &mut AsyncPgConnection, checked: &Checked, state: &State) -> Result<()> {
    let State { status, reason, since, failures, failing_since, last_error } = state;
    let Finding { verdict: _, response_time_ms, certificate_expires_at } = &checked.finding;
    diesel::update(services::table.find(checked.check.id.0))
        .set((
            services::status.eq(status.as_str()),
            services::status_reason.eq(reason),
            services::status_since.eq(since),
            services::failures.eq(failures),
            services::failing_since.eq(failing_since),
            services::last_error.eq(last_error),
            services::last_health_check.eq(checked.at),
            services::response_time_ms.eq(response_time_ms),
            services::certificate_expires_at.eq(certificate_expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

fn samples_of(checked: &Checked, state: &State) -> impl Iterator<Item = Sample> {
    let certificate_days = checked.finding.certificate_expires_at.map(|end| {
        let left = (end - checked.at).num_seconds();
        // Seconds of some centuries are exact as a float.
        #[expect(clippy::cast_precision_loss, reason = "a certificate does not last for 200 million years")]
        let days = left as f64 / SECONDS_A_DAY;
        days
    });
    let values = [
        (Metric::ResponseTime, checked.finding.response_time_ms),
        (Metric::Up, state.up()),
        (Metric::CertificateDays, certificate_days),
    ];
    let (source_id, at) = (checked.check.id.0, checked.at);
    values.into_iter().filter_map(move |(metric, value)| {
        Some(Sample { source_type: SourceType::Service, source_id, metric, at, value: value? })
    })
}

/// Notes that a service has a status from now on.
pub(super) async fn note_change(conn: &mut AsyncPgConnection, id: ServiceId, state: &State) -> Result<()> {
    diesel::insert_into(service_status_changes::table)
        .values((
            service_status_changes::service_id.eq(id.0),
            service_status_changes::since.eq(state.since),
            service_status_changes::status.eq(state.status.as_str()),
            service_status_changes::reason.eq(&state.reason),
        ))
        .on_conflict((service_status_changes::service_id, service_status_changes::since))
        .do_update()
        .set((
            service_status_changes::status.eq(state.status.as_str()),
            service_status_changes::reason.eq(&state.reason),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets how a service fared, for it is another question that is asked now.
pub(super) async fn start_over(conn: &mut AsyncPgConnection, id: ServiceId, state: &State) -> Result<()> {
    let (status, since): (String, DateTime<Utc>) =
        services::table.find(id.0).select((services::status, services::status_since)).first(conn).await?;
    let state = State { since: state.since.max(since), ..state.clone() };
    diesel::update(services::table.find(id.0))
        .set((
            services::status.eq(state.status.as_str()),
            services::status_reason.eq(&state.reason),
            services::status_since.eq(if status == state.status.as_str() { since } else { state.since }),
            services::failures.eq(0),
            services::failing_since.eq(None::<DateTime<Utc>>),
            services::last_error.eq(None::<String>),
            services::response_time_ms.eq(None::<f64>),
            services::certificate_expires_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    note_change(conn, id, &state).await
}
