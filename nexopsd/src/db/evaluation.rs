//! What the evaluation of alert rules reads: rules, sources, samples, and where it stands.

mod run;
mod samples;
mod write;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexops_alerting::{Poll, RuleDefinition, State};
use nexops_core::alert::silence::Silence;
use nexops_core::alert::{Alert, AlertSource};
use nexops_core::id::{AlertId, ConnectionId, RuleId};
use nexops_core::notification::{AlertFacts, DeliveryEvent};
use uuid::Uuid;

use super::Result;
use super::channel::read;
use super::schema::alerts;

pub use run::{act, evaluate, scope};
pub use samples::{Cursors, Fresh, History, Series, history};
use samples::{cursors, fresh, last_before, series};
use write::{advance, remember_rules, write_alerts, write_states};

/// The alerts of a guest are silent for so long after a power action of NexOps' own.
const AFTER_ACTION: TimeDelta = TimeDelta::minutes(5);

/// A rule and a source: what is evaluated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The rule.
    pub rule: RuleId,
    /// The kind of source.
    pub kind: AlertSource,
    /// The source.
    pub source: Uuid,
}

/// Something that alerts can be about.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its kind.
    pub kind: AlertSource,
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// The connection that it is seen through.
    pub connection: Option<(ConnectionId, String)>,
    /// The node that it is on, or is.
    pub node: Option<(Uuid, String)>,
    /// What is known of it being there and on; nothing when nobody could look.
    pub poll: Option<Poll>,
    /// When figures were last collected from its connection; samples may still come with times up to then, and, once what
    /// was missed is filled, none before.
    pub seen_at: Option<DateTime<Utc>>,
    /// Whether NexOps works on it, or a backup does: what it does meanwhile is expected.
    pub expected_trouble: bool,
    /// Whether something is wrong with it that NexOps itself raises alerts about, with the words for it.
    pub trouble: Option<String>,
}

/// Everything that is judged.
#[derive(Debug)]
pub struct World {
    /// The rules as they are now.
    pub rules: HashMap<RuleId, RuleDefinition>,
    /// The rules as they were judged last.
    pub before: HashMap<RuleId, RuleDefinition>,
    /// What is remembered of rules and sources.
    pub states: HashMap<Key, State>,
    /// What alerts can be about.
    pub sources: Vec<Source>,
    /// The silences that hold.
    pub silences: Vec<Silence>,
    /// What is measured, as far as rules ask for it.
    pub series: Vec<Series>,
    /// The samples that are new.
    pub fresh: Fresh,
    /// The last samples of series that got none now, where their absence matters.
    pub last: Fresh,
    /// Up to where samples had been judged.
    pub cursors: Cursors,
    /// When the last run was, by the clock as it is set now.
    pub last_run: Option<DateTime<Utc>>,
    /// By how much the clock was set since, which what is remembered is to be moved by.
    pub step: TimeDelta,
}

/// A message for some channels.
#[derive(Debug)]
pub struct Notice {
    /// The alert.
    pub alert: AlertId,
    /// What happened.
    pub event: DeliveryEvent,
    /// Which of the alert's messages it is.
    pub sequence: i32,
    /// What goes into one message with it.
    pub group: Option<String>,
    /// The channels.
    pub channels: Vec<String>,
    /// What is said.
    pub facts: AlertFacts,
}

/// What comes of an evaluation.
#[derive(Debug, Default)]
pub struct Done {
    /// States that changed.
    pub states: Vec<(Key, State)>,
    /// Alerts that changed, each with the id of its rule.
    pub alerts: Vec<(RuleId, Alert)>,
    /// Messages.
    pub notices: Vec<Notice>,
    /// Samples too far ahead of the clock to be believed.
    pub future_samples: u32,
}

/// Waits for the sole right to evaluate, until the transaction ends.
///
/// # Errors
/// As every statement.
async fn lock(conn: &mut AsyncPgConnection) -> Result<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('nexops/evaluate', 0))").execute(conn).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct RuleRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Jsonb)]
    definition: serde_json::Value,
}

/// The rules as they are now.
///
/// # Errors
/// When the database does not answer.
async fn rules(conn: &mut AsyncPgConnection) -> Result<HashMap<RuleId, RuleDefinition>> {
    definitions(
        conn,
        "SELECT id, to_jsonb(alert_rules) - '{id,version,created_at,updated_at}'::text[] AS definition FROM alert_rules",
    )
    .await
}

/// The rules as they were evaluated last.
///
/// # Errors
/// When the database does not answer.
async fn rules_before(conn: &mut AsyncPgConnection) -> Result<HashMap<RuleId, RuleDefinition>> {
    definitions(conn, "SELECT rule_id AS id, definition FROM alert_rules_evaluated").await
}

async fn definitions(conn: &mut AsyncPgConnection, query: &str) -> Result<HashMap<RuleId, RuleDefinition>> {
    let rows: Vec<RuleRow> = diesel::sql_query(query).load(conn).await?;
    rows.into_iter().map(|row| Ok((RuleId(row.id), read(row.definition)?))).collect()
}

#[derive(QueryableByName)]
struct StateRow {
    #[diesel(sql_type = SqlUuid)]
    rule_id: Uuid,
    #[diesel(sql_type = Text)]
    source_type: String,
    #[diesel(sql_type = SqlUuid)]
    source_id: Uuid,
    #[diesel(sql_type = Jsonb)]
    state: serde_json::Value,
}

/// Where the evaluation stands, for every rule and source of which something is remembered.
///
/// # Errors
/// When the database does not answer.
async fn states(conn: &mut AsyncPgConnection) -> Result<HashMap<Key, State>> {
    let rows: Vec<StateRow> =
        diesel::sql_query("SELECT rule_id, source_type, source_id, state FROM alert_states").load(conn).await?;
    rows.into_iter()
        .map(|row| {
            let key = Key { rule: RuleId(row.rule_id), kind: super::word(&row.source_type)?, source: row.source_id };
            Ok((key, read(row.state)?))
        })
        .collect()
}

/// Where the evaluation stands for one rule and source; nothing when nothing is remembered.
///
/// # Errors
/// When the database does not answer.
async fn state(conn: &mut AsyncPgConnection, key: Key) -> Result<Option<State>> {
    let rows: Vec<StateRow> = diesel::sql_query(
        "SELECT rule_id, source_type, source_id, state FROM alert_states \
         WHERE rule_id = $1 AND source_type = $2 AND source_id = $3",
    )
    .bind::<SqlUuid, _>(key.rule.0)
    .bind::<Text, _>(key.kind.as_str())
    .bind::<SqlUuid, _>(key.source)
    .load(conn)
    .await?;
    rows.into_iter().next().map(|row| read(row.state)).transpose()
}

/// The rule and the source of an alert.
///
/// # Errors
/// `Error::NotFound`, or when the database does not answer.
async fn key_of(conn: &mut AsyncPgConnection, id: AlertId) -> Result<Key> {
    let row: (Uuid, String, Uuid) = alerts::table
        .find(id.0)
        .select((alerts::evaluated_as, alerts::source_type, alerts::source_id))
        .first(conn)
        .await?;
    Ok(Key { rule: RuleId(row.0), kind: super::word(&row.1)?, source: row.2 })
}

#[derive(QueryableByName)]
struct SilenceRow {
    #[diesel(sql_type = Jsonb)]
    silence: serde_json::Value,
}

/// The silences that hold at a time.
///
/// # Errors
/// When the database does not answer.
async fn silences(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<Silence>> {
    let rows: Vec<SilenceRow> =
        diesel::sql_query("SELECT to_jsonb(silences) AS silence FROM silences WHERE starts_at <= $1 AND ends_at > $1")
            .bind::<Timestamptz, _>(now)
            .load(conn)
            .await?;
    rows.into_iter().map(|row| read(row.silence)).collect()
}

#[derive(QueryableByName)]
struct SourceRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    connection_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    connection: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    node_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    node: Option<String>,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    seen_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    answers: bool,
    #[diesel(sql_type = Bool)]
    gone: bool,
    #[diesel(sql_type = Bool)]
    expected_trouble: bool,
    #[diesel(sql_type = Nullable<Text>)]
    trouble: Option<String>,
}

/// What the sources are called, by their ids.
///
/// # Errors
/// When the database does not answer.
pub async fn names(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<HashMap<Uuid, String>> {
    Ok(sources(conn, now).await?.into_iter().map(|source| (source.id, source.name)).collect())
}

/// Everything that alerts can be about; of what is gone only that of which something is remembered.
///
/// # Errors
/// When the database does not answer.
async fn sources(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<Source>> {
    let rows: Vec<SourceRow> = diesel::sql_query(SOURCES).bind::<Timestamptz, _>(now - AFTER_ACTION).load(conn).await?;
    rows.into_iter()
        .map(|row| {
            let kind: AlertSource = super::word(&row.kind)?;
            Ok(Source {
                kind,
                poll: poll(&row),
                id: row.id,
                name: row.name,
                connection: row.connection_id.map(ConnectionId).zip(row.connection),
                node: row.node_id.zip(row.node),
                seen_at: row.seen_at,
                expected_trouble: row.expected_trouble,
                trouble: row.trouble,
            })
        })
        .collect()
}

fn poll(row: &SourceRow) -> Option<Poll> {
    match row.status.as_str() {
        _ if row.gone => Some(Poll::Gone),
        _ if !row.answers => None,
        "stopped" => Some(Poll::Stopped),
        "unknown" => None,
        _ => Some(Poll::Present),
    }
}

const SOURCES: &str = "\
SELECT 'node' AS kind, node.id, node.hostname AS name, connection.id AS connection_id, connection.name AS connection, \
       node.id AS node_id, node.hostname AS node, 'online' AS status, connection.collected_at AS seen_at, \
       connection.last_error_code IS NULL AS answers, node.gone_at IS NOT NULL AS gone, false AS expected_trouble, \
       CASE WHEN node.status = 'offline' THEN 'the node is offline' END AS trouble \
  FROM nodes AS node JOIN proxmox_connections AS connection ON connection.id = node.connection_id \
 WHERE connection.enabled AND (node.gone_at IS NULL OR EXISTS (SELECT FROM alert_states WHERE source_id = node.id)) \
UNION ALL \
SELECT 'vm', vm.id, vm.vmid || ' ' || vm.name, connection.id, connection.name, node.id, node.hostname, vm.status, \
       connection.collected_at, connection.last_error_code IS NULL, vm.gone_at IS NOT NULL, \
       coalesce(vm.locked = 'backup', false) OR EXISTS ( \
           SELECT FROM tasks WHERE tasks.vm_id = vm.id AND (tasks.status = 'running' OR tasks.finished_at > $1)), \
       NULL \
  FROM vms AS vm JOIN nodes AS node ON node.id = vm.node_id \
  JOIN proxmox_connections AS connection ON connection.id = vm.connection_id \
 WHERE connection.enabled AND NOT vm.template \
   AND (vm.gone_at IS NULL OR EXISTS (SELECT FROM alert_states WHERE source_id = vm.id)) \
UNION ALL \
SELECT 'service', service.id, service.name, NULL, NULL, vm.node_id, node.hostname, 'online', service.last_health_check, \
       true, false, false, NULL \
  FROM services AS service LEFT JOIN vms AS vm ON vm.id = service.vm_id LEFT JOIN nodes AS node ON node.id = vm.node_id \
 WHERE service.enabled \
UNION ALL \
SELECT 'connection', id, name, id, name, NULL, NULL, 'online', collected_at, true, NOT enabled, false, last_error \
  FROM proxmox_connections \
UNION ALL \
SELECT 'channel', id, name, NULL, NULL, NULL, NULL, 'online', NULL, true, NOT enabled, false, \
       CASE WHEN failed_since IS NOT NULL THEN 'messages do not get through' END \
  FROM notification_channels";
