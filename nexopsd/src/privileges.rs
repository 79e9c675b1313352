//! What NexOps may do at Proxmox, what it lacks, and the command that grants it.

use nexops_core::settings::MissingPrivilege;

use crate::proxmox::Permissions;

/// A privilege, where it is needed, and what goes without it.
struct Need {
    privilege: &'static str,
    path: &'static str,
    otherwise: &'static str,
}

const NEEDS: [Need; 4] = [
    Need { privilege: "VM.Audit", path: "/vms", otherwise: "guests are not shown" },
    Need { privilege: "Sys.Audit", path: "/nodes", otherwise: "nodes are shown without figures" },
    Need { privilege: "Datastore.Audit", path: "/storage", otherwise: "storages are not shown" },
    Need { privilege: "VM.PowerMgmt", path: "/vms", otherwise: "guests cannot be started or stopped" },
];

/// The privileges of which each allows to ask guest agents, in a release. The first is the one to grant.
fn of_agents(major_version: u32) -> &'static [&'static str] {
    if major_version >= 9 { &["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"] } else { &["VM.Monitor"] }
}

/// Whether guest agents may be asked, as a rule.
#[must_use]
pub fn may_ask_agents(permissions: &Permissions, major_version: u32) -> bool {
    of_agents(major_version).iter().any(|privilege| permissions.allows("/vms", privilege))
}

/// The privileges that are missing.
///
/// A privilege that is granted somewhere below the path, on a pool or on single guests, counts as granted: whoever set
/// that up wanted it so.
#[must_use]
pub fn lacking(permissions: &Permissions, major_version: u32) -> Vec<MissingPrivilege> {
    let missing = NEEDS.iter().filter(|need| !permissions.allows_somewhere(need.path, need.privilege));
    let told = missing.map(|need| MissingPrivilege {
        privilege: need.privilege.to_owned(),
        path: need.path.to_owned(),
        without_it: need.otherwise.to_owned(),
    });
    let agents = of_agents(major_version);
    let of_agents = MissingPrivilege {
        privilege: agents[0].to_owned(),
        path: "/vms".to_owned(),
        without_it: "addresses and disk usage of virtual machines are not known".to_owned(),
    };
    let may_ask = agents.iter().any(|privilege| permissions.allows_somewhere("/vms", privilege));
    told.chain((!may_ask).then_some(of_agents)).collect()
}

/// The command lines that grant a token everything.
#[must_use]
pub fn grant(token_id: &str, major_version: u32) -> String {
    let user = token_id.split('!').next().unwrap_or_default();
    let agent = of_agents(major_version)[0];
    format!(
        "pveum role add NexOps -privs \"Sys.Audit VM.Audit VM.PowerMgmt Datastore.Audit Pool.Audit SDN.Audit {agent}\" ; \
         pveum acl modify / -user {user} -role NexOps ; pveum acl modify / -token '{token_id}' -role NexOps"
    )
}

/// A sentence on what is missing and how to grant it; `None` when nothing is.
#[must_use]
pub fn missing(permissions: &Permissions, token_id: &str, major_version: u32) -> Option<String> {
    let missing = lacking(permissions, major_version);
    if missing.is_empty() {
        return None;
    }
    let list: Vec<String> =
        missing.iter().map(|need| format!("{} on {} ({})", need.privilege, need.path, need.without_it)).collect();
    let grant = grant(token_id, major_version);
    Some(format!("the token {token_id} lacks {}; on a Proxmox host run: {grant}", list.join(", ")))
}
