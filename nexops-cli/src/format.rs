//! Times, sizes and percentages as people read them.

use chrono::{DateTime, TimeDelta, Utc};

/// What stands where nothing is known.
pub const UNKNOWN: &str = "-";

/// A percentage with one digit after the point, without the sign.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:.1}"))
}

/// A size as "512 MiB" or "1.5 GiB".
pub fn size(bytes: f64) -> String {
    let (unit, scale) = unit_of(bytes);
    format!("{} {unit}", scaled(bytes / scale))
}

/// A rate as "1.5 MiB/s".
pub fn rate(bytes_per_second: Option<f64>) -> String {
    bytes_per_second.map_or_else(|| UNKNOWN.to_owned(), |bytes| format!("{}/s", size(bytes)))
}

/// What is used of what there is, both in the unit of the larger: "1.5/4.0 GiB".
pub fn share(used_bytes: Option<f64>, total_bytes: f64) -> String {
    let (unit, scale) = unit_of(total_bytes);
    let used = used_bytes.map_or_else(|| UNKNOWN.to_owned(), |used| scaled(used / scale));
    format!("{used}/{} {unit}", scaled(total_bytes / scale))
}

/// MiB in bytes.
pub fn mebibytes(value: impl Into<i64>) -> f64 {
    value.into() as f64 * 1024.0 * 1024.0
}

/// GiB in bytes.
pub fn gibibytes(value: f64) -> f64 {
    value * 1024.0 * 1024.0 * 1024.0
}

fn unit_of(bytes: f64) -> (&'static str, f64) {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut unit, mut scale) = ("B", 1.0);
    for next in UNITS {
        if bytes < scale * 1024.0 {
            break;
        }
        (unit, scale) = (next, scale * 1024.0);
    }
    (unit, scale)
}

fn scaled(value: f64) -> String {
    if value >= 100.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// A span in its two largest units, close together, for tables: "45s", "3h12m", "5d4h".
pub fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h{minutes}m"),
        (days, hours, _) => format!("{days}d{hours}h"),
    }
}

/// A span that may be unknown.
pub fn uptime(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| UNKNOWN.to_owned(), span)
}

/// A span in its largest unit, for sentences: "45 s", "3 m", "2 h", "5 d".
pub fn age(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} m", seconds / 60),
        seconds @ 7_200..=172_799 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// How long something took: "1.8 s", "2 m 5 s".
pub fn elapsed(span: TimeDelta) -> String {
    let millis = span.num_milliseconds().max(0);
    if millis < 60_000 {
        format!("{:.1} s", millis as f64 / 1000.0)
    } else {
        format!("{} m {} s", millis / 60_000, millis / 1000 % 60)
    }
}

/// A time as seen from now: "3m ago".
pub fn ago(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} ago", span((now - time).num_seconds()))
}

/// A time for machines.
pub fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Foreign text without what could command a terminal.
pub fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_the_unit_that_keeps_them_short() {
        assert_eq!(size(0.0), "0 B");
        assert_eq!(size(1023.0), "1023 B");
        assert_eq!(size(1536.0), "1.5 KiB");
        assert_eq!(size(mebibytes(4096)), "4.0 GiB");
        assert_eq!(share(Some(mebibytes(1536)), mebibytes(4096)), "1.5/4.0 GiB");
        assert_eq!(share(None, gibibytes(2048.0)), "-/2.0 TiB");
        assert_eq!(rate(Some(1_200_000.0)), "1.1 MiB/s");
    }

    #[test]
    fn spans_keep_two_units_at_most() {
        assert_eq!([0, 59, 60, 3_600, 11_520, 90_000].map(span), ["0s", "59s", "1m", "1h0m", "3h12m", "1d1h"]);
        assert_eq!([0, 119, 180, 7_200, 180_000].map(age), ["0 s", "119 s", "3 m", "2 h", "2 d"]);
        assert_eq!(span(-5), "0s");
        assert_eq!(elapsed(TimeDelta::milliseconds(1_840)), "1.8 s");
        assert_eq!(elapsed(TimeDelta::seconds(125)), "2 m 5 s");
    }

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(clean("web\u{1b}[2J\n1"), "web\u{fffd}[2J\u{fffd}1");
    }
}
