//! Plausible content for the demo and for development databases: services, rules, past alerts, a week of history.
//!
//! Nodes and guests are not made up here: they come from the simulated cluster, through the same client as real ones.

use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use nexops_core::service::{CheckSettings, ServiceSettings, ServiceType};
use nexops_core::vm::VmStatus;

use crate::app::{App, now};
use crate::config::Connection;
use crate::db;
use crate::db::audit::Origin;
use crate::db::seed::SeenVm;
use crate::probe;

/// How long the first look at the simulated cluster may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How far back the made-up history goes.
const HISTORY: TimeDelta = TimeDelta::days(7);
/// The group of the made-up services.
const NAMESPACE: &str = "demo";

/// What filling did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filled {
    /// Services made.
    pub services: usize,
    /// Rules made.
    pub rules: usize,
    /// Past alerts made.
    pub alerts: usize,
    /// Samples made.
    pub samples: usize,
}

/// Whether somebody works with the services in this database.
///
/// # Errors
/// When the database does not answer.
pub async fn is_in_use(app: &App) -> db::Result<bool> {
    db::seed::holds_other_services(&mut *app.db.get().await?, NAMESPACE).await
}

/// Fills what is missing, once the simulated cluster has been looked at. What is there stays, so that it can be done
/// again; `tell` is told of each step.
///
/// # Errors
/// When the cluster is not seen in time, or the database does not answer.
pub async fn fill(app: &App, cluster: &Connection, tell: impl Fn(&str)) -> anyhow::Result<Filled> {
    let connections = app.connections();
    let Some(seen) = connections.iter().find(|seen| seen.name == cluster.name) else {
        bail!("the simulated cluster is not among the connections");
    };
    let looked = tokio::time::timeout(PATIENCE, futures::future::join(seen.sync.first_run(), seen.collect.first_run()));
    looked.await.context("wait for the first look at the simulated cluster")?;
    let now = now();
    let conn = &mut app.db.get().await?;
    let vms = db::seed::vms(conn, seen.id).await?;
    tell(&format!("the cluster has {} guests", vms.len()));
    let mut filled = Filled::default();
    let origin =
        Origin { actor: "seed".to_owned(), address: std::net::Ipv4Addr::LOCALHOST.into(), request_id: String::new() };
    for settings in services(app, cluster, &vms) {
        filled.services += usize::from(db::seed::keep_service(conn, &settings, &origin, now).await?);
    }
    tell(&format!("{} services made", filled.services));
    (filled.rules, filled.alerts) = db::seed::keep_rules(conn, &vms, now).await?;
    tell(&format!("{} rules and {} past alerts made", filled.rules, filled.alerts));
    app.check.ring();
    // Their first figures say at which level the history arrives in the present.
    for id in db::seed::unchecked(conn).await? {
        probe::check_now(app, id).await?;
    }
    filled.samples = history(app, conn, now).await?;
    tell(&format!("{} samples made, a week of history", filled.samples));
    Ok(filled)
}

/// The history, a day at a time, so that nobody waits for long for anything; the oldest last, which tells that it is whole.
async fn history(app: &App, conn: &mut db::Conn, now: DateTime<Utc>) -> anyhow::Result<usize> {
    if db::seed::has_history(conn, now - HISTORY + TimeDelta::hours(12)).await? {
        return Ok(0);
    }
    db::partition::make_room(conn, now - HISTORY, now).await?;
    db::seed::statuses(conn, now - HISTORY).await?;
    let mut samples = 0;
    for day in 0..HISTORY.num_days() {
        if app.shutdown.is_cancelled() {
            break;
        }
        let until = now - TimeDelta::days(day);
        samples += db::seed::history(conn, until - TimeDelta::days(1), until).await?;
    }
    app.rollup.ring();
    Ok(samples)
}

/// Services that this process itself answers, or that nobody does.
fn services(app: &App, cluster: &Connection, vms: &[SeenVm]) -> Vec<ServiceSettings> {
    let listen = app.config.access.listen;
    let own = |path: &str| Some(format!("http://{listen}{path}"));
    let host = cluster.settings.hosts.first().map_or("127.0.0.1", String::as_str);
    let proxmox = format!("https://{host}:{}/api2/json/version", cluster.settings.port);
    let with = |status| vms.iter().find(|vm| vm.status == status && !vm.template).map(|vm| vm.id);
    let named = |name: &str, description: &str, kind| ServiceSettings {
        description: description.to_owned(),
        namespace: Some(NAMESPACE.to_owned()),
        kind,
        ..ServiceSettings::named(name)
    };
    vec![
        ServiceSettings {
            health_check_url: own("/healthz"),
            ..named("nexops", "NexOps itself", ServiceType::External)
        },
        ServiceSettings {
            health_check_url: Some(proxmox),
            check: CheckSettings {
                expected_status: "200-299,401".parse().unwrap_or_default(),
                verify_tls: false,
                ..CheckSettings::default()
            },
            ..named("proxmox-api", "The API of the simulated cluster", ServiceType::External)
        },
        ServiceSettings {
            health_check_url: own("/docs/"),
            vm_id: with(VmStatus::Running),
            ..named("docs", "Pages on a guest that runs", ServiceType::Vm)
        },
        ServiceSettings {
            health_check_url: own("/openapi.json"),
            check: CheckSettings { degraded_above_ms: Some(1), ..CheckSettings::default() },
            ..named("catalogue", "Answers, but not within a millisecond", ServiceType::Container)
        },
        ServiceSettings {
            // Port 9, discard: nobody listens there.
            health_check_url: Some("http://127.0.0.1:9/".to_owned()),
            vm_id: with(VmStatus::Stopped),
            check: CheckSettings { retries: 0, ..CheckSettings::default() },
            ..named("intranet", "Down, for its guest is off", ServiceType::Vm)
        },
        ServiceSettings {
            health_check_url: own("/readyz"),
            enabled: false,
            ..named("staging", "Its checks are paused", ServiceType::External)
        },
    ]
}
