//! `nexops settings notify`, but for the messages.

use nexops_core::notification::{Channel, ChannelDraft, ChannelKind, ChannelSettings, MailSecurity, TestOutcome};
use nexops_core::secret::WriteOnly;

use super::deliveries;
use crate::cli::{
    ChannelSettingsArgs, CreateChannelArgs, DeleteChannelsArgs, ListChannelsArgs, NotifyCommand, UpdateChannelArgs,
};
use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::hidden;
use crate::listing::List;
use crate::paging::all;
use crate::resolve;
use crate::rows::channel::{describe, describe_test};

/// Runs one of the verbs.
pub async fn run(command: NotifyCommand, context: &Context) -> Result<()> {
    match command {
        NotifyCommand::List(args) => list(&args, context).await,
        NotifyCommand::Show(args) => {
            let channel = resolve::channel(&context.client, &args.channel).await?;
            context.output.one(&channel, || describe(&channel, context.output.now))
        }
        NotifyCommand::Create(args) => create(args, context).await,
        NotifyCommand::Update(args) => update(args, context).await,
        NotifyCommand::Delete(args) => delete(&args, context).await,
        NotifyCommand::Test(args) => test(&args.channel, context).await,
        NotifyCommand::Deliveries(args) => deliveries::list(&args, context).await,
        NotifyCommand::Requeue(args) => deliveries::requeue(&args, context).await,
    }
}

async fn list(args: &ListChannelsArgs, context: &Context) -> Result<()> {
    let list = List {
        attempt: "list channels",
        flags: &args.flags,
        is_filtered: false,
        sort: args.sort.as_ref(),
        limit: None,
        none_fits: "no channel matches",
        empty: "no channel yet: `nexops settings notify create` makes one",
    };
    list.show(context, async |limit| all::channels(&context.client, limit).await).await
}

async fn create(args: CreateChannelArgs, context: &Context) -> Result<()> {
    let CreateChannelArgs { name, kind, settings: said } = args;
    let enabled = said.enabled.unwrap_or(true);
    let secret = hidden::given(&said.secret)?;
    let mut settings = changed(blank(kind), &said)?;
    *settings.secret_mut() = match (secret, settings.secret_field()) {
        (None, Some(_)) => Some(hidden::secret(secret_name(kind))?),
        (given, _) => given,
    };
    let draft = ChannelDraft { name: Some(name.clone()), settings, enabled };
    let made = context.client.create_channel(&draft).await;
    let made = made.map_err(|error| Failure::from_client(&format!("create channel {name}"), &error))?.data;
    context.tell("channel", &made, "created")?;
    context.talk.note(&format!("`nexops settings notify test {name}` tries it"));
    Ok(())
}

async fn update(args: UpdateChannelArgs, context: &Context) -> Result<()> {
    let UpdateChannelArgs { channel, name, ask_secret, settings: said } = args;
    let Channel { name: before, settings, enabled, .. } = resolve::channel(&context.client, &channel).await?;
    let kind = settings.kind();
    let mut settings = changed(settings, &said)?;
    *settings.secret_mut() = asked_or_given(ask_secret, kind, &said)?;
    let draft = ChannelDraft { name, settings, enabled: said.enabled.unwrap_or(enabled) };
    let updated = context.client.update_channel(&before, &draft).await;
    let updated = updated.map_err(|error| Failure::from_client(&format!("update channel {before}"), &error))?.data;
    context.tell("channel", &updated, "updated")
}

fn asked_or_given(ask: bool, kind: ChannelKind, said: &ChannelSettingsArgs) -> Result<Option<WriteOnly>> {
    if ask { hidden::secret(secret_name(kind)).map(Some) } else { hidden::given(&said.secret) }
}

async fn delete(args: &DeleteChannelsArgs, context: &Context) -> Result<()> {
    let names: Vec<String> = args.channels.iter().map(|name| clean(name)).collect();
    if !args.yes {
        confirm::require_terminal("delete")?;
        confirm::answer(&format!("This deletes {} with what waits there. Go on? [y/N] ", names.join(", ")))?;
    }
    let mut failures = Vec::new();
    for name in &args.channels {
        let gone = async {
            let channel = resolve::channel(&context.client, name).await?;
            let deleted = context.client.delete_channel(&channel.name).await;
            deleted.map_err(|error| Failure::from_client(&format!("delete channel {name}"), &error))
        };
        match gone.await {
            Ok(gone) => context.tell("channel", &gone.data, "deleted")?,
            Err(failure) => failures.push(failure),
        }
    }
    Failure::of_many(failures, args.channels.len(), "channels")
}

async fn test(name: &str, context: &Context) -> Result<()> {
    let channel = resolve::channel(&context.client, name).await?;
    let attempt = format!("test channel {name}");
    let report = context.client.test_channel(&channel.name).await;
    let report = report.map_err(|error| Failure::from_client(&attempt, &error))?.data;
    context.output.thing(&report, || describe_test(&report))?;
    let follow = "`nexops settings notify deliveries` shows what becomes of it";
    match report.outcome {
        TestOutcome::Delivered => Ok(()),
        TestOutcome::Failed => {
            let reason = report.failure.map(|failure| format!(": {}", failure.message)).unwrap_or_default();
            let message = clean(&format!("the test of channel {name} did not get through{reason}"));
            Err(Failure::new(Exit::Generic, "TEST_FAILED", message))
        }
        TestOutcome::Pending => {
            let message = format!("it is not known yet whether the test of channel {name} gets through");
            Err(Failure::new(Exit::TimedOut, "TEST_PENDING", message).with_hint(follow))
        }
    }
}

/// What a secret is to people.
const fn secret_name(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Discord => "Address of the Discord webhook",
        ChannelKind::Slack => "Address of the Slack webhook",
        ChannelKind::Email => "Password of the mail account",
        ChannelKind::Webhook => "Secret that requests are signed with",
    }
}

fn blank(kind: ChannelKind) -> ChannelSettings {
    match kind {
        ChannelKind::Discord => ChannelSettings::Discord { webhook_url: None },
        ChannelKind::Slack => ChannelSettings::Slack { webhook_url: None },
        ChannelKind::Email => ChannelSettings::Email {
            host: String::new(),
            port: None,
            security: MailSecurity::default(),
            username: None,
            password: None,
            from: String::new(),
            to: Vec::new(),
        },
        ChannelKind::Webhook => ChannelSettings::Webhook { url: String::new(), secret: None },
    }
}

/// The settings with what was said in place of what they had.
fn changed(settings: ChannelSettings, said: &ChannelSettingsArgs) -> Result<ChannelSettings> {
    let kind = settings.kind();
    let ChannelSettingsArgs { host, port, security, username, from, to, webhook, enabled: _, secret: _ } = said.clone();
    let is_mail = host.is_some() || port.is_some() || security.is_some() || username.is_some();
    let is_mail = is_mail || from.is_some() || !to.is_empty();
    let no_place = |flags: &str| {
        let message = format!("a {kind} channel has no {flags}");
        Failure::new(Exit::Usage, "USAGE", message).with_hint("`nexops settings notify create --help` shows which has")
    };
    match settings {
        ChannelSettings::Email {
            host: host_before,
            port: port_before,
            security: security_before,
            username: user_before,
            password,
            from: from_before,
            to: to_before,
        } => {
            if webhook.is_some() {
                return Err(no_place("--webhook"));
            }
            Ok(ChannelSettings::Email {
                host: host.unwrap_or(host_before),
                port: port.or(port_before),
                security: security.unwrap_or(security_before),
                username: username.or(user_before).filter(|name| !name.is_empty()),
                password,
                from: from.unwrap_or(from_before),
                to: if to.is_empty() { to_before } else { to },
            })
        }
        _ if is_mail => Err(no_place("mail server and no addresses")),
        ChannelSettings::Webhook { url, secret } => {
            Ok(ChannelSettings::Webhook { url: webhook.unwrap_or(url), secret })
        }
        ChannelSettings::Discord { .. } | ChannelSettings::Slack { .. } if webhook.is_some() => {
            Err(no_place("--webhook: its address is its secret, which is asked for"))
        }
        ChannelSettings::Discord { .. } | ChannelSettings::Slack { .. } => Ok(settings),
    }
}
