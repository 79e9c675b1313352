//! What a message says, before a channel dresses it: the same words everywhere.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use nexops_core::alert::{Resolution, Severity};
use nexops_core::metric::{Metric, Unit};
use nexops_core::notification::{AlertFacts, DeliveryEvent};

use super::{Event, Message};

/// How a message looks at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Somebody must act.
    Critical,
    /// Somebody should look.
    Warning,
    /// Worth knowing.
    Info,
    /// It is over.
    Good,
    /// It is over, but not known to be well.
    Over,
}

impl Mood {
    /// A sign for it, for places without colours.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Critical => "🔴",
            Self::Warning => "🟠",
            Self::Info => "🔵",
            Self::Good => "🟢",
            Self::Over => "⚪",
        }
    }

    /// Its colour, as 0xRRGGBB.
    pub const fn colour(self) -> u32 {
        match self {
            Self::Critical => 0x00d6_3031,
            Self::Warning => 0x00e1_7f0e,
            Self::Info => 0x0032_74d9,
            Self::Good => 0x0037_872d,
            Self::Over => 0x008e_8e8e,
        }
    }
}

/// How an event looks at first sight.
pub fn mood(event: &Event) -> Mood {
    match event.kind {
        DeliveryEvent::Resolved => Mood::Good,
        DeliveryEvent::Closed => Mood::Over,
        DeliveryEvent::Test => Mood::Info,
        DeliveryEvent::Firing
        | DeliveryEvent::SeverityRaised
        | DeliveryEvent::Reminder
        | DeliveryEvent::Flapping
        | DeliveryEvent::NoData => match event.facts.severity {
            Severity::Critical => Mood::Critical,
            Severity::Warning => Mood::Warning,
            Severity::Info => Mood::Info,
        },
    }
}

/// How a whole message looks: as bad as the worst of its events.
pub fn mood_of_all(message: &Message) -> Mood {
    let moods = [Mood::Critical, Mood::Warning, Mood::Info, Mood::Over, Mood::Good];
    let worst = moods.into_iter().find(|wanted| message.events.iter().any(|event| mood(event) == *wanted));
    worst.unwrap_or(Mood::Info)
}

/// What happened, in capitals.
pub fn label(event: &Event) -> &'static str {
    let severity = event.facts.severity;
    match event.kind {
        DeliveryEvent::Firing => match severity {
            Severity::Critical => "CRITICAL",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        DeliveryEvent::SeverityRaised => match severity {
            Severity::Critical => "NOW CRITICAL",
            Severity::Warning => "NOW A WARNING",
            Severity::Info => "NOW INFO",
        },
        DeliveryEvent::Reminder => match severity {
            Severity::Critical => "STILL CRITICAL",
            Severity::Warning => "STILL A WARNING",
            Severity::Info => "STILL SO",
        },
        DeliveryEvent::Resolved => "RESOLVED",
        DeliveryEvent::Closed => "CLOSED",
        DeliveryEvent::Flapping => "FLAPPING",
        DeliveryEvent::NoData => "NO DATA",
        DeliveryEvent::Test => "TEST",
    }
}

/// An event in a line.
pub fn line(event: &Event) -> String {
    format!("{}: {}", label(event), plain(&event.facts.title))
}

/// A message in a line: its only event, or how many of which kind and where.
pub fn headline(message: &Message) -> String {
    let [event] = message.events.as_slice() else {
        let over = message.events.iter().filter(|event| event.kind.is_ending()).count();
        let open = message.events.len() - over;
        let counts = match (open, over) {
            (open, 0) => format!("{open} alerts"),
            (0, over) => format!("{over} alerts over"),
            (open, over) => format!("{} and {over} over", alerts(open)),
        };
        let place = shared(message, |facts| facts.node.as_deref()).map(|node| format!(" on {node}"));
        let place =
            place.or_else(|| shared(message, |facts| facts.connection.as_deref()).map(|on| format!(" in {on}")));
        return plain(&format!("{counts}{}", place.unwrap_or_default()));
    };
    line(event)
}

fn alerts(count: usize) -> String {
    if count == 1 { "1 alert".to_owned() } else { format!("{count} alerts") }
}

/// What all events of a message have in common, if they have.
fn shared<'a>(message: &'a Message, part: impl Fn(&'a AlertFacts) -> Option<&'a str>) -> Option<&'a str> {
    let mut parts = message.events.iter().map(|event| part(&event.facts));
    let first = parts.next()??;
    parts.all(|other| other == Some(first)).then_some(first)
}

/// What else is to be said of an event: pairs of a name and a text.
pub fn details(event: &Event) -> Vec<(&'static str, String)> {
    let facts = &event.facts;
    let mut details = vec![("Source", format!("{} {}", facts.source_type, facts.source_name))];
    let mut add = |name, text: Option<String>| details.extend(text.map(|text| (name, text)));
    add("Node", facts.node.clone().filter(|node| *node != facts.source_name));
    add("Cluster", facts.connection.clone().filter(|connection| *connection != facts.source_name));
    add("Value", facts.value.filter(|value| value.is_finite()).map(|value| value_in_words(facts.metric_name, value)));
    add("Rule", rule(facts));
    add("Guests affected", facts.affected_guests.filter(|count| *count > 0).map(|count| count.to_string()));
    add("Since", Some(time(facts.fired_at)));
    add("Ended", facts.ended_at.map(|end| format!("{}, after {}", time(end), span(end - facts.fired_at))));
    add("Because", facts.resolution.and_then(because).map(str::to_owned));
    details.into_iter().map(|(name, text)| (name, plain(&text))).collect()
}

/// The description on one line; empty when there is none.
pub fn description(event: &Event) -> String {
    plain(&event.facts.description)
}

fn rule(facts: &AlertFacts) -> Option<String> {
    match (&facts.rule, &facts.condition) {
        (Some(rule), Some(condition)) => Some(format!("{rule} ({condition})")),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

/// How an alert ended, where that is more than that it recovered.
const fn because(resolution: Resolution) -> Option<&'static str> {
    match resolution {
        Resolution::Recovered => None,
        Resolution::RuleChanged => Some("its rule was changed; it is not known to be well"),
        Resolution::RuleDeleted => Some("its rule was deleted; it is not known to be well"),
        Resolution::RuleDisabled => Some("its rule was disabled; it is not known to be well"),
        Resolution::SourceDeleted => Some("what it was about is gone"),
        Resolution::SourceStopped => Some("what it was about was switched off"),
        Resolution::NoData => Some("no more figures came; it is not known to be well"),
        Resolution::Manual => Some("somebody closed it"),
    }
}

fn value_in_words(metric: Option<Metric>, value: f64) -> String {
    match metric.map(Metric::unit) {
        Some(Unit::Percent) => format!("{} %", number(value)),
        Some(Unit::Bytes) => bytes(value),
        Some(Unit::BytesPerSecond) => format!("{}/s", bytes(value)),
        Some(Unit::Milliseconds) => format!("{} ms", number(value)),
        Some(Unit::Bool) => if value == 0.0 { "no" } else { "yes" }.to_owned(),
        Some(Unit::Days) => format!("{} days", number(value)),
        None => number(value),
    }
}

/// A number with at most one digit after the point.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn bytes(value: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (value, 0);
    while value.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", number(value), UNITS[unit])
}

/// A time, to the second.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true).replace('T', " ").replace('Z', " UTC")
}

/// A span of time in its two largest units.
fn span(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// Text on one line without control characters and without those that turn its direction around: names come from
/// whoever may name a guest.
pub fn plain(text: &str) -> String {
    let kept = text.chars().filter_map(|character| match character {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        character if character.is_control() || character.is_whitespace() => Some(' '),
        character => Some(character),
    });
    kept.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text, at most so many UTF-16 units long, as the chat services count; with an ellipsis where it
/// was cut.
pub fn shortened(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut length = 0;
    let fits = text.chars().take_while(|character| {
        length += character.len_utf16();
        length < most
    });
    let mut short: String = fits.collect();
    short.push('…');
    short
}

/// The events of a message, a line for each; when not all fit into so many UTF-16 units, how many were left out.
pub fn list(message: &Message, most: usize, line: impl Fn(&Event) -> String) -> String {
    const RESERVE: usize = 24;
    let mut list = String::new();
    let mut length = 0;
    for (index, event) in message.events.iter().enumerate() {
        let line = line(event);
        let more = line.encode_utf16().count() + 1;
        let is_last = index + 1 == message.events.len();
        if length + more + if is_last { 0 } else { RESERVE } > most {
            list.push_str(&format!("… and {} more\n", message.events.len() - index));
            break;
        }
        length += more;
        list.push_str(&line);
        list.push('\n');
    }
    list.trim_end().to_owned()
}

#[cfg(test)]
pub mod tests;
