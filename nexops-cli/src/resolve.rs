//! From what people type to the thing they mean: numbers, names, `node/name`, ids.

mod closest;
mod settings;

pub use settings::{channel, connection, rule, service};

use nexops_core::client::Client;
use nexops_core::id::NodeId;
use nexops_core::node::Node;
use nexops_core::vm::{ListVms, NotAVmRef, Vm, VmRef};
use uuid::Uuid;

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::paging::{all, all_pages};

/// How a guest was named.
#[derive(Debug, Clone, PartialEq, Eq)]
enum GuestName {
    /// By what the API takes in a path.
    Reference(VmRef),
    /// By its name or number on a node, or by its name anywhere.
    Name { node: Option<String>, name: String },
}

impl GuestName {
    fn parse(text: &str) -> Result<Self> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match (text.parse::<VmRef>(), text.split_once('/')) {
            (Ok(reference), _) => Ok(Self::Reference(reference)),
            (Err(NotAVmRef(_)), Some((node, name))) if !node.is_empty() && !name.is_empty() => {
                Ok(Self::Name { node: Some(node.to_owned()), name: name.to_owned() })
            }
            (Err(NotAVmRef(_)), None) if !text.is_empty() && !is_number => {
                Ok(Self::Name { node: None, name: text.to_owned() })
            }
            (Err(NotAVmRef(_)), _) => Err(Failure::new(
                Exit::Usage,
                "INVALID_GUEST",
                format!("'{text}' names no guest: give a number from 1, a name, node/name or an id"),
            )),
        }
    }
}

/// The reference under which the API knows a guest. A number or id costs no request.
pub async fn guest_ref(client: &Client, text: &str) -> Result<VmRef> {
    match GuestName::parse(text)? {
        GuestName::Reference(reference) => Ok(reference),
        GuestName::Name { node, name } => Ok(named_guest(client, node.as_deref(), &name).await?.id.into()),
    }
}

/// A guest with its name, node and state, so that a person can be told what is going to happen to whom.
pub async fn guest(client: &Client, text: &str) -> Result<Vm> {
    match GuestName::parse(text)? {
        GuestName::Reference(reference) => match client.find_vm(reference).await {
            Ok(envelope) => Ok(envelope.data),
            Err(error) => Err(Failure::from_client(&format!("find guest {text}"), &error)),
        },
        GuestName::Name { node, name } => named_guest(client, node.as_deref(), &name).await,
    }
}

async fn named_guest(client: &Client, node: Option<&str>, name: &str) -> Result<Vm> {
    let query = |page, per_page| ListVms {
        page: Some(page),
        per_page: Some(per_page),
        search: Some(name.to_owned()),
        ..ListVms::default()
    };
    let failed = |error| Failure::from_client(&format!("look for guest {name}"), &error);
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    let is_meant = |vm: &Vm| {
        (vm.name == name || (is_number && vm.vmid.to_string() == name))
            && node.is_none_or(|node| vm.node == node)
            && vm.gone_at.is_none()
    };
    let found =
        all_pages(None, async |page, per_page| client.list_vms(&query(page, per_page)).await).await.map_err(failed)?;
    let mut candidates: Vec<Vm> = found.rows.into_iter().filter(is_meant).collect();
    match candidates.len() {
        1 => Ok(candidates.remove(0)),
        0 => {
            let all = all::vms(client, None).await.map_err(failed)?;
            Err(unknown("guest", node, name, all.rows.iter().map(|vm| vm.name.as_str()), "nexops vm list"))
        }
        _ => {
            let lines: Vec<String> = candidates.iter().map(candidate).collect();
            let message = format!("'{name}' is the name of {} guests:\n{}", lines.len(), lines.join("\n"));
            Err(Failure::new(Exit::Usage, "AMBIGUOUS_NAME", message).with_hint("give node/name or the id"))
        }
    }
}

fn candidate(vm: &Vm) -> String {
    clean(&format!("  {}/{}  vmid {}  connection {}  id {}", vm.node, vm.name, vm.vmid, vm.connection, vm.id))
}

/// A node by its name, `connection/name` or id.
pub async fn node(client: &Client, text: &str) -> Result<Node> {
    if let Ok(id) = Uuid::try_parse(text) {
        let found = client.find_node(NodeId(id)).await;
        return found
            .map(|envelope| envelope.data)
            .map_err(|error| Failure::from_client(&format!("find node {text}"), &error));
    }
    let (connection, name) = match text.split_once('/') {
        Some((connection, name)) => (Some(connection), name),
        None => (None, text),
    };
    let nodes = all::nodes(client, None)
        .await
        .map_err(|error| Failure::from_client(&format!("look for node {text}"), &error))?
        .rows;
    let is_meant = |node: &&Node| {
        node.hostname == name
            && connection.is_none_or(|connection| node.connection == connection)
            && node.gone_at.is_none()
    };
    let candidates: Vec<&Node> = nodes.iter().filter(is_meant).collect();
    match candidates.as_slice() {
        [node] => Ok((*node).clone()),
        [] => {
            Err(unknown("node", connection, name, nodes.iter().map(|node| node.hostname.as_str()), "nexops node list"))
        }
        several => {
            let lines: Vec<String> = several
                .iter()
                .map(|node| clean(&format!("  {}/{}  id {}", node.connection, node.hostname, node.id)))
                .collect();
            let message = format!("'{name}' is the name of {} nodes:\n{}", lines.len(), lines.join("\n"));
            Err(Failure::new(Exit::Usage, "AMBIGUOUS_NAME", message).with_hint("give connection/name or the id"))
        }
    }
}

/// The id of whatever has a history: a guest as other commands name it, a node, or anything by its id.
pub async fn source(client: &Client, text: &str) -> Result<Uuid> {
    if let Ok(id) = Uuid::try_parse(text) {
        return Ok(id);
    }
    let no_guest = match guest(client, text).await {
        Ok(vm) => return Ok(vm.id.0),
        Err(failure) if failure.exit == Exit::NotFound => failure,
        Err(failure) => return Err(failure),
    };
    match node(client, text).await {
        Ok(node) => Ok(node.id.0),
        Err(failure) if failure.exit == Exit::NotFound => Err(no_guest),
        Err(failure) => Err(failure),
    }
}

fn unknown<'a>(
    kind: &str,
    place: Option<&str>,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    listing: &str,
) -> Failure {
    let place = place.map(|place| format!(" on {place}")).unwrap_or_default();
    let closest = closest::closest(name, known);
    let hint = if closest.is_empty() {
        format!("`{listing}` shows what there is")
    } else {
        format!("did you mean {}? `{listing}` shows all", clean(&closest.join(", ")))
    };
    Failure::new(Exit::NotFound, "NOT_FOUND", format!("there is no {kind} named '{name}'{place}")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_number_and_a_slash_parts_node_and_name() {
        let name =
            |node: Option<&str>, name: &str| GuestName::Name { node: node.map(str::to_owned), name: name.into() };
        assert_eq!(GuestName::parse("101"), Ok(GuestName::Reference(VmRef::Vmid(101))));
        assert_eq!(GuestName::parse("web-1"), Ok(name(None, "web-1")));
        assert_eq!(GuestName::parse("pve1/web-1"), Ok(name(Some("pve1"), "web-1")));
        assert_eq!(GuestName::parse("pve1/101"), Ok(name(Some("pve1"), "101")));
        for bad in ["", "0", "99999999999", "/", "pve1/", "/web-1"] {
            assert_eq!(GuestName::parse(bad).map_err(|failure| failure.exit), Err(Exit::Usage), "{bad:?}");
        }
    }
}
