//! Things that forms name: found by what people call them.

use nexops_core::alert::AlertSource;
use nexops_core::id::{RuleId, VmId};
use uuid::Uuid;

use crate::store::{Store, rows};

/// The id of a thing of this kind by its name.
///
/// # Errors
/// A sentence when there is none, or more than one.
pub fn find(store: &Store, kind: AlertSource, name: &str) -> Result<Uuid, String> {
    let found: Vec<Uuid> = match kind {
        AlertSource::Node => {
            rows(&store.nodes).iter().filter(|node| node.hostname == name).map(|node| node.id.0).collect()
        }
        AlertSource::Vm => return guest(store, name).map(|id| id.0),
        AlertSource::Service => {
            rows(&store.services).iter().filter(|service| service.name == name).map(|service| service.id.0).collect()
        }
        AlertSource::Connection => {
            rows(&store.connections).iter().filter(|other| other.name == name).map(|other| other.id.0).collect()
        }
        AlertSource::Channel => {
            rows(&store.channels).iter().filter(|channel| channel.name == name).map(|channel| channel.id.0).collect()
        }
    };
    only(&found, kind.as_str(), name)
}

/// A guest by its number, its name, or both.
///
/// # Errors
/// A sentence when there is none, or more than one.
pub fn guest(store: &Store, name: &str) -> Result<VmId, String> {
    let fits = |vmid: i32, own: &str| own == name || vmid.to_string() == name || format!("{vmid} {own}") == name;
    let found: Vec<Uuid> = rows(&store.vms).iter().filter(|vm| fits(vm.vmid, &vm.name)).map(|vm| vm.id.0).collect();
    only(&found, "guest", name).map(VmId)
}

/// A rule by its name.
///
/// # Errors
/// A sentence when there is none.
pub fn rule(store: &Store, name: &str) -> Result<RuleId, String> {
    let found: Vec<Uuid> = rows(&store.rules).iter().filter(|rule| rule.name == name).map(|rule| rule.id.0).collect();
    only(&found, "rule", name).map(RuleId)
}

fn only(found: &[Uuid], kind: &str, name: &str) -> Result<Uuid, String> {
    match found {
        [one] => Ok(*one),
        // What has no name here any more stands with its id.
        [] => match name.rsplit(' ').next().and_then(|id| id.parse().ok()) {
            Some(id) => Ok(id),
            None => Err(format!("there is no {kind} '{name}'")),
        },
        several => Err(format!("{} are called '{name}'; give the number, or rename one", several.len())),
    }
}
