//! Which certificates the client accepts, and what it says of the others.

use std::process::Stdio;

use nexops_core::error::ErrorCode;
use nexopsd::proxmox::{Client, Error, Settings};
use nexopsd::tls::{CertificateProblem, Fingerprint, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::server::{Identity, Server, settings, version};

/// Names the servers to the test that runs in a process with a trust store of its own.
const CHILD: &str = "NEXOPS_TEST_TRUSTED_AND_MISNAMED";

fn with(tls: Tls, servers: &[&Server]) -> Client {
    let hosts = servers.iter().map(|server| server.host.clone()).collect();
    Client::new(&Settings { tls, ..settings(hosts) }).unwrap()
}

#[tokio::test]
async fn one_of_several_pins_is_enough() {
    let server = Server::sending(version()).await;
    let pins = vec![Fingerprint([7; 32]), server.fingerprint];
    assert!(with(Tls::Pinned(pins), &[&server]).version().await.is_ok());
}

#[tokio::test]
async fn another_certificate_than_the_pinned_is_refused_before_anything_is_sent() {
    let server = Server::sending(version()).await;
    let error = with(Tls::Pinned(vec![Fingerprint([7; 32])]), &[&server]).version().await.unwrap_err();
    let seen = server.fingerprint;
    assert_eq!(error, Error::Certificate { host: server.host.clone(), seen, problem: CertificateProblem::PinChanged });
    assert!(error.to_string().contains(&format!("PROXMOX_FINGERPRINT={seen}")), "{error}");
    assert_eq!((error.code(), error.outcome_unknown()), (ErrorCode::ProxmoxCertificate, false));
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused_with_the_line_that_pins_it() {
    let server = Server::sending(version()).await;
    let error = with(Tls::Verified, &[&server]).version().await.unwrap_err();
    let Error::Certificate { seen, problem, .. } = &error else { panic!("{error:?}") };
    assert_eq!((seen, problem), (&server.fingerprint, &CertificateProblem::Untrusted));
    assert!(error.to_string().contains(&format!("PROXMOX_FINGERPRINT={seen}")), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn the_pin_from_the_message_is_the_one_that_works() {
    let server = Server::sending(version()).await;
    let message = with(Tls::Verified, &[&server]).version().await.unwrap_err().to_string();
    let pin = message.rsplit_once("PROXMOX_FINGERPRINT=").unwrap().1.parse().unwrap();
    assert!(with(Tls::Pinned(vec![pin]), &[&server]).version().await.is_ok());
}

#[tokio::test]
async fn anything_goes_when_nothing_is_verified() {
    let server = Server::sending(version()).await;
    assert!(with(Tls::Unverified, &[&server]).version().await.is_ok());
}

#[tokio::test]
async fn a_host_with_a_bad_certificate_is_passed_over_for_one_with_a_good() {
    let (bad, good) = (Identity::self_signed(), Identity::self_signed());
    let bytes: &'static [u8] = version().leak();
    let (bad, good) = (Server::identified(&bad, bytes).await, Server::identified(&good, bytes).await);
    assert!(with(Tls::Pinned(vec![good.fingerprint]), &[&bad, &good]).version().await.is_ok());
    assert_eq!((bad.requests().len(), good.requests().len()), (0, 1));
}

/// The trust store is found through the environment, which a process reads once: so another process does it.
#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_accepted_for_its_own_names_only() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let issue = |name: &str, long_ago: bool| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if long_ago {
            params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        }
        let certificate = params.signed_by(&key, &authority).unwrap();
        Identity::new(certificate.der(), &key)
    };
    let bytes: &'static [u8] = version().leak();
    let trusted = Server::identified(&issue("127.0.0.1", false), bytes).await;
    let misnamed = Server::identified(&issue("pve1.example", false), bytes).await;
    let expired = Server::identified(&issue("127.0.0.1", true), bytes).await;

    let store = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(store.path(), authority.pem()).unwrap();
    let output = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "proxmox::tls::in_a_process_with_its_own_trust_store"])
        .env("SSL_CERT_FILE", store.path())
        .env(CHILD, [trusted.host, misnamed.host, expired.host].join(","))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// The other process of the test above; alone it has nothing to do.
#[tokio::test]
async fn in_a_process_with_its_own_trust_store() {
    let Ok(hosts) = std::env::var(CHILD) else { return };
    let clients: Vec<_> = hosts
        .split(',')
        .map(|host| Client::new(&Settings { tls: Tls::Verified, ..settings(vec![host.to_owned()]) }).unwrap())
        .collect();
    assert_eq!(clients[0].version().await.unwrap().text, "9.1.7");
    let problem = |error: Error| match error {
        Error::Certificate { problem, .. } => problem,
        other => panic!("{other:?}"),
    };
    let names = vec!["pve1.example".to_owned()];
    assert_eq!(problem(clients[1].version().await.unwrap_err()), CertificateProblem::NameMismatch { names });
    assert_eq!(problem(clients[2].version().await.unwrap_err()), CertificateProblem::Expired);
}
