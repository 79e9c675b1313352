//! `nexops settings proxmox`.

use nexops_core::secret::WriteOnly;
use nexops_core::settings::{PROXMOX_PORT, ProxmoxConnection, ProxmoxConnectionDraft, ProxmoxTest};
use nexops_core::vm::ListVms;

use crate::cli::{
    ConnectionSettingsArgs, CreateConnectionArgs, DeleteConnectionArgs, ListConnectionsArgs, ProxmoxCommand,
    TestConnectionArgs, UpdateConnectionArgs,
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
use crate::rows::connection::{describe, describe_trial};

/// Runs one of the verbs.
pub async fn run(command: ProxmoxCommand, context: &Context) -> Result<()> {
    match command {
        ProxmoxCommand::List(args) => list(&args, context).await,
        ProxmoxCommand::Show(args) => show(&resolve::connection(&context.client, &args.connection).await?, context),
        ProxmoxCommand::Create(args) => create(&args, context).await,
        ProxmoxCommand::Update(args) => update(&args, context).await,
        ProxmoxCommand::Delete(args) => delete(&args, context).await,
        ProxmoxCommand::Test(args) => test(&args, context).await,
    }
}

async fn list(args: &ListConnectionsArgs, context: &Context) -> Result<()> {
    let list = List {
        attempt: "list connections",
        flags: &args.flags,
        is_filtered: false,
        sort: args.sort.as_ref(),
        limit: None,
        none_fits: "no connection matches",
        empty: "no connection is set up: `nexops settings proxmox create --help`",
    };
    list.show(context, async |limit| all::connections(&context.client, limit).await).await
}

fn show(connection: &ProxmoxConnection, context: &Context) -> Result<()> {
    context.output.one(connection, || describe(connection, context.output.now))
}

async fn create(args: &CreateConnectionArgs, context: &Context) -> Result<()> {
    let mut draft = new_draft(&args.name, &args.settings)?;
    draft.token_value = Some(token(&draft, &args.settings)?);
    let created = context.client.create_proxmox_connection(&draft).await;
    let created = created.map_err(|error| Failure::from_client(&format!("create connection {}", args.name), &error))?;
    context.tell("connection", &created.data, "created")?;
    context.talk.note("`nexops status` tells how it fares");
    Ok(())
}

async fn update(args: &UpdateConnectionArgs, context: &Context) -> Result<()> {
    let before = resolve::connection(&context.client, &args.connection).await?;
    let id = before.id;
    let mut draft = changed(before.into(), &args.settings);
    draft.name = args.name.clone().unwrap_or(draft.name);
    draft.token_value = match args.ask_secret {
        true => Some(token(&draft, &args.settings)?),
        false => hidden::given(&args.settings.secret)?,
    };
    let updated = context.client.update_proxmox_connection(id, &draft).await;
    let updated =
        updated.map_err(|error| Failure::from_client(&format!("update connection {}", args.connection), &error))?;
    context.tell("connection", &updated.data, "updated")
}

async fn delete(args: &DeleteConnectionArgs, context: &Context) -> Result<()> {
    if !args.yes {
        confirm::require_terminal("delete")?;
    }
    let connection = resolve::connection(&context.client, &args.connection).await?;
    let attempt = format!("delete connection {}", args.connection);
    if !args.yes {
        let query = ListVms { per_page: Some(1), connection: Some(connection.id.to_string()), ..ListVms::default() };
        let guests = context.client.list_vms(&query).await;
        let guests = guests.map_err(|error| Failure::from_client(&attempt, &error))?.meta.total;
        let name = clean(&connection.name);
        confirm::answer(&format!(
            "This forgets the connection {name} with its {guests} guests, their nodes, tasks and histories.\n\
             To keep them and stop watching: nexops settings proxmox update {name} --enabled false\nGo on? [y/N] "
        ))?;
    }
    let deleted = context.client.delete_proxmox_connection(connection.id).await;
    let deleted = deleted.map_err(|error| Failure::from_client(&attempt, &error))?.data;
    context.tell("connection", &deleted, "deleted")
}

async fn test(args: &TestConnectionArgs, context: &Context) -> Result<()> {
    let stored = match &args.connection {
        Some(name) => Some(resolve::connection(&context.client, name).await?),
        None => None,
    };
    let id = stored.as_ref().map(|stored| stored.id);
    let draft = match stored {
        Some(_) if is_empty(&args.settings) => None,
        Some(stored) => {
            let draft = changed(stored.into(), &args.settings);
            Some(ProxmoxConnectionDraft { token_value: hidden::given(&args.settings.secret)?, ..draft })
        }
        None => {
            let draft = new_draft("test", &args.settings)?;
            Some(ProxmoxConnectionDraft { token_value: Some(token(&draft, &args.settings)?), ..draft })
        }
    };
    let trial = context.client.test_proxmox_connection(&ProxmoxTest { id, draft }).await;
    let trial = trial.map_err(|error| Failure::from_client("try the connection", &error))?.data;
    context.output.thing(&trial, || describe_trial(&trial))?;
    match trial.problem {
        None => Ok(()),
        Some(problem) => Err(Failure::new(Exit::Unreachable, problem.code.as_str(), "the connection does not work")),
    }
}

fn new_draft(name: &str, settings: &ConnectionSettingsArgs) -> Result<ProxmoxConnectionDraft> {
    let missing = |flag: &str| Failure::new(Exit::Usage, "USAGE", format!("{flag} is missing"));
    if settings.hosts.is_empty() {
        return Err(missing("--host"));
    }
    let draft = ProxmoxConnectionDraft {
        name: name.to_owned(),
        hosts: Vec::new(),
        port: PROXMOX_PORT,
        user: settings.user.clone().ok_or_else(|| missing("--user"))?,
        token_name: settings.token_name.clone().ok_or_else(|| missing("--token-name"))?,
        token_value: None,
        verify_tls: true,
        fingerprint: None,
        enabled: true,
    };
    Ok(changed(draft, settings))
}

/// A draft with what was given in place of what it had.
fn changed(draft: ProxmoxConnectionDraft, settings: &ConnectionSettingsArgs) -> ProxmoxConnectionDraft {
    let ConnectionSettingsArgs { hosts, port, user, token_name, fingerprint, verify_tls, enabled, secret: _ } =
        settings.clone();
    ProxmoxConnectionDraft {
        hosts: if hosts.is_empty() { draft.hosts } else { hosts },
        port: port.unwrap_or(draft.port),
        user: user.unwrap_or(draft.user),
        token_name: token_name.unwrap_or(draft.token_name),
        fingerprint: fingerprint.or(draft.fingerprint).filter(|text| !text.is_empty()),
        verify_tls: verify_tls.unwrap_or(draft.verify_tls),
        enabled: enabled.unwrap_or(draft.enabled),
        ..draft
    }
}

fn is_empty(settings: &ConnectionSettingsArgs) -> bool {
    let ConnectionSettingsArgs { hosts, port, user, token_name, fingerprint, verify_tls, enabled, secret } = settings;
    hosts.is_empty()
        && port.is_none()
        && user.is_none()
        && token_name.is_none()
        && fingerprint.is_none()
        && verify_tls.is_none()
        && enabled.is_none()
        && secret.is_empty()
}

fn token(draft: &ProxmoxConnectionDraft, settings: &ConnectionSettingsArgs) -> Result<WriteOnly> {
    match hidden::given(&settings.secret)? {
        Some(secret) => Ok(secret),
        None => hidden::secret(&format!("Secret of the token {}!{}", clean(&draft.user), clean(&draft.token_name))),
    }
}
