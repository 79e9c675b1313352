//! Configurations: what a guest is set up to be, with its secrets masked.

use serde_json::{Map, Value};

use super::payload::Row;

/// What stands in place of a secret, as Proxmox writes it.
const MASK: &str = "**********";

/// A guest's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestConfig {
    /// The operating system as configured, as in `l26` or `debian`.
    pub os_type: Option<String>,
    /// The whole configuration, secrets masked.
    pub snapshot: Value,
}

impl GuestConfig {
    pub(super) fn read(mut data: Value) -> Result<Self, String> {
        let os_type = Row::of(&data).ok_or("'data' is not an object")?.text("ostype");
        mask(&mut data);
        Ok(Self { os_type, snapshot: data })
    }
}

/// Masks every secret below a value.
fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => mask_fields(fields),
        // LXC's raw lines come as pairs of key and value.
        Value::Array(items) => match &mut items[..] {
            [Value::String(key), secret @ Value::String(_)] if is_secret(key) => *secret = MASK.into(),
            items => items.iter_mut().for_each(mask),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn mask_fields(fields: &mut Map<String, Value>) {
    for (key, value) in fields {
        match value {
            Value::Null => {}
            _ if is_secret(key) => *value = MASK.into(),
            // Free text, in which an equals sign means nothing.
            Value::String(_) if matches!(key.as_str(), "description" | "args" | "name" | "hostname") => {}
            Value::String(text) => *text = masked_parts(text),
            other => mask(other),
        }
    }
}

/// `a=b,password=c` with the secret masked.
fn masked_parts(text: &str) -> String {
    let parts: Vec<_> = text
        .split(',')
        .map(|part| match part.split_once('=') {
            Some((key, _)) if is_secret(key) => format!("{key}={MASK}"),
            _ => part.to_owned(),
        })
        .collect();
    parts.join(",")
}

/// Whether a key names a secret. A container's environment is where images expect theirs.
fn is_secret(key: &str) -> bool {
    let key = key.trim().to_ascii_lowercase();
    ["password", "passwd", "passphrase", "secret", "token", "private", "apikey", "api-key", "api_key", "credential"]
        .iter()
        .any(|word| key.contains(word))
        || matches!(
            key.as_str(),
            "env" | "lxc.environment" | "lxc.environment.runtime" | "lxc.environment.hooks" | "key" | "keyfile"
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_stays_as_it_is() {
        let config = GuestConfig::read(json!({
            "ostype": "l26", "cipassword": "hunter2", "description": "password=no secret, just text",
            "args": "-object secret,id=x", "net0": "virtio=BC:24:11:CE:8D:FD,bridge=vmbr0", "memory": "2048", "cores": 2,
            "hookish": "a=1,access_token=abc,b=2", "env": "DB=1\u{0}PW=2", "sshkeys": "ssh-ed25519%20AAAA",
            "lxc": [["lxc.environment", "PW=1"], ["lxc.cgroup2.devices.allow", "c 10:200 rwm"]], "someSecret": 5,
        }))
        .unwrap();
        assert_eq!(config.os_type.as_deref(), Some("l26"));
        assert_eq!(
            config.snapshot,
            json!({
                "ostype": "l26", "cipassword": MASK, "description": "password=no secret, just text",
                "args": "-object secret,id=x", "net0": "virtio=BC:24:11:CE:8D:FD,bridge=vmbr0", "memory": "2048", "cores": 2,
                "hookish": format!("a=1,access_token={MASK},b=2"), "env": MASK, "sshkeys": "ssh-ed25519%20AAAA",
                "lxc": [["lxc.environment", MASK], ["lxc.cgroup2.devices.allow", "c 10:200 rwm"]], "someSecret": MASK,
            })
        );
    }

    #[test]
    fn a_configuration_that_is_no_object_is_refused() {
        assert!(GuestConfig::read(json!([])).is_err());
        assert!(GuestConfig::read(Value::Null).is_err());
    }
}
