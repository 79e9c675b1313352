//! E-mail, to a real mail server.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nexops_core::client::Client;
use nexops_core::notification::{ChannelDraft, FailureClass, TestOutcome, TestReport};
use nexops_core::profile::Profile;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::daemon::Daemon;
use crate::support::database::TestDatabase;
use crate::support::mail::MailServer;
use crate::support::receiver::{channel, speaking};
use crate::support::wait_for;

fn settings(server: &MailServer, changes: &Value) -> Value {
    let mut settings = json!({"kind": "email", "host": "127.0.0.1", "port": server.port, "security": "none",
        "from": "NexOps <nexops@example.net>", "to": ["ann@example.net", "bob@example.net"]});
    for (key, value) in changes.as_object().unwrap() {
        settings[key] = value.clone();
    }
    settings
}

async fn try_out(daemon: &Daemon, server: &MailServer, changes: &Value) -> TestReport {
    channel(daemon, "email", settings(server, changes)).await;
    daemon.client.test_channel("email").await.unwrap().data
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_to_all_recipients_in_the_clear_only_when_that_is_said() {
    let daemon = speaking().await;
    let server = MailServer::start("none", None, &Value::Null);
    let report = try_out(&daemon, &server, &json!({})).await;
    assert_eq!((report.outcome, report.failure), (TestOutcome::Delivered, None));
    let message = server.message().await;
    assert_eq!(message["to"], json!(["ann@example.net", "bob@example.net"]));
    assert_eq!((message["from"].as_str(), message["encrypted"].as_bool()), (Some("nexops@example.net"), Some(false)));
    let text = message["text"].as_str().unwrap();
    assert!(text.contains("Subject: [NexOps] TEST: this is a test, and nothing is wrong"), "{text}");
    assert!(text.contains("ann tries the channel 'email'"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_encrypt_gets_no_mail_unless_that_is_said() {
    let daemon = speaking().await;
    let server = MailServer::start("none", None, &Value::Null);
    let report = try_out(&daemon, &server, &json!({"security": "starttls"})).await;
    let failure = report.failure.unwrap();
    assert_eq!((report.outcome, failure.class), (TestOutcome::Failed, FailureClass::Tls), "{failure:?}");
    assert!(server.messages().is_empty());
}

#[rstest]
#[case("starttls")]
#[case("tls")]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_nobody_trusts_gets_no_password(#[case] security: &str) {
    let daemon = speaking().await;
    let server = MailServer::start(security, Some(["nexops", "hunter2hunter2"]), &Value::Null);
    let login = json!({"security": security, "username": "nexops", "password": "hunter2hunter2"});
    let report = try_out(&daemon, &server, &login).await;
    let failure = report.failure.unwrap();
    assert_eq!((report.outcome, failure.class), (TestOutcome::Failed, FailureClass::Tls), "{failure:?}");
    assert!(server.messages().is_empty());
}

#[rstest]
#[case::wrong_password(json!({"security": "none", "username": "nexops", "password": "wrong-wrong"}),
    Some(["nexops", "hunter2hunter2"]), json!({}), FailureClass::Unauthorized, Some(535))]
#[case::no_login(json!({}), Some(["nexops", "hunter2hunter2"]), json!({}), FailureClass::Unauthorized, Some(530))]
#[case::for_now(json!({}), None, json!({"data": "451 try later: s3cret"}), FailureClass::ServerError, Some(451))]
#[case::for_good(json!({}), None, json!({"data": "554 spam: s3cret"}), FailureClass::Rejected, Some(554))]
#[case::nobody_is_known(json!({}), None,
    json!({"rcpt": {"ann@example.net": "550 who", "bob@example.net": "550 who"}}), FailureClass::Rejected, Some(550))]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_told_without_its_words(
    #[case] changes: Value,
    #[case] login: Option<[&str; 2]>,
    #[case] refuse: Value,
    #[case] class: FailureClass,
    #[case] status: Option<u16>,
) {
    let daemon = speaking().await;
    let server = MailServer::start("none", login, &refuse);
    let failure = try_out(&daemon, &server, &changes).await.failure.unwrap();
    assert_eq!((failure.class, failure.status), (class, status), "{failure:?}");
    assert!(!failure.message.contains("s3cret"), "{failure:?}");
    assert!(server.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_recipient_whom_nobody_knows_keeps_no_other_from_being_told() {
    let daemon = speaking().await;
    let server = MailServer::start("none", None, &json!({"rcpt": {"ann@example.net": "550 who"}}));
    let report = try_out(&daemon, &server, &json!({})).await;
    assert_eq!(report.outcome, TestOutcome::Delivered);
    assert_eq!(server.message().await["to"], json!(["bob@example.net"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_this_machine_is_not_spoken_to_unless_that_is_configured() {
    let daemon = crate::support::daemon::Wishes::default().start().await;
    let server = MailServer::start("none", None, &Value::Null);
    let failure = try_out(&daemon, &server, &json!({})).await.failure.unwrap();
    assert_eq!(failure.class, FailureClass::ForbiddenAddress);
    assert!(server.messages().is_empty());
}

/// The real program, which trusts the server's certificate as any program does.
struct Program {
    process: Child,
    client: Client,
    _database: TestDatabase,
    _home: TempDir,
}

impl Program {
    async fn trusting(server: &MailServer) -> Self {
        let database = TestDatabase::new().await;
        let home = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_nexopsd"));
        command
            .env_clear()
            .env("DATABASE_URL", database.url())
            .env("NEXOPS_DATA_DIR", home.path())
            .env("NEXOPS_LISTEN", &listen)
            .env("NEXOPS_ALLOW_LOOPBACK_TARGETS", "true")
            .env("SSL_CERT_FILE", server.certificate())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(home.path().join("log")).unwrap());
        let process = command.spawn().unwrap();
        let profile = Profile { url: format!("http://{listen}"), token: None, actor: Some("ann".to_owned()) };
        let client = Client::new(profile).unwrap();
        let program = Self { process, client, _database: database, _home: home };
        let answers = async || program.client.system().await.is_ok();
        wait_for(Duration::from_secs(60), "the daemon answers", answers).await;
        program
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[rstest]
#[case("starttls")]
#[case("tls")]
#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_encrypted_and_with_a_login_to_a_server_that_is_trusted(#[case] security: &str) {
    let server = MailServer::start(security, Some(["nexops", "hunter2hunter2"]), &Value::Null);
    let program = Program::trusting(&server).await;
    let login = json!({"security": security, "host": "localhost", "username": "nexops", "password": "hunter2hunter2"});
    let settings = serde_json::from_value(settings(&server, &login)).unwrap();
    let draft = ChannelDraft { name: None, settings, enabled: true };
    program.client.create_channel(&draft).await.unwrap();
    let report = program.client.test_channel("email").await.unwrap().data;
    assert_eq!((report.outcome, report.failure), (TestOutcome::Delivered, None));
    let message = server.message().await;
    assert_eq!((message["encrypted"].as_bool(), message["user"].as_str()), (Some(true), Some("nexops")));
}
