//! The one HTTP client for URLs that users give: health checks and webhooks.
//!
//! A URL is not trusted. Every address is checked before it is dialled, also after a redirect; nothing is sent through a
//! proxy of the environment; an answer is read up to a limit, and never shown.

pub mod address;
mod error;
mod redirect;
mod resolve;

use std::fmt;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::tls::TlsInfo;
use reqwest::{Response, redirect::Policy, retry};

pub use self::error::Error;
pub use self::resolve::Targets;
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, Url};

use self::address::is_metadata_name;
use self::redirect::Next;
use crate::tls::{Tls, Unusable, client_config, expiry};

/// How often a request may be sent on.
pub const MOST_REDIRECTS: usize = 3;
/// The longest URL that is accepted.
const LONGEST_URL: usize = 2048;
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends requests to URLs that users give.
#[derive(Clone)]
pub struct Client {
    targets: Targets,
    verified: reqwest::Client,
    unverified: reqwest::Client,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("targets", &self.targets).finish_non_exhaustive()
    }
}

/// A request.
#[derive(Clone)]
pub struct Request {
    /// The method. What is neither GET nor HEAD is sent on to nobody else.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// More headers; they are not carried to another host.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// How long it may take, from the first lookup to the last byte that is read, redirects included.
    pub timeout: Duration,
    /// Whether the certificate must be one that this machine trusts, for the name in use.
    pub verify_tls: bool,
    /// How much of the answer's body is read, in bytes; 0 reads nothing of it.
    pub read: usize,
}

impl Request {
    /// A GET that reads nothing of the body.
    #[must_use]
    pub fn get(url: Url, timeout: Duration) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Vec::new(),
            timeout,
            verify_tls: true,
            read: 0,
        }
    }

    /// A POST that reads nothing of the body.
    #[must_use]
    pub fn post(url: Url, headers: HeaderMap, body: Vec<u8>, timeout: Duration) -> Self {
        Self { method: Method::POST, headers, body, ..Self::get(url, timeout) }
    }
}

/// An answer. Its body is for looking at, not for showing: there is no telling what a user's URL leads to.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The beginning of the body, as much as was asked for.
    pub body: Vec<u8>,
    /// Whether the body goes on after that.
    pub is_cut: bool,
    /// How often the request was sent on.
    pub redirects: usize,
    /// When the certificate ends; absent without TLS, or when it cannot be read.
    pub certificate_expires_at: Option<DateTime<Utc>>,
    /// How long it took from the beginning to the last answer's head.
    pub took: Duration,
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Answer").field("status", &self.status).field("took", &self.took).finish_non_exhaustive()
    }
}

/// Reads a URL as a user writes it.
///
/// # Errors
/// [`Error::Url`] when it is no URL of `http` or `https`, or holds a user or password.
pub fn parse_url(text: &str) -> Result<Url, Error> {
    if text.len() > LONGEST_URL {
        return Err(Error::Url(format!("it is longer than {LONGEST_URL} characters")));
    }
    let url = Url::parse(text.trim()).map_err(|error| Error::Url(error.to_string()))?;
    check_form(&url)?;
    Ok(url)
}

fn check_form(url: &Url) -> Result<(), Error> {
    let problem = if !matches!(url.scheme(), "http" | "https") {
        "it must begin with http:// or https://"
    } else if !url.username().is_empty() || url.password().is_some() {
        "it must not hold a user or a password, which would show wherever the URL does"
    } else if url.port() == Some(0) {
        "port 0 is no port"
    } else {
        return Ok(());
    };
    Err(Error::Url(problem.to_owned()))
}

impl Client {
    /// A client; loopback addresses are asked only if the configuration allows them.
    ///
    /// # Errors
    /// When this machine's trusted authorities cannot be used.
    pub fn new(allow_loopback: bool) -> Result<Self, Unusable> {
        let targets = Targets::new(allow_loopback);
        let build = |tls: &Tls| {
            reqwest::Client::builder()
                .tls_backend_preconfigured(client_config(tls)?)
                .tls_info(true)
                .dns_resolver(targets.clone())
                .http1_only()
                .no_proxy()
                .redirect(Policy::none())
                .retry(retry::never())
                .referer(false)
                .user_agent(concat!("nexops/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                // A connection that was kept would hide that no new one can be made.
                .pool_max_idle_per_host(0)
                .build()
                .map_err(|error| Unusable(error.to_string()))
        };
        Ok(Self { verified: build(&Tls::Verified)?, unverified: build(&Tls::Unverified)?, targets })
    }

    /// The rules about hosts, for protocols other than HTTP.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Says whether a URL may be asked, as far as that can be told without looking its host up.
    ///
    /// # Errors
    /// When it may not.
    pub fn check(&self, url: &Url) -> Result<(), Error> {
        check_form(url)?;
        let host = host_of(url);
        match url.host() {
            Some(url::Host::Ipv4(address)) => self.targets.check(host, address.into()),
            Some(url::Host::Ipv6(address)) => self.targets.check(host, address.into()),
            Some(url::Host::Domain(name)) if is_metadata_name(name) => Err(Error::DeniedName { host: host.to_owned() }),
            Some(url::Host::Domain(_)) => Ok(()),
            None => Err(Error::Url("it names no host".to_owned())),
        }
    }

    /// Sends a request, follows where it is sent on, and reads as much of the answer as is wanted.
    ///
    /// # Errors
    /// When the host may not be asked, or does not answer in time. Any status is an answer.
    pub async fn send(&self, request: Request) -> Result<Answer, Error> {
        let after = request.timeout;
        tokio::time::timeout(after, self.follow(request)).await.unwrap_or(Err(Error::Timeout { after }))
    }

    async fn follow(&self, mut request: Request) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut redirects = 0;
        loop {
            let response = self.send_once(&request).await?;
            match redirect::next(&request, response.status(), response.headers())? {
                Next::Here => return self.read(&request, response, redirects, started.elapsed()).await,
                Next::There { .. } if redirects == MOST_REDIRECTS => {
                    return Err(Error::TooManyRedirects { most: MOST_REDIRECTS });
                }
                Next::There { url, keeps_headers } => {
                    if !keeps_headers {
                        request.headers.clear();
                    }
                    request.url = url;
                    redirects += 1;
                }
            }
        }
    }

    async fn send_once(&self, request: &Request) -> Result<Response, Error> {
        // The HTTP client dials a literal address without asking its resolver.
        self.check(&request.url)?;
        let host = host_of(&request.url);
        let client = if request.verify_tls { &self.verified } else { &self.unverified };
        let mut sending = client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
        if !request.body.is_empty() {
            sending = sending.body(request.body.clone());
        }
        sending.send().await.map_err(|error| Error::of(&error, host, request.timeout))
    }

    async fn read(
        &self,
        request: &Request,
        mut response: Response,
        redirects: usize,
        took: Duration,
    ) -> Result<Answer, Error> {
        let certificate = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        let certificate_expires_at = certificate.and_then(expiry);
        let mut body = Vec::new();
        let mut is_cut = false;
        while request.read > 0 && !is_cut {
            let chunk = response.chunk().await;
            let chunk = chunk.map_err(|error| Error::of(&error, host_of(&request.url), request.timeout))?;
            let Some(chunk) = chunk else { break };
            let room = request.read - body.len();
            is_cut = chunk.len() > room;
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body, is_cut, redirects, certificate_expires_at, took })
    }
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}
