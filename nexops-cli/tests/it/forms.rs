//! Every form of the output, and what stands beside the data.

use nexops_core::envelope::Freshness;
use nexops_core::usage::Usage;
use nexops_core::vm::{Vm, VmStatus, VmType};
use rstest::rstest;

use crate::daemon::{Daemon, list, list_with, node, now, one, stopped, vm};

fn guests() -> Vec<Vm> {
    vec![
        vm(101, "web-1"),
        Vm { template: true, tags: Vec::new(), ip_address: None, ..stopped(900, "debian-12") },
        Vm { locked: Some("backup".to_owned()), kind: VmType::Lxc, ..vm(200, "dns") },
        Vm { status: VmStatus::Error, status_detail: Some("io-error".to_owned()), ..vm(102, "db") },
    ]
}

fn daemon() -> Daemon {
    let daemon = Daemon::start();
    daemon.knows(&guests());
    daemon.mount("GET", "/infrastructure/nodes", list(&[node(2, "pve1"), node(3, "pve2")]));
    daemon
}

#[test]
fn a_table_has_upper_case_headers_and_no_borders() {
    insta::assert_snapshot!(daemon().run("vm list").stdout, @"
    VMID  NAME       STATUS                  NODE  TYPE  CPU%  MEM%  DISK%  UPTIME
    101   web-1      running                 pve1  qemu  12.3  37.5  -      3d4h
    900   debian-12  stopped (template)      pve1  qemu  -     -     -      -
    200   dns        running (lock: backup)  pve1  lxc   12.3  37.5  -      3d4h
    102   db         error (io-error)        pve1  qemu  12.3  37.5  -      3d4h
    ");
}

#[test]
fn wide_adds_columns() {
    insta::assert_snapshot!(daemon().run("vm list -o wide").stdout, @"
    VMID  NAME       STATUS                  NODE  TYPE  CPU%  MEM%  DISK%  UPTIME  MEMORY       DISK        NET IN     NET OUT    IP         TAGS      LOCK    CONNECTION  ID
    101   web-1      running                 pve1  qemu  12.3  37.5  -      3d4h    1.5/4.0 GiB  -/32.0 GiB  1.5 MiB/s  2.0 KiB/s  10.0.0.11  prod,web  -       default     019aaf00-0000-7000-8000-000000000065
    900   debian-12  stopped (template)      pve1  qemu  -     -     -      -       -/4.0 GiB    -/32.0 GiB  -          -          -          -         -       default     019aaf00-0000-7000-8000-000000000384
    200   dns        running (lock: backup)  pve1  lxc   12.3  37.5  -      3d4h    1.5/4.0 GiB  -/32.0 GiB  1.5 MiB/s  2.0 KiB/s  10.0.0.11  prod,web  backup  default     019aaf00-0000-7000-8000-0000000000c8
    102   db         error (io-error)        pve1  qemu  12.3  37.5  -      3d4h    1.5/4.0 GiB  -/32.0 GiB  1.5 MiB/s  2.0 KiB/s  10.0.0.11  prod,web  -       default     019aaf00-0000-7000-8000-000000000066
    ");
}

#[test]
fn csv_is_flat_and_empty_where_nothing_is_known() {
    insta::assert_snapshot!(daemon().run("vm list -o csv").stdout, @"
    id,vmid,name,status,status_detail,type,node,connection,template,locked,cpu_cores,cpu_usage,memory_mb,memory_used_mb,memory_usage,memory_source,disk_gb,disk_used_gb,disk_usage,network_in,network_out,uptime_seconds,ip_address,agent,os_type,tags,observed_at,stale,created_at,updated_at
    019aaf00-0000-7000-8000-000000000065,101,web-1,running,,qemu,pve1,default,false,,2,12.345,4096,1536,37.5,balloon,32,,,1572864,2048,273600,10.0.0.11,,l26,prod;web,2026-03-15T10:30:00.000Z,false,2026-03-15T10:30:00.000Z,2026-03-15T10:30:00.000Z
    019aaf00-0000-7000-8000-000000000384,900,debian-12,stopped,,qemu,pve1,default,true,,2,,4096,,,,32,,,,,,,,l26,,,false,2026-03-15T10:30:00.000Z,2026-03-15T10:30:00.000Z
    019aaf00-0000-7000-8000-0000000000c8,200,dns,running,,lxc,pve1,default,false,backup,2,12.345,4096,1536,37.5,balloon,32,,,1572864,2048,273600,10.0.0.11,,l26,prod;web,2026-03-15T10:30:00.000Z,false,2026-03-15T10:30:00.000Z,2026-03-15T10:30:00.000Z
    019aaf00-0000-7000-8000-000000000066,102,db,error,io-error,qemu,pve1,default,false,,2,12.345,4096,1536,37.5,balloon,32,,,1572864,2048,273600,10.0.0.11,,l26,prod;web,2026-03-15T10:30:00.000Z,false,2026-03-15T10:30:00.000Z,2026-03-15T10:30:00.000Z
    ");
}

#[test]
fn names_are_what_other_commands_take() {
    assert_eq!(daemon().run("vm list -o name").stdout, "101\n900\n200\n102\n");
    assert_eq!(daemon().run("node list -o name").stdout, "pve1\npve2\n");
}

#[test]
fn json_is_the_data_of_the_envelope() {
    let printed: Vec<Vm> = serde_json::from_str(&daemon().run("vm list -o json").stdout).unwrap();
    assert_eq!(printed, guests());
    let printed: serde_json::Value = serde_json::from_str(&daemon().run("vm list -o json").stdout).unwrap();
    assert_eq!(printed[0]["disk_usage"], serde_json::Value::Null);
}

#[test]
fn yaml_says_the_same_as_json() {
    let printed: Vec<Vm> = serde_yaml_ng::from_str(&daemon().run("vm list -o yaml").stdout).unwrap();
    assert_eq!(printed, guests());
}

#[test]
fn nodes_have_their_own_columns() {
    insta::assert_snapshot!(daemon().run("node list").stdout, @"
    NAME  STATUS  CPU%  MEM%  DISK%  UPTIME  IP        CONNECTION
    pve1  online  3.2   50.0  25.5   2h5m    10.0.0.2  default
    pve2  online  3.2   50.0  25.5   2h5m    10.0.0.2  default
    ");
    insta::assert_snapshot!(daemon().run("node list -o csv").stdout, @"
    id,hostname,status,connection,provider,ip_address,cpu_cores,cpu_usage,memory_total_mb,memory_used_mb,memory_usage,disk_total_gb,disk_used_gb,disk_usage,uptime_seconds,last_seen_at,observed_at,stale,created_at,updated_at
    019aaf00-0000-7000-8000-000000000002,pve1,online,default,proxmox,10.0.0.2,16,3.2,65536,32768,50,94,24,25.5,7500,2026-03-15T10:30:00.000Z,2026-03-15T10:30:00.000Z,false,2026-03-15T10:30:00.000Z,2026-03-15T10:30:00.000Z
    019aaf00-0000-7000-8000-000000000003,pve2,online,default,proxmox,10.0.0.2,16,3.2,65536,32768,50,94,24,25.5,7500,2026-03-15T10:30:00.000Z,2026-03-15T10:30:00.000Z,false,2026-03-15T10:30:00.000Z,2026-03-15T10:30:00.000Z
    ");
}

#[test]
fn the_header_row_can_be_left_out() {
    insta::assert_snapshot!(daemon().run("node list --no-headers").stdout, @"
    pve1  online  3.2  50.0  25.5  2h5m  10.0.0.2  default
    pve2  online  3.2  50.0  25.5  2h5m  10.0.0.2  default
    ");
    assert!(daemon().run("node list --no-headers -o csv").stdout.starts_with("019aaf00"));
}

#[rstest]
#[case("vm list --color always", true)]
#[case("vm list --color never", false)]
#[case("vm list", false)]
fn colours_come_when_they_are_wanted(#[case] arguments: &str, #[case] expected: bool) {
    let stdout = daemon().run(arguments).stdout;
    assert_eq!(stdout.contains("\u{1b}[32mrunning"), expected, "{stdout}");
}

#[test]
fn colours_do_not_shift_columns() {
    let painted = daemon().run("vm list --color always").stdout;
    let mut plain = painted;
    for code in ["\u{1b}[0m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"] {
        plain = plain.replace(code, "");
    }
    let plain: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(plain, daemon().run("vm list").stdout.lines().collect::<Vec<_>>());
}

#[test]
fn one_guest_is_described_key_by_key() {
    let daemon = Daemon::start();
    let config = serde_json::json!({"memory": "4096", "cores": 2, "net0": "virtio,bridge=vmbr0"});
    daemon.mount("GET", "/infrastructure/vms/101", one(&Vm { config: Some(config), ..vm(101, "web-1") }));
    let run = daemon.run("vm show 101");
    let fixed: Vec<&str> = run.stdout.lines().filter(|line| !line.ends_with(" ago")).collect();
    insta::assert_snapshot!(fixed.join("\n"), @"
    VMID           101
    Name           web-1
    Status         running
    Node           pve1
    Connection     default
    Type           qemu
    CPUs           2
    CPU            12.3 %
    Memory         1.5/4.0 GiB (37.5 %)
    Memory source  balloon
    Disk           -/32.0 GiB
    Network in     1.5 MiB/s
    Network out    2.0 KiB/s
    Uptime         3d4h
    IP address     10.0.0.11
    Guest agent    -
    OS type        l26
    Tags           prod,web
    ID             019aaf00-0000-7000-8000-000000000065
    Configuration  cores: 2
                   memory: 4096
                   net0: virtio,bridge=vmbr0
    ");
}

#[test]
fn one_node_is_described_key_by_key() {
    let run = daemon().run("node show pve1");
    let fixed: Vec<&str> = run.stdout.lines().filter(|line| !line.ends_with(" ago")).collect();
    insta::assert_snapshot!(fixed.join("\n"), @"
    Name          pve1
    Status        online
    Connection    default
    IP address    10.0.0.2
    CPUs          16
    CPU           3.2 %
    Memory        32.0/64.0 GiB
    Memory usage  50.0 %
    Disk          24.0/94.0 GiB
    Disk usage    25.5 %
    Network in    -
    Network out   -
    Uptime        2h5m
    ID            019aaf00-0000-7000-8000-000000000002
    ");
}

#[test]
fn current_figures_come_from_one_request_and_fresh_is_passed_on() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/infrastructure/vms/101/metrics", one(&vm(101, "web-1").usage));
    let run = daemon.run("vm metrics 101");
    let fixed: Vec<&str> = run.stdout.lines().filter(|line| !line.ends_with(" ago")).collect();
    insta::assert_snapshot!(fixed.join("\n"), @"
    CPU           12.3 %
    Memory        37.5 %
    Memory used   1.5 GiB
    Disk          -
    Disk used     -
    Network in    1.5 MiB/s
    Network out   2.0 KiB/s
    Uptime        3d4h
    ");
    let printed: Usage = serde_json::from_str(&daemon.run("vm metrics 101 --fresh -o json").stdout).unwrap();
    assert_eq!(printed, vm(101, "web-1").usage);
    assert_eq!(daemon.queries(), ["fresh=false", "fresh=true"]);
    insta::assert_snapshot!(daemon.run("vm metrics 101 -o csv").stdout, @"
    cpu_usage,memory_usage,disk_usage,network_in,network_out,uptime_seconds,memory_used_mb,memory_source,disk_used_gb,observed_at,stale
    12.345,37.5,,1572864,2048,273600,1536,balloon,,2026-03-15T10:30:00.000Z,false
    ");
}

#[test]
fn a_list_is_one_request_and_filters_are_passed_on() {
    let daemon = daemon();
    daemon.run(
        "vm list --status running --type lxc --node pve1 --tag prod --connection home --search w --sort -cpu_usage",
    );
    let expected =
        "page=1&per_page=1000&sort=-cpu_usage&status=running&type=lxc&node=pve1&tag=prod&connection=home&search=w";
    assert_eq!(daemon.queries(), [expected]);
}

#[test]
fn all_pages_are_fetched() {
    let daemon = Daemon::start();
    daemon.mount_page("/infrastructure/vms", 1, list_with(&[vm(101, "a"), vm(102, "b")], 3, None));
    daemon.mount_page("/infrastructure/vms", 2, list_with(&[vm(103, "c")], 3, None));
    assert_eq!(daemon.run("vm list -o name").stdout, "101\n102\n103\n");
}

#[rstest]
#[case("vm list", "no guest seen: check `nexops status`\n")]
#[case("vm list --status error", "no guest matches\n")]
#[case("node list", "no node seen: check `nexops status`\n")]
#[case("task list", "no task yet: power actions make them\n")]
fn an_empty_list_gives_the_reason(#[case] arguments: &str, #[case] reason: &str) {
    let daemon = Daemon::start();
    for route in ["/infrastructure/vms", "/infrastructure/nodes", "/tasks"] {
        daemon.mount("GET", route, list::<Vm>(&[]));
    }
    let run = daemon.run(arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, reason));
    assert_eq!(run.stdout.lines().count(), 1, "a header row and no more: {}", run.stdout);
    assert_eq!(daemon.run(&format!("{arguments} -o json")).stdout, "[]\n");
    assert_eq!(daemon.run(&format!("{arguments} -o name")).stdout, "");
    assert_eq!(daemon.run(&format!("{arguments} -q")).stderr, "");
}

#[test]
fn old_figures_are_warned_of_with_their_age_and_connection() {
    let daemon = Daemon::start();
    let observed_at = Some(now() - chrono::TimeDelta::seconds(200));
    let guest = vm(101, "web-1");
    let guest = Vm { usage: Usage { stale: true, observed_at, ..guest.usage }, ..guest };
    let freshness = Some(Freshness { observed_at, stale: true });
    daemon.mount("GET", "/infrastructure/vms", list_with(std::slice::from_ref(&guest), 1, freshness));
    let run = daemon.run("vm list");
    assert_eq!(run.code, 0);
    assert_eq!(run.stderr, "warning: figures are 3 m old: connection default does not answer\n");
    let run = daemon.run("vm list -o json");
    assert!(serde_json::from_str::<Vec<Vm>>(&run.stdout).is_ok());
    assert!(run.stderr.starts_with("warning: figures are 3 m old"));
    assert_eq!(daemon.run("vm list -q").stderr, "");
}

#[test]
fn a_connection_of_which_something_is_fresh_is_not_accused() {
    let daemon = Daemon::start();
    let observed_at = Some(now() - chrono::TimeDelta::seconds(200));
    let old = vm(102, "db");
    let old = Vm { usage: Usage { stale: true, observed_at, ..old.usage }, ..old };
    let freshness = Some(Freshness { observed_at, stale: true });
    daemon.mount("GET", "/infrastructure/vms", list_with(&[vm(101, "web-1"), old], 2, freshness));
    assert_eq!(daemon.run("vm list").stderr, "warning: figures are 3 m old: see `nexops status`\n");
}

#[test]
fn names_cannot_command_the_terminal() {
    let daemon = Daemon::start();
    daemon.mount("GET", "/infrastructure/vms", list(&[vm(101, "web\u{1b}[2J\nroot")]));
    let stdout = daemon.run("vm list").stdout;
    assert!(stdout.contains("web\u{fffd}[2J\u{fffd}root"), "{stdout}");
}
