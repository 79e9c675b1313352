//! The transaction of an evaluation: what is new is read, judged, and what comes of it written down.
//!
//! It holds the new states, the alerts, the messages to be sent and the events. Whoever is killed in the middle of it has
//! done nothing, and the next run does it all.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use nexops_alerting::{RuleDefinition, gap};
use nexops_core::alert::rule::OnMissing;
use nexops_core::event::Change;
use nexops_core::id::{AlertId, RuleId};
use nexops_core::metric::Metric;
use uuid::Uuid;

use super::super::audit::{self, Entry};
use super::super::lease::{self, Fence};
use super::super::{Error, Result, event, outbox};
use super::{
    Cursors, Done, Fresh, Key, Source, World, advance, cursors, fresh, key_of, last_before, lock, remember_rules,
    rules, rules_before, series, silences, sources, state, states, write_alerts, write_states,
};

/// The cursor under which the time of the last run itself stands.
const RUNS: Uuid = Uuid::nil();

/// Evaluates, if the lease is held: reads the world, has it judged, and writes down what comes of it. `step` is by how
/// much the clock was set since the last run.
///
/// # Errors
/// [`Error::Superseded`], or when the database does not answer.
pub async fn evaluate(
    conn: &mut AsyncPgConnection,
    fence: Option<&Fence>,
    step: TimeDelta,
    interval: TimeDelta,
    now: DateTime<Utc>,
    judge: impl Fn(&mut World) -> Done + Send + Sync,
) -> Result<(World, Done)> {
    conn.transaction::<_, Error, _>(async |conn| {
        lease::check(conn, fence).await?;
        lock(conn).await?;
        let mut world = read(conn, step, interval, now).await?;
        let done = judge(&mut world);
        write(conn, &done, now).await?;
        remember(conn, &world).await?;
        advance(conn, &moved_cursors(&world, now)).await?;
        Ok((world, done))
    })
    .await
}

/// Acts on one alert while nobody evaluates, and writes that into the audit log. Gives `false`, and does nothing, when it is over already.
///
/// # Errors
/// [`Error::NotFound`], or when the database does not answer.
pub async fn act(
    conn: &mut AsyncPgConnection,
    id: AlertId,
    entry: &Entry<'_>,
    judge: impl Fn(&World, Key) -> Done + Send + Sync,
) -> Result<bool> {
    let now = entry.at;
    conn.transaction::<_, Error, _>(async |conn| {
        lock(conn).await?;
        let key = key_of(conn, id).await?;
        let found = state(conn, key).await?;
        let Some(state) = found.filter(|state| state.open().is_some_and(|open| open.id == id)) else {
            return Ok(false);
        };
        let world = World {
            rules: rules(conn).await?,
            before: rules_before(conn).await?,
            states: [(key, state)].into(),
            sources: sources(conn, now).await?,
            silences: silences(conn, now).await?,
            series: Vec::new(),
            fresh: Fresh::new(),
            last: Fresh::new(),
            cursors: Cursors::new(),
            last_run: None,
            step: TimeDelta::zero(),
        };
        write(conn, &judge(&world, key), now).await?;
        audit::done(conn, entry).await?;
        Ok(true)
    })
    .await
}

/// Writes down what came of an evaluation or an action.
async fn write(conn: &mut AsyncPgConnection, done: &Done, now: DateTime<Utc>) -> Result<()> {
    let Done { states, alerts, notices, future_samples: _ } = done;
    write_states(conn, states).await?;
    write_alerts(conn, alerts).await?;
    for notice in notices {
        let told = outbox::Notice {
            alert_id: notice.alert,
            event: notice.event,
            sequence: notice.sequence,
            group: notice.group.as_deref(),
            facts: &notice.facts,
        };
        for result in outbox::enqueue(conn, &told, &notice.channels, now).await? {
            if let outbox::Enqueued::NoChannel(channel) = result {
                tracing::warn!(
                    alert.id = %notice.alert,
                    channel,
                    "nobody is told over a channel that is not there: make it, or change the rule"
                );
            }
        }
    }
    let changes: Vec<Change> = alerts.iter().map(|(_, alert)| Change::Alert(Box::new(alert.clone()))).collect();
    event::record(conn, &changes, now).await
}

async fn read(conn: &mut AsyncPgConnection, step: TimeDelta, interval: TimeDelta, now: DateTime<Utc>) -> Result<World> {
    let rules = rules(conn).await?;
    let before = rules_before(conn).await?;
    let states = states(conn).await?;
    let sources = sources(conn, now).await?;
    let silences = silences(conn, now).await?;
    let mut cursors = cursors(conn).await?;
    // Where two daemons see the clock being set, the first one has moved everything along.
    let is_moved = cursors.get(&RUNS).is_some_and(|last| (now - *last).abs() <= gap(interval));
    let step = if is_moved { TimeDelta::zero() } else { step };
    cursors.values_mut().for_each(|cursor| *cursor += step);
    let last_run = cursors.get(&RUNS).copied();
    let metrics: BTreeSet<Metric> = rules.values().filter(|rule| rule.enabled).map(|rule| rule.metric_name).collect();
    let metrics: Vec<Metric> = metrics.into_iter().collect();
    let series = if metrics.is_empty() { Vec::new() } else { series(conn, &metrics).await? };
    let mut world = World {
        rules,
        before,
        states,
        sources,
        silences,
        series,
        fresh: Fresh::new(),
        last: Fresh::new(),
        cursors,
        last_run,
        step,
    };
    read_samples(conn, &mut world, interval, now).await?;
    Ok(world)
}

/// Reads the new samples, connection by connection, and the last ones where nothing came and that matters.
async fn read_samples(
    conn: &mut AsyncPgConnection,
    world: &mut World,
    interval: TimeDelta,
    now: DateTime<Utc>,
) -> Result<()> {
    let scopes: HashMap<Uuid, Uuid> = world.sources.iter().map(|source| (source.id, scope(source))).collect();
    let mut by_cursor: HashMap<Option<DateTime<Utc>>, Vec<i32>> = HashMap::new();
    for series in &world.series {
        if let Some(scope) = scopes.get(&series.source) {
            by_cursor.entry(world.cursors.get(scope).copied()).or_default().push(series.id);
        }
    }
    for (after, ids) in by_cursor {
        world.fresh.extend(fresh(conn, &ids, after, interval, now).await?);
    }
    let awaited: BTreeSet<Metric> = world
        .rules
        .values()
        .filter(|rule| rule.enabled && rule.on_missing == OnMissing::Alert)
        .map(|rule| rule.metric_name)
        .collect();
    let silent = world.series.iter();
    let silent = silent.filter(|series| awaited.contains(&series.metric) && scopes.contains_key(&series.source));
    let silent: Vec<i32> = silent.map(|series| series.id).filter(|id| !world.fresh.contains_key(id)).collect();
    if !silent.is_empty() {
        world.last = last_before(conn, &silent, now).await?;
    }
    Ok(())
}

/// What shares a cursor: the sources that are collected together.
#[must_use]
pub fn scope(source: &Source) -> Uuid {
    source.connection.as_ref().map_or(source.id, |(connection, _)| connection.0)
}

/// The cursors after this run. Nothing is written any more with a time before the last collection of its connection: what
/// was missed before that is filled first.
fn moved_cursors(world: &World, now: DateTime<Utc>) -> Vec<(Uuid, DateTime<Utc>)> {
    let mut moved: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
    let scopes: HashMap<Uuid, (Uuid, Option<DateTime<Utc>>)> =
        world.sources.iter().map(|source| (source.id, (scope(source), source.seen_at))).collect();
    for (scope, seen_at) in scopes.values() {
        if let Some(seen_at) = seen_at {
            let cursor = moved.entry(*scope).or_insert(*seen_at);
            *cursor = (*cursor).max(*seen_at);
        }
    }
    for series in &world.series {
        let newest = world.fresh.get(&series.id).and_then(|samples| samples.iter().map(|sample| sample.at).max());
        if let (Some(newest), Some((scope, _))) = (newest, scopes.get(&series.source)) {
            let cursor = moved.entry(*scope).or_insert(newest);
            *cursor = (*cursor).max(newest);
        }
    }
    for (scope, cursor) in &mut moved {
        // A time ahead of the clock would hide what comes until then.
        *cursor = (*cursor).min(now).max(world.cursors.get(scope).copied().unwrap_or(*cursor).min(now));
    }
    if !world.step.is_zero() {
        for (scope, cursor) in &world.cursors {
            moved.entry(*scope).or_insert(*cursor);
        }
    }
    moved.insert(RUNS, now);
    moved.into_iter().collect()
}

async fn remember(conn: &mut AsyncPgConnection, world: &World) -> Result<()> {
    let changed = world.rules.iter().filter(|(id, rule)| world.before.get(id) != Some(rule));
    let changed: Vec<(RuleId, RuleDefinition)> = changed.map(|(id, rule)| (*id, rule.clone())).collect();
    let gone: Vec<RuleId> = world.before.keys().filter(|id| !world.rules.contains_key(id)).copied().collect();
    remember_rules(conn, &changed, &gone).await
}
