//! Channels, and trials of them.

use chrono::{DateTime, Utc};
use nexops_core::notification::{Channel, ChannelSettings, ChannelStatus, TestOutcome, TestReport};

use crate::color::Tone;
use crate::format::{UNKNOWN, ago, timestamp};
use crate::output::{Cell, Column, Field, Row};

impl Row for Channel {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "NAME", cell: |channel, _| Cell::plain(&channel.name) },
        Column { header: "KIND", cell: |channel, _| Cell::plain(channel.settings.kind().as_str()) },
        Column { header: "STATUS", cell: |channel, _| status(channel) },
        Column { header: "TO", cell: |channel, _| Cell::plain(target(&channel.settings)) },
        Column { header: "PENDING", cell: |channel, _| Cell::plain(channel.pending.to_string()) },
        Column { header: "LAST SENT", cell: |channel, now| sent(channel, now) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "SECRET", cell: |channel, _| Cell::plain(yes_or_no(channel.has_secret)) },
        Column { header: "LAST ERROR", cell: |channel, _| Cell::maybe(error(channel)) },
        Column { header: "ID", cell: |channel, _| Cell::plain(channel.id.to_string()) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |channel| Some(channel.id.to_string()) },
        Field { name: "name", value: |channel| Some(channel.name.clone()) },
        Field { name: "kind", value: |channel| Some(channel.settings.kind().to_string()) },
        Field { name: "status", value: |channel| Some(channel.status.to_string()) },
        Field { name: "enabled", value: |channel| Some(channel.enabled.to_string()) },
        Field { name: "to", value: |channel| Some(target(&channel.settings)) },
        Field { name: "has_secret", value: |channel| Some(channel.has_secret.to_string()) },
        Field { name: "pending", value: |channel| Some(channel.pending.to_string()) },
        Field { name: "last_success_at", value: |channel| channel.last_success_at.map(timestamp) },
        Field { name: "failing_since", value: |channel| channel.failing_since.map(timestamp) },
        Field { name: "last_error", value: error },
        Field { name: "created_at", value: |channel| Some(timestamp(channel.created_at)) },
        Field { name: "updated_at", value: |channel| Some(timestamp(channel.updated_at)) },
    ];

    fn name(&self) -> String {
        self.name.clone()
    }
}

fn status(channel: &Channel) -> Cell {
    match (channel.enabled, channel.status) {
        (false, _) => Cell::new("disabled", Tone::Dim),
        (true, ChannelStatus::Untried) => Cell::new("untried", Tone::Odd),
        (true, ChannelStatus::Ok) => Cell::new("ok", Tone::Good),
        (true, ChannelStatus::Failing) => Cell::new("failing", Tone::Bad),
    }
}

/// Whom it reaches, as far as that is no secret.
fn target(settings: &ChannelSettings) -> String {
    match settings {
        ChannelSettings::Discord { webhook_url: _ } | ChannelSettings::Slack { webhook_url: _ } => UNKNOWN.to_owned(),
        ChannelSettings::Email { to, .. } => to.join(";"),
        ChannelSettings::Webhook { url, secret: _ } => url.clone(),
    }
}

const fn yes_or_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn sent(channel: &Channel, now: DateTime<Utc>) -> Cell {
    Cell::maybe(channel.last_success_at.map(|time| ago(time, now)))
}

fn error(channel: &Channel) -> Option<String> {
    channel.last_error.as_ref().map(|error| error.message.clone())
}

/// A channel, key by key.
pub fn describe(channel: &Channel, now: DateTime<Utc>) -> Vec<(&'static str, Cell)> {
    let mut lines = vec![
        ("Name", Cell::plain(&channel.name)),
        ("Kind", Cell::plain(channel.settings.kind().as_str())),
        ("Status", status(channel)),
    ];
    match &channel.settings {
        ChannelSettings::Discord { webhook_url: _ } | ChannelSettings::Slack { webhook_url: _ } => {}
        ChannelSettings::Email { host, port, security, username, password: _, from, to } => lines.extend([
            ("Server", Cell::plain(format!("{host}:{}", port.unwrap_or(security.port())))),
            ("Security", Cell::plain(security.as_str())),
            ("Username", Cell::maybe(username.as_deref())),
            ("From", Cell::plain(from)),
            ("To", Cell::plain(to.join(", "))),
        ]),
        ChannelSettings::Webhook { url, secret: _ } => lines.push(("To", Cell::plain(url))),
    }
    lines.extend([
        ("Secret", Cell::plain(if channel.has_secret { "known" } else { "none" })),
        ("Pending", Cell::plain(channel.pending.to_string())),
        ("Last sent", sent(channel, now)),
        ("Failing since", Cell::maybe(channel.failing_since.map(|time| ago(time, now)))),
        ("Last error", Cell::maybe(error(channel))),
        ("Changed", Cell::plain(ago(channel.updated_at, now))),
        ("ID", Cell::plain(channel.id.to_string())),
    ]);
    lines
}

/// What came of a test, key by key.
pub fn describe_test(report: &TestReport) -> Vec<(&'static str, Cell)> {
    let tone = match report.outcome {
        TestOutcome::Delivered => Tone::Good,
        TestOutcome::Failed => Tone::Bad,
        TestOutcome::Pending => Tone::Odd,
    };
    vec![
        ("Outcome", Cell::new(report.outcome.as_str(), tone)),
        ("Failure", Cell::maybe(report.failure.as_ref().map(|failure| &failure.message))),
        ("Delivery", Cell::plain(report.delivery_id.to_string())),
    ]
}
