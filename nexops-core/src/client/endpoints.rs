//! The operations, in the order of the API's own table. Each is named as in the OpenAPI document.

use reqwest::Method;
use uuid::Uuid;

use super::events::EventStream;
use super::{Client, Result};
use crate::alert::preview::{Preview, PreviewRequest};
use crate::alert::rule::{AlertRule, ListRules, RuleDefinition};
use crate::alert::silence::{CreateSilence, ListSilences, Silence};
use crate::alert::{Alert, AlertNote, ListAlerts};
use crate::audit::{AuditEntry, ListAuditLogs};
use crate::envelope::{Envelope, ListEnvelope};
use crate::event::EventQuery;
use crate::id::{AlertId, ConnectionId, DeliveryId, NodeId, RuleId, ServiceId, SilenceId, TaskId};
use crate::metric::{SeriesQuery, SourceSeries};
use crate::node::{ListNodes, Node};
use crate::notification::{
    AlertDeliveriesQuery, Channel, ChannelDraft, Delivery, ListChannels, ListDeliveries, TestReport,
};
use crate::overview::Overview;
use crate::service::{HistoryQuery, ListServices, Service, ServiceHistory, ServiceSettings};
use crate::settings::{ListProxmoxConnections, ProxmoxConnection, ProxmoxConnectionDraft, ProxmoxTest, ProxmoxTrial};
use crate::system::System;
use crate::task::{ListTasks, Task, TaskLog, TaskLogQuery};
use crate::usage::Usage;
use crate::vm::{ListVms, PowerAction, UsageQuery, Vm, VmRef};

/// # Errors
/// Every operation fails with [`super::Error`]: the daemon's own refusal, or that it could not be reached or understood.
impl Client {
    /// One page of the nodes.
    pub async fn list_nodes(&self, query: &ListNodes) -> Result<ListEnvelope<Node>> {
        self.list("/infrastructure/nodes", query).await
    }

    /// One node.
    pub async fn find_node(&self, id: NodeId) -> Result<Envelope<Node>> {
        self.get(format!("/infrastructure/nodes/{id}")).await
    }

    /// What a node uses now.
    pub async fn node_usage(&self, id: NodeId) -> Result<Envelope<Usage>> {
        self.get(format!("/infrastructure/nodes/{id}/metrics")).await
    }

    /// One page of the guests, without their configurations.
    pub async fn list_vms(&self, query: &ListVms) -> Result<ListEnvelope<Vm>> {
        self.list("/infrastructure/vms", query).await
    }

    /// One guest, with its configuration.
    pub async fn find_vm(&self, vm: impl Into<VmRef>) -> Result<Envelope<Vm>> {
        self.get(format!("/infrastructure/vms/{}", vm.into())).await
    }

    /// What a guest uses now.
    pub async fn vm_usage(&self, vm: impl Into<VmRef>, query: &UsageQuery) -> Result<Envelope<Usage>> {
        self.get_with(format!("/infrastructure/vms/{}/metrics", vm.into()), query).await
    }

    /// Starts a guest.
    pub async fn start_vm(&self, vm: impl Into<VmRef>) -> Result<Envelope<Task>> {
        self.act_on_vm(vm, PowerAction::Start).await
    }

    /// Switches a guest off without asking it.
    pub async fn stop_vm(&self, vm: impl Into<VmRef>) -> Result<Envelope<Task>> {
        self.act_on_vm(vm, PowerAction::Stop).await
    }

    /// Shuts a guest down and starts it again.
    pub async fn restart_vm(&self, vm: impl Into<VmRef>) -> Result<Envelope<Task>> {
        self.act_on_vm(vm, PowerAction::Restart).await
    }

    /// Asks a guest to shut down.
    pub async fn shutdown_vm(&self, vm: impl Into<VmRef>) -> Result<Envelope<Task>> {
        self.act_on_vm(vm, PowerAction::Shutdown).await
    }

    /// Presses a virtual machine's reset button.
    pub async fn reset_vm(&self, vm: impl Into<VmRef>) -> Result<Envelope<Task>> {
        self.act_on_vm(vm, PowerAction::Reset).await
    }

    /// Freezes a guest in memory.
    pub async fn suspend_vm(&self, vm: impl Into<VmRef>) -> Result<Envelope<Task>> {
        self.act_on_vm(vm, PowerAction::Suspend).await
    }

    /// Lets a frozen guest go on.
    pub async fn resume_vm(&self, vm: impl Into<VmRef>) -> Result<Envelope<Task>> {
        self.act_on_vm(vm, PowerAction::Resume).await
    }

    /// Sends any power action. The answer is a task under way: Proxmox has accepted it, no more.
    pub async fn act_on_vm(&self, vm: impl Into<VmRef>, action: PowerAction) -> Result<Envelope<Task>> {
        self.post(format!("/infrastructure/vms/{}/{action}", vm.into())).await
    }

    /// One page of the tasks.
    pub async fn list_tasks(&self, query: &ListTasks) -> Result<ListEnvelope<Task>> {
        self.list("/tasks", query).await
    }

    /// One task.
    pub async fn find_task(&self, id: TaskId) -> Result<Envelope<Task>> {
        self.get(format!("/tasks/{id}")).await
    }

    /// A piece of a task's log.
    pub async fn task_log(&self, id: TaskId, query: &TaskLogQuery) -> Result<Envelope<TaskLog>> {
        self.get_with(format!("/tasks/{id}/log"), query).await
    }

    /// Everything at a glance.
    pub async fn metrics_overview(&self) -> Result<Envelope<Overview>> {
        self.get("/metrics/overview").await
    }

    /// One page of the services.
    pub async fn list_services(&self, query: &ListServices) -> Result<ListEnvelope<Service>> {
        self.list("/services", query).await
    }

    /// Makes a service.
    pub async fn create_service(&self, settings: &ServiceSettings) -> Result<Envelope<Service>> {
        self.send_body(Method::POST, "/services", settings).await
    }

    /// One service.
    pub async fn find_service(&self, id: ServiceId) -> Result<Envelope<Service>> {
        self.get(format!("/services/{id}")).await
    }

    /// Replaces what is decided about a service; only at that version, if one is given.
    pub async fn update_service(
        &self,
        id: ServiceId,
        settings: &ServiceSettings,
        version: Option<i64>,
    ) -> Result<Envelope<Service>> {
        self.replace(format!("/services/{id}"), settings, version).await
    }

    /// Deletes a service; only at that version, if one is given.
    pub async fn delete_service(&self, id: ServiceId, version: Option<i64>) -> Result<Envelope<Service>> {
        self.delete_version(format!("/services/{id}"), version).await
    }

    /// Checks a service now.
    pub async fn check_service(&self, id: ServiceId) -> Result<Envelope<Service>> {
        self.post(format!("/services/{id}/check")).await
    }

    /// How a service fared.
    pub async fn service_history(&self, id: ServiceId, query: &HistoryQuery) -> Result<Envelope<ServiceHistory>> {
        self.get_with(format!("/services/{id}/history"), query).await
    }

    /// The history of a node, guest or service.
    pub async fn metric_series(&self, source_id: Uuid, query: &SeriesQuery) -> Result<Envelope<SourceSeries>> {
        self.get_with(format!("/metrics/{source_id}"), query).await
    }

    /// One page of the connections to Proxmox.
    pub async fn list_proxmox_connections(
        &self,
        query: &ListProxmoxConnections,
    ) -> Result<ListEnvelope<ProxmoxConnection>> {
        self.list("/settings/proxmox", query).await
    }

    /// Makes a connection to Proxmox.
    pub async fn create_proxmox_connection(
        &self,
        draft: &ProxmoxConnectionDraft,
    ) -> Result<Envelope<ProxmoxConnection>> {
        self.send_body(Method::POST, "/settings/proxmox", draft).await
    }

    /// One connection to Proxmox.
    pub async fn find_proxmox_connection(&self, id: ConnectionId) -> Result<Envelope<ProxmoxConnection>> {
        self.get(format!("/settings/proxmox/{id}")).await
    }

    /// Changes a connection to Proxmox.
    pub async fn update_proxmox_connection(
        &self,
        id: ConnectionId,
        draft: &ProxmoxConnectionDraft,
    ) -> Result<Envelope<ProxmoxConnection>> {
        self.send_body(Method::PUT, format!("/settings/proxmox/{id}"), draft).await
    }

    /// Deletes a connection to Proxmox, and everything that was seen through it; gives it as it was.
    pub async fn delete_proxmox_connection(&self, id: ConnectionId) -> Result<Envelope<ProxmoxConnection>> {
        self.delete(format!("/settings/proxmox/{id}")).await
    }

    /// Tries a connection to Proxmox.
    pub async fn test_proxmox_connection(&self, test: &ProxmoxTest) -> Result<Envelope<ProxmoxTrial>> {
        self.send_body(Method::POST, "/settings/proxmox/test", test).await
    }

    /// One page of the alerts, active and past.
    pub async fn list_alerts(&self, query: &ListAlerts) -> Result<ListEnvelope<Alert>> {
        self.list("/alerts", query).await
    }

    /// One alert.
    pub async fn find_alert(&self, id: AlertId) -> Result<Envelope<Alert>> {
        self.get(format!("/alerts/{id}")).await
    }

    /// Notes that somebody knows of an alert.
    pub async fn acknowledge_alert(&self, id: AlertId, note: &AlertNote) -> Result<Envelope<Alert>> {
        self.send_body(Method::POST, format!("/alerts/{id}/acknowledge"), note).await
    }

    /// Closes an alert by hand.
    pub async fn resolve_alert(&self, id: AlertId, note: &AlertNote) -> Result<Envelope<Alert>> {
        self.send_body(Method::POST, format!("/alerts/{id}/resolve"), note).await
    }

    /// When a rule would have fired.
    pub async fn preview_alert_rule(&self, request: &PreviewRequest) -> Result<Envelope<Preview>> {
        self.send_body(Method::POST, "/alerts/rules/preview", request).await
    }

    /// One page of the alert rules.
    pub async fn list_alert_rules(&self, query: &ListRules) -> Result<ListEnvelope<AlertRule>> {
        self.list("/alerts/rules", query).await
    }

    /// The alert rules that are offered to begin with.
    pub async fn list_starter_rules(&self) -> Result<ListEnvelope<RuleDefinition>> {
        self.send(self.request(Method::GET, "/alerts/rules/starters")).await
    }

    /// Makes an alert rule.
    pub async fn create_alert_rule(&self, definition: &RuleDefinition) -> Result<Envelope<AlertRule>> {
        self.send_body(Method::POST, "/alerts/rules", definition).await
    }

    /// One alert rule.
    pub async fn find_alert_rule(&self, id: RuleId) -> Result<Envelope<AlertRule>> {
        self.get(format!("/alerts/rules/{id}")).await
    }

    /// Replaces what an alert rule says; only of that version, if one is given.
    pub async fn update_alert_rule(
        &self,
        id: RuleId,
        definition: &RuleDefinition,
        version: Option<i64>,
    ) -> Result<Envelope<AlertRule>> {
        self.replace(format!("/alerts/rules/{id}"), definition, version).await
    }

    /// Deletes an alert rule; only that version of it, if one is given.
    pub async fn delete_alert_rule(&self, id: RuleId, version: Option<i64>) -> Result<Envelope<AlertRule>> {
        self.delete_version(format!("/alerts/rules/{id}"), version).await
    }

    /// One page of the silences.
    pub async fn list_silences(&self, query: &ListSilences) -> Result<ListEnvelope<Silence>> {
        self.list("/alerts/silences", query).await
    }

    /// Makes a silence.
    pub async fn create_silence(&self, silence: &CreateSilence) -> Result<Envelope<Silence>> {
        self.send_body(Method::POST, "/alerts/silences", silence).await
    }

    /// Ends a silence now.
    pub async fn end_silence(&self, id: SilenceId) -> Result<Envelope<Silence>> {
        self.delete(format!("/alerts/silences/{id}")).await
    }

    /// One page of the audit log.
    pub async fn list_audit_logs(&self, query: &ListAuditLogs) -> Result<ListEnvelope<AuditEntry>> {
        self.list("/audit-logs", query).await
    }

    /// Follows what happens, after the given event or from now on. The stream is connected; it goes on across broken
    /// connections.
    pub async fn events(&self, query: &EventQuery, after: Option<i64>) -> Result<EventStream> {
        EventStream::open(self, query, after).await
    }

    /// One page of the channels.
    pub async fn list_channels(&self, query: &ListChannels) -> Result<ListEnvelope<Channel>> {
        self.list("/settings/notifications", query).await
    }

    /// Makes a channel.
    pub async fn create_channel(&self, draft: &ChannelDraft) -> Result<Envelope<Channel>> {
        self.send_body(Method::POST, "/settings/notifications", draft).await
    }

    /// One channel.
    pub async fn find_channel(&self, name: &str) -> Result<Envelope<Channel>> {
        self.get(format!("/settings/notifications/{}", segment(name))).await
    }

    /// Changes a channel.
    pub async fn update_channel(&self, name: &str, draft: &ChannelDraft) -> Result<Envelope<Channel>> {
        self.send_body(Method::PUT, format!("/settings/notifications/{}", segment(name)), draft).await
    }

    /// Deletes a channel, and gives it as it was.
    pub async fn delete_channel(&self, name: &str) -> Result<Envelope<Channel>> {
        self.delete(format!("/settings/notifications/{}", segment(name))).await
    }

    /// Sends a test over a channel and waits for what comes of it.
    pub async fn test_channel(&self, name: &str) -> Result<Envelope<TestReport>> {
        self.post(format!("/settings/notifications/{}/test", segment(name))).await
    }

    /// One page of what became of messages.
    pub async fn list_deliveries(&self, query: &ListDeliveries) -> Result<ListEnvelope<Delivery>> {
        self.list("/notifications/deliveries", query).await
    }

    /// Queues a delivery again that was given up.
    pub async fn requeue_delivery(&self, id: DeliveryId) -> Result<Envelope<Delivery>> {
        self.post(format!("/notifications/deliveries/{id}/requeue")).await
    }

    /// One page of what became of an alert's messages.
    pub async fn alert_deliveries(&self, id: AlertId, query: &AlertDeliveriesQuery) -> Result<ListEnvelope<Delivery>> {
        self.list(&format!("/alerts/{id}/deliveries"), query).await
    }

    /// The daemon's account of itself.
    pub async fn system(&self) -> Result<Envelope<System>> {
        self.get("/system").await
    }
}

/// A name as one piece of a path, whatever is in it.
fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}
