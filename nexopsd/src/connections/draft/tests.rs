use rstest::rstest;
use serde_json::{Value, json};

use super::*;

const PIN: &str = "38:3f:f0:da:fc:b2:be:6a:2a:af:a6:db:2a:58:73:94:4c:4b:79:cd:48:0e:42:3a:12:77:5e:29:02:74:09:d0";

fn draft(field: &str, value: Value) -> ProxmoxConnectionDraft {
    let mut draft = json!({
        "name": "lab", "hosts": ["pve1"], "user": "nexops@pve", "token_name": "nexops", "token_value": "a-b-c",
    });
    draft[field] = value;
    serde_json::from_value(draft).unwrap()
}

#[rstest]
#[case("name", json!(""))]
#[case("name", json!("-lab"))]
#[case("name", json!("my lab"))]
#[case("name", json!("a".repeat(101)))]
#[case("name", json!("01a2089c-3763-70e7-8170-7b184e3f1476"))]
#[case("hosts", json!([]))]
#[case("hosts", json!(["https://pve1:8006"]))]
#[case("hosts", json!(["pve1", "PVE1"]))]
#[case("hosts", json!(vec!["h"; 17]))]
#[case("port", json!(0))]
#[case("user", json!("root"))]
#[case("user", json!("@pve"))]
#[case("user", json!("nexops@pve!nexops"))]
#[case("user", json!(format!("{}@pve", "a".repeat(255))))]
#[case("token_name", json!(""))]
#[case("token_name", json!("nexops@pve!nexops"))]
#[case("token_value", json!("********"))]
#[case("token_value", json!("nexops@pve!nexops=secret"))]
#[case("token_value", json!("two words"))]
#[case("fingerprint", json!("38:3F"))]
fn what_is_wrong_names_its_field_and_nothing_else(#[case] field: &str, #[case] value: Value) {
    let problems = check(&draft(field, value)).unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, [field], "{problems:?}");
}

#[test]
fn a_token_in_the_wrong_field_is_not_repeated() {
    for field in ["user", "token_name", "token_value"] {
        let problems = check(&draft(field, json!("nexops@pve!nexops=s3cret"))).unwrap_err();
        assert!(!problems[0].reason.contains("s3cret"), "{problems:?}");
    }
}

#[test]
fn spaces_around_are_dropped_and_fingerprints_written_as_proxmox_does() {
    let values = check(&draft("fingerprint", json!(format!(" {PIN}, ")))).unwrap();
    assert_eq!(values.fingerprint, Some(PIN.to_uppercase()));
    assert_eq!(check(&draft("fingerprint", json!(" "))).unwrap().fingerprint, None);
    assert_eq!(check(&draft("hosts", json!([" pve1 ", "[fd00::1]:9000"]))).unwrap().hosts, ["pve1", "[fd00::1]:9000"]);
    assert_eq!(check(&draft("name", json!(" lab "))).unwrap().name, "lab");
}
