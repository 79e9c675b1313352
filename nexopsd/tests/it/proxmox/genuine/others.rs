//! Exchanges for which the client has no question of its own: whoever answers so is told apart all the same.

use nexopsd::proxmox::{Error, Refusal};
use serde_json::Value;

use super::{EXCLUDED, Exchange, exchanges};
use crate::proxmox::recordings::{Call, play};

/// What refusals with status 500 mean, by the beginning of their reason; every other one is [`Refusal::Other`].
const MEANINGS: &[(&str, Refusal)] = &[
    ("QEMU guest agent is not running", Refusal::AgentNotRunning),
    ("No QEMU guest agent configured", Refusal::AgentNotConfigured),
    ("VM 101 not running", Refusal::NotRunning),
];

/// What the exchange's refusal has to become.
fn expected(exchange: &Exchange, status: u16, reason: &str, host: &str) -> Error {
    let token = "nexops@pve!nexops".to_owned();
    let reason = reason.to_owned();
    match status {
        401 => Error::Unauthorized { reason, token },
        403 => {
            // Where no path is named that there could be, none is told.
            let inside = reason.split_once("failed (/").and_then(|(_, inside)| inside.strip_suffix(')'));
            let (path, privilege) = inside
                .and_then(|inside| inside.split_once(", "))
                .map(|(path, privilege)| (format!("/{path}"), privilege.to_owned()))
                .unzip();
            Error::Forbidden { reason, token, path, privilege }
        }
        400 => {
            let told: Value = serde_json::from_str(&exchange.body).unwrap_or_default();
            let fields = told["errors"].as_object().into_iter().flatten();
            let fields = fields.map(|(field, text)| (field.clone(), text.as_str().unwrap().trim().to_owned()));
            Error::InvalidParameters { reason, fields: fields.collect() }
        }
        501 => Error::NotImplemented { reason },
        595 => Error::NodeUnreachable { node: host.to_owned(), status, reason },
        500 if reason.starts_with("hostname lookup") => {
            Error::NodeUnreachable { node: host.to_owned(), status, reason }
        }
        500 if reason.starts_with("Configuration file ") => Error::GuestMissing { reason },
        500 | 506 => {
            let meaning = MEANINGS.iter().find(|(beginning, _)| reason.starts_with(beginning));
            let refusal = meaning.map_or(Refusal::Other, |(_, refusal)| refusal.clone());
            Error::Refused { status, reason, refusal }
        }
        _ => panic!("{}: {status} {reason} is a new kind", exchange.name),
    }
}

#[tokio::test]
async fn every_other_refusal_is_told_apart_by_status_and_reason() {
    let mut count = 0;
    for exchange in exchanges().unwrap_or_default() {
        let name = &exchange.name;
        if exchange.call().is_some() || EXCLUDED.iter().any(|(excluded, _)| excluded == name) {
            continue;
        }
        let (seen, _) = play(&Call::Permissions, exchange.bytes()).await;
        match exchange.status() {
            None => {
                let error = seen.expect_err(name);
                // Where the server hung up without a word, its reason is not known.
                assert!(matches!(error, Error::Interrupted { .. } | Error::Unreachable { .. }), "{name}: {error:?}");
            }
            // What it means is nobody's question; it is no refusal.
            Some((200, _)) => assert!(matches!(seen, Ok(_) | Err(Error::Payload { .. })), "{name}: {seen:?}"),
            Some((301, _)) => assert!(matches!(seen, Err(Error::Redirected { status: 301, .. })), "{name}: {seen:?}"),
            Some((status, reason)) => {
                let error = seen.expect_err(name);
                let host = match &error {
                    Error::NodeUnreachable { node, .. } => node.clone(),
                    _ => String::new(),
                };
                assert_eq!(error, expected(&exchange, status, reason, &host), "{name}");
            }
        }
        count += 1;
    }
    if exchanges().is_some() {
        assert!(count >= 170, "{count}");
    }
}
