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

/// The privileges that are missing.
///
/// A privilege that is granted somewhere below the path, on a pool or on single guests, counts as granted: whoever set
/// that up wanted it so.
#[must_use]
pub fn lacking(permissions: &Permissions) -> Vec<MissingPrivilege> {
    let missing = NEEDS.iter().filter(|need| !permissions.allows_somewhere(need.path, need.privilege));
    let told = missing.map(|need| MissingPrivilege {
        privilege: need.privilege.to_owned(),
        path: need.path.to_owned(),
        without_it: need.otherwise.to_owned(),
    });
    told.collect()
}

/// The command lines that grant a token everything.
#[must_use]
pub fn grant(token_id: &str, major_version: u32) -> String {
    let user = token_id.split('!').next().unwrap_or_default();
    let agent = if major_version >= 9 { "VM.GuestAgent.Audit" } else { "VM.Monitor" };
    format!(
        "pveum role add NexOps -privs \"Sys.Audit VM.Audit VM.PowerMgmt Datastore.Audit Pool.Audit SDN.Audit {agent}\" ; \
         pveum acl modify / -user {user} -role NexOps ; pveum acl modify / -token '{token_id}' -role NexOps"
    )
}

/// A sentence on what is missing and how to grant it; `None` when nothing is.
#[must_use]
pub fn missing(permissions: &Permissions, token_id: &str, major_version: u32) -> Option<String> {
    let missing = lacking(permissions);
    if missing.is_empty() {
        return None;
    }
    let list: Vec<String> =
        missing.iter().map(|need| format!("{} on {} ({})", need.privilege, need.path, need.without_it)).collect();
    let grant = grant(token_id, major_version);
    Some(format!("the token {token_id} lacks {}; on a Proxmox host run: {grant}", list.join(", ")))
}
