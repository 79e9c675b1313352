//! Settings: where Proxmox is, who we are there, and how long we wait.

use std::time::Duration;

use secrecy::SecretString;

use super::error::Error;
use crate::tls::Tls;

/// Where one cluster is and how to speak with it. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The hosts of one cluster: `host`, `host:port`, `[v6]` or `[v6]:port`. Any of them can answer for all.
    pub hosts: Vec<String>,
    /// The port of hosts that name none; 8006 as a rule.
    pub port: u16,
    /// The user with its realm, as in `nexops@pve`.
    pub user: String,
    /// The token's name, as in `nexops`.
    pub token_name: String,
    /// The token's secret.
    pub token_value: SecretString,
    /// What certificates are accepted.
    pub tls: Tls,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl Settings {
    /// The token's id, which is no secret.
    #[must_use]
    pub fn token_id(&self) -> String {
        format!("{}!{}", self.user, self.token_name)
    }
}

/// How long to wait for Proxmox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, handshake included.
    pub connect: Duration,
    /// For a whole answer. Longer than the 30 seconds after which Proxmox itself gives up on a silent node.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), request: Duration::from_secs(40) }
    }
}

/// Checks that a text names a host.
///
/// # Errors
/// What is wrong with it, and how to write one.
pub fn check_host(host: &str) -> Result<(), String> {
    match authority(host, 8006) {
        Ok(_) => Ok(()),
        Err(Error::Settings { reason }) => Err(reason),
        Err(other) => Err(other.to_string()),
    }
}

/// A host's `name:port`, with brackets around an IPv6 address.
pub(super) fn authority(host: &str, port: u16) -> Result<String, Error> {
    let bad = || Error::Settings {
        reason: format!("'{host}' is not a host (write name, name:port, address or [address]:port, without https://)"),
    };
    let host = host.trim();
    let bare_v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
    let text = if bare_v6 { format!("https://[{host}]") } else { format!("https://{host}") };
    let url = reqwest::Url::parse(&text).map_err(|_| bad())?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && !host.ends_with('/')
        && url.query().is_none()
        && url.fragment().is_none();
    let name = url.host_str().filter(|name| !name.is_empty() && plain).ok_or_else(bad)?;
    // The URL parser drops the scheme's own port, 443, as if it had not been written.
    let explicit = host.ends_with(":443") && !bare_v6;
    let port = url.port().or(explicit.then_some(443)).unwrap_or(port);
    Ok(format!("{name}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (host, expected) in [
            ("pve1", "pve1:8006"),
            (" pve1.example ", "pve1.example:8006"),
            ("pve1:443", "pve1:443"),
            ("pve1:9000", "pve1:9000"),
            ("10.0.0.1", "10.0.0.1:8006"),
            ("fd00::1", "[fd00::1]:8006"),
            ("[fd00::1]", "[fd00::1]:8006"),
            ("[fd00::1]:9000", "[fd00::1]:9000"),
        ] {
            assert_eq!(authority(host, 8006).unwrap(), expected, "{host}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_the_way_to_write_one() {
        for host in ["", "https://pve1:8006", "pve1/", "pve1/path", "user@pve1", "pve1:port", "pve 1", "pve1?x"] {
            let error = authority(host, 8006).unwrap_err();
            assert!(error.to_string().contains("[address]:port"), "{host}: {error}");
        }
    }
}
