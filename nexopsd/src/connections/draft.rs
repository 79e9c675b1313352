//! Drafts: what somebody wants a connection to be, checked field by field.

use std::collections::HashSet;

use nexops_core::error::FieldError;
use nexops_core::secret::WriteOnly;
use nexops_core::settings::{ProxmoxConnection, ProxmoxConnectionDraft};
use secrecy::{ExposeSecret, SecretString};

use crate::db::connection::settings::Values;
use crate::proxmox::{self, Settings, Timeouts};
use crate::tls::{Fingerprint, Tls};

const LONGEST_NAME: usize = 100;
const LONGEST_TEXT: usize = 255;
const LONGEST_TOKEN: usize = 1000;
const MOST_HOSTS: usize = 16;

/// Why a token has to be given again.
pub(super) const OTHER_HOSTS: &str = "the stored one is for other hosts or another port; give it again";

/// Checks everything but the token's secret.
pub(super) fn check(draft: &ProxmoxConnectionDraft) -> Result<Values, Vec<FieldError>> {
    let ProxmoxConnectionDraft { name, hosts, port, user, token_name, verify_tls, fingerprint, enabled, token_value } =
        draft;
    let (name, user, token_name) = (name.trim(), user.trim(), token_name.trim());
    let hosts: Vec<String> = hosts.iter().map(|host| host.trim().to_owned()).collect();
    let mut problems = Vec::new();
    let mut complain = |field: &str, problem: Option<String>| {
        problems.extend(problem.map(|reason| FieldError::new(field, reason)));
    };
    complain("name", problem_of_name(name));
    complain("hosts", problem_of_hosts(&hosts));
    complain("port", (*port == 0).then(|| "it must be 1 to 65535".to_owned()));
    complain("user", problem_of_user(user));
    complain("token_name", problem_of_token_name(token_name));
    complain("token_value", token_value.as_ref().and_then(problem_of_token));
    let pins = pins(fingerprint.as_deref().unwrap_or_default());
    complain("fingerprint", pins.as_ref().err().cloned());
    let (true, Ok(pins)) = (problems.is_empty(), pins) else { return Err(problems) };
    let pins: Vec<String> = pins.iter().map(ToString::to_string).collect();
    Ok(Values {
        name: name.to_owned(),
        hosts,
        port: *port,
        user: user.to_owned(),
        token_name: token_name.to_owned(),
        verify_tls: *verify_tls,
        fingerprint: (!pins.is_empty()).then(|| pins.join(",")),
        enabled: *enabled,
    })
}

/// Whether a stored token would go to nobody but whom it was given for: whoever may change a connection may not thereby
/// learn its token.
pub(super) fn keeps_token(wanted: &Values, stored: &ProxmoxConnection) -> bool {
    let is_known = |host: &String| stored.hosts.contains(host);
    wanted.port == stored.port && wanted.hosts.iter().all(is_known)
}

/// How Proxmox is spoken with over a connection.
pub(super) fn settings(connection: &ProxmoxConnection, token: SecretString) -> anyhow::Result<Settings> {
    let pins = pins(connection.fingerprint.as_deref().unwrap_or_default()).map_err(anyhow::Error::msg)?;
    Ok(Settings {
        hosts: connection.hosts.clone(),
        port: connection.port,
        user: connection.user.clone(),
        token_name: connection.token_name.clone(),
        token_value: token,
        tls: match (pins.is_empty(), connection.verify_tls) {
            (false, _) => Tls::Pinned(pins),
            (true, true) => Tls::Verified,
            (true, false) => Tls::Unverified,
        },
        timeouts: Timeouts::default(),
    })
}

fn pins(text: &str) -> Result<Vec<Fingerprint>, String> {
    let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
    texts.map(|text| text.parse::<Fingerprint>().map_err(|error| error.to_string())).collect()
}

fn problem_of_name(name: &str) -> Option<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let good = name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && name.chars().all(is_plain)
        && name.len() <= LONGEST_NAME;
    if !good {
        let form = "letters, digits, '.', '-' and '_', the first one a letter or a digit";
        return Some(format!("it must be 1 to {LONGEST_NAME} {form}"));
    }
    // An id would be found in its place.
    name.parse::<uuid::Uuid>().is_ok().then(|| "it must not look like an id".to_owned())
}

fn problem_of_hosts(hosts: &[String]) -> Option<String> {
    if hosts.is_empty() || hosts.len() > MOST_HOSTS {
        return Some(format!("1 to {MOST_HOSTS} hosts of one cluster are needed"));
    }
    let mut seen = HashSet::new();
    hosts.iter().find_map(|host| match proxmox::check_host(host) {
        Err(reason) => Some(reason),
        Ok(()) if host.len() > LONGEST_TEXT => Some(format!("a host has at most {LONGEST_TEXT} characters")),
        Ok(()) if !seen.insert(host.to_ascii_lowercase()) => Some(format!("'{host}' stands there twice")),
        Ok(()) => None,
    })
}

// Whoever takes the whole token for one of its parts has the secret in it, so that values are not repeated.
fn problem_of_user(user: &str) -> Option<String> {
    let reason = match user.split_once('@') {
        _ if user.contains(['!', '=']) => "it is the part before the '!' alone, as in nexops@pve",
        Some((name, realm)) if !name.is_empty() && !realm.is_empty() => return problem_of_text(user),
        Some(_) | None => "it needs a name and a realm, as in nexops@pve",
    };
    Some(reason.to_owned())
}

fn problem_of_token_name(token_name: &str) -> Option<String> {
    match token_name {
        "" => Some("it is missing; it is the part after the '!', as in nexops".to_owned()),
        text if text.contains(['!', '=', '@']) => Some("it is the part after the '!' alone, as in nexops".to_owned()),
        text => problem_of_text(text),
    }
}

fn problem_of_text(text: &str) -> Option<String> {
    let good = text.chars().count() <= LONGEST_TEXT && !text.chars().any(|letter| letter.is_control() || letter == ' ');
    (!good).then(|| format!("it has at most {LONGEST_TEXT} printable characters and no spaces"))
}

fn problem_of_token(token: &WriteOnly) -> Option<String> {
    let text = token.secret().expose_secret();
    if token.is_placeholder() {
        return Some(
            "it looks like what is shown in place of a secret; leave it out to keep the stored one".to_owned(),
        );
    }
    if text.contains(['!', '=']) {
        return Some("it is the part after the '=' alone: the UUID that Proxmox showed once".to_owned());
    }
    let good = text.len() <= LONGEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic());
    (!good).then(|| format!("it has at most {LONGEST_TOKEN} printable ASCII characters and no spaces"))
}

#[cfg(test)]
mod tests;
