//! Compares answers with the official schema of three releases: what a release does not describe, its server does not
//! say, and what it describes has the type that it says.
//!
//! `NEXOPS_PVE_RECORDINGS` names the folder with the schemas. They are not part of the project.

use std::path::PathBuf;

use pve_sim::{Config, GuestKind, PveVersion, State};
use rstest::rstest;
use serde_json::Value;

use crate::support::{Sim, quick};

/// Fields that real servers send although no schema describes them, as recorded answers show.
const UNDESCRIBED: &[&str] = &[
    "balloon",
    "ballooninfo",
    "cpu",
    "disk",
    "diskread",
    "diskwrite",
    "endtime",
    "family",
    "flags",
    "freemem",
    "hvm",
    "id",
    "idle",
    "ksm",
    "kversion",
    "lock",
    "maxdisk",
    "mem",
    "meta",
    "mhz",
    "netin",
    "netout",
    "nics",
    "node",
    "pid",
    "pressurecpufull",
    "saved",
    "sdn",
    "shared",
    "starttime",
    "status",
    "swap",
    "tags",
    "template",
    "type",
    "uptime",
    "user",
    "user_hz",
    "vendor",
    "wait",
];

/// Whether a value has a type that the schema names. Proxmox VE writes booleans as 0 and 1, and numbers now and then as
/// text.
fn has_type(value: &Value, described: &str) -> bool {
    match described {
        "boolean" => value.is_boolean() || value == 0 || value == 1,
        "integer" => value.is_u64() || value.is_i64() || value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
        "number" => value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok()),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        "any" => true,
        other => panic!("{other} is a new type"),
    }
}

/// What a value says that its schema does not.
fn deviations(place: &str, value: &Value, schema: &Value, found: &mut Vec<String>) {
    let described = schema["type"].as_str().unwrap_or("any");
    if value.is_null() && schema["optional"] == 1 {
        return;
    }
    if !has_type(value, described) {
        found.push(format!("{place} is {value}, described as {described}"));
        return;
    }
    for item in value.as_array().into_iter().flatten() {
        deviations(&format!("{place}[]"), item, &schema["items"], found);
    }
    let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty()) else { return };
    for (key, inner) in value.as_object().into_iter().flatten() {
        // Keys such as `scsi[n]` stand for many.
        let indexed = format!("{}[n]", key.trim_end_matches(|letter: char| letter.is_ascii_digit()));
        match properties.get(key).or_else(|| properties.get(&indexed)) {
            Some(described) => deviations(&format!("{place}.{key}"), inner, described, found),
            None if UNDESCRIBED.contains(&key.as_str()) => {}
            None => found.push(format!("{place}.{key} is not described")),
        }
    }
    for (key, described) in properties {
        if described["optional"] != 1 && !key.contains('[') && value.get(key).is_none() {
            found.push(format!("{place}.{key} is missing"));
        }
    }
}

#[rstest]
#[case(PveVersion::V7_4, "pve-apidoc-7.4-16.json")]
#[case(PveVersion::V8_4, "pve-apidoc-8.4.5.json")]
#[case(PveVersion::V9_1, "pve-apidoc-9.1.json")]
#[tokio::test]
async fn answers_are_as_the_release_describes_them(#[case] version: PveVersion, #[case] file: &str) {
    let Some(folder) = std::env::var_os("NEXOPS_PVE_RECORDINGS") else {
        println!("nothing to read: NEXOPS_PVE_RECORDINGS is not set");
        return;
    };
    let schemas: Value =
        serde_json::from_str(&std::fs::read_to_string(PathBuf::from(folder).join(file)).unwrap()).unwrap();
    let sim = Sim::start_with(Config { version, ..quick() }).await;
    let guests = sim.control().guests();
    let container = guests.iter().find(|guest| guest.kind == GuestKind::Lxc && guest.state == State::Running).unwrap();
    let (node, vmid) = (container.node.as_str(), container.vmid.to_string());
    let mut found = Vec::new();
    let mut compared = 0;
    for (described, path) in [
        ("/version", "/version".to_owned()),
        ("/nodes", "/nodes".to_owned()),
        ("/cluster/resources", "/cluster/resources".to_owned()),
        ("/cluster/status", "/cluster/status".to_owned()),
        ("/cluster/tasks", "/cluster/tasks".to_owned()),
        ("/nodes/{node}/qemu", "/nodes/pve2/qemu".to_owned()),
        ("/nodes/{node}/lxc", format!("/nodes/{node}/lxc")),
        ("/nodes/{node}/qemu/{vmid}/status/current", "/nodes/pve2/qemu/101/status/current".to_owned()),
        ("/nodes/{node}/lxc/{vmid}/status/current", format!("/nodes/{node}/lxc/{vmid}/status/current")),
        ("/nodes/{node}/qemu/{vmid}/config", "/nodes/pve2/qemu/101/config".to_owned()),
        ("/nodes/{node}/lxc/{vmid}/config", format!("/nodes/{node}/lxc/{vmid}/config")),
        ("/nodes/{node}/lxc/{vmid}/interfaces", format!("/nodes/{node}/lxc/{vmid}/interfaces")),
        ("/nodes/{node}/status", "/nodes/pve1/status".to_owned()),
        ("/nodes/{node}/storage", "/nodes/pve1/storage".to_owned()),
        ("/nodes/{node}/tasks", "/nodes/pve1/tasks".to_owned()),
        ("/access/permissions", "/access/permissions".to_owned()),
    ] {
        let schema = &schemas["paths"][described]["info"]["GET"]["returns"];
        if schema.is_null() {
            // That release has no such question.
            continue;
        }
        let data = sim.get(&path).await.data();
        deviations(described, &data, schema, &mut found);
        compared += 1;
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{version:?}\n{}", found.join("\n"));
    assert!(compared >= 12, "{compared}");
}
