//! A model with a small cluster, at a fixed time.

pub mod records;

use std::collections::VecDeque;

use chrono::{DateTime, Duration, FixedOffset, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nexops_core::metric::Range;
use nexops_core::node::Node;
use nexops_core::overview::Overview;
use nexops_core::system::System;
use nexops_core::task::Task;
use nexops_core::vm::Vm;
use nexops_tui::failure::Failure;
use nexops_tui::keymap::Keymap;
use nexops_tui::model::link::Link;
use nexops_tui::model::toast::Toasts;
use nexops_tui::model::{Model, Screen, Tables, Trail};
use nexops_tui::msg::{Effect, Event, Msg};
use nexops_tui::preferences::Preferences;
use nexops_tui::snapshot::render;
use nexops_tui::store::{Answer, Question, Store};
use nexops_tui::symbols::{Marker, Symbols};
use nexops_tui::theme::{BUILT_IN, Depth, Theme};
use nexops_tui::update::update;
use nexops_tui::view::Drawn;
use serde_json::{Value, json};

/// The time of everything.
pub fn noon() -> DateTime<Utc> {
    "2026-03-15T12:00:20Z".parse().unwrap()
}

fn id(kind: u32, number: usize) -> String {
    format!("00000000-0000-7000-8000-{kind:04x}{number:08x}")
}

/// Guests' ids.
pub fn vm_id(number: usize) -> String {
    id(2, number)
}

/// A guest as the daemon would tell of it.
pub fn vm(number: usize, name: &str, status: &str, cpu: Option<f64>, memory: Option<f64>) -> Vm {
    let running = status == "running";
    let value = json!({
        "id": vm_id(number), "connection_id": id(0, 1), "connection": "home", "node_id": id(1, number % 3),
        "node": format!("pve{}", number % 3 + 1), "vmid": number, "name": name, "status": status,
        "status_detail": null, "type": if number.is_multiple_of(2) { "qemu" } else { "lxc" }, "cpu_cores": 4.0, "memory_mb": 8192,
        "disk_gb": 32.0, "ip_address": running.then(|| format!("10.0.0.{}", number % 250)), "os_type": "l26",
        "tags": if number == 102 { json!(["prod", "db"]) } else { json!(["lab"]) }, "template": false, "locked": null,
        "config": null, "gone_at": null, "created_at": noon(), "updated_at": noon(), "cpu_usage": cpu,
        "memory_usage": memory, "disk_usage": null, "network_in": running.then_some(125_000.0),
        "network_out": running.then_some(12_500.0), "uptime_seconds": running.then_some(3_542_400), "memory_used_mb": 4096,
        "disk_used_gb": null, "observed_at": noon(), "stale": false,
    });
    serde_json::from_value(value).unwrap()
}

/// A few guests, of every kind.
pub fn vms() -> Vec<Vm> {
    vec![
        vm(100, "opnsense", "running", Some(7.0), Some(38.0)),
        vm(101, "web-frontend", "running", Some(21.4), Some(61.0)),
        vm(102, "postgres-main", "running", Some(47.0), Some(82.0)),
        vm(103, "k3s-worker-with-a-rather-long-name", "running", Some(92.0), Some(93.0)),
        vm(104, "win11-lab", "stopped", None, None),
        vm(105, "build-runner", "paused", Some(0.0), Some(44.0)),
        vm(106, "grafana", "unknown", None, None),
    ]
}

fn node(number: usize, status: &str, cpu: Option<f64>) -> Node {
    let value = json!({
        "id": id(1, number), "connection_id": id(0, 1), "connection": "home", "hostname": format!("pve{}", number + 1),
        "ip_address": format!("10.0.0.{}", number + 1), "provider": "proxmox", "status": status, "cpu_cores": 16,
        "memory_total_mb": 65536, "disk_total_gb": 500, "proxmox_node_name": format!("pve{}", number + 1),
        "metadata": {}, "last_seen_at": noon(), "gone_at": null, "created_at": noon(), "updated_at": noon(),
        "cpu_usage": cpu, "memory_usage": cpu.map(|cpu| cpu + 20.0), "disk_usage": cpu.map(|_| 40.0), "network_in": null,
        "network_out": null, "uptime_seconds": cpu.map(|_| 3_542_400), "memory_used_mb": 32768, "disk_used_gb": 200.0,
        "observed_at": noon(), "stale": false,
    });
    serde_json::from_value(value).unwrap()
}

/// Three nodes, one of them off.
pub fn nodes() -> Vec<Node> {
    vec![node(0, "online", Some(22.0)), node(1, "online", Some(78.0)), node(2, "offline", None)]
}

/// A task as the daemon would tell of it.
pub fn task(number: usize, action: &str, status: &str) -> Task {
    let done = status != "running";
    let value = json!({
        "id": id(3, number), "upid": null, "action": action, "vm_id": vm_id(number), "vmid": number, "node": "pve1",
        "connection_id": id(0, 1), "status": status, "exit_status": done.then_some(if status == "failed" { "VM quit/powerdown failed - got timeout" } else { "OK" }),
        "progress": null, "actor": "ann@example.org", "started_at": noon() - Duration::seconds(90),
        "finished_at": done.then(|| noon() - Duration::seconds(80)),
    });
    serde_json::from_value(value).unwrap()
}

fn series(source: &Value) -> Value {
    let points: Vec<Value> = (0..120_i64)
        .map(|minute| {
            let at = noon() - Duration::seconds((120 - minute) * 30);
            // A gap in the middle.
            let value = (!(50..60).contains(&minute)).then(|| f64::from(i32::try_from(minute % 40).unwrap()) + 30.0);
            json!({"t": at, "avg": value, "min": value, "max": value})
        })
        .collect();
    let of =
        |name: &str, unit: &str| json!({"metric_name": name, "unit": unit, "resolution_seconds": 30, "points": points});
    json!({
        "source_type": "vm", "source_id": source, "range": "1h",
        "series": [of("response_time", "milliseconds"), of("cpu_usage", "percent"), of("memory_usage", "percent"), of("network_in", "bytes_per_sec"), of("network_out", "bytes_per_sec")],
    })
}

fn system() -> System {
    let value = json!({
        "version": "0.1.0", "started_at": noon(), "uptime_seconds": 60, "demo": false, "collect_interval_seconds": 30,
        "connections": [{
            "id": id(0, 1), "name": "home", "hosts": ["10.0.0.1:8006"], "status": "ok", "cluster": "homelab",
            "pve_version": "9.1.7", "quorate": true, "nodes": 3, "vms": 7, "last_success_at": noon(), "lag_seconds": 0,
            "last_error": null, "warning": null,
        }],
        "jobs": [],
        "storage": {"postgres_version": "15.18", "postgres_private": true, "database_bytes": 1, "samples_bytes": 1, "rollups_bytes": 1, "samples_estimate": 1},
    });
    serde_json::from_value(value).unwrap()
}

fn overview() -> Overview {
    let consumer = |vm: &Vm| {
        let load = vm.usage.cpu_usage.unwrap_or(0.0).max(vm.usage.memory_usage.unwrap_or(0.0));
        json!({
            "id": vm.id, "vmid": vm.vmid, "name": vm.name, "node": vm.node, "connection": "home", "status": vm.status,
            "cpu_usage": vm.usage.cpu_usage, "memory_usage": vm.usage.memory_usage, "load": load,
        })
    };
    let top: Vec<Value> = vms().iter().filter(|vm| vm.usage.memory_usage.is_some()).map(consumer).collect();
    let value = json!({
        "nodes": {"total": 3, "online": 2, "offline": 1, "maintenance": 0, "unknown": 0},
        "vms": {"total": 7, "running": 4, "stopped": 1, "paused": 1, "error": 0, "unknown": 1, "templates": 0},
        "services": {"total": 5, "healthy": 3, "degraded": 1, "unhealthy": 1, "unknown": 0},
        "alerts": {"active": 3, "firing": 2, "acknowledged": 1, "critical": 1, "warning": 2, "info": 0},
        "cpu": {"usage": 44.0, "used_cores": 21.1, "total_cores": 48},
        "memory": {"usage": 72.0, "used_mb": 141_312, "total_mb": 196_608},
        "disk": {"usage": 65.0, "used_gb": 9318.4, "total_gb": 14336.0},
        "top_vms": top,
    });
    serde_json::from_value(value).unwrap()
}

/// The model before anything came.
pub fn empty(columns: u16, rows: u16) -> Model {
    let preferences = Preferences { email: Some("ann@example.org".to_owned()), ..Preferences::default() };
    Model {
        now: noon(),
        offset: FixedOffset::east_opt(0).unwrap(),
        size: (columns, rows),
        screen: Screen::Dashboard,
        trail: Trail::default(),
        modals: Vec::new(),
        store: Store::default(),
        link: Link::Connecting,
        tables: Tables::default(),
        pane: 0,
        range: Range::Hour,
        cursor: None,
        zoom: None,
        scroll: 0,
        line: 0,
        drawer: false,
        paused: false,
        read_only: false,
        followed: std::collections::HashMap::new(),
        toasts: Toasts::default(),
        saved: preferences.clone(),
        preferences,
        keymap: Keymap::default(),
        theme: Theme::new(&BUILT_IN[0], Depth::True),
        contexts: Vec::new(),
        palette: BUILT_IN[0].name().to_owned(),
        palettes: BUILT_IN.to_vec(),
        depth: Depth::True,
        mouse: true,
        actor: Some("ann@example.org".to_owned()),
        sent: 0,
        symbols: Symbols::Unicode,
        marker: Marker::Braille,
        url: "http://127.0.0.1:8000".to_owned(),
        drawn: Drawn::default(),
    }
}

/// The answer that the fixture's daemon gives.
pub fn answer(question: Question) -> Result<Answer, Failure> {
    Ok(match question {
        Question::System => Answer::System(Box::new(system())),
        Question::Overview => Answer::Overview(Box::new(overview())),
        Question::Nodes => Answer::Nodes(nodes()),
        Question::Vms => Answer::Vms(vms()),
        Question::Tasks => Answer::Tasks(vec![task(102, "restart", "succeeded"), task(103, "shutdown", "failed")]),
        Question::Vm(id) => {
            let mut vm = vms().into_iter().find(|vm| vm.id == id).unwrap();
            vm.config = Some(
                json!({"scsi0": "local-zfs:vm-102-disk-0,size=64G", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0", "agent": "1"}),
            );
            Answer::Vm(Box::new(vm))
        }
        Question::Series(source, _) => {
            Answer::Series(Box::new(serde_json::from_value(series(&json!(source))).unwrap()))
        }
        Question::TaskLog(_) => Answer::TaskLog(records::log()),
        Question::Services => Answer::Services(records::services()),
        Question::ServiceHistory(id) => Answer::ServiceHistory(Box::new(records::service_history(id))),
        Question::Alerts => Answer::Alerts(records::active_alerts()),
        Question::AlertHistory => Answer::AlertHistory(records::alert_history()),
        Question::LatestAlerts => Answer::LatestAlerts(records::alert_history()),
        Question::Rules => Answer::Rules(records::rules()),
        Question::Silences => Answer::Silences(records::silences()),
        Question::Audit => Answer::Audit(records::audit()),
        Question::Connections => Answer::Connections(records::connections()),
        Question::Channels => Answer::Channels(records::channels()),
    })
}

/// Answers every question until none is asked any more.
pub fn settle(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    let mut others = Vec::new();
    let mut waiting = VecDeque::from(effects);
    while let Some(effect) = waiting.pop_front() {
        if let Effect::Ask(question, generation) = effect {
            let event = Event::Answered { question, generation, result: answer(question) };
            waiting.extend(happen(model, event));
        } else {
            others.push(effect);
        }
    }
    others
}

/// Something happens at the model's own time. Whoever presses a key or clicks has seen the picture before.
pub fn happen(model: &mut Model, event: Event) -> Vec<Effect> {
    if matches!(event, Event::Key(_) | Event::Mouse(_)) {
        model.drawn = render(model).1;
    }
    let at = model.now;
    update(model, Msg { at, event })
}

/// The model with all that the daemon told.
pub fn ready(columns: u16, rows: u16) -> Model {
    let mut model = empty(columns, rows);
    let effects = happen(&mut model, Event::Tick);
    settle(&mut model, effects);
    model
}

/// Presses keys, answers what is asked, and gives everything else that is to be done.
pub fn keys(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut others = Vec::new();
    for key in keys.split_whitespace() {
        let event = match key {
            "enter" => KeyEvent::from(KeyCode::Enter),
            "esc" => KeyEvent::from(KeyCode::Esc),
            "tab" => KeyEvent::from(KeyCode::Tab),
            "space" => KeyEvent::from(KeyCode::Char(' ')),
            "down" => KeyEvent::from(KeyCode::Down),
            "left" => KeyEvent::from(KeyCode::Left),
            "right" => KeyEvent::from(KeyCode::Right),
            "ctrl-r" => KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL),
            "ctrl-t" => KeyEvent::new(KeyCode::Char('t'), KeyModifiers::CONTROL),
            "ctrl-u" => KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL),
            text => {
                for character in text.chars() {
                    let effects = happen(model, Event::Key(KeyEvent::from(KeyCode::Char(character))));
                    others.extend(settle(model, effects));
                }
                continue;
            }
        };
        let effects = happen(model, Event::Key(event));
        others.extend(settle(model, effects));
    }
    others
}
