//! Numbers and times as people read them: few digits, fixed widths, coarse steps.

use chrono::{DateTime, Duration, Utc};

/// Percent without decimals; a dash when it is not known.
#[must_use]
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}%"))
}

/// Bytes a second in the units of networks: three digits at most.
#[must_use]
pub fn rate(bytes_per_second: Option<f64>) -> String {
    let Some(bytes) = bytes_per_second else { return "-".to_owned() };
    scaled(bytes * 8.0, 1000.0, &["b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s"])
}

/// MiB in the largest unit that leaves a digit before the point.
#[must_use]
pub fn mebibytes(value: f64) -> String {
    scaled(value, 1024.0, &["MiB", "GiB", "TiB", "PiB"])
}

/// GiB in the largest unit that leaves a digit before the point.
#[must_use]
pub fn gibibytes(value: f64) -> String {
    scaled(value, 1024.0, &["GiB", "TiB", "PiB"])
}

/// Milliseconds, or seconds from ten of them on.
#[must_use]
pub fn milliseconds(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value < 10_000.0 => format!("{value:.0} ms"),
        Some(value) => format!("{:.1} s", value / 1000.0),
    }
}

fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    // 999.6 would round to a fourth digit.
    while value >= step - 0.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let decimals = usize::from(value < 9.95 && unit > 0);
    format!("{value:.decimals$} {}", units[unit])
}

/// How long something has run: `41d 2h`, `3h 12m`, `45s`.
#[must_use]
pub fn uptime(seconds: Option<i64>) -> String {
    let Some(seconds) = seconds.filter(|seconds| *seconds >= 0) else { return "-".to_owned() };
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, _, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

/// A span of time as people type it: `90s`, `15m`, `2h`, `1d12h`; a bare number counts seconds. `None` when it is none.
#[must_use]
pub fn seconds_of(text: &str) -> Option<u32> {
    let text = text.replace(' ', "");
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let mut total = 0_u32;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let count: u32 = rest[..digits].parse().ok()?;
        let mut letters = rest[digits..].chars();
        let seconds = match letters.next()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(seconds)?)?;
        rest = letters.as_str();
    }
    (!text.is_empty()).then_some(total)
}

/// A span of time as [`seconds_of`] reads it.
#[must_use]
pub fn span(seconds: u32) -> String {
    let parts = [(seconds / 86_400, 'd'), (seconds / 3600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let text: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// How old something is, in steps that grow, so that the text rarely changes.
#[must_use]
pub fn age(age: Duration) -> String {
    match age.num_seconds().max(0) {
        seconds @ 0..=9 => format!("{}s", seconds / 5 * 5),
        seconds @ 10..=59 => format!("{}s", seconds / 10 * 10),
        seconds @ 60..=3599 => format!("{}m", seconds / 60),
        seconds @ 3600..=86_399 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// When the text of [`age`] changes next, counted from now.
#[must_use]
pub fn age_changes_in(age: Duration) -> Duration {
    let seconds = age.num_seconds().max(0);
    let step = match seconds {
        0..=9 => 5,
        10..=59 => 10,
        60..=3599 => 60,
        3600..=86_399 => 3600,
        _ => 86_400,
    };
    Duration::milliseconds((seconds / step + 1) * step * 1000 - age.num_milliseconds().max(0))
        .max(Duration::milliseconds(1))
}

/// A moment for a table: the time today, else the day.
#[must_use]
pub fn moment(time: DateTime<Utc>, now: DateTime<Utc>, offset: chrono::FixedOffset) -> String {
    let (time, now) = (time.with_timezone(&offset), now.with_timezone(&offset));
    if time.date_naive() == now.date_naive() {
        time.format("%H:%M").to_string()
    } else if now - time < Duration::days(300) && time <= now {
        time.format("%d %b").to_string()
    } else {
        time.format("%Y-%m-%d").to_string()
    }
}

/// How long something took.
#[must_use]
pub fn took(duration: Duration) -> String {
    let milliseconds = duration.num_milliseconds().max(0);
    if milliseconds < 60_000 {
        #[expect(clippy::cast_precision_loss, reason = "below a minute")]
        let seconds = milliseconds as f64 / 1000.0;
        format!("{seconds:.1}s")
    } else {
        uptime(Some(milliseconds / 1000))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0.0, "0 b/s")]
    #[case(124.9, "999 b/s")]
    #[case(125.0, "1.0 kb/s")]
    #[case(1_250_000.0, "10 Mb/s")]
    fn rates_are_short(#[case] bytes: f64, #[case] text: &str) {
        assert_eq!(rate(Some(bytes)), text);
    }

    #[rstest]
    #[case(512.0, "512 MiB")]
    #[case(1024.0, "1.0 GiB")]
    #[case(196_608.0, "192 GiB")]
    #[case(1_048_576.0, "1.0 TiB")]
    fn memory_is_short(#[case] value: f64, #[case] text: &str) {
        assert_eq!(mebibytes(value), text);
    }

    #[rstest]
    #[case(Some(45), "45s")]
    #[case(Some(3600), "1h 0m")]
    #[case(Some(3_542_400), "41d 0h")]
    #[case(None, "-")]
    fn uptimes_have_two_units(#[case] seconds: Option<i64>, #[case] text: &str) {
        assert_eq!(uptime(seconds), text);
    }

    #[test]
    fn what_is_no_span_of_time_is_none() {
        for text in ["", "h", "2x", "-1s", "1.5h", "99999999999h", "5m3"] {
            assert_eq!(seconds_of(text), None, "{text}");
        }
        assert_eq!(seconds_of("90"), Some(90));
    }

    proptest! {
        #[test]
        fn a_span_of_time_is_read_as_it_is_written(seconds: u32) {
            prop_assert_eq!(seconds_of(&span(seconds)), Some(seconds));
        }

        #[test]
        fn the_age_says_the_same_until_it_is_due_to_change(milliseconds in 0_i64..400_000_000) {
            let now = Duration::milliseconds(milliseconds);
            let change = age_changes_in(now);
            prop_assert!(change > Duration::zero());
            prop_assert_eq!(age(now), age(now + change - Duration::milliseconds(1)));
            prop_assert_ne!(age(now), age(now + change));
        }
    }
}
