//! A web server as unkind as those that people watch: it sends exactly what it is told to, with or without TLS.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A whole answer of this status and body.
    Status(u16, String),
    /// An answer that sends on.
    SendOn(u16, String),
    /// These bytes, and the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, and then nothing any more.
    Hang(Vec<u8>),
    /// This, after a while.
    Late(Duration, Box<Reply>),
    /// A body without end.
    Endless,
}

impl Reply {
    /// 200 with this body.
    pub fn ok(body: &str) -> Self {
        Self::Status(200, body.to_owned())
    }
}

/// A running server; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where it listens, on loopback.
    pub address: SocketAddr,
    scheme: &'static str,
    requests: Arc<Mutex<Vec<String>>>,
}

/// How long the certificate of a server is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// From 2020 to the end of 2021.
    Over,
    /// From 2020 to the end of 2096.
    Long,
}

impl Site {
    /// A server without TLS that answers by the function, which is given the whole head of the request.
    pub async fn new(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::start("http", None, answer).await
    }

    /// A server with a certificate that it signed itself.
    pub async fn over_tls(validity: Validity, answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(if validity == Validity::Over { 2021 } else { 2096 }, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::start("https", Some(TlsAcceptor::from(Arc::new(config))), answer).await
    }

    async fn start(
        scheme: &'static str,
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Self { address: listener.local_addr().unwrap(), scheme, requests: Arc::default() };
        let requests = Arc::clone(&site.requests);
        let answer: Arc<dyn Fn(&str) -> Reply + Send + Sync> = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, tls.clone(), Arc::clone(&answer), Arc::clone(&requests)));
            }
        });
        site
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// An address at which nobody listens.
pub async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn converse(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    answer: Arc<dyn Fn(&str) -> Reply + Send + Sync>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    match tls {
        None => serve(stream, answer, requests).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, answer, requests).await;
            }
        }
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: Arc<dyn Fn(&str) -> Reply + Send + Sync>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    let mut received = Vec::new();
    let mut piece = [0; 4096];
    let head = loop {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(count) => received.extend_from_slice(&piece[..count]),
        }
        let text = String::from_utf8_lossy(&received);
        if !received[0].is_ascii_uppercase() {
            break "no HTTP".to_owned();
        }
        if let Some(end) = text.find("\r\n\r\n") {
            break text[..end].to_owned();
        }
    };
    requests.lock().unwrap().push(head.clone());
    let mut reply = answer(&head);
    while let Reply::Late(wait, late) = reply {
        tokio::time::sleep(wait).await;
        reply = *late;
    }
    let (bytes, then) = match reply {
        Reply::Status(status, body) => (
            format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).into(),
            Then::Close,
        ),
        Reply::SendOn(status, to) => (
            format!("HTTP/1.1 {status} X\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into(),
            Then::Close,
        ),
        Reply::Bytes(bytes) => (bytes, Then::Close),
        Reply::Hang(bytes) => (bytes, Then::Hang),
        Reply::Late(..) => unreachable!("it was waited for"),
        Reply::Endless => (b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n".to_vec(), Then::GoOn),
    };
    if stream.write_all(&bytes).await.is_err() {
        return;
    }
    let _flushed = stream.flush().await;
    match then {
        Then::Close => {
            let _closed = stream.shutdown().await;
        }
        Then::Hang => std::future::pending().await,
        Then::GoOn => while stream.write_all(&[b'x'; 8192]).await.is_ok() {},
    }
}

enum Then {
    Close,
    Hang,
    GoOn,
}
