//! Configurations: what a guest is set up to be, with its secrets masked.

use serde::{Deserialize, Serialize};
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
    /// What tells the guest from another one that has its number later.
    pub birthmark: Birthmark,
}

/// What stays with a guest from its creation to its end, and is another's in a guest that gets the number afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birthmark {
    /// When a virtual machine was created, in seconds since 1970 as the configuration writes them; since release 7.2.
    pub created: Option<String>,
    /// The virtual machine's own UUID.
    pub uuid: Option<String>,
    /// The name in the configuration.
    pub name: Option<String>,
    /// The hardware addresses of its network interfaces, in their order.
    pub hardware_addresses: Vec<String>,
}

impl Birthmark {
    fn read(row: Row<'_>) -> Self {
        let part = |key: &str, wanted: &str| {
            let text = row.text(key)?;
            text.split(',').find_map(|part| part.trim().strip_prefix(wanted)?.strip_prefix('=').map(str::to_owned))
        };
        let macs = (0..MOST_INTERFACES).filter_map(|index| hardware_address(&row.text(&format!("net{index}"))?));
        Self {
            created: part("meta", "ctime"),
            uuid: part("smbios1", "uuid").map(|uuid| uuid.to_ascii_lowercase()),
            name: row.text("name").or_else(|| row.text("hostname")),
            hardware_addresses: macs.collect(),
        }
    }

    /// The birthmark in a configuration, whether its secrets are masked or not.
    #[must_use]
    pub fn of_config(config: &Value) -> Self {
        Row::of(config).map(Self::read).unwrap_or_default()
    }

    /// Whether these belong to two different guests, as far as can be told. The time of creation decides, for nobody
    /// changes that; without it the UUID does. A container has neither: it is another one when neither its name nor any
    /// of its interfaces is the same.
    #[must_use]
    pub fn is_of_another(&self, other: &Self) -> bool {
        let differ = |one: &Option<String>, other: &Option<String>| Some(one.as_ref()? != other.as_ref()?);
        differ(&self.created, &other.created).or_else(|| differ(&self.uuid, &other.uuid)).unwrap_or_else(|| {
            let shares = |mac: &String| other.hardware_addresses.contains(mac);
            self.name != other.name
                && !self.hardware_addresses.is_empty()
                && !other.hardware_addresses.is_empty()
                && !self.hardware_addresses.iter().any(shares)
        })
    }
}

/// Whether a virtual machine's configuration enables the guest agent: `1`, `1,fstrim_cloned_disks=1` or `enabled=1`.
#[must_use]
pub fn has_agent(config: &Value) -> bool {
    let agent = Row::of(config).and_then(|row| row.text("agent")).unwrap_or_default();
    let enabled = agent.split(',').enumerate().find_map(|(index, part)| match part.trim().split_once('=') {
        Some(("enabled", value)) => Some(value),
        None if index == 0 => Some(part.trim()),
        Some(_) | None => None,
    });
    enabled.is_some_and(|value| matches!(value, "1" | "on" | "yes" | "true"))
}

/// Network interfaces that a configuration can have.
const MOST_INTERFACES: usize = 32;

/// The hardware address in `virtio=BC:24:11:CE:8D:FD,bridge=vmbr0` or `name=eth0,hwaddr=BC:24:11:CE:8D:FD`.
fn hardware_address(network: &str) -> Option<String> {
    let is_one = |text: &str| {
        let mut pairs = 0;
        text.split(':').all(|pair| {
            pairs += 1;
            pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit())
        }) && pairs == 6
    };
    let value = |part: &str| part.split_once('=').map(|(_, value)| value.trim().to_ascii_lowercase());
    network.split(',').filter_map(value).find(|value| is_one(value))
}

impl GuestConfig {
    pub(super) fn read(mut data: Value) -> Result<Self, String> {
        let row = Row::of(&data).ok_or("'data' is not an object")?;
        let (os_type, birthmark) = (row.text("ostype"), Birthmark::read(row));
        mask(&mut data);
        Ok(Self { os_type, snapshot: data, birthmark })
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
    fn an_agent_is_enabled_in_several_ways() {
        for agent in
            [json!("1"), json!(1), json!("1,fstrim_cloned_disks=1"), json!("enabled=1"), json!("type=isa,enabled=1")]
        {
            assert!(has_agent(&json!({ "agent": agent })), "{agent}");
        }
        for agent in
            [json!("0"), json!("enabled=0,type=virtio"), json!("fstrim_cloned_disks=1"), json!(""), Value::Null]
        {
            assert!(!has_agent(&json!({ "agent": agent })), "{agent}");
        }
        assert!(!has_agent(&json!({})));
    }

    fn birthmark(config: Value) -> Birthmark {
        GuestConfig::read(config).unwrap().birthmark
    }

    #[test]
    fn a_birthmark_is_read_from_the_configuration() {
        let machine = birthmark(json!({
            "name": "web", "meta": "creation-qemu=9.0.2,ctime=1718000000", "smbios1": "uuid=B0A1-1,manufacturer=eA==",
            "net0": "virtio=BC:24:11:CE:8D:FD,bridge=vmbr0", "net1": "e1000=BC:24:11:CE:8D:FE,bridge=vmbr1",
        }));
        assert_eq!((machine.created.as_deref(), machine.uuid.as_deref()), (Some("1718000000"), Some("b0a1-1")));
        assert_eq!(machine.hardware_addresses, ["bc:24:11:ce:8d:fd", "bc:24:11:ce:8d:fe"]);
        let container =
            birthmark(json!({"hostname": "db", "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp"}));
        assert_eq!((container.name.as_deref(), container.created), (Some("db"), None));
        assert_eq!(container.hardware_addresses, ["bc:24:11:00:00:01"]);
        assert_eq!(birthmark(json!({"net0": "model=virtio,macaddr=00:11"})), Birthmark::default());
    }

    #[test]
    fn two_guests_are_told_apart_by_what_nobody_changes() {
        let machine = |created: &str, uuid: &str| {
            birthmark(
                json!({"name": "a", "meta": format!("creation-qemu=9,ctime={created}"), "smbios1": format!("uuid={uuid}")}),
            )
        };
        let old = |name: &str, uuid: &str| birthmark(json!({"name": name, "smbios1": format!("uuid={uuid}")}));
        let container = |name: &str, mac: &str| {
            birthmark(json!({"hostname": name, "net0": format!("name=eth0,hwaddr=BC:24:11:00:00:{mac}")}))
        };
        // One is the other after somebody changed its UUID, its name, or all its interfaces.
        assert!(!machine("1", "x").is_of_another(&machine("1", "y")));
        assert!(!old("a", "x").is_of_another(&old("b", "x")));
        assert!(!container("a", "01").is_of_another(&container("b", "01")));
        assert!(!container("a", "01").is_of_another(&container("a", "02")));
        assert!(!container("a", "01").is_of_another(&birthmark(json!({"hostname": "b"}))));
        assert!(!Birthmark::default().is_of_another(&machine("1", "x")));
        // They are two.
        assert!(machine("1", "x").is_of_another(&machine("2", "x")));
        assert!(old("a", "x").is_of_another(&old("a", "y")));
        assert!(container("a", "01").is_of_another(&container("b", "02")));
    }

    #[test]
    fn a_configuration_that_is_no_object_is_refused() {
        assert!(GuestConfig::read(json!([])).is_err());
        assert!(GuestConfig::read(Value::Null).is_err());
    }
}
