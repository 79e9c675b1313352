//! Everything that the daemon told, by the question that it answers.

mod keyed;

use chrono::{DateTime, Duration, Utc};
use nexops_core::alert::rule::AlertRule;
use nexops_core::alert::silence::Silence;
use nexops_core::alert::{Alert, AlertSource};
use nexops_core::audit::AuditEntry;
use nexops_core::id::{NodeId, RuleId, ServiceId, TaskId, VmId};
use nexops_core::metric::{Range, SourceSeries};
use nexops_core::node::Node;
use nexops_core::notification::Channel;
use nexops_core::overview::Overview;
use nexops_core::service::{Service, ServiceHistory};
use nexops_core::settings::ProxmoxConnection;
use nexops_core::system::System;
use nexops_core::task::{Task, TaskLog};
use nexops_core::vm::Vm;
use uuid::Uuid;

use self::keyed::Keyed;
use crate::failure::Failure;
use crate::remote::{Asked, Remote};

/// A question to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// How the daemon is.
    System,
    /// Everything in numbers.
    Overview,
    /// The nodes.
    Nodes,
    /// The guests.
    Vms,
    /// The latest tasks.
    Tasks,
    /// A guest with its configuration.
    Vm(VmId),
    /// A history.
    Series(Uuid, Range),
    /// What a task's worker wrote.
    TaskLog(TaskId),
    /// The services.
    Services,
    /// How a service fared.
    ServiceHistory(ServiceId),
    /// The alerts that are active.
    Alerts,
    /// The alerts of the past and the present, the latest first.
    AlertHistory,
    /// The last few alerts, for the dashboard.
    LatestAlerts,
    /// The rules for alerts.
    Rules,
    /// The silences that have not ended.
    Silences,
    /// The latest of the audit log.
    Audit,
    /// The connections to Proxmox.
    Connections,
    /// The notification channels.
    Channels,
}

/// An answer to a question: what it holds is what the question asks for.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is named as its question")]
pub enum Answer {
    System(Box<System>),
    Overview(Box<Overview>),
    Nodes(Vec<Node>),
    Vms(Vec<Vm>),
    Tasks(Vec<Task>),
    Vm(Box<Vm>),
    Series(Box<SourceSeries>),
    TaskLog(TaskLog),
    Services(Vec<Service>),
    ServiceHistory(Box<ServiceHistory>),
    Alerts(Vec<Alert>),
    AlertHistory(Vec<Alert>),
    LatestAlerts(Vec<Alert>),
    Rules(Vec<AlertRule>),
    Silences(Vec<Silence>),
    Audit(Vec<AuditEntry>),
    Connections(Vec<ProxmoxConnection>),
    Channels(Vec<Channel>),
}

/// Everything that the daemon told.
#[derive(Debug, Default)]
pub struct Store {
    /// How the daemon is.
    pub system: Remote<Box<System>>,
    /// Everything in numbers.
    pub overview: Remote<Box<Overview>>,
    /// The nodes.
    pub nodes: Remote<Vec<Node>>,
    /// The guests, without their configurations.
    pub vms: Remote<Vec<Vm>>,
    /// The latest tasks.
    pub tasks: Remote<Vec<Task>>,
    /// The services.
    pub services: Remote<Vec<Service>>,
    /// The alerts that are active.
    pub alerts: Remote<Vec<Alert>>,
    /// The alerts of the past and the present, the latest first.
    pub alert_history: Remote<Vec<Alert>>,
    /// The last few alerts.
    pub latest_alerts: Remote<Vec<Alert>>,
    /// The rules for alerts.
    pub rules: Remote<Vec<AlertRule>>,
    /// The silences that have not ended.
    pub silences: Remote<Vec<Silence>>,
    /// The latest of the audit log.
    pub audit: Remote<Vec<AuditEntry>>,
    /// The connections to Proxmox.
    pub connections: Remote<Vec<ProxmoxConnection>>,
    /// The notification channels.
    pub channels: Remote<Vec<Channel>>,
    details: Keyed<VmId, Box<Vm>>,
    series: Keyed<(Uuid, Range), Box<SourceSeries>>,
    logs: Keyed<TaskId, TaskLog>,
    histories: Keyed<ServiceId, Box<ServiceHistory>>,
}

impl Store {
    /// A guest with its configuration.
    #[must_use]
    pub fn vm(&self, id: VmId) -> Option<&Remote<Box<Vm>>> {
        self.details.get(id)
    }

    /// A history.
    #[must_use]
    pub fn history(&self, source: Uuid, range: Range) -> Option<&Remote<Box<SourceSeries>>> {
        self.series.get((source, range))
    }

    /// What a task's worker wrote.
    #[must_use]
    pub fn log(&self, task: TaskId) -> Option<&Remote<TaskLog>> {
        self.logs.get(task)
    }

    /// How a service fared.
    #[must_use]
    pub fn service_history(&self, id: ServiceId) -> Option<&Remote<Box<ServiceHistory>>> {
        self.histories.get(id)
    }

    /// A guest, out of the list.
    #[must_use]
    pub fn guest(&self, id: VmId) -> Option<&Vm> {
        rows(&self.vms).iter().find(|vm| vm.id == id)
    }

    /// A node, out of the list.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        rows(&self.nodes).iter().find(|node| node.id == id)
    }

    /// A service, out of the list.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        rows(&self.services).iter().find(|service| service.id == id)
    }

    /// A rule, out of the list.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&AlertRule> {
        rows(&self.rules).iter().find(|rule| rule.id == id)
    }

    /// A task, out of the list.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        rows(&self.tasks).iter().find(|task| task.id == id)
    }

    /// What a thing is called, with its kind where the name alone says little; its id where it is not known.
    #[must_use]
    pub fn name_of(&self, kind: AlertSource, id: Uuid) -> String {
        let name = match kind {
            AlertSource::Node => self.node(NodeId(id)).map(|node| node.hostname.clone()),
            AlertSource::Vm => self.guest(VmId(id)).map(|vm| format!("{} {}", vm.vmid, vm.name)),
            AlertSource::Service => self.service(ServiceId(id)).map(|service| service.name.clone()),
            AlertSource::Connection => {
                rows(&self.connections).iter().find(|connection| connection.id.0 == id).map(|found| found.name.clone())
            }
            AlertSource::Channel => {
                rows(&self.channels).iter().find(|channel| channel.id.0 == id).map(|channel| channel.name.clone())
            }
        };
        name.unwrap_or_else(|| format!("{kind} {id}"))
    }

    /// When Proxmox was last seen to say what is shown: of several clusters the one that was seen longest ago. `None`
    /// while none was.
    #[must_use]
    pub fn observed_at(&self) -> Option<DateTime<Utc>> {
        self.system.seen()?.value.connections.iter().filter_map(|connection| connection.last_success_at).min()
    }

    /// Forgets everything: from now on somebody else is asked. An answer that is still awaited counts no more.
    pub fn forget(&mut self) {
        self.system.forget();
        self.overview.forget();
        self.nodes.forget();
        self.vms.forget();
        self.tasks.forget();
        self.services.forget();
        self.alerts.forget();
        self.alert_history.forget();
        self.latest_alerts.forget();
        self.rules.forget();
        self.silences.forget();
        self.audit.forget();
        self.connections.forget();
        self.channels.forget();
        self.details = Keyed::default();
        self.series = Keyed::default();
        self.logs = Keyed::default();
        self.histories = Keyed::default();
    }

    fn remote(&self, question: Question) -> Option<&dyn Asked> {
        fn some<T>(remote: &Remote<T>) -> Option<&dyn Asked> {
            Some(remote)
        }
        fn known<T>(remote: Option<&Remote<T>>) -> Option<&dyn Asked> {
            remote.map(|remote| remote as &dyn Asked)
        }
        match question {
            Question::System => some(&self.system),
            Question::Overview => some(&self.overview),
            Question::Nodes => some(&self.nodes),
            Question::Vms => some(&self.vms),
            Question::Tasks => some(&self.tasks),
            Question::Services => some(&self.services),
            Question::Alerts => some(&self.alerts),
            Question::AlertHistory => some(&self.alert_history),
            Question::LatestAlerts => some(&self.latest_alerts),
            Question::Rules => some(&self.rules),
            Question::Silences => some(&self.silences),
            Question::Audit => some(&self.audit),
            Question::Connections => some(&self.connections),
            Question::Channels => some(&self.channels),
            Question::Vm(id) => known(self.details.get(id)),
            Question::Series(source, range) => known(self.series.get((source, range))),
            Question::TaskLog(id) => known(self.logs.get(id)),
            Question::ServiceHistory(id) => known(self.histories.get(id)),
        }
    }

    fn remote_mut(&mut self, question: Question) -> &mut dyn Asked {
        match question {
            Question::System => &mut self.system,
            Question::Overview => &mut self.overview,
            Question::Nodes => &mut self.nodes,
            Question::Vms => &mut self.vms,
            Question::Tasks => &mut self.tasks,
            Question::Services => &mut self.services,
            Question::Alerts => &mut self.alerts,
            Question::AlertHistory => &mut self.alert_history,
            Question::LatestAlerts => &mut self.latest_alerts,
            Question::Rules => &mut self.rules,
            Question::Silences => &mut self.silences,
            Question::Audit => &mut self.audit,
            Question::Connections => &mut self.connections,
            Question::Channels => &mut self.channels,
            Question::Vm(id) => self.details.get_mut(id),
            Question::Series(source, range) => self.series.get_mut((source, range)),
            Question::TaskLog(id) => self.logs.get_mut(id),
            Question::ServiceHistory(id) => self.histories.get_mut(id),
        }
    }

    /// Notes that a question is being asked, and gives the generation that the answer will carry.
    pub fn ask(&mut self, question: Question) -> u64 {
        self.remote_mut(question).ask()
    }

    /// When a question is due to be asked again; `None` while its answer is awaited.
    #[must_use]
    pub fn due(&self, question: Question, every: Duration) -> Option<DateTime<Utc>> {
        self.remote(question).map_or(Some(DateTime::UNIX_EPOCH), |remote| remote.due(every))
    }

    /// When the last answer came; `None` before the first.
    #[must_use]
    pub fn seen_at(&self, question: Question) -> Option<DateTime<Utc>> {
        self.remote(question)?.seen_at()
    }

    /// Makes a question due now.
    pub fn invalidate(&mut self, question: Question) {
        self.remote_mut(question).invalidate();
    }

    /// Takes an answer, unless a newer question is under way; says whether it was taken.
    pub fn answer(
        &mut self,
        question: Question,
        generation: u64,
        result: Result<Answer, Failure>,
        now: DateTime<Utc>,
    ) -> bool {
        macro_rules! take {
            ($remote:expr, $variant:ident) => {
                match result {
                    Ok(Answer::$variant(value)) => $remote.answer(generation, Ok(value), now),
                    Ok(_) => false,
                    Err(failure) => $remote.answer(generation, Err(failure), now),
                }
            };
        }
        match question {
            Question::System => take!(self.system, System),
            Question::Overview => take!(self.overview, Overview),
            Question::Nodes => take!(self.nodes, Nodes),
            Question::Vms => take!(self.vms, Vms),
            Question::Tasks => take!(self.tasks, Tasks),
            Question::Services => take!(self.services, Services),
            Question::Alerts => take!(self.alerts, Alerts),
            Question::AlertHistory => take!(self.alert_history, AlertHistory),
            Question::LatestAlerts => take!(self.latest_alerts, LatestAlerts),
            Question::Rules => take!(self.rules, Rules),
            Question::Silences => take!(self.silences, Silences),
            Question::Audit => take!(self.audit, Audit),
            Question::Connections => take!(self.connections, Connections),
            Question::Channels => take!(self.channels, Channels),
            Question::Vm(id) => take!(self.details.get_mut(id), Vm),
            Question::Series(source, range) => take!(self.series.get_mut((source, range)), Series),
            Question::TaskLog(id) => take!(self.logs.get_mut(id), TaskLog),
            Question::ServiceHistory(id) => take!(self.histories.get_mut(id), ServiceHistory),
        }
    }
}

/// The rows of a list; none while it is not known.
#[must_use]
pub fn rows<T>(remote: &Remote<Vec<T>>) -> &[T] {
    remote.seen().map(|seen| seen.value.as_slice()).unwrap_or_default()
}
