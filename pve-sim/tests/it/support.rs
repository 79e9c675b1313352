//! A simulator, a client that trusts it, and waiting for conditions.

use std::time::{Duration, Instant};

use hyper::ext::ReasonPhrase;
use pve_sim::{Config, Control, Method, Privileges, Simulator, Token};
use serde_json::Value;

/// How long a condition may take to become true.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running simulator and a client for it.
pub struct Sim {
    pub simulator: Simulator,
    pub client: reqwest::Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// The reason phrase as it stood in the status line.
    pub reason: String,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["data"].clone()
    }

    pub fn rows(&self) -> Vec<Value> {
        self.data().as_array().unwrap().clone()
    }

    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }
}

/// Tokens of the default user: everything, reading, nothing.
pub fn token(name: &str, privileges: Privileges) -> Token {
    Token { user: "tester@pve".to_owned(), name: name.to_owned(), secret: format!("secret-of-{name}"), privileges }
}

/// A configuration without waiting: quick tasks, fresh lists, no delays.
pub fn quick() -> Config {
    Config {
        time_scale: 0.02,
        stat_interval: Duration::ZERO,
        auth_delay: Duration::from_millis(1),
        offline_delay: Duration::from_millis(1),
        tokens: vec![
            token("full", Privileges::full()),
            token("auditor", Privileges::auditor()),
            token("none", Privileges::none()),
        ],
        ..Config::default()
    }
}

impl Sim {
    pub async fn start() -> Self {
        Self::start_with(quick()).await
    }

    pub async fn start_with(config: Config) -> Self {
        let simulator = pve_sim::start(config).await.unwrap();
        let trusted = reqwest::Certificate::from_pem(simulator.certificate_pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder()
            .tls_certs_only([trusted])
            .pool_max_idle_per_host(1)
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self { simulator, client }
    }

    pub fn control(&self) -> &Control {
        self.simulator.control()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/api2/json{path}", self.simulator.url())
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.get_as("full", path).await
    }

    /// Reads with the token of that name.
    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        let request = self.client.get(self.url(path)).header("Authorization", authorization(token));
        read(request.send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let request = self.client.post(self.url(path)).header("Authorization", authorization("full"));
        let request = if form.is_empty() { request } else { request.form(form) };
        read(request.send().await.unwrap()).await
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        read(request.header("Authorization", authorization("full")).send().await.unwrap()).await
    }

    pub async fn delete_as(&self, token: &str, path: &str) -> Reply {
        let request = self.client.request(Method::DELETE, self.url(path));
        read(request.header("Authorization", authorization(token)).send().await.unwrap()).await
    }

    /// `/nodes/{node}/{kind}/{vmid}` of a guest.
    pub fn guest_path(&self, vmid: u32) -> String {
        let guest = self.control().guest(vmid).unwrap();
        format!("/nodes/{}/{}/{vmid}", guest.node, guest.kind.key())
    }

    /// Starts a power action that is accepted and returns its UPID.
    pub async fn act(&self, vmid: u32, action: &str, form: &[(&str, &str)]) -> String {
        let path = format!("{}/status/{action}", self.guest_path(vmid));
        self.post(&path, form).await.data().as_str().unwrap().to_owned()
    }

    /// Waits for a task and returns its last status.
    pub async fn wait_for_task(&self, upid: &str) -> Value {
        let path = task_path(upid);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.get(&format!("{path}/status")).await.data();
            if status["status"] == "stopped" {
                return status;
            }
            assert!(Instant::now() < deadline, "the task did not end: {status}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn log(&self, upid: &str) -> Vec<String> {
        let rows = self.get(&format!("{}/log", task_path(upid))).await.rows();
        rows.iter().map(|row| row["t"].as_str().unwrap().to_owned()).collect()
    }

    /// The row of a guest in the big list.
    pub async fn row(&self, vmid: u32) -> Value {
        let rows = self.get("/cluster/resources?type=vm").await.rows();
        rows.into_iter().find(|row| row["vmid"] == vmid).unwrap()
    }
}

/// `/nodes/{node}/tasks/{upid}`.
pub fn task_path(upid: &str) -> String {
    let node = upid.split(':').nth(1).unwrap();
    format!("/nodes/{node}/tasks/{upid}")
}

pub fn authorization(token: &str) -> String {
    format!("PVEAPIToken=tester@pve!{token}=secret-of-{token}")
}

pub async fn read(response: reqwest::Response) -> Reply {
    let status = response.status();
    let reason = response.extensions().get::<ReasonPhrase>().map_or_else(
        || status.canonical_reason().unwrap_or_default().to_owned(),
        |phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
    );
    let headers = response.headers().clone();
    Reply { status: status.as_u16(), reason, headers, body: response.text().await.unwrap() }
}

/// Waits until a condition holds.
pub async fn wait_until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "still not true: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
