//! Power: how the actions are called at Proxmox, and what may be said with them.

use std::time::Duration;

use nexops_core::vm::PowerAction;

/// What may be said with a power action. Proxmox refuses what an action does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PowerOptions {
    /// For a stop: end a shutdown that is under way instead of waiting for its lock. Known since release 8.2.
    pub overrule_shutdown: bool,
    /// How long Proxmox waits for the effect; its own default if not given.
    pub timeout: Option<Duration>,
}

impl PowerOptions {
    /// The options as Proxmox's parameters.
    pub(super) fn form(self) -> Vec<(&'static str, String)> {
        let overrule = self.overrule_shutdown.then(|| ("overrule-shutdown", "1".to_owned()));
        let timeout = self.timeout.map(|timeout| ("timeout", timeout.as_secs().to_string()));
        overrule.into_iter().chain(timeout).collect()
    }
}

/// Proxmox's word for an action.
pub(super) fn word(action: PowerAction) -> &'static str {
    match action {
        PowerAction::Start => "start",
        PowerAction::Stop => "stop",
        PowerAction::Restart => "reboot",
        PowerAction::Shutdown => "shutdown",
        PowerAction::Reset => "reset",
        PowerAction::Suspend => "suspend",
        PowerAction::Resume => "resume",
    }
}
