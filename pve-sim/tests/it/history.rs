//! Figures of the past.

use std::time::{SystemTime, UNIX_EPOCH};

use pve_sim::{Config, PveVersion, State};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Sim, quick};

async fn start(version: PveVersion) -> Sim {
    Sim::start_with(Config { version, ..quick() }).await
}

fn keys(row: &Value) -> Vec<&String> {
    row.as_object().unwrap().keys().collect()
}

#[rstest]
#[case(PveVersion::V9_1, "hour", 60, 60)]
#[case(PveVersion::V9_1, "day", 1_440, 60)]
#[case(PveVersion::V9_1, "week", 336, 1_800)]
#[case(PveVersion::V9_1, "month", 1_440, 1_800)]
#[case(PveVersion::V9_1, "year", 1_440, 21_600)]
#[case(PveVersion::V8_4, "hour", 70, 60)]
#[case(PveVersion::V8_4, "day", 70, 1_800)]
#[case(PveVersion::V8_4, "week", 70, 10_800)]
#[case(PveVersion::V7_4, "month", 70, 43_200)]
#[case(PveVersion::V7_4, "year", 70, 604_800)]
#[tokio::test]
async fn a_release_has_its_own_number_of_rows(
    #[case] version: PveVersion,
    #[case] timeframe: &str,
    #[case] rows: usize,
    #[case] step: u64,
) {
    let sim = start(version).await;
    for path in ["/nodes/pve2/qemu/101", "/nodes/pve1", "/nodes/pve1/storage/local"] {
        let found = sim.get(&format!("{path}/rrddata?timeframe={timeframe}")).await.rows();
        assert_eq!(found.len(), rows, "{path}");
        let times: Vec<u64> = found.iter().map(|row| row["time"].as_u64().unwrap()).collect();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == step), "{path}");
    }
}

#[tokio::test]
async fn rates_are_per_second_and_means_are_fractions() {
    let sim = Sim::start().await;
    let rows = sim.get("/nodes/pve2/qemu/101/rrddata?timeframe=hour&cf=AVERAGE").await.rows();
    let row = rows.last().unwrap();
    let counter = sim.row(101).await["netin"].as_f64().unwrap();
    let uptime = sim.row(101).await["uptime"].as_f64().unwrap();
    let rate = row["netin"].as_f64().unwrap();
    assert!(rate < counter && rate < 10.0 * counter / uptime, "{rate} {counter} {uptime}");
    assert!((0.0..=1.0).contains(&row["cpu"].as_f64().unwrap()));
    assert!(rows.iter().any(|row| row["mem"].is_f64()));
    let highest = sim.get("/nodes/pve2/qemu/101/rrddata?timeframe=hour&cf=MAX").await.rows();
    assert!(highest.last().unwrap()["cpu"].as_f64() >= row["cpu"].as_f64());
}

#[tokio::test]
async fn what_was_not_measured_is_missing() {
    let sim = Sim::start().await;
    sim.control().set_guest_state(101, State::Stopped);
    let rows = sim.get("/nodes/pve2/qemu/101/rrddata?timeframe=hour").await.rows();
    assert_eq!(keys(rows.last().unwrap()), ["disk", "maxcpu", "maxdisk", "maxmem", "time"]);
    let decade = sim.get("/nodes/pve2/rrddata?timeframe=decade").await.rows();
    assert_eq!(keys(&decade[0]), ["time"]);
    assert!(keys(decade.last().unwrap()).len() > 1);
}

#[tokio::test]
async fn an_old_release_ends_with_a_row_without_values() {
    let sim = start(PveVersion::V8_4).await;
    let rows = sim.get("/nodes/pve1/rrddata?timeframe=hour").await.rows();
    assert_eq!(keys(&rows[69]), ["time"]);
    assert_eq!((rows[68].get("memavailable"), rows[68].get("pressurecpusome")), (None, None));
    let guest = sim.get("/nodes/pve2/qemu/101/rrddata?timeframe=hour").await.rows();
    assert_eq!(guest[68].get("memhost"), None);
    assert_eq!(sim.get("/nodes/pve1/rrddata?timeframe=decade").await.status, 400);
}

#[tokio::test]
async fn the_history_of_an_offline_node_is_still_there() {
    let sim = Sim::start().await;
    sim.control().set_node_online("pve2", false);
    for path in ["/nodes/pve2", "/nodes/pve2/qemu/101"] {
        let rows = sim.get(&format!("{path}/rrddata?timeframe=hour")).await.rows();
        assert!(rows[50].get("cpu").is_some(), "{path}");
    }
}

#[rstest]
#[case("/nodes/pve1/rrddata", 400, "property is missing and it is not optional")]
#[case(
    "/nodes/pve1/rrddata?timeframe=century",
    400,
    "value 'century' does not have a value in the enumeration 'hour, day, week, month, year, decade'"
)]
#[case("/nodes/pve1/qemu/100/rrddata?timeframe=decade", 400, "value 'decade' does not have")]
#[case("/nodes/pve1/qemu/100/rrddata?timeframe=hour&ds=cpu", 400, "property is not defined in schema")]
#[case("/nodes/pve1/qemu/999/rrddata?timeframe=hour", 500, "db/pve2-vm/999': No such file or directory")]
#[case("/nodes/gone/rrddata?timeframe=hour", 500, "RRD error: opening ")]
#[case("/nodes/pve1/storage/gone/status", 400, "No such storage.")]
#[tokio::test]
async fn what_cannot_be_looked_up_is_refused(#[case] path: &str, #[case] status: u16, #[case] text: &str) {
    let sim = Sim::start().await;
    let reply = sim.get(path).await;
    assert_eq!(reply.status, status);
    assert!(reply.body.contains(text), "{reply:?}");
}

#[rstest]
#[case("/nodes/pve1/qemu/100/rrddata?timeframe=hour", "/vms/100, VM.Audit")]
#[case("/nodes/pve1/rrddata?timeframe=hour", "/nodes/pve1, Sys.Audit")]
#[case("/nodes/pve1/storage/nas/status", "/storage/nas, Datastore.Audit|Datastore.AllocateSpace")]
#[case("/cluster/metrics/export", "/, Sys.Audit")]
#[tokio::test]
async fn the_past_is_as_private_as_the_present(#[case] path: &str, #[case] text: &str) {
    let sim = Sim::start().await;
    let reply = sim.get_as("none", path).await;
    assert_eq!(reply.reason, format!("Permission check failed ({text})"));
}

#[tokio::test]
async fn metrics_are_samples_with_a_time() {
    let sim = Sim::start().await;
    let rows = sim.get("/cluster/metrics/export").await.data()["data"].as_array().unwrap().clone();
    let find = |id: &str, metric: &str| rows.iter().find(|row| row["id"] == id && row["metric"] == metric).unwrap();
    assert_eq!(find("qemu/101", "net_in")["type"], "derive");
    assert_eq!(find("node/pve1", "cpu_current")["type"], "gauge");
    assert_eq!(find("storage/pve3/nas", "disk_total")["value"], json!(16u64 << 40));
    assert!(rows.iter().all(|row| row["timestamp"] == rows[0]["timestamp"]));
}

#[tokio::test]
async fn metrics_of_the_past_start_where_asked() {
    let sim = Sim::start().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let path = format!("/cluster/metrics/export?history=1&node-list=pve2&start-time={}", now - 60);
    let rows = sim.get(&path).await.data()["data"].as_array().unwrap().clone();
    let mut times: Vec<u64> = rows.iter().map(|row| row["timestamp"].as_u64().unwrap()).collect();
    assert!(times.is_sorted() && times.iter().all(|time| *time > now - 60));
    times.dedup();
    assert!((5..=7).contains(&times.len()), "{times:?}");
    assert!(!rows.iter().any(|row| row["id"] == "node/pve1" || row["id"] == "qemu/100"));
    sim.control().set_node_online("pve2", false);
    assert_eq!(sim.get(&path).await.data()["data"], json!([]));
}
