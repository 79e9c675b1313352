use nexops_core::notification::ChannelSettings;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn read(value: Value) -> ChannelSettings {
    serde_json::from_value(value).unwrap()
}

/// The fields that are wrong with settings, given those that are stored.
fn wrong(given: Value, stored: Option<Value>) -> Vec<String> {
    let stored = stored.map(|stored| separate(read(stored)).0);
    settings(&read(given), stored.as_ref()).into_iter().map(|error| error.field).collect()
}

fn email(changes: &Value) -> Value {
    let mut email = json!({"kind": "email", "host": "mail.example.net", "username": "nexops", "password": "hunter2",
        "from": "NexOps <nexops@example.net>", "to": ["ann@example.net"]});
    for (key, value) in changes.as_object().unwrap() {
        email[key] = value.clone();
    }
    email
}

#[rstest]
#[case(json!({"kind": "discord", "webhook_url": "https://discord.com/api/webhooks/1/abc"}), &[])]
#[case(json!({"kind": "discord"}), &["settings.webhook_url"])]
#[case(json!({"kind": "slack", "webhook_url": "ftp://x"}), &["settings.webhook_url"])]
#[case(json!({"kind": "slack", "webhook_url": "https://user:pass@x/"}), &["settings.webhook_url"])]
#[case(json!({"kind": "webhook", "url": "http://10.0.0.1/x", "secret": "0123456789abcdef"}), &[])]
#[case(json!({"kind": "webhook", "url": "http://10.0.0.1/x", "secret": "short"}), &["settings.secret"])]
#[case(json!({"kind": "webhook", "secret": "0123456789abcdef"}), &["settings.url"])]
#[case(json!({"kind": "webhook", "url": "http://10.0.0.1/x", "secret": "****************"}), &["settings.secret"])]
#[case(email(&json!({})), &[])]
#[case(email(&json!({"host": "smtp://mail.example.net"})), &["settings.host"])]
#[case(email(&json!({"port": 0})), &["settings.port"])]
#[case(email(&json!({"from": "nobody"})), &["settings.from"])]
#[case(email(&json!({"to": []})), &["settings.to"])]
#[case(email(&json!({"to": ["ann@example.net", "bob"]})), &["settings.to[1]"])]
#[case(email(&json!({"username": null})), &["settings.password"])]
#[case(email(&json!({"username": null, "password": null})), &[])]
#[case(email(&json!({"password": null})), &["settings.password"])]
#[case(json!({"kind": "email"}), &["settings.host", "settings.from", "settings.to"])]
fn what_is_wrong_is_named(#[case] given: Value, #[case] fields: &[&str]) {
    assert_eq!(wrong(given, None), fields);
}

#[rstest]
#[case::the_same(email(&json!({"password": null})), &[])]
#[case::the_usual_port_in_so_many_words(email(&json!({"password": null, "port": 587})), &[])]
#[case::other_recipients(email(&json!({"password": null, "to": ["bob@example.net"]})), &[])]
#[case::another_server(email(&json!({"password": null, "host": "evil.example"})), &["settings.password"])]
#[case::another_port(email(&json!({"password": null, "port": 2525})), &["settings.password"])]
#[case::another_user(email(&json!({"password": null, "username": "root"})), &["settings.password"])]
#[case::in_the_clear(email(&json!({"password": null, "security": "none", "port": 587})), &["settings.password"])]
#[case::another_kind(json!({"kind": "slack"}), &["settings.webhook_url"])]
fn a_stored_secret_goes_nowhere_else(#[case] given: Value, #[case] fields: &[&str]) {
    assert_eq!(wrong(given, Some(email(&json!({})))), fields);
}

#[rstest]
#[case("discord", true)]
#[case("ops-team_2", true)]
#[case("", false)]
#[case("-x", false)]
#[case("a/b", false)]
#[case("..", false)]
#[case("zwölf", false)]
fn names_can_stand_in_a_path(#[case] text: &str, #[case] good: bool) {
    assert_eq!(name(text).is_none(), good);
}

#[test]
fn the_secret_is_separated_from_the_rest() {
    let (rest, secret) = separate(read(email(&json!({}))));
    assert_eq!(secret.unwrap().expose_secret(), "hunter2");
    assert!(!serde_json::to_string(&rest).unwrap().contains("hunter2"));
    assert_eq!(settings(&rest, Some(&rest)).len(), 0, "what is answered can be sent back");
}
