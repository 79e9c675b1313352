//! Looks at everything: who is there, what each guest is configured as, what NexOps may see and do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use futures::stream;
use serde::Serialize;
use serde_json::json;

use super::look::{Purpose, look};
use super::{Job, Ran};
use crate::app::{App, Connection};
use crate::db::connection::Description;
use crate::db::vm::config::{self, ConfigDue, ReadConfig};
use crate::db::vm::record;
use crate::db::{self, Db};
use crate::privileges;
use crate::proxmox::{Birthmark, ClusterStatus, Error, GuestAddress, GuestConfig};

/// The loop's name.
pub const NAME: &str = "sync";

/// A guest's configuration is read again after this long.
const CONFIG_AGE: chrono::Duration = chrono::Duration::hours(1);
/// Configurations read in one run at most; the rest follows in the next.
const CONFIGS_PER_RUN: i64 = 2000;
/// How soon that is.
const SOON: Duration = Duration::from_secs(10);
/// Questions to one node at a time.
const QUESTIONS_PER_NODE: usize = 2;

/// The loop, for one connection.
#[derive(Debug)]
pub struct Sync {
    /// The cluster.
    pub connection: Arc<Connection>,
}

/// What a run did.
#[derive(Debug, Serialize)]
pub struct Report {
    nodes: usize,
    vms: usize,
    new: usize,
    changed: usize,
    gone: i64,
    configurations: usize,
}

impl Job for Sync {
    const TIMEOUT: Duration = Duration::from_secs(300);
    type Report = Report;

    async fn run(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Ran<Report>> {
        let connection = &*self.connection;
        let looked = look(app, connection, Purpose::Inventory).await?;
        // What fails here only makes the picture poorer, and does not make the look fail that went before.
        let described = self.describe(&app.db, looked.suspicion, now).await.context("describe the cluster");
        let Configurations { due, read } = self.read_configurations(app, now).await?;
        described?;
        let report = Report {
            nodes: looked.nodes,
            vms: looked.guests,
            new: looked.new,
            changed: looked.changed,
            gone: looked.recorded.gone_vms,
            configurations: read,
        };
        let more_are_due = i64::try_from(due).is_ok_and(|due| due >= CONFIGS_PER_RUN);
        Ok(Ran { report, again_in: more_are_due.then_some(SOON) })
    }
}

/// How many configurations were to be read, and how many were.
struct Configurations {
    due: usize,
    read: usize,
}

impl Sync {
    /// Learns what the cluster is, where its nodes are, and what NexOps may do there.
    async fn describe(&self, db: &Db, suspicion: Option<String>, now: DateTime<Utc>) -> anyhow::Result<()> {
        let proxmox = &self.connection.proxmox;
        // Everything here adds to the picture, and is done without where it is refused. The status of the cluster
        // wants Sys.Audit on /, for example.
        let mut unanswered = None;
        let version = unless_refused(proxmox.version().await)?;
        if let Some(version) = &version {
            self.connection.runs_version(version.major, version.minor);
        }
        let permissions = unless_away(proxmox.permissions().await, &mut unanswered)?;
        let cluster = unless_away(proxmox.cluster_status().await, &mut unanswered)?;
        let nodes = unless_refused(proxmox.nodes().await)?.unwrap_or_default();
        let fingerprints: HashMap<String, String> =
            nodes.into_iter().filter_map(|node| Some((node.name, node.fingerprint?))).collect();
        let quorate = cluster.as_ref().and_then(|cluster| cluster.quorate);
        let no_quorum = (quorate == Some(false)).then(|| {
            "the cluster has no quorum: guests cannot be started until enough nodes are back (pvecm status)".to_owned()
        });
        let major = version.as_ref().map_or(0, |version| version.major);
        let may_ask_agents =
            permissions.as_ref().is_some_and(|permissions| privileges::may_ask_agents(permissions, major));
        let missing =
            permissions.and_then(|permissions| privileges::missing(&permissions, &self.connection.token_id, major));

        let conn = &mut db.get().await?;
        if may_ask_agents {
            db::inside::ask_forbidden_again(conn, self.connection.id, now).await?;
        }
        if let Some(ClusterStatus { members, .. }) = &cluster {
            for member in members {
                let metadata = json!({ "certificate_fingerprint": fingerprints.get(&member.name) });
                let address = member.ip.as_deref();
                db::node::describe(conn, self.connection.id, &member.name, address, &metadata).await?;
            }
        }
        let twin = db::connection::settings::twin_of(conn, self.connection.id).await?.map(|other| {
            format!(
                "it leads to the same cluster as the connection '{other}': everything is watched twice; disable one"
            )
        });
        let warnings: Vec<String> = [suspicion, unanswered, no_quorum, missing, twin].into_iter().flatten().collect();
        let warning = (!warnings.is_empty()).then(|| warnings.join(" | "));
        let description = Description {
            cluster: cluster.and_then(|cluster| cluster.name),
            pve_version: version.map(|version| version.text),
            quorate,
            warning,
        };
        db::connection::describe(conn, self.connection.id, &description).await?;
        Ok(())
    }

    /// Reads the configurations that are due, at every node on its own: one that hangs holds up only itself.
    async fn read_configurations(&self, app: &App, now: DateTime<Utc>) -> anyhow::Result<Configurations> {
        let guests = {
            let conn = &mut app.db.get().await?;
            config::configs_due(conn, self.connection.id, now - CONFIG_AGE, CONFIGS_PER_RUN).await?
        };
        let due = guests.len();
        let mut by_node: HashMap<String, Vec<ConfigDue>> = HashMap::new();
        for guest in guests {
            by_node.entry(guest.node.clone()).or_default().push(guest);
        }
        let counts = by_node.into_values().map(|guests| self.read_configurations_of_node(app, guests, now));
        let counts: Vec<anyhow::Result<usize>> = futures::future::join_all(counts).await;
        Ok(Configurations { due, read: counts.into_iter().sum::<anyhow::Result<usize>>()? })
    }

    async fn read_configurations_of_node(
        &self,
        app: &App,
        guests: Vec<ConfigDue>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        let mut answers = stream::iter(guests)
            .map(|guest| async move {
                let at = GuestAddress { node: guest.node.clone(), kind: guest.kind, vmid: guest.vmid };
                let answer = self.connection.proxmox.guest_config(&at).await;
                (guest, answer)
            })
            .buffer_unordered(QUESTIONS_PER_NODE);
        let mut read = 0;
        while let Some((guest, answer)) = answers.next().await {
            match answer {
                Ok(config) => {
                    self.take_configuration(app, &guest, config, now).await?;
                    read += 1;
                }
                // This one cannot be read: it moved or went since it was listed, or Proxmox will not tell. Its turn
                // comes again after the others'.
                Err(
                    Error::GuestMissing { .. }
                    | Error::Forbidden { .. }
                    | Error::NotImplemented { .. }
                    | Error::InvalidParameters { .. }
                    | Error::Refused { .. }
                    | Error::Payload { .. },
                ) => {
                    let conn = &mut app.db.get().await?;
                    config::skip_config(conn, guest.id, now).await?;
                }
                Err(error) => {
                    tracing::debug!(connection.name = self.connection.name, "configurations stay unread: {error}");
                    break;
                }
            }
        }
        Ok(read)
    }

    /// Writes a configuration down: as that of the guest, or as that of another one that has its number now.
    async fn take_configuration(
        &self,
        app: &App,
        guest: &ConfigDue,
        read: GuestConfig,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let GuestConfig { os_type, snapshot, birthmark } = read;
        let before = guest.birthmark.clone().and_then(|known| serde_json::from_value::<Birthmark>(known).ok());
        let conn = &mut app.db.get().await?;
        let id = match before {
            Some(before) if before.is_of_another(&birthmark) => {
                let new = record::replace(conn, self.connection.id, guest.id, app.staleness(now), now).await?;
                let Some(id) = new else { return Ok(()) };
                tracing::info!(
                    connection.name = self.connection.name, vmid = guest.vmid, vm.id = %id, replaced = %guest.id,
                    "another guest has the number now"
                );
                id
            }
            Some(_) | None => guest.id,
        };
        let (config, birthmark) = (db::storable_json(snapshot), db::storable_json(serde_json::to_value(&birthmark)?));
        let read = ReadConfig { os_type: os_type.as_deref(), config: &config, birthmark: &birthmark };
        config::set_config(conn, id, read, now).await?;
        Ok(())
    }
}

/// The answer, if there is one; a refusal of this one question is no failure of the connection.
fn unless_refused<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Forbidden { .. } | Error::NotImplemented { .. } | Error::Refused { .. } | Error::Payload { .. }) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The same, where the server that is asked has to ask its own daemon. Without that it goes on showing everything, but
/// can do nothing.
fn unless_away<T>(answer: Result<T, Error>, unanswered: &mut Option<String>) -> Result<Option<T>, Error> {
    match answer {
        Err(Error::NodeUnreachable { status, reason, .. }) => {
            *unanswered = Some(format!(
                "the host that answers cannot reach its own pvedaemon ({reason}, status {status}): guests cannot be \
                 started or stopped through it; on that host run: systemctl restart pvedaemon"
            ));
            Ok(None)
        }
        answer => unless_refused(answer),
    }
}
