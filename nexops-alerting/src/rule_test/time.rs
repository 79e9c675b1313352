//! Times of a test: whole milliseconds since its beginning.

use std::fmt;

/// The longest time that a test can run or a step can speak of, milliseconds: a year.
const LONGEST: f64 = 366.0 * 86_400_000.0;

/// A time since the beginning of the test, or a span, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub i64);

impl Millis {
    /// Reads seconds (`90`, `1.5`) or a text of spans (`2m`, `1h 30m`), with a sign where one is allowed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let begins_well = digits.starts_with(|character: char| character.is_ascii_digit() || character == '.');
        let seconds = begins_well.then(|| digits.parse::<f64>().ok()).flatten();
        let millis = match seconds {
            Some(seconds) => seconds * 1000.0,
            None => {
                let span = humantime::parse_duration(digits);
                let span =
                    span.map_err(|_| format!("'{text}' is no time: give seconds, or text like 90s, 2m or 1h"))?;
                span.as_secs_f64() * 1000.0
            }
        };
        if !(0.0..=LONGEST).contains(&millis) {
            return Err(format!("'{text}' is out of range: a year at most"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "a year of milliseconds is far below the limit")]
        let millis = millis.round() as i64;
        Ok(Self(if negative { -millis } else { millis }))
    }

    /// As a span for arithmetic on times.
    pub fn span(self) -> chrono::Duration {
        chrono::Duration::milliseconds(self.0)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.0 % 1000 == 0 {
            format!("{}s", self.0 / 1000)
        } else {
            let fraction = format!("{:03}", self.0.unsigned_abs() % 1000);
            let sign = if self.0 < 0 { "-" } else { "" };
            format!("{sign}{}.{}s", self.0.unsigned_abs() / 1000, fraction.trim_end_matches('0'))
        };
        formatter.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0", 0)]
    #[case("90", 90_000)]
    #[case("1.5", 1_500)]
    #[case("90s", 90_000)]
    #[case("2m", 120_000)]
    #[case("1h 30m", 5_400_000)]
    #[case("250ms", 250)]
    #[case("-3600s", -3_600_000)]
    #[case("-1h", -3_600_000)]
    #[case("+10s", 10_000)]
    fn times_are_seconds_or_text(#[case] text: &str, #[case] millis: i64) {
        assert_eq!(Millis::parse(text), Ok(Millis(millis)));
    }

    #[rstest]
    #[case("")]
    #[case("soon")]
    #[case("--5")]
    #[case("5 parsecs")]
    #[case("inf")]
    #[case("nan")]
    #[case("400d")]
    fn what_is_no_time_is_said_to_be_none(#[case] text: &str) {
        assert!(Millis::parse(text).is_err(), "{text}");
    }

    #[test]
    fn times_are_shown_in_seconds() {
        assert_eq!(
            [0, 90_000, 1_500, -3_600_000, -1].map(|millis| Millis(millis).to_string()),
            ["0s", "90s", "1.5s", "-3600s", "-0.001s"]
        );
    }
}
