//! Tokens, what they may do, and how a request proves that it holds one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::answers::Refusal;
use crate::request::percent_decode;
use crate::version::PveVersion;

const REFUSED: &str = "Authentication failed!";
const WRONG_SECRET: &str = "invalid token value!";

/// Every privilege the role `Administrator` of Proxmox VE 9.1 holds.
const ALL: [&str; 47] = [
    "Datastore.Allocate",
    "Datastore.AllocateSpace",
    "Datastore.AllocateTemplate",
    "Datastore.Audit",
    "Group.Allocate",
    "Mapping.Audit",
    "Mapping.Modify",
    "Mapping.Use",
    "Permissions.Modify",
    "Pool.Allocate",
    "Pool.Audit",
    "Realm.Allocate",
    "Realm.AllocateUser",
    "SDN.Allocate",
    "SDN.Audit",
    "SDN.Use",
    "Sys.AccessNetwork",
    "Sys.Audit",
    "Sys.Console",
    "Sys.Incoming",
    "Sys.Modify",
    "Sys.PowerMgmt",
    "Sys.Syslog",
    "User.Modify",
    "VM.Allocate",
    "VM.Audit",
    "VM.Backup",
    "VM.Clone",
    "VM.Config.CDROM",
    "VM.Config.CPU",
    "VM.Config.Cloudinit",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.Console",
    "VM.GuestAgent.Audit",
    "VM.GuestAgent.FileRead",
    "VM.GuestAgent.FileSystemMgmt",
    "VM.GuestAgent.FileWrite",
    "VM.GuestAgent.Unrestricted",
    "VM.Migrate",
    "VM.PowerMgmt",
    "VM.Replicate",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
];

/// What the role `PVEAuditor` holds.
const AUDITOR: [&str; 7] =
    ["Datastore.Audit", "Mapping.Audit", "Pool.Audit", "SDN.Audit", "Sys.Audit", "VM.Audit", "VM.GuestAgent.Audit"];

/// The privileges of a token, all granted on `/` with propagation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privileges(BTreeSet<String>);

impl Privileges {
    /// Everything an administrator may do.
    pub fn full() -> Self {
        Self::of(&ALL)
    }

    /// Reading only, as the role `PVEAuditor`.
    pub fn auditor() -> Self {
        Self::of(&AUDITOR)
    }

    /// Nothing: the state of a privilege-separated token before it gets an ACL of its own.
    pub fn none() -> Self {
        Self::default()
    }

    /// Exactly the named privileges, for example `["VM.Audit", "VM.PowerMgmt"]`.
    pub fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The same rights in the names of a release: before 9, asking guest agents was part of `VM.Monitor`, which auditors
    /// did not have.
    pub(crate) fn as_of(&self, version: PveVersion) -> Self {
        let young: &[&str] = match version {
            PveVersion::V9_1 => return self.clone(),
            PveVersion::V8_4 => &["VM.GuestAgent.", "VM.Replicate"],
            PveVersion::V7_4 => &["VM.GuestAgent.", "VM.Replicate", "Mapping.", "Sys.AccessNetwork"],
        };
        let monitor = self.allow("VM.GuestAgent.Unrestricted").then(|| "VM.Monitor".to_owned());
        let kept = self.0.iter().filter(|name| !young.iter().any(|prefix| name.starts_with(prefix)));
        Self(kept.cloned().chain(monitor).collect())
    }

    /// Whether the privilege is among them.
    pub fn allow(&self, privilege: &str) -> bool {
        self.0.contains(privilege)
    }

    /// Their names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// An API token: `user!name=secret`.
#[derive(Clone)]
pub struct Token {
    /// The user with its realm, for example `nexops@pve`.
    pub user: String,
    /// The name of the token, for example `nexops`.
    pub name: String,
    /// The secret part, a UUID on a real server.
    pub secret: String,
    /// What the token may do.
    pub privileges: Privileges,
}

impl Token {
    /// `user@realm!name`, the part that is no secret.
    pub fn id(&self) -> String {
        format!("{}!{}", self.user, self.name)
    }

    /// The value of the `Authorization` header. It holds the secret.
    pub fn authorization(&self) -> String {
        format!("PVEAPIToken={}={}", self.id(), self.secret)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Token").field("id", &self.id()).field("secret", &"<hidden>").finish_non_exhaustive()
    }
}

/// Refuses with 403, naming path and privilege, unless the token holds the privilege.
pub(crate) fn require(token: &Token, path: &str, privilege: &str) -> Result<(), Refusal> {
    if token.privileges.allow(privilege) {
        return Ok(());
    }
    Err(Refusal::Forbidden { path: path.to_owned(), privilege: privilege.to_owned() })
}

/// Refuses with 403, naming path and privileges, unless the token holds one of them.
pub(crate) fn require_any(token: &Token, path: &str, privileges: &[&str]) -> Result<(), Refusal> {
    if privileges.iter().any(|privilege| token.privileges.allow(privilege)) {
        return Ok(());
    }
    Err(Refusal::Forbidden { path: path.to_owned(), privilege: privileges.join("|") })
}

/// The token a request presents.
///
/// Proxmox VE says `No ticket` when it recognises no credentials at all. For everything that is wrong with credentials it
/// does recognise it had a sentence each until 9.1.5 and has had one for all since.
pub(crate) fn authenticate<'a>(
    tokens: &'a [Arc<Token>],
    authorization: Option<&str>,
    version: PveVersion,
) -> Result<&'a Arc<Token>, Refusal> {
    let no_ticket = Refusal::Unauthorized { reason: "No ticket".to_owned() };
    let Some(rest) = authorization.and_then(|value| value.strip_prefix("PVEAPIToken")) else {
        return Err(no_ticket);
    };
    let Some(value) = rest.strip_prefix(['=', ' ']) else {
        return Err(no_ticket);
    };
    let value = percent_decode(value.split(';').next().unwrap_or_default());
    if value.is_empty() {
        return Err(no_ticket);
    }
    // The real pattern is greedy: the secret starts after the last equals sign.
    let found = value
        .rsplit_once('=')
        .and_then(|(id, secret)| tokens.iter().find(|token| token.id() == id && token.secret == secret));
    found.ok_or_else(|| {
        let reason = if version.conceals_refusals() { REFUSED.to_owned() } else { cause(tokens, &value) };
        Refusal::Unauthorized { reason }
    })
}

/// What is wrong with a token, as releases before 9.1.5 say it.
fn cause(tokens: &[Arc<Token>], value: &str) -> String {
    let Some((id, _)) = value.rsplit_once('=') else {
        return "no tokenid specified".to_owned();
    };
    let Some((user, name)) = id.split_once('!') else {
        return format!("'{id}' is not a valid token ID - not able to split into user and token parts");
    };
    let of_user = || tokens.iter().filter(|token| token.user == user);
    if of_user().next().is_none() {
        format!("no such user ('{user}')")
    } else if of_user().any(|token| token.name == name) {
        WRONG_SECRET.to_owned()
    } else {
        format!("no such token '{name}' for user '{user}'")
    }
}

/// The reason of a 401 for a token that is known and whose secret is not.
pub(crate) fn refused(version: PveVersion) -> Refusal {
    let reason = if version.conceals_refusals() { REFUSED } else { WRONG_SECRET };
    Refusal::Unauthorized { reason: reason.to_owned() }
}
