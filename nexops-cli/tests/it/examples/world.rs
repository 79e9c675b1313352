//! A daemon that knows everything of which the examples speak.

use chrono::TimeDelta;
use nexops_core::alert::Alert;
use nexops_core::alert::preview::Preview;
use nexops_core::alert::silence::Silence;
use nexops_core::audit::AuditEntry;
use nexops_core::event::Event;
use nexops_core::id::{DeliveryId, RuleId, SilenceId, TaskId};
use nexops_core::notification::{ChannelSettings, DeliveryState, MailSecurity, TestOutcome, TestReport};
use nexops_core::service::ServiceHistory;
use nexops_core::task::Task;
use nexops_core::vm::{PowerAction, Vm};
use wiremock::ResponseTemplate;

use crate::channels::delivery;
use crate::connections::trial;
use crate::daemon::{
    Daemon, accepted, alert, channel, connection, id, list, node, one, proxmox_connection, rule, running_task, service,
    stopped, system, task, then, vm,
};
use crate::events::{events, message, stream};
use crate::metrics::{history, overview};
use crate::tasks::log;

/// What cpu-high says, in the words of a person.
pub const RULE: &str = "name: cpu-high\nmetric_name: cpu_usage\ncondition: gt\nthreshold: 95\n";

pub fn daemon() -> Daemon {
    let daemon = Daemon::start();
    infrastructure(&daemon);
    tasks(&daemon);
    services(&daemon);
    alerts(&daemon);
    settings(&daemon);
    daemon.mount("GET", "/audit-logs", list::<AuditEntry>(&[]));
    daemon.mount("GET", "/metrics/overview", one(&overview()));
    for source in [vm(101, "web-1").id.0, node(2, "pve1").id.0] {
        daemon.mount("GET", &format!("/metrics/{source}"), one(&history()));
    }
    let many: Vec<String> =
        (1..=10).map(|number| message(&Event { id: 4711 + number, ..events().swap_remove(1) })).collect();
    daemon.mount("GET", "/events", stream(&many));
    daemon.mount_beside("/healthz", ResponseTemplate::new(200).set_body_string("ok"));
    daemon
}

fn infrastructure(daemon: &Daemon) {
    let lab = Vm { tags: vec!["lab".to_owned()], ..stopped(103, "lab-1") };
    let guests = [vm(101, "web-1"), vm(102, "db"), lab];
    daemon.mount_where("/infrastructure/vms", ("tag", "web"), list(&guests[..2]));
    daemon.knows(&guests);
    for guest in &guests {
        daemon.mount("GET", &format!("/infrastructure/vms/{}/metrics", guest.id), one(&guest.usage));
        daemon.mount("GET", &format!("/infrastructure/vms/{}/metrics", guest.vmid), one(&guest.usage));
        for action in PowerAction::ALL {
            let ended = Task { id: TaskId(id(9000 + guest.vmid as u128)), ..task(*action, guest) };
            daemon.on(*action, guest, accepted(&running_task(*action, guest)));
            daemon.mount("POST", &format!("/infrastructure/vms/{}/{action}", guest.vmid), accepted(&ended));
            daemon.mount("GET", &format!("/tasks/{}", ended.id), one(&ended));
        }
    }
    daemon.mount("GET", "/infrastructure/nodes", list(&[node(2, "pve1"), node(3, "pve2")]));
    daemon.mount("GET", "/system", one(&system(vec![connection("default")])));
}

fn tasks(daemon: &Daemon) {
    let known = Task { id: TaskId(id(1)), ..task(PowerAction::Start, &vm(101, "web-1")) };
    daemon.mount("GET", "/tasks", list(std::slice::from_ref(&known)));
    daemon.mount("GET", &format!("/tasks/{}", known.id), one(&known));
    daemon.mount("GET", &format!("/tasks/{}/log", known.id), one(&log(&["starting", "TASK OK"])));
}

fn services(daemon: &Daemon) {
    let all = [service(1, "wiki"), service(2, "blog")];
    daemon.mount("GET", "/services", list(&all));
    daemon.mount("POST", "/services", one(&all[0]));
    for service in &all {
        let route = format!("/services/{}", service.id);
        daemon.mount("PUT", &route, one(service));
        daemon.mount("DELETE", &route, one(service));
        daemon.mount("POST", &format!("{route}/check"), one(service));
        let history = ServiceHistory { service_id: service.id, uptime: Vec::new(), changes: Vec::new() };
        daemon.mount("GET", &format!("{route}/history"), one(&history));
    }
}

fn alerts(daemon: &Daemon) {
    let known = alert(1, "CPU of web-1 is high");
    daemon.mount("GET", "/alerts", list::<Alert>(&[]));
    daemon.mount("GET", &format!("/alerts/{}", known.id), one(&known));
    for deed in ["acknowledge", "resolve"] {
        daemon.mount("POST", &format!("/alerts/{}/{deed}", known.id), one(&known));
    }
    let rules = [rule(1, "cpu-high"), rule(2, "memory-high")];
    daemon.mount("GET", "/alerts/rules", list(&rules));
    daemon.mount("POST", "/alerts/rules", one(&rules[0]));
    for rule in &rules {
        daemon.mount("PUT", &format!("/alerts/rules/{}", rule.id), one(rule));
        daemon.mount("DELETE", &format!("/alerts/rules/{}", rule.id), one(rule));
    }
    let preview = Preview {
        from: then(),
        to: then() + TimeDelta::hours(24),
        sources: 3,
        samples: 100,
        alerts: Vec::new(),
        total: 0,
        notifications: 0,
    };
    daemon.mount("POST", "/alerts/rules/preview", one(&preview));
    let silence = Silence {
        id: SilenceId(id(1)),
        source_type: None,
        source_id: None,
        rule_id: Some(RuleId(id(1))),
        reason: "kernel-update".to_owned(),
        created_by: "ann".to_owned(),
        starts_at: then(),
        ends_at: then() + TimeDelta::hours(2),
        created_at: then(),
    };
    daemon.mount("POST", "/alerts/silences", one(&silence));
    daemon.mount("GET", "/alerts/silences", list(std::slice::from_ref(&silence)));
    daemon.mount("DELETE", &format!("/alerts/silences/{}", silence.id), one(&silence));
    daemon.mount("GET", &format!("/alerts/{}/deliveries", known.id), list(&[delivery(DeliveryState::Sent)]));
    daemon.mount("GET", "/alerts/rules/starters", list(&nexops_core::alert::starter::rules()));
}

fn settings(daemon: &Daemon) {
    let lab = proxmox_connection("homelab");
    daemon.mount("GET", "/settings/proxmox", list(std::slice::from_ref(&lab)));
    daemon.mount("POST", "/settings/proxmox", one(&lab));
    daemon.mount("POST", "/settings/proxmox/test", one(&trial(true)));
    daemon.mount("PUT", &format!("/settings/proxmox/{}", lab.id), one(&lab));
    daemon.mount("DELETE", &format!("/settings/proxmox/{}", lab.id), one(&lab));

    let mail = ChannelSettings::Email {
        host: "192.0.2.25".to_owned(),
        port: None,
        security: MailSecurity::None,
        username: None,
        password: None,
        from: "nexops@example.net".to_owned(),
        to: vec!["ann@example.net".to_owned()],
    };
    let channels = [
        channel(1, "operators", ChannelSettings::Discord { webhook_url: None }),
        channel(2, "chat", ChannelSettings::Slack { webhook_url: None }),
        channel(3, "pager", ChannelSettings::Webhook { url: "https://pager.example/".to_owned(), secret: None }),
        channel(4, "mail", mail),
    ];
    daemon.mount("GET", "/settings/notifications", list(&channels));
    daemon.mount("POST", "/settings/notifications", one(&channels[0]));
    for channel in &channels {
        let route = format!("/settings/notifications/{}", channel.name);
        daemon.mount("PUT", &route, one(channel));
        daemon.mount("DELETE", &route, one(channel));
        let report = TestReport { outcome: TestOutcome::Delivered, failure: None, delivery_id: DeliveryId(id(0xd1)) };
        daemon.mount("POST", &format!("{route}/test"), one(&report));
    }
    let dead = delivery(DeliveryState::Dead);
    daemon.mount("GET", "/notifications/deliveries", list(std::slice::from_ref(&dead)));
    daemon.mount("POST", &format!("/notifications/deliveries/{}/requeue", dead.id), one(&dead));
}
