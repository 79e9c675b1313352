//! A running simulator: where it listens, how to trust it, how to end it.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Token;
use crate::clock::Clock;
use crate::config::Config;
use crate::control::{Control, Shared};
use crate::remote;
use crate::routes::{Api, router};
use crate::server::{Server, serve};
use crate::tls;
use crate::world::World;

/// A running server. Dropping it stops it without waiting; [`Simulator::stop`] waits.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    control_address: Option<SocketAddr>,
    fingerprint: String,
    certificate_pem: String,
    token: Token,
    control: Control,
    stop: CancellationToken,
    tracker: TaskTracker,
}

/// Builds the cluster, binds the address and serves in the background.
///
/// # Errors
///
/// When an address cannot be bound, when that of the control is not loopback, when there is no token, or when no certificate can be made.
pub async fn start(config: Config) -> anyhow::Result<Simulator> {
    let token = config.tokens.first().cloned().context("a simulator needs at least one token")?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("listen on {}", config.listen))?;
    let control_listener = match config.control {
        Some(address) => Some(remote::listen(address).await?),
        None => None,
    };
    let address = listener.local_addr().context("read the address listened on")?;
    let names = vec!["localhost".to_owned(), "pve1".to_owned(), address.ip().to_string()];
    let identity = tls::identity(&names)?;
    let clock = Clock::start();
    let mut world = World::new(&config, clock.now());
    // The node that answers introduces itself with the fingerprint it really shows.
    if let Some(first) = world.nodes.first_mut() {
        first.fingerprint.clone_from(&identity.fingerprint);
    }
    let shared = Arc::new(Shared::new(clock, world, identity.clone()));
    let version = config.version;
    let named = |token: Token| Arc::new(Token { privileges: token.privileges.as_of(version), ..token });
    let api = Api { shared: shared.clone(), tokens: config.tokens.into_iter().map(named).collect(), version };
    let server = Arc::new(Server {
        shared: shared.clone(),
        router: router(Arc::new(api)),
        version,
        auth_delay: config.auth_delay,
        offline_delay: config.offline_delay,
    });
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    tracker.spawn(serve(server, listener, stop.clone(), tracker.clone()));
    let control = Control { shared };
    let mut control_address = None;
    if let Some(listener) = control_listener {
        control_address = Some(listener.local_addr().context("read the address listened on for control")?);
        tracker.spawn(remote::serve(listener, control.clone(), stop.clone()));
    }
    Ok(Simulator {
        address,
        control_address,
        fingerprint: identity.fingerprint,
        certificate_pem: identity.certificate_pem,
        token,
        control,
        stop,
        tracker,
    })
}

impl Simulator {
    /// The address listened on, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where other processes reach the control, if they may.
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control_address
    }

    /// `https://` and the address.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The SHA-256 fingerprint of the first certificate, `AA:BB:…`. [`Control::fingerprint`] follows its renewals.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The first certificate, for those who would rather trust than pin.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The first of the configured tokens.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The truth behind the API.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Closes every connection and waits until nothing runs any more.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
