//! Power actions: how much must be confirmed, and in which words.

use nexops_core::id::VmId;
use nexops_core::vm::{PowerAction, Vm, VmStatus};

use crate::command::{Command, Request};
use crate::keymap::Action;
use crate::model::modal::Confirm;

/// More guests than this at once want a number typed.
const MANY: usize = 5;
/// Guests with these tags want their name typed.
const PROTECTED_TAGS: [&str; 2] = ["prod", "protected"];

/// What happens before an action is sent.
#[derive(Debug)]
pub enum Before {
    /// Nothing: it can be undone, and harms nobody.
    Nothing(Vec<Command>),
    /// A question.
    Ask(Box<Confirm>),
}

/// The key's action that stands for a power action.
#[must_use]
pub const fn key_action(action: PowerAction) -> Action {
    match action {
        PowerAction::Start => Action::Start,
        PowerAction::Stop => Action::Stop,
        PowerAction::Restart => Action::Restart,
        PowerAction::Shutdown => Action::Shutdown,
        PowerAction::Reset => Action::Reset,
        PowerAction::Suspend => Action::Suspend,
        PowerAction::Resume => Action::Resume,
    }
}

/// The power action that a key means; starting lets a paused guest go on.
#[must_use]
pub fn of_key(action: Action, vm: Option<&Vm>) -> Option<PowerAction> {
    match action {
        Action::Start if vm.is_some_and(|vm| vm.status == VmStatus::Paused) => Some(PowerAction::Resume),
        Action::Start => Some(PowerAction::Start),
        Action::Stop => Some(PowerAction::Stop),
        Action::Restart => Some(PowerAction::Restart),
        Action::Shutdown => Some(PowerAction::Shutdown),
        Action::Reset => Some(PowerAction::Reset),
        Action::Suspend => Some(PowerAction::Suspend),
        Action::Resume => Some(PowerAction::Resume),
        _other => None,
    }
}

/// What a guest is called in messages.
#[must_use]
pub fn name_of(vm: &Vm) -> String {
    format!("{} {}", vm.vmid, vm.name)
}

/// What it is called while it is under way.
#[must_use]
pub const fn under_way(action: PowerAction) -> &'static str {
    match action {
        PowerAction::Start => "starting",
        PowerAction::Stop => "stopping",
        PowerAction::Restart => "restarting",
        PowerAction::Shutdown => "shutting down",
        PowerAction::Reset => "resetting",
        PowerAction::Suspend => "suspending",
        PowerAction::Resume => "resuming",
    }
}

const fn title(action: PowerAction) -> &'static str {
    match action {
        PowerAction::Start => "Start",
        PowerAction::Stop => "Force stop",
        PowerAction::Restart => "Restart",
        PowerAction::Shutdown => "Shut down",
        PowerAction::Reset => "Reset",
        PowerAction::Suspend => "Suspend",
        PowerAction::Resume => "Resume",
    }
}

const fn effect(action: PowerAction) -> &'static str {
    match action {
        PowerAction::Start => "It is switched on.",
        PowerAction::Stop => "Like pulling the plug. Unsaved data in the guest is lost.",
        PowerAction::Restart => "It is asked to shut down, and started again.",
        PowerAction::Shutdown => "It is asked to shut down.",
        PowerAction::Reset => "Like pressing the reset button. Unsaved data in the guest is lost.",
        PowerAction::Suspend => "It is frozen in memory and answers nobody until it goes on.",
        PowerAction::Resume => "It goes on where it was frozen.",
    }
}

/// What must happen before these guests are acted on.
#[must_use]
pub fn before(action: PowerAction, vms: &[&Vm]) -> Before {
    let commands: Vec<Command> =
        vms.iter().map(|vm| Command::new(name_of(vm), Request::Power(vm.id, action))).collect();
    let harmless = matches!(action, PowerAction::Start | PowerAction::Resume);
    let harsh = matches!(action, PowerAction::Stop | PowerAction::Reset);
    let protected = vms.iter().any(|vm| vm.tags.iter().any(|tag| PROTECTED_TAGS.contains(&tag.as_str())));
    if harmless && vms.len() <= MANY {
        return Before::Nothing(commands);
    }
    let typed = match vms {
        [vm] if harsh || (protected && !harmless) => Some(vm.name.clone()),
        [_] => None,
        many if harsh || many.len() > MANY || (protected && !harmless) => Some(many.len().to_string()),
        _ => None,
    };
    let lines = match vms {
        [vm] => {
            let tags = if vm.tags.is_empty() { String::new() } else { format!(" · tags {}", vm.tags.join(", ")) };
            vec![format!("{} · {} · {}{tags}", name_of(vm), vm.node, vm.status), effect(action).to_owned()]
        }
        many => {
            let names: Vec<String> = many.iter().map(|vm| name_of(vm)).collect();
            vec![format!("{} guests: {}", many.len(), names.join(", ")), effect(action).to_owned()]
        }
    };
    Before::Ask(Box::new(Confirm {
        title: title(action).to_owned(),
        lines,
        verb: title(action).to_owned(),
        commands,
        typed: typed.map(|wanted| (wanted, tui_input::Input::default())),
        agreed: false,
    }))
}

/// The guests with these ids, in the order of the list.
#[must_use]
pub fn guests_of<'v>(vms: &'v [Vm], ids: &[VmId]) -> Vec<&'v Vm> {
    vms.iter().filter(|vm| ids.contains(&vm.id)).collect()
}
