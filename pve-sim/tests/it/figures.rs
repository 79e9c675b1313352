//! Figures move, plausibly.

use pve_sim::{Config, State};

use crate::support::{Sim, quick, wait_until};

const COUNTERS: [&str; 4] = ["netin", "netout", "diskread", "diskwrite"];

#[tokio::test]
async fn counters_grow_and_shares_stay_within_bounds() {
    let sim = Sim::start().await;
    let before = sim.get("/cluster/resources?type=vm").await.rows();
    wait_until("the counters of 100 moved", async || sim.row(100).await["netin"] != before[0]["netin"]).await;
    let after = sim.get("/cluster/resources?type=vm").await.rows();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before["id"], after["id"]);
        for counter in COUNTERS {
            assert!(after[counter].as_u64() >= before[counter].as_u64(), "{counter} of {after}");
        }
        assert!((0.0..=1.0).contains(&after["cpu"].as_f64().unwrap()));
        assert!(after["mem"].as_u64() <= after["maxmem"].as_u64());
        if after["type"] == "qemu" {
            assert_eq!(after["disk"], 0);
        }
    }
}

#[tokio::test]
async fn a_restart_resets_the_counters() {
    let sim = Sim::start().await;
    let before = sim.row(101).await;
    sim.control().set_guest_state(101, State::Stopped);
    sim.control().set_guest_state(101, State::Running);
    let after = sim.row(101).await;
    for counter in COUNTERS.into_iter().chain(["uptime"]) {
        assert!(after[counter].as_u64() < before[counter].as_u64(), "{counter}");
    }
}

#[tokio::test]
async fn a_node_is_as_busy_as_its_guests() {
    let sim = Sim::start().await;
    let status = sim.get("/nodes/pve1/status").await.data();
    let busy = status["memory"]["used"].as_u64().unwrap();
    for guest in sim.control().guests() {
        if guest.node == "pve1" {
            sim.control().set_guest_state(guest.vmid, State::Stopped);
        }
    }
    let idle = sim.get("/nodes/pve1/status").await.data()["memory"]["used"].as_u64().unwrap();
    assert!(idle < busy, "{idle} {busy}");
    assert!(status["loadavg"][0].is_string());
}

#[tokio::test]
async fn ten_thousand_guests_are_one_cheap_answer() {
    let sim = Sim::start_with(Config {
        nodes: 40,
        guests: 10_000,
        stat_interval: std::time::Duration::from_secs(3_600),
        ..quick()
    })
    .await;
    assert_eq!(sim.get("/cluster/resources?type=vm").await.rows().len(), 10_000);
    let written = sim.get("/cluster/resources?type=vm").await.body;
    assert_eq!(sim.get("/cluster/resources?type=vm").await.body, written);
}
