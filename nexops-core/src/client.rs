//! The HTTP client: one short method for each operation of the API.
//!
//! It needs a tokio runtime from the caller. Nothing is retried here: the daemon is near, and who calls knows better.

mod endpoints;
pub mod events;

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, IF_MATCH, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::envelope::{Envelope, ErrorEnvelope, ListEnvelope};
use crate::error::{ErrorBody, ErrorCode};
use crate::profile::Profile;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take. A power action may wait for Proxmox's own 30 seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to one daemon. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    profile: Profile,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The daemon answered, with an error.
    #[error("{}", .0.message)]
    Api(Box<ErrorBody>),
    /// The daemon cannot be reached.
    #[error("the NexOps daemon at {url} does not answer")]
    Unreachable {
        /// Where it was sought.
        url: String,
        /// What happened.
        #[source]
        source: reqwest::Error,
    },
    /// The daemon did not answer in time.
    #[error("the NexOps daemon at {url} did not answer within {} s", .after.as_secs())]
    Timeout {
        /// Where it was asked.
        url: String,
        /// The patience that was had.
        after: Duration,
    },
    /// Something answered, but not a NexOps daemon of a version that this client understands.
    #[error("what answers at {url} does not speak the NexOps API: {reason}")]
    Payload {
        /// What was asked.
        url: String,
        /// What was wrong with the answer.
        reason: String,
    },
    /// The URL of the daemon cannot be used.
    #[error("'{url}' is not the URL of a NexOps daemon: {reason}")]
    Url {
        /// What was given.
        url: String,
        /// Why it cannot be used.
        reason: String,
    },
}

impl Error {
    /// The daemon's error code; `None` when the daemon was not reached or not understood.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        self.body().map(|body| body.code)
    }

    /// The daemon's own account; `None` when the daemon was not reached or not understood.
    #[must_use]
    pub fn body(&self) -> Option<&ErrorBody> {
        match self {
            Self::Api(body) => Some(body),
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Payload { .. } | Self::Url { .. } => None,
        }
    }
}

/// What a call gives.
pub type Result<T> = std::result::Result<T, Error>;

impl Client {
    /// A client for the daemon of a profile.
    ///
    /// # Errors
    /// [`Error::Url`] when the profile's URL is not one of `http` or `https`.
    pub fn new(profile: Profile) -> Result<Self> {
        let bad_url = |reason: String| Error::Url { url: profile.url.clone(), reason };
        let url = reqwest::Url::parse(&profile.url).map_err(|error| bad_url(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(bad_url("it must begin with http:// or https:// and name a host".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let reason =
                "it must not hold a user or password, which would show in messages and process lists".to_owned();
            return Err(Error::Url { url: url.host_str().unwrap_or_default().to_owned(), reason });
        }
        let http =
            builder(url.scheme()).timeout(REQUEST_TIMEOUT).build().map_err(|error| bad_url(error.to_string()))?;
        let profile = Profile { url: profile.url.trim_end_matches('/').to_owned(), ..profile };
        Ok(Self { http, profile })
    }

    /// The daemon's base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.profile.url
    }

    /// Sends any request, for what there is no method for, and gives the body of the answer as it came. The path is one
    /// below `/api/v1`, with or without that, or one of those beside the API, as `/healthz`.
    ///
    /// # Errors
    /// [`Error`], as every operation.
    pub async fn raw(&self, method: &str, path: &str, body: Option<String>) -> Result<String> {
        const BESIDE: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/openapi.json"];
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let Ok(method) = Method::from_bytes(method.as_bytes()) else {
            let reason = format!("'{method}' is no HTTP method");
            return Err(Error::Url { url: self.profile.url.clone(), reason });
        };
        let mut request = if BESIDE.contains(&path.as_str()) {
            self.authorized(self.http.request(method, format!("{}{path}", self.profile.url)))
        } else {
            self.request(method, &path)
        };
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(|error| self.failure(error))?;
        let (url, status) = (response.url().to_string(), response.status());
        if !status.is_success() {
            return Err(self.refusal(url, status, response).await);
        }
        response.text().await.map_err(|error| self.failure(error))
    }

    async fn get<T: DeserializeOwned>(&self, path: impl fmt::Display) -> Result<Envelope<T>> {
        self.send(self.request(Method::GET, path)).await
    }

    async fn get_with<T: DeserializeOwned>(
        &self,
        path: impl fmt::Display,
        query: &impl Serialize,
    ) -> Result<Envelope<T>> {
        self.send(self.request(Method::GET, with_query(path, query))).await
    }

    async fn list<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<ListEnvelope<T>> {
        self.send(self.request(Method::GET, with_query(path, query))).await
    }

    async fn post<T: DeserializeOwned>(&self, path: impl fmt::Display) -> Result<Envelope<T>> {
        self.send(self.request(Method::POST, path)).await
    }

    async fn send_body<T: DeserializeOwned>(
        &self,
        method: Method,
        path: impl fmt::Display,
        body: &impl Serialize,
    ) -> Result<T> {
        self.send(self.request(method, path).json(body)).await
    }

    async fn delete<T: DeserializeOwned>(&self, path: impl fmt::Display) -> Result<Envelope<T>> {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Replaces a thing; only that version of it, if one is given.
    async fn replace<T: DeserializeOwned>(
        &self,
        path: impl fmt::Display,
        body: &impl Serialize,
        version: Option<i64>,
    ) -> Result<Envelope<T>> {
        self.send(if_match(self.request(Method::PUT, path).json(body), version)).await
    }

    /// Deletes a thing; only that version of it, if one is given.
    async fn delete_version<T: DeserializeOwned>(
        &self,
        path: impl fmt::Display,
        version: Option<i64>,
    ) -> Result<Envelope<T>> {
        self.send(if_match(self.request(Method::DELETE, path), version)).await
    }

    fn request(&self, method: Method, path: impl fmt::Display) -> RequestBuilder {
        self.authorized(self.http.request(method, format!("{}/api/v1{path}", self.profile.url)))
    }

    fn authorized(&self, mut request: RequestBuilder) -> RequestBuilder {
        if let Some(token) = &self.profile.token {
            request = request.bearer_auth(token.expose_secret());
        }
        if let Some(actor) = &self.profile.actor {
            request = request.header("x-nexops-actor", actor);
        }
        request
    }

    /// The answer that was hoped for, its body still to be read.
    async fn accepted(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| self.failure(error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refusal(response.url().to_string(), status, response).await);
        }
        Ok(response)
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let response = self.accepted(request).await?;
        let url = response.url().to_string();
        let body = response.bytes().await.map_err(|error| self.failure(error))?;
        serde_json::from_slice(&body).map_err(|error| Error::Payload { url, reason: error.to_string() })
    }

    async fn refusal(&self, url: String, status: StatusCode, response: Response) -> Error {
        // Following would turn a POST into a GET, or carry the token to another host.
        if let (true, Some(target)) = (status.is_redirection(), response.headers().get(LOCATION)) {
            let reason = format!("it sends to {}; use that address", String::from_utf8_lossy(target.as_bytes()));
            return Error::Url { url: self.profile.url.clone(), reason };
        }
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return self.failure(error),
        };
        match serde_json::from_slice::<ErrorEnvelope>(&body) {
            Ok(envelope) => Error::Api(Box::new(envelope.error)),
            Err(_) => Error::Payload { url, reason: format!("status {status} without an error that it knows") },
        }
    }

    fn failure(&self, source: reqwest::Error) -> Error {
        self.failure_within(source, REQUEST_TIMEOUT)
    }

    fn failure_within(&self, source: reqwest::Error, patience: Duration) -> Error {
        let url = self.profile.url.clone();
        if source.is_timeout() && !source.is_connect() {
            Error::Timeout { url, after: patience }
        } else {
            Error::Unreachable { url, source }
        }
    }
}

fn if_match(request: RequestBuilder, version: Option<i64>) -> RequestBuilder {
    match version {
        Some(version) => request.header(IF_MATCH, format!("\"{version}\"")),
        None => request,
    }
}

/// What every request has in common.
fn builder(scheme: &str) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .no_proxy()
        .redirect(Policy::none())
        .user_agent(concat!("nexops/", env!("CARGO_PKG_VERSION")));
    // Reading the system's root certificates takes longer than a whole command, and over plain HTTP nobody needs them.
    if scheme == "http" { builder.tls_certs_only([]) } else { builder }
}

fn with_query(path: impl fmt::Display, query: &impl Serialize) -> String {
    match serde_html_form::to_string(query) {
        Ok(query) if query.is_empty() => path.to_string(),
        Ok(query) => format!("{path}?{query}"),
        Err(error) => unreachable!("our own query structs are flat: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> Option<String> {
        let profile = Profile { url: url.to_owned(), token: None, actor: None };
        Client::new(profile).err().map(|error| error.to_string())
    }

    #[test]
    fn an_address_must_be_one_of_http_and_hold_no_secret() {
        assert_eq!(refusal("http://127.0.0.1:8000/"), None);
        assert_eq!(refusal("https://nexops.example"), None);
        for bad in ["", "127.0.0.1:8000", "ftp://x", "http://", "unix:/run/x"] {
            assert!(refusal(bad).is_some_and(|words| words.contains("is not the URL of")), "{bad:?}");
        }
        let words = refusal("http://ann:s3cret@nexops.example");
        assert!(words.is_some_and(|words| words.contains("nexops.example") && !words.contains("s3cret")));
    }
}
