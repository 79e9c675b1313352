//! From a host to addresses that may be dialled. What is dialled is what was checked: nobody resolves a second time.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::{is_metadata_name, judge};
use super::error::Error;

/// How many names are looked up at a time. A lookup that hangs holds a thread until the system gives up on it.
const LOOKUPS: usize = 64;
/// How long a lookup is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which hosts may be asked, and where they are.
#[derive(Debug, Clone)]
pub struct Targets {
    allow_loopback: bool,
    lookups: Arc<Semaphore>,
}

impl Targets {
    /// The rules; loopback addresses only if the configuration allows them.
    #[must_use]
    pub fn new(allow_loopback: bool) -> Self {
        Self { allow_loopback, lookups: Arc::new(Semaphore::new(LOOKUPS)) }
    }

    /// The addresses of a host that may be dialled, in the order in which to try them. For protocols other than HTTP:
    /// connect to these, and never to the name again.
    ///
    /// # Errors
    /// When there is no such host, or none of its addresses may be asked.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            self.check(host, address)?;
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        if is_metadata_name(host) {
            return Err(Error::DeniedName { host: host.to_owned() });
        }
        let found = self.look_up(host, port).await?;
        let mut refusal = None;
        let mut allowed = Vec::with_capacity(found.len());
        for address in found {
            match self.check(host, address.ip()) {
                Ok(()) => allowed.push(address),
                Err(error) => refusal = Some(error),
            }
        }
        match refusal {
            // A name may have a link-local address beside its usual one. What is refused is not dialled.
            Some(error) if allowed.is_empty() => Err(error),
            _ if allowed.is_empty() => {
                Err(Error::NoSuchHost { host: host.to_owned(), reason: "it has no address".to_owned() })
            }
            _ => Ok(allowed),
        }
    }

    /// Says whether an address may be asked.
    ///
    /// # Errors
    /// With the reason, when it may not.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), Error> {
        judge(address, self.allow_loopback).map_err(|why| Error::DeniedAddress { host: host.to_owned(), address, why })
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let no_name_server = |reason: &str| Error::NoNameServer { host: host.to_owned(), reason: reason.to_owned() };
        let lookup = async {
            let permit = Arc::clone(&self.lookups).acquire_owned().await.map_err(|_| no_name_server("stopping"))?;
            let question = (host.to_owned(), port);
            let answer = tokio::task::spawn_blocking(move || {
                // Given back when the system has answered, not when the asker has gone.
                let _permit = permit;
                question.to_socket_addrs().map(Vec::from_iter)
            });
            match answer.await {
                Ok(Ok(addresses)) => Ok(addresses),
                Ok(Err(error)) => Err(Self::unresolved(host, &error)),
                Err(_) => Err(no_name_server("the lookup was given up")),
            }
        };
        tokio::time::timeout(PATIENCE, lookup)
            .await
            .unwrap_or_else(|_| Err(no_name_server("the name server does not answer")))
    }

    /// The system tells "there is no such name" from "nobody could be asked" in words alone.
    fn unresolved(host: &str, error: &io::Error) -> Error {
        const NOBODY_ASKED: &[&str] = &["Temporary failure", "Try again", "System error"];
        let words = error.to_string();
        let reason = words.rsplit(": ").next().unwrap_or(&words).to_owned();
        let host = host.to_owned();
        if NOBODY_ASKED.iter().any(|sign| words.contains(sign)) {
            Error::NoNameServer { host, reason }
        } else {
            Error::NoSuchHost { host, reason }
        }
    }
}

impl Resolve for Targets {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.clone();
        Box::pin(async move {
            // The caller fills in the port.
            let addresses = Self::resolve(&targets, name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
