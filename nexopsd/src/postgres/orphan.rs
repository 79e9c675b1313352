//! What a killed daemon left behind: a server that still runs, or the files of one that does not.
//!
//! Called with the data directory's lock in hand, so no other daemon owns what is found. Data is never touched.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::error::Error;
use super::socket;

/// Fast shutdown, immediate shutdown, the end; each with the time it is given.
pub(super) const STOP_SIGNALS: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(30)),
    (Signal::QUIT, Duration::from_secs(10)),
    (Signal::KILL, Duration::from_secs(10)),
];
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const PS_TIMEOUT: Duration = Duration::from_secs(10);

/// Stops a server still running on the cluster and removes what would keep a new one from starting.
pub(super) async fn clear(cluster: &Path, socket_directory: &Path) -> Result<(), Error> {
    stop_running(cluster).await?;
    remove_misleading_pid_file(cluster)?;
    remove_if_present(&socket::file_in(socket_directory))?;
    remove_if_present(&socket::lock_file_in(socket_directory))
}

async fn stop_running(cluster: &Path) -> Result<(), Error> {
    let Some(&first) = processes_of(cluster).await.first() else { return Ok(()) };
    tracing::warn!(
        postgres.pid = first.as_raw_pid(),
        directory = %cluster.display(),
        "stopping the PostgreSQL server that an earlier process left running"
    );
    for (signal, patience) in STOP_SIGNALS {
        send(cluster, signal).await;
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if processes_of(cluster).await.is_empty() {
                return Ok(());
            }
            sleep(POLL_INTERVAL).await;
        }
    }
    Err(Error::Unstoppable { pid: first.as_raw_pid().unsigned_abs(), directory: cluster.to_owned() })
}

/// The postmaster tells its children; without one they are told themselves.
async fn send(cluster: &Path, signal: Signal) {
    let running = processes_of(cluster).await;
    let postmaster = postmaster_pid(cluster).filter(|pid| running.contains(pid));
    let targets = postmaster.map_or(running, |pid| vec![pid]);
    for pid in targets {
        // It may have ended by now, which is what we want.
        let _gone = kill_process(pid, signal);
    }
}

/// The process id in `postmaster.pid`, whether or not that process still lives.
pub(super) fn postmaster_pid(cluster: &Path) -> Option<Pid> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

/// Postgres clears a stale `postmaster.pid` by itself, except when another process has got that number meanwhile.
fn remove_misleading_pid_file(cluster: &Path) -> Result<(), Error> {
    match postmaster_pid(cluster) {
        Some(pid) if test_kill_process(pid).is_ok() => remove_if_present(&cluster.join("postmaster.pid")),
        Some(_) | None => Ok(()),
    }
}

fn remove_if_present(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::File { action: "remove the stale file", path: path.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Every live process of the server on this cluster.
///
/// A process id alone proves nothing after a reboot. Each Postgres process works in its cluster's directory, which
/// `/proc` tells; elsewhere `ps` tells the arguments of the process named in `postmaster.pid`.
async fn processes_of(cluster: &Path) -> Vec<Pid> {
    if !Path::new("/proc/self/cwd").exists() {
        return postmaster_by_arguments(cluster).await.into_iter().collect();
    }
    // The cluster may be a link to another disk.
    let cluster = fs::canonicalize(cluster).unwrap_or_else(|_| cluster.to_owned());
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries
        .flatten()
        .filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|directory| directory == cluster))
        .filter(|entry| fs::read_to_string(entry.path().join("comm")).is_ok_and(|name| name.trim() == "postgres"))
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

async fn postmaster_by_arguments(cluster: &Path) -> Option<Pid> {
    let pid = postmaster_pid(cluster)?;
    let mut question = Command::new("ps");
    question.args(["-o", "command=", "-p", &pid.as_raw_pid().to_string()]).stdin(Stdio::null()).kill_on_drop(true);
    let answer = timeout(PS_TIMEOUT, question.output()).await.ok()?.ok()?;
    let arguments = String::from_utf8_lossy(&answer.stdout).into_owned();
    (arguments.contains("postgres") && arguments.contains(&*cluster.to_string_lossy())).then_some(pid)
}
