//! What the daemon is to do, and in which words that is told.

use nexops_core::alert::AlertNote;
use nexops_core::alert::preview::{Preview, PreviewRequest};
use nexops_core::alert::rule::RuleDefinition;
use nexops_core::alert::silence::CreateSilence;
use nexops_core::id::{AlertId, ConnectionId, RuleId, ServiceId, SilenceId, TaskId, VmId};
use nexops_core::notification::{ChannelDraft, TestReport};
use nexops_core::service::{Service, ServiceSettings};
use nexops_core::settings::{ProxmoxConnectionDraft, ProxmoxTest, ProxmoxTrial};
use nexops_core::task::Task;
use nexops_core::vm::PowerAction;

use crate::store::Question;

/// Something that the daemon is to do.
#[derive(Debug, Clone)]
pub struct Command {
    /// What it is done to, for messages.
    pub subject: String,
    /// What is to be done.
    pub request: Request,
    /// The number of the form that waits for what comes of it; `None` when none does.
    pub form: Option<u64>,
}

/// What can be asked of the daemon.
#[derive(Debug, Clone)]
pub enum Request {
    /// A power action on a guest.
    Power(VmId, PowerAction),
    /// Check a service now.
    CheckService(ServiceId),
    /// Make a service.
    CreateService(Box<ServiceSettings>),
    /// Change a service, if it is still of this version.
    UpdateService(ServiceId, i64, Box<ServiceSettings>),
    /// Delete a service, if it is still of this version.
    DeleteService(ServiceId, i64),
    /// Note that somebody knows of an alert.
    Acknowledge(AlertId, AlertNote),
    /// Close an alert by hand.
    Resolve(AlertId, AlertNote),
    /// Make a rule.
    CreateRule(Box<RuleDefinition>),
    /// Change a rule, if it is still of this version.
    UpdateRule(RuleId, i64, Box<RuleDefinition>),
    /// Delete a rule, if it is still of this version.
    DeleteRule(RuleId, i64),
    /// Try a rule on what was measured.
    PreviewRule(Box<PreviewRequest>),
    /// Make a silence.
    CreateSilence(Box<CreateSilence>),
    /// End a silence now.
    EndSilence(SilenceId),
    /// Make a connection to Proxmox.
    CreateConnection(Box<ProxmoxConnectionDraft>),
    /// Change a connection to Proxmox.
    UpdateConnection(ConnectionId, Box<ProxmoxConnectionDraft>),
    /// Delete a connection to Proxmox with all that was seen through it.
    DeleteConnection(ConnectionId),
    /// Try a connection to Proxmox, stored or not.
    TestConnection(Box<ProxmoxTest>),
    /// Make a channel.
    CreateChannel(Box<ChannelDraft>),
    /// Change the channel of this name.
    UpdateChannel(String, Box<ChannelDraft>),
    /// Delete the channel of this name.
    DeleteChannel(String),
    /// Send a test over the channel of this name.
    TestChannel(String),
}

/// What came of a command.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A task is under way.
    Task(Box<Task>),
    /// A service was checked; it fares like this.
    Checked(Box<Service>),
    /// A connection was tried.
    Tried(Box<ProxmoxTrial>),
    /// A rule was tried on what was measured.
    Previewed(Box<Preview>),
    /// A test was sent over a channel.
    Sent(TestReport),
    /// It is done, and there is no more to say.
    Done,
}

/// How a task is known to messages: it is followed until it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// The task.
    pub task: TaskId,
    /// The guest.
    pub vm: VmId,
    /// What it is called.
    pub name: String,
    /// What is done.
    pub action: PowerAction,
}

impl Command {
    /// A command that no form waits for.
    #[must_use]
    pub fn new(subject: impl Into<String>, request: Request) -> Self {
        Self { subject: subject.into(), request, form: None }
    }
}

impl Request {
    /// What is done, as in "cannot delete".
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Power(_, action) => action.as_str(),
            Self::CheckService(_) => "check",
            Self::CreateService(_) | Self::CreateRule(_) | Self::CreateConnection(_) | Self::CreateChannel(_) => "make",
            Self::UpdateService(..) | Self::UpdateRule(..) | Self::UpdateConnection(..) | Self::UpdateChannel(..) => {
                "change"
            }
            Self::DeleteService(..) | Self::DeleteRule(..) | Self::DeleteConnection(_) | Self::DeleteChannel(_) => {
                "delete"
            }
            Self::Acknowledge(..) => "acknowledge",
            Self::Resolve(..) => "resolve",
            Self::CreateSilence(_) => "silence",
            Self::EndSilence(_) => "end the silence of",
            Self::TestConnection(_) | Self::TestChannel(_) => "test",
            Self::PreviewRule(_) => "try",
        }
    }

    /// What was done, as in "grafana: deleted".
    #[must_use]
    pub const fn participle(&self) -> &'static str {
        match self {
            Self::Power(_, action) => action.participle(),
            Self::CheckService(_) => "checked",
            Self::CreateService(_) | Self::CreateRule(_) | Self::CreateConnection(_) | Self::CreateChannel(_) => "made",
            Self::UpdateService(..) | Self::UpdateRule(..) | Self::UpdateConnection(..) | Self::UpdateChannel(..) => {
                "changed"
            }
            Self::DeleteService(..) | Self::DeleteRule(..) | Self::DeleteConnection(_) | Self::DeleteChannel(_) => {
                "deleted"
            }
            Self::Acknowledge(..) => "acknowledged",
            Self::Resolve(..) => "resolved",
            Self::CreateSilence(_) => "silenced",
            Self::EndSilence(_) => "not silenced any more",
            Self::TestConnection(_) | Self::TestChannel(_) => "tested",
            Self::PreviewRule(_) => "tried",
        }
    }

    /// The questions whose answers are out of date when it is done.
    #[must_use]
    pub fn outdates(&self) -> Vec<Question> {
        match self {
            Self::Power(..) => vec![Question::Tasks],
            Self::CheckService(id) => vec![Question::Services, Question::ServiceHistory(*id)],
            Self::CreateService(_) | Self::UpdateService(..) | Self::DeleteService(..) => {
                vec![Question::Services, Question::Overview]
            }
            Self::Acknowledge(..) | Self::Resolve(..) => {
                vec![Question::Alerts, Question::AlertHistory, Question::LatestAlerts, Question::Overview]
            }
            Self::CreateRule(_) | Self::UpdateRule(..) | Self::DeleteRule(..) => {
                vec![Question::Rules, Question::Alerts, Question::AlertHistory]
            }
            Self::CreateSilence(_) | Self::EndSilence(_) => vec![Question::Silences, Question::Alerts],
            Self::CreateConnection(_) | Self::UpdateConnection(..) | Self::DeleteConnection(_) => {
                vec![Question::Connections, Question::System, Question::Vms, Question::Nodes]
            }
            Self::CreateChannel(_) | Self::UpdateChannel(..) | Self::DeleteChannel(_) | Self::TestChannel(_) => {
                vec![Question::Channels]
            }
            Self::TestConnection(_) | Self::PreviewRule(_) => Vec::new(),
        }
    }
}
