//! What is there already, and how it is made what it shall be.

use nexops_core::alert::rule::AlertRule;
use nexops_core::notification::Channel;
use nexops_core::service::Service;

use super::changes::given_secret;
use crate::code::{Source, Wanted};
use crate::commands::export::draft;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::paging::all;

/// What the daemon has, asked for once and only of the kinds that are wanted.
#[derive(Debug, Default)]
pub struct Present {
    channels: Option<Vec<Existing>>,
    services: Option<Vec<Existing>>,
    rules: Option<Vec<Existing>>,
}

/// A thing that the daemon has.
#[derive(Debug)]
pub enum Existing {
    /// A channel.
    Channel(Box<Channel>),
    /// A service.
    Service(Box<Service>),
    /// An alert rule.
    Rule(Box<AlertRule>),
}

impl Existing {
    /// The document that would leave it as it is.
    pub fn wanted(&self) -> Wanted {
        match self {
            Self::Channel(channel) => draft(Channel::clone(channel)),
            Self::Service(service) => Wanted::Service(Box::new(service.settings())),
            Self::Rule(rule) => Wanted::Rule(Box::new(rule.definition())),
        }
    }
}

impl Present {
    /// The thing with the name of the one that is wanted.
    pub async fn find(&mut self, wanted: &Wanted, context: &Context) -> Result<Option<&Existing>> {
        let client = &context.client;
        let failed = |error| Failure::from_client(&format!("look for {} {}", wanted.kind(), wanted.name()), &error);
        let those = match wanted {
            Wanted::Channel(_) => match &mut self.channels {
                Some(channels) => channels,
                none => {
                    let all = all::channels(client, None).await.map_err(failed)?.rows;
                    none.insert(all.into_iter().map(|one| Existing::Channel(Box::new(one))).collect())
                }
            },
            Wanted::Service(_) => match &mut self.services {
                Some(services) => services,
                none => {
                    let all = all::services(client, None).await.map_err(failed)?.rows;
                    none.insert(all.into_iter().map(|one| Existing::Service(Box::new(one))).collect())
                }
            },
            Wanted::Rule(_) => match &mut self.rules {
                Some(rules) => rules,
                none => {
                    let all = all::rules(client, None).await.map_err(failed)?.rows;
                    none.insert(all.into_iter().map(|one| Existing::Rule(Box::new(one))).collect())
                }
            },
        };
        Ok(those.iter().find(|one| one.wanted().name() == wanted.name()))
    }
}

/// Fails where a channel cannot do without a secret that neither the file nor the daemon has.
pub fn require_secret(before: Option<&Existing>, source: &Source) -> Result<()> {
    let Wanted::Channel(wanted) = &source.wanted else { return Ok(()) };
    let Some(field) = wanted.settings.secret_field() else { return Ok(()) };
    let is_kept = match before {
        Some(Existing::Channel(channel)) => channel.has_secret && channel.settings.kind() == wanted.settings.kind(),
        Some(Existing::Service(_) | Existing::Rule(_)) | None => false,
    };
    if is_kept || given_secret(&source.wanted).is_some() {
        return Ok(());
    }
    let (name, kind) = (source.wanted.name(), wanted.settings.kind());
    let message = format!("{}: channel {name} needs settings.{field}, which the daemon does not have", source.place);
    Err(Failure::new(Exit::Usage, "SECRET_NEEDED", message)
        .with_hint(format!("add it to the file, or run `nexops settings notify create {name} --kind {kind}`")))
}

/// Makes or changes a thing; only the version that was just seen is changed.
pub async fn put(before: Option<&Existing>, wanted: &Wanted, context: &Context) -> Result<()> {
    let client = &context.client;
    let outcome = match (before, wanted) {
        (Some(Existing::Channel(channel)), Wanted::Channel(draft)) => {
            client.update_channel(&channel.name, draft).await.map(drop)
        }
        (Some(Existing::Service(service)), Wanted::Service(settings)) => {
            client.update_service(service.id, settings, Some(service.version)).await.map(drop)
        }
        (Some(Existing::Rule(rule)), Wanted::Rule(definition)) => {
            client.update_alert_rule(rule.id, definition, Some(i64::from(rule.version))).await.map(drop)
        }
        (_, Wanted::Channel(draft)) => client.create_channel(draft).await.map(drop),
        (_, Wanted::Service(settings)) => client.create_service(settings).await.map(drop),
        (_, Wanted::Rule(definition)) => client.create_alert_rule(definition).await.map(drop),
    };
    let verb = if before.is_some() { "change" } else { "create" };
    outcome.map_err(|error| Failure::from_client(&format!("{verb} {} {}", wanted.kind(), wanted.name()), &error))
}
