//! Commands, each by the operation of the API that carries it out.

use nexops_core::client::{Client, Result};

use crate::command::{Outcome, Request};

/// Has the daemon do something.
pub async fn carry_out(client: &Client, request: Request) -> Result<Outcome> {
    match request {
        Request::Power(vm, action) => {
            return Ok(Outcome::Task(Box::new(client.act_on_vm(vm, action).await?.data)));
        }
        Request::CheckService(id) => return Ok(Outcome::Checked(Box::new(client.check_service(id).await?.data))),
        Request::TestConnection(test) => {
            return Ok(Outcome::Tried(Box::new(client.test_proxmox_connection(&test).await?.data)));
        }
        Request::TestChannel(name) => return Ok(Outcome::Sent(client.test_channel(&name).await?.data)),
        Request::PreviewRule(request) => {
            return Ok(Outcome::Previewed(Box::new(client.preview_alert_rule(&request).await?.data)));
        }
        Request::CreateService(settings) => drop(client.create_service(&settings).await?),
        Request::UpdateService(id, version, settings) => {
            drop(client.update_service(id, &settings, Some(version)).await?);
        }
        Request::DeleteService(id, version) => drop(client.delete_service(id, Some(version)).await?),
        Request::Acknowledge(id, note) => drop(client.acknowledge_alert(id, &note).await?),
        Request::Resolve(id, note) => drop(client.resolve_alert(id, &note).await?),
        Request::CreateRule(rule) => drop(client.create_alert_rule(&rule).await?),
        Request::UpdateRule(id, version, rule) => drop(client.update_alert_rule(id, &rule, Some(version)).await?),
        Request::DeleteRule(id, version) => drop(client.delete_alert_rule(id, Some(version)).await?),
        Request::CreateSilence(silence) => drop(client.create_silence(&silence).await?),
        Request::EndSilence(id) => drop(client.end_silence(id).await?),
        Request::CreateConnection(draft) => drop(client.create_proxmox_connection(&draft).await?),
        Request::UpdateConnection(id, draft) => drop(client.update_proxmox_connection(id, &draft).await?),
        Request::DeleteConnection(id) => drop(client.delete_proxmox_connection(id).await?),
        Request::CreateChannel(draft) => drop(client.create_channel(&draft).await?),
        Request::UpdateChannel(name, draft) => drop(client.update_channel(&name, &draft).await?),
        Request::DeleteChannel(name) => drop(client.delete_channel(&name).await?),
    }
    Ok(Outcome::Done)
}
