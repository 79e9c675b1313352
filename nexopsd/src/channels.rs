//! Changes of the channels: checked, sealed, written down with who made them, and in effect at the next message.

use std::time::Duration;

use chrono::{DateTime, Utc};
use nexops_core::alert::{AlertSource, Severity};
use nexops_core::audit::Outcome;
use nexops_core::error::FieldError;
use nexops_core::id::{AuditId, ChannelId, DeliveryId};
use nexops_core::notification::{
    AlertFacts, Channel, ChannelDraft, ChannelSettings, Delivery, DeliveryState, TestOutcome, TestReport,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::app::{App, now};
use crate::db;
use crate::db::audit::{Entry, Origin};
use crate::db::channel::{self, Stored, Values};
use crate::db::outbox::by_hand::{self, Requeued};
use crate::notify::{self, check};
use crate::secret::{self, Sealed};

/// How long a test is waited for: longer than any receiver is.
const TRIAL: Duration = Duration::from_secs(notify::PATIENCE.as_secs() + 5);
/// How often is looked whether a test has come to its end.
const LOOK: Duration = Duration::from_millis(100);

/// Why something was not done to a channel or a delivery.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is wanted is not acceptable.
    #[error("some values are not acceptable")]
    Invalid(Vec<FieldError>),
    /// There is no such channel.
    #[error("no channel '{0}'")]
    NoChannel(String),
    /// There is no such delivery.
    #[error("no delivery {0}")]
    NoDelivery(DeliveryId),
    /// Rules tell over it, which do not notice that it has another name or is gone.
    #[error("the channel '{name}' is used by {}; give them another channel first", rules.join(", "))]
    InUse {
        /// Its name.
        name: String,
        /// The rules, each in words.
        rules: Vec<String>,
    },
    /// Only what was given up can be queued again.
    #[error("{0}")]
    NotDead(String),
    /// The secret cannot be sealed.
    #[error(transparent)]
    Secret(#[from] secret::Error),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
}

/// One channel.
///
/// # Errors
/// [`Error::NoChannel`], or when the database does not answer.
pub async fn find(app: &App, name: &str) -> Result<Stored, Error> {
    if check::name(name).is_some() {
        return Err(Error::NoChannel(name.to_owned()));
    }
    let conn = &mut app.db.get().await?;
    channel::find(conn, name, now()).await.map_err(|error| missing(error, name))
}

/// Makes a channel.
///
/// # Errors
/// When its values are not acceptable, or it cannot be written down.
pub async fn create(app: &App, draft: ChannelDraft, origin: &Origin) -> Result<Channel, Error> {
    let ChannelDraft { name, settings, enabled } = draft;
    let name = name.unwrap_or_else(|| settings.kind().to_string());
    let mut problems: Vec<FieldError> = check::name(&name).into_iter().collect();
    problems.extend(check::settings(&settings, None));
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let id = ChannelId::new();
    let (settings, secret) = check::separate(settings);
    let sealed = secret.map(|secret| seal(app, id, &secret)).transpose()?;
    let values = Values { name: &name, settings: &settings, secret: Some(sealed.as_ref()), enabled };
    let audit = entry(origin, "channel.create", id, described(&name, &settings, enabled)?);
    {
        let conn = &mut app.db.get().await?;
        channel::create(conn, id, &values, &audit).await.map_err(|error| taken(error, &name))?;
    }
    Ok(find(app, &name).await?.shown)
}

/// Changes a channel; a secret that is not given is kept if it still belongs to the settings.
///
/// # Errors
/// When its values are not acceptable, it is to be renamed while rules use it, or it cannot be written down.
pub async fn update(app: &App, name: &str, draft: ChannelDraft, origin: &Origin) -> Result<Channel, Error> {
    let before = find(app, name).await?;
    let ChannelDraft { name: wanted, settings, enabled } = draft;
    let wanted = wanted.unwrap_or_else(|| name.to_owned());
    let mut problems: Vec<FieldError> = check::name(&wanted).into_iter().collect();
    let stored = Some(&before.shown.settings).filter(|_| before.secret.is_some());
    problems.extend(check::settings(&settings, stored));
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    if wanted != name {
        refuse_if_used(app, name).await?;
    }
    let id = before.shown.id;
    let (settings, secret) = check::separate(settings);
    let replaced = secret.is_some();
    let sealed = match secret {
        Some(secret) => Some(Some(seal(app, id, &secret)?)),
        None if check::keeps_secret(&settings, &before.shown.settings) => None,
        None => Some(None),
    };
    let secret = sealed.as_ref().map(Option::as_ref);
    let values = Values { name: &wanted, settings: &settings, secret, enabled };
    let mut details = described(&wanted, &settings, enabled)?;
    details["secret_replaced"] = replaced.into();
    details["before"] = described(name, &before.shown.settings, before.shown.enabled)?;
    let audit = entry(origin, "channel.update", id, details);
    {
        let conn = &mut app.db.get().await?;
        channel::change(conn, id, &values, &audit).await.map_err(|error| missing(taken(error, &wanted), name))?;
    }
    app.deliver.ring();
    Ok(find(app, &wanted).await?.shown)
}

/// Deletes a channel and gives it as it was. What became of its messages stays known.
///
/// # Errors
/// [`Error::NoChannel`], [`Error::InUse`], or when the database does not answer.
pub async fn delete(app: &App, name: &str, origin: &Origin) -> Result<Channel, Error> {
    let before = find(app, name).await?.shown;
    refuse_if_used(app, name).await?;
    let audit = entry(origin, "channel.delete", before.id, described(name, &before.settings, before.enabled)?);
    let conn = &mut app.db.get().await?;
    channel::delete(conn, before.id, &audit).await.map_err(|error| missing(error, name))?;
    Ok(before)
}

/// Sends a test the way that every message goes, and waits for what comes of it.
///
/// # Errors
/// [`Error::NoChannel`], or when the database does not answer.
pub async fn test(app: &App, name: &str, origin: &Origin) -> Result<TestReport, Error> {
    let channel = find(app, name).await?.shown;
    let now = now();
    let audit = entry(origin, "channel.test", channel.id, json!({"name": name}));
    let id = {
        let conn = &mut app.db.get().await?;
        let facts = test_facts(&channel, &origin.actor, now);
        by_hand::enqueue_test(conn, channel.id, &facts, &audit).await.map_err(|error| missing(error, name))?
    };
    app.deliver.ring();
    let ended = tokio::time::timeout(TRIAL, end_of(app, id)).await;
    let report = match ended {
        Ok(delivery) => report(delivery?),
        Err(_) => TestReport { outcome: TestOutcome::Pending, failure: None, delivery_id: id },
    };
    let outcome = match report.outcome {
        TestOutcome::Delivered => Outcome::Succeeded,
        TestOutcome::Failed => Outcome::Failed,
        TestOutcome::Pending => Outcome::Unknown,
    };
    let why = report.failure.as_ref().map(|failure| failure.message.clone());
    let conn = &mut app.db.get().await?;
    db::audit::end(conn, audit.id.0, outcome, json!({"delivery_id": id, "failure": why})).await?;
    Ok(report)
}

async fn end_of(app: &App, id: DeliveryId) -> db::Result<Delivery> {
    loop {
        let delivery = {
            let conn = &mut app.db.get().await?;
            db::delivery::find(conn, id).await?
        };
        if delivery.state != DeliveryState::Pending {
            return Ok(delivery);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn report(delivery: Delivery) -> TestReport {
    let outcome = match delivery.state {
        DeliveryState::Sent => TestOutcome::Delivered,
        DeliveryState::Dead | DeliveryState::Cancelled => TestOutcome::Failed,
        DeliveryState::Pending => TestOutcome::Pending,
    };
    TestReport { outcome, failure: delivery.last_error, delivery_id: delivery.id }
}

/// What a test says.
fn test_facts(channel: &Channel, actor: &str, now: DateTime<Utc>) -> AlertFacts {
    AlertFacts {
        title: "this is a test, and nothing is wrong".to_owned(),
        description: format!("{actor} tries the channel '{}'. Alerts will arrive the same way.", channel.name),
        severity: Severity::Info,
        source_type: AlertSource::Channel,
        source_id: channel.id.0,
        source_name: channel.name.clone(),
        node: None,
        connection: None,
        rule: None,
        metric_name: None,
        value: None,
        condition: None,
        fired_at: now,
        ended_at: None,
        resolution: None,
        affected_guests: None,
    }
}

/// Queues a delivery again that was given up, and gives it as it is then.
///
/// # Errors
/// [`Error::NoDelivery`], [`Error::NotDead`], or when the database does not answer.
pub async fn requeue(app: &App, id: DeliveryId, origin: &Origin) -> Result<Delivery, Error> {
    let unknown = |error| match error {
        db::Error::NotFound => Error::NoDelivery(id),
        other => other.into(),
    };
    let audit = Entry {
        id: AuditId::new(),
        origin,
        action: "delivery.requeue",
        resource_type: "delivery",
        resource_id: id.0,
        details: json!({}),
        at: now(),
    };
    let conn = &mut app.db.get().await?;
    let refusal = match by_hand::requeue(conn, id, &audit).await.map_err(unknown)? {
        Requeued::Yes => {
            let queued = db::delivery::find(conn, id).await.map_err(unknown);
            app.deliver.ring();
            return queued;
        }
        Requeued::Not(DeliveryState::Sent) => "the receiver has accepted it already",
        Requeued::Not(DeliveryState::Pending) => "it is still being tried",
        Requeued::Not(DeliveryState::Cancelled | DeliveryState::Dead) => {
            "it was cancelled because it is not worth sending any more"
        }
        Requeued::NoChannel => "its channel was deleted or is switched off",
    };
    Err(Error::NotDead(format!("delivery {id} cannot be queued again: {refusal}")))
}

async fn refuse_if_used(app: &App, name: &str) -> Result<(), Error> {
    let conn = &mut app.db.get().await?;
    let rules: Vec<String> = channel::used_by(conn, name).await?.iter().map(|rule| format!("rule '{rule}'")).collect();
    if rules.is_empty() { Ok(()) } else { Err(Error::InUse { name: name.to_owned(), rules }) }
}

fn seal(app: &App, id: ChannelId, secret: &SecretString) -> Result<Sealed, Error> {
    Ok(app.secrets.seal(channel::place_of_secret(id), secret)?)
}

fn missing(error: impl Into<Error>, name: &str) -> Error {
    match error.into() {
        Error::Db(db::Error::NotFound) => Error::NoChannel(name.to_owned()),
        other => other,
    }
}

fn taken(error: db::Error, name: &str) -> Error {
    match error {
        db::Error::Unique { .. } => {
            Error::Invalid(vec![FieldError::new("name", format!("another channel is called '{name}'"))])
        }
        other => other.into(),
    }
}

/// A channel for the audit log, without its secret.
fn described(name: &str, settings: &ChannelSettings, enabled: bool) -> Result<Value, Error> {
    let (settings, _secret) = check::separate(settings.clone());
    let settings = serde_json::to_value(settings).map_err(|error| db::Error::Other(error.into()))?;
    Ok(json!({"name": name, "settings": settings, "enabled": enabled}))
}

fn entry<'a>(origin: &'a Origin, action: &'a str, id: ChannelId, details: Value) -> Entry<'a> {
    Entry { id: AuditId::new(), origin, action, resource_type: "channel", resource_id: id.0, details, at: now() }
}
