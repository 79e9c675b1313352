//! The processes that are measured, and those they need.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A simulated cluster in a process of its own.
pub struct Simulator {
    child: Child,
    /// The lines that point a daemon at it: `PROXMOX_HOST=…` and so on.
    variables: Vec<(String, String)>,
}

impl Simulator {
    /// Starts it with figures that move every second.
    pub fn start(guests: u32) -> Self {
        let mut child = Command::new(beside("pve-sim"))
            .args(["--listen", "127.0.0.1:0", "--nodes", "5", "--stat-interval", "1"])
            .args(["--guests", &guests.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("start pve-sim: `make bench` builds it");
        let mut variables = Vec::new();
        for line in BufReader::new(child.stdout.take().expect("its output is read")).lines() {
            let line = line.expect("read what pve-sim says");
            if let Some((key, value)) = line.trim().split_once('=').filter(|(key, _)| key.starts_with("PROXMOX_")) {
                variables.push((key.to_owned(), value.to_owned()));
            }
            if line.contains("PROXMOX_FINGERPRINT=") {
                break;
            }
        }
        Self { child, variables }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The daemon.
pub struct Daemon {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Daemon {
    /// Starts it and waits until it has looked at the cluster.
    pub fn start(simulator: &Simulator, database_url: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_nexopsd"))
            .env_clear()
            .env("ENVIRONMENT", "production")
            .env("HOME", "/nonexistent")
            .env("DATABASE_URL", database_url)
            .env("NEXOPS_LISTEN", format!("127.0.0.1:{port}"))
            .env("NEXOPS_METRICS_INTERVAL", "1h")
            .env("LOG_LEVEL", "warn")
            .envs(simulator.variables.clone())
            .spawn()
            .expect("start nexopsd");
        let daemon = Self { child, url: format!("http://127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_ready(port) {
            assert!(Instant::now() < deadline, "nexopsd is not ready after a minute");
            std::thread::sleep(Duration::from_millis(50));
        }
        daemon
    }

    /// Its memory, as the kernel counts it.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn is_ready(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}

/// A program that was built beside the daemon.
pub fn beside(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_nexopsd")).with_file_name(name)
}
