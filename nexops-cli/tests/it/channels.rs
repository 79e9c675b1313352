//! Channels, and the messages that go over them.

use nexops_core::error::ErrorCode;
use nexops_core::id::{AlertId, DeliveryId};
use nexops_core::notification::{
    Channel, ChannelSettings, Delivery, DeliveryEvent, DeliveryFailure, DeliveryState, FailureClass, MailSecurity,
    TestOutcome, TestReport,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::daemon::{Daemon, Run, channel, id, list, one, refuses, then};
use crate::terminal::run_and_answer;

const SECRET: &str = "https://discord.com/api/webhooks/1/s3cret";
const CREATE: &str = "settings notify create operators --kind discord";

fn discord(name: &str) -> Channel {
    channel(1, name, ChannelSettings::Discord { webhook_url: None })
}

fn mail(name: &str) -> Channel {
    let settings = ChannelSettings::Email {
        host: "smtp.example.net".to_owned(),
        port: None,
        security: MailSecurity::Starttls,
        username: Some("nexops".to_owned()),
        password: None,
        from: "nexops@example.net".to_owned(),
        to: vec!["ann@example.net".to_owned()],
    };
    channel(2, name, settings)
}

fn daemon() -> Daemon {
    let daemon = Daemon::start();
    daemon.mount("GET", "/settings/notifications", list(&[discord("operators"), mail("mail")]));
    for made in [discord("operators"), mail("mail")] {
        daemon.mount("PUT", &format!("/settings/notifications/{}", made.name), one(&made));
        daemon.mount("DELETE", &format!("/settings/notifications/{}", made.name), one(&made));
    }
    daemon.mount("POST", "/settings/notifications", one(&discord("operators")));
    daemon
}

pub fn delivery(state: DeliveryState) -> Delivery {
    Delivery {
        id: DeliveryId(id(0xd1)),
        message_id: None,
        alert_id: Some(AlertId(id(0xa1))),
        event: DeliveryEvent::Firing,
        channel: "operators".to_owned(),
        title: "CPU of web-1 is high".to_owned(),
        state,
        reason: None,
        attempts: 8,
        last_error: Some(failure()),
        created_at: then(),
        next_attempt_at: None,
        finished_at: Some(then()),
    }
}

fn failure() -> DeliveryFailure {
    DeliveryFailure {
        class: FailureClass::Gone,
        status: Some(404),
        message: "the webhook is not there any more".to_owned(),
        at: then(),
    }
}

/// What was sent with the method.
fn sent(daemon: &Daemon, verb: &str) -> Value {
    let [body] = daemon.bodies(verb).try_into().unwrap();
    serde_json::from_str(&body).unwrap()
}

#[test]
fn a_list_says_how_each_channel_fares() {
    let run = daemon().run("settings notify list --sort name -c name,kind,status,to");
    insta::assert_snapshot!(run.stdout, @"
    NAME       KIND     STATUS  TO
    mail       email    ok      ann@example.net
    operators  discord  ok      -
    ");
}

#[test]
fn a_secret_comes_from_standard_input_and_is_never_printed() {
    let daemon = daemon();
    let mut command = daemon.command("settings notify create operators --kind discord --secret-stdin");
    let run: Run = command.write_stdin(format!("{SECRET}\n")).output().unwrap().into();
    assert_eq!((run.code, run.stdout.as_str()), (0, "channel operators: created\n"), "{}", run.stderr);
    assert!(!run.stderr.contains("s3cret"));
    let expected = json!({
        "name": "operators",
        "settings": {"kind": "discord", "webhook_url": SECRET},
        "enabled": true,
    });
    assert_eq!(sent(&daemon, "POST"), expected);
}

#[test]
fn at_a_terminal_the_secret_is_asked_for_and_does_not_show() {
    let daemon = daemon();
    let run = run_and_answer(&daemon, CREATE, "(not shown): ", &format!("{SECRET}\n"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("Address of the Discord webhook (not shown): \r\n"), "{}", run.stderr);
    assert_eq!(sent(&daemon, "POST")["settings"]["webhook_url"], SECRET);
}

#[test]
fn control_c_at_the_question_sends_nothing() {
    let daemon = daemon();
    let run = run_and_answer(&daemon, CREATE, "(not shown): ", "https\u{3}");
    assert_eq!(run.code, 130, "{}", run.stderr);
    assert_eq!(daemon.posts(), 0);
}

#[rstest]
#[case("create operators --kind discord", "--secret-stdin")]
#[case("create mail --kind email --host smtp.example --username ann --from a@b.c --to a@b.c", "--secret-stdin")]
#[case("create operators --kind discord --to ann@example.net", "a discord channel has no mail server")]
#[case("create operators --kind slack --webhook https://hooks.slack.com/x", "its address is its secret")]
#[case("update operators --ask-secret", "no terminal")]
#[case("delete operators", "--yes")]
#[case("requeue", "required")]
fn what_is_missing_or_out_of_place_is_said_before_anything_is_sent(#[case] arguments: &str, #[case] words: &str) {
    let daemon = daemon();
    let run = daemon.run(&format!("settings notify {arguments}"));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    assert!(run.stderr.contains(words), "{}", run.stderr);
    assert!(daemon.requests().iter().all(|request| request.starts_with("GET")));
}

#[test]
fn a_mail_server_that_wants_no_login_needs_no_secret() {
    let daemon = daemon();
    let run = daemon
        .run("settings notify create mail --kind email --host relay --security none --from a@b.c --to a@b.c,d@e.f");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let sent = sent(&daemon, "POST");
    assert_eq!(sent["settings"]["to"], json!(["a@b.c", "d@e.f"]));
    assert_eq!((&sent["settings"]["security"], sent["settings"].get("password")), (&json!("none"), None));
}

#[test]
fn a_change_keeps_what_was_not_named() {
    let daemon = daemon();
    let run = daemon.run("settings notify update mail --to bob@example.net --enabled false");
    assert_eq!((run.code, run.stdout.as_str()), (0, "channel mail: updated\n"), "{}", run.stderr);
    let expected = json!({
        "settings": {
            "kind": "email",
            "host": "smtp.example.net",
            "security": "starttls",
            "username": "nexops",
            "from": "nexops@example.net",
            "to": ["bob@example.net"],
        },
        "enabled": false,
    });
    assert_eq!(sent(&daemon, "PUT"), expected);
}

#[test]
fn some_of_several_deletions_fail_with_9() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/settings/notifications", list(&[discord("operators"), mail("mail")]));
    daemon.mount("DELETE", "/settings/notifications/mail", one(&mail("mail")));
    let used = refuses(ErrorCode::ChannelInUse, "the channel 'operators' is used by the rule cpu-high");
    daemon.mount("DELETE", "/settings/notifications/operators", used);
    let run = daemon.run("settings notify delete operators mail --yes");
    assert_eq!((run.code, run.stdout.as_str()), (9, "channel mail: deleted\n"));
    assert!(run.stderr.contains("used by the rule cpu-high") && run.stderr.contains("1 of 2 channels failed"));
}

#[rstest]
#[case(TestOutcome::Delivered, 0)]
#[case(TestOutcome::Failed, 1)]
#[case(TestOutcome::Pending, 8)]
fn a_test_exits_with_what_came_of_it(#[case] outcome: TestOutcome, #[case] code: i32) {
    let daemon = daemon();
    let failure = (outcome == TestOutcome::Failed).then(failure);
    let report = TestReport { outcome, failure, delivery_id: DeliveryId(id(0xd1)) };
    daemon.mount("POST", "/settings/notifications/operators/test", one(&report));
    let run = daemon.run("settings notify test operators");
    assert_eq!(run.code, code, "{}", run.stderr);
    assert!(run.stdout.contains(outcome.as_str()), "{}", run.stdout);
}

#[test]
fn messages_are_listed_and_filtered_by_the_daemon() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/notifications/deliveries", list(&[delivery(DeliveryState::Dead)]));
    let run = daemon.run("settings notify deliveries --state dead --channel operators -c id,state,tries,reason");
    insta::assert_snapshot!(run.stdout, @"
    ID                                    STATE  TRIES  REASON
    019aaf00-0000-7000-8000-0000000000d1  dead   8      the webhook is not there any more
    ");
    assert_eq!(daemon.queries(), ["page=1&per_page=100&state=dead&channel=operators"]);
}

#[test]
fn all_that_was_given_up_can_be_queued_again() {
    let daemon = Daemon::start();
    let (dead, queued) = (delivery(DeliveryState::Dead), delivery(DeliveryState::Pending));
    daemon.mount("GET", "/notifications/deliveries", list(&[dead]));
    daemon.mount("POST", &format!("/notifications/deliveries/{}/requeue", queued.id), one(&queued));
    let run = daemon.run("settings notify requeue --all");
    assert_eq!((run.code, run.stdout), (0, format!("message {}: queued again\n", queued.id)));
}
