//! A real mail server, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::wait_until;

/// A running mail server; it ends with the value.
#[derive(Debug)]
pub struct MailServer {
    process: Child,
    /// Its port, on loopback.
    pub port: u16,
    messages: Arc<Mutex<Vec<Value>>>,
    directory: TempDir,
}

impl MailServer {
    /// A server of this kind of security, which wants this login and refuses what it is told to.
    pub fn start(security: &str, login: Option<[&str; 2]>, refuse: &Value) -> Self {
        let python = std::env::var_os("TEST_MAIL_PYTHON").expect(
            "TEST_MAIL_PYTHON names no Python with aiosmtpd: run the tests with `make test`, which installs it",
        );
        let directory = tempfile::tempdir().unwrap();
        let (certificate, key) = (directory.path().join("certificate.pem"), directory.path().join("key.pem"));
        let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let key_pair = KeyPair::generate().unwrap();
        std::fs::write(&certificate, params.self_signed(&key_pair).unwrap().pem()).unwrap();
        std::fs::write(&key, key_pair.serialize_pem()).unwrap();
        let wishes = json!({
            "security": security, "certificate": certificate, "key": key, "login": login, "refuse": refuse,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/mail_server.py");
        let mut command = Command::new(python);
        command.arg(script).arg(wishes.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next().expect("the mail server prints its port").unwrap().parse().unwrap();
        let messages = Arc::<Mutex<Vec<Value>>>::default();
        let heard = Arc::clone(&messages);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { process, port, messages, directory }
    }

    /// The file with its certificate, for those who trust it.
    pub fn certificate(&self) -> std::path::PathBuf {
        self.directory.path().join("certificate.pem")
    }

    /// What it accepted so far.
    pub fn messages(&self) -> Vec<Value> {
        self.messages.lock().unwrap().clone()
    }

    /// The first message, once it is there.
    pub async fn message(&self) -> Value {
        wait_until("the mail server gets a message", async || !self.messages().is_empty()).await;
        self.messages()[0].clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
