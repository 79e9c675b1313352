//! Histories as small charts and as data, and everything at a glance.

use chrono::TimeDelta;
use nexops_core::envelope::{Envelope, Freshness, Meta};
use nexops_core::metric::{Metric, Point, Range, Series, SourceSeries, SourceType};
use nexops_core::overview::{
    AlertCounts, Consumer, CpuTotal, DiskTotal, MemoryTotal, NodeCounts, Overview, ServiceCounts, VmCounts,
};
use nexops_core::vm::VmStatus;
use rstest::rstest;

use wiremock::ResponseTemplate;

use crate::daemon::{Daemon, list, node, one, then, vm};

fn point(minute: i64, value: Option<f64>) -> Point {
    let t = then() + TimeDelta::minutes(minute);
    Point { t, avg: value, min: value.map(|value| value / 2.0), max: value.map(|value| value + 1.0) }
}

pub fn history() -> SourceSeries {
    let series = |metric_name: Metric, scale: f64| Series {
        metric_name,
        unit: metric_name.unit(),
        resolution_seconds: 60,
        points: (0..20).map(|n| point(n, (n != 7 && n != 8).then_some(n as f64 * scale))).collect(),
    };
    SourceSeries {
        source_type: SourceType::Vm,
        source_id: vm(101, "web-1").id.0,
        range: Some(Range::Hour),
        series: vec![series(Metric::CpuUsage, 5.0), series(Metric::NetworkIn, 1024.0)],
    }
}

fn daemon() -> Daemon {
    let daemon = Daemon::with_web_1();
    daemon.mount("GET", "/infrastructure/nodes", list(&[node(2, "pve1")]));
    daemon.mount("GET", &format!("/metrics/{}", vm(101, "web-1").id), one(&history()));
    daemon.mount(
        "GET",
        &format!("/metrics/{}", node(2, "pve1").id),
        one(&SourceSeries { series: Vec::new(), ..history() }),
    );
    daemon
}

#[test]
fn a_history_is_a_small_chart_with_a_gap_where_nothing_was_measured() {
    insta::assert_snapshot!(daemon().run("metrics show 101").stdout, @"
    cpu_usage  mean 48.6 %  lowest 0.0 %  highest 96.0 %
       100.0 % │                ▂▃▅▆
               │           ▂▃▅▆█████
               │      ▂  ▆██████████
         0.0 % │▁▂▃▅▆██  ███████████
                10:30          10:49 UTC

    network_in  mean 9.7 KiB/s  lowest 0 B/s  highest 19.0 KiB/s
    19.0 KiB/s │               ▁▃▅▆█
               │          ▁▃▄▆██████
               │      ▂  ▇██████████
         0 B/s │▁▂▃▅▇██  ███████████
                10:30          10:49 UTC
    ");
}

#[rstest]
#[case::number("101")]
#[case::name("web-1")]
#[case::name_on_a_node("pve1/web-1")]
#[case::id("019aaf00-0000-7000-8000-000000000065")]
fn a_source_is_named_as_people_name_it(#[case] source: &str) {
    let run = daemon().run(&format!("metrics show {source} -o name"));
    assert_eq!((run.code, run.stdout.as_str()), (0, "cpu_usage\nnetwork_in\n"), "{}", run.stderr);
}

#[test]
fn a_node_is_a_source_too_and_one_without_history_says_so() {
    let run = daemon().run("metrics show pve1");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.contains("nothing was ever measured of pve1"), "{}", run.stderr);
}

#[test]
fn what_is_neither_guest_nor_node_is_not_found() {
    let run = daemon().run("metrics show web-2");
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("web-2") && run.stderr.contains("web-1"), "{}", run.stderr);
}

#[test]
fn csv_has_a_line_for_each_point_and_nothing_where_nothing_was_measured() {
    let run = daemon().run("metrics show 101 -o csv");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "metric_name,unit,t,avg,min,max");
    assert_eq!(lines.len(), 41);
    assert_eq!(lines[2], "cpu_usage,percent,2026-03-15T10:31:00.000Z,5,2.5,6");
    assert_eq!(lines[8], "cpu_usage,percent,2026-03-15T10:37:00.000Z,,,");
}

#[test]
fn json_is_the_data_of_the_api() {
    let run = daemon().run("metrics show 101 -o json");
    let told: SourceSeries = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(told, history());
}

#[rstest]
#[case("metrics show 101 --range 2h")]
#[case("metrics show 101 --metric colour")]
#[case("metrics show 101 --max-points 1")]
#[case("metrics show 101 --to 2026-03-15T10:30:00Z")]
#[case("metrics show 101 --range 1h --from 2026-03-15T10:30:00Z")]
fn what_makes_no_sense_is_refused_before_anybody_is_asked(#[case] arguments: &str) {
    let run = daemon().run(arguments);
    assert_eq!(run.code, 2, "{}", run.stderr);
}

pub fn overview() -> Overview {
    let guest = vm(101, "web-1");
    Overview {
        nodes: NodeCounts { total: 3, online: 2, offline: 1, ..NodeCounts::default() },
        vms: VmCounts { total: 24, running: 20, stopped: 4, templates: 1, ..VmCounts::default() },
        services: ServiceCounts::default(),
        alerts: AlertCounts { active: 2, firing: 1, acknowledged: 1, critical: 1, warning: 1, info: 0 },
        cpu: CpuTotal { usage: Some(12.5), used_cores: Some(4.0), total_cores: 32 },
        memory: MemoryTotal { usage: Some(50.0), used_mb: Some(65_536), total_mb: 131_072 },
        disk: DiskTotal::default(),
        top_vms: vec![Consumer {
            id: guest.id,
            vmid: guest.vmid,
            name: guest.name,
            node: guest.node,
            connection: guest.connection,
            status: VmStatus::Running,
            cpu_usage: Some(97.0),
            memory_usage: None,
            load: 97.0,
        }],
    }
}

#[test]
fn the_overview_counts_and_names_the_busiest() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/metrics/overview", one(&overview()));
    insta::assert_snapshot!(daemon.run("metrics overview").stdout, @"
    Nodes          3 (2 online, 1 offline)
    Guests         24 (20 running, 4 stopped)
    Services       0
    Active alerts  2 (1 critical, 1 warning, 1 acknowledged)
    CPU            12.5 % (4.0/32 cores)
    Memory         50.0 % (64.0/128 GiB)
    Storage        -

    Busiest guests
    VMID  NAME   NODE  CPU%  MEM%
    101   web-1  pve1  97.0  -
    ");
    let told: Overview = serde_json::from_str(&daemon.run("metrics overview -o json").stdout).unwrap();
    assert_eq!(told, overview());
    assert_eq!(daemon.run("metrics overview -o name").stdout, "101\n");
}

#[test]
fn an_overview_that_is_old_says_so() {
    let daemon = Daemon::start();
    let freshness = Freshness { observed_at: Some(then()), stale: true };
    let answer = Envelope { data: overview(), meta: Meta { timestamp: then(), freshness: Some(freshness) } };
    daemon.mount("GET", "/metrics/overview", ResponseTemplate::new(200).set_body_json(answer));
    assert!(daemon.run("metrics overview").stderr.contains("old"));
}
