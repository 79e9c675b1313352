//! Permissions: what the token may do, to say beforehand what will not work.

use std::collections::BTreeMap;

use super::payload::{Answer, Row};

/// The privileges of the token, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// For each path its privileges, and whether each holds for the paths below as well.
    paths: BTreeMap<String, BTreeMap<String, bool>>,
}

impl Permissions {
    pub(super) fn read(answer: &Answer) -> Result<Self, String> {
        let granted = |privileges: Row<'_>| {
            privileges.fields().map(|key| (key.to_owned(), privileges.flag(key).unwrap_or(false))).collect()
        };
        let row = answer.row()?;
        let paths = row
            .fields()
            .filter_map(|path| Some((normal(path).to_owned(), granted(row.value(path).and_then(Row::of)?))));
        Ok(Self { paths: paths.collect() })
    }

    /// Whether nothing was granted at all: a token with privilege separation and no rights of its own.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.values().all(BTreeMap::is_empty)
    }

    /// Whether the privilege holds on the path. The longest path that is listed decides alone, for rights on a path take
    /// the place of those inherited. Proxmox does not list a path on which everything was taken away.
    #[must_use]
    pub fn allows(&self, path: &str, privilege: &str) -> bool {
        let path = normal(path);
        if let Some(granted) = self.paths.get(path) {
            return granted.contains_key(privilege);
        }
        ancestors(path)
            .find_map(|ancestor| self.paths.get(ancestor))
            .is_some_and(|granted| granted.get(privilege).copied().unwrap_or(false))
    }

    /// Whether the privilege holds on the path, or on something below it: on single guests or pools, for example.
    #[must_use]
    pub fn allows_somewhere(&self, path: &str, privilege: &str) -> bool {
        let below = format!("{}/", normal(path).trim_end_matches('/'));
        let granted_below =
            self.paths.iter().any(|(path, granted)| path.starts_with(&below) && granted.contains_key(privilege));
        granted_below || self.allows(path, privilege)
    }
}

fn normal(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    }
}

/// The paths above a path, the nearest first, up to `/`.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| match path.rsplit_once('/') {
        None => None,
        Some(("", "")) => None,
        Some(("", _)) => Some("/"),
        Some((parent, _)) => Some(parent),
    })
    .skip(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permissions(data: serde_json::Value) -> Permissions {
        Permissions::read(&Answer { data, total: None, parsing: std::time::Duration::ZERO }).unwrap()
    }

    #[test]
    fn a_privilege_holds_below_its_path_only_if_it_is_passed_on() {
        let permissions = permissions(json!({"/": {"Sys.Audit": 1, "VM.Audit": 0}}));
        assert!(permissions.allows("/", "VM.Audit"));
        assert!(permissions.allows("/nodes/pve1", "Sys.Audit"));
        assert!(!permissions.allows("/vms/100", "VM.Audit"));
        assert!(!permissions.allows("/", "VM.PowerMgmt"));
    }

    #[test]
    fn rights_on_a_longer_path_take_the_place_of_the_inherited() {
        let permissions = permissions(json!({
            "/": {"VM.Audit": 1}, "/vms": {"VM.Audit": "1", "VM.PowerMgmt": 1}, "/vms/100/": {"VM.Audit": 0}
        }));
        assert!(permissions.allows("/vms/101", "VM.PowerMgmt"));
        assert!(!permissions.allows("/vms/100", "VM.PowerMgmt"));
        assert!(permissions.allows("/vms/100", "VM.Audit"));
        assert!(permissions.allows("/storage/local", "VM.Audit"));
    }

    #[test]
    fn a_token_without_rights_has_none_anywhere() {
        assert!(permissions(json!({})).is_empty());
        assert!(permissions(json!({"/": {}})).is_empty());
        assert!(!permissions(json!({})).allows("/", "Sys.Audit"));
    }
}
