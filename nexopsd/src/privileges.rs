//! What NexOps may do at Proxmox, what it lacks, and the command that grants it.

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

/// A sentence on what is missing and how to grant it; `None` when nothing is.
///
/// A privilege that is granted somewhere below the path, on a pool or on single guests, counts as granted: whoever set
/// that up wanted it so.
#[must_use]
pub fn missing(permissions: &Permissions, token_id: &str, major_version: u32) -> Option<String> {
    let missing: Vec<&Need> =
        NEEDS.iter().filter(|need| !permissions.allows_somewhere(need.path, need.privilege)).collect();
    if missing.is_empty() {
        return None;
    }
    let list: Vec<String> =
        missing.iter().map(|need| format!("{} on {} ({})", need.privilege, need.path, need.otherwise)).collect();
    let user = token_id.split('!').next().unwrap_or_default();
    let agent = if major_version >= 9 { "VM.GuestAgent.Audit" } else { "VM.Monitor" };
    Some(format!(
        "the token {token_id} lacks {}; on a Proxmox host run: \
         pveum role add NexOps -privs \"Sys.Audit VM.Audit VM.PowerMgmt Datastore.Audit Pool.Audit SDN.Audit {agent}\" ; \
         pveum acl modify / -user {user} -role NexOps ; pveum acl modify / -token '{token_id}' -role NexOps",
        list.join(", ")
    ))
}
