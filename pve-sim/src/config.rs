//! What to simulate: size, seed, timing and tokens.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::auth::{Privileges, Token};
use crate::version::PveVersion;

/// What to simulate and how unkind to be about it.
#[derive(Clone, Debug)]
pub struct Config {
    /// The release to imitate.
    pub version: PveVersion,
    /// Number of nodes, named `pve1`, `pve2`, …; at least one.
    pub nodes: u32,
    /// Number of guests, numbered from 100 up.
    pub guests: u32,
    /// The same seed gives the same cluster.
    pub seed: u64,
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where other processes reach the control over plain HTTP; nowhere when absent. Loopback only.
    pub control: Option<SocketAddr>,
    /// The name of the cluster.
    pub cluster_name: String,
    /// Factor on the duration of tasks, on task timeouts and on the five minutes after which the
    /// guests of an offline node become `unknown`. 1 is real time, 0.01 suits tests.
    pub time_scale: f64,
    /// How often the figures of lists are refreshed, 10 s on a real server. Zero is always fresh.
    pub stat_interval: Duration,
    /// How long a 401 takes, 3 s on a real server.
    pub auth_delay: Duration,
    /// How long it takes to find out that a node does not answer, about 3 s on a real server.
    pub offline_delay: Duration,
    /// The tokens that may log in; at least one.
    pub tokens: Vec<Token>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            version: PveVersion::default(),
            nodes: 3,
            guests: 24,
            seed: 1,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            control: None,
            cluster_name: "homelab".to_owned(),
            time_scale: 1.0,
            stat_interval: Duration::from_secs(10),
            auth_delay: Duration::from_secs(3),
            offline_delay: Duration::from_secs(3),
            tokens: vec![Token {
                user: "nexops@pve".to_owned(),
                name: "nexops".to_owned(),
                secret: "12345678-1234-1234-1234-123456789abc".to_owned(),
                privileges: Privileges::full(),
            }],
        }
    }
}
