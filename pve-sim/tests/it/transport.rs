//! Below HTTP: TLS, keep-alive, and starting and stopping.

use std::time::Duration;

use pve_sim::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Sim, quick};

#[tokio::test]
async fn errors_close_the_connection_and_success_keeps_it() {
    let sim = Sim::start().await;
    let good = sim.get("/version").await;
    assert_eq!(good.headers["connection"], "Keep-Alive");
    assert_eq!(good.headers["server"], "pve-api-daemon/3.0");
    assert_eq!(good.headers["content-type"], "application/json;charset=UTF-8");
    let bad = sim.get("/nosuch").await;
    assert_eq!(bad.headers["connection"], "close");
}

#[tokio::test]
async fn the_fingerprint_of_the_first_node_is_the_one_shown() {
    let sim = Sim::start().await;
    let rows = sim.get("/nodes").await.rows();
    assert_eq!(rows[0]["ssl_fingerprint"], sim.simulator.fingerprint());
    assert_eq!(sim.simulator.fingerprint().len(), 95);
}

#[tokio::test]
async fn plain_http_is_sent_to_https() {
    let sim = Sim::start().await;
    let mut stream = TcpStream::connect(sim.simulator.address()).await.unwrap();
    stream.write_all(b"GET /api2/json/version HTTP/1.1\r\nHost: pve\r\n\r\n").await.unwrap();
    let mut answer = [0u8; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 301");
}

#[tokio::test]
async fn stopping_ends_even_hanging_requests_and_frees_the_port() {
    let sim = Sim::start().await;
    let fault = pve_sim::Fault::new("/", pve_sim::FaultKind::Hang);
    sim.control().inject(fault);
    let (client, url) = (sim.client.clone(), sim.url("/version"));
    let hanging = tokio::spawn(async move { client.get(url).send().await });
    let control = sim.control().clone();
    crate::support::wait_until("the request arrived", async || !control.requests().is_empty()).await;
    let address = sim.simulator.address();
    tokio::time::timeout(Duration::from_secs(5), sim.simulator.stop()).await.unwrap();
    assert!(hanging.await.unwrap().is_err());
    let again = pve_sim::start(Config { listen: address, ..quick() }).await.unwrap();
    again.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_named_in_the_error() {
    let sim = Sim::start().await;
    let listen = sim.simulator.address();
    let error = pve_sim::start(Config { listen, ..quick() }).await.unwrap_err();
    assert!(format!("{error:#}").starts_with(&format!("listen on {listen}: ")), "{error:#}");
}
