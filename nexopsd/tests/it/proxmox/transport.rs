//! What the client makes of everything that can happen between it and Proxmox.

use std::sync::Arc;
use std::time::Duration;

use nexops_core::error::ErrorCode;
use nexops_core::vm::{PowerAction, VmType};
use nexopsd::proxmox::{Client, Error, GuestAddress, PowerOptions, Refusal, Settings, Timeouts};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::server::{Reply, SECRET, Server, answer, client, nobody, settings, version};

const UPID: &str = "UPID:pve1:0000032F:0003C83E:6B03A6CA:qmstart:101:root@pam!full:";

fn guest(node: &str) -> GuestAddress {
    GuestAddress { node: node.to_owned(), kind: VmType::Qemu, vmid: 101 }
}

async fn start(client: &Client) -> Result<String, Error> {
    client.power(&guest("pve1"), PowerAction::Start, PowerOptions::default()).await.map(|upid| upid.to_string())
}

fn started() -> Vec<u8> {
    answer("200 OK", &format!("{{\"data\":\"{UPID}\"}}"))
}

/// A client that waits a second for a connection, which is long for one that comes about.
fn impatient_to_connect(hosts: Vec<String>) -> Client {
    let timeouts = Timeouts { connect: Duration::from_secs(1), request: Duration::from_secs(60) };
    Client::new(&Settings { timeouts, ..settings(hosts) }).unwrap()
}

/// A client that waits two seconds for an answer.
fn impatient(hosts: Vec<String>) -> Client {
    let timeouts = Timeouts { connect: Duration::from_secs(60), request: Duration::from_secs(2) };
    Client::new(&Settings { timeouts, ..settings(hosts) }).unwrap()
}

#[tokio::test]
async fn a_request_carries_the_token_and_says_who_asks() {
    let server = Server::sending(version()).await;
    server.client().version().await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.line, "GET /api2/json/version HTTP/1.1");
    assert_eq!(request.header("authorization"), Some(format!("PVEAPIToken=nexops@pve!nexops={SECRET}").as_str()));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert!(request.header("user-agent").unwrap().starts_with("nexops/"));
    assert!(request.header("accept-encoding").unwrap().contains("gzip"));
}

#[tokio::test]
async fn a_secret_with_characters_that_proxmox_would_read_is_escaped() {
    let server = Server::sending(version()).await;
    let awkward = Settings { token_value: "a;b%20=c\n".into(), ..settings(vec![server.host.clone()]) };
    Client::new(&awkward).unwrap().version().await.unwrap();
    assert_eq!(server.requests()[0].header("authorization"), Some("PVEAPIToken=nexops@pve!nexops=a%3Bb%2520=c"));
}

#[tokio::test]
async fn an_action_without_options_is_an_empty_post_without_a_content_type() {
    let server = Server::sending(started()).await;
    assert_eq!(start(&server.client()).await.unwrap(), UPID);
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /api2/json/nodes/pve1/qemu/101/status/start HTTP/1.1");
    assert_eq!((request.header("content-length"), request.header("content-type")), (Some("0"), None));
}

#[tokio::test]
async fn the_options_of_an_action_are_sent_as_a_form() {
    let server = Server::sending(started()).await;
    let options = PowerOptions { overrule_shutdown: true, timeout: Some(Duration::from_secs(90)) };
    server.client().power(&guest("pve1"), PowerAction::Stop, options).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.body, "overrule-shutdown=1&timeout=90");
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
}

#[tokio::test]
async fn connection_headers_that_contradict_each_other_cost_a_connection_and_nothing_else() {
    let body = r#"{"data":{"version":"9.1.7"}}"#;
    for (first, connections) in [("Keep-Alive", 1), ("close", 3)] {
        let length = body.len();
        let server = Server::sending(format!(
            "HTTP/1.1 200 OK\r\nConnection: {first}\r\nConnection: Keep-Alive\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;
        let client = server.client();
        for _ in 0..3 {
            assert_eq!(client.version().await.unwrap().major, 9);
        }
        assert_eq!((server.requests().len(), server.connections()), (3, connections), "{first}");
    }
}

#[tokio::test]
async fn a_401_without_body_or_length_is_the_tokens_fault_and_asks_nobody_else() {
    let refusing = Server::answering(|_, _| {
        Reply::Finish(b"HTTP/1.1 401 invalid token value!\r\nConnection: close\r\n\r\n".to_vec())
    })
    .await;
    let other = Server::sending(version()).await;
    let error = client(&[&refusing, &other]).version().await.unwrap_err();
    assert_eq!(
        error,
        Error::Unauthorized { reason: "invalid token value!".to_owned(), token: "nexops@pve!nexops".to_owned() }
    );
    assert_eq!(error.code(), ErrorCode::ProxmoxUnauthorized);
    assert_eq!((refusing.requests().len(), other.requests().len()), (1, 0));
}

#[tokio::test]
async fn a_403_names_the_path_the_privilege_and_the_line_that_grants_it() {
    let status = "403 Permission check failed (/vms/101, VM.PowerMgmt)";
    let server = Server::sending(answer(status, r#"{"data":null}"#)).await;
    let error = start(&server.client()).await.unwrap_err();
    let Error::Forbidden { path, privilege, .. } = &error else { panic!("{error:?}") };
    assert_eq!((path.as_deref(), privilege.as_deref()), (Some("/vms/101"), Some("VM.PowerMgmt")));
    let message = error.to_string();
    let line = "pveum acl modify /vms/101 --users nexops@pve --tokens 'nexops@pve!nexops' --roles PVEVMUser";
    assert!(message.contains(line), "{message}");
}

#[tokio::test]
async fn the_reason_comes_from_the_status_line_with_its_quotes_and_line_numbers() {
    let reason = "can't open '/etc/pve/nodes/pve1/x.conf' - \"odd\" at /usr/share/perl5/PVE/Tools.pm line 1234.";
    let server = Server::sending(answer(&format!("500 {reason}"), r#"{"data":null}"#)).await;
    let error = server.client().nodes().await.unwrap_err();
    assert_eq!(error.upstream().unwrap().reason, reason);
    assert_eq!(error, Error::Refused { status: 500, reason: reason.to_owned(), refusal: Refusal::Other });
}

#[tokio::test]
async fn a_status_line_that_cannot_be_read_leaves_the_reason_to_the_body() {
    let body = r#"{"data":null,"message":"Festplatte für VM fehlt\n"}"#;
    let server = Server::sending(answer("500 Festplatte für VM fehlt", body)).await;
    assert_eq!(server.client().nodes().await.unwrap_err().upstream().unwrap().reason, "Festplatte für VM fehlt");
}

#[tokio::test]
async fn a_refusal_whose_body_is_cut_is_still_known_by_its_status_line() {
    let server = Server::answering(|_, _| {
        Reply::Cut(b"HTTP/1.1 500 VM 101 not running\r\nContent-Length: 100\r\n\r\n{\"mess".to_vec())
    })
    .await;
    let error = start(&server.client()).await.unwrap_err();
    assert_eq!((error.refusal(), error.code()), (Some(&Refusal::NotRunning), ErrorCode::VmNotRunning));
}

#[tokio::test]
async fn the_pseudo_codes_say_that_the_node_is_gone_and_what_became_of_an_action() {
    for (status, reason, unknown) in
        [(595, "No route to host", false), (596, "Connection timed out", true), (599, "Too many redirections", true)]
    {
        let line = format!("HTTP/1.1 {status} {reason}\r\nConnection: close\r\n\r\n").into_bytes();
        let server = Server::answering(move |_, _| Reply::Finish(line.clone())).await;
        let error = start(&server.client()).await.unwrap_err();
        assert_eq!(error, Error::NodeUnreachable { node: "pve1".to_owned(), status, reason: reason.to_owned() });
        assert_eq!((error.code(), error.outcome_unknown()), (ErrorCode::NodeOffline, unknown), "{status}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_action_is_sent_once_even_when_the_answer_never_comes() {
    let cutting = Server::answering(|_, _| Reply::Cut(Vec::new())).await;
    let other = Server::sending(started()).await;
    let error = start(&client(&[&cutting, &other])).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert!(error.outcome_unknown());
    assert_eq!((cutting.requests().len(), other.requests().len()), (1, 0));
}

#[tokio::test]
async fn an_action_that_times_out_is_not_sent_again_and_its_outcome_is_unknown() {
    let silent = Server::answering(|_, _| Reply::Hang(Vec::new())).await;
    let other = Server::sending(started()).await;
    let error = start(&impatient(vec![silent.host.clone(), other.host.clone()])).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!((error.code(), error.outcome_unknown()), (ErrorCode::ProxmoxTimeout, true));
    assert_eq!((silent.requests().len(), other.requests().len()), (1, 0));
}

#[tokio::test]
async fn an_action_never_takes_a_used_connection() {
    let server = Server::answering(|request, _| {
        if request.body.is_empty() && request.path().ends_with("version") {
            Reply::Send(version())
        } else {
            Reply::Send(started())
        }
    })
    .await;
    let client = server.client();
    client.version().await.unwrap();
    start(&client).await.unwrap();
    start(&client).await.unwrap();
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn an_action_goes_to_the_next_host_when_the_first_refuses_the_connection() {
    let server = Server::sending(started()).await;
    let client = Client::new(&settings(vec![nobody().await, server.host.clone()])).unwrap();
    assert_eq!(start(&client).await.unwrap(), UPID);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_question_on_a_connection_that_was_just_closed_is_asked_once_more() {
    let server = Server::answering(|_, before| match before {
        1 => Reply::Cut(Vec::new()),
        _ => Reply::Send(version()),
    })
    .await;
    let client = server.client();
    client.version().await.unwrap();
    client.version().await.unwrap();
    assert_eq!((server.requests().len(), server.connections()), (3, 2));
}

#[tokio::test]
async fn a_host_that_always_hangs_up_is_asked_twice_and_then_given_up() {
    let server = Server::answering(|_, _| Reply::Cut(Vec::new())).await;
    let error = server.client().version().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_interrupted_and_one_that_stalls_times_out() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"data\":[".to_vec();
    let bytes = half.clone();
    let cut = Server::answering(move |_, _| Reply::Cut(bytes.clone())).await;
    let error = cut.client().nodes().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");

    let stalled = Server::answering(move |_, _| Reply::Hang(half.clone())).await;
    let error = impatient(vec![stalled.host.clone()]).nodes().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_answer_of_the_api_says_what_it_is() {
    for (bytes, expected) in [
        (answer("200 OK", "{\"data\":[{\"node\":\"pve"), "not JSON"),
        (answer("200 OK", "<!DOCTYPE html><html><body>Login"), "HTML"),
        (answer("200 OK", ""), "empty"),
        (answer("200 OK", "{\"success\":1}"), "no 'data'"),
        (answer("200 OK", "{\"data\":null}"), "not a list"),
        (answer("200 OK", "{\"data\":\"x\"}"), "not a list"),
        (b"\x00\x01\x02 what is this\r\n\r\n".to_vec(), "not HTTP"),
    ] {
        let server = Server::answering(move |_, _| Reply::Finish(bytes.clone())).await;
        let error = server.client().nodes().await.unwrap_err();
        let Error::Payload { path, reason } = &error else { panic!("{expected}: {error:?}") };
        assert!(path == "/nodes" && reason.contains(expected), "{expected}: {reason}");
        assert_eq!(error.code(), ErrorCode::ProxmoxError);
    }
}

#[tokio::test]
async fn an_action_whose_answer_is_no_upid_may_have_been_carried_out() {
    let server = Server::sending(answer("200 OK", "{\"data\":null}")).await;
    let error = start(&server.client()).await.unwrap_err();
    assert!(matches!(error, Error::Payload { .. }) && error.outcome_unknown(), "{error:?}");
}

#[tokio::test]
async fn an_answer_beyond_all_measure_is_not_read_to_its_end() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 70000000\r\n\r\n".to_vec();
    let bytes = [head, vec![b' '; 70_000_000]].concat();
    let server = Server::sending(bytes).await;
    let error = server.client().nodes().await.unwrap_err();
    assert!(matches!(&error, Error::Payload { reason, .. } if reason.contains("larger than")), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let bytes = b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://elsewhere:8006/\r\nContent-Length: 0\r\n\r\n";
    let server = Server::sending(bytes.to_vec()).await;
    let error = server.client().version().await.unwrap_err();
    let location = Some("https://elsewhere:8006/".to_owned());
    assert_eq!(error, Error::Redirected { host: server.host.clone(), status: 301, location });
}

#[tokio::test]
async fn the_next_host_answers_when_one_does_not_and_is_asked_first_from_then_on() {
    // It takes the connection and drops it before the handshake.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let broken = listener.local_addr().unwrap().to_string();
    let (count, counted) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
            count.send_modify(|count| *count += 1);
        }
    });
    let server = Server::sending(version()).await;
    let client = Client::new(&settings(vec![broken, server.host.clone()])).unwrap();
    for _ in 0..3 {
        assert_eq!(client.version().await.unwrap().text, "9.1.7");
    }
    assert_eq!((*counted.borrow(), server.requests().len()), (1, 3));
}

#[tokio::test]
async fn a_host_that_takes_the_connection_and_stays_silent_is_passed_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap().to_string();
    let server = Server::sending(version()).await;
    assert!(impatient_to_connect(vec![silent, server.host.clone()]).version().await.is_ok());
}

#[tokio::test]
async fn when_nobody_can_be_reached_every_host_is_named_with_its_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap().to_string();
    let gone = nobody().await;
    let error = impatient_to_connect(vec![gone.clone(), silent.clone()]).version().await.unwrap_err();
    let Error::Unreachable { tried } = &error else { panic!("{error:?}") };
    let hosts: Vec<_> = tried.iter().map(|attempt| attempt.host.clone()).collect();
    assert_eq!(hosts, [gone, silent]);
    assert!(tried[0].cause.contains("refused") && tried[1].cause.contains("within 1 s"), "{error}");
    assert_eq!((error.code(), error.outcome_unknown()), (ErrorCode::ProxmoxUnreachable, false));
}

#[tokio::test]
async fn a_port_without_tls_is_called_that() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = Client::new(&settings(vec![host])).unwrap().version().await.unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
}

#[tokio::test]
async fn a_node_never_bears_more_than_two_requests_at_a_time() {
    let (present, watched) = watch::channel(0_usize);
    let present = Arc::new(present);
    let gate = Arc::new(Semaphore::new(0));
    let (arrivals, opened) = (Arc::clone(&present), Arc::clone(&gate));
    let current = answer("200 OK", r#"{"data":{"status":"running"}}"#);
    let server = Server::waiting(move |request, _| {
        let (present, gate, current) = (Arc::clone(&arrivals), Arc::clone(&opened), current.clone());
        Box::pin(async move {
            if request.path().contains("/pve1/") {
                present.send_modify(|present| *present += 1);
                let _permit = gate.acquire().await.unwrap();
                present.send_modify(|present| *present -= 1);
            }
            Reply::Send(current)
        })
    })
    .await;
    let client = server.client();
    let busy: Vec<_> = (0..6)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.guest_current(&guest("pve1")).await })
        })
        .collect();
    watched.clone().wait_for(|present| *present >= 2).await.unwrap();
    // Another node is not held up, and while it answers nobody else reaches the first.
    for _ in 0..5 {
        client.guest_current(&guest("pve2")).await.unwrap();
        assert_eq!(*watched.borrow(), 2);
    }
    gate.add_permits(6);
    for request in busy {
        request.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_node_whose_name_would_change_the_path_is_not_asked() {
    let server = Server::sending(version()).await;
    for node in ["..", "a/b", "pve1?x=", ""] {
        let error = server.client().guest_current(&guest(node)).await.unwrap_err();
        assert!(matches!(error, Error::InvalidParameters { .. }), "{error:?}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn nothing_that_is_printed_holds_the_secret() {
    let server = Server::sending(answer("500 no", "{}")).await;
    let settings = settings(vec![server.host.clone()]);
    let client = Client::new(&settings).unwrap();
    let error = client.version().await.unwrap_err();
    for text in [format!("{settings:?}"), format!("{client:?}"), format!("{error:?}"), error.to_string()] {
        assert!(!text.contains(SECRET), "{text}");
    }
    assert!(format!("{client:?}").contains(&server.host));
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_at_once() {
    for bad in [
        Settings { hosts: Vec::new(), ..settings(Vec::new()) },
        settings(vec!["https://pve1:8006".to_owned()]),
        Settings { token_value: "".into(), ..settings(vec!["pve1".to_owned()]) },
        Settings { token_value: "a\nb".into(), ..settings(vec!["pve1".to_owned()]) },
    ] {
        let error = Client::new(&bad).unwrap_err();
        assert!(matches!(error, Error::Settings { .. }), "{error:?}");
        assert!(!error.to_string().contains("a\nb"));
    }
}
