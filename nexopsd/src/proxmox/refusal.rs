//! Refusals: what Proxmox's free-text reasons mean, from a status line or from the end of a task.

use nexops_core::error::ErrorCode;

/// Why Proxmox would not do something, where its text is a known one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such guest on that node: it was removed, moved to another node, or is of the other kind.
    GuestMissing,
    /// The guest does not run.
    NotRunning,
    /// The guest runs already.
    AlreadyRunning,
    /// The guest is paused, and has to go on before it can do that.
    Paused,
    /// Something holds the guest's lock.
    Locked {
        /// What holds it: `backup`, `migrate`, `snapshot` …
        lock: String,
    },
    /// Another task works on the guest and kept its configuration locked for too long.
    Busy,
    /// The guest is a template.
    Template,
    /// The guest did not shut down in time.
    ShutdownTimedOut,
    /// The cluster has lost its majority and changes nothing.
    NoQuorum,
    /// The guest agent is set up in Proxmox, but does not answer from inside the guest.
    AgentNotRunning,
    /// The guest agent is not enabled in the guest's options.
    AgentNotConfigured,
    /// Something else; only the text tells.
    Other,
}

impl Refusal {
    /// Reads a reason, be it from a status line, a body or the exit status of a task.
    #[must_use]
    pub fn from_reason(reason: &str) -> Self {
        let has = |part: &str| reason.contains(part);
        if (has("Configuration file '") && has("does not exist")) || has("unable to find configuration file for ") {
            Self::GuestMissing
        } else if has("No QEMU guest agent configured") {
            Self::AgentNotConfigured
        } else if has("guest agent is not running") || ((has("qga command") || has("'guest-")) && has("got timeout")) {
            Self::AgentNotRunning
        } else if let Some(lock) = lock(reason) {
            Self::Locked { lock: lock.to_owned() }
        } else if has("can't lock file") || has("can't acquire lock") {
            Self::Busy
        } else if has("no quorum") {
            Self::NoQuorum
        } else if has("if it's a template") || has("is a template") {
            Self::Template
        } else if has("VM is paused") {
            Self::Paused
        } else if has("VM quit/powerdown failed") || has("container did not stop") {
            Self::ShutdownTimedOut
        } else if says_of_guest(reason, &["already running"]) {
            Self::AlreadyRunning
        } else if says_of_guest(reason, &["not running", "is not running"]) {
            Self::NotRunning
        } else {
            Self::Other
        }
    }

    /// The code under which NexOps passes the refusal on.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::GuestMissing => ErrorCode::NotFound,
            // A paused guest computes nothing; whoever asks it to shut down has to resume it first.
            Self::NotRunning => ErrorCode::VmNotRunning,
            Self::Paused => ErrorCode::VmPaused,
            Self::AlreadyRunning => ErrorCode::VmAlreadyRunning,
            Self::Locked { .. } => ErrorCode::VmLocked,
            Self::Busy => ErrorCode::VmBusy,
            Self::Template => ErrorCode::VmIsTemplate,
            Self::ShutdownTimedOut
            | Self::NoQuorum
            | Self::AgentNotRunning
            | Self::AgentNotConfigured
            | Self::Other => ErrorCode::ProxmoxError,
        }
    }

    /// What to do about it, where something can be done.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::GuestMissing => Some("it was removed or has moved to another node; the next sync finds it"),
            Self::Paused => Some("resume it first"),
            Self::Locked { .. } => Some(
                "wait until the operation that holds the lock has ended, or look at it on the node with `qm unlock` or `pct unlock` in mind",
            ),
            Self::Busy => Some("wait for the task that is under way, or stop the guest with overrule_shutdown"),
            Self::Template => Some("a template cannot run; clone it"),
            Self::ShutdownTimedOut => Some("the guest did not obey; stop it if its state does not matter"),
            Self::NoQuorum => Some("bring back enough nodes for a majority; `pvecm status` shows who is missing"),
            Self::AgentNotRunning => Some("start qemu-guest-agent inside the guest"),
            Self::AgentNotConfigured => Some("enable the QEMU guest agent in the guest's options"),
            Self::NotRunning | Self::AlreadyRunning | Self::Other => None,
        }
    }
}

/// The lock in `VM is locked (backup)` or `CT is locked (snapshot)`.
fn lock(reason: &str) -> Option<&str> {
    let (_, after) = reason.split_once(" is locked (")?;
    let (lock, _) = after.split_once(')')?;
    Some(lock)
}

/// Whether the reason is `VM 101 …` or `CT 101 …` with one of these endings.
fn says_of_guest(reason: &str, endings: &[&str]) -> bool {
    let Some(rest) = reason.strip_prefix("VM ").or_else(|| reason.strip_prefix("CT ")) else { return false };
    let Some((number, ending)) = rest.split_once(' ') else { return false };
    number.bytes().all(|byte| byte.is_ascii_digit()) && endings.contains(&ending.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_of_proxmox_are_told_apart() {
        let locked = |lock: &str| Refusal::Locked { lock: lock.to_owned() };
        let cases = [
            ("VM 101 not running", Refusal::NotRunning),
            ("CT 101 not running\n", Refusal::NotRunning),
            ("VM 101 is not running", Refusal::NotRunning),
            ("VM 101 already running", Refusal::AlreadyRunning),
            ("CT 101 already running", Refusal::AlreadyRunning),
            ("VM is paused - cannot shutdown", Refusal::Paused),
            ("VM is locked (backup)", locked("backup")),
            ("CT is locked (snapshot-delete)", locked("snapshot-delete")),
            ("Configuration file 'nodes/N/qemu-server/999.conf' does not exist", Refusal::GuestMissing),
            ("unable to find configuration file for VM 999 on node 'pve1'", Refusal::GuestMissing),
            ("cluster not ready - no quorum?", Refusal::NoQuorum),
            ("No QEMU guest agent configured", Refusal::AgentNotConfigured),
            ("QEMU guest agent is not running", Refusal::AgentNotRunning),
            ("VM 101 qmp command 'guest-get-fsinfo' failed - got timeout", Refusal::AgentNotRunning),
            ("can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout", Refusal::Busy),
            ("you can't start a vm if it's a template", Refusal::Template),
            ("VM quit/powerdown failed - got timeout", Refusal::ShutdownTimedOut),
            // Near misses.
            ("unable to get PID for CT 200 (not running?)", Refusal::Other),
            ("VM 100 is running - destroy failed", Refusal::Other),
            ("VM 101 qmp command 'query-status' failed - got timeout", Refusal::Other),
            ("start failed: QEMU exited with code 1", Refusal::Other),
            ("", Refusal::Other),
        ];
        for (reason, expected) in cases {
            assert_eq!(Refusal::from_reason(reason), expected, "{reason}");
        }
    }
}
