//! Trials: whether a connection would work, as a stored one or a draft, without storing anything.

use std::time::{Duration, Instant};

use nexops_core::error::ErrorCode;
use nexops_core::id::ConnectionId;
use nexops_core::settings::{ProxmoxConnection, ProxmoxTest, ProxmoxTrial, SeenCertificate, TrialProblem};
use secrecy::SecretString;

use super::change::{Error, find};
use super::{draft, token_of};
use crate::app::App;
use crate::db::connection::settings::{self, Values};
use crate::privileges;
use crate::proxmox::{self, Client, NodeRow, Settings, Timeouts};

/// How long a trial may take; people wait for it.
const PATIENCE: Duration = Duration::from_secs(25);
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(10) };

/// Tries a connection. That it does not work is an answer, and no error.
///
/// # Errors
/// When what is to be tried is not acceptable, is not there, has a token that cannot be opened, or the database does not
/// answer.
pub async fn try_out(app: &App, test: &ProxmoxTest) -> Result<ProxmoxTrial, Error> {
    let settings = Settings { timeouts: TIMEOUTS, ..wanted(app, test).await? };
    let clock = Instant::now();
    let (asked, certificate) = tokio::join!(tokio::time::timeout(PATIENCE, ask(&settings)), certificate(&settings));
    let late =
        |_elapsed| Err(proxmox::Error::Timeout { what: "everything that was asked".to_owned(), after: PATIENCE });
    let asked = asked.unwrap_or_else(late);
    let mut trial = ProxmoxTrial {
        works: asked.is_ok(),
        problem: None,
        certificate: certificate.map(|(host, seen)| SeenCertificate {
            host,
            fingerprint: seen.to_string(),
            accepted: !matches!(asked, Err(proxmox::Error::Certificate { .. })),
        }),
        pve_version: None,
        cluster: None,
        nodes: None,
        vms: None,
        missing_privileges: Vec::new(),
        grant: None,
        same_cluster_as: None,
        took_ms: 0,
    };
    match asked {
        Ok(seen) => tell(app, test.id, &settings, seen, &mut trial).await?,
        Err(error) => trial.problem = Some(TrialProblem { code: error.code(), message: error.to_string() }),
    }
    trial.took_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(trial)
}

/// What is to be tried.
async fn wanted(app: &App, test: &ProxmoxTest) -> Result<Settings, Error> {
    let stored = match test.id {
        Some(id) => Some(find(app, id).await?),
        None => None,
    };
    let values = test.draft.as_ref().map(draft::check).transpose().map_err(|problems| {
        let below = problems
            .into_iter()
            .map(|problem| nexops_core::error::FieldError { field: format!("draft.{}", problem.field), ..problem });
        Error::Invalid(below.collect())
    })?;
    let given = test.draft.as_ref().and_then(|draft| draft.token_value.as_ref()).map(|token| token.secret().clone());
    if let (None, Some(stored), Some(values)) = (&given, &stored, &values)
        && !draft::keeps_token(values, &stored.shown)
    {
        return Err(Error::field("draft.token_value", draft::OTHER_HOSTS));
    }
    let token = match (&given, &stored) {
        (Some(token), _) => token.clone(),
        (None, Some(stored)) => match described(app, &stored.shown) {
            Some(token) => token,
            None => token_of(app, stored).map_err(|error| match error.downcast::<crate::secret::Error>() {
                Ok(error) => Error::Secret(error),
                Err(error) => Error::field("draft.token_value", error.to_string()),
            })?,
        },
        (None, None) if values.is_some() => return Err(Error::field("draft.token_value", "a draft needs it")),
        (None, None) => return Err(Error::field("id", "give the id of a stored connection, a draft, or both")),
    };
    let shown = match (values, stored) {
        (Some(values), _) => drafted(values),
        (None, Some(stored)) => stored.shown,
        (None, None) => return Err(Error::field("id", "give the id of a stored connection, a draft, or both")),
    };
    draft::settings(&shown, token).map_err(|error| Error::field("draft.fingerprint", error.to_string()))
}

/// The token of a connection that this daemon's environment describes.
fn described(app: &App, shown: &ProxmoxConnection) -> Option<SecretString> {
    let mut described = app.environment.iter().filter(|_| shown.managed_by_environment);
    described.find(|described| described.name == shown.name).map(|described| described.settings.token_value.clone())
}

/// A draft in the form of the connection that it would become.
fn drafted(values: Values) -> ProxmoxConnection {
    let Values { name, hosts, port, user, token_name, verify_tls, fingerprint, enabled } = values;
    let never = chrono::DateTime::UNIX_EPOCH;
    ProxmoxConnection {
        id: ConnectionId::new(),
        name,
        hosts,
        port,
        user,
        token_name,
        has_token: true,
        verify_tls,
        fingerprint,
        enabled,
        managed_by_environment: false,
        cluster: None,
        pve_version: None,
        same_cluster_as: None,
        last_success_at: None,
        last_error: None,
        warning: None,
        created_at: never,
        updated_at: never,
    }
}

/// What Proxmox tells.
struct Seen {
    version: proxmox::Version,
    resources: proxmox::Resources,
    permissions: Option<proxmox::Permissions>,
    cluster: Option<String>,
    nodes: Vec<NodeRow>,
}

async fn ask(settings: &Settings) -> Result<Seen, proxmox::Error> {
    let client = Client::new(settings)?;
    let version = client.version().await?;
    let resources = client.cluster_resources().await?;
    // Not every answer to these questions is needed, and not everything that stands in for Proxmox knows them.
    let permissions = client.permissions().await.ok();
    let cluster = client.cluster_status().await.ok().and_then(|cluster| cluster.name);
    let nodes = client.nodes().await.unwrap_or_default();
    Ok(Seen { version, resources, permissions, cluster, nodes })
}

/// The certificate of the first host that presents one. The token is not shown to it.
async fn certificate(settings: &Settings) -> Option<(String, crate::tls::Fingerprint)> {
    tokio::time::timeout(PATIENCE, Client::certificate(settings)).await.ok().flatten()
}

async fn tell(
    app: &App,
    id: Option<ConnectionId>,
    settings: &Settings,
    seen: Seen,
    trial: &mut ProxmoxTrial,
) -> Result<(), Error> {
    let Seen { version, resources, permissions, cluster, nodes } = seen;
    let certificates: Vec<(String, String)> =
        nodes.into_iter().filter_map(|node| Some((node.name, node.fingerprint?))).collect();
    if !certificates.is_empty() {
        let conn = &mut app.db.get().await?;
        trial.same_cluster_as = settings::with_nodes(conn, &certificates, id).await?;
    }
    if let Some(permissions) = permissions {
        trial.missing_privileges = privileges::lacking(&permissions, version.major);
        if !trial.missing_privileges.is_empty() {
            trial.grant = Some(privileges::grant(&settings.token_id(), version.major));
        }
    }
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    trial.nodes = Some(count(resources.nodes.len()));
    trial.vms = Some(count(resources.guests.len()));
    trial.cluster = cluster;
    if trial.nodes == Some(0) && trial.vms == Some(0) {
        let message = "Proxmox accepts the token, but shows it nothing; grant it the privileges that are missing";
        trial.works = false;
        trial.problem = Some(TrialProblem { code: ErrorCode::ProxmoxForbidden, message: message.to_owned() });
    }
    trial.pve_version = Some(version.text);
    Ok(())
}
