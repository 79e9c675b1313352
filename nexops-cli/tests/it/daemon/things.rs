//! Builders for what people set up, and for alerts.

use chrono::TimeDelta;
use nexops_core::alert::rule::{AlertRule, Condition, OnMissing};
use nexops_core::alert::{Alert, AlertKind, AlertSource, AlertStatus, Severity};
use nexops_core::id::{AlertId, ChannelId, ConnectionId, RuleId, ServiceId};
use nexops_core::metric::{Metric, SourceType};
use nexops_core::notification::{Channel, ChannelSettings, ChannelStatus};
use nexops_core::service::{CheckSettings, Service, ServiceStatus, ServiceType};
use nexops_core::settings::ProxmoxConnection;

use super::{id, now, then};

/// A connection as the settings show it.
pub fn proxmox_connection(name: &str) -> ProxmoxConnection {
    ProxmoxConnection {
        id: ConnectionId(id(1)),
        name: name.to_owned(),
        hosts: vec!["pve1".to_owned()],
        port: 8006,
        user: "nexops@pve".to_owned(),
        token_name: "nexops".to_owned(),
        has_token: true,
        verify_tls: true,
        fingerprint: None,
        enabled: true,
        managed_by_environment: false,
        cluster: Some("homelab".to_owned()),
        pve_version: Some("9.1.7".to_owned()),
        same_cluster_as: None,
        last_success_at: Some(then()),
        last_error: None,
        warning: None,
        created_at: then(),
        updated_at: then(),
    }
}

/// A channel that works, with its secret stored.
pub fn channel(number: u128, name: &str, settings: ChannelSettings) -> Channel {
    Channel {
        id: ChannelId(id(number)),
        name: name.to_owned(),
        settings,
        has_secret: true,
        enabled: true,
        status: ChannelStatus::Ok,
        last_success_at: Some(then()),
        failing_since: None,
        last_error: None,
        pending: 0,
        created_at: then(),
        updated_at: then(),
    }
}

/// A service that is well.
pub fn service(number: u128, name: &str) -> Service {
    Service {
        id: ServiceId(id(number)),
        name: name.to_owned(),
        description: String::new(),
        kind: ServiceType::External,
        status: ServiceStatus::Healthy,
        status_reason: None,
        status_since: then(),
        explanation: None,
        health_check_url: Some(format!("https://{name}.example/health")),
        vm_id: None,
        vm: None,
        namespace: None,
        metadata: serde_json::json!({"owner": "ann"}),
        enabled: true,
        check: CheckSettings::default(),
        last_health_check: Some(now()),
        failures: 0,
        last_error: None,
        response_time_ms: Some(12.4),
        certificate_expires_at: Some(now() + TimeDelta::hours(24 * 30 + 1)),
        uptime_24h: Some(99.999),
        version: 3,
        created_at: then(),
        updated_at: then(),
    }
}

/// A rule that watches the processors of guests.
pub fn rule(number: u128, name: &str) -> AlertRule {
    AlertRule {
        id: RuleId(id(number)),
        name: name.to_owned(),
        description: String::new(),
        metric_name: Metric::CpuUsage,
        condition: Condition::Gt,
        threshold: 90.0,
        duration_seconds: 300,
        severity: Severity::Warning,
        enabled: true,
        notification_channels: vec!["operators".to_owned()],
        source_type: Some(SourceType::Vm),
        source_id: None,
        clear_threshold: Some(80.0),
        clear_duration_seconds: 60,
        on_missing: OnMissing::Keep,
        repeat_interval_seconds: None,
        version: 2,
        created_at: then(),
        updated_at: then(),
    }
}

/// A warning about web-1 that fires.
pub fn alert(number: u128, title: &str) -> Alert {
    Alert {
        id: AlertId(id(number)),
        kind: AlertKind::Condition,
        rule_id: Some(RuleId(id(1))),
        rule_name: Some("cpu-high".to_owned()),
        source_type: AlertSource::Vm,
        source_id: id(101),
        source_name: Some("web-1".to_owned()),
        metric_name: Some(Metric::CpuUsage),
        severity: Severity::Warning,
        status: AlertStatus::Firing,
        title: title.to_owned(),
        description: String::new(),
        value: Some(97.0),
        resolution: None,
        note: None,
        stale: false,
        silenced: false,
        inhibited: false,
        flapping: false,
        started_at: then(),
        fired_at: then(),
        acknowledged_at: None,
        acknowledged_by: None,
        resolved_at: None,
    }
}
