//! Transport: one request to one of several hosts, and what can go wrong on the way there and back.

use std::error::Error as StdError;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::ext::ReasonPhrase;
use nexops_core::vm::VmType;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response, redirect, retry};
use secrecy::ExposeSecret;

use super::calls::{CallCount, Calls};
use super::error::{Attempt, Error};
use super::guest::GuestAddress;
use super::limit::{Bearer, Limit};
use super::payload::{Answer, is_node_name};
use super::settings::{Settings, Timeouts, authority};
use crate::tls::{Rejected, causes, client_config};

mod answer;

/// The largest answer that is read. A cluster of a thousand guests sends a third of a MiB.
const LARGEST_BODY: usize = 64 << 20;
/// The largest body of an error that is read for its reason.
const LARGEST_ERROR_BODY: usize = 64 << 10;
/// Proxmox hangs up after 5 seconds of silence; a connection that has nearly reached that is not used again.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// What is asked for: a path below `/api2/json`, and the node that has to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    path: String,
    node: Option<String>,
}

impl Route {
    /// A path that the asked host answers itself.
    pub fn local(path: &str) -> Self {
        Self { path: path.to_owned(), node: None }
    }

    /// A path below a node, which the asked host passes on to it.
    pub fn node(node: &str, rest: &str) -> Result<Self, Error> {
        if !is_node_name(node) {
            let fields = [("node".to_owned(), format!("'{node}' is not the name of a node"))].into();
            return Err(Error::InvalidParameters { reason: "the request was not sent".to_owned(), fields });
        }
        Ok(Self { path: format!("/nodes/{node}/{rest}"), node: Some(node.to_owned()) })
    }

    /// An answer from there that cannot be understood.
    pub fn payload(&self, reason: String) -> Error {
        Error::Payload { path: self.path.clone(), reason }
    }

    /// A path below a guest.
    pub fn guest(at: &GuestAddress, rest: &str) -> Result<Self, Error> {
        let kind = match at.kind {
            VmType::Qemu => "qemu",
            VmType::Lxc => "lxc",
        };
        Self::node(&at.node, &format!("{kind}/{}/{rest}", at.vmid))
    }
}

/// Sends requests to the hosts of one cluster.
pub struct Transport {
    hosts: Vec<String>,
    /// The hosts' indices, the one to ask first in front; one that failed goes to the end.
    order: Mutex<Vec<usize>>,
    /// Keeps connections open between requests.
    pooled: reqwest::Client,
    /// Makes a new connection for each request. A request that must not be sent twice cannot take a connection
    /// that the other side may be closing just now, for then nobody could tell whether it had arrived.
    fresh: reqwest::Client,
    token: String,
    timeouts: Timeouts,
    limit: Limit,
    calls: Calls,
}

/// One request to one host.
#[derive(Clone, Copy)]
struct Ask<'a> {
    method: &'a Method,
    host: &'a str,
    route: &'a Route,
    form: &'a [(&'a str, String)],
}

impl Ask<'_> {
    /// The request in words.
    fn what(self) -> String {
        format!("{} {} at {}", self.method, self.route.path, self.host)
    }

    /// An answer that cannot be understood.
    fn payload(self, reason: String) -> Error {
        self.route.payload(reason)
    }
}

/// How one attempt at one host failed.
enum Failure {
    /// No connection came about, so nothing was sent.
    NotSent(Error),
    /// The host hung up before it answered.
    NoAnswer(Error),
    /// Anything else. Another host would not help.
    Final(Error),
}

impl Transport {
    /// A transport for these settings.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let hosts = settings.hosts.iter().map(|host| authority(host, settings.port)).collect::<Result<Vec<_>, _>>()?;
        if hosts.is_empty() {
            return Err(Error::Settings { reason: "no host is given".to_owned() });
        }
        let tls = client_config(&settings.tls)?;
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization(settings)?);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let build = |idle_connections: usize| {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .http1_only()
                .no_proxy()
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .gzip(true)
                .default_headers(headers.clone())
                .user_agent(concat!("nexops/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(settings.timeouts.connect)
                .timeout(settings.timeouts.request)
                .pool_idle_timeout(POOL_IDLE)
                .pool_max_idle_per_host(idle_connections)
                .build()
                .map_err(|error| Error::Settings { reason: deepest(&error) })
        };
        Ok(Self {
            order: Mutex::new((0..hosts.len()).collect()),
            hosts,
            pooled: build(8)?,
            fresh: build(0)?,
            token: settings.token_id(),
            timeouts: settings.timeouts,
            limit: Limit::default(),
            calls: Calls::default(),
        })
    }

    /// Every host as `name:port`, in the order of the settings.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The token's id, which is no secret.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks. A host that does not answer is passed over for the next.
    pub async fn get(&self, route: &Route) -> Result<Answer, Error> {
        self.over_hosts(&Method::GET, route, &[]).await
    }

    /// Orders. Sent once, and to another host only if the first one could not be connected to.
    pub async fn post(&self, route: &Route, form: &[(&str, String)]) -> Result<Answer, Error> {
        self.over_hosts(&Method::POST, route, form).await
    }

    async fn over_hosts(&self, method: &Method, route: &Route, form: &[(&str, String)]) -> Result<Answer, Error> {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut failures = Vec::new();
        for index in order {
            let failure = match self.at_host(Ask { method, host: &self.hosts[index], route, form }).await {
                Ok(answer) => {
                    passed_over(&failures, &self.hosts[index]);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            match failure {
                Failure::Final(error @ Error::Timeout { .. }) => {
                    self.ask_last(index);
                    return Err(error);
                }
                Failure::Final(error) => return Err(error),
                Failure::NoAnswer(error) if method != Method::GET => {
                    self.ask_last(index);
                    return Err(error);
                }
                Failure::NotSent(error) | Failure::NoAnswer(error) => {
                    self.ask_last(index);
                    failures.push(error);
                }
            }
        }
        Err(together(failures))
    }

    /// How often each node was asked.
    pub fn calls(&self) -> Vec<CallCount> {
        self.calls.all()
    }

    async fn at_host(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        let answer = self.attempt(ask).await;
        let error = answer.as_ref().err().map(|failure| match failure {
            Failure::NotSent(error) | Failure::NoAnswer(error) | Failure::Final(error) => error.code(),
        });
        self.calls.count(ask.route.node.as_deref(), error);
        answer
    }

    async fn attempt(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        let bearer = match &ask.route.node {
            Some(node) => Bearer::Node(node.clone()),
            None => Bearer::Host(ask.host.to_owned()),
        };
        let _permit = self.limit.enter(bearer).await;
        let response = if *ask.method == Method::GET {
            match self.send(&self.pooled, ask).await {
                // The connection may have been an old one that was closed at that moment. A new one is the test.
                Err(Failure::NoAnswer(_)) => self.send(&self.fresh, ask).await?,
                other => other?,
            }
        } else {
            self.send(&self.fresh, ask).await?
        };
        self.answer(ask, response).await.map_err(Failure::Final)
    }

    async fn send(&self, client: &reqwest::Client, ask: Ask<'_>) -> Result<Response, Failure> {
        let url = format!("https://{}/api2/json{}", ask.host, ask.route.path);
        let mut request = client.request(ask.method.clone(), url);
        // An empty POST goes without a content type, for Proxmox would try to read what is not there.
        if !ask.form.is_empty() {
            request = request.form(ask.form);
        } else if *ask.method == Method::POST {
            request = request.header(CONTENT_LENGTH, 0);
        }
        request.send().await.map_err(|error| self.failure(&error, ask))
    }

    /// What an error before the answer means.
    fn failure(&self, error: &reqwest::Error, ask: Ask<'_>) -> Failure {
        if error.is_connect() || error.is_builder() {
            return Failure::NotSent(self.not_connected(error, ask.host));
        }
        if error.is_timeout() {
            return Failure::Final(Error::Timeout { what: ask.what(), after: self.timeouts.request });
        }
        if causes(error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)) {
            return Failure::Final(ask.payload("it is not HTTP".to_owned()));
        }
        Failure::NoAnswer(Error::Interrupted { what: ask.what(), cause: deepest(error) })
    }

    fn not_connected(&self, error: &reqwest::Error, host: &str) -> Error {
        if let Some(Rejected { seen, problem, .. }) = Rejected::among_causes(error) {
            return Error::Certificate { host: host.to_owned(), seen: *seen, problem: problem.clone() };
        }
        let cause = match causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidMessage(_)) => "it does not speak TLS; is the port right?".to_owned(),
            Some(other) => format!("the TLS handshake failed: {other}"),
            None if error.is_timeout() => format!("no connection within {} s", self.timeouts.connect.as_secs_f32()),
            None => deepest(error),
        };
        Error::Unreachable { tried: vec![Attempt { host: host.to_owned(), cause }] }
    }

    fn ask_last(&self, index: usize) {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.retain(|other| *other != index);
        order.push(index);
    }
}

/// Says that a host is not what it should be, although another one stood in for it. Once, for it is asked last from now on.
fn passed_over(failures: &[Error], host: &str) {
    for error in failures {
        tracing::warn!(proxmox.host = host, error = %error, "a Proxmox host was passed over; {host} answers instead");
    }
}

/// One error for all hosts: a certificate to look at first, else who was tried.
fn together(mut failures: Vec<Error>) -> Error {
    if failures.len() == 1 {
        return failures.remove(0);
    }
    if let Some(index) = failures.iter().position(|error| matches!(error, Error::Certificate { .. })) {
        return failures.remove(index);
    }
    let mut tried = Vec::new();
    let mut interrupted = None;
    for error in failures {
        match error {
            Error::Unreachable { tried: one } => tried.extend(one),
            other => interrupted = Some(other),
        }
    }
    // Somebody was there, at least.
    interrupted.unwrap_or(Error::Unreachable { tried })
}

/// `PVEAPIToken=USER@REALM!NAME=SECRET`, where Proxmox undoes percent signs and stops at a semicolon.
fn authorization(settings: &Settings) -> Result<HeaderValue, Error> {
    let secret = settings.token_value.expose_secret().trim();
    if [settings.user.as_str(), settings.token_name.as_str(), secret].iter().any(|part| part.is_empty()) {
        return Err(Error::Settings { reason: "user, token name and token value must all be given".to_owned() });
    }
    let escaped = format!("{}={secret}", settings.token_id()).replace('%', "%25").replace(';', "%3B");
    let mut header = HeaderValue::from_str(&format!("PVEAPIToken={escaped}")).map_err(|_| Error::Settings {
        reason: "user, token name or token value has a character that cannot stand in a header".to_owned(),
    })?;
    header.set_sensitive(true);
    Ok(header)
}

fn deepest(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}
