//! Connections to Proxmox that are set up while the daemon runs.

use nexops_core::error::ErrorCode;
use nexops_core::id::AuditId;
use nexops_core::settings::{ListProxmoxConnections, ProxmoxConnection, ProxmoxConnectionDraft, ProxmoxTest};
use nexops_core::system::ConnectionStatus;
use nexops_core::vm::PowerAction;
use nexopsd::db::audit::{Entry, Origin};
use nexopsd::db::connection::settings as stored;
use pve_sim::Simulator;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::wait_until;

/// How to reach a simulated cluster, as somebody would type it in.
fn draft(name: &str, simulator: &Simulator) -> ProxmoxConnectionDraft {
    let (address, token) = (simulator.address(), simulator.token());
    ProxmoxConnectionDraft {
        name: name.to_owned(),
        hosts: vec![address.ip().to_string()],
        port: address.port(),
        user: token.user.clone(),
        token_name: token.name.clone(),
        token_value: Some(token.secret.clone().into()),
        verify_tls: true,
        fingerprint: Some(simulator.fingerprint().to_owned()),
        enabled: true,
    }
}

/// A daemon that watches nothing yet.
async fn empty() -> Daemon {
    Wishes::default().start().await
}

async fn connections(daemon: &Daemon) -> Vec<ProxmoxConnection> {
    daemon.client.list_proxmox_connections(&ListProxmoxConnections::default()).await.unwrap().data
}

async fn audited(daemon: &Daemon, action: &str) -> i64 {
    let condition = format!("action = '{action}' AND outcome = 'succeeded' AND actor = 'ann'");
    daemon.database.number(&format!("SELECT count(*) FROM audit_logs WHERE {condition}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_watched_changed_disabled_and_forgotten_without_a_restart() {
    let daemon = empty().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let made = daemon.client.create_proxmox_connection(&draft("lab", &simulator)).await.unwrap().data;
    assert!(made.has_token && made.enabled && !made.managed_by_environment, "{made:?}");
    wait_until("its guests are listed", async || daemon.vms().await.len() == 24).await;
    assert_eq!(daemon.health("lab").await.status, ConnectionStatus::Ok);
    let task = daemon.act(103, PowerAction::Start).await;
    daemon.end_of(task.id).await;

    let renamed = ProxmoxConnectionDraft { name: "cellar".to_owned(), ..made.clone().into() };
    let renamed = daemon.client.update_proxmox_connection(made.id, &renamed).await.unwrap().data;
    assert_eq!((renamed.id, renamed.name.as_str(), renamed.has_token), (made.id, "cellar", true));
    let requests = simulator.control().requests().len();
    wait_until("it is asked again, with the token that was kept", async || {
        simulator.control().requests().len() > requests
    })
    .await;
    assert_eq!(daemon.vm(103).await.connection, "cellar");

    let disabled = ProxmoxConnectionDraft { enabled: false, ..renamed.clone().into() };
    daemon.client.update_proxmox_connection(made.id, &disabled).await.unwrap();
    assert!(daemon.vms().await.is_empty() && daemon.app.connections().is_empty());
    let enabled = ProxmoxConnectionDraft { enabled: true, ..disabled };
    daemon.client.update_proxmox_connection(made.id, &enabled).await.unwrap();
    wait_until("its guests are back", async || daemon.vms().await.len() == 24).await;
    assert_eq!(daemon.client.find_task(task.id).await.unwrap().data.vm_id, task.vm_id);

    let last = daemon.client.delete_proxmox_connection(made.id).await.unwrap().data;
    assert_eq!(last.name, "cellar");
    assert!(daemon.vms().await.is_empty() && connections(&daemon).await.is_empty());
    for table in ["nodes", "vms", "tasks", "metric_series", "metric_latest"] {
        assert_eq!(daemon.database.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    for (kind, told) in [("node", 3), ("vm", 24)] {
        let gone = format!("SELECT count(*) FROM events WHERE deleted AND type = '{kind}'");
        assert_eq!(daemon.database.number(&gone).await, told, "{kind}");
    }
    let again = daemon.client.delete_proxmox_connection(made.id).await.unwrap_err();
    assert_eq!(again.code(), Some(ErrorCode::NotFound));
    for (action, times) in [("connection.create", 1), ("connection.update", 3), ("connection.delete", 1)] {
        assert_eq!(audited(&daemon, action).await, times, "{action}");
    }
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_daemon_on_the_database_takes_a_change_up_too() {
    let daemon = empty().await;
    let other = Wishes::default().start_on(std::sync::Arc::clone(&daemon.database)).await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let made = daemon.client.create_proxmox_connection(&draft("lab", &simulator)).await.unwrap().data;
    wait_until("the other one watches it", async || other.app.connection(made.id).is_some()).await;
    daemon.client.delete_proxmox_connection(made.id).await.unwrap();
    wait_until("the other one lets go of it", async || other.app.connection(made.id).is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_token_is_sealed_used_after_a_restart_and_never_given_back() {
    let daemon = empty().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let secret = simulator.token().secret.clone();
    let made = daemon.client.create_proxmox_connection(&draft("lab", &simulator)).await.unwrap().data;
    let leaks = format!(
        "SELECT count(*) FROM proxmox_connections WHERE encode(token_value, 'escape') LIKE '%{secret}%' OR token_value IS NULL"
    );
    assert_eq!(daemon.database.number(&leaks).await, 0);
    let audited = format!("SELECT count(*) FROM audit_logs WHERE details::text LIKE '%{secret}%'");
    assert_eq!(daemon.database.number(&audited).await, 0);
    for path in ["/api/v1/settings/proxmox".to_owned(), format!("/api/v1/settings/proxmox/{}", made.id)] {
        let answer = Answer::at(&daemon, &path).await;
        assert!(answer.status == 200 && !answer.text.contains(&secret) && !answer.text.contains("token_value"));
    }
    let daemon = daemon.restart_after_kill().await;
    wait_until("it is watched again", async || daemon.app.connection(made.id).is_some()).await;
    wait_until("it answers", async || daemon.health("lab").await.status == ConnectionStatus::Ok).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_under_a_lost_key_is_said_and_can_be_entered_again() {
    let daemon = empty().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let made = daemon.client.create_proxmox_connection(&draft("lab", &simulator)).await.unwrap().data;
    let database = daemon.stop().await;
    let other_key = "another key with which nothing was sealed";
    let daemon = Wishes::default().variable("NEXOPS_SECRET_KEY", other_key).start_on(database).await;
    let unusable = async || daemon.client.find_proxmox_connection(made.id).await.unwrap().data.last_error;
    wait_until("the daemon says so", async || unusable().await.is_some()).await;
    let error = unusable().await.unwrap();
    assert_eq!(error.code, ErrorCode::SecretUnusable);
    assert!(
        error.message.contains("NEXOPS_SECRET_KEY") && error.message.contains("enter the secret again"),
        "{error:?}"
    );
    assert_eq!(daemon.health("lab").await.status, ConnectionStatus::Failing);
    let test = ProxmoxTest { id: Some(made.id), draft: None };
    let refusal = daemon.client.test_proxmox_connection(&test).await.unwrap_err();
    assert_eq!(refusal.code(), Some(ErrorCode::SecretUnusable));

    daemon.client.update_proxmox_connection(made.id, &draft("lab", &simulator)).await.unwrap();
    wait_until("it works again", async || daemon.health("lab").await.status == ConnectionStatus::Ok).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_under_an_older_key_is_sealed_again_so_that_the_older_key_can_go() {
    let (old, new) = ["1", "2"].map(|digit| digit.repeat(32)).into();
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let daemon = Wishes::default().variable("NEXOPS_SECRET_KEY", &old).start().await;
    daemon.client.create_proxmox_connection(&draft("lab", &simulator)).await.unwrap();
    let mut database = daemon.stop().await;
    for keys in [format!("{new},{old}"), new] {
        let daemon = Wishes::default().variable("NEXOPS_SECRET_KEY", &keys).start_on(database).await;
        wait_until("it is watched", async || daemon.app.connections().len() == 1).await;
        database = daemon.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_environment_describes_can_be_seen_and_not_changed() {
    let daemon = Daemon::new().await;
    let [shown] = connections(&daemon).await.try_into().unwrap();
    assert!(shown.managed_by_environment && shown.has_token && shown.name == "default", "{shown:?}");
    let change = daemon.client.update_proxmox_connection(shown.id, &shown.clone().into()).await.unwrap_err();
    assert_eq!(change.code(), Some(ErrorCode::ManagedByEnvironment));
    let deletion = daemon.client.delete_proxmox_connection(shown.id).await.unwrap_err();
    assert_eq!(deletion.code(), Some(ErrorCode::ManagedByEnvironment));
    let trial = ProxmoxTest { id: Some(shown.id), draft: None };
    let trial = daemon.client.test_proxmox_connection(&trial).await.unwrap().data;
    assert!(trial.works && trial.same_cluster_as.is_none(), "{trial:?}");
    assert_eq!(daemon.vms().await.len(), 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_environment_described_before_is_let_go_and_can_be_taken_over() {
    let daemon = Daemon::new().await;
    let [shown] = connections(&daemon).await.try_into().unwrap();
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let database = daemon.stop().await;
    let daemon = Wishes::default().start_on(database).await;
    let [left] = connections(&daemon).await.try_into().unwrap();
    assert_eq!((left.id, left.enabled, left.managed_by_environment, left.has_token), (shown.id, false, false, false));
    let without = ProxmoxConnectionDraft { token_value: None, ..draft("default", &simulator) };
    let refusal = daemon.client.update_proxmox_connection(left.id, &without).await.unwrap_err();
    assert_eq!(refusal.body().unwrap().details[0].field, "token_value");
    daemon.client.update_proxmox_connection(left.id, &draft("default", &simulator)).await.unwrap();
    wait_until("it is watched", async || daemon.vms().await.len() == 24).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_draft_names_the_field() {
    let daemon = empty().await;
    let good = json!({
        "name": "lab", "hosts": ["127.0.0.1"], "user": "nexops@pve", "token_name": "nexops", "token_value": "a-b-c",
        "enabled": false,
    });
    let url = format!("{}/api/v1/settings/proxmox", daemon.url);
    let with = |field: &str, value: Value| {
        let mut draft = good.clone();
        draft[field] = value;
        draft
    };
    let mut without = good.clone();
    without.as_object_mut().unwrap().remove("token_value");
    for (draft, field) in [
        (with("name", json!("no spaces please")), "name"),
        (with("hosts", json!(["https://pve1:8006/"])), "hosts"),
        (with("port", json!(70_000)), "port"),
        (with("user", json!("root")), "user"),
        (with("token_value", json!("********")), "token_value"),
        (with("fingerprint", json!("38:3F")), "fingerprint"),
        (with("pasword", json!("x")), "pasword"),
        (without, "token_value"),
    ] {
        let answer = Answer::to(daemon.raw().post(&url).json(&draft)).await;
        assert_eq!((answer.status, answer.fields()), (400, vec![field.to_owned()]), "{}", answer.text);
    }
    assert_eq!(Answer::to(daemon.raw().post(&url).json(&good)).await.status, 201);
    let twice = Answer::to(daemon.raw().post(&url).json(&good)).await;
    assert_eq!((twice.status, twice.fields()), (400, vec!["name".to_owned()]), "{}", twice.text);
    let test = Answer::to(daemon.raw().post(format!("{url}/test")).json(&json!({}))).await;
    assert_eq!((test.status, test.fields()), (400, vec!["id".to_owned()]), "{}", test.text);
    let plain = Answer::to(daemon.raw().post(&url).body("name=lab")).await;
    assert_eq!((plain.status, plain.code().as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_tells_what_would_be_seen_and_stores_nothing() {
    let daemon = empty().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let trial = ProxmoxTest { id: None, draft: Some(draft("lab", &simulator)) };
    let trial = daemon.client.test_proxmox_connection(&trial).await.unwrap().data;
    assert!(trial.works && trial.problem.is_none(), "{trial:?}");
    assert_eq!((trial.nodes, trial.vms, trial.cluster.as_deref()), (Some(3), Some(24), Some("homelab")));
    let certificate = trial.certificate.unwrap();
    assert!(certificate.accepted && certificate.fingerprint == simulator.fingerprint(), "{certificate:?}");
    assert!(connections(&daemon).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_says_what_is_wrong_and_never_the_secret() {
    let daemon = empty().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let good = draft("lab", &simulator);
    let unpinned = ProxmoxConnectionDraft { fingerprint: None, ..good.clone() };
    let refused = ProxmoxConnectionDraft { token_value: Some("wr0ng-s3cret".to_owned().into()), ..good.clone() };
    let nobody = ProxmoxConnectionDraft { port: 1, ..good };
    for (draft, code, seen) in [
        (unpinned, ErrorCode::ProxmoxCertificate, Some((simulator.fingerprint().to_owned(), false))),
        (refused, ErrorCode::ProxmoxUnauthorized, Some((simulator.fingerprint().to_owned(), true))),
        (nobody, ErrorCode::ProxmoxUnreachable, None),
    ] {
        let trial = ProxmoxTest { id: None, draft: Some(draft) };
        let trial = daemon.client.test_proxmox_connection(&trial).await.unwrap().data;
        let problem = trial.problem.clone().unwrap();
        assert_eq!((trial.works, problem.code), (false, code), "{problem:?}");
        let certificate = trial.certificate.clone().map(|certificate| (certificate.fingerprint, certificate.accepted));
        assert_eq!(certificate, seen);
        let told = serde_json::to_string(&trial).unwrap();
        assert!(!told.contains("wr0ng-s3cret") && !told.contains(&simulator.token().secret), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_to_the_same_cluster_is_noticed() {
    let daemon = empty().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let other = pve_sim::start(quick_cluster()).await.unwrap();
    daemon.client.create_proxmox_connection(&draft("one", &simulator)).await.unwrap();
    wait_until("it was looked at", async || daemon.health("one").await.cluster.is_some()).await;
    let trial = |simulator| ProxmoxTest { id: None, draft: Some(draft("two", simulator)) };
    let same = daemon.client.test_proxmox_connection(&trial(&simulator)).await.unwrap().data;
    assert_eq!(same.same_cluster_as.as_deref(), Some("one"));
    // Its nodes have the same names, as everybody's first node is called `pve`.
    let different = daemon.client.test_proxmox_connection(&trial(&other)).await.unwrap().data;
    assert_eq!((different.works, different.same_cluster_as), (true, None));

    daemon.client.create_proxmox_connection(&draft("two", &simulator)).await.unwrap();
    let warning = async || daemon.health("two").await.warning;
    wait_until("the second one is warned about", async || warning().await.is_some()).await;
    assert!(warning().await.unwrap().contains("'one'"));
    let twins = connections(&daemon).await;
    let told: Vec<_> = twins.iter().map(|connection| connection.same_cluster_as.as_deref()).collect();
    assert_eq!(told, [Some("two"), Some("one")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_another_daemon_deleted_is_let_go() {
    let daemon = empty().await;
    let simulator = pve_sim::start(quick_cluster()).await.unwrap();
    let made = daemon.client.create_proxmox_connection(&draft("lab", &simulator)).await.unwrap().data;
    let origin = Origin { actor: "ann".to_owned(), address: "127.0.0.1".parse().unwrap(), request_id: String::new() };
    let entry = Entry {
        id: AuditId::new(),
        origin: &origin,
        action: "connection.delete",
        resource_type: "connection",
        resource_id: made.id.0,
        details: json!({}),
        at: chrono::Utc::now(),
    };
    let staleness = daemon.app.staleness(entry.at);
    stored::delete(&mut daemon.database.connect().await, made.id, staleness, &entry).await.unwrap();
    wait_until("nobody watches it", async || daemon.app.connection(made.id).is_none()).await;
    let refused = daemon.client.find_proxmox_connection(made.id).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::NotFound));
}
