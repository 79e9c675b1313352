//! A server that sends exactly the bytes it is told to, over real TLS.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use nexopsd::proxmox::{Client, Settings, Timeouts};
use nexopsd::tls::{Fingerprint, Tls};
use rcgen::{CertifiedKey, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The secret of the token that the clients of these tests use.
pub const SECRET: &str = "0b6c2d0e-1111-4222-8333-abcdefabcdef";

/// What the server does with one request.
pub enum Reply {
    /// Sends this and keeps the connection.
    Send(Vec<u8>),
    /// Sends this and hangs up in good order.
    Finish(Vec<u8>),
    /// Sends this and drops the connection.
    Cut(Vec<u8>),
    /// Sends this and then nothing any more.
    Hang(Vec<u8>),
}

/// What the server was sent.
#[derive(Debug, Clone)]
pub struct Request {
    pub line: String,
    pub head: String,
    pub body: String,
}

impl Request {
    pub fn path(&self) -> &str {
        let target = self.line.split(' ').nth(1).unwrap();
        target.split('?').next().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

type Answering = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// A running server; it ends with the test's runtime.
pub struct Server {
    pub host: String,
    pub fingerprint: Fingerprint,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
}

/// A certificate with its key, and the fingerprint of it.
pub struct Identity {
    config: Arc<ServerConfig>,
    fingerprint: Fingerprint,
}

impl Identity {
    pub fn new(certificate: &CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        Self { config: Arc::new(config), fingerprint: Fingerprint::of(certificate) }
    }

    pub fn self_signed() -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        Self::new(cert.der(), &signing_key)
    }
}

static SELF_SIGNED: LazyLock<Identity> = LazyLock::new(Identity::self_signed);

impl Server {
    /// A server that answers each request by the function, which is also told how many came before.
    pub async fn answering(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::awaiting(&SELF_SIGNED, move |request, before| {
            let reply = answer(&request, before);
            Box::pin(async move { reply })
        })
        .await
    }

    /// A server that always sends these bytes.
    pub async fn sending(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::answering(move |_, _| Reply::Send(bytes.clone())).await
    }

    /// A server that takes its time.
    pub async fn waiting(answer: impl Fn(Request, usize) -> Answering + Send + Sync + 'static) -> Self {
        Self::awaiting(&SELF_SIGNED, answer).await
    }

    /// A server with an identity of its own.
    pub async fn identified(identity: &Identity, bytes: &'static [u8]) -> Self {
        Self::awaiting(identity, move |_, _| Box::pin(async move { Reply::Send(bytes.to_vec()) })).await
    }

    async fn awaiting(
        identity: &Identity,
        answer: impl Fn(Request, usize) -> Answering + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let acceptor = TlsAcceptor::from(Arc::clone(&identity.config));
        let answer = Arc::new(answer);
        let server = Self {
            host,
            fingerprint: identity.fingerprint,
            requests: Arc::clone(&requests),
            connections: Arc::clone(&connections),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, answer, requests) = (acceptor.clone(), Arc::clone(&answer), Arc::clone(&requests));
                tokio::spawn(serve(stream, acceptor, answer, requests));
            }
        });
        server
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// A client for this server alone.
    pub fn client(&self) -> Client {
        client(&[self])
    }
}

async fn serve<A>(stream: TcpStream, acceptor: TlsAcceptor, answer: Arc<A>, requests: Arc<Mutex<Vec<Request>>>)
where
    A: Fn(Request, usize) -> Answering,
{
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        let before = {
            let mut requests = requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        match answer(request, before).await {
            Reply::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Reply::Finish(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Reply::Cut(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                return;
            }
            Reply::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                // Until the client has had enough.
                let _ = stream.read(&mut [0]).await;
                return;
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncReadExt + Unpin), buffer: &mut Vec<u8>) -> Option<Request> {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let (line, head) = head.split_once("\r\n").unwrap_or((head, ""));
            let mut request = Request { line: line.to_owned(), head: head.to_owned(), body: String::new() };
            let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
            if rest.len() >= length {
                request.body = rest[..length].to_owned();
                *buffer = rest.as_bytes()[length..].to_vec();
                return Some(request);
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// Settings for these hosts, with every certificate accepted.
pub fn settings(hosts: Vec<String>) -> Settings {
    Settings {
        hosts,
        port: 8006,
        user: "nexops@pve".to_owned(),
        token_name: "nexops".to_owned(),
        token_value: SECRET.into(),
        tls: Tls::Unverified,
        timeouts: Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(20) },
    }
}

/// A client for these servers, in this order, with their certificates pinned.
pub fn client(servers: &[&Server]) -> Client {
    let hosts = servers.iter().map(|server| server.host.clone()).collect();
    let pins = servers.iter().map(|server| server.fingerprint).collect();
    Client::new(&Settings { tls: Tls::Pinned(pins), ..settings(hosts) }).unwrap()
}

/// An answer of the API as Proxmox sends it.
pub fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nCache-Control: max-age=0\r\nServer: pve-api-daemon/3.0\r\nConnection: Keep-Alive\r\n\
         Content-Length: {}\r\nContent-Type: application/json;charset=UTF-8\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The answer to `/version`.
pub fn version() -> Vec<u8> {
    answer("200 OK", r#"{"data":{"repoid":"0307225d4bc8b3ed","release":"9.1","version":"9.1.7"}}"#)
}

/// A host where nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}
